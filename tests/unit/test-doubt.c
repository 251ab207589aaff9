/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-clock.h"
#include "ck-error.h"
#include "ck-lifecycle.h"
#include "ck-names.h"
#include "ck-operations.h"
#include "ck-report.h"
#include "sim/sim-world.h"

/*
 * Rule 3, whoever asks: the answer to a renewal was lost, the access token is good for hours. The one
 * more try may end it (a refresh token that comes again ends the whole family), so that it waits.
 */

#define HOUR 3600
#define LIFETIME (4 * HOUR)
#define NOW G_GUINT64_CONSTANT (1800000000)

typedef struct
{
  SimWorld world;
  guint n_asked;     /* about main */
  guint n_renewals;  /* of main */
  gboolean lose;     /* the answers to main's renewals */
  gboolean refuse;   /* main's renewals */
  gboolean distrust; /* main's access token */
  gboolean client_wrong;
  GError *error;  /* what the last caller was told */
  GString *words; /* of main's events */
} Fixture;

static CkOutcome *
renew (Fixture *fixture, gboolean is_main, gboolean *lost)
{
  if (fixture->client_wrong)
    return sim_outcome_new (CK_RESULT_CRED_EXPIRED, CK_CAUSE_CLIENT_MISCONFIGURED, 401, NULL);
  if (is_main && fixture->refuse)
    return sim_outcome_new (CK_RESULT_CRED_EXPIRED, CK_CAUSE_UNKNOWN_REVOKED, 400, NULL);

  *lost = is_main && fixture->lose;

  return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200,
                          sim_grant_new ("at-new", "rt-new", LIFETIME));
}

static CkOutcome *
answer (CkJob *job, gboolean *lost, gpointer user_data)
{
  Fixture *fixture = user_data;
  gboolean is_main = g_str_equal (job->channel, "main");
  gboolean renewing = g_str_equal (job->operation, "renew");

  fixture->n_asked += is_main;
  fixture->n_renewals += is_main && renewing;
  if (renewing)
    return renew (fixture, is_main, lost);
  if (is_main && fixture->distrust)
    return sim_outcome_new (CK_RESULT_CRED_EXPIRED, CK_CAUSE_UNKNOWN_REVOKED, 401, NULL);

  return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200, NULL);
}

static void
on_event (CkChannel *channel, const CkEvent *event, gpointer user_data)
{
  Fixture *fixture = user_data;

  if (g_str_equal (ck_channel_get_id (channel), "main"))
    g_string_append_printf (fixture->words, "%s ", event->word);
}

static CkChannel *
get_main (Fixture *fixture)
{
  return sim_world_get_channel (&fixture->world, "main");
}

static void
renewed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_clear_error (&fixture->error);
  if (!ck_channel_renew_finish (result, &fixture->error))
    g_assert_nonnull (fixture->error);
}

static void
verified_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_clear_error (&fixture->error);
  if (!ck_channel_verify_finish (result, &fixture->error))
    g_assert_nonnull (fixture->error);
}

static void
reported_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_clear_error (&fixture->error);
  if (ck_channel_report_failure_finish (result, &fixture->error) == NULL)
    g_assert_nonnull (fixture->error);
}

static void
token_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CkGrant) grant = ck_channel_get_token_finish (result, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (ck_grant_get_access_token (grant), ==, "at");
}

static void
ask_to_renew (Fixture *fixture)
{
  ck_channel_renew_async (fixture->world.broker, get_main (fixture), TRUE, NULL, renewed_cb, fixture);
}

static void
ask_to_verify (Fixture *fixture)
{
  ck_channel_verify_async (fixture->world.broker, get_main (fixture), TRUE, NULL, verified_cb, fixture);
}

static void
report_failure (Fixture *fixture)
{
  const CkReport report = { .http_status = 401 };

  ck_channel_report_failure_async (fixture->world.broker, get_main (fixture), &report, NULL, reported_cb,
                                   fixture);
}

/* Of the token that was there before: nobody gets another, and nobody gets none. */
static void
ask_for_token (Fixture *fixture)
{
  ck_channel_get_token_async (fixture->world.broker, get_main (fixture), LIFETIME, NULL, NULL, token_cb,
                              fixture);
}

