/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libsecret/secret.h>

G_BEGIN_DECLS

/* Files that nobody else may read. Errors are of the domain %CK_EXIT_ERROR. */

/**
 * ck_private_file_write:
 * @path: where to
 * @bytes: what
 * @size: how many bytes
 * @replace: whether one that is there is replaced; else it is an error
 *
 * Writes it under another name, mode 0600, and gives it the final one when it is on disk: under @path
 * there is all of it or nothing.
 */
gboolean ck_private_file_write (const char *path,
                                const char *bytes,
                                gsize size,
                                gboolean replace,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_private_file_remove:
 *
 * Removes it, on disk when it returns; one that is not there is a success.
 */
gboolean ck_private_file_remove (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_private_file_read_key:
 * @path: a file with a key
 *
 * Returns: (transfer full) (nullable): its content, unless others may read it as well
 */
SecretValue *ck_private_file_read_key (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
