/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-worker-peer.h"

#include <gio/gunixfdlist.h>
#include <gio/gunixsocketaddress.h>
#include <unistd.h>

#include "ck-background.h"
#include "ck-conversation.h"
#include "ck-error.h"
#include "ck-names.h"
#include "ck-outcome-private.h"
#include "ck-worker-call.h"
#include "ck-worker-interface.h"
#include "ck-worker-process.h"
#include "ck-worker-traffic.h"

#define START_SECONDS 10
#define MAX_JOBS 100
#define MAX_AGE (10 * G_TIME_SPAN_MINUTE)

/* What a worker has to say that it ran out of time, before it is believed to hang. */
#define GRACE_SECONDS 3

/* So much later (µs) than the worker, at most, do we see that its next job has begun. */
#define MAX_LAG (G_TIME_SPAN_SECOND / 5)

struct _CkWorkerPeer
{
  GObject parent;
  char *client;
  CkWorkerProcess *process; /* NULL: not our child */
  GDBusConnection *connection;
  CkWorkerTraffic *traffic;
  GCancellable *starting; /* NULL once started */
  GSource *deadline;      /* for its start, then for the job that runs */
  GTask *runs;            /* not owned: its job is with the worker, which runs it */
  GTask *next;            /* not owned: its job is with the worker, which runs it next */
  CkConversation *conversation; /* of the job that runs, NULL if none does */
  guint registration;
  guint n_jobs;
  gint64 started_at; /* monotonic */
  gint64 run_at;     /* monotonic */
  gboolean is_closed;
};

G_DEFINE_FINAL_TYPE (CkWorkerPeer, ck_worker_peer, G_TYPE_OBJECT)

enum
{
  SIGNAL_CLOSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
clear_deadline (CkWorkerPeer *self)
{
  if (self->deadline != NULL)
    g_source_destroy (self->deadline);
  g_clear_pointer (&self->deadline, g_source_unref);
}

static gboolean
on_deadline (gpointer user_data)
{
  ck_worker_peer_close (user_data);

  return G_SOURCE_REMOVE;
}

static void
set_deadline (CkWorkerPeer *self, guint seconds)
{
  clear_deadline (self);
  self->deadline = g_timeout_source_new_seconds (seconds);
  g_source_set_callback (self->deadline, on_deadline, self, NULL);
  g_source_attach (self->deadline, g_main_context_get_thread_default ());
}

static void
ck_worker_peer_dispose (GObject *object)
{
  CkWorkerPeer *self = CK_WORKER_PEER (object);

  ck_worker_peer_close (self);
  g_clear_object (&self->starting);
  clear_deadline (self);
  g_clear_pointer (&self->conversation, ck_conversation_end);
  if (self->connection != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->connection, self);
      if (self->registration != 0)
        g_dbus_connection_unregister_object (self->connection, self->registration);
      self->registration = 0;
    }
  g_clear_object (&self->connection);
  g_clear_pointer (&self->traffic, ck_worker_traffic_unref);
  g_clear_pointer (&self->process, ck_worker_process_free);

  G_OBJECT_CLASS (ck_worker_peer_parent_class)->dispose (object);
}

static void
ck_worker_peer_finalize (GObject *object)
{
  g_free (CK_WORKER_PEER (object)->client);

  G_OBJECT_CLASS (ck_worker_peer_parent_class)->finalize (object);
}

static void
ck_worker_peer_class_init (CkWorkerPeerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = ck_worker_peer_dispose;
  object_class->finalize = ck_worker_peer_finalize;

  signals[SIGNAL_CLOSED] = g_signal_new ("closed",
                                         CK_TYPE_WORKER_PEER,
                                         G_SIGNAL_RUN_LAST,
                                         0,
                                         NULL,
                                         NULL,
                                         NULL,
                                         G_TYPE_NONE,
                                         0);
}

static void
ck_worker_peer_init (CkWorkerPeer *self)
{
}

CkWorkerPeer *
ck_worker_peer_new (const char *client)
{
  CkWorkerPeer *worker = g_object_new (CK_TYPE_WORKER_PEER, NULL);

  worker->client = g_strdup (client);

  return worker;
}

