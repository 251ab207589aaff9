/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-secret-reader.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ck-caller-limits.h"
#include "ck-error.h"
#include "ck-foreign-fds.h"
#include "ck-secret.h"

struct _CkSecretReader
{
  GObject parent_instance;
  CkCallerLimits *limits;
};

G_DEFINE_TYPE (CkSecretReader, ck_secret_reader, G_TYPE_OBJECT)

typedef struct
{
  int fd;       /* the caller's */
  int pipes[2]; /* ours: what a pipe's bytes pass through; -1 for a socket */
  guint uid;
  gint64 deadline; /* monotonic, microseconds */
  gsize length;
  char buffer[CK_SECRET_MAX_BYTES];
} Reading;

static void
reading_free (gpointer data)
{
  Reading *reading = data;

  ck_foreign_fd_close (reading->fd);
  if (reading->pipes[0] >= 0)
    close (reading->pipes[0]);
  if (reading->pipes[1] >= 0)
    close (reading->pipes[1]);
  ck_secret_wipe (reading, sizeof *reading);
  g_free (reading);
}

static void
ck_secret_reader_finalize (GObject *object)
{
  CkSecretReader *self = CK_SECRET_READER (object);

  ck_caller_limits_free (self->limits);
  G_OBJECT_CLASS (ck_secret_reader_parent_class)->finalize (object);
}

static void
ck_secret_reader_class_init (CkSecretReaderClass *class)
{
  G_OBJECT_CLASS (class)->finalize = ck_secret_reader_finalize;
}

static void
ck_secret_reader_init (CkSecretReader *self)
{
}

CkSecretReader *
ck_secret_reader_new (guint max_per_uid, guint max_total)
{
  CkSecretReader *self = g_object_new (CK_TYPE_SECRET_READER, NULL);

  self->limits = ck_caller_limits_new ("secrets", max_per_uid, max_total);

  return self;
}

static gboolean
prepare (Reading *reading, GError **error)
{
  struct stat st;
  int type = 0;
  int listening = 0;
  socklen_t size = sizeof type;

  if (fstat (reading->fd, &st) == 0)
    {
      if (S_ISFIFO (st.st_mode) && (fcntl (reading->fd, F_GETFL) & O_ACCMODE) != O_WRONLY)
        return g_unix_open_pipe (reading->pipes, FD_CLOEXEC, error)
               && g_unix_set_fd_nonblocking (reading->pipes[0], TRUE, error);
      if (S_ISSOCK (st.st_mode)
          && getsockopt (reading->fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0
          && type == SOCK_STREAM
          && getsockopt (reading->fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0
          && !listening)
        return TRUE;
    }

  g_set_error_literal (error,
                       CK_ERROR,
                       CK_ERROR_INVALID_ARGUMENT,
                       "a secret must come through the read end of a pipe, or through a connected "
                       "stream socket");
  return FALSE;
}

static gssize
read_some (Reading *reading, gpointer into, gsize size)
{
  gssize n;

  /*
   * O_NONBLOCK belongs to the open file, which the caller shares and can clear at any time; these
   * two do not depend on it.
   */
  if (reading->pipes[1] < 0)
    return recv (reading->fd, into, size, MSG_DONTWAIT);

  n = splice (reading->fd, NULL, reading->pipes[1], NULL, size, SPLICE_F_NONBLOCK);
  if (n <= 0)
    return n;

  return read (reading->pipes[0], into, (gsize) n);
}

/* Returns whether there may be more to read. */
static gboolean
take_some (Reading *reading, GError **error)
{
  char excess;
  gboolean full = reading->length == sizeof reading->buffer;
  gssize n = full ? read_some (reading, &excess, 1)
                  : read_some (reading,
                               reading->buffer + reading->length,
                               sizeof reading->buffer - reading->length);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return TRUE;
  if (n < 0)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "the secret cannot be read: %s",
                   g_strerror (errno));
      return FALSE;
    }
  if (n > 0 && full)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "the secret is larger than %d bytes",
                   CK_SECRET_MAX_BYTES);
      return FALSE;
    }

  reading->length += (gsize) n;
  return n > 0;
}

static gboolean
wait_for_more (Reading *reading, GCancellable *cancellable, GError **error)
{
  gint64 left = (reading->deadline - g_get_monotonic_time ()) / 1000;
  struct pollfd fds[] = { { reading->fd, POLLIN, 0 }, { -1, POLLIN, 0 } };

  if (cancellable != NULL)
    fds[1].fd = g_cancellable_get_fd (cancellable);

  if (left > 0)
    poll (fds, G_N_ELEMENTS (fds), (int) left);

  if (fds[1].fd >= 0)
    g_cancellable_release_fd (cancellable);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  if (g_get_monotonic_time () >= reading->deadline)
    {
      g_set_error_literal (error,
                           CK_ERROR,
                           CK_ERROR_TIMED_OUT,
                           "the secret was not written, or its pipe not closed, in time");
      return FALSE;
    }

  return TRUE;
}

static gpointer
read_in_thread (gpointer data)
{
  g_autoptr (GTask) task = data;
  Reading *reading = g_task_get_task_data (task);
  GError *error = NULL;

  /* Not even what kind of file it is, is sure to be told at once. */
  if (prepare (reading, &error))
    {
      while (wait_for_more (reading, g_task_get_cancellable (task), &error)
             && take_some (reading, &error))
        {
        }
    }

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (
        task,
        secret_value_new (reading->buffer, (gssize) reading->length, "text/plain"),
        secret_value_unref);

  return NULL;
}

static void
on_task_completed (GTask *task, GParamSpec *pspec, gpointer user_data)
{
  CkSecretReader *self = g_task_get_source_object (task);
  Reading *reading = g_task_get_task_data (task);

  ck_caller_limits_release (self->limits, reading->uid);
}

void
ck_secret_reader_read_async (CkSecretReader *self,
                             int fd,
                             guint uid,
                             guint timeout_ms,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GThread) thread = NULL;
  Reading *reading = g_new0 (Reading, 1);
  GError *error = NULL;

  g_task_set_source_tag (task, ck_secret_reader_read_async);
  reading->fd = fd;
  reading->pipes[0] = reading->pipes[1] = -1;
  reading->uid = uid;
  reading->deadline = g_get_monotonic_time () + (gint64) timeout_ms * 1000;
  g_task_set_task_data (task, reading, reading_free);

  if (!ck_caller_limits_acquire (self->limits, uid, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  /* Completion is told in the caller's context, where the counts are kept. */
  g_signal_connect (task, "notify::completed", G_CALLBACK (on_task_completed), NULL);
  thread = g_thread_try_new ("secret", read_in_thread, g_object_ref (task), &error);
  if (thread == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
    }
}

SecretValue *
ck_secret_reader_read_finish (CkSecretReader *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
