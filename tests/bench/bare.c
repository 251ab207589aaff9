/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <curl/curl.h>
#include <gio/gio.h>
#include <stdlib.h>

/*
 * bare URI COUNT CALLERS: the least that renewing can be, as the measure of what ours takes: COUNT token
 * requests by CALLERS threads, each on a connection of its own as a worker makes it, the answers thrown
 * away.
 */

static const char *uri;
static gint next;
static gint last;
static gint failed;

static size_t
ignore (char *data, size_t size, size_t n, void *user_data)
{
  return size * n;
}

static gpointer
send_requests (gpointer data)
{
  int i;

  while ((i = g_atomic_int_add (&next, 1)) < last)
    {
      g_autofree char *body = g_strdup_printf (
          "grant_type=refresh_token&refresh_token=rt-bare%d-1&client_id=bench", i);
      CURL *curl = curl_easy_init ();

      curl_easy_setopt (curl, CURLOPT_URL, uri);
      curl_easy_setopt (curl, CURLOPT_POSTFIELDS, body);
      curl_easy_setopt (curl, CURLOPT_WRITEFUNCTION, ignore);
      curl_easy_setopt (curl, CURLOPT_NOSIGNAL, 1L);
      curl_easy_setopt (curl, CURLOPT_FAILONERROR, 1L);
      if (curl_easy_perform (curl) != CURLE_OK)
        g_atomic_int_inc (&failed);
      curl_easy_cleanup (curl);
    }

  return NULL;
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) threads = g_ptr_array_new ();

  if (argc != 4)
    {
      g_printerr ("usage: bare URI COUNT CALLERS\n");
      return EXIT_FAILURE;
    }

  uri = argv[1];
  last = atoi (argv[2]);
  curl_global_init (CURL_GLOBAL_DEFAULT);
  for (int i = 0; i < atoi (argv[3]); i++)
    g_ptr_array_add (threads, g_thread_new ("bare", send_requests, NULL));
  for (guint i = 0; i < threads->len; i++)
    g_thread_join (threads->pdata[i]);
  g_print ("{\"errors\": %d}\n", failed);

  return EXIT_SUCCESS;
}
