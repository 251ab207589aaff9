/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>

/*
 * platform PORT: a token endpoint that is fast enough not to be what is measured. Every refresh
 * token works once, or for ever after /_rotate/0; the answer comes after as many milliseconds as
 * /_delay/MS said last, and lives as many seconds as /_lifetime/S said. /_stats tells what was asked: requests, refresh tokens that
 * came twice, how many were served at once at most, and the microseconds from the first request to
 * the last answer. /_reset forgets it. For clients that want it there is a discovery document.
 */

#define MAX_REQUEST 65536

typedef struct
{
  pthread_mutex_t lock;
  guint16 port;
  GHashTable *seen; /* refresh tokens */
  guint delay_ms;
  guint lifetime;
  gboolean rotates;
  guint requests;
  guint twice;
  guint at_once;
  guint at_once_max;
  gint64 first;
  gint64 last;
} Platform;

typedef struct
{
  Platform *platform;
  int fd;
} Connection;

/* "rt-CHANNEL-7" becomes "rt-CHANNEL-8". */
static char *
next_token (const char *token)
{
  const char *dash = strrchr (token, '-');

  if (dash == NULL)
    return g_strdup ("rt-x-1");

  return g_strdup_printf ("%.*s-%d", (int) (dash - token), token, atoi (dash + 1) + 1);
}

static char *
find_refresh_token (const char *body)
{
  const char *start = strstr (body, "refresh_token=");

  /* The grant type has the same word in it, with the equals sign before it. */
  if (start == NULL)
    return g_strdup ("");
  start += strlen ("refresh_token=");

  return g_strndup (start, strcspn (start, "& \r\n"));
}

static char *
answer_token (Platform *platform, const char *body)
{
  g_autofree char *token = find_refresh_token (body);
  g_autofree char *next = NULL;
  g_autofree char *padding = g_strnfill (700, 'b');
  guint delay;
  guint lifetime;

  pthread_mutex_lock (&platform->lock);
  if (platform->first == 0)
    platform->first = g_get_monotonic_time ();
  platform->requests++;
  platform->at_once++;
  platform->at_once_max = MAX (platform->at_once_max, platform->at_once);
  if (!g_hash_table_add (platform->seen, g_strdup (token)))
    platform->twice++;
  delay = platform->delay_ms;
  lifetime = platform->lifetime;
  next = platform->rotates ? next_token (token) : g_strdup (token);
  pthread_mutex_unlock (&platform->lock);

  g_usleep (delay * 1000);

  pthread_mutex_lock (&platform->lock);
  platform->at_once--;
  platform->last = g_get_monotonic_time ();
  pthread_mutex_unlock (&platform->lock);

  return g_strdup_printf ("{\"access_token\":\"%s\",\"refresh_token\":\"%s\","
                          "\"token_type\":\"Bearer\",\"expires_in\":%u,\"scope\":\"publish chat\"}",
                          padding, next, lifetime);
}

static char *
answer_control (Platform *platform, const char *path)
{
  char *answer;

  pthread_mutex_lock (&platform->lock);
  if (g_str_has_prefix (path, "/_delay/"))
    platform->delay_ms = (guint) atoi (path + strlen ("/_delay/"));
  else if (g_str_has_prefix (path, "/_lifetime/"))
    platform->lifetime = (guint) atoi (path + strlen ("/_lifetime/"));
  else if (g_str_has_prefix (path, "/_rotate/"))
    platform->rotates = atoi (path + strlen ("/_rotate/")) != 0;
  else if (g_str_has_prefix (path, "/_reset"))
    {
      g_hash_table_remove_all (platform->seen);
      platform->requests = platform->twice = platform->at_once_max = 0;
      platform->first = platform->last = 0;
    }
  answer = g_strdup_printf (
      "{\"requests\":%u,\"twice\":%u,\"at_once\":%u,\"us\":%" G_GINT64_FORMAT "}",
      platform->requests, platform->twice, platform->at_once_max, platform->last - platform->first);
  pthread_mutex_unlock (&platform->lock);

  return answer;
}

