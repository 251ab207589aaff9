/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pool-bench.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "ck-stack.h"

#define PATIENCE_SECONDS 60

static gboolean
on_out_of_patience (gpointer user_data)
{
  g_error ("nothing happened for %d seconds", PATIENCE_SECONDS);

  return G_SOURCE_REMOVE;
}

void
pool_bench_set_up (PoolBench *bench, const char *fake, guint max_workers, guint max_attempts)
{
  g_autofree char *path = g_strdup (g_getenv ("CK_TEST_WORKER"));

  bench->dir = g_dir_make_tmp ("ck-pool-XXXXXX", NULL);
  if (fake != NULL)
    {
      g_free (path);
      path = g_build_filename (bench->dir, fake, NULL);
      g_assert_no_errno (symlink (g_getenv ("CK_TEST_FAKE_WORKER"), path));
    }
  bench->pool = ck_worker_pool_new (path, NULL, max_workers, max_attempts);
}

void
pool_bench_tear_down (PoolBench *bench)
{
  g_autoptr (GDir) dir = g_dir_open (bench->dir, 0, NULL);
  const char *name;

  /* A spare worker that is still being started holds it. */
  while (G_OBJECT (bench->pool)->ref_count > 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_finalize_object (bench->pool);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (bench->dir, name, NULL);

      g_assert_no_errno (g_unlink (path));
    }
  g_assert_no_errno (g_rmdir (bench->dir));
  g_free (bench->dir);
}

CkJob *
pool_bench_job (PoolBench *bench, const char *operation, const char *line)
{
  g_autofree char *path = g_build_filename (bench->dir, "stack", NULL);
  g_autofree char *content = g_strdup_printf ("%s %s\n", operation, line);
  const char *dirs[] = { bench->dir, NULL };
  g_autoptr (CkStack) stack = NULL;
  g_autoptr (GError) error = NULL;
  CkJob *job = ck_job_new ();

  g_assert_true (g_file_set_contents (path, content, -1, NULL));
  stack = ck_stack_load (dirs, "stack", operation, &error);
  g_assert_no_error (error);

  job->operation = g_strdup (operation);
  job->channel = g_strdup ("c");
  job->provider = g_strdup ("p");
  job->client = g_strdup ("mine");
  job->host = g_strdup ("h");
  job->stack = g_variant_ref_sink (ck_stack_to_variant (stack));
  job->settings = g_variant_ref_sink (g_variant_new ("a{ss}", NULL));
  job->failures = g_variant_ref_sink (g_variant_new ("a(ss)", NULL));
  job->extras = g_variant_ref_sink (g_variant_new_parsed ("{'flow': <'browser'>, "
                                                          "'client-id': <'id'>, "
                                                          "'scopes': <['one', 'two']>}"));
  job->timeout = 20;
  if (!g_str_equal (operation, "connect"))
    job->grant
        = ck_grant_new_from_members (g_variant_new_parsed ("{'access-token': <'at'>}"), NULL);

  return job;
}

static void
run_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PoolRun *run = user_data;

  run->outcome = ck_worker_pool_run_finish (CK_WORKER_POOL (source), result, &run->error);
  run->is_done = TRUE;
}

PoolRun *
pool_bench_begin (PoolBench *bench, CkJob *job, GCancellable *cancellable)
{
  PoolRun *run = g_new0 (PoolRun, 1);

  ck_worker_pool_run_async (bench->pool, job, cancellable, run_cb, run);
  g_assert_false (run->is_done);

  return run;
}

CkOutcome *
pool_bench_end (PoolRun *run, GError **error)
{
  guint timer = g_timeout_add_seconds (PATIENCE_SECONDS, on_out_of_patience, NULL);
  CkOutcome *outcome;

  while (!run->is_done)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);

  g_assert_true ((run->outcome == NULL) == (run->error != NULL));
  outcome = run->outcome;
  if (run->error != NULL)
    g_propagate_error (error, run->error);
  g_free (run);

  return outcome;
}

CkOutcome *
pool_bench_run (PoolBench *bench, CkJob *job, GError **error)
{
  return pool_bench_end (pool_bench_begin (bench, job, NULL), error);
}

void
pool_bench_await_idle (PoolBench *bench, guint n)
{
  guint timer = g_timeout_add_seconds (PATIENCE_SECONDS, on_out_of_patience, NULL);
  CkWorkerPoolStats stats;

  for (ck_worker_pool_get_stats (bench->pool, &stats); stats.idle != n;
       ck_worker_pool_get_stats (bench->pool, &stats))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
}
