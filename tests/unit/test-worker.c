/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gunixfdlist.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ck-error.h"
#include "ck-names.h"
#include "ck-secret.h"
#include "worker-fixture.h"

static void
run (Worker *worker, const char *operation, const char *lines, Answer *answer)
{
  g_autoptr (GError) error = NULL;
  gboolean grant = !g_str_equal (operation, "connect");

  worker_run (worker, worker_make_call (operation, lines, 10), grant, answer, &error);
  g_assert_no_error (error);
}

static void
test_connect (Worker *worker, gconstpointer data)
{
  g_auto (Answer) answer = { NULL };

  run (worker, "connect", "connect required probe.so grant\n", &answer);
  g_assert_cmpstr (answer.result, ==, "success");
  g_assert_cmpstr (answer_get (&answer, "cause"), ==, "none");
  g_assert_cmpstr (answer_get (&answer, "detail"), ==, "");
  g_assert_cmpstr (answer_get (&answer, "deciding-module"), ==, "probe.so");
  g_assert_cmpstr (answer_get_grant (&answer, "access-token"), ==, "new-access-token");
  g_assert_cmpstr (answer_get_grant (&answer, "refresh-token"), ==, "new-refresh-token");
  g_assert_cmpstr (answer_get_grant (&answer, "token-origin"), ==, "https://id.example.com");
}

/* One after another; nothing of the first is left for the second. */
static void
test_again (Worker *worker, gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    {
      g_auto (Answer) good = { NULL };
      g_auto (Answer) bad = { NULL };

      run (worker, "connect", "connect required probe.so grant\n", &good);
      g_assert_cmpstr (good.result, ==, "success");
      run (worker, "connect", "connect required probe.so nonsense\n", &bad);
      g_assert_cmpstr (bad.result, ==, "service_err");
      g_assert_cmpstr (answer_get (&bad, "detail"), ==, "probe.so does not know “nonsense”");
      g_assert_null (bad.grant);
    }
}

typedef struct
{
  GString *results;
  guint n;
} Order;

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Order *order = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), NULL, result, &error);
  const char *verdict;

  g_assert_no_error (error);
  g_variant_get_child (reply, 0, "&s", &verdict);
  g_string_append_printf (order->results, "%s ", verdict);
  order->n++;
}

static void
begin (Worker *worker, const char *line, guint timeout, GAsyncReadyCallback callback, gpointer user_data)
{
  int fd = worker_make_secrets (FALSE);
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new_from_array (&fd, 1);

  g_dbus_connection_call_with_unix_fd_list (worker->connection, NULL, CK_WORKER_PATH, CK_IFACE_WORKER,
                                            "Run", worker_make_call ("connect", line, timeout), NULL,
                                            G_DBUS_CALL_FLAGS_NONE, -1, fds, NULL, callback, user_data);
}

/* In GDBus's thread: what comes meanwhile fills the socket. */
static GDBusMessage *
read_slowly (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer data)
{
  if (incoming)
    g_usleep (100000);

  return message;
}

static void
test_slow_broker (Worker *worker, gconstpointer data)
{
  g_autofree char *long_word = g_strnfill (900, 'x');
  g_autofree char *line = g_strdup_printf ("connect required probe.so %s\n", long_word);
  g_autoptr (GString) results = g_string_new (NULL);
  Order order = { results, 0 };

  g_dbus_connection_add_filter (worker->connection, read_slowly, NULL, NULL);
  for (guint i = 0; i < 10; i++)
    begin (worker, line, 10, on_answered, &order);
  while (order.n < 10)
    g_main_context_iteration (NULL, TRUE);
}

/* The second is here while the first runs, and its module turns the main loop. */
static void
test_one_at_a_time (Worker *worker, gconstpointer data)
{
  g_autoptr (GString) results = g_string_new (NULL);
  Order order = { results, 0 };

  begin (worker, "connect required probe.so turn-main-loop\n", 10, on_answered, &order);
  begin (worker, "connect required probe.so grant\n", 10, on_answered, &order);
  while (order.n < 2)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (results->str, ==, "perm_denied success ");
}

