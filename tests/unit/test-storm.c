/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "ck-clock.h"
#include "ck-error.h"
#include "ck-operations.h"
#include "sim/sim-world.h"

/* Everything is due at once: the lid opens after a long night. (tests/bench does it with ten
 * thousand real renewals.) */

#define N_CHANNELS 10000
#define LIFETIME (4 * 3600)

/* Enough where it is about what is not done. */
#define N_FEWER 1000

/* What one host is sent, or about to be sent, at a time. */
#define GATE 24

typedef struct
{
  guint n_channels;
  guint renewed[N_CHANNELS + 1];
  guint n_renewed;
  CkCause refusal; /* what the first so many are told */
  guint refuses;
  guint n_refused;
  guint n_verified;
  guint most_at_once;
  guint most_marked;
} Storm;

static guint
count_marked (const Storm *storm)
{
  guint n = 0;

  for (guint i = 0; i < storm->n_channels; i++)
    {
      g_autofree char *id = g_strdup_printf ("ch-%u", i);

      n += sim_disk_get_record (id)->renewal_started != 0;
    }

  return n;
}

static CkOutcome *
platform (CkJob *job, gboolean *lost, gpointer user_data)
{
  Storm *storm = user_data;
  guint i = (guint) atoi (job->channel + strlen ("ch-"));

  if (g_str_equal (job->operation, "verify"))
    {
      storm->n_verified++;
      return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200, NULL);
    }
  if (i < storm->refuses)
    {
      CkOutcome *outcome = sim_outcome_new (CK_RESULT_AUTHINFO_UNAVAIL, storm->refusal, 429, NULL);

      storm->n_refused++;
      outcome->retry_after = storm->refusal == CK_CAUSE_RATE_LIMITED ? 3600 : 0;
      return outcome;
    }
  storm->renewed[i]++;
  storm->n_renewed++;
  storm->most_at_once = MAX (storm->most_at_once, sim_pool_count_running ());
  if (storm->n_renewed % 100 == 0)
    storm->most_marked = MAX (storm->most_marked, count_marked (storm));

  return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200,
                          sim_grant_new ("at", "rt-2", LIFETIME));
}

static void
set_up (SimWorld *world, Storm *storm, guint n_channels, gboolean verifies)
{
  sim_world_set_up (world);
  sim_pool_set_platform (platform, storm);
  sim_world_add_provider (world, "one", "Rotation=yes", verifies);
  storm->n_channels = n_channels;
  for (guint i = 0; i < n_channels; i++)
    {
      g_autofree char *id = g_strdup_printf ("ch-%u", i);

      sim_world_add_channel (world, id, "one", "at", "rt-1", LIFETIME, 0);
    }
  sim_world_start (world);
}

/* Each once, and never more begun than the platform is sent next. */
static void
test_after_sleep (void)
{
  g_autofree Storm *storm = g_new0 (Storm, 1);
  SimWorld world;

  set_up (&world, storm, N_CHANNELS, FALSE);
  sim_time_suspend (9 * 3600);
  sim_time_run (70);

  for (guint i = 0; i < N_CHANNELS; i++)
    g_assert_cmpuint (storm->renewed[i], ==, 1);
  g_assert_cmpuint (storm->most_at_once, ==, GATE);
  g_assert_cmpuint (storm->most_marked, >, 0);
  g_assert_cmpuint (storm->most_marked, <=, 2 * GATE);
  sim_world_tear_down (&world);
}

static void
assert_all (SimWorld *world, CkState state, CkCause cause)
{
  for (guint i = 0; i < N_FEWER; i++)
    {
      g_autofree char *id = g_strdup_printf ("ch-%u", i);

      g_assert_cmpint (sim_world_get_record (world, id)->state, ==, state);
      g_assert_cmpint (sim_world_get_record (world, id)->cause, ==, cause);
    }
}

/* The two that are told so tell it of all: the rest is not asked about, now or when it is probed; and a
 * probe that is good for the token is followed by its renewal, not by all the other probes. */
