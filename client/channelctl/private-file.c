/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "private-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit.h"
#include "secret-pipe.h"

static gboolean
set_errno (const char *path, GError **error)
{
  g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("cannot write %s: %s"), path,
               g_strerror (errno));

  return FALSE;
}

static gboolean
sync_directory (const char *path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);
  int fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean done = fd >= 0 && fsync (fd) == 0;

  if (!done)
    set_errno (directory, error);
  if (fd >= 0)
    close (fd);

  return done;
}

static gboolean
write_all (int fd, const char *bytes, gsize size)
{
  while (size > 0)
    {
      gssize n = write (fd, bytes, size);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      bytes += n;
      size -= (gsize) n;
    }

  return fsync (fd) == 0;
}

static gboolean
give_name (const char *fresh, const char *path, gboolean replace, GError **error)
{
  if (renameat2 (AT_FDCWD, fresh, AT_FDCWD, path, replace ? 0 : RENAME_NOREPLACE) == 0)
    return TRUE;

  if (errno == EEXIST)
    g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
                 _ ("%s is there already and is not written over"), path);
  else
    set_errno (path, error);

  return FALSE;
}

gboolean
ck_private_file_write (const char *path,
                       const char *bytes,
                       gsize size,
                       gboolean replace,
                       GError **error)
{
  g_autofree char *fresh = g_strconcat (path, ".XXXXXX", NULL);
  int fd = mkostemp (fresh, O_CLOEXEC);
  gboolean written;

  if (fd < 0)
    return set_errno (path, error);

  written = write_all (fd, bytes, size);
  if (!written)
    set_errno (path, error);
  close (fd);
  written = written && give_name (fresh, path, replace, error);
  if (!written)
    unlink (fresh);

  return written && sync_directory (path, error);
}

gboolean
ck_private_file_remove (const char *path, GError **error)
{
  if (unlink (path) < 0 && errno != ENOENT)
    return set_errno (path, error);

  return sync_directory (path, error);
}

static gboolean
check_private (int fd, const char *path, GError **error)
{
  struct stat st;

  if (fstat (fd, &st) == 0 && S_ISREG (st.st_mode) && (st.st_mode & 077) == 0)
    return TRUE;

  g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
               _ ("%s must be a file that nobody else can read: chmod 600 it, and if others could "
                  "read it, take another key"),
               path);
  return FALSE;
}

SecretValue *
ck_private_file_read_key (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  SecretValue *key = NULL;

  if (fd < 0)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE, _ ("cannot read %s: %s"), path,
                   g_strerror (errno));
      return NULL;
    }

  if (check_private (fd, path, error))
    key = ck_secret_pipe_read (fd, -1, error);
  close (fd);

  return key;
}
