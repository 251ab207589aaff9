/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <time.h>

#include "ck-error.h"
#include "pool-bench.h"

/* The pool with the real worker and the modules made for tests. */

/* How much later the pool finds it than it is: this is the clock of what is linked into the test. */
static gint64 later;

gint64
g_get_monotonic_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000 + later;
}

static void
set_up (PoolBench *bench, gconstpointer data)
{
  pool_bench_set_up (bench, NULL, 4, 2);
}

static void
tear_down (PoolBench *bench, gconstpointer data)
{
  pool_bench_tear_down (bench);
}

static void
test_verdicts (PoolBench *bench, gconstpointer data)
{
  static const struct
  {
    const char *line;
    CkResult result;
    CkCause cause;
    const char *module;
  } cases[] = {
    { "required permit.so", CK_RESULT_SUCCESS, CK_CAUSE_NONE, "permit.so" },
    { "required deny.so", CK_RESULT_AUTH_ERR, CK_CAUSE_NONE, "deny.so" },
    { "required debug.so verify=cred_unavail cause=revoked-by-user", CK_RESULT_CRED_UNAVAIL,
      CK_CAUSE_REVOKED_BY_USER, "debug.so" },
    { "required nowhere.so", CK_RESULT_MODULE_UNKNOWN, CK_CAUSE_NONE, "nowhere.so" },
  };
  CkWorkerPoolStats stats;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CkOutcome) outcome
          = pool_bench_run (bench, pool_bench_job (bench, "verify", cases[i].line), &error);

      g_assert_no_error (error);
      g_assert_cmpint (outcome->result, ==, cases[i].result);
      g_assert_cmpint (outcome->cause, ==, cases[i].cause);
      g_assert_cmpstr (outcome->deciding_module, ==, cases[i].module);
      g_assert_false (outcome->in_doubt);
      g_assert_null (outcome->grant);
    }

  ck_worker_pool_get_stats (bench->pool, &stats);
  g_assert_cmpuint (stats.started, ==, 1);
  g_assert_cmpuint (stats.idle, ==, 1);
  g_assert_cmpuint (stats.running, ==, 0);
}

static void
test_new_grant (PoolBench *bench, gconstpointer data)
{
  g_autoptr (CkOutcome) outcome = NULL;
  g_autoptr (GError) error = NULL;
  CkJob *job = pool_bench_job (bench, "connect", "required debug.so grant account=1234");

  job->is_attempt = TRUE;
  outcome = pool_bench_run (bench, job, &error);
  g_assert_no_error (error);
  g_assert_cmpint (outcome->result, ==, CK_RESULT_SUCCESS);
  g_assert_nonnull (outcome->grant);
  g_assert_cmpstr (ck_grant_get_account_id (outcome->grant), ==, "1234");
}

/* A worker that dies or hangs costs one transaction; the next has a fresh worker. */
static void
test_crash_and_hang (PoolBench *bench, gconstpointer data)
{
  static const struct
  {
    const char *line;
    CkResult result;
    CkCause cause;
  } cases[] = {
    { "required debug.so crash", CK_RESULT_SYSTEM_ERR, CK_CAUSE_SERVER_ERROR },
    { "required debug.so hang", CK_RESULT_AUTHINFO_UNAVAIL, CK_CAUSE_NETWORK },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (CkOutcome) broken = NULL;
      g_autoptr (CkOutcome) good = NULL;
      g_autoptr (GError) error = NULL;
      CkJob *job = pool_bench_job (bench, "renew", cases[i].line);

      job->timeout = 1;
      broken = pool_bench_run (bench, job, &error);
      g_assert_no_error (error);
      g_test_message ("%s", broken->detail);
      g_assert_cmpint (broken->result, ==, cases[i].result);
      g_assert_cmpint (broken->cause, ==, cases[i].cause);
      g_assert_cmpint (broken->timed_out, ==, cases[i].cause == CK_CAUSE_NETWORK);
      g_assert_cmpstr (broken->detail, !=, "");
      g_assert_false (broken->in_doubt);

      good = pool_bench_run (bench, pool_bench_job (bench, "renew", "required permit.so"), &error);
      g_assert_no_error (error);
      g_assert_cmpint (good->result, ==, CK_RESULT_SUCCESS);
    }
}

