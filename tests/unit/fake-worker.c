/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ck-names.h"
#include "ck-secret.h"
#include "lingering.h"

/*
 * A worker that does what its name (argv[0]) says: what a broken or conquered worker might do to
 * the broker. It ends when the connection does.
 */

#define WORKER_FD 3

static const char introspection[]
    = "<node><interface name='org.channelkeeper.Worker1'>"
      "<method name='Run'><arg type='v'/><arg type='a{ss}'/><arg type='a(ss)'/><arg type='a{sv}'/>"
      "<arg type='h'/></method></interface></node>";

static void
wait_for_hangup (void)
{
  struct pollfd fd = { .fd = WORKER_FD, .events = 0 };

  while (poll (&fd, 1, -1) < 0 || (fd.revents & POLLHUP) == 0)
    continue;
  exit (EXIT_SUCCESS);
}

/* ---- before there is a connection ------------------------------------------------------------ */

static void
exit_at_once (void)
{
  exit (EXIT_FAILURE);
}

static void
write_garbage (void)
{
  for (guint i = 0; i < 10000; i++)
    {
      if (write (WORKER_FD, "\xff\x00garbage\r\n", 12) < 0)
        break;
    }
  wait_for_hangup ();
}

/* ---- answering ------------------------------------------------------------------------------- */

static void
answer (GDBusMethodInvocation *invocation, const char *result, const char *details, int fd)
{
  g_autoptr (GUnixFDList) fds = fd >= 0 ? g_unix_fd_list_new_from_array (&fd, 1) : NULL;
  GVariantBuilder handles;

  g_variant_builder_init (&handles, G_VARIANT_TYPE ("ah"));
  if (fd >= 0)
    g_variant_builder_add (&handles, "h", 0);

  /* Sent as a message of its own, so that no signature of the interface is in the way. */
  {
    GDBusMessage *call = g_dbus_method_invocation_get_message (invocation);
    g_autoptr (GDBusMessage) reply = g_dbus_message_new_method_reply (call);

    g_dbus_message_set_body (reply,
                             g_variant_new ("(s@a{sv}ah)",
                                            result,
                                            g_variant_new_parsed (details),
                                            &handles));
    if (fds != NULL)
      g_dbus_message_set_unix_fd_list (reply, fds);
    g_dbus_connection_send_message (g_dbus_method_invocation_get_connection (invocation),
                                    reply,
                                    G_DBUS_SEND_MESSAGE_FLAGS_NONE,
                                    NULL,
                                    NULL);
    g_object_unref (invocation);
  }
}

static void
say_sending (GDBusMethodInvocation *invocation, gboolean spends)
{
  GDBusConnection *connection = g_dbus_method_invocation_get_connection (invocation);

  g_dbus_connection_emit_signal (connection,
                                 NULL,
                                 CK_WORKER_PATH,
                                 CK_IFACE_WORKER,
                                 "Sending",
                                 g_variant_new ("(b)", spends),
                                 NULL);
  g_dbus_connection_flush_sync (connection, NULL, NULL);
}

static void
run_spend_and_die (GDBusMethodInvocation *invocation)
{
  say_sending (invocation, TRUE);
  _exit (EXIT_FAILURE);
}

static void
run_send_and_die (GDBusMethodInvocation *invocation)
{
  say_sending (invocation, FALSE);
  _exit (EXIT_FAILURE);
}

static void
run_spend_and_hang (GDBusMethodInvocation *invocation)
{
  say_sending (invocation, TRUE);
}

static void
run_spend_and_answer (GDBusMethodInvocation *invocation)
{
  say_sending (invocation, TRUE);
  answer (invocation, "cred_unavail", "{'cause': <'revoked-by-user'>}", -1);
}

static void
run_hang (GDBusMethodInvocation *invocation)
{
}

/* Whoever waits for its end finds its number beside its name. */
static void
run_hang_up_and_stay (GDBusMethodInvocation *invocation)
{
  g_autofree char *path = g_strconcat (program_invocation_name, ".pid", NULL);
  g_autofree char *number = g_strdup_printf ("%d", getpid ());

  g_file_set_contents (path, number, -1, NULL);
  shutdown (WORKER_FD, SHUT_RDWR);
  while (TRUE)
    pause ();
}

static gboolean
on_slow (gpointer invocation)
{
  answer (invocation, "success", "@a{sv} {}", -1);

  return G_SOURCE_REMOVE;
}

static void
run_slow (GDBusMethodInvocation *invocation)
{
  g_timeout_add (100, on_slow, invocation);
}

/* ---- with the next job at hand ----------------------------------------------------------------- */

static guint n_runs;

