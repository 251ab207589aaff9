/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-worker.h"

#include <gio/gunixfdlist.h>
#include <gio/gunixfdmessage.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ck-error.h"
#include "ck-names.h"
#include "ck-result.h"
#include "ck-secret.h"
#include "ck-stack-engine.h"
#include "ck-clean.h"
#include "ck-transaction.h"

#define XML_RESOURCE "/org/channelkeeper/worker/org.channelkeeper.Worker1.xml"
#define MAX_SECRETS (4 * 1024 * 1024)
#define MAX_ANSWER (64 * 1024)
#define MAX_LINE 2000

struct _CkWorker
{
  GDBusConnection *connection;
  GDBusNodeInfo *node;
  guint registration;
  CkModuleLoader *loader;
  CkWatchdog *watchdog;
  GQueue calls; /* GDBusMethodInvocation */
  gboolean is_running;
};

/* One transaction under way. */
typedef struct
{
  CkWorker *worker;
  CkTransaction *transaction;
} Run;

static void
log_line (const char *line, gpointer user_data)
{
  g_autofree char *clean = ck_clean_line (line, MAX_LINE);

  fprintf (stderr, "channelkeeper-worker: %s\n", clean);
}

/*
 * Written when this returns, by this thread: to hand a message to GDBus's and to wait until it has
 * flushed it takes as long as all the rest of a transaction, the platform's share apart. Nothing of
 * GDBus's is under way meanwhile: it writes what this thread gives it, and that is waited for. Nobody
 * replies to these messages, so that their serial is nobody's.
 */
static gboolean
send_now (CkWorker *worker, GDBusMessage *message, GError **error)
{
  GIOStream *stream = g_dbus_connection_get_stream (worker->connection);
  GSocket *socket = g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream));
  GUnixFDList *fds = g_dbus_message_get_unix_fd_list (message);
  g_autoptr (GSocketControlMessage) control
      = fds != NULL ? g_unix_fd_message_new_with_fd_list (fds) : NULL;
  g_autofree guchar *bytes = NULL;
  gsize size, sent = 0;

  g_dbus_message_set_serial (message, G_MAXUINT32);
  bytes = g_dbus_message_to_blob (message, &size, G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING, error);
  if (bytes == NULL)
    return FALSE;

  while (sent < size)
    {
      GOutputVector vector = { bytes + sent, size - sent };
      gboolean with_fds = control != NULL && sent == 0;
      g_autoptr (GError) full = NULL;
      gssize n = g_socket_send_message (socket, NULL, &vector, 1, with_fds ? &control : NULL,
                                        with_fds ? 1 : 0, G_SOCKET_MSG_NONE, NULL, &full);

      /* GDBus has it not block. */
      if (n < 0 && !g_error_matches (full, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          g_propagate_error (error, g_steal_pointer (&full));
          return FALSE;
        }
      if (n < 0 && !g_socket_condition_wait (socket, G_IO_OUT, NULL, error))
        return FALSE;
      sent += (gsize) MAX (n, 0);
    }

  return TRUE;
}

/* ---- what a transaction asks of the broker --------------------------------------------------- */

static gboolean
on_sending (gboolean spends, gpointer user_data)
{
  Run *run = user_data;
  g_autoptr (GDBusMessage) signal
      = g_dbus_message_new_signal (CK_WORKER_PATH, CK_IFACE_WORKER, "Sending");

  /* On the wire before the request is: the broker must know what a worker that dies had begun. */
  g_dbus_message_set_body (signal, g_variant_new ("(b)", spends));

  return send_now (run->worker, signal, NULL);
}

static SecretValue *
take_secret (GVariant *answer, GUnixFDList *fds, GError **error)
{
  SecretValue *secret;
  gint32 handle;
  int fd;

  if (fds == NULL || !g_variant_lookup (answer, "secret", "h", &handle))
    {
      g_set_error_literal (error, CK_ERROR, CK_ERROR_FAILED, "no secret was answered");
      return NULL;
    }

  fd = g_unix_fd_list_get (fds, handle, error);
  if (fd < 0)
    return NULL;
  secret = ck_secret_from_memfd (fd, MAX_ANSWER, error);
  close (fd);

  return secret;
}

static int
remaining_ms (gint64 deadline)
{
  return (int) CLAMP ((deadline - g_get_monotonic_time ()) / 1000, 1, G_MAXINT);
}

static GVariant *
on_converse (const char *style,
             GVariant *details,
             gint64 deadline,
             SecretValue **secret,
             gpointer user_data,
             GError **error)
{
  Run *run = user_data;
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) answer = NULL;
  g_autoptr (GError) local_error = NULL;

  reply = g_dbus_connection_call_with_unix_fd_list_sync (run->worker->connection,
                                                         NULL,
                                                         CK_CONVERSATION_PATH,
                                                         CK_IFACE_CONVERSATION,
                                                         "Converse",
                                                         g_variant_new ("(s@a{sv})",
                                                                        style,
                                                                        details),
                                                         G_VARIANT_TYPE ("(a{sv})"),
                                                         G_DBUS_CALL_FLAGS_NONE,
                                                         remaining_ms (deadline),
                                                         NULL,
                                                         &fds,
                                                         NULL,
                                                         &local_error);
  if (reply == NULL)
    {
      g_dbus_error_strip_remote_error (local_error);
      g_propagate_error (error, ck_error_map (g_steal_pointer (&local_error)));
      return NULL;
    }

  g_variant_get (reply, "(@a{sv})", &answer);
  if (g_str_equal (style, "secret"))
    {
      *secret = take_secret (answer, fds, error);
      if (*secret == NULL)
        return NULL;
    }

  return g_steal_pointer (&answer);
}