/* A worker sees the transactions of one client only, and leaves when it has nothing to do. */
static void
test_reuse (PoolBench *bench, gconstpointer data)
{
  static const char *const clients[] = { "mine", "mine", "other", "mine", "", "" };
  static const guint started[] = { 1, 1, 2, 2, 3, 4 };
  CkWorkerPoolStats stats;

  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      CkJob *job = pool_bench_job (bench, "renew", "required permit.so");
      g_autoptr (CkOutcome) outcome = NULL;

      g_free (job->client);
      job->client = g_strdup (clients[i]);
      outcome = pool_bench_run (bench, job, NULL);
      g_assert_cmpint (outcome->result, ==, CK_RESULT_SUCCESS);
      ck_worker_pool_get_stats (bench->pool, &stats);
      g_assert_cmpuint (stats.started, ==, started[i]);
    }
  g_assert_cmpuint (stats.idle, ==, 2);

  ck_worker_pool_set_idle_time (bench->pool, 50);
  pool_bench_await_idle (bench, 0);
}

static void
test_a_hundred_jobs (PoolBench *bench, gconstpointer data)
{
  CkWorkerPoolStats stats;

  for (guint i = 1; i <= 101; i++)
    {
      g_autoptr (CkOutcome) outcome
          = pool_bench_run (bench, pool_bench_job (bench, "renew", "required permit.so"), NULL);

      g_assert_cmpint (outcome->result, ==, CK_RESULT_SUCCESS);
      ck_worker_pool_get_stats (bench->pool, &stats);
      g_assert_cmpuint (stats.started, ==, i <= 100 ? 1 : 2);
    }
}

/* The worker that takes the place of another is there when that one has had its hundred. */
static void
test_spare (PoolBench *bench, gconstpointer data)
{
  PoolRun *runs[101];
  CkWorkerPoolStats stats;

  ck_worker_pool_set_limits (bench->pool, 2, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (runs); i++)
    runs[i] = pool_bench_begin (bench, pool_bench_job (bench, "renew", "required permit.so"), NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (runs); i++)
    {
      g_autoptr (CkOutcome) outcome = pool_bench_end (runs[i], NULL);

      g_assert_cmpint (outcome->result, ==, CK_RESULT_SUCCESS);
      ck_worker_pool_get_stats (bench->pool, &stats);
      if (i < 90)
        g_assert_cmpuint (stats.started, ==, 1);
      if (i == 97)
        g_assert_cmpuint (stats.started, ==, 2);
    }

  /* The first has left; the spare may be on its way, or there. */
  pool_bench_await_idle (bench, (guint) stats.started - 1);
}

static void
test_ten_minutes (PoolBench *bench, gconstpointer data)
{
  static const gint64 minutes[] = { 0, 9, 11 };
  static const guint started[] = { 1, 1, 2 };
  CkWorkerPoolStats stats;

  for (gsize i = 0; i < G_N_ELEMENTS (minutes); i++)
    {
      g_autoptr (CkOutcome) outcome = NULL;

      later = minutes[i] * G_TIME_SPAN_MINUTE;
      outcome = pool_bench_run (bench, pool_bench_job (bench, "renew", "required permit.so"), NULL);
      g_assert_cmpint (outcome->result, ==, CK_RESULT_SUCCESS);
      ck_worker_pool_get_stats (bench->pool, &stats);
      g_assert_cmpuint (stats.started, ==, started[i]);
    }
  later = 0;
}

static void
test_no_worker (void)
{
  g_autoptr (CkWorkerPool) pool = ck_worker_pool_new ("/nonexistent/worker", NULL, 1, 1);
  PoolBench bench;
  PoolBench broken;
  g_autoptr (GError) error = NULL;

  pool_bench_set_up (&bench, NULL, 1, 1);
  broken = bench;
  broken.pool = pool;
  g_assert_null (
      pool_bench_run (&broken, pool_bench_job (&bench, "renew", "required permit.so"), &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "/nonexistent/worker"));
  pool_bench_tear_down (&bench);
}

