/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "secret-pipe.h"

static void
test_round_trip (void)
{
  static const gsize sizes[] = { 0, 1, 4096, 4097, CK_SECRET_MAX_BYTES };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *bytes = g_strnfill (sizes[i], 's');
      g_autoptr (SecretValue) sent = secret_value_new (bytes, (gssize) sizes[i], "text/plain");
      g_autoptr (SecretValue) received = NULL;
      g_autoptr (GError) error = NULL;
      int fd = ck_secret_pipe_new (sent, &error);
      const char *got;
      gsize size;

      g_assert_no_error (error);
      g_assert_true (fcntl (fd, F_GETFD) & FD_CLOEXEC);
      received = ck_secret_pipe_read (fd, 1000, &error);
      g_assert_no_error (error);
      got = secret_value_get (received, &size);
      g_assert_cmpmem (got, size, bytes, sizes[i]);
      close (fd);
    }
}

static void
test_too_long (void)
{
  g_autofree char *bytes = g_strnfill (CK_SECRET_MAX_BYTES + 1, 's');
  g_autoptr (SecretValue) secret = secret_value_new (bytes, -1, "text/plain");
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("ck-ctl-XXXXXX", &path, NULL);

  g_assert_cmpint (ck_secret_pipe_new (secret, &error), ==, -1);
  g_assert_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE);
  g_clear_error (&error);

  close (fd);
  g_assert_true (g_file_set_contents (path, bytes, -1, NULL));
  g_assert_null (ck_secret_pipe_read_file (path, &error));
  g_assert_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE);
  g_unlink (path);
}

static void
test_silent_writer (void)
{
  g_autoptr (GError) error = NULL;
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_cmpint (write (fds[1], "half", 4), ==, 4);
  g_assert_null (ck_secret_pipe_read (fds[0], 50, &error));
  g_assert_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED);
  close (fds[0]);
  close (fds[1]);
}

static void
test_files (void)
{
  static const struct
  {
    const char *content;
    const char *secret;
  } cases[] = {
    { "plain", "plain" },
    { "line\n", "line" },
    { "dos\r\n", "dos" },
    { "two\n\n", "two\n" },
    { "", "" },
    { "\n", "" },
    { "kept space \n", "kept space " },
    { "cr\r", "cr\r" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = NULL;
      g_autoptr (SecretValue) secret = NULL;
      g_autoptr (GError) error = NULL;
      const char *got;
      gsize size;

      close (g_file_open_tmp ("ck-ctl-XXXXXX", &path, NULL));
      g_assert_true (g_file_set_contents (path, cases[i].content, -1, NULL));
      secret = ck_secret_pipe_read_file (path, &error);
      g_assert_no_error (error);
      got = secret_value_get (secret, &size);
      g_assert_cmpmem (got, size, cases[i].secret, strlen (cases[i].secret));
      g_unlink (path);
    }
}

static void
test_no_file (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ck_secret_pipe_read_file ("/nonexistent/secret", &error));
  g_assert_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE);
  g_assert_nonnull (strstr (error->message, "/nonexistent/secret"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctl/secret-pipe/round-trip", test_round_trip);
  g_test_add_func ("/ctl/secret-pipe/too-long", test_too_long);
  g_test_add_func ("/ctl/secret-pipe/silent-writer", test_silent_writer);
  g_test_add_func ("/ctl/secret-pipe/files", test_files);
  g_test_add_func ("/ctl/secret-pipe/no-file", test_no_file);

  return g_test_run ();
}
