/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * CkWorkerProcess:
 *
 * A worker that the broker has started itself. It is reaped by the main context it was started in,
 * also after everybody has let go of it.
 */
typedef struct _CkWorkerProcess CkWorkerProcess;

/**
 * ck_worker_process_start:
 * @path: the worker's executable
 * @socket: (out) (transfer full): our end of the socketpair, the other is the worker's descriptor 3
 * @error: %CK_ERROR_FAILED if it cannot be started
 *
 * The worker gets `/dev/null` as stdin and stdout, our stderr, an environment of its own, no
 * blocked signals and no other descriptor. Does not wait for the worker to do anything.
 *
 * Returns: (transfer full) (nullable): the process
 */
CkWorkerProcess *ck_worker_process_start (const char *path,
                                          GSocket **socket,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_worker_process_kill:
 *
 * SIGKILL, if it is still there.
 */
void ck_worker_process_kill (CkWorkerProcess *process);

/* Lets go of it: a worker ends by itself when its connection does. */
void ck_worker_process_free (CkWorkerProcess *process);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkWorkerProcess, ck_worker_process_free)

G_END_DECLS
