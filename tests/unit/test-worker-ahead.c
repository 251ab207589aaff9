/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "ck-error.h"
#include "pool-bench.h"

/* The pool, and the job that lies ready at a worker which runs another: with the real worker, and with
 * one that nobody should trust. */

#define PERMIT "required permit.so"

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

static CkJob *
job_of (PoolBench *bench, const char *channel, const char *line)
{
  CkJob *job = pool_bench_job (bench, "verify", line);

  g_free (job->channel);
  job->channel = g_strdup (channel);

  return job;
}

/* One worker, which has the second job before it answers the first: what happens during one is not
 * the other's. */
static void
test_ahead (void)
{
  static const struct
  {
    const char *mode;
    CkResult results[2];
    gboolean in_doubt[2];
    const char *detail; /* of the second */
  } rows[] = {
    { "good-grant", { CK_RESULT_SUCCESS, CK_RESULT_SUCCESS }, { FALSE, FALSE }, "" },
    { "spend-then-die", { CK_RESULT_CRED_UNAVAIL, CK_RESULT_SYSTEM_ERR }, { FALSE, FALSE },
      "the worker ended" },
    { "die-spending", { CK_RESULT_SUCCESS, CK_RESULT_SYSTEM_ERR }, { FALSE, TRUE },
      "the worker ended" },
    { "out-of-turn", { CK_RESULT_SYSTEM_ERR, CK_RESULT_SYSTEM_ERR }, { FALSE, FALSE },
      "out of turn" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      PoolBench bench;
      PoolRun *runs[2];
      CkWorkerPoolStats stats;

      g_test_message ("%s", rows[i].mode);
      pool_bench_set_up (&bench, rows[i].mode, 1, 1);
      for (gsize j = 0; j < 2; j++)
        runs[j] = pool_bench_begin (&bench, pool_bench_job (&bench, "renew", PERMIT), NULL);
      for (gsize j = 0; j < 2; j++)
        {
          g_autoptr (CkOutcome) outcome = pool_bench_end (runs[j], NULL);

          g_assert_cmpint (outcome->result, ==, rows[i].results[j]);
          g_assert_cmpint (outcome->in_doubt, ==, rows[i].in_doubt[j]);
          if (j == 1)
            g_assert_nonnull (strstr (outcome->detail, rows[i].detail));
        }
      ck_worker_pool_get_stats (bench.pool, &stats);
      g_assert_cmpuint (stats.started, ==, 1);
      pool_bench_tear_down (&bench);
    }
}

/* A job that lay ready at a worker that ends with another's: nothing of it has happened, and the
 * next worker has it, with all of its time. */
static void
test_behind_a_crash (PoolBench *bench, gconstpointer data)
{
  static const char *const lines[] = { "required debug.so crash", "required debug.so hang" };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      PoolRun *runs[4];

      ck_worker_pool_set_limits (bench->pool, 1, 1);
      for (gsize j = 0; j < G_N_ELEMENTS (runs); j++)
        {
          CkJob *job = job_of (bench, "c", j == 0 ? lines[i] : PERMIT);

          job->timeout = 1;
          runs[j] = pool_bench_begin (bench, job, NULL);
        }
      for (gsize j = 0; j < G_N_ELEMENTS (runs); j++)
        {
          g_autoptr (CkOutcome) outcome = pool_bench_end (runs[j], NULL);

          g_assert_cmpint (outcome->result == CK_RESULT_SUCCESS, ==, j > 0);
        }
    }
}

/* A worker that is there already gets a job that hangs; what is begun next lies ready behind it, until
 * there is room for more. */
static PoolRun *
begin_hang (PoolBench *bench)
{
  ck_outcome_free (pool_bench_run (bench, job_of (bench, "first", PERMIT), NULL));
  ck_worker_pool_set_limits (bench->pool, 1, 1);

  return pool_bench_begin (bench, job_of (bench, "hung", "required debug.so hang"), NULL);
}

static void
end_hang (PoolBench *bench, PoolRun *hung)
{
  g_assert_false (hung->is_done);
  ck_worker_pool_shutdown (bench->pool);
  g_assert_null (pool_bench_end (hung, NULL));
}

/* What somebody waits for is handed to no worker ahead: the job that it runs may hang. */
static void
test_awaited (PoolBench *bench, gconstpointer data)
{
  PoolRun *hung = begin_hang (bench);
  CkJob *job = job_of (bench, "awaited", PERMIT);
  PoolRun *awaited;

  job->urgency = CK_URGENCY_AWAITED;
  awaited = pool_bench_begin (bench, job, NULL);
  ck_worker_pool_set_limits (bench->pool, 4, 1);
  ck_outcome_free (pool_bench_end (awaited, NULL));
  end_hang (bench, hung);
}

/* Nor is what a caller has joined in the line, behind another client's. */
static void
test_joined (PoolBench *bench, gconstpointer data)
{
  PoolRun *hung = begin_hang (bench);
  CkJob *job = job_of (bench, "other", PERMIT);
  PoolRun *other, *joined;

  g_free (job->client);
  job->client = g_strdup ("other");
  other = pool_bench_begin (bench, job, NULL);
  joined = pool_bench_begin (bench, job_of (bench, "joined", PERMIT), NULL);
  ck_worker_pool_hurry (bench->pool, "joined");
  ck_worker_pool_set_limits (bench->pool, 1, 1); /* looks through the line */
  ck_worker_pool_set_limits (bench->pool, 4, 1);
  ck_outcome_free (pool_bench_end (joined, NULL));
  g_assert_false (other->is_done);
  ck_outcome_free (pool_bench_end (other, NULL));
  end_hang (bench, hung);
}

/* ---- taken back ------------------------------------------------------------------------------ */

