/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-stack.h"

G_BEGIN_DECLS

/**
 * CkStackCallFunc:
 * @module: the module's file name
 * @argc: how many arguments
 * @argv: the line's arguments, %NULL-terminated
 * @silent: the line begins with `-`: do not log that @module is missing
 *
 * Runs one module.
 *
 * Returns: its result; %CK_RESULT_MODULE_UNKNOWN if there is no such module, or it does not serve
 *   the operation
 */
typedef CkResult (*CkStackCallFunc) (
    const char *module, int argc, const char **argv, gboolean silent, gpointer user_data);

/**
 * ck_stack_run:
 * @call: called once for each module that is to run, in order
 * @deciding: (out) (optional): the number of the handler whose result, or bad jump, the verdict is;
 *   %CK_STACK_NOBODY if none had a say (the stack is empty, all were ignored, or a reset forgot
 *   them): the verdict is then the initial one
 *
 * Weighs the modules' results as Linux-PAM 1.5.2 does, libpam's pam_acct_mgmt() being the judge:
 * the verdict is %CK_RESULT_PERM_DENIED until a module says better; a module that returns
 * %CK_RESULT_INCOMPLETE ends the run with it; a result out of range, and a jump past the end of a
 * (sub)stack, are failures (%CK_RESULT_PERM_DENIED).
 *
 * Returns: the verdict
 */
CkResult ck_stack_run (CkStack *stack, CkStackCallFunc call, gpointer user_data, guint *deciding)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * CkStackStep:
 * @index: the handler's number
 * @result: what its module returned
 * @action: what its line does with that (ck-stack-control.h)
 * @decides: whether its result is, so far, the verdict
 * @skips: how many handlers after it are left out
 *
 * One module's turn in a run.
 */
typedef struct
{
  guint index;
  CkResult result;
  gint32 action;
  gboolean decides;
  guint skips;
} CkStackStep;

typedef void (*CkStackTraceFunc) (const CkStackStep *step, gpointer user_data);

/**
 * ck_stack_run_traced:
 * @trace: (nullable): told of each module's turn, after it
 *
 * As ck_stack_run().
 *
 * Returns: the verdict
 */
CkResult ck_stack_run_traced (CkStack *stack,
                              CkStackCallFunc call,
                              CkStackTraceFunc trace,
                              gpointer user_data,
                              guint *deciding) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
