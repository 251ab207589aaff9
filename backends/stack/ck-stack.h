/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-result.h"

G_BEGIN_DECLS

/*
 * As in libpam: how deep stacks may include one another. The file count keeps a few lines from
 * unfolding into millions.
 */
#define CK_STACK_MAX_DEPTH 16
#define CK_STACK_MAX_FILES 256
#define CK_STACK_MAX_HANDLERS 1024

/* "no module" where an index is returned */
#define CK_STACK_NOBODY G_MAXUINT

/*
 * name, operation, and the handlers in order: level of substack, silent, module (empty: a substack
 * begins), where its line is ("FILE:LINE"), arguments, action by result (none for a substack).
 */
#define CK_STACK_VARIANT_TYPE "(ssa(ybssasai))"

/**
 * CkStack:
 *
 * The compiled chain of one operation of one stack: what the broker makes from files and the worker
 * runs. Immutable, reference counted. Its handlers are numbered from 0; a handler is a call of a
 * module, or the mark where a substack begins.
 */
typedef struct _CkStack CkStack;

CkStack *ck_stack_ref (CkStack *stack);
void ck_stack_unref (CkStack *stack);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkStack, ck_stack_unref)

/**
 * ck_stack_load:
 * @dirs: the search path, %NULL-terminated: the first directory that has a file of the wanted name
 *   wins, for included stacks too
 * @name: the stack, `oidc`
 * @operation: `connect`, `verify`, `renew` or `revoke`
 * @error: %CK_ERROR_INVALID_ARGUMENT if a file is missing, has a line that cannot be parsed (all
 *   its lines count, also those of other operations), or includes itself; %CK_ERROR_FAILED if it
 *   cannot be read. The message begins with the file, and its line where there is one.
 *
 * Reads the stack with all it includes for @operation. Blocks on the disk. A stack without a line
 * for @operation is empty, not an error: ck_stack_has_modules().
 *
 * Returns: (transfer full) (nullable): the chain
 */
CkStack *ck_stack_load (const char *const *dirs,
                        const char *name,
                        const char *operation,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_stack_to_variant:
 *
 * Returns: (transfer floating): the chain, of type %CK_STACK_VARIANT_TYPE
 */
GVariant *ck_stack_to_variant (CkStack *stack) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_stack_new_from_variant:
 * @variant: (transfer none): anything, not trusted
 * @error: %CK_ERROR_INVALID_ARGUMENT if it is not a chain that ck_stack_load() could have made
 *
 * Returns: (transfer full) (nullable): the chain
 */
CkStack *ck_stack_new_from_variant (GVariant *variant, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (transfer none), never %NULL. */
const char *ck_stack_get_name (CkStack *stack);
const char *ck_stack_get_operation (CkStack *stack);

/**
 * ck_stack_has_modules:
 *
 * Returns: whether the stack does anything for this operation; running one that does not fails
 */
gboolean ck_stack_has_modules (CkStack *stack);

/**
 * ck_stack_list_modules:
 *
 * Returns: (transfer full): the file name of each module it calls, each once, sorted
 */
GStrv ck_stack_list_modules (CkStack *stack) G_GNUC_WARN_UNUSED_RESULT;

guint ck_stack_get_n_handlers (CkStack *stack);

/**
 * ck_stack_get_module:
 * @index: a handler's number
 *
 * Returns: (transfer none): its module's file name, `identity.so`; empty for a substack's mark
 */
const char *ck_stack_get_module (CkStack *stack, guint index);

/**
 * ck_stack_get_level:
 * @index: a handler's number
 *
 * Returns: how many substacks it is in
 */
guint ck_stack_get_level (CkStack *stack, guint index);

/* (transfer none), %NULL-terminated: the arguments of that handler's line. */
const char *const *ck_stack_get_arguments (CkStack *stack, guint index);

/**
 * ck_stack_get_origin:
 * @index: a handler's number
 *
 * Returns: (transfer none): where its line is, `/etc/channelkeeper/stacks.d/oidc:3`
 */
const char *ck_stack_get_origin (CkStack *stack, guint index);

G_END_DECLS
