/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ck-error.h"
#include "ck-stack-control.h"
#include "ck-stack-engine.h"

/* Two directories of a search path, the first one the administrator's. */
typedef struct
{
  char *top;
  char *dirs[3];
} Fixture;

static void
write_file (const char *dir, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, text, -1, &error));
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  fixture->top = g_dir_make_tmp ("ck-stack-XXXXXX", NULL);
  g_assert_nonnull (fixture->top);
  fixture->dirs[0] = g_build_filename (fixture->top, "etc", NULL);
  fixture->dirs[1] = g_build_filename (fixture->top, "usr", NULL);
  g_assert_cmpint (g_mkdir (fixture->dirs[0], 0700), ==, 0);
  g_assert_cmpint (g_mkdir (fixture->dirs[1], 0700), ==, 0);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  if (dir == NULL)
    {
      g_assert_cmpint (g_unlink (path), ==, 0);
      return;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_assert_cmpint (g_rmdir (path), ==, 0);
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  remove_tree (fixture->top);
  g_free (fixture->top);
  g_free (fixture->dirs[0]);
  g_free (fixture->dirs[1]);
}

static CkStack *
load (Fixture *fixture, const char *name, const char *operation)
{
  g_autoptr (GError) error = NULL;
  CkStack *stack = ck_stack_load ((const char *const *) fixture->dirs, name, operation, &error);

  g_assert_no_error (error);

  return stack;
}

/* @format: the message, with %s for the fixture's top directory */
static void G_GNUC_PRINTF (4, 0)
    check_refused (Fixture *fixture, const char *name, int code, const char *format)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CkStack) stack
      = ck_stack_load ((const char *const *) fixture->dirs, name, "verify", &error);
  g_auto (GStrv) parts = g_strsplit (format, "%s", -1);
  g_autofree char *message = g_strjoinv (fixture->top, parts);

  g_assert_null (stack);
  g_assert_error (error, CK_ERROR, code);
  g_assert_cmpstr (error->message, ==, message);
}

/* ---- loading --------------------------------------------------------------------------------- */

static void
test_load (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (CkStack) verify = NULL;
  g_autoptr (CkStack) renew = NULL;
  g_autoptr (CkStack) revoke = NULL;
  g_auto (GStrv) modules = NULL;
  g_autofree char *origin = NULL;

  write_file (fixture->dirs[1], "main",
              "verify required z.so\n"
              "renew required z.so\n"
              "@include common\n"
              "verify substack common\n"
              "verify required a.so x\n");
  write_file (fixture->dirs[1], "common", "verify required wrong.so\n");
  /* the administrator's wins, also for what a shipped stack includes */
  write_file (fixture->dirs[0], "common", "# ours\nverify optional a.so\n");

  verify = load (fixture, "main", "verify");
  g_assert_cmpstr (ck_stack_get_name (verify), ==, "main");
  g_assert_cmpstr (ck_stack_get_operation (verify), ==, "verify");
  g_assert_cmpuint (ck_stack_get_n_handlers (verify), ==, 5);
  g_assert_cmpstr (ck_stack_get_module (verify, 1), ==, "a.so");
  g_assert_cmpstr (ck_stack_get_module (verify, 2), ==, "");
  origin = g_strdup_printf ("%s/common:2", fixture->dirs[0]);
  g_assert_cmpstr (ck_stack_get_origin (verify, 3), ==, origin);
  modules = ck_stack_list_modules (verify);
  g_assert_cmpuint (g_strv_length (modules), ==, 2);
  g_assert_cmpstr (modules[0], ==, "a.so");
  g_assert_cmpstr (modules[1], ==, "z.so");

  renew = load (fixture, "main", "renew");
  g_assert_true (ck_stack_has_modules (renew));
  g_assert_cmpuint (ck_stack_get_n_handlers (renew), ==, 1);

  revoke = load (fixture, "main", "revoke");
  g_assert_false (ck_stack_has_modules (revoke));
}