static void
test_client_is_wrong (gconstpointer verifies)
{
  g_autofree Storm *storm = g_new0 (Storm, 1);
  SimWorld world;

  set_up (&world, storm, N_FEWER, verifies != NULL);
  storm->refusal = CK_CAUSE_CLIENT_MISCONFIGURED;
  storm->refuses = N_FEWER;
  sim_time_suspend (9 * 3600);
  sim_time_run (70);
  assert_all (&world, CK_STATE_SUSPENDED, CK_CAUSE_CLIENT_MISCONFIGURED);
  g_assert_cmpuint (storm->n_refused, >=, 2);
  g_assert_cmpuint (storm->n_refused, <=, 2 * GATE);
  sim_time_run (3600);
  g_assert_cmpuint (storm->n_refused, >, 2 * GATE - 10);
  g_assert_cmpuint (storm->n_refused, <=, 4 * GATE);
  g_assert_cmpuint (storm->n_verified, <=, 2 * GATE);
  g_assert_true ((storm->n_verified > 0) == (verifies != NULL));

  storm->refuses = 0;
  sim_time_run (3700);
  assert_all (&world, CK_STATE_CONNECTED, CK_CAUSE_NONE);
  for (guint i = 0; i < N_FEWER; i++)
    g_assert_cmpuint (storm->renewed[i], ==, 1);
  sim_world_tear_down (&world);
}

typedef struct
{
  Storm storm;
  SimWorld world;
  guint n_delivered;
  guint n_told;
} Asking;

static void
refused_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Asking *asking = user_data;
  g_autoptr (GError) error = NULL;

  asking->n_told++;
  g_assert_false (ck_channel_renew_finish (result, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_SUSPENDED);
}

static gboolean
ask_for_all (gpointer user_data)
{
  Asking *asking = user_data;

  for (guint i = 0; i < N_FEWER; i++)
    {
      g_autofree char *id = g_strdup_printf ("ch-%u", i);

      ck_channel_renew_async (asking->world.broker, sim_world_get_channel (&asking->world, id), FALSE,
                              NULL, refused_cb, asking);
    }

  return G_SOURCE_REMOVE;
}

/* The broker hears of it next, and turns away who is next in line when the loop comes to that: one turn
 * later, and behind this. */
static gboolean
ask_for_all_soon (gpointer user_data)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, ask_for_all, user_data, NULL);

  return G_SOURCE_REMOVE;
}

/* The second one confirms the first. */
static void
on_delivered (CkJob *job, gpointer user_data)
{
  Asking *asking = user_data;

  if (++asking->n_delivered == 2)
    g_idle_add_full (G_PRIORITY_DEFAULT, ask_for_all_soon, asking, NULL);
}

/* Whoever asks is answered by the platform, be it that the same was just being turned away. */
static void
test_asked_while_turned_away (void)
{
  g_autofree Asking *asking = g_new0 (Asking, 1);

  set_up (&asking->world, &asking->storm, N_FEWER, FALSE);
  sim_pool_set_delivered (on_delivered);
  asking->storm.refusal = CK_CAUSE_CLIENT_MISCONFIGURED;
  asking->storm.refuses = N_FEWER;
  sim_time_suspend (9 * 3600);
  sim_time_run (70);
  sim_pool_set_delivered (NULL);
  g_assert_cmpuint (asking->n_told, ==, N_FEWER);
  sim_world_tear_down (&asking->world);
}

