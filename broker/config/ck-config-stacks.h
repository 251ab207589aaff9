/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * CkConfigStacks:
 *
 * The compiled stacks of one reading of the configuration, each file read once however many
 * providers name it.
 */
typedef struct _CkConfigStacks CkConfigStacks;

/**
 * ck_config_stacks_new:
 * @dirs: the search path of stacks
 * @moduledir: where modules must be
 *
 * Returns: (transfer full): no stacks yet
 */
CkConfigStacks *ck_config_stacks_new (const char *const *dirs, const char *moduledir);
void ck_config_stacks_free (CkConfigStacks *stacks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkConfigStacks, ck_config_stacks_free)

/**
 * ck_config_stacks_add:
 * @name: a stack
 * @error: %CK_ERROR_INVALID_ARGUMENT for a stack that cannot be read or compiled, does nothing at
 *   all, or names a module that is not there, unless a `-` stands before its line
 *
 * Returns: whether the stack is there for ck_config_stacks_lookup()
 */
gboolean ck_config_stacks_add (CkConfigStacks *stacks,
                               const char *name,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_config_stacks_check:
 * @name: a stack, maybe one that others include
 * @error: as above, but a stack without a line is fine
 *
 * Returns: whether every operation of the stack can be compiled
 */
gboolean ck_config_stacks_check (CkConfigStacks *stacks,
                                 const char *name,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_config_stacks_lookup:
 *
 * Returns: (transfer none) (nullable): the compiled stack; %NULL if it has no line for @operation
 */
GVariant *ck_config_stacks_lookup (CkConfigStacks *stacks,
                                   const char *name,
                                   const char *operation);

/**
 * ck_config_stacks_get_modules:
 *
 * Returns: (transfer none) (nullable): the names of the modules in that stack; %NULL if it has no
 *   line for @operation
 */
const char *const *
ck_config_stacks_get_modules (CkConfigStacks *stacks, const char *name, const char *operation);

G_END_DECLS
