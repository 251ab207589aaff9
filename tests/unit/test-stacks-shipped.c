/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-stack-engine.h"
#include "ck-stack-parser.h"

/*
 * The shipped stacks: what comes of each operation when the modules answer so. A module that is not
 * named returns `ignore`, as one does whose flow or endpoint it is not.
 */

static const struct
{
  const char *stack;
  const char *operation;
  const char *answers; /* MODULE=RESULT … */
  const char *verdict;
  const char *deciding; /* NULL: nobody had a say */
  const char *called;
} runs[] = {
  /* connect: by flow */
  { "oidc", "connect", "authorization_code.so=success identity.so=success", "success",
    "identity.so", "authorization_code.so device_code.so refresh_token.so identity.so" },
  { "oidc", "connect", "device_code.so=success identity.so=success", "success", "identity.so",
    "authorization_code.so device_code.so refresh_token.so identity.so" },
  { "oidc", "connect", "", "perm_denied", NULL,
    "authorization_code.so device_code.so refresh_token.so identity.so" },
  { "oidc", "connect", "authorization_code.so=conv_err identity.so=success", "conv_err",
    "authorization_code.so", "authorization_code.so" },
  { "oidc", "connect", "authorization_code.so=success identity.so=user_unknown", "user_unknown",
    "identity.so", "authorization_code.so device_code.so refresh_token.so identity.so" },
  { "oauth2", "connect", "authorization_code.so=success", "success", "authorization_code.so",
    "authorization_code.so device_code.so refresh_token.so identity.so" },
  { "oauth2", "connect", "device_code.so=conv_err", "conv_err", "device_code.so",
    "authorization_code.so device_code.so" },

  /* verify: with and without userinfo and introspection */
  { "oidc", "verify", "identity.so=success http_check.so=auth_err", "success", "identity.so",
    "identity.so" },
  { "oidc", "verify", "identity.so=cred_unavail", "cred_unavail", "identity.so", "identity.so" },
  { "oidc", "verify", "http_check.so=success", "success", "http_check.so",
    "identity.so http_check.so" },
  { "oidc", "verify", "http_check.so=cred_expired", "cred_expired", "http_check.so",
    "identity.so http_check.so" },
  { "oidc", "verify", "", "perm_denied", NULL, "identity.so http_check.so" },
  { "oauth2", "verify", "http_check.so=success identity.so=success", "success", "identity.so",
    "http_check.so identity.so" },
  { "oauth2", "verify", "http_check.so=success", "success", "http_check.so",
    "http_check.so identity.so" },
  { "oauth2", "verify", "identity.so=success", "success", "identity.so",
    "http_check.so identity.so" },
  { "oauth2", "verify", "http_check.so=success identity.so=user_unknown", "user_unknown",
    "identity.so", "http_check.so identity.so" },
  { "oauth2", "verify", "http_check.so=cred_unavail identity.so=success", "cred_unavail",
    "http_check.so", "http_check.so" },

  { "oidc", "renew", "refresh_token.so=success", "success", "refresh_token.so",
    "refresh_token.so" },
  { "oauth2", "renew", "refresh_token.so=cred_unavail", "cred_unavail", "refresh_token.so",
    "refresh_token.so" },

  /* revoke: it says whether the platform took the grant back, and no more depends on it */
  { "oidc", "revoke", "revocation.so=success", "success", "revocation.so", "revocation.so" },
  { "oidc", "revoke", "", "perm_denied", NULL, "revocation.so" },
  { "oauth2", "revoke", "revocation.so=authinfo_unavail", "perm_denied", NULL, "revocation.so" },
};

typedef struct
{
  const char *answers;
  GString *called;
} Run;

static CkResult
on_call (const char *module, int argc, const char **argv, gboolean silent, gpointer user_data)
{
  Run *run = user_data;
  g_auto (GStrv) answers = g_strsplit (run->answers, " ", -1);
  CkResult result = CK_RESULT_IGNORE;

  g_string_append_printf (run->called, "%s%s", run->called->len > 0 ? " " : "", module);
  for (guint i = 0; answers[i] != NULL; i++)
    {
      g_auto (GStrv) pair = g_strsplit (answers[i], "=", 2);

      if (g_strcmp0 (pair[0], module) == 0)
        g_assert_true (ck_result_from_string (pair[1], &result));
    }

  return result;
}

static CkStack *
load (const char *name, const char *operation)
{
  g_autofree char *dir
      = g_test_build_filename (G_TEST_DIST, "..", "..", "backends", "stacks", NULL);
  const char *const dirs[] = { dir, NULL };
  g_autoptr (GError) error = NULL;
  CkStack *stack = ck_stack_load (dirs, name, operation, &error);

  g_assert_no_error (error);

  return stack;
}