static void
test_secrets_are_cut (Worker *worker, gconstpointer data)
{
  g_auto (Answer) answer = { NULL };
  g_autofree char *details = NULL, *text = NULL;

  run (worker, "renew", "renew required probe.so leak debug\n", &answer);
  g_assert_cmpstr (answer.result, ==, "cred_unavail");
  g_assert_cmpstr (answer_get (&answer, "cause"), ==, "revoked-by-user");
  g_assert_cmpstr (answer_get (&answer, "detail"),
                   ==,
                   "[secret], [secret], [secret] and [secret]");
  g_assert_null (answer.grant);
  details = g_variant_print (answer.details, TRUE);
  g_assert_null (strstr (details, "client-secret-1"));

  g_dbus_connection_close_sync (worker->connection, NULL, NULL);
  text = worker_wait (worker);
  g_assert_nonnull (strstr (text, "probe was here"));
  g_assert_nonnull (
      strstr (text, "channelkeeper-worker: test-channel: probe.so: debug says [secret] and more\n"));
  g_assert_null (strstr (text, "client-secret-1"));
}

static void
test_missing_module (Worker *worker, gconstpointer data)
{
  g_auto (Answer) answer = { NULL };
  g_auto (Answer) skipped = { NULL };
  g_auto (Answer) unserved = { NULL };
  g_autofree char *text = NULL;

  run (worker, "connect", "connect required nowhere.so\n", &answer);
  g_assert_cmpstr (answer.result, ==, "module_unknown");
  g_assert_cmpstr (answer_get (&answer, "deciding-module"), ==, "nowhere.so");
  g_assert_nonnull (strstr (answer_get (&answer, "detail"), "is not installed"));

  run (worker,
       "connect",
       "-connect [module_unknown=ignore default=bad] silent.so\nconnect required probe.so grant\n",
       &skipped);
  g_assert_cmpstr (skipped.result, ==, "success");

  run (worker, "verify", "verify required probe.so\n", &unserved);
  g_assert_cmpstr (unserved.result, ==, "module_unknown");
  g_assert_nonnull (strstr (answer_get (&unserved, "detail"), "does not serve verify"));

  g_dbus_connection_close_sync (worker->connection, NULL, NULL);
  text = worker_wait (worker);
  g_assert_nonnull (strstr (text, "nowhere.so"));
  g_assert_null (strstr (text, "silent.so"));
}

static void
test_surroundings (Worker *worker, gconstpointer data)
{
  g_auto (Answer) answer = { NULL };

  run (worker, "connect", "connect required probe.so surroundings\n", &answer);
  g_assert_cmpstr (answer_get (&answer, "detail"),
                   ==,
                   "home=unset secret=unset dumpable=0 core=0 umask=77 directories=0");
}