const char *
ck_worker_peer_get_client (CkWorkerPeer *worker)
{
  return worker->client;
}

guint
ck_worker_peer_get_jobs_left (CkWorkerPeer *worker)
{
  return MAX_JOBS - worker->n_jobs;
}

gboolean
ck_worker_peer_takes_another (CkWorkerPeer *worker)
{
  gint64 now = g_get_monotonic_time ();

  return worker->connection != NULL && !worker->is_closed && worker->next == NULL
         && worker->n_jobs < MAX_JOBS && now - worker->started_at < MAX_AGE
         && (worker->runs == NULL
             || now - worker->run_at < CK_WORKER_PEER_USUAL_SECONDS * G_TIME_SPAN_SECOND);
}

gboolean
ck_worker_peer_is_reusable (CkWorkerPeer *worker)
{
  return worker->runs == NULL && ck_worker_peer_takes_another (worker);
}

void
ck_worker_peer_close (CkWorkerPeer *worker)
{
  if (worker->is_closed)
    return;
  worker->is_closed = TRUE;

  if (worker->starting != NULL)
    g_cancellable_cancel (worker->starting);
  if (worker->connection != NULL)
    ck_worker_traffic_cut (worker->connection);
  if (worker->process != NULL && (worker->starting != NULL || worker->conversation != NULL))
    ck_worker_process_kill (worker->process);
}

static void
on_closed (GDBusConnection *connection,
           gboolean remote_peer_vanished,
           GError *error,
           gpointer user_data)
{
  CkWorkerPeer *self = user_data;

  ck_worker_peer_close (self);
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0);
}

/* ---- starting -------------------------------------------------------------------------------- */

static void connect_cb (GObject *source, GAsyncResult *result, gpointer user_data);
static void authenticate_cb (GObject *source, GAsyncResult *result, gpointer user_data);

/* GDBus quotes what does not authenticate, and that may be any bytes. */
static void
fail_start (GTask *task, const char *why)
{
  CkWorkerPeer *self = g_task_get_source_object (task);
  g_autofree char *words = ck_outcome_clean_text (why, 256);

  ck_worker_peer_close (self);
  g_clear_object (&self->starting);
  clear_deadline (self);
  g_task_return_new_error (task, CK_ERROR, CK_ERROR_FAILED, "no worker could be started: %s", words);
  g_object_unref (task);
}

/* Messages wait until the traffic is looked at and the conversation is there. */
static void
authenticate (GTask *task, GSocketConnection *stream)
{
  CkWorkerPeer *self = g_task_get_source_object (task);

  g_dbus_connection_new (G_IO_STREAM (stream),
                         NULL,
                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                             | G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                         NULL,
                         self->starting,
                         authenticate_cb,
                         task);
}

void
ck_worker_peer_start_async (CkWorkerPeer *worker,
                       const char *worker_path,
                       const char *socket_path,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  GTask *task = g_task_new (worker, NULL, callback, user_data);
  g_autoptr (GSocketConnection) stream = NULL;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) error = NULL;

  g_task_set_source_tag (task, ck_worker_peer_start_async);
  worker->starting = g_cancellable_new ();
  worker->started_at = g_get_monotonic_time ();
  set_deadline (worker, START_SECONDS);

  if (socket_path != NULL
      && (worker_path == NULL || g_file_test (socket_path, G_FILE_TEST_EXISTS)))
    {
      g_autoptr (GSocketClient) client = g_socket_client_new ();
      g_autoptr (GSocketAddress) address = g_unix_socket_address_new (socket_path);

      g_socket_client_connect_async (client,
                                     G_SOCKET_CONNECTABLE (address),
                                     worker->starting,
                                     connect_cb,
                                     task);
      return;
    }

  worker->process = ck_worker_process_start (worker_path, &socket, &error);
  if (worker->process == NULL)
    {
      fail_start (task, error->message);
      return;
    }
  stream = g_socket_connection_factory_create_connection (socket);
  authenticate (task, stream);
}

