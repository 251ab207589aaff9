/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-call.h"
#include "ck-caller-limits.h"

G_BEGIN_DECLS

/* For the guard alone. */

#define CK_CALL_TIMEOUT_S 22
#define CK_CALL_TIMEOUT_MAX_S 600

/**
 * ck_call_new:
 * @invocation: (transfer full): the call
 * @method: (transfer none): which method it is; static
 */
CkCall *ck_call_new (GDBusMethodInvocation *invocation, const CkMethod *method)
    G_GNUC_WARN_UNUSED_RESULT;

const CkMethod *ck_call_get_method (CkCall *call);

/**
 * ck_call_check_options:
 * @error: as ck_options_check()
 */
gboolean ck_call_check_options (CkCall *call, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_call_set_caller:
 * @caller: (transfer none): who calls
 * @limits: what counts it from now on; lives longer than any call
 * @error: %CK_ERROR_LIMIT_EXCEEDED
 */
gboolean ck_call_set_caller (CkCall *call,
                             CkCaller *caller,
                             CkCallerLimits *limits,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

void ck_call_take_channel (CkCall *call, char *channel);
void ck_call_take_refusals (CkCall *call, GPtrArray *refusals); /* of nullable char * */

/**
 * ck_call_is_answered:
 *
 * Returns: whether the caller has had its answer, `Busy` included
 */
gboolean ck_call_is_answered (CkCall *call);

/**
 * ck_call_start_clock:
 *
 * From now on it answers `Busy` when its time is up. To be called when the answer did not come at
 * once: a call that is answered at once costs no timer.
 */
void ck_call_start_clock (CkCall *call);

G_END_DECLS