static void
run_spend_then_die (GDBusMethodInvocation *invocation)
{
  GDBusConnection *connection = g_dbus_method_invocation_get_connection (invocation);

  if (n_runs++ == 0)
    {
      run_spend_and_answer (invocation);
      return;
    }
  g_dbus_connection_flush_sync (connection, NULL, NULL);
  _exit (EXIT_FAILURE);
}

static void
run_die_spending (GDBusMethodInvocation *invocation)
{
  if (n_runs++ > 0)
    run_spend_and_die (invocation);
  answer (invocation, "success", "@a{sv} {}", -1);
}

/* The first is answered; the second spends and is not; the third is, out of turn. */
static void
run_spend_late (GDBusMethodInvocation *invocation)
{
  if (n_runs++ == 1)
    say_sending (invocation, TRUE);
  else
    answer (invocation, "success", "@a{sv} {}", -1);
}

/* The second is answered, the first is not. */
static void
run_out_of_turn (GDBusMethodInvocation *invocation)
{
  if (n_runs++ > 0)
    answer (invocation, "success", "@a{sv} {}", -1);
}

static void
run_wrong_type (GDBusMethodInvocation *invocation)
{
  GDBusMessage *call = g_dbus_method_invocation_get_message (invocation);
  g_autoptr (GDBusMessage) reply = g_dbus_message_new_method_reply (call);

  g_dbus_message_set_body (reply, g_variant_new ("(s)", "success"));
  g_dbus_connection_send_message (g_dbus_method_invocation_get_connection (invocation),
                                  reply,
                                  G_DBUS_SEND_MESSAGE_FLAGS_NONE,
                                  NULL,
                                  NULL);
}

static void
run_error (GDBusMethodInvocation *invocation)
{
  g_dbus_method_invocation_return_dbus_error (invocation, "a.b.C", "own\nwords\x1b[31m");
}

static void
run_unknown_verdict (GDBusMethodInvocation *invocation)
{
  answer (invocation, "splendid", "@a{sv} {}", -1);
}

static void
run_unknown_cause (GDBusMethodInvocation *invocation)
{
  answer (invocation, "auth_err", "{'cause': <'bad-luck'>}", -1);
}

static void
run_odd_member (GDBusMethodInvocation *invocation)
{
  answer (invocation, "success", "{'in-doubt': <'yes'>}", -1);
}

static void
run_odd_values (GDBusMethodInvocation *invocation)
{
  answer (invocation,
          "try_again",
          "{'cause': <'rate-limited'>, 'detail': <'a\\nb\\u001b[31m\\u202ec'>,"
          " 'platform-message': <'their\\twords'>, 'error-code': <'a\\nword'>, 'http-status': <uint32 77>,"
          " 'retry-after': <uint64 999999999999>,"
          " 'limit-wait': <uint64 999999999999>, 'advice': <['good-word', 'Bad word', '']>,"
          " 'unknown': <1>, 'in-doubt': <true>}",
          -1);
}

static int
grant_fd (gsize size, const char *access_token)
{
  g_autofree char *padding = g_strnfill (size, 'x');
  g_autoptr (GVariant) members = g_variant_ref_sink (
      g_variant_new_parsed ("{'access-token': <%s>, 'account-name': <%s>}", access_token, padding));
  g_autoptr (SecretValue) value = ck_secret_from_variant (members);

  return ck_secret_to_memfd (value, NULL);
}

static void
run_good_grant (GDBusMethodInvocation *invocation)
{
  answer (invocation, "success", "@a{sv} {}", grant_fd (10, "new-access"));
}

static void
run_huge_grant (GDBusMethodInvocation *invocation)
{
  answer (invocation, "success", "@a{sv} {}", grant_fd (256 * 1024, "new-access"));
}

static void
run_odd_grant (GDBusMethodInvocation *invocation)
{
  answer (invocation, "success", "@a{sv} {}", grant_fd (10, "new\naccess"));
}

static void
run_pipe_grant (GDBusMethodInvocation *invocation)
{
  int fds[2];

  if (pipe (fds) == 0)
    answer (invocation, "success", "@a{sv} {}", fds[0]);
}

/* The descriptor goes with the first byte and is closed here before the rest follows: the broker has the last. */
static void
answer_and_let_go (GDBusMethodInvocation *invocation, int fd)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new_from_array (&fd, 1);
  g_autoptr (GDBusMessage) reply = g_dbus_message_new_method_reply (g_dbus_method_invocation_get_message (invocation));
  g_autofree guchar *bytes = NULL;
  gsize size;

  g_dbus_message_set_body (reply, g_variant_new_parsed ("('success', @a{sv} {}, [handle 0])"));
  g_dbus_message_set_unix_fd_list (reply, fds);
  g_dbus_message_set_serial (reply, G_MAXUINT32);
  bytes = g_dbus_message_to_blob (reply, &size, G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING, NULL);
  lingering_send (WORKER_FD, bytes, fd);
  close (g_unix_fd_list_steal_fds (fds, NULL)[0]);
  if (write (WORKER_FD, bytes + 1, size - 1) != (gssize) size - 1)
    exit (EXIT_FAILURE);
  g_object_unref (invocation);
}