static void
connect_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) stream
      = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  g_autofree char *why = NULL;

  if (stream != NULL)
    {
      authenticate (user_data, stream);
      return;
    }

  why = g_strdup_printf (CK_WORKER_SOCKET_UNIT " does not answer (%s): systemctl start "
                         CK_WORKER_SOCKET_UNIT, error->message);
  fail_start (user_data, why);
}

static void
handle_method_call (GDBusConnection *connection,
                    const char *sender,
                    const char *object_path,
                    const char *interface_name,
                    const char *method_name,
                    GVariant *parameters,
                    GDBusMethodInvocation *invocation,
                    gpointer user_data)
{
  CkWorkerPeer *self = user_data;

  if (self->conversation != NULL)
    ck_conversation_ask (self->conversation, invocation);
  else
    g_dbus_method_invocation_return_error_literal (invocation,
                                                   CK_ERROR,
                                                   CK_ERROR_NOT_SUPPORTED,
                                                   "no transaction runs");
}

static const GDBusInterfaceVTable vtable = { .method_call = handle_method_call };

static void
authenticate_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = g_dbus_connection_new_finish (result, &error);
  GTask *task = user_data;
  CkWorkerPeer *self = g_task_get_source_object (task);

  if (connection == NULL || self->is_closed)
    {
      fail_start (task, connection == NULL ? error->message : "it took too long, or was given up");
      return;
    }

  self->connection = g_steal_pointer (&connection);
  self->registration
      = g_dbus_connection_register_object (self->connection,
                                           CK_CONVERSATION_PATH,
                                           (GDBusInterfaceInfo *) &ck_conversation1_interface,
                                           &vtable,
                                           self,
                                           NULL,
                                           &error);
  if (self->registration == 0)
    {
      fail_start (task, error->message);
      return;
    }

  self->traffic = ck_worker_traffic_new (self->connection);
  g_signal_connect (self->connection, "closed", G_CALLBACK (on_closed), self);
  g_clear_object (&self->starting);
  clear_deadline (self);
  g_dbus_connection_start_message_processing (self->connection);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