/* Lets MinCheckInterval go by first, and the answer come after. */
static void
do_it (Fixture *fixture, void (*ask) (Fixture *))
{
  sim_time_run (60);
  ask (fixture);
  sim_time_run (10);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->words = g_string_new ("");
  sim_world_set_up (&fixture->world);
  fixture->world.on_event = on_event;
  fixture->world.user_data = fixture;
  sim_pool_set_platform (answer, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  sim_world_tear_down (&fixture->world);
  g_string_free (fixture->words, TRUE);
  g_clear_error (&fixture->error);
}

/* main, and a renewal whose answer will not come; @policy: lines of [Lifetime] */
static void
lose_renewal (Fixture *fixture, const char *policy, gboolean verifies)
{
  sim_world_add_provider (&fixture->world, "place", policy, verifies);
  sim_world_add_channel (&fixture->world, "main", "place", "at", "rt", LIFETIME, 0);
  sim_world_add_channel (&fixture->world, "other", "place", "at-other", "rt-other", LIFETIME, 0);
  sim_world_start (&fixture->world);

  fixture->lose = TRUE;
  do_it (fixture, ask_to_renew);
  fixture->lose = FALSE;
}

static void
begin_in_doubt (Fixture *fixture, gboolean verifies)
{
  lose_renewal (fixture, "Rotation=yes\nVerifyEvery=never", verifies);
  sim_time_run (70);
  g_assert_true (ck_channel_get_record (get_main (fixture))->in_doubt);
  g_assert_cmpuint (fixture->n_renewals, ==, 1);
}

static void
test_whoever_asks (Fixture *fixture, gconstpointer data)
{
  gboolean verifies = GPOINTER_TO_INT (data);
  void (*const ways[]) (Fixture *)
      = { ask_to_renew, ask_to_verify, report_failure, ask_for_token, ask_to_renew };

  begin_in_doubt (fixture, verifies);
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_clear_error (&fixture->error);
      do_it (fixture, ways[i]);
      if (ways[i] == ask_to_renew || (!verifies && ways[i] != ask_for_token))
        {
          g_assert_error (fixture->error, CK_ERROR, CK_ERROR_PROVIDER_UNAVAILABLE);
          g_assert_nonnull (strstr (fixture->error->message, "tried once more in 2"));
        }
      else
        {
          g_assert_no_error (fixture->error);
        }
      g_assert_cmpuint (fixture->n_renewals, ==, 1);
    }
  g_assert_true (ck_channel_renews_itself (fixture->world.broker, get_main (fixture)));

  /* In the last minute, by itself. */
  sim_time_run (LIFETIME - 15 * 60);
  g_assert_cmpuint (fixture->n_renewals, ==, 1);
  sim_time_run (15 * 60);
  g_assert_cmpuint (fixture->n_renewals, ==, 2);
  g_assert_cmpstr (fixture->words->str, ==, "Renewed ");
}

/* A suspended client is probed by renewals; those wait as well, and nobody asks without end. */
static void
test_suspended_meanwhile (Fixture *fixture, gconstpointer data)
{
  begin_in_doubt (fixture, GPOINTER_TO_INT (data));

  fixture->client_wrong = TRUE;
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "other: not renewed*");
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*its channels are suspended*");
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "other: not renewed*");
  for (guint i = 0; i < 2; i++)
    {
      ck_channel_renew_async (fixture->world.broker, sim_world_get_channel (&fixture->world, "other"),
                              FALSE, NULL, NULL, NULL);
      sim_time_run (60);
    }
  g_test_assert_expected_messages ();
  g_assert_cmpint (ck_channel_get_record (get_main (fixture))->state, ==, CK_STATE_SUSPENDED);

  sim_time_run (LIFETIME - HOUR);
  ask_for_token (fixture);
  g_assert_cmpuint (fixture->n_renewals, ==, 1);
  g_assert_cmpuint (fixture->n_asked, <=, 3);
  fixture->client_wrong = FALSE;
  sim_time_run (HOUR);
  g_assert_cmpuint (fixture->n_renewals, ==, 2);
  g_assert_cmpint (ck_channel_get_record (get_main (fixture))->state, ==, CK_STATE_CONNECTED);
}

/* The platform has said that the token is no good: there is nothing to wait for. */
static void
test_token_refused (Fixture *fixture, gconstpointer data)
{
  begin_in_doubt (fixture, TRUE);

  fixture->distrust = fixture->refuse = TRUE;
  do_it (fixture, report_failure);
  g_assert_cmpuint (fixture->n_renewals, ==, 2);
  g_assert_cmpstr (fixture->words->str, ==, "Expired ");
}

/* Where a used refresh token is taken for a while it is tried at once; refused, a person is asked while
 * the token goes on. */
static void
test_refused_early (Fixture *fixture, gconstpointer data)
{
  lose_renewal (fixture, "Rotation=yes\nVerifyEvery=never\nRotationGrace=1h", FALSE);
  fixture->refuse = TRUE;
  sim_time_run (70);
  g_assert_cmpuint (fixture->n_renewals, ==, 2);
  g_assert_cmpstr (fixture->words->str, ==, "Expiring ");
  g_assert_cmpuint (ck_channel_get_record (get_main (fixture))->reconnect_by, ==,
                    ck_channel_get_record (get_main (fixture))->expires_at);
  g_assert_false (ck_channel_renews_itself (fixture->world.broker, get_main (fixture)));

  for (guint i = 0; i < LIFETIME - 10 * 60; i += 10 * 60)
    {
      ask_for_token (fixture);
      sim_time_run (10 * 60);
    }
  sim_time_run (10 * 60);
  g_assert_cmpstr (fixture->words->str, ==, "Expiring Expired ");
  g_assert_cmpuint (fixture->n_renewals, ==, 2);
}