static void
test_crash (Worker *worker, gconstpointer data)
{
  g_auto (Answer) answer = { NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_assert_false (worker_run (worker, worker_make_call ("connect", "connect required probe.so abort\n", 10),
                              FALSE, &answer, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  text = worker_wait (worker);
  g_assert_true (g_subprocess_get_if_signaled (worker->process));
  g_assert_cmpint (g_subprocess_get_term_sig (worker->process), ==, SIGABRT);
}

static void
test_hang (Worker *worker, gconstpointer data)
{
  g_auto (Answer) answer = { NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gint64 start = g_get_monotonic_time ();

  g_assert_false (worker_run (worker, worker_make_call ("connect", "connect required probe.so hang\n", 1),
                              FALSE, &answer, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, G_USEC_PER_SEC);
  text = worker_wait (worker);
  g_assert_cmpstr (
      text,
      ==,
      "channelkeeper-worker: gives up connect of test-channel: the time has run out\n");
  g_assert_cmpint (g_subprocess_get_exit_status (worker->process), ==, 1);
}

static void
on_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  gboolean *done = user_data;

  *done = TRUE;
}

static void
test_broker_hangs_up (Worker *worker, gconstpointer data)
{
  g_autofree char *text = NULL;
  gboolean done = FALSE;

  begin (worker, "connect required probe.so hang\n", 600, on_ready, &done);
  g_dbus_connection_flush_sync (worker->connection, NULL, NULL);
  g_usleep (200 * 1000);
  g_dbus_connection_close_sync (worker->connection, NULL, NULL);

  text = worker_wait (worker);
  g_assert_cmpstr (
      text,
      ==,
      "channelkeeper-worker: gives up connect of test-channel: the broker has hung up\n");
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_idle_end (Worker *worker, gconstpointer data)
{
  g_autofree char *text = NULL;

  g_dbus_connection_close_sync (worker->connection, NULL, NULL);
  text = worker_wait (worker);
  g_assert_cmpstr (text, ==, "");
  g_assert_true (g_subprocess_get_successful (worker->process));
}

/* ---- the person ------------------------------------------------------------------------------ */

typedef struct
{
  const char *style;
  const char *error; /* NULL: answers */
} Person;

static void
on_converse (GDBusConnection *connection,
             const char *sender,
             const char *path,
             const char *interface,
             const char *method,
             GVariant *parameters,
             GDBusMethodInvocation *invocation,
             gpointer user_data)
{
  const Person *person = user_data;
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr (SecretValue) secret = NULL;
  const char *style;
  int fd;

  g_variant_get (parameters, "(&s@a{sv})", &style, NULL);
  g_assert_cmpstr (style, ==, person->style);
  if (person->error != NULL)
    {
      g_dbus_method_invocation_return_dbus_error (invocation, person->error, "no");
      return;
    }
  if (g_str_equal (style, "choose"))
    {
      g_dbus_method_invocation_return_value (invocation,
                                             g_variant_new_parsed ("({'choice': <'blue'>},)"));
      return;
    }

  secret = secret_value_new ("pasted-token-123", -1, "text/plain");
  fd = ck_secret_to_memfd (secret, NULL);
  g_unix_fd_list_append (fds, fd, NULL);
  close (fd);
  g_dbus_method_invocation_return_value_with_unix_fd_list (
      invocation,
      g_variant_new_parsed ("({'secret': <handle 0>},)"),
      fds);
}

typedef struct
{
  Worker *worker;
  Person person;
  guint registration;
  GMainContext *context;
  GMainLoop *loop;
} Conversation;

static gboolean
quit (gpointer loop)
{
  g_main_loop_quit (loop);

  return G_SOURCE_REMOVE;
}

/* The call blocks this thread; another one is the person. */
static gpointer
be_the_person (gpointer user_data)
{
  static const char xml[] = "<node><interface name='" CK_IFACE_CONVERSATION "'>"
                            "<method name='Converse'><arg type='s' direction='in'/>"
                            "<arg type='a{sv}' direction='in'/>"
                            "<arg type='a{sv}' direction='out'/></method></interface></node>";
  static const GDBusInterfaceVTable vtable = { .method_call = on_converse };
  Conversation *conversation = user_data;
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, NULL);

  g_main_context_push_thread_default (conversation->context);
  conversation->registration =
      g_dbus_connection_register_object (conversation->worker->connection,
                                         CK_CONVERSATION_PATH,
                                         node->interfaces[0],
                                         &vtable,
                                         &conversation->person,
                                         NULL,
                                         NULL);
  g_assert_cmpuint (conversation->registration, >, 0);
  g_main_loop_run (conversation->loop);
  g_dbus_connection_unregister_object (conversation->worker->connection,
                                       conversation->registration);
  g_main_context_pop_thread_default (conversation->context);

  return NULL;
}

static void
converse (Worker *worker, const char *style, const char *error, const char *line, Answer *answer)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  Conversation conversation = { worker, { style, error }, 0, context, loop };
  GThread *thread = g_thread_new ("person", be_the_person, &conversation);

  while (!g_main_loop_is_running (loop))
    g_usleep (1000);
  run (worker, "connect", line, answer);
  g_main_context_invoke (context, quit, loop);
  g_thread_join (thread);
}

static void
test_converse (Worker *worker, gconstpointer data)
{
  g_auto (Answer) answer = { NULL };

  converse (worker, "choose", NULL, "connect required probe.so ask\n", &answer);
  g_assert_cmpstr (answer_get (&answer, "detail"), ==, "chosen: blue");
}

static void
test_converse_secret (Worker *worker, gconstpointer data)
{
  g_auto (Answer) answer = { NULL };

  converse (worker, "secret", NULL, "connect required probe.so ask-secret\n", &answer);
  g_assert_cmpstr (answer.result, ==, "success");
  g_assert_cmpstr (answer_get_grant (&answer, "access-token"), ==, "pasted-token-123");
}

static void
test_converse_refused (Worker *worker, gconstpointer data)
{
  static const struct
  {
    const char *error;
    const char *detail;
  } table[] = {
    { CK_ERROR_PREFIX "Cancelled", "the person gave up" },
    { CK_ERROR_PREFIX "NotSupported", "nobody is there to be asked" },
    { CK_ERROR_PREFIX "TimedOut", "the person did not answer in time" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_auto (Answer) answer = { NULL };

      converse (worker, "choose", table[i].error, "connect required probe.so ask\n", &answer);
      g_assert_cmpstr (answer.result, ==, "conv_err");
      g_assert_cmpstr (answer_get (&answer, "cause"), ==, "none");
      g_assert_cmpstr (answer_get (&answer, "detail"), ==, table[i].detail);
    }
}

/* ---- what it refuses ------------------------------------------------------------------------- */

static void
assert_refused (Worker *worker, GVariant *call, int fd)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  if (fd >= 0)
    g_unix_fd_list_append (fds, fd, NULL);
  reply = g_dbus_connection_call_with_unix_fd_list_sync (worker->connection, NULL, CK_WORKER_PATH,
                                                         CK_IFACE_WORKER, "Run", call, NULL,
                                                         G_DBUS_CALL_FLAGS_NONE, 5000,
                                                         fd >= 0 ? fds : NULL, NULL, NULL, &error);
  g_assert_null (reply);
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
}

static GVariant *
replace (GVariant *call, guint index, GVariant *value)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (call);
  GVariant *children[5];

  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    children[i] = i == index ? value : g_variant_get_child_value (sunk, i);
  value = g_variant_new_tuple (children, G_N_ELEMENTS (children));
  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    {
      if (i != index)
        g_variant_unref (children[i]);
    }

  return value;
}

static void
test_refusals (Worker *worker, gconstpointer data)
{
  static const char lines[] = "connect required probe.so grant\nrenew required probe.so grant\n";
  g_auto (Answer) answer = { NULL };
  int pipes[2], fd = worker_make_secrets (FALSE);

  g_assert_cmpint (pipe (pipes), ==, 0);
  assert_refused (worker, worker_make_call ("connect", lines, 5), -1);
  assert_refused (worker, worker_make_call ("connect", lines, 5), pipes[0]);
  assert_refused (worker,
                  replace (worker_make_call ("connect", lines, 5),
                           4,
                           g_variant_new_handle (7)),
                  fd);
  assert_refused (worker,
                  replace (worker_make_call ("connect", lines, 5),
                           0,
                           g_variant_new_variant (g_variant_new_string ("no stack"))),
                  fd);
  assert_refused (worker,
                  replace (worker_make_call ("connect", lines, 5),
                           2,
                           g_variant_new_parsed ("[('expired', 'nonsense')]")),
                  fd);
  assert_refused (worker,
                  replace (worker_make_call ("connect", lines, 5),
                           3,
                           g_variant_new_parsed ("{'operation': <'renew'>}")),
                  fd);
  assert_refused (worker,
                  replace (worker_make_call ("connect", lines, 5),
                           3,
                           g_variant_new_parsed ("{'operation': <'destroy'>}")),
                  fd);
  assert_refused (worker,
                  replace (worker_make_call ("connect", lines, 5),
                           3,
                           g_variant_new_parsed ("@a{sv} {}")),
                  fd);
  close (pipes[0]);
  close (pipes[1]);
  close (fd);

  /* It is none the worse for that. */
  run (worker, "connect", "connect required probe.so grant\n", &answer);
  g_assert_cmpstr (answer.result, ==, "success");
}

/* A peer of another user is not served; nobody but root can make such a peer. */
static void
test_foreign_peer (void)
{
  Worker worker = { NULL };
  g_autofree char *text = NULL;
  int fds[2];

  g_assert_cmpint (seteuid (65534), ==, 0);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  g_assert_cmpint (seteuid (0), ==, 0);

  worker.process = worker_spawn (fds[1], g_getenv ("CK_TEST_MODULES"));
  text = worker_wait (&worker);
  close (fds[0]);
  g_assert_cmpint (g_subprocess_get_exit_status (worker.process), ==, 1);
  g_assert_nonnull (strstr (text, "the peer is user 65534, not the broker's user 0"));
  worker_clear (&worker);
}

/* Handed over by systemd, it serves the service's user and nobody else, root neither. */
static void
test_activated (void)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_PIPE);
  Worker worker = { NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  g_subprocess_launcher_take_fd (launcher, fds[1], 3);
  worker.process = g_subprocess_launcher_spawn (
      launcher,
      &error,
      "sh",
      "-c",
      "LISTEN_FDS=1 LISTEN_PID=$$ ASAN_OPTIONS=detect_leaks=0 exec \"$0\"",
      g_getenv ("CK_TEST_WORKER"),
      NULL);
  g_assert_no_error (error);
  text = worker_wait (&worker);
  close (fds[0]);
  g_assert_cmpint (g_subprocess_get_exit_status (worker.process), ==, 1);
  g_assert_nonnull (strstr (text, "refuses to serve"));
  g_assert_nonnull (strstr (text, "the broker's user"));
  worker_clear (&worker);
}

static void
setup (Worker *worker, gconstpointer data)
{
  worker_start (worker);
}

static void
teardown (Worker *worker, gconstpointer data)
{
  worker_clear (worker);
}

#define ADD(path, function) g_test_add (path, Worker, NULL, setup, function, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* Registers our errors with GDBus, so that those of the worker arrive as ours. */
  (void) ck_error_quark ();

  ADD ("/worker/connect", test_connect);
  ADD ("/worker/again", test_again);
  ADD ("/worker/slow-broker", test_slow_broker);
  ADD ("/worker/one-at-a-time", test_one_at_a_time);
  ADD ("/worker/secrets-are-cut", test_secrets_are_cut);
  ADD ("/worker/missing-module", test_missing_module);
  ADD ("/worker/surroundings", test_surroundings);
  ADD ("/worker/crash", test_crash);
  ADD ("/worker/hang", test_hang);
  ADD ("/worker/broker-hangs-up", test_broker_hangs_up);
  ADD ("/worker/idle-end", test_idle_end);
  ADD ("/worker/converse", test_converse);
  ADD ("/worker/converse-secret", test_converse_secret);
  ADD ("/worker/converse-refused", test_converse_refused);
  ADD ("/worker/refusals", test_refusals);
  if (geteuid () == 0)
    {
      g_test_add_func ("/worker/foreign-peer", test_foreign_peer);
      g_test_add_func ("/worker/activated", test_activated);
    }

  return g_test_run ();
}
