/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "ck-http.h"

/* Against a real TLS server with a certificate of its own, for 127.0.0.1 and for no name. */
typedef struct
{
  char *dir;
  char *cert;
  char *key;
  GSubprocess *process;
  char *port;
} Server;

static void
make_certificate (Server *server)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                                                      &error,
                                                      "openssl",
                                                      "req",
                                                      "-x509",
                                                      "-newkey",
                                                      "ec",
                                                      "-pkeyopt",
                                                      "ec_paramgen_curve:prime256v1",
                                                      "-nodes",
                                                      "-days",
                                                      "2",
                                                      "-subj",
                                                      "/CN=test",
                                                      "-addext",
                                                      "subjectAltName=IP:127.0.0.1",
                                                      "-keyout",
                                                      server->key,
                                                      "-out",
                                                      server->cert,
                                                      NULL);

  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (process, NULL, &error));
}

static void
start (Server *server)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDataInputStream) lines = NULL;

  server->process =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                        &error,
                        "openssl",
                        "s_server",
                        "-accept",
                        "127.0.0.1:0",
                        "-www",
                        "-key",
                        server->key,
                        "-cert",
                        server->cert,
                        NULL);
  g_assert_no_error (error);

  /* "ACCEPT 127.0.0.1:PORT" */
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (server->process));
  while (server->port == NULL)
    {
      g_autofree char *line = g_data_input_stream_read_line (lines, NULL, NULL, &error);

      g_assert_no_error (error);
      g_assert_nonnull (line);
      if (g_str_has_prefix (line, "ACCEPT"))
        server->port = g_strdup (strrchr (line, ':') + 1);
    }
}

static void
setup (Server *server, gconstpointer data)
{
  server->dir = g_dir_make_tmp ("ck-tls-XXXXXX", NULL);
  server->cert = g_build_filename (server->dir, "cert.pem", NULL);
  server->key = g_build_filename (server->dir, "key.pem", NULL);
  make_certificate (server);
  start (server);
}

static void
teardown (Server *server, gconstpointer data)
{
  g_subprocess_force_exit (server->process);
  g_subprocess_wait (server->process, NULL, NULL);
  g_clear_object (&server->process);
  g_remove (server->cert);
  g_remove (server->key);
  g_rmdir (server->dir);
  g_free (server->cert);
  g_free (server->key);
  g_free (server->dir);
  g_free (server->port);
}

static void
test_verified (Server *server, gconstpointer data)
{
  const struct
  {
    const char *host;
    const char *ca_file;
    gboolean is_trusted;
  } table[] = {
    { "127.0.0.1", server->cert, TRUE },
    { "127.0.0.1", NULL, FALSE },        /* nobody vouches for it */
    { "localhost", server->cert, FALSE }, /* it is somebody else's */
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autofree char *uri = g_strdup_printf ("https://%s:%s/", table[i].host, server->port);
      CkHttpRequest request = { .method = "GET", .uri = uri, .spends = TRUE };
      CkHttpRules rules = { .ca_file = table[i].ca_file,
                            .allow_insecure_loopback = TRUE,
                            .deadline = g_get_monotonic_time () + 10 * G_USEC_PER_SEC };
      g_auto (CkHttpOutcome) outcome = { 0 };
      g_autoptr (CkHttpResponse) response = ck_http_send (&request, &rules, &outcome);

      g_test_message ("%s: %s", uri, outcome.message);
      g_assert_cmpint (response != NULL, ==, table[i].is_trusted);
      if (response != NULL)
        g_assert_cmpuint (ck_http_response_get_status (response), ==, 200);
      else
        g_assert_cmpint (outcome.trouble, ==, CK_HTTP_TROUBLE_CONNECT);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/http-tls/verified", Server, NULL, setup, test_verified, teardown);

  return g_test_run ();
}
