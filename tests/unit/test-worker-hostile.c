/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <signal.h>
#include <string.h>

#include "ck-error.h"
#include "ck-secret.h"
#include "pool-bench.h"

/* The pool with a worker that nobody should trust. */

#define LINE "required permit.so"

typedef struct
{
  const char *mode;
  CkResult result;
  CkCause cause;
  gboolean in_doubt;
  gboolean has_grant;
  const char *detail; /* part of it */
} Case;

static void
run_once (PoolBench *bench, const Case *c)
{
  g_autoptr (CkOutcome) outcome = NULL;
  g_autoptr (GError) error = NULL;
  CkJob *job = pool_bench_job (bench, "renew", LINE);

  job->timeout = 60;
  outcome = pool_bench_run (bench, job, &error);
  g_assert_no_error (error);
  g_assert_cmpint (outcome->result, ==, c->result);
  g_assert_cmpint (outcome->cause, ==, c->cause);
  g_assert_cmpint (outcome->in_doubt, ==, c->in_doubt);
  g_assert_cmpint (outcome->grant != NULL, ==, c->has_grant);
  g_assert_nonnull (strstr (outcome->detail, c->detail));
}

/* Twice: what holds up GDBus's thread shows when the next worker has something to say. */
static void
test_answers (gconstpointer data)
{
  const Case *c = data;
  PoolBench bench;
  gint64 begun = g_get_monotonic_time ();

  pool_bench_set_up (&bench, c->mode, 2, 1);
  run_once (&bench, c);
  run_once (&bench, c);
  pool_bench_tear_down (&bench);
  g_assert_cmpint (g_get_monotonic_time () - begun, <, 8 * G_USEC_PER_SEC);
}

static const Case cases[] = {
  { "spend-and-die", CK_RESULT_SYSTEM_ERR, CK_CAUSE_SERVER_ERROR, TRUE, FALSE,
    "the worker ended during the renew of c" },
  { "send-and-die", CK_RESULT_SYSTEM_ERR, CK_CAUSE_SERVER_ERROR, FALSE, FALSE, "ended" },
  { "spend-and-answer", CK_RESULT_CRED_UNAVAIL, CK_CAUSE_REVOKED_BY_USER, FALSE, FALSE, "" },
  { "wrong-type", CK_RESULT_SYSTEM_ERR, CK_CAUSE_SERVER_ERROR, FALSE, FALSE, "failed" },
  { "error", CK_RESULT_SYSTEM_ERR, CK_CAUSE_SERVER_ERROR, FALSE, FALSE, "own words [31m" },
  { "unknown-verdict", CK_RESULT_SYSTEM_ERR, CK_CAUSE_SERVER_ERROR, FALSE, FALSE,
    "nonsense: an unknown verdict" },
  { "unknown-cause", CK_RESULT_SYSTEM_ERR, CK_CAUSE_SERVER_ERROR, FALSE, FALSE, "unknown cause" },
  { "odd-member", CK_RESULT_SYSTEM_ERR, CK_CAUSE_SERVER_ERROR, FALSE, FALSE, "in-doubt" },
  { "odd-values", CK_RESULT_TRY_AGAIN, CK_CAUSE_RATE_LIMITED, TRUE, FALSE, "a b [31m c" },
  { "good-grant", CK_RESULT_SUCCESS, CK_CAUSE_NONE, FALSE, TRUE, "" },
  { "huge-grant", CK_RESULT_SYSTEM_ERR, CK_CAUSE_SERVER_ERROR, FALSE, FALSE, "limit" },
  { "odd-grant", CK_RESULT_SYSTEM_ERR, CK_CAUSE_SERVER_ERROR, FALSE, FALSE, "access token" },
  { "pipe-grant", CK_RESULT_SYSTEM_ERR, CK_CAUSE_SERVER_ERROR, FALSE, FALSE, "ended" },
  { "lingering-grant", CK_RESULT_SYSTEM_ERR, CK_CAUSE_SERVER_ERROR, FALSE, FALSE, "ended" },
  { "unsealed-grant", CK_RESULT_SYSTEM_ERR, CK_CAUSE_SERVER_ERROR, FALSE, FALSE, "sealed memfd" },
  { "flood", CK_RESULT_SYSTEM_ERR, CK_CAUSE_SERVER_ERROR, FALSE, FALSE, "ended" },
};

