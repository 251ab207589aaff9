/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib.h>

#include "fuzz.h"

/* Without a fuzzer: feeds each file, and each file of each directory, that is named. */

static void
feed_file (const char *path)
{
  g_autofree char *bytes = NULL;
  g_autoptr (GError) error = NULL;
  gsize size = 0;

  if (!g_file_get_contents (path, &bytes, &size, &error))
    g_error ("%s", error->message);

  (void) LLVMFuzzerTestOneInput ((const guint8 *) bytes, size);
}

static guint
feed (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint n_files = 0;

  if (dir == NULL)
    {
      feed_file (path);
      return 1;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      n_files += feed (child);
    }

  return n_files;
}

int
main (int argc, char **argv)
{
  guint n_files = 0;

  for (int i = 1; i < argc; i++)
    n_files += feed (argv[i]);
  g_print ("%u files\n", n_files);

  return n_files > 0 ? 0 : 1;
}
