/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-adoption.h"
#include "ck-clock.h"
#include "ck-operations.h"
#include "sim/sim-world.h"

/*
 * A person has reconnected, and the broker is killed before the new grant has proved itself: the next
 * start goes on there.
 */

#define DAY (24 * G_GINT64_CONSTANT (3600))
#define ROUND_TRIP 4 /* seconds */
#define STEP (G_USEC_PER_SEC / 2)
#define N_STEPS 24 /* of mark, store, verification, commit, and what is cleared behind it */

typedef struct
{
  SimWorld world;
  gboolean refuses; /* the new token */
  gboolean unreachable;
  guint n_reconnected;
  guint n_renewed;
  gboolean done;
} Fixture;

static CkOutcome *
answer (CkJob *job, gboolean *lost, gpointer user_data)
{
  const Fixture *fixture = user_data;
  gboolean is_new = g_str_equal (ck_grant_get_access_token (job->grant), "new");

  if (fixture->unreachable)
    return sim_outcome_new (CK_RESULT_AUTHINFO_UNAVAIL, CK_CAUSE_NETWORK, 0, NULL);
  if (is_new && fixture->refuses)
    return sim_outcome_new (CK_RESULT_CRED_EXPIRED, CK_CAUSE_REVOKED_BY_USER, 401, NULL);

  return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200, NULL);
}

static void
on_event (CkChannel *channel, const CkEvent *event, gpointer user_data)
{
  Fixture *fixture = user_data;
  const char *user = "";

  fixture->n_renewed += g_str_equal (event->word, "Renewed");
  if (!g_str_equal (event->word, "Reconnected"))
    return;
  fixture->n_reconnected++;
  g_assert_true (g_variant_lookup (event->details, "user", "&s", &user));
  g_assert_cmpstr (user, ==, "carol");
}

/* A day before a person is needed: it says so. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  sim_world_set_up (&fixture->world);
  sim_pool_set_platform (answer, fixture);
  sim_pool_set_round_trip (ROUND_TRIP * G_USEC_PER_SEC);
  fixture->world.on_event = on_event;
  fixture->world.user_data = fixture;
  sim_world_add_provider (&fixture->world, "lasting", "Rotation=no\nReconnectEvery=60d", TRUE);
  sim_world_add_channel (&fixture->world, "ch", "lasting", "old", "rt", 300 * DAY,
                         ck_clock_now () + 2 * DAY);
  sim_world_start (&fixture->world);
  sim_time_run (DAY + 60);
  g_assert_cmpint (sim_world_get_record (&fixture->world, "ch")->state, ==, CK_STATE_EXPIRING);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  sim_world_tear_down (&fixture->world);
  sim_pool_set_round_trip (G_USEC_PER_SEC / 10);
}

static void
adopted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ((Fixture *) user_data)->done = TRUE;
}

static void
reconnect (Fixture *fixture)
{
  g_autoptr (CkOutcome) outcome = sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200,
                                                   sim_grant_new ("new", "rt-2", 300 * DAY));

  fixture->done = FALSE;
  ck_adoption_run_async (fixture->world.broker, sim_world_get_channel (&fixture->world, "ch"),
                         outcome, "carol", adopted_cb, fixture);
}

static void
start_anew (Fixture *fixture)
{
  sim_world_kill (&fixture->world);
  sim_disk_be_slow (0);
  sim_world_start (&fixture->world);
}

static const char *
get_token (Fixture *fixture)
{
  CkChannel *channel = sim_world_get_channel (&fixture->world, "ch");

  g_assert_true (ck_channel_may_hand_out (channel, ck_clock_now ()));

  return ck_grant_get_access_token (ck_channel_get_grant (channel));
}

static void
assert_has_old (Fixture *fixture)
{
  const CkChannelRecord *record = sim_world_get_record (&fixture->world, "ch");

  g_assert_cmpstr (get_token (fixture), ==, "old");
  g_assert_cmpint (record->state, ==, CK_STATE_EXPIRING);
  g_assert_cmpuint (record->generation, ==, 1);
  g_assert_cmpuint (record->adopting, ==, 0);
  g_assert_cmpuint (sim_disk_count_grants ("ch"), ==, 1);
  g_assert_cmpuint (sim_disk_get_record ("ch")->adopting, ==, 0);
}

static void
assert_has_new (Fixture *fixture)
{
  const CkChannelRecord *record = sim_world_get_record (&fixture->world, "ch");

  g_assert_cmpstr (get_token (fixture), ==, "new");
  g_assert_cmpint (record->state, ==, CK_STATE_CONNECTED);
  g_assert_cmpuint (record->generation, ==, 2);
  g_assert_cmpuint (record->warned, ==, 0);
  g_assert_cmpuint (record->adopting, ==, 0);
  g_assert_cmpuint (record->reconnect_by, >, ck_clock_now () + 59 * DAY);
  g_assert_cmpuint (sim_disk_count_grants ("ch"), ==, 1);
  g_assert_cmpuint (sim_disk_get_record ("ch")->adopting, ==, 0);
}

/* The person need not come again; and until the platform has said yes the old token is good. */
static void
test_goes_on (Fixture *fixture, gconstpointer data)
{
  reconnect (fixture);
  sim_time_run (1);
  start_anew (fixture);
  g_assert_cmpstr (get_token (fixture), ==, "old");
  sim_time_run (60);
  assert_has_new (fixture);
  g_assert_cmpuint (fixture->n_reconnected, ==, 1);
}

