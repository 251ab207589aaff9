/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * CkCaller:
 *
 * Who sends a message, as the bus reports it and never as it says itself: the unique name, the uid,
 * and that uid's user name. Reference counted; it is remembered as long as the unique name is on
 * the bus.
 */
typedef struct _CkCaller CkCaller;

CkCaller *ck_caller_ref (CkCaller *caller);
void ck_caller_unref (CkCaller *caller);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkCaller, ck_caller_unref)

const char *ck_caller_get_name (CkCaller *caller); /* unique name */
guint ck_caller_get_uid (CkCaller *caller);
const char *ck_caller_get_user (CkCaller *caller); /* the uid in digits where it has no name */

/**
 * ck_caller_get_gone:
 *
 * Returns: (transfer none): cancelled once the caller has left the bus: for the work it asked for
 */
GCancellable *ck_caller_get_gone (CkCaller *caller);

/**
 * CkCallers:
 *
 * The callers of one bus connection. Credentials are asked for once per unique name; a match on
 * that name tells when it leaves. At most %CK_MAX_CALLERS are known at once (a bus allows 512
 * matches): the one longest unused makes room, if nothing of it is under way.
 *
 * Signal `gone` (const char *name): a known caller has left the bus
 */
#define CK_TYPE_CALLERS (ck_callers_get_type ())
G_DECLARE_FINAL_TYPE (CkCallers, ck_callers, CK, CALLERS, GObject)

#define CK_MAX_CALLERS 384

CkCallers *ck_callers_new (GDBusConnection *connection) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_callers_peek:
 * @name: a unique name
 *
 * Returns: (transfer none) (nullable): the caller, if it is known by now
 */
CkCaller *ck_callers_peek (CkCallers *self, const char *name);

/**
 * ck_callers_resolve_async:
 * @name: a unique name
 *
 * Errors: %CK_ERROR_NOT_AUTHORIZED if the bus does not say who it is, %CK_ERROR_LIMIT_EXCEEDED.
 */
void ck_callers_resolve_async (CkCallers *self,
                               const char *name,
                               GAsyncReadyCallback callback,
                               gpointer user_data);

/**
 * ck_callers_resolve_finish:
 *
 * Returns: (transfer full) (nullable): the caller
 */
CkCaller *ck_callers_resolve_finish (CkCallers *self, GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
