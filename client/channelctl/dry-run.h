/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-stack.h"

G_BEGIN_DECLS

/**
 * CkDryRunRow:
 * @number: from 1, in the order of the stack; what a RESULT may be given to
 * @level: how many substacks it is in
 * @origin: where its line is
 * @module: its file name; empty for the mark where a substack begins
 * @arguments: the line's
 * @reached: whether its turn came
 * @result: what it was to return, if @reached
 * @decides: whether the verdict is its result
 * @why: what its result did, in words; or why its turn did not come
 *
 * One line of a dry run.
 */
typedef struct
{
  guint number;
  guint level;
  const char *origin;
  const char *module;
  const char *const *arguments;
  gboolean reached;
  CkResult result;
  gboolean decides;
  char *why;
} CkDryRunRow;

/**
 * CkDryRun:
 * @rows: (element-type CkDryRunRow): one per module and per substack
 * @verdict: the stack's
 *
 * What a stack would do, without any module being run.
 */
typedef struct
{
  CkStack *stack;
  GPtrArray *rows;
  CkResult verdict;
} CkDryRun;

/**
 * ck_dry_run_new:
 * @stack: a compiled stack
 * @results: %NULL-terminated words `MODULE=RESULT` or `NUMBER=RESULT`, as `identity=user_unknown`;
 *   what none names succeeds
 * @error: of the domain %CK_EXIT_ERROR: a word that is none, a module that the stack does not call
 *
 * Returns: (transfer full) (nullable): the run
 */
CkDryRun *ck_dry_run_new (CkStack *stack,
                          const char *const *results,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ck_dry_run_free (CkDryRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkDryRun, ck_dry_run_free)

G_END_DECLS
