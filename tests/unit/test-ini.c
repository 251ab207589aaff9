/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-ini.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ck-error.h"

static void
test_keeps_order_and_lines (void)
{
  const char *text = "# comment\n"
                     "[One]\n"
                     "\n"
                     "Key = a = b \n"
                     "  ; another\n"
                     "Key=second\r\n"
                     "[Two words]\n"
                     "Empty=\n"
                     "[One]\n"
                     "Ü=";
  const CkIniEntry expected[] = {
    { "One", NULL, NULL, 2 },           { "One", "Key", "a = b", 4 },
    { "One", "Key", "second", 6 },      { "Two words", NULL, NULL, 7 },
    { "Two words", "Empty", "", 8 },    { "One", NULL, NULL, 9 },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (CkIni) ini = NULL;
  gsize good = strlen (text) - strlen ("Ü=");

  ini = ck_ini_parse ("f", text, good, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (ck_ini_get_file (ini), ==, "f");
  g_assert_cmpuint (ck_ini_get_n_entries (ini), ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      const CkIniEntry *entry = ck_ini_get_entry (ini, i);

      g_assert_cmpstr (entry->group, ==, expected[i].group);
      g_assert_cmpstr (entry->key, ==, expected[i].key);
      g_assert_cmpstr (entry->value, ==, expected[i].value);
      g_assert_cmpuint (entry->line, ==, expected[i].line);
    }

  g_assert_null (ck_ini_parse ("f", text, strlen (text), &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  g_assert_cmpstr (error->message, ==, "f:10: “Ü” is not the name of a key");
}

static void
test_bad_lines (void)
{
  static const struct
  {
    const char *text;
    gssize size;
    const char *message;
  } cases[] = {
    { "Key=1", -1, "f:1: a key before the first [Group]" },
    { "[A]\nnonsense", -1, "f:2: neither a [Group], nor Key=value, nor a # comment" },
    { "[A", -1, "f:1: a group's line must end with ]" },
    { "[", -1, "f:1: a group's line must end with ]" },
    { "[]", -1, "f:1: “[]” is not the name of a group" },
    { "[A]]", -1, "f:1: “[A]]” is not the name of a group" },
    { "[A]\n=x", -1, "f:2: “” is not the name of a key" },
    { "[A]\nA b=x", -1, "f:2: “A b” is not the name of a key" },
    { "[A]\n\nK=\x1b[31m", -1, "f:3: a control character" },
    { "[A]\nK=\xff", -1, "f:2: not UTF-8 text" },
    { "[A]\n\nK=a\0b", 10, "f:3: not UTF-8 text" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      gsize size = cases[i].size < 0 ? strlen (cases[i].text) : (gsize) cases[i].size;

      g_assert_null (ck_ini_parse ("f", cases[i].text, size, &error));
      g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
      g_assert_cmpstr (error->message, ==, cases[i].message);
    }
}

static void
test_limits (void)
{
  g_autoptr (GString) many = g_string_new ("[A]\n");
  g_autofree char *large = g_strnfill (CK_INI_MAX_BYTES + 1, '\n');
  g_autoptr (GError) error = NULL;
  g_autoptr (CkIni) ini = NULL;

  g_assert_null (ck_ini_parse ("f", large, CK_INI_MAX_BYTES + 1, &error));
  g_assert_cmpstr (error->message, ==, "f:1: the file is larger than 256 KiB");
  g_clear_error (&error);

  ini = ck_ini_parse ("f", large, CK_INI_MAX_BYTES, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ck_ini_get_n_entries (ini), ==, 0);

  for (guint i = 0; i < CK_INI_MAX_ENTRIES; i++)
    g_string_append (many, "K=v\n");
  g_assert_null (ck_ini_parse ("f", many->str, many->len, &error));
  g_assert_cmpstr (error->message, ==, "f:4097: more than 4096 lines that say something");
}

static void
test_only_regular_files (void)
{
  g_autofree char *dir = g_dir_make_tmp ("ck-ini-XXXXXX", NULL);
  g_autofree char *fifo = g_build_filename (dir, "fifo", NULL);
  g_autofree char *empty = g_build_filename (dir, "empty", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (CkIni) ini = NULL;

  g_assert_no_errno (mkfifo (fifo, 0600));
  g_assert_null (ck_ini_load (fifo, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  g_assert_null (ck_ini_load (dir, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  g_assert_null (ck_ini_load (empty, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  g_assert_true (g_file_set_contents (empty, "", 0, NULL));
  ini = ck_ini_load (empty, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ck_ini_get_n_entries (ini), ==, 0);

  g_assert_no_errno (g_unlink (empty));
  g_assert_no_errno (g_unlink (fifo));
  g_assert_no_errno (g_rmdir (dir));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ini/order-and-lines", test_keeps_order_and_lines);
  g_test_add_func ("/ini/bad-lines", test_bad_lines);
  g_test_add_func ("/ini/limits", test_limits);
  g_test_add_func ("/ini/only-regular-files", test_only_regular_files);

  return g_test_run ();
}