static void
run_lingering_grant (GDBusMethodInvocation *invocation)
{
  int peer;
  int fd = lingering_wrap (lingering_new (10, &peer));

  /* Somebody else has the other end: that it goes with this process would end the wait. */
  if (fork () == 0)
    {
      dup2 (peer, STDIN_FILENO);
      close_range (STDIN_FILENO + 1, ~0U, 0);
      sleep (12);
      _exit (EXIT_SUCCESS);
    }
  answer_and_let_go (invocation, fd);
}

static void
run_unsealed_grant (GDBusMethodInvocation *invocation)
{
  int fd = memfd_create ("grant", 0);

  if (ftruncate (fd, 100) == 0)
    answer (invocation, "success", "@a{sv} {}", fd);
}

static void
run_flood (GDBusMethodInvocation *invocation)
{
  for (guint i = 0; i < 100000; i++)
    say_sending (invocation, FALSE);
}

/* ---- what it was given ----------------------------------------------------------------------- */

static void
run_surroundings (GDBusMethodInvocation *invocation)
{
  g_auto (GStrv) environment = g_get_environ ();
  g_autofree char *shown = g_strjoinv (" ", environment);
  g_autofree char *in = g_file_read_link ("/proc/self/fd/0", NULL);
  g_autofree char *out = g_file_read_link ("/proc/self/fd/1", NULL);
  g_autofree char *fds = g_strdup_printf ("%s %s %s", in, out, g_getenv ("FAKE_FDS"));
  g_autoptr (GVariant) details = g_variant_ref_sink (
      g_variant_new_parsed ("{'detail': <%s>, 'platform-message': <%s>}", shown, fds));
  g_autofree char *text = NULL;

  text = g_variant_print (details, TRUE);
  answer (invocation, "auth_err", text, -1);
}

static void
run_secrets (GDBusMethodInvocation *invocation)
{
  GDBusMessage *call = g_dbus_method_invocation_get_message (invocation);
  GUnixFDList *fds = g_dbus_message_get_unix_fd_list (call);
  int fd = g_unix_fd_list_get (fds, 0, NULL);
  g_autoptr (SecretValue) value = ck_secret_from_memfd (fd, 65536, NULL);
  g_autoptr (GVariant) secrets
      = g_variant_ref_sink (ck_secret_to_variant (value, G_VARIANT_TYPE_VARDICT));
  g_autoptr (GVariant) transaction
      = g_variant_get_child_value (g_dbus_method_invocation_get_parameters (invocation), 3);
  g_autofree char *shown = g_variant_print (secrets, FALSE);
  g_autofree char *about = g_variant_print (transaction, FALSE);
  g_autoptr (GVariant) details = g_variant_ref_sink (
      g_variant_new_parsed ("{'detail': <%s>, 'platform-message': <%s>}", shown, about));
  g_autofree char *text = g_variant_print (details, TRUE);

  close (fd);
  answer (invocation, "auth_err", text, -1);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void
ask_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source),
      &fds,
      result,
      &error);
  g_autofree char *name = error != NULL ? g_dbus_error_get_remote_error (error) : NULL;
  g_autofree char *shown = reply != NULL ? g_variant_print (reply, FALSE) : g_strdup (name);
  g_autoptr (SecretValue) secret = NULL;
  g_autoptr (GVariant) details = NULL;
  g_autofree char *text = NULL;

  if (shown == NULL)
    exit (EXIT_SUCCESS); /* the connection is gone */
  if (fds != NULL)
    secret = ck_secret_from_memfd (g_unix_fd_list_peek_fds (fds, NULL)[0], 65536, NULL);
  details = g_variant_ref_sink (
      g_variant_new_parsed ("{'detail': <%s>, 'platform-message': <%s>}",
                            shown,
                            secret != NULL ? secret_value_get (secret, NULL) : ""));
  text = g_variant_print (details, TRUE);
  answer (user_data, "auth_err", text, -1);
}

