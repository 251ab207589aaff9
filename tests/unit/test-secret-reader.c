/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ck-error.h"
#include "ck-secret-reader.h"

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static SecretValue *
read_fd (int fd, guint timeout_ms, GError **error)
{
  g_autoptr (CkSecretReader) reader = ck_secret_reader_new (2, 4);
  g_autoptr (GAsyncResult) result = NULL;

  ck_secret_reader_read_async (reader, fd, 1000, timeout_ms, NULL, on_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return ck_secret_reader_read_finish (reader, result, error);
}

static void
open_pair (gboolean socket, int fds[2])
{
  if (socket)
    g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  else
    g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
}

static void
test_written (gconstpointer data)
{
  static const char *const texts[] = { "", "s3cret", "two\nlines\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SecretValue) value = NULL;
      gsize size = strlen (texts[i]);
      int fds[2];

      open_pair (GPOINTER_TO_INT (data), fds);
      g_assert_cmpint (write (fds[1], texts[i], size), ==, (gssize) size);
      close (fds[1]);
      value = read_fd (fds[0], CK_SECRET_TIMEOUT_MS, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (secret_value_get (value, NULL), size, texts[i], size);
      secret_value_get (value, &size);
      g_assert_cmpuint (size, ==, strlen (texts[i]));
    }
}

typedef struct
{
  int fd;
  gsize size;
} Flood;

static gpointer
write_flood (gpointer data)
{
  Flood *flood = data;
  g_autofree char *text = g_strnfill (flood->size, 'x');
  gsize done = 0;

  while (done < flood->size)
    {
      gssize n = write (flood->fd, text + done, MIN (flood->size - done, 1000));

      if (n <= 0)
        break;
      done += (gsize) n;
    }
  close (flood->fd);

  return NULL;
}

/* The largest that is allowed, in small pieces, and one byte more. */
static void
test_largest (gconstpointer data)
{
  for (gsize excess = 0; excess <= 1; excess++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SecretValue) value = NULL;
      Flood flood;
      GThread *thread;
      gsize size;
      int fds[2];

      open_pair (GPOINTER_TO_INT (data), fds);
      flood = (Flood){ fds[1], CK_SECRET_MAX_BYTES + excess };
      thread = g_thread_new ("flood", write_flood, &flood);
      value = read_fd (fds[0], CK_SECRET_TIMEOUT_MS, &error);
      g_thread_join (thread);

      if (excess > 0)
        {
          g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
          continue;
        }
      g_assert_no_error (error);
      secret_value_get (value, &size);
      g_assert_cmpuint (size, ==, CK_SECRET_MAX_BYTES);
    }
}

/* Nothing, or half a secret, and the other end stays open. */
static void
test_silent (gconstpointer data)
{
  for (guint n = 0; n < 2; n++)
    {
      g_autoptr (GError) error = NULL;
      gint64 start = g_get_monotonic_time ();
      int fds[2];

      open_pair (GPOINTER_TO_INT (data), fds);
      g_assert_cmpint (write (fds[1], "half", n * 4), ==, n * 4);
      g_assert_null (read_fd (fds[0], 100, &error));
      g_assert_error (error, CK_ERROR, CK_ERROR_TIMED_OUT);
      g_assert_cmpint (g_get_monotonic_time () - start, <, 2 * G_USEC_PER_SEC);
      close (fds[1]);
    }
}

static int
open_unconnected (void)
{
  return socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int
open_listening (void)
{
  const struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  /* No name given: the kernel chooses an abstract one. */
  g_assert_cmpint (bind (fd, (const struct sockaddr *) &address, sizeof (sa_family_t)), ==, 0);
  g_assert_cmpint (listen (fd, 1), ==, 0);

  return fd;
}

static int
open_datagram (void)
{
  return socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int
open_write_end (void)
{
  int fds[2];

  open_pair (FALSE, fds);
  close (fds[0]);

  return fds[1];
}

static int
open_write_end_of_a_living_pipe (void)
{
  int fds[2];

  open_pair (FALSE, fds);

  return fds[1]; /* the other one lives as long as the test */
}

static int
open_regular (void)
{
  return open ("/proc/self/exe", O_RDONLY | O_CLOEXEC);
}

static int
open_device (void)
{
  return open ("/dev/zero", O_RDONLY | O_CLOEXEC);
}

static int
open_directory (void)
{
  return open ("/", O_RDONLY | O_CLOEXEC);
}

static int
open_memfd (void)
{
  return memfd_create ("x", MFD_CLOEXEC);
}

static void
test_wrong_kind (void)
{
  static int (*const openers[]) (void) = {
    open_regular, open_device, open_directory, open_memfd, open_datagram, open_unconnected, open_listening,
    open_write_end, open_write_end_of_a_living_pipe,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (openers); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (read_fd (openers[i](), 1000, &error));
      g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
    }
}

/* The open file is the caller's too: clearing its O_NONBLOCK must not make us wait for ever. */
static void
test_blocking_mode (void)
{
  g_autoptr (CkSecretReader) reader = ck_secret_reader_new (2, 4);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gint64 end = g_get_monotonic_time () + 2 * G_USEC_PER_SEC;
  int fds[2];

  open_pair (FALSE, fds);
  ck_secret_reader_read_async (reader, dup (fds[0]), 1000, 200, NULL, on_result, &result);
  while (result == NULL)
    {
      g_unix_set_fd_nonblocking (fds[0], FALSE, NULL);
      g_main_context_iteration (NULL, FALSE);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
    }
  g_assert_null (ck_secret_reader_read_finish (reader, result, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_TIMED_OUT);
  close (fds[0]);
  close (fds[1]);
}

static void
test_at_once (void)
{
  static const struct
  {
    guint uid;
    gboolean refused;
  } reads[] = { { 1000, FALSE }, { 1000, FALSE }, { 1000, TRUE }, { 1001, FALSE }, { 1002, TRUE } };
  g_autoptr (CkSecretReader) reader = ck_secret_reader_new (2, 3);
  GAsyncResult *results[G_N_ELEMENTS (reads)] = { NULL };
  int fds[2];

  open_pair (FALSE, fds);
  for (gsize i = 0; i < G_N_ELEMENTS (reads); i++)
    ck_secret_reader_read_async (reader,
                                 dup (fds[0]),
                                 reads[i].uid,
                                 CK_SECRET_TIMEOUT_MS,
                                 NULL,
                                 on_result,
                                 &results[i]);
  close (fds[1]);

  for (gsize i = 0; i < G_N_ELEMENTS (reads); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SecretValue) value = NULL;

      while (results[i] == NULL)
        g_main_context_iteration (NULL, TRUE);
      value = ck_secret_reader_read_finish (reader, results[i], &error);
      if (reads[i].refused)
        g_assert_error (error, CK_ERROR, CK_ERROR_LIMIT_EXCEEDED);
      else
        g_assert_no_error (error);
      g_object_unref (results[i]);
    }
  close (fds[0]);
}

/* The caller has left: nobody waits for the rest of the five seconds. */
static void
test_cancelled (void)
{
  g_autoptr (CkSecretReader) reader = ck_secret_reader_new (1, 1);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();
  int fds[2];

  open_pair (FALSE, fds);
  ck_secret_reader_read_async (reader, fds[0], 0, 60000, cancellable, on_result, &result);
  g_cancellable_cancel (cancellable);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_null (ck_secret_reader_read_finish (reader, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_USEC_PER_SEC);
  close (fds[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/secret-reader/pipe/written", GINT_TO_POINTER (FALSE), test_written);
  g_test_add_data_func ("/secret-reader/socket/written", GINT_TO_POINTER (TRUE), test_written);
  g_test_add_data_func ("/secret-reader/pipe/largest", GINT_TO_POINTER (FALSE), test_largest);
  g_test_add_data_func ("/secret-reader/socket/largest", GINT_TO_POINTER (TRUE), test_largest);
  g_test_add_data_func ("/secret-reader/pipe/silent", GINT_TO_POINTER (FALSE), test_silent);
  g_test_add_data_func ("/secret-reader/socket/silent", GINT_TO_POINTER (TRUE), test_silent);
  g_test_add_func ("/secret-reader/wrong-kind", test_wrong_kind);
  g_test_add_func ("/secret-reader/blocking-mode", test_blocking_mode);
  g_test_add_func ("/secret-reader/at-once", test_at_once);
  g_test_add_func ("/secret-reader/cancelled", test_cancelled);

  return g_test_run ();
}
