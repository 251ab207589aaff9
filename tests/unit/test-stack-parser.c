/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-error.h"
#include "ck-stack-parser.h"

/*
 * Lines as they come out: "NUMBER [-]OPERATION KIND TARGET|ARGUMENT|…", one a line; `*` where there
 * is no operation.
 */
static char *
describe (GPtrArray *lines)
{
  static const char *const kinds[] = { "module", "include", "substack" };
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < lines->len; i++)
    {
      const CkStackLine *line = g_ptr_array_index (lines, i);

      g_string_append_printf (text, "%u %s%s %s %s", line->number, line->silent ? "-" : "",
                              line->operation != NULL ? line->operation : "*", kinds[line->kind],
                              line->target);
      for (guint j = 0; line->argv[j] != NULL; j++)
        g_string_append_printf (text, "|%s", line->argv[j]);
      g_string_append_c (text, '\n');
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static const struct
{
  const char *text;
  const char *lines;
} good[] = {
  { "", "" },
  { "\n \t\n# nothing\n   # here\n", "" },
  { "verify required a.so\n", "1 verify module a.so\n" },
  { "verify required a.so", "1 verify module a.so\n" },
  { "\n\n  VeriFY\tREQUIRED\t a.so  \t\n", "3 verify module a.so\n" },
  { "-renew optional a.so x", "1 -renew module a.so|x\n" },
  { "connect sufficient a.so one two=2 # three\nrevoke requisite b.so#c\n",
    "1 connect module a.so|one|two=2\n2 revoke module b.so\n" },
  { "verify required a.so [two words] [a \\] b] [] x[y ]z [\\a]\n",
    "1 verify module a.so|two words|a ] b||x[y|]z|\\a\n" },
  { "verify [success=ok]a.so [one]two\n", "1 verify module a.so|one|two\n" },
  { "[verify] [required] [a.so] [b]\n", "1 verify module a.so|b\n" },
  { "verify success=ok a.so\n", "1 verify module a.so\n" },
  { "verify include part\nrenew substack part-1.x\n@include p_2\n-@INCLUDE p\n",
    "1 verify include part\n2 renew substack part-1.x\n3 * include p_2\n4 -* include p\n" },
  { "verify \\\n  required\\\n a.so x\\\ny\nrenew required b.so\n",
    "1 verify module a.so|x|y\n5 renew module b.so\n" },
  { "verify required a.so \\  \t\n# between\n\n  b\n", "1 verify module a.so|b\n" },
  { "verify required a.so \\ # a comment ends the line\nrenew required b.so",
    "1 verify module a.so|\\\n2 renew module b.so\n" },
  { "verify required a.so [x\\\n  y]\n", "1 verify module a.so|x   y\n" },
  { "\\\nverify required a.so\n", "1 verify module a.so\n" },
  { "verify required a.so ümläut\n", "1 verify module a.so|ümläut\n" },
};

static void
test_good (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) lines
          = ck_stack_parse ("file", good[i].text, strlen (good[i].text), &error);
      g_autofree char *text = NULL;

      g_assert_no_error (error);
      text = describe (lines);
      g_assert_cmpstr (text, ==, good[i].lines);
    }
}

#define OPERATIONS "an operation (connect, verify, renew, revoke) or @include"
#define ACTIONS "an action: ignore, ok, done, bad, die, reset, or how many modules to jump over"

