/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * CkCallerLimits:
 *
 * Counts what is under way (calls, attempts' secrets, …) for each uid and in total, so that no
 * caller can make the broker hold more than it should.
 */
typedef struct _CkCallerLimits CkCallerLimits;

/**
 * ck_caller_limits_new:
 * @what: what is counted, in the plural, for messages: `calls`
 * @max_per_uid: how many one uid may have under way
 * @max_total: how many there may be in all
 */
CkCallerLimits *ck_caller_limits_new (const char *what, guint max_per_uid, guint max_total)
    G_GNUC_WARN_UNUSED_RESULT;
void ck_caller_limits_free (CkCallerLimits *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkCallerLimits, ck_caller_limits_free)

/**
 * ck_caller_limits_acquire:
 * @error: %CK_ERROR_LIMIT_EXCEEDED
 *
 * Returns: whether one more may begin; then ck_caller_limits_release() must follow once
 */
gboolean ck_caller_limits_acquire (CkCallerLimits *self, guint uid, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
void ck_caller_limits_release (CkCallerLimits *self, guint uid);

G_END_DECLS
