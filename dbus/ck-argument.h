/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * Checks of what a caller sends. Each sets CK_ERROR_INVALID_ARGUMENT, the message beginning with
 * @name, the argument's name.
 */

/**
 * ck_argument_show:
 * @text: a caller's text, maybe hostile
 *
 * Returns: (transfer full): it, cut to 64 bytes and without control characters, for a message
 */
char *ck_argument_show (const char *text) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_argument_check_id:
 *
 * Returns: whether @id is `[a-z0-9][a-z0-9._-]{0,63}`
 */
gboolean ck_argument_check_id (const char *name, const char *id, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_argument_check_text:
 * @max: bytes
 *
 * Returns: whether @text is one line of at most @max bytes without control characters
 */
gboolean ck_argument_check_text (const char *name, const char *text, gsize max, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_argument_check_strings:
 *
 * Returns: whether these are at most %CK_MAX_LIST texts, none of them empty
 */
gboolean ck_argument_check_strings (const char *name, const char *const *strings, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_argument_check_users_async:
 * @users: names
 *
 * Looks each up in the user database, in a thread: NSS may ask a server. Finishes %FALSE with
 * %CK_ERROR_INVALID_ARGUMENT naming the first that does not exist.
 */
void ck_argument_check_users_async (const char *name,
                                    const char *const *users,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
gboolean ck_argument_check_users_finish (GAsyncResult *result, GError **error);

/**
 * ck_argument_check_groups_async:
 * @groups: names
 *
 * The same in the group database.
 */
void ck_argument_check_groups_async (const char *name,
                                     const char *const *groups,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean ck_argument_check_groups_finish (GAsyncResult *result, GError **error);

G_END_DECLS
