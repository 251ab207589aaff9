/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-clock.h"
#include "ck-operations.h"
#include "sim/sim-world.h"

/*
 * What is asked of the platforms in times of trouble, counted over hours of simulated time: neither
 * a platform that cannot be reached nor a clock that was set makes the broker ask all the time, or
 * never.
 */

#define HOUR G_GINT64_CONSTANT (3600)
#define DAY (24 * HOUR)
#define N_REACHED 20

typedef struct
{
  SimWorld world;
  guint n_asked; /* of the provider that the test is about */
  gint64 good_until; /* the last token's true end, as of sim_time_now() */
  guint64 limit_wait;
  guint gets_through; /* one of so many; 0: none */
} Fixture;

static CkOutcome *
renew (Fixture *fixture)
{
  g_autofree char *access = g_strdup_printf ("at-%u", fixture->n_asked);

  fixture->good_until = sim_time_now () + HOUR * G_USEC_PER_SEC;
  return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200,
                          sim_grant_new (access, "rt", HOUR));
}

/* A good answer that says that the limit has little left. */
static CkOutcome *
near_its_limit (Fixture *fixture, CkJob *job)
{
  CkOutcome *outcome = g_str_equal (job->operation, "renew")
                           ? renew (fixture)
                           : sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200, NULL);

  outcome->limit_wait = fixture->limit_wait;

  return outcome;
}

static CkOutcome *
answer (CkJob *job, gboolean *lost, gpointer user_data)
{
  Fixture *fixture = user_data;

  if (g_str_equal (job->provider, "reached"))
    return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200, NULL);

  fixture->n_asked++;
  if (g_str_equal (job->provider, "limited"))
    return near_its_limit (fixture, job);
  if (g_str_equal (job->provider, "cut-off") || fixture->gets_through == 0
      || fixture->n_asked % fixture->gets_through != 0)
    return sim_outcome_new (CK_RESULT_AUTHINFO_UNAVAIL, CK_CAUSE_NETWORK, 0, NULL);
  if (g_str_equal (job->operation, "renew"))
    return renew (fixture);

  return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200, NULL);
}

static void
on_renewed_alone (CkChannel *channel, const CkEvent *event, gpointer user_data)
{
  g_assert_cmpstr (event->word, ==, "Renewed");
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  sim_world_set_up (&fixture->world);
  sim_pool_set_platform (answer, fixture);
  fixture->gets_through = 1;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  sim_world_tear_down (&fixture->world);
}

/* That others get through says nothing about a host that cannot be reached: it is tried again later
 * and later. */
static void
test_one_host_is_down (Fixture *fixture, gconstpointer data)
{
  sim_world_add_provider (&fixture->world, "cut-off", "Rotation=no", FALSE);
  sim_world_add_channel (&fixture->world, "waits", "cut-off", "at", "rt", HOUR, 0);
  sim_world_add_provider (&fixture->world, "reached", "Rotation=no\nVerifyEvery=60s", TRUE);
  for (guint i = 0; i < N_REACHED; i++)
    {
      g_autofree char *id = g_strdup_printf ("works-%u", i);

      sim_world_add_channel (&fixture->world, id, "reached", "at", "rt", 30 * DAY, 0);
    }
  sim_world_start (&fixture->world);

  sim_time_run (4 * HOUR);
  g_assert_cmpuint (fixture->n_asked, >=, 5);
  g_assert_cmpuint (fixture->n_asked, <=, 40);
}

static guint
count_verified (Fixture *fixture, guint64 since)
{
  guint n = 0;

  for (guint i = 0; i < N_REACHED; i++)
    {
      g_autofree char *id = g_strdup_printf ("waits-%u", i);

      n += sim_world_get_record (&fixture->world, id)->last_verified >= since;
    }

  return n;
}

/* The line is bad before it is down for long: the first that gets through when it is back is followed by
 * all, whatever they had met before. */
static void
test_unsteady_line (Fixture *fixture, gconstpointer data)
{
  guint64 back;

  sim_world_add_provider (&fixture->world, "minutely", "Rotation=no\nVerifyEvery=60s", TRUE);
  for (guint i = 0; i < N_REACHED; i++)
    {
      g_autofree char *id = g_strdup_printf ("waits-%u", i);

      sim_world_add_channel (&fixture->world, id, "minutely", "at", "rt", 30 * DAY, 0);
    }
  sim_world_start (&fixture->world);
  fixture->gets_through = 8;
  sim_time_run (80);

  fixture->gets_through = 0;
  sim_time_run (3 * HOUR);
  fixture->gets_through = 1;
  back = ck_clock_now ();
  while (count_verified (fixture, back) == 0)
    sim_time_run (1);
  sim_time_run (5);
  g_assert_cmpuint (count_verified (fixture, back), ==, N_REACHED);
}