static char *
answer_discovery (const Platform *platform)
{
  g_autofree char *issuer = g_strdup_printf ("http://127.0.0.1:%u", platform->port);

  return g_strdup_printf ("{\"issuer\":\"%s\",\"token_endpoint\":\"%s/token\","
                          "\"authorization_endpoint\":\"%s/authorize\","
                          "\"response_types_supported\":[\"code\"],"
                          "\"grant_types_supported\":[\"refresh_token\"],"
                          "\"scopes_supported\":[\"openid\",\"publish\"]}",
                          issuer, issuer, issuer);
}

static char *
answer_path (Platform *platform, const char *path, const char *body)
{
  if (g_str_has_prefix (path, "/_"))
    return answer_control (platform, path);
  if (g_str_has_prefix (path, "/.well-known/"))
    return answer_discovery (platform);

  return answer_token (platform, body);
}

/* Reads one request into buffer. Returns: the body; NULL when the peer has hung up. */
static const char *
read_request (int fd, char *buffer)
{
  gsize filled = 0;
  const char *end = NULL;
  const char *length;
  gsize wanted = 0;

  buffer[0] = '\0';
  while (end == NULL || filled < wanted)
    {
      gssize got = read (fd, buffer + filled, MAX_REQUEST - 1 - filled);

      if (got <= 0)
        return NULL;
      filled += (gsize) got;
      buffer[filled] = '\0';
      end = strstr (buffer, "\r\n\r\n");
      if (end == NULL)
        continue;
      length = strcasestr (buffer, "\r\ncontent-length:");
      wanted = (gsize) (end + 4 - buffer)
               + (length != NULL && length < end
                      ? (gsize) atoi (length + strlen ("\r\ncontent-length:"))
                      : 0);
    }

  return end + 4;
}

static void *
serve (void *data)
{
  Connection *connection = data;
  g_autofree char *buffer = g_malloc (MAX_REQUEST);
  const char *body;

  while ((body = read_request (connection->fd, buffer)) != NULL)
    {
      g_autofree char *path = NULL;
      g_autofree char *answer = NULL;
      g_autofree char *reply = NULL;
      const char *space = strchr (buffer, ' ');

      if (space == NULL)
        break;
      path = g_strndup (space + 1, strcspn (space + 1, " \r\n"));
      answer = answer_path (connection->platform, path, body);
      reply = g_strdup_printf ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                               "Content-Length: %zu\r\n\r\n%s",
                               strlen (answer), answer);
      if (write (connection->fd, reply, strlen (reply)) < 0)
        break;
    }
  close (connection->fd);
  g_free (connection);

  return NULL;
}

static int
listen_on (guint16 port)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_port = htons (port),
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int one = 1;

  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind (fd, (struct sockaddr *) &address, sizeof address) != 0 || listen (fd, 128) != 0)
    {
      perror ("platform");
      exit (EXIT_FAILURE);
    }

  return fd;
}

int
main (int argc, char **argv)
{
  Platform platform = { .lock = PTHREAD_MUTEX_INITIALIZER, .delay_ms = 20, .lifetime = 86400,
                        .rotates = TRUE };
  int fd;
  int one = 1;

  platform.port = (guint16) atoi (argc > 1 ? argv[1] : "18091");
  fd = listen_on (platform.port);
  platform.seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  while (TRUE)
    {
      Connection *connection;
      pthread_t thread;
      int peer = accept (fd, NULL, NULL);

      if (peer < 0)
        continue;
      setsockopt (peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      connection = g_new0 (Connection, 1);
      connection->platform = &platform;
      connection->fd = peer;
      if (pthread_create (&thread, NULL, serve, connection) == 0)
        pthread_detach (thread);
    }
}
