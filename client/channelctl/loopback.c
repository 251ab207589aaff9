/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "loopback.h"

#include <string.h>

#include "loopback-peer.h"
#include "loopback-request.h"

/* Codes of some platforms are kilobytes long; browsers send about 1 KiB of headers besides. */
#define MAX_HEAD 16384
#define MAX_CLIENTS 16
#define CLIENT_TIMEOUT_S 10

struct _CkLoopback
{
  GSocketService *service; /* NULL once the answer is there */
  GPtrArray *clients;      /* of Client, not owned: each ends itself */
  CkLoopbackFunc func;
  gpointer user_data;
  char *uri;
  char *host; /* what Host must be */
  char *path;
  char *state;  /* nullable */
  gboolean own_user_only;
  char *target; /* the answer's, once it is there */
};

/* One connection. It lives until its last asynchronous call has come back. */
typedef struct
{
  CkLoopback *loopback; /* NULL once that is gone */
  GSocketConnection *connection;
  GCancellable *cancellable;
  guint timeout;
  char *answer;
  gboolean is_last; /* brought what was waited for */
  gsize size;
  char head[MAX_HEAD];
} Client;

gboolean
ck_loopback_supports (const char *uri)
{
  g_autoptr (GUri) parsed = uri != NULL ? g_uri_parse (uri, G_URI_FLAGS_ENCODED, NULL) : NULL;
  const char *host;

  if (parsed == NULL || strcmp (g_uri_get_scheme (parsed), "http") != 0
      || g_uri_get_userinfo (parsed) != NULL)
    return FALSE;
  host = g_uri_get_host (parsed);

  return g_strcmp0 (host, "127.0.0.1") == 0 || g_strcmp0 (host, "::1") == 0
         || g_strcmp0 (host, "localhost") == 0;
}

static void
client_free (Client *client)
{
  if (client->loopback != NULL)
    g_ptr_array_remove_fast (client->loopback->clients, client);
  if (client->timeout != 0)
    g_source_remove (client->timeout);
  g_io_stream_close (G_IO_STREAM (client->connection), NULL, NULL);
  g_object_unref (client->connection);
  g_object_unref (client->cancellable);
  g_free (client->answer);
  /* The head may hold an authorization code; it is of use once, with the verifier, which is not
   * here. */
  g_free (client);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)

static void
stop_listening (CkLoopback *self)
{
  if (self->service == NULL)
    return;
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_clear_object (&self->service);
}

static void
deliver (CkLoopback *self)
{
  /* The authority of the redirect URI; the rest is the browser's. */
  g_autofree char *uri = g_strdup_printf ("http://%s%s", self->host, self->target);

  self->func (uri, self->user_data);
}

static void
write_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Client) client = user_data;
  CkLoopback *self = client->loopback;
  gboolean is_last = client->is_last;

  /* Whether the browser got its page makes no difference. */
  (void) g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
  g_clear_pointer (&client, client_free);
  if (self != NULL && is_last)
    deliver (self);
}

static void
answer (Client *client, guint status)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (client->connection));

  client->answer = ck_loopback_request_answer (status);
  g_output_stream_write_all_async (output, client->answer, strlen (client->answer),
                                   G_PRIORITY_DEFAULT, client->cancellable, write_cb, client);
}

static gboolean
head_is_whole (const Client *client)
{
  return memmem (client->head, client->size, "\r\n\r\n", 4) != NULL
         || memmem (client->head, client->size, "\n\n", 2) != NULL;
}

static void read_more (Client *client);

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Client) client = user_data;
  CkLoopback *self = client->loopback;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);
  g_autofree char *target = NULL;
  guint status;

  if (n <= 0 || self == NULL || self->target != NULL)
    return;

  client->size += (gsize) n;
  if (!head_is_whole (client))
    {
      if (client->size < sizeof client->head)
        read_more (g_steal_pointer (&client));
      else
        answer (g_steal_pointer (&client), 431);
      return;
    }

  status = ck_loopback_request_check (client->head, client->size, self->host, self->path,
                                      self->state, &target);
  if (status == 200 && self->own_user_only && !ck_loopback_peer_is_own (client->connection))
    status = 404;
  if (status == 200)
    {
      self->target = g_steal_pointer (&target);
      client->is_last = TRUE;
      stop_listening (self);
    }
  answer (g_steal_pointer (&client), status);
}

static void
read_more (Client *client)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (client->connection));

  g_input_stream_read_async (input, client->head + client->size, sizeof client->head - client->size,
                             G_PRIORITY_DEFAULT, client->cancellable, read_cb, client);
}

