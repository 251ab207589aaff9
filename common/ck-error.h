/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * CkError:
 *
 * Every error a caller of Channelkeeper can see. On the bus each one is
 * `org.channelkeeper.Error.` plus the word of the table in ck-error.c; the quark registers the
 * names with GDBus, so that g_dbus_method_invocation_return_gerror() and
 * g_dbus_error_strip_remote_error() translate by themselves.
 */
typedef enum
{
  CK_ERROR_NOT_AUTHORIZED,
  CK_ERROR_INTERACTION_REQUIRED,
  CK_ERROR_NO_SUCH_CHANNEL,
  CK_ERROR_NO_SUCH_PROVIDER,
  CK_ERROR_NO_SUCH_CLIENT,
  CK_ERROR_EXISTS,
  CK_ERROR_INVALID_ARGUMENT,
  CK_ERROR_NOT_CONNECTED,
  CK_ERROR_EXPIRED,
  CK_ERROR_REVOKED,
  CK_ERROR_LOCKED,
  CK_ERROR_BLOCKED,
  CK_ERROR_SUSPENDED,
  CK_ERROR_VAULT_SEALED,
  CK_ERROR_INSUFFICIENT_SCOPE,
  CK_ERROR_PROVIDER_UNAVAILABLE,
  CK_ERROR_PROVIDER_ERROR,
  CK_ERROR_NOT_SUPPORTED,
  CK_ERROR_BUSY,
  CK_ERROR_LIMIT_EXCEEDED,
  CK_ERROR_CANCELLED,
  CK_ERROR_TIMED_OUT,
  CK_ERROR_STORE,
  CK_ERROR_FAILED,
} CkError;

#define CK_N_ERRORS (CK_ERROR_FAILED + 1)

#define CK_ERROR (ck_error_quark ())
GQuark ck_error_quark (void);

/**
 * ck_error_name:
 * @code: one of the values above
 *
 * Returns: (transfer none): the full bus name, `org.channelkeeper.Error.NotAuthorized`
 */
const char *ck_error_name (CkError code);

/**
 * ck_error_map:
 * @error: (transfer full): any error
 *
 * For the edge of the bus: an error of a foreign domain becomes one of ours with the same message
 * (a cancelled operation %CK_ERROR_CANCELLED, a timeout %CK_ERROR_TIMED_OUT, all else
 * %CK_ERROR_FAILED). An error of ours passes unchanged, but that its message is UTF-8 in either case.
 *
 * Returns: (transfer full): an error in the %CK_ERROR domain
 */
GError *ck_error_map (GError *error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
