/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <glib/gstdio.h>

/* What the tests of the store have in common. */

static inline char *
store_make_dir (void)
{
  char *dir = g_dir_make_tmp ("ck-store-XXXXXX", NULL);

  g_assert_nonnull (dir);
  return dir;
}

static inline void
store_on_found (gpointer record, gpointer records)
{
  g_ptr_array_add (records, record);
}

static inline void
store_remove_dir (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      if (g_unlink (file) != 0)
        store_remove_dir (file);
    }
  g_assert_cmpint (g_rmdir (path), ==, 0);
}

static inline void
store_on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **out = user_data;

  *out = g_object_ref (result);
}

/* Turns the main loop until store_on_result() was called for @result. */
static inline GAsyncResult *
store_wait (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return *result;
}