/* Notes in @bench's folder what ran; the channel "slow" waits for a file there. */
static char *
make_noting_line (PoolBench *bench)
{
  g_autofree char *program = g_build_filename (bench->dir, "program", NULL);
  g_autofree char *text
      = g_strdup_printf ("#!/bin/sh\n"
                         "cd %s\n"
                         "echo $CK_CHANNEL >> ran\n"
                         "while [ $CK_CHANNEL = slow -a ! -e go -a $((n = n + 1)) -lt 1000 ]; do\n"
                         "  sleep 0.02\n"
                         "done\n"
                         "echo '{}'\n",
                         bench->dir);

  g_assert_true (g_file_set_contents (program, text, -1, NULL));
  g_assert_no_errno (g_chmod (program, 0755));

  return g_strconcat ("required exec.so command=", program, NULL);
}

/* At once for a caller, otherwise after a while, another worker runs it; and the one that had it does
 * not, also when it comes to it. */
static void
test_taken_back (PoolBench *bench, gconstpointer data)
{
  g_autofree char *line = make_noting_line (bench);
  g_autofree char *go = g_build_filename (bench->dir, "go", NULL);
  g_autofree char *ran = g_build_filename (bench->dir, "ran", NULL);
  g_autofree char *text = NULL;
  gboolean is_awaited = GPOINTER_TO_INT (data);
  PoolRun *slow, *ready, *more[2];
  CkWorkerPoolStats stats;
  gint64 begun;

  ck_outcome_free (pool_bench_run (bench, job_of (bench, "first", line), NULL));
  ck_worker_pool_set_limits (bench->pool, 1, 1);
  slow = pool_bench_begin (bench, job_of (bench, "slow", line), NULL);
  ready = pool_bench_begin (bench, job_of (bench, "ready", line), NULL);
  ck_worker_pool_set_limits (bench->pool, 4, 1);
  begun = g_get_monotonic_time ();
  if (is_awaited)
    ck_worker_pool_hurry (bench->pool, "ready");
  ck_outcome_free (pool_bench_end (ready, NULL));
  g_assert_false (slow->is_done);
  g_assert_cmpint (g_get_monotonic_time () - begun < 4 * G_USEC_PER_SEC, ==, is_awaited);

  g_assert_true (g_file_set_contents (go, "", -1, NULL));
  ck_outcome_free (pool_bench_end (slow, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (more); i++)
    more[i] = pool_bench_begin (bench, job_of (bench, "more", line), NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (more); i++)
    {
      g_autoptr (CkOutcome) outcome = pool_bench_end (more[i], NULL);

      g_assert_cmpint (outcome->result, ==, CK_RESULT_SUCCESS);
    }

  ck_worker_pool_get_stats (bench->pool, &stats);
  g_assert_cmpuint (stats.started, ==, 2);
  g_assert_cmpuint (stats.idle, ==, 2);
  g_assert_true (g_file_get_contents (ran, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "first\nslow\nready\nmore\nmore\n");
}

/* The broker ends while it goes from one worker to another. */
static void
test_shutdown (PoolBench *bench, gconstpointer data)
{
  PoolRun *hung = begin_hang (bench);
  PoolRun *ready = pool_bench_begin (bench, job_of (bench, "ready", PERMIT), NULL);
  g_autoptr (GError) error = NULL;

  ck_worker_pool_hurry (bench->pool, "ready");
  end_hang (bench, hung);
  g_assert_null (pool_bench_end (ready, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_FAILED);
}

/* A worker that runs what was taken back from it. What it spent before is not forgotten for that, nor for
 * what comes after. */
static void
test_runs_it_all_the_same (void)
{
  PoolBench bench;
  PoolRun *runs[3];
  g_autoptr (CkOutcome) spent = NULL;
  g_autoptr (CkOutcome) good = NULL;

  pool_bench_set_up (&bench, "spend-late", 1, 1);
  ck_outcome_free (pool_bench_run (&bench, pool_bench_job (&bench, "renew", PERMIT), NULL));
  runs[0] = pool_bench_begin (&bench, pool_bench_job (&bench, "renew", PERMIT), NULL);
  g_usleep (G_USEC_PER_SEC / 5); /* it says that it sends */
  runs[1] = pool_bench_begin (&bench, job_of (&bench, "joined", PERMIT), NULL);
  ck_worker_pool_hurry (bench.pool, "joined");
  runs[2] = pool_bench_begin (&bench, pool_bench_job (&bench, "renew", PERMIT), NULL);

  spent = pool_bench_end (runs[0], NULL);
  g_assert_cmpint (spent->result, ==, CK_RESULT_SYSTEM_ERR);
  g_assert_true (spent->in_doubt);
  good = pool_bench_end (runs[1], NULL);
  g_assert_cmpint (good->result, ==, CK_RESULT_SUCCESS);
  ck_worker_pool_shutdown (bench.pool);
  g_assert_null (pool_bench_end (runs[2], NULL));
  pool_bench_tear_down (&bench);
}

#define ADD(path, func, data) g_test_add (path, PoolBench, data, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker-ahead/whose-is-what", test_ahead);
  ADD ("/worker-ahead/behind-a-crash", test_behind_a_crash, NULL);
  ADD ("/worker-ahead/awaited", test_awaited, NULL);
  ADD ("/worker-ahead/joined", test_joined, NULL);
  ADD ("/worker-ahead/taken-back/by-a-caller", test_taken_back, GINT_TO_POINTER (TRUE));
  ADD ("/worker-ahead/taken-back/after-a-while", test_taken_back, GINT_TO_POINTER (FALSE));
  ADD ("/worker-ahead/taken-back/shutdown", test_shutdown, NULL);
  g_test_add_func ("/worker-ahead/taken-back/run-all-the-same", test_runs_it_all_the_same);

  return g_test_run ();
}