/* The old one was good, and is not lost for one that never was. */
static void
test_refused (Fixture *fixture, gconstpointer data)
{
  fixture->refuses = TRUE;
  reconnect (fixture);
  sim_time_run (1);
  start_anew (fixture);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*cut off failed*refused it at once*");
  sim_time_run (60);
  g_test_assert_expected_messages ();
  assert_has_old (fixture);
}

/* Trouble on the way there is no refusal, as without a kill. */
static void
test_not_reached (Fixture *fixture, gconstpointer data)
{
  reconnect (fixture);
  sim_time_run (1);
  fixture->unreachable = TRUE;
  start_anew (fixture);
  sim_time_run (60);
  assert_has_new (fixture);
}

/* Killed again and again in the middle, and stopped in order in the end. */
static void
test_cut_off_again (Fixture *fixture, gconstpointer data)
{
  reconnect (fixture);
  for (guint i = 0; i < 5; i++)
    {
      sim_time_run (1);
      start_anew (fixture);
    }
  sim_time_run (1);
  sim_world_stop (&fixture->world);
  sim_world_start (&fixture->world);
  sim_time_run (60);
  assert_has_new (fixture);
  g_assert_cmpuint (fixture->n_reconnected, ==, 1);
}

/* In order, but without waiting for the platform: what it has not said counts for neither side. */
static void
test_ended_meanwhile (Fixture *fixture, gconstpointer data)
{
  reconnect (fixture);
  sim_time_run (1);
  ck_broker_stop (fixture->world.broker);
  sim_time_settle ();
  g_assert_true (fixture->done);
  g_assert_cmpuint (sim_disk_get_record ("ch")->generation, ==, 1);
  g_assert_cmpuint (sim_disk_get_record ("ch")->adopting, ==, 2);
  start_anew (fixture);
  sim_time_run (60);
  assert_has_new (fixture);
}

/* state.db does not take that it is the channel's: as far as a start would know it is not. */
static void
test_state_db_refuses (Fixture *fixture, gconstpointer data)
{
  reconnect (fixture);
  sim_time_run (1);
  sim_disk_fail (FALSE, TRUE);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*announced though it could not*");
  sim_time_run (60);
  g_test_assert_expected_messages ();
  g_assert_cmpstr (get_token (fixture), ==, "new");
  g_assert_cmpuint (sim_disk_count_grants ("ch"), ==, 2);

  fixture->refuses = TRUE;
  sim_disk_fail (FALSE, FALSE);
  start_anew (fixture);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*cut off failed*");
  sim_time_run (60);
  g_test_assert_expected_messages ();
  assert_has_old (fixture);
}