static void
test_runs (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (runs); i++)
    {
      g_autoptr (CkStack) stack = load (runs[i].stack, runs[i].operation);
      g_autoptr (GString) called = g_string_new (NULL);
      Run run = { runs[i].answers, called };
      guint deciding = 0;
      CkResult verdict = ck_stack_run (stack, on_call, &run, &deciding);

      g_test_message ("%s %s: %s", runs[i].stack, runs[i].operation, runs[i].answers);
      g_assert_cmpstr (ck_result_to_string (verdict), ==, runs[i].verdict);
      g_assert_cmpstr (called->str, ==, runs[i].called);
      if (runs[i].deciding == NULL)
        g_assert_cmpuint (deciding, ==, CK_STACK_NOBODY);
      else
        g_assert_cmpstr (ck_stack_get_module (stack, deciding), ==, runs[i].deciding);
    }
}

/* What a platform does not have at all; a stack says so by having no line for it. */
static gboolean
is_without (const char *name, const char *operation)
{
  static const char *const rows[][2] = {
    { "telegram", "renew" },
    { "telegram", "revoke" },
    { "x-oauth1", "renew" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      if (g_str_equal (rows[i][0], name) && g_str_equal (rows[i][1], operation))
        return TRUE;
    }

  return FALSE;
}

/* Whatever file is there, it can be used for all operations that its platform has. */
static void
test_all_complete (void)
{
  g_autofree char *path
      = g_test_build_filename (G_TEST_DIST, "..", "..", "backends", "stacks", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint n_stacks = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      n_stacks++;
      for (guint i = 0; ck_stack_list_operations ()[i] != NULL; i++)
        {
          const char *operation = ck_stack_list_operations ()[i];
          g_autoptr (CkStack) stack = load (name, operation);

          g_test_message ("%s %s", name, operation);
          g_assert_cmpint (ck_stack_has_modules (stack), ==, !is_without (name, operation));
        }
    }
  g_assert_cmpuint (n_stacks, >=, 2);
}

/* ---- what the manual says -------------------------------------------------------------------- */

static char *
read_manual (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "..", "docs", "man",
                                                 "channelkeeper.stack.5", NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);

  return text;
}

/* Its literal displays are the four words and what they stand for, and stacks. */
static void
test_manual_displays (void)
{
  g_autofree char *manual = read_manual ();
  g_auto (GStrv) displays = g_strsplit (manual, ".Bd -literal -offset indent\n", -1);
  guint n_controls = 0;
  guint n_stacks = 0;

  for (guint i = 1; displays[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (displays[i], ".Ed", 2);
      g_auto (GStrv) escaped = g_strsplit (parts[0], "\\e", -1);
      g_autofree char *text = g_strjoinv ("\\", escaped);
      g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
      g_autoptr (GError) error = NULL;

      if (!g_str_has_prefix (text, "required"))
        {
          g_autoptr (GPtrArray) parsed = ck_stack_parse ("manual", text, strlen (text), &error);

          g_assert_no_error (error);
          n_stacks++;
          continue;
        }
      for (guint j = 0; *lines[j] != '\0'; j++, n_controls++)
        {
          g_auto (GStrv) words = g_strsplit_set (lines[j], " []", 2);
          const char *bracket = strchr (lines[j], '[') + 1;
          g_autofree char *pairs = g_strndup (bracket, strcspn (bracket, "]"));
          CkStackActions word_actions;
          CkStackActions pair_actions;

          g_assert_true (ck_stack_actions_parse (&word_actions, words[0], NULL));
          g_assert_true (ck_stack_actions_parse (&pair_actions, pairs, NULL));
          g_assert_cmpmem (&word_actions, sizeof word_actions, &pair_actions, sizeof pair_actions);
        }
    }
  g_assert_cmpuint (n_controls, ==, 4);
  g_assert_cmpuint (n_stacks, ==, 2);
}

static void
test_manual_words (void)
{
  g_autofree char *manual = read_manual ();

  for (guint i = 0; i < CK_N_RESULTS; i++)
    {
      g_autofree char *pattern = g_strdup_printf ("\\b%s\\b", ck_result_to_string (i));

      g_assert_true (g_regex_match_simple (pattern, manual, 0, 0));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/stacks-shipped/runs", test_runs);
  g_test_add_func ("/stacks-shipped/complete", test_all_complete);
  g_test_add_func ("/stacks-shipped/manual-displays", test_manual_displays);
  g_test_add_func ("/stacks-shipped/manual-words", test_manual_words);

  return g_test_run ();
}
