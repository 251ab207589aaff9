/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ck-stack-parser.h"
#include "dry-run.h"
#include "json.h"
#include "lint-files.h"
#include "output.h"

/* ---- files ------------------------------------------------------------------------------------
 */

static GPtrArray *
lint (const CkLintPaths *paths, GStrv files)
{
  GPtrArray *problems;

  if (*files == NULL)
    return ck_lint_all (paths);

  problems = g_ptr_array_new_with_free_func (g_free);
  for (char **file = files; *file != NULL; file++)
    {
      char *problem = ck_lint_file (paths, *file);

      if (problem != NULL)
        g_ptr_array_add (problems, problem);
    }

  return problems;
}

/* `FILE:LINE: why`, and `FILE: why` where it is no line's fault */
static JsonObject *
problem_to_json (const char *problem)
{
  JsonObject *object = json_object_new ();
  g_autoptr (GRegex) regex
      = g_regex_new ("^(/?[^:]+):(?:(\\d+):)? ", G_REGEX_DEFAULT, G_REGEX_MATCH_DEFAULT, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  if (g_regex_match (regex, problem, G_REGEX_MATCH_DEFAULT, &match))
    {
      g_autofree char *file = g_match_info_fetch (match, 1);
      g_autofree char *line = g_match_info_fetch (match, 2);

      json_object_set_string_member (object, "file", file);
      if (line != NULL && *line != '\0')
        json_object_set_int_member (object, "line", g_ascii_strtoll (line, NULL, 10));
    }
  json_object_set_string_member (object, "message", problem);

  return object;
}

static void
print_problems (CkCtl *ctl, GPtrArray *problems)
{
  JsonArray *array;
  JsonNode *node;

  if (!ck_ctl_wants_json (ctl))
    {
      for (guint i = 0; i < problems->len; i++)
        {
          g_autofree char *line = ck_output_clean (problems->pdata[i]);

          g_print ("%s\n", line);
        }
      if (problems->len == 0 && ck_output_is_terminal ())
        g_print ("%s\n", _ ("Nothing is wrong."));
      return;
    }

  array = json_array_new ();
  for (guint i = 0; i < problems->len; i++)
    json_array_add_object_element (array, problem_to_json (problems->pdata[i]));
  node = json_node_new (JSON_NODE_ARRAY);
  json_node_take_array (node, array);
  ck_json_print (node);
}

/* ---- the dry run ------------------------------------------------------------------------------
 */

static void
print_run (const CkDryRun *run)
{
  static const char *const headings[]
      = { N_ ("NO"), N_ ("LINE"), N_ ("MODULE"), N_ ("RETURNS"), N_ ("WHICH"), NULL };
  g_autoptr (CkTable) table = ck_table_new (headings);
  const CkDryRunRow *deciding = NULL;

  for (guint i = 0; i < run->rows->len; i++)
    {
      const CkDryRunRow *row = run->rows->pdata[i];
      g_autofree char *number = g_strdup_printf ("%u%s", row->number, row->decides ? "*" : "");
      g_autofree char *module = g_strdup_printf ("%*s%s", (int) row->level * 2, "", row->module);

      if (row->decides)
        deciding = row;
      ck_table_add (table, (const char *const[]){
                               number, row->origin, module,
                               row->reached ? ck_result_to_string (row->result) : "", row->why });
    }
  ck_table_print (table);
  if (deciding != NULL)
    g_print (_ ("Verdict: %s, by number %u, %s\n"), ck_result_to_string (run->verdict),
             deciding->number, deciding->module);
  else
    g_print (_ ("Verdict: %s, because no module had a say\n"), ck_result_to_string (run->verdict));
}

static void
print_run_json (const CkDryRun *run)
{
  JsonObject *object = json_object_new ();
  JsonArray *rows = json_array_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_object_set_string_member (object, "stack", ck_stack_get_name (run->stack));
  json_object_set_string_member (object, "operation", ck_stack_get_operation (run->stack));
  json_object_set_string_member (object, "verdict", ck_result_to_string (run->verdict));
  for (guint i = 0; i < run->rows->len; i++)
    {
      const CkDryRunRow *row = run->rows->pdata[i];
      g_autoptr (GVariant) arguments = g_variant_ref_sink (g_variant_new_strv (row->arguments, -1));
      JsonObject *member = json_object_new ();

      json_object_set_int_member (member, "number", row->number);
      json_object_set_int_member (member, "level", row->level);
      json_object_set_string_member (member, "line", row->origin);
      json_object_set_string_member (member, "module", row->module);
      json_object_set_member (member, "arguments", ck_json_from_variant (arguments));
      json_object_set_boolean_member (member, "reached", row->reached);
      if (row->reached)
        json_object_set_string_member (member, "result", ck_result_to_string (row->result));
      json_object_set_boolean_member (member, "decides", row->decides);
      json_object_set_string_member (member, "why", row->why);
      json_array_add_object_element (rows, member);
    }
  json_object_set_array_member (object, "rows", rows);
  json_node_take_object (node, object);
  ck_json_print (node);
}

static gboolean
run_dry (CkCtl *ctl, const CkLintPaths *paths, GStrv arguments, GError **error)
{
  const char *operation = arguments[0] != NULL ? arguments[1] : NULL;
  g_autoptr (CkStack) stack = NULL;
  g_autoptr (CkDryRun) run = NULL;

  if (operation == NULL || ck_stack_find_operation (operation) == NULL)
    {
      g_set_error (
          error, CK_EXIT_ERROR, CK_EXIT_USAGE,
          _ ("a dry run takes a provider or a stack, then connect, verify, renew or revoke, "
             "then MODULE=RESULT..."));
      return FALSE;
    }

  stack = ck_lint_load_stack (paths, arguments[0], ck_stack_find_operation (operation), error);
  if (stack == NULL)
    return FALSE;
  run = ck_dry_run_new (stack, (const char *const *) arguments + 2, error);
  if (run == NULL)
    return FALSE;

  if (ck_ctl_wants_json (ctl))
    print_run_json (run);
  else
    print_run (run);

  return TRUE;
}

gboolean
ck_cmd_lint (CkCtl *ctl, GStrv *arguments, GError **error)
{
  gboolean dry_run = FALSE;
  const GOptionEntry entries[] = {
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run,
      N_ ("Say which module of a stack decides: PROVIDER OPERATION [MODULE=RESULT...]"), NULL },
    { NULL },
  };
  g_autoptr (GPtrArray) problems = NULL;
  CkLintPaths paths;

  if (!ck_ctl_parse (ctl, entries, arguments, error))
    return FALSE;
  ck_lint_paths_init (&paths);
  if (dry_run)
    return run_dry (ctl, &paths, *arguments, error);

  problems = lint (&paths, *arguments);
  print_problems (ctl, problems);
  if (problems->len > 0)
    ck_ctl_set_status (ctl, CK_EXIT_FAILED);

  return TRUE;
}
