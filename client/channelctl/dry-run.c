/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dry-run.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ck-stack-control.h"
#include "ck-stack-engine.h"
#include "exit.h"

typedef struct
{
  CkDryRun *run;
  CkResult *results; /* of each handler */
  guint next;        /* the handler whose turn it is */
  gboolean failed;   /* something has failed and was not forgotten since */
} Trial;

static CkDryRunRow *
get_row (CkDryRun *run, guint index)
{
  return g_ptr_array_index (run->rows, index);
}

static void
row_free (CkDryRunRow *row)
{
  g_free (row->why);
  g_free (row);
}

/* ---- what a result did ------------------------------------------------------------------------
 */

static char *
describe_good (const CkStackStep *step, gboolean ends, gboolean failed)
{
  if (failed)
    return g_strdup (_ ("counts for nothing: something has failed before"));
  if (!step->decides)
    return g_strdup (_ ("changes nothing: the verdict is already a softer word than success"));
  if (ends)
    return g_strdup (_ ("succeeds, and the stack ends here"));

  return g_strdup (_ ("succeeds; the verdict if nothing fails after it"));
}

static char *
describe_bad (const CkStackStep *step, gboolean ends)
{
  if (step->decides)
    return g_strdup (ends ? _ ("fails, and the stack ends here: this is the verdict")
                          : _ ("fails: this is the verdict, whatever follows"));

  return g_strdup (ends ? _ ("fails, and the stack ends here; but the first failure is the verdict")
                        : _ ("fails; but the first failure is the verdict"));
}

static char *
describe (const CkStackStep *step, gboolean failed)
{
  switch (step->action)
    {
    case CK_STACK_IGNORE:
      return g_strdup (_ ("is ignored: it has no say"));
    case CK_STACK_OK:
      return describe_good (step, FALSE, failed);
    case CK_STACK_DONE:
      return describe_good (step, !failed, failed);
    case CK_STACK_BAD:
      return describe_bad (step, FALSE);
    case CK_STACK_DIE:
      return describe_bad (step, TRUE);
    case CK_STACK_RESET:
      return g_strdup (_ ("everything this stack had decided is forgotten"));
    default:
      if (step->decides)
        return g_strdup_printf (_ ("jumps over %d modules, which are not there: a failure"),
                                step->action);
      return g_strdup_printf (_ ("jumps over %d modules"), step->action);
    }
}

static void
on_step (const CkStackStep *step, gpointer user_data)
{
  Trial *trial = user_data;
  CkDryRunRow *row = get_row (trial->run, step->index);

  row->reached = TRUE;
  row->result = step->result;
  row->why = step->result == CK_RESULT_INCOMPLETE
                 ? g_strdup (_ ("ends everything at once: this is the verdict"))
                 : describe (step, trial->failed);

  if (step->action == CK_STACK_BAD || step->action == CK_STACK_DIE
      || (step->action > 0 && step->decides))
    trial->failed = TRUE;
  else if (step->action == CK_STACK_RESET)
    trial->failed = FALSE;
  trial->next = step->index + 1 + step->skips;
}

static CkResult
call (const char *module, int argc, const char **argv, gboolean silent, gpointer user_data)
{
  Trial *trial = user_data;

  /* Marks of substacks are passed without a call. */
  while (*get_row (trial->run, trial->next)->module == '\0')
    trial->next++;

  return trial->results[trial->next];
}

/* ---- what the modules are to return ------------------------------------------------------------
 */

static gboolean
names_row (const CkDryRunRow *row, const char *name)
{
  g_autofree char *number = g_strdup_printf ("%u", row->number);
  g_autofree char *file = g_strconcat (name, ".so", NULL);

  return *row->module != '\0'
         && (strcmp (name, number) == 0 || strcmp (name, row->module) == 0
             || strcmp (file, row->module) == 0);
}

static gboolean
take_result (CkDryRun *run, CkResult *results, const char *word, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (word, "=", 2);
  gboolean found = FALSE;
  CkResult result;

  if (g_strv_length (parts) != 2)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE, _ ("'%s' is not MODULE=RESULT"), word);
      return FALSE;
    }
  if (!ck_result_from_string (parts[1], &result))
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
                   _ ("'%s' is no result; channelkeeper.stack(5) has them"), parts[1]);
      return FALSE;
    }

  for (guint i = 0; i < run->rows->len; i++)
    {
      if (!names_row (get_row (run, i), parts[0]))
        continue;
      results[i] = result;
      found = TRUE;
    }
  if (!found)
    g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
                 _ ("the stack calls no module '%s' for this operation"), parts[0]);

  return found;
}

static void
fill_rows (CkDryRun *run)
{
  for (guint i = 0; i < ck_stack_get_n_handlers (run->stack); i++)
    {
      CkDryRunRow *row = g_new0 (CkDryRunRow, 1);

      row->number = i + 1;
      row->level = ck_stack_get_level (run->stack, i);
      row->origin = ck_stack_get_origin (run->stack, i);
      row->module = ck_stack_get_module (run->stack, i);
      row->arguments = ck_stack_get_arguments (run->stack, i);
      g_ptr_array_add (run->rows, row);
    }
}

CkDryRun *
ck_dry_run_new (CkStack *stack, const char *const *results, GError **error)
{
  g_autoptr (CkDryRun) run = g_new0 (CkDryRun, 1);
  g_autofree CkResult *chosen = g_new0 (CkResult, ck_stack_get_n_handlers (stack) + 1);
  Trial trial = { .run = run, .results = chosen };
  guint deciding;

  run->stack = ck_stack_ref (stack);
  run->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) row_free);
  fill_rows (run);
  for (; *results != NULL; results++)
    {
      if (!take_result (run, chosen, *results, error))
        return NULL;
    }

  run->verdict = ck_stack_run_traced (stack, call, on_step, &trial, &deciding);
  for (guint i = 0; i < run->rows->len; i++)
    {
      CkDryRunRow *row = get_row (run, i);

      row->decides = i == deciding;
      if (row->why == NULL)
        row->why = g_strdup (*row->module == '\0' ? _ ("a substack begins")
                                                  : _ ("its turn does not come"));
    }

  return g_steal_pointer (&run);
}

void
ck_dry_run_free (CkDryRun *run)
{
  g_ptr_array_unref (run->rows);
  ck_stack_unref (run->stack);
  g_free (run);
}
