/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <libsecret/secret.h>

#include "channelkeeper/ck-module.h"
#include "ck-grant.h"
#include "ck-state.h"

G_BEGIN_DECLS

/*
 * The worker's side of a CkTransaction; what its modules see of it is in ck-module.h.
 */

void ck_transaction_free (CkTransaction *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkTransaction, ck_transaction_free)

/**
 * CkTransactionHooks:
 * @sending: a request is about to leave; @spends as in #CkHttpRequest. %FALSE keeps it from leaving
 * @converse: asks the person; (transfer none) @details; blocks until @deadline (monotonic time).
 *   Returns (transfer full) the answer, a{sv}, and in @secret (transfer full) (nullable) what was
 *   answered to the style `secret`; or %NULL and sets @error: %CK_ERROR_CANCELLED,
 *   %CK_ERROR_NOT_SUPPORTED, %CK_ERROR_TIMED_OUT, …
 * @log: a line for the administrator, with the secrets cut
 *
 * What a transaction needs from the world around it. Each may be %NULL.
 */
typedef struct
{
  gboolean (*sending) (gboolean spends, gpointer user_data);
  GVariant *(*converse) (const char *style,
                         GVariant *details,
                         gint64 deadline,
                         SecretValue **secret,
                         gpointer user_data,
                         GError **error);
  void (*log) (const char *line, gpointer user_data);
} CkTransactionHooks;

/**
 * ck_transaction_new:
 * @settings: a{ss}, @failures: a(ss), @transaction: a{sv}: the arguments of Worker1.Run
 * @secrets: the serialized a{sv} of Worker1.Run: client-secrets as, grant a{sv}
 * @error: %CK_ERROR_INVALID_ARGUMENT if one of them is not what Worker1.Run says
 *
 * The deadline counts from here.
 *
 * Returns: (transfer full) (nullable): a transaction
 */
CkTransaction *ck_transaction_new (GVariant *settings,
                                   GVariant *failures,
                                   GVariant *transaction,
                                   SecretValue *secrets,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_transaction_set_hooks:
 * @hooks: lives as long as @t
 * @user_data: for @hooks
 */
void ck_transaction_set_hooks (CkTransaction *t,
                               const CkTransactionHooks *hooks,
                               gpointer user_data);

/**
 * ck_transaction_get_last_moment:
 *
 * Returns: as ck_transaction_get_deadline(), for the answer, a little later: after Run's `timeout`
 */
gint64 ck_transaction_get_last_moment (CkTransaction *t);

/**
 * ck_transaction_begin_module:
 * @module: the module's file name
 * @argv: its line's arguments, %NULL-terminated: `debug` turns ck_transaction_debug() on
 *
 * What ck_transaction_fail() says from now on is said by @module.
 */
void ck_transaction_begin_module (CkTransaction *t, const char *module, const char *const *argv);

/**
 * ck_transaction_end_module:
 * @result: what it returned
 */
void ck_transaction_end_module (CkTransaction *t, CkResult result);

/**
 * ck_transaction_finish:
 * @verdict: what the stack says
 * @deciding: the module whose result that is; or empty
 *
 * Draws the balance once the stack has run: names what the person did not grant, and turns a
 * success without a required scope, or without an access token to show for it, into a failure.
 *
 * Returns: the verdict that counts
 */
CkResult ck_transaction_finish (CkTransaction *t, CkResult verdict, const char *deciding);

/* After ck_transaction_finish(): what it returned. */
CkResult ck_transaction_get_verdict (CkTransaction *t);

/**
 * ck_transaction_dup_details:
 *
 * After ck_transaction_finish(): the @details of Worker1.Run. No text in it contains a secret.
 *
 * Returns: (transfer floating): a{sv}
 */
GVariant *ck_transaction_dup_details (CkTransaction *t);

/**
 * ck_transaction_dup_new_grant:
 *
 * After ck_transaction_finish(): the grant to keep from now on. After a failed renewal that had
 * already got a new refresh token, that is the old grant with the new refresh token: the old one is
 * spent.
 *
 * After a connect that came back as another account, that account's grant: to be discarded.
 *
 * Returns: (transfer full) (nullable): %NULL if nothing changed or there is none
 */
CkGrant *ck_transaction_dup_new_grant (CkTransaction *t);

/**
 * ck_transaction_cut:
 * @text: any text
 *
 * Returns: (transfer full): @text without the transaction's secrets
 */
char *ck_transaction_cut (CkTransaction *t, const char *text) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_transaction_result_for_cause:
 *
 * Returns: the result that goes with @cause: the one table of it (docs/module-authors.md)
 */
CkResult ck_transaction_result_for_cause (CkCause cause);

G_END_DECLS