static void
test_load_bad (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *directory = g_build_filename (fixture->dirs[1], "directory", NULL);
  g_autofree char *fifo = g_build_filename (fixture->dirs[1], "fifo", NULL);
  g_autofree char *big = g_strnfill (70000, '\n');

  write_file (fixture->dirs[1], "typo", "\nrenew require a.so\n");
  write_file (fixture->dirs[1], "includes-typo", "verify include typo\n");
  write_file (fixture->dirs[1], "lost", "verify required a.so\nverify substack nowhere\n");
  write_file (fixture->dirs[1], "self", "@include self\n");
  write_file (fixture->dirs[1], "a", "\n\nverify include b\n");
  write_file (fixture->dirs[1], "b", "verify substack c\n");
  write_file (fixture->dirs[1], "c", "@include b\n");
  write_file (fixture->dirs[1], "big", big);
  g_assert_cmpint (g_mkdir (directory, 0700), ==, 0);
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);

  check_refused (fixture, "typo", CK_ERROR_INVALID_ARGUMENT,
                 "%s/usr/typo:2: expected a return value such as success, or default, found "
                 "“require”");
  check_refused (fixture, "includes-typo", CK_ERROR_INVALID_ARGUMENT,
                 "%s/usr/includes-typo:1: %s/usr/typo:2: expected a return value such as success, "
                 "or default, found “require”");
  check_refused (fixture, "lost", CK_ERROR_INVALID_ARGUMENT,
                 "%s/usr/lost:2: no stack “nowhere” in %s/etc, %s/usr");
  check_refused (fixture, "nowhere", CK_ERROR_INVALID_ARGUMENT,
                 "no stack “nowhere” in %s/etc, %s/usr");
  check_refused (fixture, "self", CK_ERROR_INVALID_ARGUMENT,
                 "%s/usr/self:1: stacks include one another: self → self");
  check_refused (fixture, "a", CK_ERROR_INVALID_ARGUMENT,
                 "%s/usr/a:3: %s/usr/b:1: %s/usr/c:1: stacks include one another: b → c → b");
  check_refused (fixture, "big", CK_ERROR_INVALID_ARGUMENT,
                 "%s/usr/big: expected a stack of at most 65536 bytes");
  check_refused (fixture, "directory", CK_ERROR_INVALID_ARGUMENT,
                 "%s/usr/directory: it is not a regular file");
  check_refused (fixture, "fifo", CK_ERROR_INVALID_ARGUMENT,
                 "%s/usr/fifo: it is not a regular file");
  check_refused (fixture, "../usr/a", CK_ERROR_INVALID_ARGUMENT,
                 "expected the name of a stack, 1 to 64 of a-z A-Z 0-9 . _ -");
  check_refused (fixture, "", CK_ERROR_INVALID_ARGUMENT,
                 "expected the name of a stack, 1 to 64 of a-z A-Z 0-9 . _ -");
}

/* What a few lines may unfold into is limited in depth, in files, and in modules. */
static void
test_load_limits (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GString) wide = g_string_new (NULL);
  g_autoptr (GString) lines = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (CkStack) stack = NULL;

  for (guint i = 0; i <= CK_STACK_MAX_DEPTH; i++)
    {
      g_autofree char *name = g_strdup_printf ("deep-%u", i);
      g_autofree char *text = g_strdup_printf ("verify include deep-%u\n", i + 1);

      write_file (fixture->dirs[1], name, i == CK_STACK_MAX_DEPTH ? "" : text);
    }
  stack = load (fixture, "deep-1", "verify");
  g_assert_false (ck_stack_has_modules (stack));
  g_clear_pointer (&stack, ck_stack_unref);
  stack = ck_stack_load ((const char *const *) fixture->dirs, "deep-0", "verify", &error);
  g_assert_null (stack);
  g_assert_true (g_str_has_suffix (error->message,
                                   "deep-15:1: “deep-16” would be included more than 15 deep"));
  g_clear_error (&error);

  for (guint i = 0; i < CK_STACK_MAX_FILES; i++)
    g_string_append (wide, "verify include deep-16\n");
  write_file (fixture->dirs[1], "wide", wide->str);
  check_refused (fixture, "wide", CK_ERROR_INVALID_ARGUMENT,
                 "%s/usr/wide:256: expected at most 255 files to be included");

  for (guint i = 0; i <= CK_STACK_MAX_HANDLERS; i++)
    g_string_append (lines, "verify required a.so\n");
  write_file (fixture->dirs[1], "long", lines->str);
  check_refused (fixture, "long", CK_ERROR_INVALID_ARGUMENT,
                 "%s/usr/long:1025: expected at most 1024 modules");
}

/* ---- across to the worker -------------------------------------------------------------------- */

static void
test_variant_round_trip (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (CkStack) stack = NULL;
  g_autoptr (CkStack) copy = NULL;
  g_autoptr (GVariant) first = NULL;
  g_autoptr (GVariant) second = NULL;
  g_autoptr (GError) error = NULL;

  write_file (fixture->dirs[0], "main",
              "-verify [success=2 default=die] a.so [two words] ü\n"
              "verify substack part\n"
              "verify sufficient b.so\n");
  write_file (fixture->dirs[0], "part", "verify substack deeper\nverify optional c.so\n");
  write_file (fixture->dirs[0], "deeper", "");

  stack = load (fixture, "main", "verify");
  first = g_variant_ref_sink (ck_stack_to_variant (stack));
  g_assert_true (g_variant_is_of_type (first, G_VARIANT_TYPE (CK_STACK_VARIANT_TYPE)));
  copy = ck_stack_new_from_variant (first, &error);
  g_assert_no_error (error);
  second = g_variant_ref_sink (ck_stack_to_variant (copy));
  g_assert_true (g_variant_equal (first, second));
  g_assert_cmpuint (ck_stack_get_n_handlers (copy), ==, 5);
}

