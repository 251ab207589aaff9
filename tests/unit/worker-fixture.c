/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "worker-fixture.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ck-names.h"
#include "ck-secret.h"
#include "ck-stack.h"

GSubprocess *
worker_spawn (int fd, const char *module_dir)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr (GError) error = NULL;
  GSubprocess *process;

  g_subprocess_launcher_setenv (launcher, "CHANNELKEEPER_MODULEDIR", module_dir, TRUE);
  g_subprocess_launcher_setenv (launcher, "PROBE_SECRET", "1", TRUE);
  /* LeakSanitizer cannot trace a process that made itself undumpable. */
  g_subprocess_launcher_setenv (launcher, "ASAN_OPTIONS", "detect_leaks=0", TRUE);
  g_subprocess_launcher_take_fd (launcher, fd, 3);
  g_subprocess_launcher_take_fd (launcher, open ("/", O_PATH | O_CLOEXEC), 9);
  process = g_subprocess_launcher_spawn (launcher, &error, g_getenv ("CK_TEST_WORKER"), NULL);
  g_assert_no_error (error);

  return process;
}

void
worker_start (Worker *worker)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketConnection) stream = NULL;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  /* As little as the kernel allows: a long answer is written in pieces. */
  g_assert_no_errno (setsockopt (fds[1], SOL_SOCKET, SO_SNDBUF, &(int){ 1 }, sizeof (int)));
  worker->process = worker_spawn (fds[1], g_getenv ("CK_TEST_MODULES"));

  socket = g_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);
  stream = g_socket_connection_factory_create_connection (socket);
  worker->connection =
      g_dbus_connection_new_sync (G_IO_STREAM (stream),
                                  NULL,
                                  G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT,
                                  NULL,
                                  NULL,
                                  &error);
  g_assert_no_error (error);
}

char *
worker_wait (Worker *worker)
{
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_subprocess_communicate_utf8 (worker->process, NULL, NULL, NULL, &text, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait (worker->process, NULL, NULL));

  return text;
}

void
worker_clear (Worker *worker)
{
  if (worker->connection != NULL)
    g_dbus_connection_close_sync (worker->connection, NULL, NULL);
  g_clear_object (&worker->connection);
  if (worker->process != NULL)
    g_assert_true (g_subprocess_wait (worker->process, NULL, NULL));
  g_clear_object (&worker->process);
}

int
worker_make_secrets (gboolean grant)
{
  g_autoptr (GVariant) dict = g_variant_ref_sink (g_variant_new_parsed (
      grant ? "{'client-secrets': <['client-secret-1']>, 'grant': <{"
              "'access-token': <'old-access-token'>, 'refresh-token': <'old-refresh-token'>,"
              "'token-origin': <'https://id.example.com'>, 'account-id': <'42'>}>}"
            : "{'client-secrets': <['client-secret-1']>}"));
  g_autoptr (SecretValue) secrets = ck_secret_from_variant (dict);
  g_autoptr (GError) error = NULL;
  int fd = ck_secret_to_memfd (secrets, &error);

  g_assert_no_error (error);

  return fd;
}

static GVariant *
compile (const char *operation, const char *lines)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CkStack) stack = NULL;
  g_autofree char *dir = g_dir_make_tmp ("ck-worker-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "test", NULL);
  const char *const dirs[] = { dir, NULL };

  g_assert_true (g_file_set_contents (path, lines, -1, &error));
  stack = ck_stack_load (dirs, "test", operation, &error);
  g_assert_no_error (error);
  g_unlink (path);
  g_rmdir (dir);

  return ck_stack_to_variant (stack);
}

GVariant *
worker_make_call (const char *operation, const char *lines, guint timeout)
{
  GVariantDict transaction;

  g_variant_dict_init (&transaction, NULL);
  g_variant_dict_insert (&transaction, "operation", "s", operation);
  g_variant_dict_insert (&transaction, "channel", "s", "test-channel");
  g_variant_dict_insert (&transaction, "client-id", "s", "client-1");
  g_variant_dict_insert (&transaction, "timeout", "u", timeout);
  g_variant_dict_insert (&transaction, "allow-insecure-loopback", "b", TRUE);

  return g_variant_new ("(v@a{ss}@a(ss)@a{sv}h)",
                        compile (operation, lines),
                        g_variant_new_parsed ("@a{ss} {}"),
                        g_variant_new_parsed ("[('unknown-revoked', 'json:error=invalid_grant')]"),
                        g_variant_dict_end (&transaction),
                        0);
}

GVariant *
worker_read_grant (GUnixFDList *fds, GVariant *handles)
{
  g_autoptr (SecretValue) value = NULL;
  g_autoptr (GError) error = NULL;
  int fd;

  if (g_variant_n_children (handles) == 0)
    return NULL;

  fd = g_unix_fd_list_get (fds, 0, &error);
  g_assert_no_error (error);
  value = ck_secret_from_memfd (fd, 1 << 20, &error);
  g_assert_no_error (error);
  close (fd);

  return g_variant_ref_sink (ck_secret_to_variant (value, G_VARIANT_TYPE_VARDICT));
}

gboolean
worker_run (Worker *worker, GVariant *call, gboolean grant, Answer *answer, GError **error)
{
  g_autoptr (GUnixFDList) in = g_unix_fd_list_new ();
  g_autoptr (GUnixFDList) out = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) handles = NULL;
  int fd = worker_make_secrets (grant);

  g_assert_cmpint (g_unix_fd_list_append (in, fd, NULL), ==, 0);
  close (fd);
  reply = g_dbus_connection_call_with_unix_fd_list_sync (worker->connection,
                                                         NULL,
                                                         CK_WORKER_PATH,
                                                         CK_IFACE_WORKER,
                                                         "Run",
                                                         call,
                                                         G_VARIANT_TYPE ("(sa{sv}ah)"),
                                                         G_DBUS_CALL_FLAGS_NONE,
                                                         20 * 1000,
                                                         in,
                                                         &out,
                                                         NULL,
                                                         error);
  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(s@a{sv}@ah)", &answer->result, &answer->details, &handles);
  answer->grant = worker_read_grant (out, handles);

  return TRUE;
}

void
answer_clear (Answer *answer)
{
  g_clear_pointer (&answer->result, g_free);
  g_clear_pointer (&answer->details, g_variant_unref);
  g_clear_pointer (&answer->grant, g_variant_unref);
}

const char *
answer_get (Answer *answer, const char *member)
{
  const char *value = "";

  g_variant_lookup (answer->details, member, "&s", &value);

  return value;
}

const char *
answer_get_grant (Answer *answer, const char *member)
{
  const char *value = "";

  g_assert_nonnull (answer->grant);
  g_variant_lookup (answer->grant, member, "&s", &value);

  return value;
}