/* A worker that never gets as far as a connection: no outcome, for nothing was handed over. */
static void
test_no_connection (gconstpointer mode)
{
  PoolBench bench;
  g_autoptr (GError) error = NULL;

  pool_bench_set_up (&bench, mode, 1, 1);
  g_assert_null (pool_bench_run (&bench, pool_bench_job (&bench, "renew", LINE), &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_FAILED);
  g_assert_true (g_str_has_prefix (error->message, "no worker could be started: "));
  /* It goes into the history and onto the bus, whatever the worker sent. */
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  pool_bench_tear_down (&bench);
}

/* The waits go on side by side: each is of seconds. */
static void
test_out_of_time (void)
{
  static const char *const modes[] = { "hang", "spend-and-hang", "silence" };
  PoolBench benches[G_N_ELEMENTS (modes)];
  PoolRun *runs[G_N_ELEMENTS (modes)];

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      CkJob *job;

      pool_bench_set_up (&benches[i], modes[i], 1, 1);
      job = pool_bench_job (&benches[i], "renew", LINE);
      job->timeout = 1;
      runs[i] = pool_bench_begin (&benches[i], job, NULL);
    }

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CkOutcome) outcome = pool_bench_end (runs[i], &error);

      if (g_str_equal (modes[i], "silence"))
        g_assert_error (error, CK_ERROR, CK_ERROR_FAILED);
      else
        {
          g_assert_no_error (error);
          g_assert_cmpint (outcome->result, ==, CK_RESULT_AUTHINFO_UNAVAIL);
          g_assert_cmpint (outcome->cause, ==, CK_CAUSE_NETWORK);
          g_assert_true (outcome->timed_out);
          g_assert_cmpint (outcome->in_doubt, ==, g_str_equal (modes[i], "spend-and-hang"));
          g_assert_cmpstr (outcome->detail,
                           ==,
                           "the worker did not answer the renew of c within 1 seconds");
        }
      pool_bench_tear_down (&benches[i]);
    }
}