#define ONES "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"
#define HANDLER(level, module, argv, actions)                                                      \
  "(byte " level ", false, '" module "', 'x:1', @as " argv ", @ai " actions ")"
#define GOOD(level) HANDLER (level, "a.so", "[]", "[" ONES ",-5]")
#define MARK(level) HANDLER (level, "", "[]", "[]")
#define STACK(handlers) "('s', 'verify', @a(ybssasai) [" handlers "])"

static const struct
{
  const char *text;
  const char *message; /* NULL: it is fine */
} variants[] = {
  { STACK (""), NULL },
  { STACK (GOOD ("0")), NULL },
  { STACK (MARK ("0") "," GOOD ("1") "," MARK ("1") "," GOOD ("2") "," GOOD ("0")), NULL },
  { STACK (HANDLER ("0", "a.so", "[]", "[" ONES ",4096]")), NULL },
  { "'stack'", "compiled stack: expected the type (ssa(ybssasai))" },
  { "('s', 'verify', @aay [])", "compiled stack: expected the type (ssa(ybssasai))" },
  { "('a/b', 'verify', @a(ybssasai) [])",
    "compiled stack: expected a stack's name, an operation and at most 1024 handlers" },
  { "('s', 'account', @a(ybssasai) [])",
    "compiled stack: expected a stack's name, an operation and at most 1024 handlers" },
  { "('s', 'VERIFY', @a(ybssasai) [])",
    "compiled stack: expected a stack's name, an operation and at most 1024 handlers" },
  { STACK (GOOD ("1")),
    "compiled stack: handler 0: its level does not follow from the one before" },
  { STACK (GOOD ("255")),
    "compiled stack: handler 0: its level does not follow from the one before" },
  { STACK (GOOD ("0") "," GOOD ("1")),
    "compiled stack: handler 1: its level does not follow from the one before" },
  { STACK (MARK ("0") "," GOOD ("2")),
    "compiled stack: handler 1: its level does not follow from the one before" },
  { STACK (HANDLER ("0", "../a.so", "[]", "[" ONES ",1]")),
    "compiled stack: handler 0: not a module's name" },
  { STACK (HANDLER ("0", "a", "[]", "[" ONES ",1]")),
    "compiled stack: handler 0: not a module's name" },
  { STACK (HANDLER ("0", "a.so", "[]", "[]")),
    "compiled stack: handler 0: expected one valid action for each result" },
  { STACK (HANDLER ("0", "a.so", "[]", "[" ONES ",1,1]")),
    "compiled stack: handler 0: expected one valid action for each result" },
  { STACK (HANDLER ("0", "a.so", "[]", "[" ONES ",-6]")),
    "compiled stack: handler 0: expected one valid action for each result" },
  { STACK (HANDLER ("0", "a.so", "[]", "[" ONES ",4097]")),
    "compiled stack: handler 0: expected one valid action for each result" },
  { STACK (HANDLER ("0", "a.so", "[]", "[" ONES ",-2147483648]")),
    "compiled stack: handler 0: expected one valid action for each result" },
  { STACK (HANDLER ("0", "", "['x']", "[]")),
    "compiled stack: handler 0: a substack has neither actions nor arguments" },
  { STACK (HANDLER ("0", "", "[]", "[" ONES ",1]")),
    "compiled stack: handler 0: a substack has neither actions nor arguments" },
};

static void
test_variant_hostile (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (variants); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) variant = g_variant_parse (NULL, variants[i].text, NULL, NULL, &error);
      g_autoptr (CkStack) stack = NULL;

      g_assert_no_error (error);
      stack = ck_stack_new_from_variant (variant, &error);
      if (variants[i].message == NULL)
        {
          g_assert_no_error (error);
          continue;
        }
      g_assert_null (stack);
      g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
      g_assert_cmpstr (error->message, ==, variants[i].message);
    }
}

