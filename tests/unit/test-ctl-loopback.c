/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "browser.h"
#include "loopback-request.h"
#include "loopback.h"

#define AUTHORIZE "https://id.example.org/authorize?client_id=x&state=s%2Bt&scope=a"

typedef struct
{
  char *uri;
  guint n;
} Heard;

static void
on_redirected (const char *uri, gpointer user_data)
{
  Heard *heard = user_data;

  heard->n++;
  g_free (heard->uri);
  heard->uri = g_strdup (uri);
}

static void
heard_clear (Heard *heard)
{
  g_free (heard->uri);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Heard, heard_clear)

static guint16
port_of (CkLoopback *loopback)
{
  g_autoptr (GUri) uri = g_uri_parse (ck_loopback_get_uri (loopback), G_URI_FLAGS_NONE, NULL);

  return (guint16) g_uri_get_port (uri);
}

static void
settle (guint ms)
{
  gint64 end = g_get_monotonic_time () + ms * 1000;

  while (g_get_monotonic_time () < end)
    {
      if (!g_main_context_iteration (NULL, FALSE))
        g_usleep (1000);
    }
}

static GSocketConnection *
connect_to (const char *host, guint16 port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (host, port);

  return g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, NULL);
}

static void
send_text (GSocketConnection *connection, const char *text, gsize size)
{
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), text, size,
                             NULL, NULL, NULL);
}

