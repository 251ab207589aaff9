/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-job.h"
#include "ck-outcome.h"

G_BEGIN_DECLS

/* Seconds: a job that takes longer may hang, and nothing is to lie ready behind it. */
#define CK_WORKER_PEER_USUAL_SECONDS 5

/**
 * CkWorkerPeer:
 *
 * One worker and the connection to it, from its start to its end. It runs one job at a time, and may
 * have the next already; the pool decides which. Emits `closed` when the connection is gone, whoever
 * ended it.
 */
#define CK_TYPE_WORKER_PEER (ck_worker_peer_get_type ())
G_DECLARE_FINAL_TYPE (CkWorkerPeer, ck_worker_peer, CK, WORKER_PEER, GObject)

/**
 * ck_worker_peer_new:
 * @client: whose transactions it will see
 *
 * Returns: (transfer full): a worker that is not yet there
 */
CkWorkerPeer *ck_worker_peer_new (const char *client);

const char *ck_worker_peer_get_client (CkWorkerPeer *worker);

/**
 * ck_worker_peer_start_async:
 * @worker_path: (nullable): what to start
 * @socket_path: (nullable): where to connect instead, if there is a socket
 *
 * Called once. ck_worker_peer_close() ends the attempt.
 */
void ck_worker_peer_start_async (CkWorkerPeer *worker,
                            const char *worker_path,
                            const char *socket_path,
                            GAsyncReadyCallback callback,
                            gpointer user_data);

/* @error: %CK_ERROR_FAILED if there is no worker after 10 seconds, or it cannot be started */
gboolean ck_worker_peer_start_finish (CkWorkerPeer *worker,
                                 GAsyncResult *result,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_worker_peer_run_async:
 * @job: (transfer none): must live until the callback
 *
 * While another job runs: it lies ready at the worker, begins when that one has been answered, and
 * its time counts from then. After a crash, a timeout or nonsense the connection is closed.
 */
void ck_worker_peer_run_async (CkWorkerPeer *worker,
                          CkJob *job,
                          GAsyncReadyCallback callback,
                          gpointer user_data);

/**
 * ck_worker_peer_run_finish:
 * @error: %CK_ERROR_FAILED if the job could not be handed over at all; %CK_ERROR_BUSY if the worker
 *   ended while another job ran, or it was taken back: the worker had not begun it
 *
 * Returns: (transfer full) (nullable): the outcome; a worker closed meanwhile is one, too
 */
CkOutcome *ck_worker_peer_run_finish (CkWorkerPeer *worker,
                                 GAsyncResult *result,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_worker_peer_take_back:
 *
 * The job that lies ready at the worker is to be run by another: its callback gets %CK_ERROR_BUSY.
 * Nothing else lies ready there until the job that runs is done.
 *
 * Returns: whether it could be; not if there is none, or the worker has begun it
 */
gboolean ck_worker_peer_take_back (CkWorkerPeer *worker);

/**
 * ck_worker_peer_get_jobs_left:
 *
 * Returns: how many jobs it may still be handed
 */
guint ck_worker_peer_get_jobs_left (CkWorkerPeer *worker);

/**
 * ck_worker_peer_takes_another:
 *
 * Returns: whether it is connected, has had fewer than 100 jobs, is younger than 10 minutes, and has
 *   at most one job, which takes no longer than is usual
 */
gboolean ck_worker_peer_takes_another (CkWorkerPeer *worker);

/**
 * ck_worker_peer_is_reusable:
 *
 * Returns: whether it takes another job and has none
 */
gboolean ck_worker_peer_is_reusable (CkWorkerPeer *worker);

/**
 * ck_worker_peer_close:
 *
 * Closes the connection at once, without waiting for anything to be sent: the worker ends itself
 * then. One that has a job, or is being started, and is our own child is killed besides.
 */
void ck_worker_peer_close (CkWorkerPeer *worker);

G_END_DECLS