static const CkTransactionHooks hooks = { on_sending, on_converse, log_line };

/* ---- running --------------------------------------------------------------------------------- */

static CkResult
call_module (const char *module, int argc, const char **argv, gboolean silent, gpointer user_data)
{
  Run *run = user_data;
  CkTransaction *t = run->transaction;
  g_autoptr (GError) error = NULL;
  CkModuleFunc function;
  CkResult result;

  ck_transaction_begin_module (t, module, argv);
  function = ck_module_loader_find (run->worker->loader,
                                    module,
                                    ck_transaction_get_operation (t),
                                    &error);
  if (function != NULL)
    result = function (t, argc, argv);
  else
    {
      ck_transaction_fail (t, "none", "%s", error->message);
      result = CK_RESULT_MODULE_UNKNOWN;
      if (!silent)
        log_line (error->message, NULL);
    }
  ck_transaction_end_module (t, result);

  return result;
}

static void
run_stack (Run *run, CkStack *stack)
{
  guint deciding = CK_STACK_NOBODY;
  CkResult verdict = ck_stack_run (stack, call_module, run, &deciding);
  const char *module = deciding != CK_STACK_NOBODY ? ck_stack_get_module (stack, deciding) : "";

  (void) ck_transaction_finish (run->transaction, verdict, module);
}

static GVariant *
make_reply (CkTransaction *t, GUnixFDList *fds, GError **error)
{
  g_autoptr (CkGrant) grant = ck_transaction_dup_new_grant (t);
  GVariantBuilder handles;
  int fd, handle;

  g_variant_builder_init (&handles, G_VARIANT_TYPE ("ah"));
  if (grant != NULL)
    {
      fd = ck_secret_to_memfd (ck_grant_get_value (grant), error);
      if (fd < 0)
        {
          g_variant_builder_clear (&handles);
          return NULL;
        }
      handle = g_unix_fd_list_append (fds, fd, error);
      close (fd);
      if (handle < 0)
        {
          g_variant_builder_clear (&handles);
          return NULL;
        }
      g_variant_builder_add (&handles, "h", handle);
    }

  return g_variant_new ("(s@a{sv}ah)",
                        ck_result_to_string (ck_transaction_get_verdict (t)),
                        ck_transaction_dup_details (t),
                        &handles);
}

static int
get_fd (GDBusMethodInvocation *invocation, gint32 handle, GError **error)
{
  GUnixFDList *fds =
      g_dbus_message_get_unix_fd_list (g_dbus_method_invocation_get_message (invocation));

  if (fds == NULL || handle < 0 || handle >= g_unix_fd_list_get_length (fds))
    {
      g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "the descriptor %d is missing", handle);
      return -1;
    }

  return g_unix_fd_list_get (fds, handle, error);
}

/* Before anything else: once the broker has taken it back, another worker may send its token. */
static gboolean
take_claim (GDBusMethodInvocation *invocation, GVariant *arguments, GError **error)
{
  eventfd_t count;
  gint32 handle;
  int fd, taken;

  if (!g_variant_lookup (arguments, "claim", "h", &handle))
    return TRUE;

  fd = get_fd (invocation, handle, error);
  if (fd < 0)
    return FALSE;
  taken = eventfd_read (fd, &count);
  close (fd);
  if (taken < 0)
    g_set_error_literal (error, CK_ERROR, CK_ERROR_CANCELLED, "the broker has taken it back");

  return taken == 0;
}

static SecretValue *
get_secrets (GDBusMethodInvocation *invocation, gint32 handle, GError **error)
{
  SecretValue *secrets;
  int fd = get_fd (invocation, handle, error);

  if (fd < 0)
    return NULL;
  secrets = ck_secret_from_memfd (fd, MAX_SECRETS, error);
  close (fd);

  return secrets;
}

