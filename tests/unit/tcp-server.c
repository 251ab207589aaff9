/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tcp-server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct _TcpServer
{
  const TcpRoute *routes;
  int listener;
  int stop[2];
  guint16 port;
  char *origin;
  GThread *thread;
  GMutex lock;
  GPtrArray *requests;
};

static gsize
get_content_length (const char *text)
{
  const char *header = strcasestr (text, "\r\ncontent-length:");

  return header != NULL ? g_ascii_strtoull (header + strlen ("\r\ncontent-length:"), NULL, 10) : 0;
}

/* Reads until header and body are there, or the peer says no more. */
static char *
read_request (int fd)
{
  GString *text = g_string_new (NULL);
  char buffer[4096];
  gssize n;

  while ((n = recv (fd, buffer, sizeof buffer, 0)) > 0)
    {
      const char *end;

      g_string_append_len (text, buffer, n);
      end = strstr (text->str, "\r\n\r\n");
      if (end != NULL
          && text->len >= (gsize) (end + 4 - text->str) + get_content_length (text->str))
        break;
      /* A TLS hello has no end that we know. */
      if (text->str[0] == 0x16)
        break;
    }

  return g_string_free (text, FALSE);
}

static const char *
find_answer (TcpServer *server, const char *request)
{
  g_auto (GStrv) words = g_strsplit (request, " ", 3);
  const TcpRoute *route = server->routes;

  for (; route->path != NULL; route++)
    {
      if (words[0] != NULL && g_strcmp0 (words[1], route->path) == 0)
        break;
    }

  return route->answer;
}

static void
send_all (int fd, const char *data, gsize size)
{
  while (size > 0)
    {
      gssize n = send (fd, data, size, MSG_NOSIGNAL);

      if (n <= 0)
        return;
      data += n;
      size -= (gsize) n;
    }
}

static void
answer (TcpServer *server, int fd, const char *text)
{
  struct pollfd wait[] = { { fd, POLLRDHUP, 0 }, { server->stop[0], POLLIN, 0 } };
  const struct linger at_once = { 1, 0 };

  if (g_str_equal (text, TCP_SILENCE))
    (void) poll (wait, 2, -1);
  else if (g_str_equal (text, TCP_RESET))
    setsockopt (fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  else if (!g_str_equal (text, TCP_CLOSE))
    {
      g_auto (GStrv) parts = g_strsplit (text, "%ORIGIN%", -1);
      g_autofree char *filled = g_strjoinv (server->origin, parts);

      send_all (fd, filled, strlen (filled));
    }
}

static gpointer
serve (gpointer user_data)
{
  TcpServer *server = user_data;

  while (TRUE)
    {
      struct pollfd wait[] = { { server->listener, POLLIN, 0 }, { server->stop[0], POLLIN, 0 } };
      char *request;
      int fd;

      (void) poll (wait, 2, -1);
      if (wait[1].revents != 0)
        return NULL;
      fd = accept4 (server->listener, NULL, NULL, SOCK_CLOEXEC);
      if (fd < 0)
        continue;

      request = read_request (fd);
      g_mutex_lock (&server->lock);
      g_ptr_array_add (server->requests, request);
      g_mutex_unlock (&server->lock);
      answer (server, fd, find_answer (server, request));
      close (fd);
    }
}

TcpServer *
tcp_server_start (const TcpRoute *routes)
{
  TcpServer *server = g_new0 (TcpServer, 1);
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;

  server->routes = routes;
  server->requests = g_ptr_array_new_with_free_func (g_free);
  g_mutex_init (&server->lock);
  server->listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (server->listener, (struct sockaddr *) &address, length), ==, 0);
  g_assert_cmpint (listen (server->listener, 16), ==, 0);
  g_assert_cmpint (getsockname (server->listener, (struct sockaddr *) &address, &length), ==, 0);
  g_assert_cmpint (pipe (server->stop), ==, 0);
  server->port = ntohs (address.sin_port);
  server->origin = g_strdup_printf ("http://127.0.0.1:%u", server->port);
  server->thread = g_thread_new ("platform", serve, server);

  return server;
}

void
tcp_server_stop (TcpServer *server)
{
  close (server->stop[1]);
  g_thread_join (server->thread);
  close (server->stop[0]);
  close (server->listener);
  g_ptr_array_unref (server->requests);
  g_mutex_clear (&server->lock);
  g_free (server->origin);
  g_free (server);
}

const char *
tcp_server_get_origin (TcpServer *server)
{
  return server->origin;
}

guint16
tcp_server_get_port (TcpServer *server)
{
  return server->port;
}

guint
tcp_server_count (TcpServer *server)
{
  guint count;

  g_mutex_lock (&server->lock);
  count = server->requests->len;
  g_mutex_unlock (&server->lock);

  return count;
}

char *
tcp_server_dup_request (TcpServer *server, guint index)
{
  char *request;

  g_mutex_lock (&server->lock);
  g_assert_cmpuint (index, <, server->requests->len);
  request = g_strdup (g_ptr_array_index (server->requests, index));
  g_mutex_unlock (&server->lock);

  return request;
}

char *
tcp_answer (const char *body)
{
  return g_strdup_printf ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                          "Connection: close\r\n\r\n%s",
                          body);
}