/* A child that closes the connection is killed like one whose connection we close. */
static void
test_hangs_up_and_stays (void)
{
  PoolBench bench;
  g_autofree char *path = NULL;
  g_autofree char *number = NULL;
  g_autoptr (CkOutcome) outcome = NULL;
  PoolRun *run;
  pid_t pid;

  pool_bench_set_up (&bench, "hang-up-and-stay", 1, 1);
  path = g_build_filename (bench.dir, "hang-up-and-stay.pid", NULL);
  run = pool_bench_begin (&bench, pool_bench_job (&bench, "renew", LINE), NULL);
  while (!g_file_get_contents (path, &number, NULL, NULL))
    g_main_context_iteration (NULL, FALSE);
  g_usleep (100000); /* that it is gone comes together with the failure of the call */
  outcome = pool_bench_end (run, NULL);
  g_assert_cmpint (outcome->result, ==, CK_RESULT_SYSTEM_ERR);

  pid = (pid_t) g_ascii_strtoll (number, NULL, 10);
  for (guint i = 0; i < 1000 && kill (pid, 0) == 0; i++)
    {
      g_usleep (10000);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpint (kill (pid, 0), ==, -1);
  pool_bench_tear_down (&bench);
}

static void
test_values_are_cleaned (void)
{
  PoolBench bench;
  g_autoptr (CkOutcome) outcome = NULL;

  pool_bench_set_up (&bench, "odd-values", 1, 1);
  outcome = pool_bench_run (&bench, pool_bench_job (&bench, "renew", LINE), NULL);
  g_assert_cmpstr (outcome->detail, ==, "a b [31m c");
  g_assert_cmpstr (outcome->platform_message, ==, "their words");
  g_assert_cmpstr (outcome->error_code, ==, "a word");
  g_assert_cmpuint (outcome->http_status, ==, 0);
  g_assert_cmpuint (outcome->retry_after, ==, 30 * 86400);
  g_assert_cmpuint (outcome->limit_wait, ==, 3600);
  g_assert_cmpuint (g_strv_length (outcome->advice), ==, 1);
  g_assert_cmpstr (outcome->advice[0], ==, "good-word");
  g_assert_null (outcome->metadata);
  pool_bench_tear_down (&bench);
}

/* A grant that a revoke or a failed connect hands back is nobody's. */
static void
test_grant_out_of_place (void)
{
  PoolBench bench;
  g_autoptr (CkOutcome) outcome = NULL;

  pool_bench_set_up (&bench, "good-grant", 1, 1);
  outcome = pool_bench_run (&bench, pool_bench_job (&bench, "revoke", LINE), NULL);
  g_assert_cmpint (outcome->result, ==, CK_RESULT_SYSTEM_ERR);
  g_assert_null (outcome->grant);
  pool_bench_tear_down (&bench);
}

static void
test_surroundings (void)
{
  PoolBench bench;
  g_autoptr (CkOutcome) outcome = NULL;

  g_setenv ("CHANNELKEEPER_VAULT_PASSWORD", "do-not-inherit", TRUE);
  pool_bench_set_up (&bench, "surroundings", 1, 1);
  outcome = pool_bench_run (&bench, pool_bench_job (&bench, "renew", LINE), NULL);
  g_assert_nonnull (strstr (outcome->detail, "CHANNELKEEPER_MODULEDIR="));
  g_assert_nonnull (strstr (outcome->detail, "PATH=/usr/bin:/bin"));
  g_assert_null (strstr (outcome->detail, "do-not-inherit"));
  g_assert_null (strstr (outcome->detail, "HOME="));
  g_assert_cmpstr (outcome->platform_message, ==, "/dev/null /dev/null 23");
  pool_bench_tear_down (&bench);
}

static void
test_secrets (void)
{
  PoolBench bench;
  CkJob *job;
  g_autoptr (CkOutcome) outcome = NULL;
  g_autoptr (GVariant) list = NULL;

  pool_bench_set_up (&bench, "secrets", 1, 1);
  job = pool_bench_job (&bench, "renew", LINE);
  list = g_variant_ref_sink (g_variant_new_parsed ("['one', 'two']"));
  job->client_secrets = ck_secret_from_variant (list);
  outcome = pool_bench_run (&bench, job, NULL);
  g_assert_nonnull (strstr (outcome->detail, "'client-secrets': <['one', 'two']>"));
  g_assert_nonnull (strstr (outcome->detail, "'grant': <{'access-token': <'at'>}>"));
  g_assert_nonnull (strstr (outcome->platform_message, "'operation': <'renew'>"));
  g_assert_nonnull (strstr (outcome->platform_message, "'timeout': <uint32 20>"));
  g_assert_nonnull (strstr (outcome->platform_message, "'scopes': <['one', 'two']>"));
  g_clear_pointer (&outcome, ck_outcome_free);

  outcome = pool_bench_run (&bench, pool_bench_job (&bench, "connect", LINE), NULL);
  g_assert_cmpstr (outcome->detail, ==, "{}");
  pool_bench_tear_down (&bench);
}

/* ---- the queue ------------------------------------------------------------------------------- */

static CkJob *
job_for (PoolBench *bench, const char *client, const char *host)
{
  CkJob *job = pool_bench_job (bench, "renew", LINE);

  g_free (job->client);
  g_free (job->host);
  job->client = g_strdup (client);
  job->host = g_strdup (host);

  return job;
}

static void
assert_stats (PoolBench *bench, guint running, guint waiting)
{
  CkWorkerPoolStats stats;

  ck_worker_pool_get_stats (bench->pool, &stats);
  g_assert_cmpuint (stats.running, ==, running);
  g_assert_cmpuint (stats.waiting, ==, waiting);
}

/* No host takes more than half the places; the rest waits in line. */
static void
test_queue (void)
{
  PoolBench bench;
  PoolRun *runs[8];
  PoolRun *other;

  pool_bench_set_up (&bench, "slow", 4, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (runs); i++)
    runs[i] = pool_bench_begin (&bench, job_for (&bench, "mine", "busy"), NULL);
  assert_stats (&bench, 2, 6);
  other = pool_bench_begin (&bench, job_for (&bench, "yours", "free"), NULL);
  assert_stats (&bench, 3, 6);

  for (gsize i = 0; i < G_N_ELEMENTS (runs); i++)
    {
      g_autoptr (CkOutcome) outcome = pool_bench_end (runs[i], NULL);
      CkWorkerPoolStats stats;

      g_assert_cmpint (outcome->result, ==, CK_RESULT_SUCCESS);
      ck_worker_pool_get_stats (bench.pool, &stats);
      g_assert_cmpuint (stats.running, <=, 3);
      g_assert_cmpuint (stats.idle, <=, 3);
      g_assert_cmpuint (stats.started, >=, 2);
    }
  ck_outcome_free (pool_bench_end (other, NULL));
  assert_stats (&bench, 0, 0);
  pool_bench_tear_down (&bench);
}

static void
test_max_workers (void)
{
  PoolBench bench;
  PoolRun *runs[5];

  pool_bench_set_up (&bench, "slow", 2, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (runs); i++)
    {
      g_autofree char *name = g_strdup_printf ("%" G_GSIZE_FORMAT, i);

      runs[i] = pool_bench_begin (&bench, job_for (&bench, name, name), NULL);
    }
  assert_stats (&bench, 2, 3);
  ck_worker_pool_set_limits (bench.pool, 3, 1);
  assert_stats (&bench, 3, 2);
  for (gsize i = 0; i < G_N_ELEMENTS (runs); i++)
    ck_outcome_free (pool_bench_end (runs[i], NULL));
  assert_stats (&bench, 0, 0);
  pool_bench_tear_down (&bench);
}

/* Attempts do not wait, neither for each other nor for renewals. */
static void
test_attempts (void)
{
  PoolBench bench;
  PoolRun *renewal;
  PoolRun *attempt;
  CkJob *job;
  g_autoptr (GError) error = NULL;

  pool_bench_set_up (&bench, "slow", 1, 1);
  renewal = pool_bench_begin (&bench, job_for (&bench, "mine", "h"), NULL);
  job = job_for (&bench, "mine", "h");
  job->is_attempt = TRUE;
  attempt = pool_bench_begin (&bench, job, NULL);
  assert_stats (&bench, 2, 0);

  job = job_for (&bench, "mine", "h");
  job->is_attempt = TRUE;
  g_assert_null (pool_bench_run (&bench, job, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_LIMIT_EXCEEDED);

  ck_outcome_free (pool_bench_end (attempt, NULL));
  ck_outcome_free (pool_bench_end (renewal, NULL));
  pool_bench_tear_down (&bench);
}

static void
test_cancel (void)
{
  PoolBench bench;
  GCancellable *cancellables[3];
  PoolRun *runs[3];
  CkWorkerPoolStats stats;

  pool_bench_set_up (&bench, "hang", 1, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (runs); i++)
    {
      cancellables[i] = g_cancellable_new ();
      if (i == 2)
        g_cancellable_cancel (cancellables[i]);
      runs[i] = pool_bench_begin (&bench, job_for (&bench, "mine", "h"), cancellables[i]);
    }
  assert_stats (&bench, 1, 1);

  for (gsize i = G_N_ELEMENTS (runs); i-- > 0;)
    {
      g_autoptr (GError) error = NULL;

      /* The first is running by then, or about to. */
      for (guint j = 0; i == 0 && j < 20; j++)
        {
          g_usleep (5000);
          g_main_context_iteration (NULL, FALSE);
        }
      g_cancellable_cancel (cancellables[i]);
      g_assert_null (pool_bench_end (runs[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
  assert_stats (&bench, 0, 0);
  ck_worker_pool_get_stats (bench.pool, &stats);
  g_assert_cmpuint (stats.idle, ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (cancellables); i++)
    g_object_unref (cancellables[i]);
  pool_bench_tear_down (&bench);
}

static void
test_shutdown (void)
{
  PoolBench bench;
  PoolRun *runs[3];

  pool_bench_set_up (&bench, "hang", 1, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (runs); i++)
    runs[i] = pool_bench_begin (&bench, job_for (&bench, "mine", "h"), NULL);
  ck_worker_pool_shutdown (bench.pool);
  for (gsize i = 0; i < G_N_ELEMENTS (runs); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (pool_bench_end (runs[i], &error));
      g_assert_error (error, CK_ERROR, CK_ERROR_FAILED);
    }

  {
    g_autoptr (GError) error = NULL;

    g_assert_null (pool_bench_run (&bench, job_for (&bench, "mine", "h"), &error));
    g_assert_error (error, CK_ERROR, CK_ERROR_FAILED);
  }
  pool_bench_tear_down (&bench);
}

/* ---- the conversation ------------------------------------------------------------------------ */

typedef struct
{
  guint n_asked;
  gboolean had_reply;
} Person;

static void
on_question (const char *style, GVariant *details, CkConverseReply *reply, gpointer user_data)
{
  Person *person = user_data;
  g_autoptr (SecretValue) secret = secret_value_new ("pasted", -1, "text/plain");
  g_autoptr (GError) error = g_error_new_literal (CK_ERROR, CK_ERROR_CANCELLED, "gone");

  person->n_asked++;
  person->had_reply = reply != NULL;
  if (g_str_equal (style, "secret"))
    ck_converse_reply_secret (reply, secret);
  else if (g_str_equal (style, "choose"))
    ck_converse_reply_answer (reply, g_variant_new_parsed ("{'choice': <'a'>}"));
  else if (reply != NULL)
    ck_converse_reply_fail (reply, error);
}

static void
test_conversation (void)
{
  static const struct
  {
    const char *style;
    const char *details;
    const char *seen; /* by the worker */
    guint n_asked;
    gboolean had_reply;
  } rows[] = {
    { "choose", "{'message': <'which?'>, 'choices': <[('a', 'A'), ('b', 'B')]>}",
      "({'choice': <'a'>},)", 1, TRUE },
    { "secret", "{'message': <'token?'>}", "({'secret': <handle 0>},)", 1, TRUE },
    { "info", "{'message': <'hello'>}", "({},)", 1, FALSE },
    { "show-code",
      "{'user-code': <'A-B'>, 'verification-uri': <'https://a.example/d'>,"
      " 'expires-at': <uint64 5>}",
      "({},)", 1, FALSE },
    { "open-uri", "{'uri': <'https://a.example/?x=1'>, 'redirect-uri': <'my.app:/cb'>}",
      "org.channelkeeper.Error.Cancelled", 1, TRUE },
    { "open-uri", "{'uri': <'http://127.0.0.1:1/'>}", "org.channelkeeper.Error.Cancelled", 1,
      TRUE },
    { "open-uri", "{'uri': <'file:///etc/passwd'>}", "org.channelkeeper.Error.InvalidArgument", 0,
      FALSE },
    { "open-uri", "{'uri': <'http://a.example/'>}", "org.channelkeeper.Error.InvalidArgument", 0,
      FALSE },
    { "open-uri", "{'uri': <'javascript:alert(1)'>}", "org.channelkeeper.Error.InvalidArgument", 0,
      FALSE },
    { "open-uri", "{'uri': <5>}", "org.channelkeeper.Error.InvalidArgument", 0, FALSE },
    { "open-uri", "@a{sv} {}", "org.channelkeeper.Error.InvalidArgument", 0, FALSE },
    { "info", "{'message': <'a\\u001b[2Jb'>}", "org.channelkeeper.Error.InvalidArgument", 0,
      FALSE },
    { "info", "{'message': <'a'>, 'more': <'b'>}", "org.channelkeeper.Error.InvalidArgument", 0,
      FALSE },
    { "choose", "{'message': <'which?'>, 'choices': <@a(ss) []>}",
      "org.channelkeeper.Error.InvalidArgument", 0, FALSE },
    { "run-command", "{'message': <'a'>}", "org.channelkeeper.Error.InvalidArgument", 0, FALSE },
  };
  PoolBench bench;

  pool_bench_set_up (&bench, "ask", 1, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      CkJob *job = pool_bench_job (&bench, "connect", LINE);
      g_autoptr (CkOutcome) outcome = NULL;
      Person person = { 0 };

      g_test_message ("%s %s", rows[i].style, rows[i].details);
      g_clear_pointer (&job->extras, g_variant_unref);
      job->extras = g_variant_ref_sink (
          g_variant_new_parsed ("{'ask-style': <%s>, 'ask-details': <%@a{sv}>}",
                                rows[i].style,
                                g_variant_new_parsed (rows[i].details)));
      job->converse = on_question;
      job->converse_data = &person;
      outcome = pool_bench_run (&bench, job, NULL);
      g_assert_cmpstr (outcome->detail, ==, rows[i].seen);
      g_assert_cmpuint (person.n_asked, ==, rows[i].n_asked);
      g_assert_cmpint (person.had_reply, ==, rows[i].had_reply);
      if (g_str_equal (rows[i].style, "secret"))
        g_assert_cmpstr (outcome->platform_message, ==, "pasted");
    }
  pool_bench_tear_down (&bench);
}

static void
test_nobody_to_ask (void)
{
  PoolBench bench;
  CkJob *job;
  g_autoptr (CkOutcome) outcome = NULL;

  pool_bench_set_up (&bench, "ask", 1, 1);
  job = pool_bench_job (&bench, "connect", LINE);
  g_clear_pointer (&job->extras, g_variant_unref);
  job->extras = g_variant_ref_sink (g_variant_new_parsed (
      "{'ask-style': <'info'>, 'ask-details': <{'message': <'hello'>}>}"));
  outcome = pool_bench_run (&bench, job, NULL);
  g_assert_cmpstr (outcome->detail, ==, "org.channelkeeper.Error.NotSupported");
  pool_bench_tear_down (&bench);
}

static void
keep_question (const char *style, GVariant *details, CkConverseReply *reply, gpointer user_data)
{
  *(CkConverseReply **) user_data = reply;
}

/* The time runs out with the question open; the answer that comes later goes nowhere. */
static void
test_late_answer (void)
{
  PoolBench bench;
  CkConverseReply *reply = NULL;
  CkJob *job;
  g_autoptr (CkOutcome) outcome = NULL;

  pool_bench_set_up (&bench, "ask", 1, 1);
  job = pool_bench_job (&bench, "connect", LINE);
  job->timeout = 1;
  g_clear_pointer (&job->extras, g_variant_unref);
  job->extras = g_variant_ref_sink (g_variant_new_parsed (
      "{'ask-style': <'secret'>, 'ask-details': <{'message': <'token?'>}>}"));
  job->converse = keep_question;
  job->converse_data = &reply;
  outcome = pool_bench_run (&bench, job, NULL);
  g_assert_true (outcome->timed_out);
  g_assert_nonnull (reply);
  ck_converse_reply_answer (reply, g_variant_new ("a{sv}", NULL));
  pool_bench_tear_down (&bench);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/worker-hostile/answers/", cases[i].mode, NULL);

      g_test_add_data_func (path, &cases[i], test_answers);
    }
  g_test_add_data_func ("/worker-hostile/exit", "exit", test_no_connection);
  g_test_add_data_func ("/worker-hostile/garbage", "garbage", test_no_connection);
  g_test_add_func ("/worker-hostile/out-of-time", test_out_of_time);
  g_test_add_func ("/worker-hostile/hangs-up-and-stays", test_hangs_up_and_stays);
  g_test_add_func ("/worker-hostile/cleaned", test_values_are_cleaned);
  g_test_add_func ("/worker-hostile/grant-out-of-place", test_grant_out_of_place);
  g_test_add_func ("/worker-hostile/surroundings", test_surroundings);
  g_test_add_func ("/worker-hostile/secrets", test_secrets);
  g_test_add_func ("/worker-hostile/queue", test_queue);
  g_test_add_func ("/worker-hostile/max-workers", test_max_workers);
  g_test_add_func ("/worker-hostile/attempts", test_attempts);
  g_test_add_func ("/worker-hostile/cancel", test_cancel);
  g_test_add_func ("/worker-hostile/shutdown", test_shutdown);
  g_test_add_func ("/worker-hostile/conversation", test_conversation);
  g_test_add_func ("/worker-hostile/nobody-to-ask", test_nobody_to_ask);
  g_test_add_func ("/worker-hostile/late-answer", test_late_answer);

  return g_test_run ();
}