/* Everything the other side says until it closes; at most 2 s. */
static char *
receive (GSocketConnection *connection)
{
  GSocket *socket = g_socket_connection_get_socket (connection);
  g_autoptr (GString) text = g_string_new (NULL);
  gint64 end = g_get_monotonic_time () + 2 * G_USEC_PER_SEC;
  char buffer[1024];
  gssize n = -1;

  g_socket_set_blocking (socket, FALSE);
  while (n != 0 && g_get_monotonic_time () < end)
    {
      g_autoptr (GError) error = NULL;

      while (g_main_context_iteration (NULL, FALSE))
        ;
      n = g_socket_receive (socket, buffer, sizeof buffer, NULL, &error);
      if (n > 0)
        g_string_append_len (text, buffer, n);
      else if (n < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        break;
      else
        g_usleep (1000);
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
request (guint16 port, const char *head)
{
  g_autoptr (GSocketConnection) connection = connect_to ("127.0.0.1", port);

  g_assert_nonnull (connection);
  send_text (connection, head, strlen (head));

  return receive (connection);
}

static char *
get (guint16 port, const char *target)
{
  g_autofree char *head
      = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", target, port);

  return request (port, head);
}

static CkLoopback *
make (Heard *heard)
{
  g_autoptr (GError) error = NULL;
  CkLoopback *loopback
      = ck_loopback_new ("http://127.0.0.1:0/callback", on_redirected, heard, &error);

  g_assert_no_error (error);
  ck_loopback_expect (loopback, AUTHORIZE, NULL);

  return loopback;
}

static void
test_supports (void)
{
  static const struct
  {
    const char *uri;
    gboolean supported;
  } cases[] = {
    { "http://127.0.0.1:8080/cb", TRUE },
    { "http://[::1]:8080/cb", TRUE },
    { "http://localhost/cb", TRUE },
    { "https://127.0.0.1/cb", FALSE },
    { "http://127.0.0.2/cb", FALSE },
    { "http://0.0.0.0/cb", FALSE },
    { "http://example.org/cb", FALSE },
    { "http://localhost.example.org/", FALSE },
    { "http://localhost@example.org/", FALSE },
    { "http://me@localhost/", FALSE },
    { "app:/cb", FALSE },
    { NULL, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (ck_loopback_supports (cases[i].uri), ==, cases[i].supported);
}

static void
test_answer_taken_once (void)
{
  g_auto (Heard) heard = { NULL };
  g_autoptr (CkLoopback) loopback = make (&heard);
  guint16 port = port_of (loopback);
  g_autofree char *page = get (port, "/callback?code=<b>c%26d&state=s%2Bt");
  g_autofree char *expected
      = g_strdup_printf ("http://127.0.0.1:%u/callback?code=<b>c%%26d&state=s%%2Bt", port);

  g_assert_true (g_str_has_prefix (page, "HTTP/1.1 200 OK\r\n"));
  g_assert_nonnull (strstr (page, "Content-Security-Policy: default-src 'none'"));
  g_assert_nonnull (strstr (page, "Cache-Control: no-store"));
  g_assert_null (strstr (page, "<b>"));
  g_assert_null (strstr (page, "Location"));
  settle (20);
  g_assert_cmpuint (heard.n, ==, 1);
  g_assert_cmpstr (heard.uri, ==, expected);

  /* The door is shut. */
  g_assert_null (connect_to ("127.0.0.1", port));
  settle (20);
  g_assert_cmpuint (heard.n, ==, 1);
}

static void
test_others_refused (void)
{
  static const struct
  {
    const char *head; /* %u is the port */
    const char *status;
  } cases[] = {
    { "GET /favicon.ico HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", "404" },
    { "GET /callback HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", "404" },
    { "GET /callback/?code=c&state=s%%2Bt HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", "404" },
    { "GET /callbackx?code=c&state=s%%2Bt HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", "404" },
    { "GET /callback?code=c HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", "404" },
    { "GET /callback?code=c&state=wrong HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", "404" },
    { "GET //evil.example/callback?state=s%%2Bt HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", "404" },
    { "GET http://127.0.0.1/callback?state=s%%2Bt HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", "404" },
    { "GET /callback?code=c&state=s%%2Bt HTTP/1.1\r\nHost: evil.example:%u\r\n\r\n", "400" },
    { "GET /callback?code=c&state=s%%2Bt HTTP/1.1\r\nHost: localhost:%u\r\n\r\n", "400" },
    { "GET /callback?code=c&state=s%%2Bt HTTP/1.1\r\nHost: 127.0.0.1\r\nX: %u\r\n\r\n", "400" },
    { "GET /callback?code=c&state=s%%2Bt HTTP/1.1\r\nX: %u\r\n\r\n", "400" },
    { "GET /callback?code=c&state=s%%2Bt HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nHost: a\r\n\r\n",
      "400" },
    { "GET /callback?code=c&state=s%%2Bt\r\nHost: 127.0.0.1:%u\r\n\r\n", "400" },
    { "GET /callback?code=c\x01&state=s%%2Bt HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", "400" },
    { "POST /callback?code=c&state=s%%2Bt HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", "405" },
    { "HEAD /callback?code=c&state=s%%2Bt HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", "405" },
    { "\r\n\r\nX: %u", "400" },
    { "GET / HTTP/2\r\nHost: 127.0.0.1:%u\r\n\r\n", "400" },
  };
  g_auto (Heard) heard = { NULL };
  g_autoptr (CkLoopback) loopback = make (&heard);
  guint16 port = port_of (loopback);
  g_autofree char *page = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (GStrv) parts = g_strsplit (cases[i].head, "%u", 2);
      g_autofree char *escaped = g_strdup_printf ("%s%u%s", parts[0], port, parts[1]);
      g_auto (GStrv) percent = g_strsplit (escaped, "%%", -1);
      g_autofree char *head = g_strjoinv ("%", percent);
      g_autofree char *answer = request (port, head);
      g_autofree char *start = g_strdup_printf ("HTTP/1.1 %s ", cases[i].status);

      g_test_message ("%s", cases[i].head);
      g_assert_true (g_str_has_prefix (answer, start));
    }
  g_assert_cmpuint (heard.n, ==, 0);

  /* None of them used it up. */
  page = get (port, "/callback?error=access_denied&state=s%2Bt");
  g_assert_true (g_str_has_prefix (page, "HTTP/1.1 200 "));
  settle (20);
  g_assert_cmpuint (heard.n, ==, 1);
}

static void
test_without_state (void)
{
  g_auto (Heard) heard = { NULL };
  g_autoptr (CkLoopback) loopback = make (&heard);
  guint16 port = port_of (loopback);
  g_autofree char *nothing = NULL;
  g_autofree char *code = NULL;

  ck_loopback_expect (loopback, "https://id.example.org/authorize?request_uri=urn:x", NULL);
  nothing = get (port, "/callback?x=y");
  code = get (port, "/callback?code=y");
  g_assert_true (g_str_has_prefix (nothing, "HTTP/1.1 404 "));
  g_assert_true (g_str_has_prefix (code, "HTTP/1.1 200 "));
  settle (20);
  g_assert_cmpuint (heard.n, ==, 1);
}

/* OAuth 1.0a: the request token is what tells this attempt's answer from another's. */
static void
test_oauth1 (void)
{
  static const struct
  {
    const char *target;
    gboolean is_ours;
  } rows[] = {
    { "/callback?oauth_token=t&oauth_verifier=v", TRUE },
    { "/callback?denied=t", TRUE },
    { "/callback?oauth_token=other&oauth_verifier=v", FALSE },
    { "/callback?denied=other", FALSE },
    { "/callback?oauth_verifier=v", FALSE },
    { "/callback?code=c", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (Heard) heard = { 0 };
      g_autoptr (CkLoopback) loopback = make (&heard);
      g_autofree char *page = NULL;

      g_test_message ("%s", rows[i].target);
      ck_loopback_expect (loopback, "https://api.x.com/oauth/authorize?oauth_token=t", NULL);
      page = get (port_of (loopback), rows[i].target);
      g_assert_nonnull (strstr (page, rows[i].is_ours ? " 200 " : " 404 "));
    }
}

/* A pushed request: the service tells the state that its URI does not show. */
static void
test_state_apart (void)
{
  g_auto (Heard) heard = { NULL };
  g_autoptr (CkLoopback) loopback = make (&heard);
  guint16 port = port_of (loopback);
  g_autofree char *forged = NULL;
  g_autofree char *right = NULL;

  ck_loopback_expect (loopback, "https://id.example.org/authorize?request_uri=urn:x", "apart");
  forged = get (port, "/callback?code=y&state=forged");
  right = get (port, "/callback?code=y&state=apart");
  g_assert_true (g_str_has_prefix (forged, "HTTP/1.1 404 "));
  g_assert_true (g_str_has_prefix (right, "HTTP/1.1 200 "));
}

static void
test_huge_request (void)
{
  g_auto (Heard) heard = { NULL };
  g_autoptr (CkLoopback) loopback = make (&heard);
  guint16 port = port_of (loopback);
  g_autoptr (GSocketConnection) connection = connect_to ("127.0.0.1", port);
  g_autofree char *filler = g_strnfill (16384, 'x');
  g_autofree char *answer = NULL;
  g_autofree char *page = NULL;

  send_text (connection, "GET /callback?code=", 19);
  send_text (connection, filler, 16384 - 19);
  answer = receive (connection);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 431 "));

  page = get (port, "/callback?code=c&state=s%2Bt");
  g_assert_true (g_str_has_prefix (page, "HTTP/1.1 200 "));
}

static void
test_nul_byte (void)
{
  static const char head[] = "GET /callback?code=c&state=s%2Bt\0 HTTP/1.1\r\nHost: h\r\n\r\n";
  g_autofree char *target = NULL;

  g_assert_cmpuint (
      ck_loopback_request_check (head, sizeof head - 1, "h", "/callback", "s+t", &target), ==, 400);
  g_assert_null (target);
}

/* A browser's idle connections, and a client that sends a byte now and then, hinder nobody. */
static void
test_slow_clients (void)
{
  g_auto (Heard) heard = { NULL };
  g_autoptr (CkLoopback) loopback = make (&heard);
  guint16 port = port_of (loopback);
  g_autoptr (GPtrArray) idle = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *page = NULL;

  for (int i = 0; i < 60; i++)
    {
      GSocketConnection *connection = connect_to ("127.0.0.1", port);

      g_assert_nonnull (connection);
      send_text (connection, "G", 1);
      g_ptr_array_add (idle, connection);
      settle (2);
    }
  page = get (port, "/callback?code=c&state=s%2Bt");
  g_assert_true (g_str_has_prefix (page, "HTTP/1.1 200 "));
  settle (20);
  g_assert_cmpuint (heard.n, ==, 1);
}

/* Two answers race: one is taken. */
static void
test_two_at_once (void)
{
  g_auto (Heard) heard = { NULL };
  g_autoptr (CkLoopback) loopback = make (&heard);
  guint16 port = port_of (loopback);
  g_autoptr (GSocketConnection) first = connect_to ("127.0.0.1", port);
  g_autoptr (GSocketConnection) second = connect_to ("127.0.0.1", port);
  g_autofree char *head = g_strdup_printf (
      "GET /callback?code=c&state=s%%2Bt HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", port);

  settle (10);
  send_text (first, head, strlen (head));
  send_text (second, head, strlen (head));
  settle (100);
  g_assert_cmpuint (heard.n, ==, 1);
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(gboolean *) user_data = g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
}

/* The answer that a process of another user brings, as a browser's redirect would. */
static void
bring_as_another_user (guint16 port, gboolean ipv6)
{
  g_autofree char *uri = g_strdup_printf ("http://%s:%u/callback?code=c&state=s%%2Bt",
                                          ipv6 ? "[::1]" : "127.0.0.1", port);
  g_autoptr (GError) error = NULL;
  gboolean ended = FALSE;
  g_autoptr (GSubprocess) process
      = g_subprocess_new (G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error, "setpriv", "--reuid=65534",
                          "--clear-groups", "/usr/bin/python3", "-c",
                          "import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=5)", uri,
                          NULL);

  g_assert_no_error (error);
  g_subprocess_wait_async (process, NULL, on_ended, &ended);
  while (!ended)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_own_user_only (gconstpointer data)
{
  gboolean ipv6 = GPOINTER_TO_INT (data);
  g_auto (Heard) heard = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (CkLoopback) loopback = ck_loopback_new (
      ipv6 ? "http://[::1]:0/callback" : "http://127.0.0.1:0/callback", on_redirected, &heard, &error);
  g_autoptr (GSocketConnection) connection = NULL;
  g_autofree char *head = NULL;
  g_autofree char *answer = NULL;

  g_assert_no_error (error);
  ck_loopback_expect (loopback, AUTHORIZE, NULL);
  ck_loopback_set_own_user_only (loopback, TRUE);
  bring_as_another_user (port_of (loopback), ipv6);
  g_assert_cmpuint (heard.n, ==, 0);

  head = g_strdup_printf ("GET /callback?code=d&state=s%%2Bt HTTP/1.1\r\nHost: %s:%u\r\n\r\n",
                          ipv6 ? "[::1]" : "127.0.0.1", port_of (loopback));
  connection = connect_to (ipv6 ? "::1" : "127.0.0.1", port_of (loopback));
  g_assert_nonnull (connection);
  send_text (connection, head, strlen (head));
  answer = receive (connection);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 200 "));
  g_assert_cmpuint (heard.n, ==, 1);
  g_assert_nonnull (strstr (heard.uri, "code=d"));
}

/* The other user's browser is as good where channelctl did not open one. */
static void
test_any_user (void)
{
  g_auto (Heard) heard = { 0 };
  g_autoptr (CkLoopback) loopback = make (&heard);

  bring_as_another_user (port_of (loopback), FALSE);
  g_assert_cmpuint (heard.n, ==, 1);
}

static void
test_freed_while_busy (void)
{
  g_auto (Heard) heard = { NULL };
  CkLoopback *loopback = make (&heard);
  g_autoptr (GSocketConnection) connection = connect_to ("127.0.0.1", port_of (loopback));

  send_text (connection, "GET /", 5);
  settle (10);
  ck_loopback_free (loopback);
  settle (20);
  g_assert_cmpuint (heard.n, ==, 0);
}

static void
test_only_loopback_bound (void)
{
  g_auto (Heard) heard = { NULL };
  g_autoptr (CkLoopback) loopback = make (&heard);

  /* Another address of the same machine: what is bound to 0.0.0.0 would answer there. */
  g_assert_null (connect_to ("127.0.0.2", port_of (loopback)));
}

/* RFC 6749 section 3.1.2: a redirect URI may have a query, which stays. */
static void
test_redirect_with_query (void)
{
  g_auto (Heard) heard = { NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (CkLoopback) loopback
      = ck_loopback_new ("http://127.0.0.1:0/cb?tenant=7", on_redirected, &heard, &error);
  g_autofree char *page = NULL;

  g_assert_no_error (error);
  g_assert_true (g_str_has_suffix (ck_loopback_get_uri (loopback), "/cb?tenant=7"));
  page = get (port_of (loopback), "/cb?tenant=7&code=c");
  g_assert_true (g_str_has_prefix (page, "HTTP/1.1 200 "));
  settle (20);
  g_assert_true (g_str_has_suffix (heard.uri, "/cb?tenant=7&code=c"));
}

static void
test_ipv6_and_localhost (void)
{
  static const char *const redirects[]
      = { "http://[::1]:0/callback", "http://localhost:0/callback" };

  for (gsize i = 0; i < G_N_ELEMENTS (redirects); i++)
    {
      g_auto (Heard) heard = { NULL };
      g_autoptr (CkLoopback) loopback = ck_loopback_new (redirects[i], on_redirected, &heard, NULL);
      g_autoptr (GSocketConnection) connection = NULL;
      g_auto (GStrv) parts = NULL;
      g_autofree char *head = NULL;
      g_autofree char *page = NULL;

      /* A machine without IPv6 has no [::1]. */
      if (loopback == NULL && i == 0)
        continue;
      parts = g_strsplit (ck_loopback_get_uri (loopback), "/", 4);
      head = g_strdup_printf ("GET /callback?code=c HTTP/1.1\r\nHost: %s\r\n\r\n", parts[2]);
      connection = connect_to (i == 0 ? "::1" : "127.0.0.1", port_of (loopback));
      send_text (connection, head, strlen (head));
      page = receive (connection);
      g_assert_true (g_str_has_prefix (page, "HTTP/1.1 200 "));
      settle (20);
      g_assert_cmpuint (heard.n, ==, 1);
      g_assert_true (g_str_has_prefix (heard.uri, ck_loopback_get_uri (loopback)));
    }
}

static void
test_port_taken (void)
{
  g_auto (Heard) heard = { NULL };
  g_autoptr (CkLoopback) loopback = make (&heard);
  g_autoptr (GError) error = NULL;

  g_assert_null (ck_loopback_new (ck_loopback_get_uri (loopback), on_redirected, &heard, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
}

static void
test_browser (void)
{
  static const struct
  {
    const char *uri;
    const char *browser;
    gboolean display;
    const char *command;
  } cases[] = {
    { "https://a/?b=c d", "firefox --new:lynx", FALSE, "firefox|--new|https://a/?b=c d" },
    { "https://a/", "open '%s' now", FALSE, "open|https://a/|now" },
    { "https://a/", "", TRUE, "xdg-open|https://a/" },
    { "https://a/", NULL, FALSE, NULL },
    { "file:///etc/passwd", "firefox", TRUE, NULL },
    { "--help", "firefox", TRUE, NULL },
    { "https://a/;rm", "x 'unbalanced", TRUE, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (GStrv) command
          = ck_browser_command (cases[i].uri, cases[i].browser, cases[i].display);
      g_autofree char *joined = command != NULL ? g_strjoinv ("|", command) : NULL;

      g_assert_cmpstr (joined, ==, cases[i].command);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctl/loopback/supports", test_supports);
  g_test_add_func ("/ctl/loopback/answer-taken-once", test_answer_taken_once);
  g_test_add_func ("/ctl/loopback/others-refused", test_others_refused);
  g_test_add_func ("/ctl/loopback/without-state", test_without_state);
  g_test_add_func ("/ctl/loopback/oauth1", test_oauth1);
  g_test_add_func ("/ctl/loopback/state-apart", test_state_apart);
  g_test_add_func ("/ctl/loopback/huge-request", test_huge_request);
  g_test_add_func ("/ctl/loopback/nul-byte", test_nul_byte);
  g_test_add_func ("/ctl/loopback/slow-clients", test_slow_clients);
  g_test_add_func ("/ctl/loopback/two-at-once", test_two_at_once);
  g_test_add_func ("/ctl/loopback/freed-while-busy", test_freed_while_busy);
  /* Nobody but root can be another. */
  if (geteuid () == 0)
    {
      g_test_add_data_func ("/ctl/loopback/own-user-only/ipv4", GINT_TO_POINTER (FALSE), test_own_user_only);
      g_test_add_data_func ("/ctl/loopback/own-user-only/ipv6", GINT_TO_POINTER (TRUE), test_own_user_only);
      g_test_add_func ("/ctl/loopback/any-user", test_any_user);
    }
  g_test_add_func ("/ctl/loopback/only-loopback-bound", test_only_loopback_bound);
  g_test_add_func ("/ctl/loopback/redirect-with-query", test_redirect_with_query);
  g_test_add_func ("/ctl/loopback/ipv6-and-localhost", test_ipv6_and_localhost);
  g_test_add_func ("/ctl/loopback/port-taken", test_port_taken);
  g_test_add_func ("/ctl/browser/command", test_browser);

  return g_test_run ();
}
