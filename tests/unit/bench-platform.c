/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-platform.h"

#include <string.h>

typedef struct
{
  guint status;
  char *body;
} Canned;

struct _BenchPlatform
{
  GSocketListener *listener;
  GCancellable *stop;
  GThread *thread;
  char *base;
  GAsyncQueue *answers;
  GMutex lock; /* guards requests */
  GPtrArray *requests;
};

static void
canned_free (gpointer data)
{
  Canned *answer = data;

  g_free (answer->body);
  g_free (answer);
}

static gsize
content_length (const char *request)
{
  g_autofree char *lower = g_ascii_strdown (request, -1);
  const char *header = strstr (lower, "\r\ncontent-length:");

  return header != NULL
             ? (gsize) g_ascii_strtoull (header + strlen ("\r\ncontent-length:"), NULL, 10)
             : 0;
}

static char *
read_request (GInputStream *input)
{
  g_autoptr (GString) request = g_string_new (NULL);
  const char *end = NULL;
  char buffer[4096];
  gssize n;

  while (end == NULL || strlen (end + 4) < content_length (request->str))
    {
      n = g_input_stream_read (input, buffer, sizeof buffer, NULL, NULL);
      if (n <= 0)
        break;
      g_string_append_len (request, buffer, n);
      end = strstr (request->str, "\r\n\r\n");
    }

  return g_string_free (g_steal_pointer (&request), FALSE);
}

static void
serve (BenchPlatform *platform, GSocketConnection *connection)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  char *request = read_request (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  Canned *answer = g_async_queue_try_pop (platform->answers);
  g_autofree char *text = NULL;

  g_mutex_lock (&platform->lock);
  g_ptr_array_add (platform->requests, request);
  g_mutex_unlock (&platform->lock);

  if (answer == NULL || answer->status > 0)
    {
      const char *body = answer != NULL ? answer->body : "no answer was prepared for this request";

      text = g_strdup_printf ("HTTP/1.1 %u X\r\nContent-Type: application/json\r\n"
                              "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                              answer != NULL ? answer->status : 599, strlen (body), body);
      g_output_stream_write_all (output, text, strlen (text), NULL, NULL, NULL);
    }
  if (answer != NULL)
    canned_free (answer);
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
}

static gpointer
serve_thread (gpointer user_data)
{
  BenchPlatform *platform = user_data;

  for (;;)
    {
      g_autoptr (GSocketConnection) connection
          = g_socket_listener_accept (platform->listener, NULL, platform->stop, NULL);

      if (connection == NULL)
        return NULL;
      serve (platform, connection);
    }
}

BenchPlatform *
bench_platform_new (void)
{
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;
  BenchPlatform *platform = g_new0 (BenchPlatform, 1);

  g_mutex_init (&platform->lock);
  platform->answers = g_async_queue_new_full (canned_free);
  platform->requests = g_ptr_array_new_with_free_func (g_free);
  platform->stop = g_cancellable_new ();
  platform->listener = g_socket_listener_new ();
  g_socket_listener_add_address (platform->listener, any, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, NULL, &bound, &error);
  g_assert_no_error (error);
  platform->base = g_strdup_printf ("http://127.0.0.1:%u",
                                    g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
  platform->thread = g_thread_new ("platform", serve_thread, platform);

  return platform;
}

void
bench_platform_free (BenchPlatform *platform)
{
  g_cancellable_cancel (platform->stop);
  g_thread_join (platform->thread);
  g_clear_object (&platform->listener);
  g_clear_object (&platform->stop);
  g_ptr_array_unref (platform->requests);
  g_async_queue_unref (platform->answers);
  g_mutex_clear (&platform->lock);
  g_free (platform->base);
  g_free (platform);
}

const char *
bench_platform_get_base (BenchPlatform *platform)
{
  return platform->base;
}

void
bench_platform_answer (BenchPlatform *platform, guint status, const char *body)
{
  Canned *answer = g_new0 (Canned, 1);

  answer->status = status;
  answer->body = g_strdup (body);
  g_async_queue_push (platform->answers, answer);
}

GPtrArray *
bench_platform_get_requests (BenchPlatform *platform)
{
  return platform->requests;
}
