/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-stack.h"

G_BEGIN_DECLS

/**
 * CkLintPaths:
 * @confdir: `/etc/channelkeeper`, or what `CONFIGURATION_DIRECTORY` says
 * @datadir: the shipped data, or what `CHANNELKEEPER_DATADIR` says
 * @moduledir: the modules, or what `CHANNELKEEPER_MODULEDIR` says
 *
 * Where the service would look.
 */
typedef struct
{
  const char *confdir;
  const char *datadir;
  const char *moduledir;
} CkLintPaths;

/* The paths that the environment says, as the service reads it. */
void ck_lint_paths_init (CkLintPaths *paths);

/**
 * ck_lint_all:
 *
 * Reads everything that the service would read at a Reload, by the same code, and the stacks in
 * `stacks.d` that no provider uses.
 *
 * Returns: (transfer full) (element-type utf8): what is wrong, each `FILE:LINE: [Group] Key: why`
 */
GPtrArray *ck_lint_all (const CkLintPaths *paths) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_lint_file:
 * @file: a file that need not be where the service reads it: what it is its name says, `.provider`,
 *   `.channel`, `.client`, `.conf`; any other is a stack. What it refers to is looked for beside it
 *   first.
 *
 * Returns: (transfer full) (nullable): what is wrong with it; %NULL if nothing is
 */
char *ck_lint_file (const CkLintPaths *paths, const char *file) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_lint_load_stack:
 * @name: a provider, or a stack where there is no provider of that name
 * @operation: `connect`, `verify`, `renew` or `revoke`
 * @error: %CK_ERROR_INVALID_ARGUMENT, with file and line
 *
 * Returns: (transfer full) (nullable): the compiled stack
 */
CkStack *ck_lint_load_stack (const CkLintPaths *paths,
                             const char *name,
                             const char *operation,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