static guint
count_in (Fixture *fixture, gint64 seconds)
{
  guint before = fixture->n_asked;

  sim_time_run (seconds);

  return fixture->n_asked - before;
}

/* One answer is enough for all channels of the app: what can wait waits. */
static void
test_limit_near (Fixture *fixture, gconstpointer data)
{
  sim_world_add_provider (&fixture->world, "limited", "Rotation=no\nVerifyEvery=1h", TRUE);
  for (guint i = 0; i < N_REACHED; i++)
    {
      g_autofree char *id = g_strdup_printf ("waits-%u", i);

      sim_world_add_channel (&fixture->world, id, "limited", "at", "rt", 30 * DAY, 0);
      sim_time_run (60); /* they are due one after the other */
    }
  sim_world_start (&fixture->world);
  g_assert_cmpuint (count_in (fixture, 10 * HOUR), >=, 9 * N_REACHED);

  /* None is forgotten: each is put off by its interval at most. */
  fixture->limit_wait = HOUR;
  g_assert_cmpuint (count_in (fixture, 10 * HOUR), >=, 4 * N_REACHED);
  g_assert_cmpuint (count_in (fixture, 10 * HOUR), <=, 6 * N_REACHED);

  /* A person waits for nothing; the others still do. */
  fixture->limit_wait = 50 * 60;
  sim_time_run (4 * HOUR);
  ck_channel_verify_async (fixture->world.broker, sim_world_get_channel (&fixture->world, "waits-0"),
                           TRUE, NULL, NULL, NULL);
  g_assert_cmpuint (count_in (fixture, 1), ==, 1);

  fixture->limit_wait = 0;
  sim_time_run (2 * HOUR);
  g_assert_cmpuint (count_in (fixture, 10 * HOUR), >=, 9 * N_REACHED);
}

/* A limit that is near for a day keeps no token from being renewed in time. */
static void
test_limit_and_renewals (Fixture *fixture, gconstpointer data)
{
  fixture->limit_wait = HOUR;
  sim_world_add_provider (&fixture->world, "limited", "Rotation=no", FALSE);
  sim_world_add_channel (&fixture->world, "lives", "limited", "at", "rt", HOUR, 0);
  sim_world_start (&fixture->world);
  for (guint i = 0; i < 24 * 60; i++)
    {
      sim_time_run (60);
      g_assert_cmpint (sim_world_get_record (&fixture->world, "lives")->state, ==, CK_STATE_CONNECTED);
      g_assert_cmpuint (sim_world_get_record (&fixture->world, "lives")->expires_at, >, ck_clock_now ());
    }
  g_assert_cmpuint (fixture->n_asked, >=, 23);
}

/* VerifyAtStart= looks at when the broker started: by the clock that is right now. */
static void
test_clock_set_back (Fixture *fixture, gconstpointer data)
{
  sim_world_add_provider (&fixture->world, "hourly",
                          "Rotation=no\nVerifyEvery=1h\nVerifyAtStart=yes", TRUE);
  sim_world_add_channel (&fixture->world, "asked", "hourly", "at", "rt", 30 * DAY, 0);
  sim_time_run (60);
  sim_world_start (&fixture->world);
  sim_time_run (60);
  g_assert_cmpuint (fixture->n_asked, ==, 1);

  sim_time_step (-365 * DAY);
  sim_time_run (5 * HOUR);
  g_assert_cmpuint (fixture->n_asked, >=, 5);
  g_assert_cmpuint (fixture->n_asked, <=, 7);
}

/* Set by an hour or a year, forward or back, and each at another moment of a token's life: it is renewed
 * in time as before, no more often, and nobody hears of anything. */
static void
test_clock_steps (Fixture *fixture, gconstpointer data)
{
  static const gint64 steps[] = { HOUR, -HOUR, 365 * DAY, -365 * DAY };

  fixture->world.on_event = on_renewed_alone;
  fixture->world.user_data = fixture;
  sim_world_add_provider (&fixture->world, "stepped", "Rotation=yes", FALSE);
  sim_world_add_channel (&fixture->world, "steady", "stepped", "at", "rt", HOUR, 0);
  fixture->good_until = sim_time_now () + HOUR * G_USEC_PER_SEC;
  sim_world_start (&fixture->world);

  for (guint i = 0; i < 12 * G_N_ELEMENTS (steps); i++)
    {
      sim_time_run (i * 5 * 60 % HOUR + 60);
      sim_time_step (steps[i % G_N_ELEMENTS (steps)]);
      g_assert_true (ck_channel_may_hand_out (sim_world_get_channel (&fixture->world, "steady"),
                                              ck_clock_now ()));
      g_assert_cmpint (sim_time_now (), <, fixture->good_until);
    }
  /* A little more than one in an hour. */
  g_assert_cmpuint (fixture->n_asked, >=, sim_time_now () / G_USEC_PER_SEC / HOUR);
  g_assert_cmpuint (fixture->n_asked, <=, 2 * sim_time_now () / G_USEC_PER_SEC / HOUR);
}

