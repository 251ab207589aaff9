/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-worker-traffic.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>

#include "ck-foreign-fds.h"
#include "ck-names.h"

/* A connect polls every few seconds for minutes and announces each request: some hundred. */
#define MAX_MESSAGES 4096

struct _CkWorkerTraffic
{
  gatomicrefcount ref_count;
  int n_messages;   /* atomic */
  int n_answers;    /* atomic */
  int has_spent[2]; /* atomic; of jobs with an even number, and with an odd one */
};

void
ck_worker_traffic_unref (CkWorkerTraffic *traffic)
{
  if (g_atomic_ref_count_dec (&traffic->ref_count))
    g_free (traffic);
}

void
ck_worker_traffic_reset (CkWorkerTraffic *traffic, guint number)
{
  g_atomic_int_set (&traffic->n_messages, 0);
  g_atomic_int_set (&traffic->has_spent[number % 2], FALSE);
}

gboolean
ck_worker_traffic_has_begun (CkWorkerTraffic *traffic, guint number)
{
  return (guint) g_atomic_int_get (&traffic->n_answers) >= number;
}

gboolean
ck_worker_traffic_has_spent (CkWorkerTraffic *traffic, guint number)
{
  return g_atomic_int_get (&traffic->has_spent[number % 2]);
}

void
ck_worker_traffic_cut (GDBusConnection *connection)
{
  GIOStream *stream = g_dbus_connection_get_stream (connection);

  if (G_IS_SOCKET_CONNECTION (stream))
    g_socket_shutdown (g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream)),
                       TRUE,
                       TRUE,
                       NULL);
}

static void
note_signal (CkWorkerTraffic *traffic, GDBusMessage *message)
{
  GVariant *body = g_dbus_message_get_body (message);
  gboolean spends;

  if (g_strcmp0 (g_dbus_message_get_interface (message), CK_IFACE_WORKER) != 0
      || g_strcmp0 (g_dbus_message_get_member (message), "Sending") != 0 || body == NULL
      || !g_variant_is_of_type (body, G_VARIANT_TYPE ("(b)")))
    return;

  g_variant_get (body, "(b)", &spends);
  if (spends)
    g_atomic_int_set (&traffic->has_spent[(guint) g_atomic_int_get (&traffic->n_answers) % 2], TRUE);
}

static gboolean
is_question (GDBusMessage *message)
{
  return g_strcmp0 (g_dbus_message_get_path (message), CK_CONVERSATION_PATH) == 0
         && g_strcmp0 (g_dbus_message_get_interface (message), CK_IFACE_CONVERSATION) == 0;
}

/* What a worker has to send is a memfd, which takes no time to close, whoever does it. */
static gboolean
has_memfds_only (GDBusMessage *message)
{
  GUnixFDList *list = g_dbus_message_get_unix_fd_list (message);
  const int *fds = list != NULL ? g_unix_fd_list_peek_fds (list, NULL) : NULL;

  for (gsize i = 0; fds != NULL && fds[i] >= 0; i++)
    {
      if (fcntl (fds[i], F_GET_SEALS) < 0)
        return FALSE;
    }

  return TRUE;
}

static GDBusMessage *
on_message (GDBusConnection *connection,
            GDBusMessage *message,
            gboolean incoming,
            gpointer user_data)
{
  CkWorkerTraffic *traffic = user_data;
  GDBusMessageType type = g_dbus_message_get_message_type (message);

  if (!incoming)
    return message;

  if (!has_memfds_only (message))
    {
      ck_foreign_fds_guard (message);
      ck_worker_traffic_cut (connection);
    }
  else if (g_atomic_int_add (&traffic->n_messages, 1) >= MAX_MESSAGES)
    ck_worker_traffic_cut (connection);
  else if (type == G_DBUS_MESSAGE_TYPE_METHOD_RETURN || type == G_DBUS_MESSAGE_TYPE_ERROR)
    {
      g_atomic_int_inc (&traffic->n_answers);
      return message;
    }
  else if (type == G_DBUS_MESSAGE_TYPE_METHOD_CALL && is_question (message))
    return message;
  else if (type == G_DBUS_MESSAGE_TYPE_SIGNAL)
    note_signal (traffic, message);

  g_object_unref (message);

  return NULL;
}

CkWorkerTraffic *
ck_worker_traffic_new (GDBusConnection *connection)
{
  CkWorkerTraffic *traffic = g_new0 (CkWorkerTraffic, 1);

  g_atomic_ref_count_init (&traffic->ref_count);
  g_atomic_ref_count_inc (&traffic->ref_count);
  g_dbus_connection_add_filter (connection,
                                on_message,
                                traffic,
                                (GDestroyNotify) ck_worker_traffic_unref);

  return traffic;
}
