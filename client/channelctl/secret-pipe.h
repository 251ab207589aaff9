/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libsecret/secret.h>

#include "pipe.h"

G_BEGIN_DECLS

/**
 * ck_secret_pipe_new:
 * @secret: (transfer none): at most %CK_SECRET_MAX_BYTES
 * @error: of the domain %CK_EXIT_ERROR
 *
 * Returns: the read end of a pipe that holds exactly @secret, or -1
 */
int ck_secret_pipe_new (SecretValue *secret, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_secret_pipe_read:
 * @fd: the read end of a pipe, or a file; not closed here
 * @timeout_ms: how long to wait for its end, -1 for ever
 * @error: of the domain %CK_EXIT_ERROR
 *
 * Returns: (transfer full) (nullable): everything up to its end, at most %CK_SECRET_MAX_BYTES
 */
SecretValue *ck_secret_pipe_read (int fd, int timeout_ms, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_secret_pipe_read_file:
 * @path: a file's name, "-" for standard input
 * @error: of the domain %CK_EXIT_ERROR
 *
 * Returns: (transfer full) (nullable): its content without one line break at its end
 */
SecretValue *ck_secret_pipe_read_file (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
