/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-module-loader.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "ck-error.h"

/* A directory of its own for each case, with a copy of a real module in it. */
typedef struct
{
  char *dir;
  char *module;
} Place;

static void
copy (const char *from_dir, const char *name, const char *to)
{
  g_autofree char *from = g_build_filename (from_dir, name, NULL);
  g_autofree char *bytes = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (from, &bytes, &length, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_set_contents_full (to,
                                           bytes,
                                           (gssize) length,
                                           G_FILE_SET_CONTENTS_NONE,
                                           0755,
                                           &error));
  g_assert_cmpint (g_chmod (to, 0755), ==, 0);
}

static void
setup (Place *place, gconstpointer data)
{
  place->dir = g_dir_make_tmp ("ck-loader-XXXXXX", NULL);
  place->module = g_build_filename (place->dir, "good.so", NULL);
  g_assert_cmpint (g_chmod (place->dir, 0755), ==, 0);
  copy (g_getenv ("CK_TEST_MODULES"), "plain.so", place->module);
}

static void
teardown (Place *place, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (place->dir, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (place->dir, name, NULL);

      g_remove (path);
    }
  g_rmdir (place->dir);
  g_free (place->dir);
  g_free (place->module);
}

static void
assert_refused (Place *place, const char *name, uid_t owner, const char *why)
{
  g_autoptr (CkModuleLoader) loader = ck_module_loader_new (place->dir, owner);
  g_autoptr (GError) error = NULL;

  g_assert_null (ck_module_loader_find (loader, name, "connect", &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, CK_ERROR, CK_ERROR_NOT_SUPPORTED);
  g_assert_nonnull (strstr (error->message, why));
}

static void
test_good (Place *place, gconstpointer data)
{
  g_autoptr (CkModuleLoader) loader = ck_module_loader_new (place->dir, geteuid ());
  g_autoptr (GError) error = NULL;
  CkModuleFunc connect = ck_module_loader_find (loader, "good.so", "connect", &error);

  g_assert_no_error (error);
  g_assert_nonnull (connect);
  g_assert_cmpint (connect (NULL, 0, NULL), ==, CK_RESULT_IGNORE);
  g_assert_true (ck_module_loader_find (loader, "good.so", "connect", NULL) == connect);
  g_assert_null (ck_module_loader_find (loader, "good.so", "renew", &error));
  g_assert_cmpstr (error->message, ==, "the module good.so does not serve renew");
}

static void
test_names (Place *place, gconstpointer data)
{
  static const char *const names[] = {
    "../good.so", "./good.so", "/lib/x86_64-linux-gnu/libc.so.6", "good", "good.so.1", ".so", "",
    "good.so/",   "go od.so",  "good\n.so",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    assert_refused (place, names[i], geteuid (), "is no file name of a module");
  assert_refused (place, "nowhere.so", geteuid (), "is not installed");
}

static void
test_permissions (Place *place, gconstpointer data)
{
  static const struct
  {
    guint directory;
    guint file;
    const char *why;
  } table[] = {
    { 0755, 0775, "is not root's, or others may write to it" },
    { 0755, 0757, "is not root's, or others may write to it" },
    { 0775, 0755, "lies in a directory" },
    { 0757, 0755, "lies in a directory" },
    { 01777, 0755, "lies in a directory" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_assert_cmpint (g_chmod (place->dir, (int) table[i].directory), ==, 0);
      g_assert_cmpint (g_chmod (place->module, (int) table[i].file), ==, 0);
      assert_refused (place, "good.so", geteuid (), table[i].why);
    }
}

/* Root's files are good for everybody; those of another user for nobody. */
static void
test_owner (Place *place, gconstpointer data)
{
  g_autoptr (CkModuleLoader) own = ck_module_loader_new (place->dir, 65534);

  g_assert_cmpint (chown (place->module, 65534, 0), ==, 0);
  assert_refused (place, "good.so", 0, "is not root's");
  assert_refused (place, "good.so", 65533, "is not root's");
  g_assert_nonnull (ck_module_loader_find (own, "good.so", "connect", NULL));

  g_assert_cmpint (chown (place->module, 0, 0), ==, 0);
  g_assert_cmpint (chown (place->dir, 65534, 0), ==, 0);
  assert_refused (place, "good.so", 0, "lies in a directory");
}

static void
test_kinds (Place *place, gconstpointer data)
{
  g_autofree char *link = g_build_filename (place->dir, "link.so", NULL);
  g_autofree char *folder = g_build_filename (place->dir, "folder.so", NULL);
  g_autofree char *text = g_build_filename (place->dir, "text.so", NULL);
  g_autofree char *other = g_build_filename (place->dir, "other-abi.so", NULL);
  g_autofree char *none = g_build_filename (place->dir, "no-abi.so", NULL);
  g_autofree char *lost = g_build_filename (place->dir, "lost-symbol.so", NULL);

  g_assert_cmpint (symlink (place->module, link), ==, 0);
  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
  g_assert_true (g_file_set_contents_full (text,
                                           "no code",
                                           -1,
                                           G_FILE_SET_CONTENTS_NONE,
                                           0644,
                                           NULL));
  copy (g_getenv ("CK_TEST_MODULES"), "other-abi.so", other);
  copy (g_getenv ("CK_TEST_MODULES"), "no-abi.so", none);
  copy (g_getenv ("CK_TEST_MODULES"), "lost-symbol.so", lost);

  assert_refused (place, "link.so", geteuid (), "is not a regular file");
  assert_refused (place, "folder.so", geteuid (), "is not a regular file");
  assert_refused (place, "text.so", geteuid (), "cannot be loaded");
  assert_refused (place, "other-abi.so", geteuid (), "another version");
  assert_refused (place, "no-abi.so", geteuid (), "another version");
  assert_refused (place, "lost-symbol.so", geteuid (), "no_such_function_anywhere");
}

#define ADD(path, function) g_test_add (path, Place, NULL, setup, function, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/module-loader/good", test_good);
  ADD ("/module-loader/names", test_names);
  ADD ("/module-loader/permissions", test_permissions);
  ADD ("/module-loader/kinds", test_kinds);
  /* Nobody but root can give files away. */
  if (geteuid () == 0)
    ADD ("/module-loader/owner", test_owner);

  return g_test_run ();
}
