/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gunixfdlist.h>

#include "ck-job.h"

G_BEGIN_DECLS

/**
 * CkWorkerCall:
 * @job: not owned
 * @number: it is the how manieth of its worker, from 0
 * @claim: an eventfd that holds 1, until the worker begins the job or the broker takes it back; -1:
 *   the job is the worker's
 * @is_taken_back: the worker will not run it
 *
 * A job that is with a worker: one call of Worker1.Run.
 */
typedef struct
{
  CkJob *job;
  guint number;
  int claim;
  gboolean is_taken_back;
} CkWorkerCall;

/**
 * ck_worker_call_new:
 * @is_ahead: the worker runs another job, and this one may have to be taken back
 *
 * Returns: (transfer full): the call; without a claim, and not to be taken back, if descriptors run
 *   out
 */
CkWorkerCall *ck_worker_call_new (CkJob *job, guint number, gboolean is_ahead);
void ck_worker_call_free (CkWorkerCall *call);

/* Returns: (transfer floating): what Worker1.Run takes */
GVariant *ck_worker_call_make_arguments (const CkWorkerCall *call);

/**
 * ck_worker_call_make_fds:
 * @error: %CK_ERROR_FAILED if there are no descriptors left
 *
 * Returns: (transfer full) (nullable): what goes with the arguments: the secrets, then the claim
 */
GUnixFDList *ck_worker_call_make_fds (const CkWorkerCall *call,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_worker_call_take_back:
 *
 * The worker reads the claim before it does anything for the job (Worker1.xml), and the kernel gives
 * the 1 to one reader alone. If that is us, the worker refuses the job when it comes to it, and no
 * token of it was sent or will be: another worker may send it. One that does not keep to this is a
 * conquered one, which could have spent the token before, too.
 *
 * Returns: whether it is taken back now; not if the worker has begun it
 */
gboolean ck_worker_call_take_back (CkWorkerCall *call);

G_END_DECLS
