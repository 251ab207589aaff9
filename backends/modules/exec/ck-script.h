/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a program may answer. */
#define CK_SCRIPT_MAX_OUTPUT (64 * 1024)

/**
 * ck_script_check:
 * @path: where an administrator's program is
 * @error: %G_IO_ERROR_PERMISSION_DENIED, saying what is wrong
 *
 * Returns: whether it is a regular file behind an absolute path without `..`, and nobody but root
 *   (or, where the worker is no user of its own, the user that runs it) could have written it, nor
 *   put another in its place
 */
gboolean ck_script_check (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_script_run:
 * @environment: NAME=VALUE, …, %NULL: all that it has
 * @input: what it reads from standard input
 * @deadline: on g_get_monotonic_time()'s clock
 * @output: (out) (transfer full): what it wrote to standard output, NUL-terminated; set only on
 *   success, and to be wiped
 * @length: (out): of @output in bytes
 * @error: %G_IO_ERROR_TIMED_OUT, %G_IO_ERROR_NO_SPACE (it writes too much), or why it could not be
 *   run
 *
 * Runs it in / and in a process group of its own, without arguments; standard error is thrown away.
 * When it ends, or has to, whatever it left in its group is killed: that something of it keeps
 * standard output open holds up nobody.
 *
 * Returns: the exit code; 256 if a signal killed it; -1 on failure
 */
int ck_script_run (const char *path,
                   const char *const *environment,
                   const char *input,
                   gint64 deadline,
                   char **output,
                   gsize *length,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
