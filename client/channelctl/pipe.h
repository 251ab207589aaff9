/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the service takes and gives at most, and what a Linux pipe holds at once. */
#define CK_SECRET_MAX_BYTES 65536

/**
 * ck_pipe_read:
 * @fd: the read end of a pipe, or a file; not closed here
 * @buffer: room for %CK_SECRET_MAX_BYTES and one byte, which the caller wipes
 * @timeout_ms: how long to wait for the end, -1 for ever
 * @error: of the domain %CK_EXIT_ERROR
 *
 * Reads a secret up to its end.
 *
 * Returns: how many bytes it has, or -1
 */
gssize ck_pipe_read (int fd, char *buffer, int timeout_ms, GError **error);

G_END_DECLS