static const struct
{
  const char *text;
  const char *message;
} bad[] = {
  { "\n# x\nconect required a.so\n", "file:3: expected " OPERATIONS ", found “conect”" },
  { "auth required a.so\n", "file:1: expected " OPERATIONS ", found “auth”" },
  { "- verify required a.so\n", "file:1: expected " OPERATIONS ", found “”" },
  { "--verify required a.so\n", "file:1: expected " OPERATIONS ", found “-verify”" },
  { "verify\n", "file:1: expected a control such as required, found the end of the line" },
  { "verify # required\n",
    "file:1: expected a control such as required, found the end of the line" },
  { "verify require a.so\n",
    "file:1: expected a return value such as success, or default, found “require”" },
  { "verify requiredly a.so\n",
    "file:1: expected a return value such as success, or default, found “requiredly”" },
  { "verify required\n",
    "file:1: expected a module's plain file name ending in .so, found the end of the line" },
  { "verify required a\n", "file:1: expected a module's plain file name ending in .so, found “a”" },
  { "verify required /lib/a.so\n",
    "file:1: expected a module's plain file name ending in .so, found “/lib/a.so”" },
  { "verify required ../a.so\n",
    "file:1: expected a module's plain file name ending in .so, found “../a.so”" },
  { "verify required .so\n",
    "file:1: expected a module's plain file name ending in .so, found “.so”" },
  { "verify required a b.so\n",
    "file:1: expected a module's plain file name ending in .so, found “a”" },
  { "verify required [a b.so]\n",
    "file:1: expected a module's plain file name ending in .so, found “a b.so”" },
  { "verify [success=ok a.so\n",
    "file:1: expected “]” to end what “[” began, found the end of the line" },
  { "verify required a.so [x # ]\n",
    "file:1: expected “]” to end what “[” began, found the end of the line" },
  { "verify required a.so [x\\]\n",
    "file:1: expected “]” to end what “[” began, found the end of the line" },
  { "verify [sucess=ok] a.so\n",
    "file:1: expected a return value such as success, or default, found “sucess=ok”" },
  { "verify [Success=ok] a.so\n",
    "file:1: expected a return value such as success, or default, found “Success=ok”" },
  { "verify [success] a.so\n",
    "file:1: expected “=” and an action after a return value, found the end of the control" },
  { "verify [success ok] a.so\n",
    "file:1: expected “=” and an action after a return value, found “ok”" },
  { "verify [success=] a.so\n", "file:1: expected " ACTIONS ", found the end of the control" },
  { "verify [success=good] a.so\n", "file:1: expected " ACTIONS ", found “good”" },
  { "verify [success=-1] a.so\n", "file:1: expected " ACTIONS ", found “-1”" },
  { "verify [success=0] a.so\n",
    "file:1: expected a jump over at least one module (the word for none is ignore), found “0”" },
  { "verify [success=4097] a.so\n",
    "file:1: expected a jump over at most 4096 modules, found “4097”" },
  { "verify [success=99999999999999999999999] a.so\n",
    "file:1: expected a jump over at most 4096 modules, found “99999999999999999999999”" },
  { "verify include\n", "file:1: expected the name of a stack, found the end of the line" },
  { "verify substack a/b\n", "file:1: expected the name of a stack, found “a/b”" },
  { "@include ..\n", "file:1: expected the name of a stack, found “..”" },
  { "verify include a b\n", "file:1: expected nothing after the name of the stack, found “b”" },
  { "@include\n", "file:1: expected the name of a stack, found the end of the line" },
  { "verify required a.so \\\n",
    "file:1: expected a line after the “\\” that continues this one, found the end of the file" },
  { "renew required a.so\nverify required a.so \\\n\n# end\n",
    "file:2: expected a line after the “\\” that continues this one, found the end of the file" },
  { "verify required \\\n a.so [\nrenew required a.so\n",
    "file:1: expected “]” to end what “[” began, found the end of the line" },
  { "verify required a.so\r\n", "file:1: expected text, found control character 0x0d" },
  { "# fine\n\n# \x1b[31m\n", "file:3: expected text, found control character 0x1b" },
  { "\n# caf\xe9\n", "file:2: expected text in UTF-8, found byte 0xe9" },
};

static void
test_bad (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) lines
          = ck_stack_parse ("file", bad[i].text, strlen (bad[i].text), &error);

      g_assert_null (lines);
      g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
      g_assert_cmpstr (error->message, ==, bad[i].message);
    }
}