/* ---- over a socket, as systemd would have it -------------------------------------------------- */

/* Accept=yes: a worker for each connection, which is its descriptor 3. */
static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             gpointer user_data)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  int fd = g_socket_get_fd (g_socket_connection_get_socket (connection));

  g_subprocess_launcher_take_fd (launcher, fcntl (fd, F_DUPFD_CLOEXEC, 10), 3);
  process = g_subprocess_launcher_spawn (launcher, &error, g_getenv ("CK_TEST_WORKER"), NULL);
  g_assert_no_error (error);
  ++*(guint *) user_data;

  return TRUE;
}

static void
test_socket (void)
{
  PoolBench bench;
  g_autofree char *path = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocketService) service = g_socket_service_new ();
  g_autoptr (GError) error = NULL;
  guint n_accepted = 0;

  pool_bench_set_up (&bench, NULL, 2, 1);
  path = g_build_filename (bench.dir, "socket", NULL);
  g_clear_object (&bench.pool);
  bench.pool = ck_worker_pool_new ("/nonexistent/worker", path, 2, 1);

  address = g_unix_socket_address_new (path);
  g_socket_listener_add_address (G_SOCKET_LISTENER (service),
                                 address,
                                 G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_DEFAULT,
                                 NULL,
                                 NULL,
                                 &error);
  g_assert_no_error (error);
  g_signal_connect (service, "incoming", G_CALLBACK (on_incoming), &n_accepted);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (CkOutcome) outcome
          = pool_bench_run (&bench, pool_bench_job (&bench, "renew", "required permit.so"), &error);

      g_assert_no_error (error);
      g_assert_cmpint (outcome->result, ==, CK_RESULT_SUCCESS);
    }
  g_assert_cmpuint (n_accepted, ==, 1);

  /* Nobody there: said so, and no worker is started behind systemd's back. */
  ck_worker_pool_set_idle_time (bench.pool, 10);
  pool_bench_await_idle (&bench, 0);
  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
  g_assert_null (
      pool_bench_run (&bench, pool_bench_job (&bench, "renew", "required permit.so"), &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_FAILED);
  g_assert_null (strstr (error->message, "/nonexistent/worker"));
  g_assert_nonnull (strstr (error->message, "systemctl start channelkeeper-worker.socket"));
  pool_bench_tear_down (&bench);
}

/* Under systemd: a socket that is gone is no reason to start a worker as the broker's own child. */
static void
test_socket_only (void)
{
  g_autoptr (CkWorkerPool) pool = ck_worker_pool_new (NULL, "/nonexistent/socket", 1, 1);
  PoolBench bench;
  PoolBench broken;
  g_autoptr (GError) error = NULL;

  pool_bench_set_up (&bench, NULL, 1, 1);
  broken = bench;
  broken.pool = pool;
  g_assert_null (
      pool_bench_run (&broken, pool_bench_job (&bench, "renew", "required permit.so"), &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "systemctl start channelkeeper-worker.socket"));
  pool_bench_tear_down (&bench);
}

#define ADD(path, func) g_test_add (path, PoolBench, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/worker-pool/verdicts", test_verdicts);
  ADD ("/worker-pool/new-grant", test_new_grant);
  ADD ("/worker-pool/crash-and-hang", test_crash_and_hang);
  ADD ("/worker-pool/reuse", test_reuse);
  ADD ("/worker-pool/a-hundred-jobs", test_a_hundred_jobs);
  ADD ("/worker-pool/spare", test_spare);
  ADD ("/worker-pool/ten-minutes", test_ten_minutes);
  g_test_add_func ("/worker-pool/no-worker", test_no_worker);
  g_test_add_func ("/worker-pool/socket", test_socket);
  g_test_add_func ("/worker-pool/socket-only", test_socket_only);

  return g_test_run ();
}