/* The one more try failed as well. A person is asked, and a token that is good is not taken away. */
static void
test_what_becomes_of_it (void)
{
  static const struct
  {
    const char *what;
    CkState state;
    CkCause cause;
    guint64 expires_at;
    gboolean lost;      /* or refused */
    gboolean suspected; /* a verification was refused before */
    CkState after;
    const char *event; /* nullable */
  } table[] = {
    { "refused", CK_STATE_CONNECTED, CK_CAUSE_NONE, NOW + 1000, FALSE, FALSE, CK_STATE_EXPIRING,
      "Expiring" },
    { "lost", CK_STATE_CONNECTED, CK_CAUSE_NONE, NOW + 1000, TRUE, FALSE, CK_STATE_EXPIRING,
      "Expiring" },
    { "expiring already, but not so soon", CK_STATE_EXPIRING, CK_CAUSE_NONE, NOW + 1000, FALSE, FALSE,
      CK_STATE_EXPIRING, "Expiring" },
    { "the token is over", CK_STATE_INTERRUPTED, CK_CAUSE_NETWORK, NOW, FALSE, FALSE, CK_STATE_EXPIRED,
      "Expired" },
    { "nobody knows when it will be", CK_STATE_CONNECTED, CK_CAUSE_NONE, CK_TIME_UNKNOWN, FALSE, FALSE,
      CK_STATE_EXPIRED, "Expired" },
    { "it never will be", CK_STATE_CONNECTED, CK_CAUSE_NONE, CK_TIME_NEVER, FALSE, FALSE,
      CK_STATE_EXPIRED, "Expired" },
    { "the token was refused", CK_STATE_CONNECTED, CK_CAUSE_NONE, NOW + 1000, FALSE, TRUE,
      CK_STATE_EXPIRED, "Expired" },
    { "the token was refused, and that is the only answer", CK_STATE_CONNECTED, CK_CAUSE_NONE,
      NOW + 1000, TRUE, TRUE, CK_STATE_EXPIRING, "Expiring" },
    { "a stream runs on", CK_STATE_SUSPENDED, CK_CAUSE_CLIENT_MISCONFIGURED, NOW + 1000, TRUE, FALSE,
      CK_STATE_SUSPENDED, NULL },
    { "no token is handed out", CK_STATE_BLOCKED, CK_CAUSE_ACCOUNT_CHECKPOINT, NOW + 1000, FALSE, FALSE,
      CK_STATE_EXPIRED, "Expired" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (CkChannelRecord) before = ck_channel_record_new ("main");
      g_autoptr (CkOutcome) outcome
          = table[i].lost ? sim_outcome_new (CK_RESULT_AUTHINFO_UNAVAIL, CK_CAUSE_NETWORK, 0, NULL)
                          : sim_outcome_new (CK_RESULT_CRED_EXPIRED, CK_CAUSE_UNKNOWN_REVOKED, 400, NULL);
      g_autoptr (GPtrArray) events = ck_event_list_new ();
      const CkLifecycleContext context
          = { .now = NOW, .can_renew = TRUE, .confirmed = TRUE, .suspected = table[i].suspected };
      g_autoptr (CkChannelRecord) after = NULL;

      g_test_message ("%s", table[i].what);
      before->generation = 1;
      before->expires_at = table[i].expires_at;
      before->state = table[i].state;
      before->cause = table[i].cause;
      before->reconnect_by = NOW + 86400;
      before->in_doubt = before->doubt_tried = TRUE;
      outcome->in_doubt = table[i].lost;
      after = ck_lifecycle_failed (before, "renew", outcome, &context, events);

      g_assert_cmpint (after->state, ==, table[i].after);
      g_assert_true (after->doubt_tried);
      g_assert_cmpint (after->quarantined, ==, table[i].after == CK_STATE_EXPIRED);
      g_assert_cmpint (ck_lifecycle_may_hand_out (after, NOW), ==, table[i].after != CK_STATE_EXPIRED);
      if (table[i].after == CK_STATE_EXPIRING)
        g_assert_cmpuint (after->reconnect_by, ==, table[i].expires_at);
      g_assert_cmpuint (events->len, ==, table[i].event != NULL);
      if (table[i].event != NULL)
        {
          g_assert_cmpstr (((CkEvent *) events->pdata[0])->word, ==, table[i].event);
          g_assert_nonnull (strstr (after->detail, "was lost"));
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/doubt/whoever-asks", Fixture, GINT_TO_POINTER (TRUE), set_up, test_whoever_asks,
              tear_down);
  g_test_add ("/doubt/whoever-asks-of-what-only-renews", Fixture, GINT_TO_POINTER (FALSE), set_up,
              test_whoever_asks, tear_down);
  g_test_add ("/doubt/suspended-meanwhile", Fixture, GINT_TO_POINTER (TRUE), set_up,
              test_suspended_meanwhile, tear_down);
  g_test_add ("/doubt/suspended-meanwhile-and-only-renews", Fixture, GINT_TO_POINTER (FALSE), set_up,
              test_suspended_meanwhile, tear_down);
  g_test_add ("/doubt/token-refused", Fixture, NULL, set_up, test_token_refused, tear_down);
  g_test_add ("/doubt/refused-early", Fixture, NULL, set_up, test_refused_early, tear_down);
  g_test_add_func ("/doubt/what-becomes-of-it", test_what_becomes_of_it);

  return g_test_run ();
}