static gboolean
on_client_timeout (gpointer user_data)
{
  Client *client = user_data;

  client->timeout = 0;
  g_cancellable_cancel (client->cancellable);

  return G_SOURCE_REMOVE;
}

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             gpointer user_data)
{
  CkLoopback *self = user_data;
  Client *client;

  /* A browser needs milliseconds: of too many connections the oldest is the least likely its. */
  if (self->clients->len >= MAX_CLIENTS)
    g_cancellable_cancel (((Client *) self->clients->pdata[0])->cancellable);
  if (self->clients->len >= MAX_CLIENTS * 2)
    return TRUE;

  client = g_new0 (Client, 1);
  client->loopback = self;
  client->connection = g_object_ref (connection);
  client->cancellable = g_cancellable_new ();
  client->timeout = g_timeout_add_seconds (CLIENT_TIMEOUT_S, on_client_timeout, client);
  g_ptr_array_add (self->clients, client);
  read_more (client);

  return TRUE;
}

/* Binds @literal:@port and nothing else. Returns the port, 0 on failure. */
static guint16
listen_on (GSocketService *service, const char *literal, guint16 port, GError **error)
{
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new_from_string (literal, port);
  g_autoptr (GSocketAddress) effective = NULL;

  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (service), wanted, G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_TCP, NULL, &effective, error))
    return 0;

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
}

static guint16
listen_for (GSocketService *service, const char *host, guint16 port, GError **error)
{
  guint16 bound;

  if (strcmp (host, "localhost") != 0)
    return listen_on (service, host, port, error);

  bound = listen_on (service, "127.0.0.1", port, error);
  if (bound != 0)
    /* Browsers try both; a machine without IPv6 has only the one. */
    (void) listen_on (service, "::1", bound, NULL);

  return bound;
}

CkLoopback *
ck_loopback_new (const char *redirect_uri, CkLoopbackFunc func, gpointer user_data, GError **error)
{
  g_autoptr (GUri) parsed = NULL;
  g_autoptr (GSocketService) service = NULL;
  g_autofree char *path = NULL;
  CkLoopback *self;
  const char *host;
  guint16 port;

  g_return_val_if_fail (ck_loopback_supports (redirect_uri), NULL);

  parsed = g_uri_parse (redirect_uri, G_URI_FLAGS_ENCODED, NULL);
  host = g_uri_get_host (parsed);
  port = (guint16) (g_uri_get_port (parsed) < 0 ? 80 : g_uri_get_port (parsed));
  service = g_socket_service_new ();
  /* An address that is added to a running service can cost it the connection it is accepting. */
  g_socket_service_stop (service);
  port = listen_for (service, host, port, error);
  if (port == 0)
    {
      g_socket_listener_close (G_SOCKET_LISTENER (service));
      return NULL;
    }

  self = g_new0 (CkLoopback, 1);
  self->service = g_steal_pointer (&service);
  self->clients = g_ptr_array_new ();
  self->func = func;
  self->user_data = user_data;
  self->path = g_strdup (*g_uri_get_path (parsed) != '\0' ? g_uri_get_path (parsed) : "/");
  /* Browsers leave the default port out. */
  self->host = port == 80 ? g_strdup_printf (strchr (host, ':') ? "[%s]" : "%s", host)
                          : g_strdup_printf (strchr (host, ':') ? "[%s]:%u" : "%s:%u", host, port);
  self->uri = g_strdup_printf ("http://%s%s%s%s", self->host, g_uri_get_path (parsed),
                               g_uri_get_query (parsed) != NULL ? "?" : "",
                               g_uri_get_query (parsed) != NULL ? g_uri_get_query (parsed) : "");
  g_signal_connect (self->service, "incoming", G_CALLBACK (on_incoming), self);
  g_socket_service_start (self->service);

  return self;
}

void
ck_loopback_free (CkLoopback *self)
{
  stop_listening (self);
  for (guint i = 0; i < self->clients->len; i++)
    {
      Client *client = self->clients->pdata[i];

      client->loopback = NULL;
      g_cancellable_cancel (client->cancellable);
    }
  g_ptr_array_unref (self->clients);
  g_free (self->uri);
  g_free (self->host);
  g_free (self->path);
  g_free (self->state);
  g_free (self->target);
  g_free (self);
}

void
ck_loopback_expect (CkLoopback *self, const char *authorization_uri, const char *state)
{
  g_autoptr (GUri) parsed = g_uri_parse (authorization_uri, G_URI_FLAGS_ENCODED, NULL);
  const char *query = parsed != NULL ? g_uri_get_query (parsed) : NULL;
  g_autoptr (GHashTable) params = NULL;

  if (query != NULL)
    params = g_uri_parse_params (query, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);
  if (state == NULL && params != NULL)
    state = g_hash_table_lookup (params, "state");
  if (state == NULL && params != NULL)
    state = g_hash_table_lookup (params, "oauth_token");
  g_free (self->state);
  self->state = g_strdup (state);
}

void
ck_loopback_set_own_user_only (CkLoopback *self, gboolean own)
{
  self->own_user_only = own;
}

const char *
ck_loopback_get_uri (CkLoopback *self)
{
  return self->uri;
}