/* Renewed once more before the vault could be tried again: the grant before both is no one's. */
static void
test_renewed_twice_while_unsaved (Fixture *fixture, gconstpointer data)
{
  CkChannel *channel;

  sim_world_add_provider (&fixture->world, "renewed", "Rotation=no", FALSE);
  sim_world_add_channel (&fixture->world, "saved", "renewed", "at", "rt", HOUR, 0);
  sim_world_start (&fixture->world);
  channel = sim_world_get_channel (&fixture->world, "saved");

  sim_disk_fail (TRUE, FALSE);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*kept in memory alone*");
  ck_channel_renew_async (fixture->world.broker, channel, FALSE, NULL, NULL, NULL);
  sim_time_run (1);
  g_test_assert_expected_messages ();
  g_assert_true (ck_channel_is_unsaved (channel));
  sim_disk_fail (FALSE, FALSE);
  ck_channel_renew_async (fixture->world.broker, channel, FALSE, NULL, NULL, NULL);
  sim_time_run (1);
  g_assert_false (ck_channel_is_unsaved (channel));
  g_assert_cmpuint (ck_channel_get_record (channel)->generation, ==, 3);

  sim_time_run (60);
  g_assert_cmpuint (sim_disk_count_grants ("saved"), ==, 1);
}

/* The vault is read twice, and has what was kept across the restart neither time. */
static void
test_kept_while_the_vault_leaves (Fixture *fixture, gconstpointer data)
{
  CkClientRecord *client = ck_client_record_new ("secretive");
  g_autoptr (CkGrant) newer = NULL;
  CkChannel *channel;

  client->secret_set = TRUE;
  sim_disk_put_client (client);
  sim_world_add_provider (&fixture->world, "renewed", "Rotation=no", FALSE);
  sim_world_add_channel (&fixture->world, "kept", "renewed", "at", "rt", HOUR, 0);
  newer = sim_grant_new ("newer", "rt", HOUR);
  sim_vault_leave ("kept", 2, newer);
  sim_world_start (&fixture->world);
  sim_vault_set_state (ck_broker_get_vault (fixture->world.broker), CK_VAULT_OPEN);
  sim_time_settle ();

  channel = sim_world_get_channel (&fixture->world, "kept");
  g_assert_true (ck_channel_may_hand_out (channel, ck_clock_now ()));
  g_assert_cmpuint (ck_channel_get_record (channel)->generation, ==, 2);
  g_assert_cmpstr (ck_grant_get_access_token (ck_channel_get_grant (channel)), ==, "newer");
}

/* It was added when nobody knew what its platform takes. */
static void
test_redirect_of_before (Fixture *fixture, gconstpointer data)
{
  static const char *const uris[] = { "http://studio.example/cb", NULL };
  CkClientRecord *client = ck_client_record_new ("old");

  g_free (client->provider);
  client->provider = g_strdup ("renewed");
  g_strfreev (client->redirect_uris);
  client->redirect_uris = g_strdupv ((GStrv) uris);
  sim_disk_put_client (client);
  sim_world_add_provider (&fixture->world, "renewed", "Rotation=no", FALSE);

  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING,
                         "client old: *studio.example/cb*cannot be a redirect URI*Register*");
  sim_world_start (&fixture->world);
  g_test_assert_expected_messages ();
  g_assert_nonnull (ck_broker_lookup_client (fixture->world.broker, "old", NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/trouble/one-host-is-down", Fixture, NULL, set_up, test_one_host_is_down, tear_down);
  g_test_add ("/trouble/unsteady-line", Fixture, NULL, set_up, test_unsteady_line, tear_down);
  g_test_add ("/trouble/limit-near", Fixture, NULL, set_up, test_limit_near, tear_down);
  g_test_add ("/trouble/limit-and-renewals", Fixture, NULL, set_up, test_limit_and_renewals, tear_down);
  g_test_add ("/trouble/clock-set-back", Fixture, NULL, set_up, test_clock_set_back, tear_down);
  g_test_add ("/trouble/clock-steps", Fixture, NULL, set_up, test_clock_steps, tear_down);
  g_test_add ("/trouble/kept-while-the-vault-leaves", Fixture, NULL, set_up,
              test_kept_while_the_vault_leaves, tear_down);
  g_test_add ("/trouble/redirect-of-before", Fixture, NULL, set_up, test_redirect_of_before, tear_down);
  g_test_add ("/trouble/renewed-twice-while-unsaved", Fixture, NULL, set_up,
              test_renewed_twice_while_unsaved, tear_down);

  return g_test_run ();
}
