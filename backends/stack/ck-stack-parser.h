/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-stack-control.h"

G_BEGIN_DECLS

/* What is refused above: a file's bytes, and a line with its continuations. */
#define CK_STACK_MAX_FILE (64 * 1024)
#define CK_STACK_MAX_LINE 4096

typedef enum
{
  CK_STACK_LINE_MODULE,
  CK_STACK_LINE_INCLUDE, /* `include`, and `@include` (which has no operation) */
  CK_STACK_LINE_SUBSTACK,
} CkStackLineKind;

/**
 * CkStackLine:
 * @number: of the physical line it begins on, from 1
 * @operation: `connect`, `verify`, `renew` or `revoke`; %NULL for `@include`, which is for all
 * @silent: the operation had a leading `-`: do not log that the module is missing
 * @actions: a module's control
 * @target: a module's file name, or the name of the stack to include
 * @argv: a module's arguments, %NULL-terminated
 *
 * One line of a stack file.
 */
typedef struct
{
  guint number;
  const char *operation;
  gboolean silent;
  CkStackLineKind kind;
  CkStackActions actions;
  char *target;
  GStrv argv;
} CkStackLine;

/**
 * ck_stack_parse:
 * @file: the file's name, for errors
 * @text: (array length=length): its bytes, not trusted
 * @error: %CK_ERROR_INVALID_ARGUMENT, `FILE:LINE: what was expected, what was found`
 *
 * Reads the format of pam.d(5): comments, continued lines, `[...]` as one word. Where libpam would
 * accept a line only to fail when it is run, this refuses the file.
 *
 * Returns: (transfer full) (element-type CkStackLine) (nullable): the lines in order
 */
GPtrArray *ck_stack_parse (const char *file, const char *text, gsize length, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_stack_name_is_valid:
 *
 * Returns: whether @name can be a stack's name: 1 to 64 of `[a-zA-Z0-9._-]`, no leading dot
 */
gboolean ck_stack_name_is_valid (const char *name) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_stack_module_is_valid:
 *
 * Returns: whether @module can be a module's file name: as a stack's, and ending in `.so`
 */
gboolean ck_stack_module_is_valid (const char *module) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_stack_list_operations:
 *
 * Returns: (transfer none): `connect`, `verify`, `renew`, `revoke`, %NULL
 */
const char *const *ck_stack_list_operations (void);

/**
 * ck_stack_find_operation:
 * @word: an operation in any case
 *
 * Returns: (transfer none) (nullable): the operation, a string that lives for ever
 */
const char *ck_stack_find_operation (const char *word);

G_END_DECLS