/* What to ask stands in the transaction: @style, @details. */
static void
run_ask (GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) transaction
      = g_variant_get_child_value (g_dbus_method_invocation_get_parameters (invocation), 3);
  g_autoptr (GVariant) details = NULL;
  const char *style;

  g_variant_lookup (transaction, "ask-style", "&s", &style);
  details = g_variant_lookup_value (transaction, "ask-details", G_VARIANT_TYPE_VARDICT);
  g_dbus_connection_call_with_unix_fd_list (g_dbus_method_invocation_get_connection (invocation),
                                            NULL,
                                            CK_CONVERSATION_PATH,
                                            CK_IFACE_CONVERSATION,
                                            "Converse",
                                            g_variant_new ("(s@a{sv})", style, details),
                                            NULL,
                                            G_DBUS_CALL_FLAGS_NONE,
                                            G_MAXINT,
                                            NULL,
                                            NULL,
                                            ask_cb,
                                            invocation);
}

/* ---- the program ----------------------------------------------------------------------------- */

static const struct
{
  const char *name;
  void (*start) (void);                       /* instead of a connection, or */
  void (*run) (GDBusMethodInvocation *invocation); /* for each Run */
} modes[] = {
  { "exit", exit_at_once, NULL },
  { "silence", wait_for_hangup, NULL },
  { "garbage", write_garbage, NULL },
  { "spend-and-die", NULL, run_spend_and_die },
  { "send-and-die", NULL, run_send_and_die },
  { "spend-and-hang", NULL, run_spend_and_hang },
  { "spend-and-answer", NULL, run_spend_and_answer },
  { "hang", NULL, run_hang },
  { "hang-up-and-stay", NULL, run_hang_up_and_stay },
  { "slow", NULL, run_slow },
  { "spend-then-die", NULL, run_spend_then_die },
  { "die-spending", NULL, run_die_spending },
  { "spend-late", NULL, run_spend_late },
  { "out-of-turn", NULL, run_out_of_turn },
  { "wrong-type", NULL, run_wrong_type },
  { "error", NULL, run_error },
  { "unknown-verdict", NULL, run_unknown_verdict },
  { "unknown-cause", NULL, run_unknown_cause },
  { "odd-member", NULL, run_odd_member },
  { "odd-values", NULL, run_odd_values },
  { "good-grant", NULL, run_good_grant },
  { "huge-grant", NULL, run_huge_grant },
  { "odd-grant", NULL, run_odd_grant },
  { "pipe-grant", NULL, run_pipe_grant },
  { "lingering-grant", NULL, run_lingering_grant },
  { "unsealed-grant", NULL, run_unsealed_grant },
  { "flood", NULL, run_flood },
  { "surroundings", NULL, run_surroundings },
  { "secrets", NULL, run_secrets },
  { "ask", NULL, run_ask },
};

static gsize mode;

static void
on_call (GDBusConnection *connection,
         const char *sender,
         const char *path,
         const char *interface,
         const char *method,
         GVariant *parameters,
         GDBusMethodInvocation *invocation,
         gpointer user_data)
{
  modes[mode].run (invocation);
}

static void
on_closed (GDBusConnection *connection, gboolean vanished, GError *error, gpointer user_data)
{
  exit (EXIT_SUCCESS);
}

/* Before GLib opens any: "3" and nothing else behind stderr. */
static void
note_descriptors (void)
{
  g_autoptr (GString) open = g_string_new (NULL);

  for (int fd = 2; fd < 256; fd++)
    {
      if (fcntl (fd, F_GETFD) >= 0)
        g_string_append_printf (open, "%d", fd);
    }
  g_setenv ("FAKE_FDS", open->str, TRUE);
}

static void
serve (void)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_call };
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GSocket) socket = g_socket_new_from_fd (WORKER_FD, NULL);
  g_autoptr (GSocketConnection) stream = g_socket_connection_factory_create_connection (socket);
  g_autofree char *guid = g_dbus_generate_guid ();
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (introspection, NULL);
  g_autoptr (GDBusConnection) connection
      = g_dbus_connection_new_sync (G_IO_STREAM (stream),
                                    guid,
                                    G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER
                                        | G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                                    NULL,
                                    NULL,
                                    NULL);

  if (connection == NULL)
    exit (EXIT_FAILURE);
  g_dbus_connection_register_object (connection,
                                     CK_WORKER_PATH,
                                     node->interfaces[0],
                                     &vtable,
                                     NULL,
                                     NULL,
                                     NULL);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), NULL);
  g_dbus_connection_start_message_processing (connection);
  g_main_loop_run (loop);
}

int
main (int argc, char **argv)
{
  g_autofree char *name = g_path_get_basename (argv[0]);

  note_descriptors ();
  for (mode = 0; mode < G_N_ELEMENTS (modes); mode++)
    {
      if (g_str_equal (modes[mode].name, name))
        break;
    }
  if (mode == G_N_ELEMENTS (modes))
    g_error ("a fake worker cannot %s", name);

  if (modes[mode].start != NULL)
    modes[mode].start ();
  serve ();

  return EXIT_SUCCESS;
}