/* So it is with a rate limit of the app; that of two accounts holds up the others for a while at most. */
static void
test_rate_is_limited (void)
{
  g_autofree Storm *storm = g_new0 (Storm, 1);
  SimWorld world;

  set_up (&world, storm, N_FEWER, FALSE);
  storm->refusal = CK_CAUSE_RATE_LIMITED;
  storm->refuses = N_FEWER;
  sim_time_suspend (9 * 3600);
  sim_time_run (70);
  assert_all (&world, CK_STATE_INTERRUPTED, CK_CAUSE_RATE_LIMITED);
  g_assert_cmpuint (storm->n_refused, >=, 2);
  g_assert_cmpuint (storm->n_refused, <=, 2 * GATE);
  sim_time_run (3600);
  g_assert_cmpuint (storm->n_refused, <=, 10 * GATE);

  storm->refuses = 2;
  sim_time_run (11 * 60);
  for (guint i = 2; i < N_FEWER; i++)
    g_assert_cmpuint (storm->renewed[i], <=, 1);
  g_assert_cmpuint (storm->n_renewed, >=, N_FEWER - 15 * GATE);
  sim_time_run (3600);
  g_assert_cmpuint (storm->n_renewed, ==, N_FEWER - 2);
  sim_world_tear_down (&world);
}

/* Killed in the middle of it: only what was begun is in doubt, and nothing else waits for it. */
static void
test_killed_in_the_middle (void)
{
  g_autofree Storm *storm = g_new0 (Storm, 1);
  SimWorld world;
  guint n_doubtful = 0;

  set_up (&world, storm, N_CHANNELS, FALSE);
  sim_time_suspend (9 * 3600);
  sim_time_run (2);
  g_assert_cmpuint (storm->n_renewed, >, 0);
  g_assert_cmpuint (storm->n_renewed, <, N_CHANNELS);
  sim_world_kill (&world);
  sim_world_start (&world);
  for (guint i = 0; i < N_CHANNELS; i++)
    {
      g_autofree char *id = g_strdup_printf ("ch-%u", i);

      n_doubtful += sim_world_get_record (&world, id)->in_doubt;
    }
  g_assert_cmpuint (n_doubtful, >, 0);
  g_assert_cmpuint (n_doubtful, <=, 2 * GATE);

  sim_world_tear_down (&world);
}

static void
token_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CkGrant) grant = ck_channel_get_token_finish (result, NULL, NULL, &error);

  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

/* Whether the renewal waits already, as routine, or is begun for the caller: what is begun goes
 * before it, and nothing else of the thousands. */
static void
test_a_caller_is_next (void)
{
  g_autofree Storm *storm = g_new0 (Storm, 1);
  g_autofree char *fresh = g_strdup_printf ("ch-%u", N_CHANNELS);
  SimWorld world;
  gboolean had_waited = FALSE, had_fresh = FALSE;
  guint waits = N_CHANNELS, before;

  set_up (&world, storm, N_CHANNELS, FALSE);
  sim_world_stop (&world);
  sim_world_add_channel (&world, fresh, "one", "at", "rt-1", 30 * 86400, 0);
  sim_world_start (&world);
  sim_time_suspend (9 * 3600);
  while (storm->n_renewed < 200)
    sim_time_run_usec (10000);
  g_assert_cmpuint (storm->n_renewed, <, N_CHANNELS - 1000);

  while (storm->renewed[--waits] > 0)
    continue;
  before = storm->n_renewed;
  ck_channel_get_token_async (world.broker, sim_world_get_channel (&world, fresh), 40 * 86400,
                              NULL, NULL, token_cb, &had_fresh);
  {
    g_autofree char *id = g_strdup_printf ("ch-%u", waits);

    ck_channel_get_token_async (world.broker, sim_world_get_channel (&world, id), 0, NULL, NULL,
                                token_cb, &had_waited);
  }
  while (!had_fresh || !had_waited)
    sim_time_run_usec (10000);
  g_assert_cmpuint (storm->renewed[waits], ==, 1);
  g_assert_cmpuint (storm->renewed[N_CHANNELS], ==, 1);
  g_assert_cmpuint (storm->n_renewed, <=, before + 2 * GATE);

  sim_time_run (60);
  g_assert_cmpuint (storm->n_renewed, ==, N_CHANNELS + 1);
  sim_world_tear_down (&world);
}

typedef struct
{
  guint n_asked;
  guint renewed; /* of the one whose token ends soon */
  gboolean refuses;
} Start;