static void
test_first_connect (Fixture *fixture, gconstpointer data)
{
  ck_channel_disconnect_async (fixture->world.broker, sim_world_get_channel (&fixture->world, "ch"),
                               "alice", FALSE, NULL, NULL, NULL);
  sim_time_run (1);
  g_assert_cmpuint (sim_disk_count_grants ("ch"), ==, 0);
  reconnect (fixture);
  sim_time_run (1);
  start_anew (fixture);
  g_assert_cmpint (sim_world_get_record (&fixture->world, "ch")->state, ==, CK_STATE_UNCONNECTED);
  sim_time_run (60);
  assert_has_new (fixture);
}

/* The vault keeps what the platform has refused: it is asked again after a start, and goes with a
 * disconnect. */
static void
test_refused_and_not_removed (Fixture *fixture, gconstpointer data)
{
  fixture->refuses = TRUE;
  reconnect (fixture);
  sim_time_run (1);
  sim_disk_fail (TRUE, FALSE);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*could not be removed*");
  sim_time_run (60);
  g_test_assert_expected_messages ();
  g_assert_true (fixture->done);
  g_assert_cmpuint (sim_disk_count_grants ("ch"), ==, 2);

  sim_disk_fail (FALSE, FALSE);
  ck_channel_disconnect_async (fixture->world.broker, sim_world_get_channel (&fixture->world, "ch"),
                               "alice", FALSE, NULL, NULL, NULL);
  sim_time_run (60);
  g_assert_cmpuint (sim_disk_count_grants ("ch"), ==, 0);
}

/* At any moment of it, with a disk that takes a second for each write. */
static void
kill_at (Fixture *fixture, guint step)
{
  gboolean was_done;

  sim_disk_be_slow (G_USEC_PER_SEC);
  reconnect (fixture);
  sim_time_run_usec (step * STEP);
  was_done = fixture->done;
  start_anew (fixture);
  get_token (fixture);
  sim_time_run (60);

  if (!fixture->refuses && g_str_equal (get_token (fixture), "new"))
    {
      assert_has_new (fixture);
      g_assert_cmpuint (fixture->n_reconnected, >=, 1);
    }
  else
    {
      assert_has_old (fixture);
      g_assert_true (fixture->refuses || !was_done);
    }
  g_assert_cmpuint (fixture->n_renewed, ==, 0);
}

static void
test_killed_at_any_moment (gconstpointer data)
{
  /* A write that is cut off, or a grant that is refused, is worth a warning. */
  GLogLevelFlags fatal = g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  guint n_new = 0;

  for (guint step = 0; step < N_STEPS; step++)
    {
      Fixture fixture = { .refuses = GPOINTER_TO_INT (data) };

      set_up (&fixture, NULL);
      fixture.refuses = GPOINTER_TO_INT (data);
      kill_at (&fixture, step);
      n_new += fixture.n_reconnected > 0;
      tear_down (&fixture, NULL);
    }
  /* All from the moment at which the vault has it. */
  g_assert_cmpuint (n_new, >=, GPOINTER_TO_INT (data) ? 0 : N_STEPS - 6);
  g_assert_cmpuint (n_new, <=, GPOINTER_TO_INT (data) ? 0 : N_STEPS - 2);
  g_log_set_always_fatal (fatal);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/adoption/goes-on", Fixture, NULL, set_up, test_goes_on, tear_down);
  g_test_add ("/adoption/refused", Fixture, NULL, set_up, test_refused, tear_down);
  g_test_add ("/adoption/not-reached", Fixture, NULL, set_up, test_not_reached, tear_down);
  g_test_add ("/adoption/cut-off-again", Fixture, NULL, set_up, test_cut_off_again, tear_down);
  g_test_add ("/adoption/ended-meanwhile", Fixture, NULL, set_up, test_ended_meanwhile, tear_down);
  g_test_add ("/adoption/state-db-refuses", Fixture, NULL, set_up, test_state_db_refuses, tear_down);
  g_test_add ("/adoption/first-connect", Fixture, NULL, set_up, test_first_connect, tear_down);
  g_test_add ("/adoption/refused-and-not-removed", Fixture, NULL, set_up,
              test_refused_and_not_removed, tear_down);
  g_test_add_data_func ("/adoption/killed", GINT_TO_POINTER (FALSE), test_killed_at_any_moment);
  g_test_add_data_func ("/adoption/killed-and-refused", GINT_TO_POINTER (TRUE),
                        test_killed_at_any_moment);

  return g_test_run ();
}
