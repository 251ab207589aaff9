/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-worker-pool.h"

G_BEGIN_DECLS

/*
 * A worker pool and jobs for it. The fake worker does what its own name says (fake-worker.c); it is
 * linked to under that name in a folder of the bench.
 */
typedef struct
{
  char *dir;
  CkWorkerPool *pool;
} PoolBench;

/**
 * pool_bench_set_up:
 * @fake: (nullable): what the fake worker does; %NULL: the real worker with the built modules
 */
void pool_bench_set_up (PoolBench *bench,
                        const char *fake,
                        guint max_workers,
                        guint max_attempts);
void pool_bench_tear_down (PoolBench *bench);

/*
 * A job of channel "c" and client "mine" at host "h", whose stack has @line for its operation, with
 * a grant whose access token is "at" unless it is a connect.
 */
CkJob *pool_bench_job (PoolBench *bench, const char *operation, const char *line);

/* Runs @job (transfer full) to its end, within the test's patience. */
CkOutcome *pool_bench_run (PoolBench *bench, CkJob *job, GError **error);

/* What pool_bench_begin() gives and pool_bench_end() takes. */
typedef struct
{
  gboolean is_done;
  CkOutcome *outcome;
  GError *error;
} PoolRun;

PoolRun *pool_bench_begin (PoolBench *bench, CkJob *job, GCancellable *cancellable);
CkOutcome *pool_bench_end (PoolRun *run, GError **error);

/* Turns the main context until @bench has so many idle workers. */
void pool_bench_await_idle (PoolBench *bench, guint n);

G_END_DECLS