/* What Run was given, as something to run. */
static gboolean
prepare (GVariant *parameters,
         GDBusMethodInvocation *invocation,
         CkStack **stack,
         CkTransaction **transaction,
         GError **error)
{
  g_autoptr (GVariant) compiled = NULL;
  g_autoptr (GVariant) settings = NULL;
  g_autoptr (GVariant) failures = NULL;
  g_autoptr (GVariant) arguments = NULL;
  g_autoptr (SecretValue) secrets = NULL;
  g_autoptr (CkStack) new_stack = NULL;
  g_autoptr (CkTransaction) new_transaction = NULL;
  gint32 handle;

  g_variant_get (parameters,
                 "(v@a{ss}@a(ss)@a{sv}h)",
                 &compiled,
                 &settings,
                 &failures,
                 &arguments,
                 &handle);
  if (!take_claim (invocation, arguments, error))
    return FALSE;
  secrets = get_secrets (invocation, handle, error);
  if (secrets == NULL)
    return FALSE;
  new_stack = ck_stack_new_from_variant (compiled, error);
  if (new_stack == NULL)
    return FALSE;
  new_transaction = ck_transaction_new (settings, failures, arguments, secrets, error);
  if (new_transaction == NULL)
    return FALSE;

  if (!g_str_equal (ck_stack_get_operation (new_stack),
                    ck_transaction_get_operation (new_transaction)))
    {
      g_set_error_literal (error,
                           CK_ERROR,
                           CK_ERROR_INVALID_ARGUMENT,
                           "the stack is of another operation");
      return FALSE;
    }

  *stack = g_steal_pointer (&new_stack);
  *transaction = g_steal_pointer (&new_transaction);

  return TRUE;
}

static gboolean
answer (CkWorker *worker, GDBusMethodInvocation *invocation, CkTransaction *t, GError **error)
{
  GDBusMessage *call = g_dbus_method_invocation_get_message (invocation);
  g_autoptr (GDBusMessage) reply = g_dbus_message_new_method_reply (call);
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  GVariant *body = make_reply (t, fds, error);

  if (body == NULL)
    return FALSE;
  g_dbus_message_set_body (reply, body);
  if (g_unix_fd_list_get_length (fds) > 0)
    g_dbus_message_set_unix_fd_list (reply, fds);

  return send_now (worker, reply, error);
}

/* Waited for, or the next job's first word would come before it, or into it. */
static void
refuse (CkWorker *worker, GDBusMethodInvocation *invocation, GError *error)
{
  g_dbus_method_invocation_take_error (invocation, error);
  g_dbus_connection_flush_sync (worker->connection, NULL, NULL);
}

static void
handle_run (CkWorker *worker, GDBusMethodInvocation *invocation)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autoptr (CkStack) stack = NULL;
  g_autoptr (CkTransaction) t = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *what = NULL;
  Run run;

  if (!prepare (parameters, invocation, &stack, &t, &error))
    {
      refuse (worker, invocation, g_steal_pointer (&error));
      return;
    }

  run = (Run){ worker, t };
  ck_transaction_set_hooks (t, &hooks, &run);
  what = g_strdup_printf ("%s of %s",
                          ck_transaction_get_operation (t),
                          ck_transaction_get_channel (t));
  if (worker->watchdog != NULL)
    ck_watchdog_arm (worker->watchdog, what, ck_transaction_get_last_moment (t));
  run_stack (&run, stack);

  if (answer (worker, invocation, t, &error))
    g_object_unref (invocation);
  else
    refuse (worker, invocation, g_steal_pointer (&error));
  if (worker->watchdog != NULL)
    ck_watchdog_disarm (worker->watchdog);
}

static void
on_method_call (GDBusConnection *connection,
                const char *sender,
                const char *path,
                const char *interface,
                const char *method,
                GVariant *parameters,
                GDBusMethodInvocation *invocation,
                gpointer user_data)
{
  CkWorker *worker = user_data;

  /* The one method there is; GDBus has checked name and types. A module that turns the main loop while it
   * waits for something must not begin the next transaction within its own. */
  g_queue_push_tail (&worker->calls, invocation);
  if (worker->is_running)
    return;

  worker->is_running = TRUE;
  while ((invocation = g_queue_pop_head (&worker->calls)) != NULL)
    handle_run (worker, invocation);
  worker->is_running = FALSE;
}

/* ---- the object ------------------------------------------------------------------------------ */

CkWorker *
ck_worker_new (GDBusConnection *connection,
               CkModuleLoader *loader,
               CkWatchdog *watchdog,
               GError **error)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_method_call };
  g_autoptr (CkWorker) worker = g_new0 (CkWorker, 1);
  g_autoptr (GBytes) xml = NULL;

  /* Registers our errors with GDBus: the broker's answers must arrive as what they are. */
  (void) ck_error_quark ();

  worker->connection = g_object_ref (connection);
  worker->loader = loader;
  worker->watchdog = watchdog;

  xml = g_resources_lookup_data (XML_RESOURCE, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  if (xml == NULL)
    return NULL;
  worker->node = g_dbus_node_info_new_for_xml (g_bytes_get_data (xml, NULL), error);
  if (worker->node == NULL)
    return NULL;

  worker->registration = g_dbus_connection_register_object (
      connection,
      CK_WORKER_PATH,
      g_dbus_node_info_lookup_interface (worker->node, CK_IFACE_WORKER),
      &vtable,
      worker,
      NULL,
      error);
  if (worker->registration == 0)
    return NULL;

  return g_steal_pointer (&worker);
}

void
ck_worker_free (CkWorker *worker)
{
  if (worker->registration != 0)
    g_dbus_connection_unregister_object (worker->connection, worker->registration);
  g_clear_pointer (&worker->node, g_dbus_node_info_unref);
  g_clear_object (&worker->connection);
  g_free (worker);
}
