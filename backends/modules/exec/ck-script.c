/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-script.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLED 256

/* ---- may it be run --------------------------------------------------------------------------- */

static gboolean
refuse (GError **error, const char *path, const char *why)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "%s %s", path, why);

  return FALSE;
}

static gboolean
is_trusted (const struct stat *st)
{
  if (st->st_uid != 0 && st->st_uid != geteuid ())
    return FALSE;

  /* In a sticky directory nobody replaces what is not his. */
  return (st->st_mode & 022) == 0 || (S_ISDIR (st->st_mode) && (st->st_mode & S_ISVTX) != 0);
}

static gboolean
check_directories (const char *path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);

  for (;;)
    {
      g_autofree char *parent = g_path_get_dirname (directory);
      struct stat st;

      if (lstat (directory, &st) < 0 || !S_ISDIR (st.st_mode) || !is_trusted (&st))
        return refuse (error, directory, "is not a directory that only root may write to");
      if (g_str_equal (parent, directory))
        return TRUE;
      g_free (directory);
      directory = g_steal_pointer (&parent);
    }
}

gboolean
ck_script_check (const char *path, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  struct stat st;

  if (*path != '/' || g_strv_contains ((const char *const *) parts, ".."))
    return refuse (error, path, "is not an absolute path without ..");
  if (lstat (path, &st) < 0)
    return refuse (error, path, "is not there");
  if (!S_ISREG (st.st_mode) || (st.st_mode & 0111) == 0)
    return refuse (error, path, "is not a program");
  if (!is_trusted (&st))
    return refuse (error, path, "is not root's, or others may write to it");

  return check_directories (path, error);
}

/* ---- running it ------------------------------------------------------------------------------ */

/* A file in memory: nobody has to be fed, whether the program reads or not. */
static int
make_input (const char *text, GError **error)
{
  gsize length = strlen (text);
  int fd = memfd_create ("input", MFD_CLOEXEC);

  if (fd >= 0 && write (fd, text, length) == (gssize) length && lseek (fd, 0, SEEK_SET) == 0)
    return fd;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "there is no memory for its input");
  if (fd >= 0)
    close (fd);

  return -1;
}

static void
on_child (gpointer user_data)
{
  setpgid (0, 0);
}

static GPid
start (const char *path, const char *const *environment, int input, int *output, GError **error)
{
  const char *const argv[] = { path, NULL };
  GPid pid = -1;

  if (!g_spawn_async_with_pipes_and_fds (
          "/", argv, environment,
          G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CLOEXEC_PIPES | G_SPAWN_STDERR_TO_DEV_NULL, on_child,
          NULL, input, -1, -1, NULL, NULL, 0, &pid, NULL, output, NULL, error))
    return -1;

  fcntl (*output, F_SETFL, O_NONBLOCK);

  return pid;
}

typedef struct
{
  char *bytes; /* CK_SCRIPT_MAX_OUTPUT and two more: one to see that it is too much, a NUL */
  gsize length;
  gboolean at_end;
} Output;

/* Takes what is there; FALSE if it is too much. */
static gboolean
take (Output *output, int fd)
{
  while (!output->at_end && output->length <= CK_SCRIPT_MAX_OUTPUT)
    {
      gssize n
          = read (fd, output->bytes + output->length, CK_SCRIPT_MAX_OUTPUT + 1 - output->length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 && errno == EAGAIN)
        break;
      if (n <= 0)
        output->at_end = TRUE;
      else
        output->length += (gsize) n;
    }

  return output->length <= CK_SCRIPT_MAX_OUTPUT;
}

/* Until the program has ended: not until its output has, which a child of it may keep open. */
static gboolean
watch (int pidfd, int fd, gint64 deadline, Output *output, GError **error)
{
  for (;;)
    {
      struct pollfd fds[] = { { pidfd, POLLIN, 0 }, { output->at_end ? -1 : fd, POLLIN, 0 } };
      gint64 left = (deadline - g_get_monotonic_time ()) / 1000;

      if (left <= 0)
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "did not end in time");
          return FALSE;
        }
      if (poll (fds, G_N_ELEMENTS (fds), (int) MIN (left, G_MAXINT)) < 0 && errno != EINTR)
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot be watched");
          return FALSE;
        }
      if (!take (output, fd))
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "answers with more than %d bytes",
                       CK_SCRIPT_MAX_OUTPUT);
          return FALSE;
        }
      if (fds[0].revents != 0)
        return TRUE;
    }
}

static int
reap (GPid pid)
{
  int status = 0;

  /* Before it is reaped its number is nobody else's. */
  kill (-pid, SIGKILL);
  kill (pid, SIGKILL);
  while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
    continue;

  return WIFEXITED (status) ? WEXITSTATUS (status) : KILLED;
}

int
ck_script_run (const char *path,
               const char *const *environment,
               const char *input,
               gint64 deadline,
               char **output,
               gsize *length,
               GError **error)
{
  Output taken = { NULL, 0, FALSE };
  int in = make_input (input, error);
  int out = -1;
  int pidfd;
  GPid pid;
  gboolean has_ended;
  int code;

  if (in < 0)
    return -1;

  pid = start (path, environment, in, &out, error);
  close (in);
  if (pid < 0)
    return -1;

  taken.bytes = g_malloc0 (CK_SCRIPT_MAX_OUTPUT + 2);
  pidfd = pidfd_open (pid, 0);
  has_ended = watch (pidfd, out, deadline, &taken, error);
  code = reap (pid);
  if (pidfd >= 0)
    close (pidfd);
  close (out);

  if (!has_ended)
    {
      explicit_bzero (taken.bytes, CK_SCRIPT_MAX_OUTPUT + 2);
      g_free (taken.bytes);
      return -1;
    }

  *output = taken.bytes;
  *length = taken.length;

  return code;
}
