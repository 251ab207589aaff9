/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ftw.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>

/* Writes a file below @dir, with the folders above it. */
static inline void
folder_put (const char *dir, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_assert_no_errno (g_mkdir_with_parents (parent, 0700));
  g_file_set_contents (path, content, -1, &error);
  g_assert_no_error (error);
}

static inline int
folder_remove_one (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
  return remove (path);
}

/* Removes @dir with all that is in it. */
static inline void
folder_remove (const char *dir)
{
  g_assert_no_errno (nftw (dir, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS));
}