gboolean
ck_worker_peer_start_finish (CkWorkerPeer *worker, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- running a job --------------------------------------------------------------------------- */

static void answered_cb (GObject *source, GAsyncResult *result, gpointer user_data);

/* The worker has nothing else to do: the time of @task's job counts from now. */
static void
begin_job (CkWorkerPeer *self, GTask *task)
{
  CkJob *job = ((CkWorkerCall *) g_task_get_task_data (task))->job;

  self->runs = task;
  self->run_at = g_get_monotonic_time ();
  self->conversation = ck_conversation_new (job->converse, job->converse_data);
  set_deadline (self, MIN (job->timeout, 86400) + GRACE_SECONDS);
}

void
ck_worker_peer_run_async (CkWorkerPeer *worker,
                     CkJob *job,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (worker, NULL, callback, user_data);
  g_autoptr (GUnixFDList) fds = NULL;
  GError *error = NULL;
  CkWorkerCall *call = ck_worker_call_new (job, worker->n_jobs, worker->runs != NULL);

  g_return_if_fail (worker->next == NULL);

  g_task_set_source_tag (task, ck_worker_peer_run_async);
  g_task_set_task_data (task, call, (GDestroyNotify) ck_worker_call_free);

  fds = ck_worker_call_make_fds (call, &error);
  if (fds == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  worker->n_jobs++;
  ck_worker_traffic_reset (worker->traffic, call->number);
  if (worker->runs == NULL)
    begin_job (worker, task);
  else
    worker->next = task;

  /* Not given a cancellable: a reply that is already here must not be thrown away. No time limit
   * either: the deadline, which closes the connection, is for the job that runs. */
  g_dbus_connection_call_with_unix_fd_list (
      worker->connection,
      NULL,
      CK_WORKER_PATH,
      CK_IFACE_WORKER,
      "Run",
      ck_worker_call_make_arguments (call),
      G_VARIANT_TYPE ("(sa{sv}ah)"),
      G_DBUS_CALL_FLAGS_NONE,
      G_MAXINT,
      fds,
      NULL,
      answered_cb,
      g_steal_pointer (&task));
}

gboolean
ck_worker_peer_take_back (CkWorkerPeer *worker)
{
  GTask *task = worker->next;

  if (task == NULL || !ck_worker_call_take_back (g_task_get_task_data (task)))
    return FALSE;

  /* It stays the next: the traffic tells the spending of two jobs apart, not of three. */
  g_task_return_new_error (task, CK_ERROR, CK_ERROR_BUSY, "it was taken back");

  return TRUE;
}

/* By our clock, or because the worker's watchdog ended it in time, whose clock began a little before. */
static gboolean
out_of_time (CkWorkerPeer *self, CkJob *job, const GError *error)
{
  gint64 taken = g_get_monotonic_time () - self->run_at + MAX_LAG;

  return error->domain == G_IO_ERROR && taken >= job->timeout * G_TIME_SPAN_SECOND;
}

static CkOutcome *
make_broken_outcome (CkWorkerPeer *self, const CkWorkerCall *call, const GError *error)
{
  CkJob *job = call->job;
  gboolean in_doubt = ck_worker_traffic_has_spent (self->traffic, call->number);
  g_autofree char *message = ck_outcome_clean_text (error->message, 256);
  g_autofree char *detail = NULL;
  CkResult result = CK_RESULT_SYSTEM_ERR;

  if (out_of_time (self, job, error))
    {
      result = CK_RESULT_AUTHINFO_UNAVAIL;
      detail = g_strdup_printf ("the worker did not answer the %s of %s within %u seconds",
                                job->operation,
                                job->channel,
                                job->timeout);
    }
  else if (error->domain == CK_ERROR || g_dbus_error_is_remote_error (error)
           || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT))
    detail = g_strdup_printf ("the %s of %s failed: %s", job->operation, job->channel, message);
  else
    detail = g_strdup_printf ("the worker ended during the %s of %s", job->operation, job->channel);

  return ck_outcome_new_broken (result, in_doubt, detail);
}

/* The job of @task is no longer with the worker. */
static void
end_job (CkWorkerPeer *self, GTask *task)
{
  GTask *next = g_steal_pointer (&self->next);

  if (self->runs != task)
    return;

  self->runs = NULL;
  g_clear_pointer (&self->conversation, ck_conversation_end);
  clear_deadline (self);
  if (next != NULL && !((CkWorkerCall *) g_task_get_task_data (next))->is_taken_back)
    begin_job (self, next);
}

/* What was taken back has been refused, in its turn, or the connection is gone. */
static void
end_taken_back (CkWorkerPeer *self, GTask *task)
{
  if (self->next != task)
    return;

  self->next = NULL;
  ck_worker_peer_close (self);
}

static void
run_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkWorkerPeer *self = g_task_get_source_object (task);
  const CkWorkerCall *call = g_task_get_task_data (task);
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (CkOutcome) outcome = NULL;
  gboolean was_begun = TRUE;

  reply = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source),
                                                           &fds,
                                                           result,
                                                           &error);
  if (call->is_taken_back)
    {
      end_taken_back (self, task);
      return;
    }

  if (reply != NULL && self->runs != task)
    g_set_error_literal (&error, CK_ERROR, CK_ERROR_FAILED, "the worker answered out of turn");
  else if (reply != NULL)
    outcome = ck_outcome_new_from_reply (call->job->operation, reply, fds, &error);
  if (outcome == NULL)
    {
      was_begun = reply != NULL || ck_worker_traffic_has_begun (self->traffic, call->number);
      outcome = make_broken_outcome (self, call, error);
      ck_worker_peer_close (self);
    }

  end_job (self, task);
  if (was_begun)
    g_task_return_pointer (task, g_steal_pointer (&outcome), (GDestroyNotify) ck_outcome_free);
  else
    g_task_return_new_error (task, CK_ERROR, CK_ERROR_BUSY, "the worker ended before it began");
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ck_background_call_back (result, run_cb, user_data);
}

CkOutcome *
ck_worker_peer_run_finish (CkWorkerPeer *worker, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