static void
check_refused (const char *text, gsize length, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) lines = ck_stack_parse ("file", text, length, &error);

  g_assert_null (lines);
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_limits (void)
{
  g_autofree char *spaces = g_strnfill (CK_STACK_MAX_FILE + 1, ' ');
  g_autofree char *filler = g_strnfill (CK_STACK_MAX_LINE, 'x');
  g_autofree char *long_line = g_strdup_printf ("\nverify required a.so %s\n", filler);
  g_autofree char *long_word = g_strdup_printf ("%.70s required a.so\n", filler);
  g_autofree char *long_name = g_strdup_printf ("@include %.65s\n", filler);
  g_autofree char *message = NULL;
  g_autofree char *name_message = NULL;

  check_refused ("verify required a.so\n\0", 22, "file:2: expected text in UTF-8, found byte 0x00");
  check_refused (spaces, CK_STACK_MAX_FILE + 1, "file: expected a stack of at most 65536 bytes");
  check_refused (long_line, strlen (long_line), "file:2: expected a line of at most 4096 bytes");

  /* what is shown of the file stays short */
  message = g_strdup_printf ("file:1: expected " OPERATIONS ", found “%.64s…”", filler);
  check_refused (long_word, strlen (long_word), message);
  name_message = g_strdup_printf ("file:1: expected the name of a stack, found “%.64s…”", filler);
  check_refused (long_name, strlen (long_name), name_message);
}

#define OK CK_STACK_OK
#define DONE CK_STACK_DONE
#define BAD CK_STACK_BAD
#define DIE CK_STACK_DIE
#define IGN CK_STACK_IGNORE
#define RESET CK_STACK_RESET

/* What a control makes of success, new_authtok_reqd, ignore and cred_expired. */
static const struct
{
  const char *control;
  gint32 success, reqd, ignore, cred_expired;
} controls[] = {
  { "required", OK, OK, IGN, BAD },
  { "requisite", OK, OK, IGN, DIE },
  { "sufficient", DONE, DONE, IGN, IGN },
  { "optional", OK, OK, IGN, IGN },
  { "Optional", OK, OK, IGN, IGN },
  { "", BAD, BAD, BAD, BAD },
  { "success=ok", OK, BAD, BAD, BAD },
  { " success = ok\tdefault= ignore ", OK, IGN, IGN, IGN },
  { "default=die success=2", 2, DIE, DIE, DIE },
  { "success=done default=reset default=ok ignore=bad", DONE, RESET, BAD, RESET },
  { "success=ok success=bad", BAD, BAD, BAD, BAD },
  { "success=okignore=ignoredefault=4096", OK, 4096, IGN, 4096 },
  { "cred_expired=1", BAD, BAD, BAD, 1 },
};

static void
test_controls (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (controls); i++)
    {
      CkStackActions actions;
      g_autoptr (GError) error = NULL;

      g_assert_true (ck_stack_actions_parse (&actions, controls[i].control, &error));
      g_assert_no_error (error);
      g_assert_cmpint (actions.by_result[CK_RESULT_SUCCESS], ==, controls[i].success);
      g_assert_cmpint (actions.by_result[CK_RESULT_NEW_AUTHTOK_REQD], ==, controls[i].reqd);
      g_assert_cmpint (actions.by_result[CK_RESULT_IGNORE], ==, controls[i].ignore);
      g_assert_cmpint (actions.by_result[CK_RESULT_CRED_EXPIRED], ==, controls[i].cred_expired);
    }
}

static void
test_result_words (void)
{
  CkResult result = CK_RESULT_ABORT;

  for (guint i = 0; i < CK_N_RESULTS; i++)
    {
      g_assert_true (ck_result_from_string (ck_result_to_string (i), &result));
      g_assert_cmpuint (result, ==, i);
    }
  g_assert_false (ck_result_from_string ("Success", &result));
  g_assert_false (ck_result_from_string ("default", &result));
  g_assert_false (ck_result_from_string (NULL, &result));
  g_assert_cmpint (result, ==, CK_RESULT_INCOMPLETE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/stack/parser/good", test_good);
  g_test_add_func ("/stack/parser/bad", test_bad);
  g_test_add_func ("/stack/parser/limits", test_limits);
  g_test_add_func ("/stack/parser/controls", test_controls);
  g_test_add_func ("/stack/parser/result-words", test_result_words);

  return g_test_run ();
}
