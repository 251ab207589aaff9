/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "secret-pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "ck-secret.h"
#include "exit.h"

int
ck_secret_pipe_new (SecretValue *secret, GError **error)
{
  gsize size;
  const char *bytes = secret_value_get (secret, &size);
  int fds[2];
  gssize written;

  if (size > CK_SECRET_MAX_BYTES)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE, _ ("the secret is longer than %d bytes"),
                   CK_SECRET_MAX_BYTES);
      return -1;
    }
  if (pipe2 (fds, O_CLOEXEC | O_NONBLOCK) < 0)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("no pipe: %s"), g_strerror (errno));
      return -1;
    }

  /* A pipe holds it whole; one that a limit made smaller (pipe-user-pages-soft) is made larger. */
  if (size > PIPE_BUF)
    (void) fcntl (fds[1], F_SETPIPE_SZ, CK_SECRET_MAX_BYTES);
  written = size > 0 ? write (fds[1], bytes, size) : 0;
  close (fds[1]);
  if (written < 0 || (gsize) written != size)
    {
      close (fds[0]);
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("a pipe does not hold the secret"));
      return -1;
    }

  return fds[0];
}

SecretValue *
ck_secret_pipe_read (int fd, int timeout_ms, GError **error)
{
  g_autofree char *buffer = g_malloc (CK_SECRET_MAX_BYTES + 1);
  gssize size = ck_pipe_read (fd, buffer, timeout_ms, error);
  SecretValue *secret = size >= 0 ? secret_value_new (buffer, size, "text/plain") : NULL;

  ck_secret_wipe (buffer, CK_SECRET_MAX_BYTES + 1);

  return secret;
}

static SecretValue *
without_line_break (SecretValue *secret)
{
  gsize size;
  const char *bytes = secret_value_get (secret, &size);
  gsize kept = size;

  if (kept > 0 && bytes[kept - 1] == '\n')
    kept--;
  if (kept < size && kept > 0 && bytes[kept - 1] == '\r')
    kept--;

  return kept == size ? secret_value_ref (secret)
                      : secret_value_new (bytes, (gssize) kept, "text/plain");
}

SecretValue *
ck_secret_pipe_read_file (const char *path, GError **error)
{
  g_autoptr (SecretValue) whole = NULL;
  gboolean is_stdin = strcmp (path, "-") == 0;
  int fd = is_stdin ? STDIN_FILENO : open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE, _ ("cannot read %s: %s"), path,
                   g_strerror (errno));
      return NULL;
    }
  whole = ck_secret_pipe_read (fd, -1, error);
  if (!is_stdin)
    close (fd);

  return whole != NULL ? without_line_break (whole) : NULL;
}
