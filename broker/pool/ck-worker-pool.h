/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-job.h"
#include "ck-outcome.h"

G_BEGIN_DECLS

/**
 * CkWorkerPool:
 *
 * Runs transactions in channelkeeper-worker processes, over a private D-Bus connection each
 * (backends/worker/org.channelkeeper.Worker1.xml).
 *
 * Workers start when there is work. One runs a single transaction at a time and, afterwards, others
 * of the same client only: at most 100, for at most 10 minutes; an idle one is let go after 30
 * seconds. While it runs one, the one that would come next lies ready in its socket; another gets that
 * if the worker ends before it has begun it, after 5 seconds, or at once when a caller waits for it.
 * The line is that of CkJobQueue: at most 8 jobs, and no more than half the places, are running for
 * one host at a time. Attempts are counted apart and do not wait: there is a place for one, or it
 * fails.
 */
#define CK_TYPE_WORKER_POOL (ck_worker_pool_get_type ())
G_DECLARE_FINAL_TYPE (CkWorkerPool, ck_worker_pool, CK, WORKER_POOL, GObject)

/**
 * ck_worker_pool_new:
 * @worker_path: (nullable): the worker's executable, started with one end of a socketpair as
 *   descriptor 3, a minimal environment, and no other descriptor but stderr
 * @socket_path: (nullable): the socket of systemd's channelkeeper-worker.socket; if given and
 *   there, workers are reached by connecting to it instead
 * @max_workers: `MaxWorkers=`: how many renew, verify and revoke jobs run at once
 * @max_attempts: `MaxAttempts=`: how many attempts
 *
 * One of the two paths must be given. The pool works in the thread-default main context of its
 * maker.
 *
 * Returns: (transfer full): a pool; nothing is started yet
 */
CkWorkerPool *ck_worker_pool_new (const char *worker_path,
                                  const char *socket_path,
                                  guint max_workers,
                                  guint max_attempts);

/**
 * ck_worker_pool_set_limits:
 *
 * After a reload. Jobs that run are not ended.
 */
void ck_worker_pool_set_limits (CkWorkerPool *pool, guint max_workers, guint max_attempts);

/**
 * ck_worker_pool_set_idle_time:
 * @milliseconds: how long a worker with nothing to do is kept, instead of 30 seconds: for tests
 */
void ck_worker_pool_set_idle_time (CkWorkerPool *pool, guint milliseconds);

/**
 * ck_worker_pool_run_async:
 * @pool: the pool
 * @job: (transfer full): the transaction
 * @cancellable: (nullable): takes it out of the queue; if it is running, closes the connection,
 *   which ends the worker
 * @callback: called once, never from within this function
 *
 * A finished transaction with a failing verdict is an outcome, not an error, and so is a worker
 * that crashed, hung or talked nonsense. A job that is done before the cancellation is seen is
 * done: its grant is not thrown away.
 */
void ck_worker_pool_run_async (CkWorkerPool *pool,
                               CkJob *job,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);

/**
 * ck_worker_pool_run_finish:
 * @result: from the callback
 * @error: %G_IO_ERROR_CANCELLED (whether a spending request had left is not said: a cancelled
 *   renewal is in doubt), %CK_ERROR_LIMIT_EXCEEDED if all places for attempts are taken or too many
 *   jobs wait, %CK_ERROR_FAILED if a worker cannot be started or the pool has been shut down before
 *   the job began
 *
 * Returns: (transfer full) (nullable): the outcome
 */
CkOutcome *ck_worker_pool_run_finish (CkWorkerPool *pool,
                                      GAsyncResult *result,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_worker_pool_hurry:
 * @channel: a channel's id
 *
 * A caller waits now for the job of this channel, if one waits in the line or lies ready at a worker.
 */
void ck_worker_pool_hurry (CkWorkerPool *pool, const char *channel);

/**
 * ck_worker_pool_shutdown:
 *
 * Ends everything: waiting and running jobs finish with an error (a running one may be in doubt),
 * connections are closed, which ends the workers. Later jobs fail at once.
 */
void ck_worker_pool_shutdown (CkWorkerPool *pool);

/**
 * CkWorkerPoolStats:
 * @waiting: jobs in the queue
 * @running: jobs of both kinds that a worker has
 * @idle: workers with nothing to do
 * @started: workers started since the pool was made
 */
typedef struct
{
  guint waiting;
  guint running;
  guint idle;
  guint64 started;
} CkWorkerPoolStats;

void ck_worker_pool_get_stats (CkWorkerPool *pool, CkWorkerPoolStats *stats);

G_END_DECLS