static CkOutcome *
platform_at_start (CkJob *job, gboolean *lost, gpointer user_data)
{
  Start *start = user_data;

  if (g_str_equal (job->operation, "renew"))
    {
      start->renewed++;
      return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200,
                              sim_grant_new ("at", "rt-2", LIFETIME));
    }
  start->n_asked++;
  if (start->refuses)
    {
      CkOutcome *outcome
          = sim_outcome_new (CK_RESULT_AUTHINFO_UNAVAIL, CK_CAUSE_RATE_LIMITED, 429, NULL);

      outcome->retry_after = 3600;
      return outcome;
    }

  return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200, NULL);
}

/* Each is verified in the minutes after the start, as the platform wants it; not all at once. */
static void
test_spread_after_start (void)
{
  Start start = { 0 };
  SimWorld world;
  guint most = 0;

  sim_world_set_up (&world);
  sim_pool_set_platform (platform_at_start, &start);
  sim_world_add_provider (&world, "hourly", "Rotation=no\nVerifyEvery=1h\nVerifyAtStart=yes", TRUE);
  sim_world_add_channel (&world, "ends-soon", "hourly", "at", "rt", 300, 0);
  for (guint i = 0; i < N_FEWER; i++)
    {
      g_autofree char *id = g_strdup_printf ("ch-%u", i);

      sim_world_add_channel (&world, id, "hourly", "at", "rt", LIFETIME, 0);
    }
  sim_time_run (200);
  sim_world_start (&world);
  for (guint i = 0; i < 30; i++)
    {
      guint before = start.n_asked;

      sim_time_run (10);
      most = MAX (most, start.n_asked - before);
      g_assert_cmpuint (start.renewed, >=, 1);
    }
  g_assert_cmpuint (start.n_asked, >=, N_FEWER);
  g_assert_cmpuint (most, <, N_FEWER / 10);

  /* And every hour from then on. */
  sim_time_run (3600);
  g_assert_cmpuint (start.n_asked, >=, 2 * N_FEWER);
  sim_world_tear_down (&world);
}

/* Verifications that wait are judged as well. */
static void
test_verifications_are_limited (void)
{
  Start start = { 0 };
  SimWorld world;
  guint before;

  sim_world_set_up (&world);
  sim_pool_set_platform (platform_at_start, &start);
  sim_world_add_provider (&world, "hourly", "Rotation=no\nVerifyEvery=1h", TRUE);
  for (guint i = 0; i < N_FEWER; i++)
    {
      g_autofree char *id = g_strdup_printf ("ch-%u", i);

      sim_world_add_channel (&world, id, "hourly", "at", "rt", 30 * 86400, 0);
    }
  sim_world_start (&world);
  start.refuses = TRUE;
  sim_time_suspend (9 * 3600);
  sim_time_run (60);
  g_assert_cmpuint (start.n_asked, >=, 2);
  g_assert_cmpuint (start.n_asked, <=, 2 * GATE);

  start.refuses = FALSE;
  before = start.n_asked;
  sim_time_run (11 * 60);
  g_assert_cmpuint (start.n_asked, >=, before + N_FEWER - 2 * GATE);
  sim_world_tear_down (&world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* A client that is wrong is worth a warning, and here it is meant to be. */
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  g_test_add_func ("/storm/after-sleep", test_after_sleep);
  g_test_add_data_func ("/storm/client-is-wrong", NULL, test_client_is_wrong);
  g_test_add_data_func ("/storm/client-is-wrong-verified", "", test_client_is_wrong);
  g_test_add_func ("/storm/asked-while-turned-away", test_asked_while_turned_away);
  g_test_add_func ("/storm/rate-is-limited", test_rate_is_limited);
  g_test_add_func ("/storm/killed-in-the-middle", test_killed_in_the_middle);
  g_test_add_func ("/storm/a-caller-is-next", test_a_caller_is_next);
  g_test_add_func ("/storm/spread-after-start", test_spread_after_start);
  g_test_add_func ("/storm/verifications-are-limited", test_verifications_are_limited);

  return g_test_run ();
}