/* A chain of @n substacks, each in the one before. */
static GVariant *
make_nested (guint n)
{
  GVariantBuilder handlers;

  g_variant_builder_init (&handlers, G_VARIANT_TYPE ("a(ybssasai)"));
  for (guint i = 0; i < n; i++)
    g_variant_builder_add (&handlers, "(ybss@as@ai)", (guchar) i, FALSE, "", "",
                           g_variant_new_strv (NULL, 0),
                           g_variant_new_array (G_VARIANT_TYPE_INT32, NULL, 0));

  return g_variant_ref_sink (g_variant_new ("(ssa(ybssasai))", "s", "verify", &handlers));
}

static void
test_variant_limits (void)
{
  g_autoptr (GVariant) deep = make_nested (CK_STACK_MAX_DEPTH);
  g_autoptr (GVariant) deeper = make_nested (CK_STACK_MAX_DEPTH + 1);
  g_autoptr (GBytes) junk = g_bytes_new_static ("\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9);
  g_autoptr (GVariant) broken = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (CK_STACK_VARIANT_TYPE), junk, FALSE));
  g_autoptr (CkStack) good = ck_stack_new_from_variant (deep, NULL);
  g_autoptr (CkStack) too_deep = ck_stack_new_from_variant (deeper, NULL);
  g_autoptr (CkStack) no_stack = ck_stack_new_from_variant (broken, NULL);

  g_assert_nonnull (good);
  g_assert_null (too_deep);
  g_assert_null (no_stack);
}

/* ---- running, where libpam cannot be the judge ----------------------------------------------- */

/* Returns what its first argument says: a word, or a number that no result has. */
static CkResult
on_call (const char *module, int argc, const char **argv, gboolean silent, gpointer user_data)
{
  guint *n_calls = user_data;
  CkResult result = CK_RESULT_SUCCESS;

  g_assert_cmpint (argc, ==, 1);
  g_assert_null (argv[1]);
  g_assert_cmpint (silent, ==, g_str_equal (module, "silent.so"));
  (*n_calls)++;
  if (!ck_result_from_string (argv[0], &result))
    return (CkResult) atoi (argv[0]);

  return result;
}

static const struct
{
  const char *text;
  CkResult verdict;
  guint deciding;
  guint n_calls;
} runs[] = {
  { "", CK_RESULT_PERM_DENIED, CK_STACK_NOBODY, 0 },
  { "verify required a.so ignore\nverify optional a.so abort\n", CK_RESULT_PERM_DENIED,
    CK_STACK_NOBODY, 2 },
  { "-verify requisite silent.so ignore\nverify requisite a.so success\n", CK_RESULT_SUCCESS, 1,
    2 },
  { "verify required a.so success\nverify required a.so success\n", CK_RESULT_SUCCESS, 1, 2 },
  { "verify required a.so success\nverify required a.so cred_expired\nverify required a.so abort\n",
    CK_RESULT_CRED_EXPIRED, 1, 3 },
  { "verify requisite a.so try_again\nverify required a.so abort\n", CK_RESULT_TRY_AGAIN, 0, 1 },
  { "verify required a.so success\nverify [success=2] a.so success\nverify required a.so success\n",
    CK_RESULT_PERM_DENIED, 1, 2 },
  { "verify required a.so cred_err\nverify [default=reset] a.so success\n", CK_RESULT_PERM_DENIED,
    CK_STACK_NOBODY, 2 },
  { "verify required a.so success\nverify optional a.so incomplete\nverify required a.so abort\n",
    CK_RESULT_INCOMPLETE, 1, 2 },
  /* out of range is a failure whatever the control says */
  { "verify optional a.so 32\nverify sufficient a.so success\n", CK_RESULT_PERM_DENIED, 0, 2 },
  { "verify optional a.so -1\n", CK_RESULT_PERM_DENIED, 0, 1 },
};

static void
test_run (Fixture *fixture, gconstpointer unused)
{
  for (guint i = 0; i < G_N_ELEMENTS (runs); i++)
    {
      g_autoptr (CkStack) stack = NULL;
      guint deciding = 12345;
      guint n_calls = 0;

      write_file (fixture->dirs[0], "main", runs[i].text);
      stack = load (fixture, "main", "verify");
      g_assert_cmpint (ck_stack_run (stack, on_call, &n_calls, &deciding), ==, runs[i].verdict);
      g_assert_cmpuint (deciding, ==, runs[i].deciding);
      g_assert_cmpuint (n_calls, ==, runs[i].n_calls);
    }
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/stack/load/good", test_load);
  ADD ("/stack/load/bad", test_load_bad);
  ADD ("/stack/load/limits", test_load_limits);
  ADD ("/stack/variant/round-trip", test_variant_round_trip);
  g_test_add_func ("/stack/variant/hostile", test_variant_hostile);
  g_test_add_func ("/stack/variant/limits", test_variant_limits);
  ADD ("/stack/run", test_run);

  return g_test_run ();
}
