/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz-folder.h"

#include <glib/gstdio.h>

char *
fuzz_folder_make (const char *name, const guint8 *data, gsize size)
{
  char *dir = g_dir_make_tmp ("ck-fuzz-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, name, NULL);

  g_assert_true (g_file_set_contents (path, (const char *) data, (gssize) size, NULL));
  g_assert_cmpint (g_chmod (path, 0600), ==, 0);

  return dir;
}

void
fuzz_folder_remove (char *dir)
{
  g_autoptr (GDir) handle = g_dir_open (dir, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (handle)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);

      g_unlink (path);
    }
  g_rmdir (dir);
  g_free (dir);
}
