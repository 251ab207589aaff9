/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-http.h"

#include <string.h>

#include "tcp-server.h"

#define OK "HTTP/1.1 200 OK\r\n"

static CkHttpRules
make_rules (guint ms)
{
  return (CkHttpRules){ .allow_insecure_loopback = TRUE,
                        .deadline = g_get_monotonic_time () + ms * 1000 };
}

/* Sends a POST of "a=b" to @path of a server that answers @answer. */
static CkHttpResponse *
post (const char *answer, guint ms, CkHttpOutcome *outcome)
{
  const TcpRoute routes[] = { { NULL, answer } };
  g_autoptr (TcpServer) server = tcp_server_start (routes);
  g_autofree char *uri = g_strconcat (tcp_server_get_origin (server), "/token", NULL);
  CkHttpRequest request = { .method = "POST", .uri = uri, .body = "a=b" };
  CkHttpRules rules = make_rules (ms);
  CkHttpResponse *response = ck_http_send (&request, &rules, outcome);

  g_assert_cmpint (g_get_monotonic_time (), <, rules.deadline + 10 * G_USEC_PER_SEC);

  return response;
}

/* Everything that can go wrong once the request is on its way. */
static void
test_trouble (void)
{
  static const struct
  {
    const char *answer;
    CkHttpTrouble trouble;
    guint status;
  } table[] = {
    { OK "Content-Length: 2\r\n\r\n{}", CK_HTTP_TROUBLE_NONE, 200 },
    { OK "\r\n{}", CK_HTTP_TROUBLE_NONE, 200 },
    { "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", CK_HTTP_TROUBLE_NONE, 200 },
    { "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", CK_HTTP_TROUBLE_NONE, 400 },
    { "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", CK_HTTP_TROUBLE_NONE, 503 },
    { "HTTP/1.1 302 Go\r\nLocation: %ORIGIN%/elsewhere\r\nContent-Length: 0\r\n\r\n",
      CK_HTTP_TROUBLE_NONE,
      302 },
    { "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" OK "Content-Length: 2\r\n\r\n{}",
      CK_HTTP_TROUBLE_NONE,
      200 },
    { TCP_CLOSE, CK_HTTP_TROUBLE_NO_STATUS, 0 },
    { TCP_RESET, CK_HTTP_TROUBLE_NO_STATUS, 0 },
    { TCP_SILENCE, CK_HTTP_TROUBLE_NO_STATUS, 0 },
    { "HTTP/1.1 200", CK_HTTP_TROUBLE_NO_STATUS, 0 },
    { OK, CK_HTTP_TROUBLE_NO_STATUS, 0 },
    { OK "Content-Length: 2\r\n", CK_HTTP_TROUBLE_NO_STATUS, 0 },
    { OK "Content-Le", CK_HTTP_TROUBLE_NO_STATUS, 0 },
    { "HTTP/1.1 100 Continue\r\n\r\n", CK_HTTP_TROUBLE_NO_STATUS, 0 },
    { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2", CK_HTTP_TROUBLE_NO_STATUS, 0 },
    { "{\"access_token\":\"x\"}", CK_HTTP_TROUBLE_NO_STATUS, 0 },
    { OK "Content-Length: 100\r\n\r\n{\"access", CK_HTTP_TROUBLE_NO_BODY, 200 },
    { OK "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n", CK_HTTP_TROUBLE_NO_BODY, 200 },
    { "HTTP/1.1 400 Bad\r\nContent-Length: 9\r\n\r\n{", CK_HTTP_TROUBLE_NO_BODY, 400 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_auto (CkHttpOutcome) outcome = { 0 };
      g_autoptr (CkHttpResponse) response = post (table[i].answer, 500, &outcome);

      g_test_message ("row %u: %s", i, outcome.message);
      g_assert_cmpint (outcome.trouble, ==, table[i].trouble);
      g_assert_cmpuint (outcome.status, ==, table[i].status);
      g_assert_cmpint (response != NULL, ==, table[i].trouble == CK_HTTP_TROUBLE_NONE);
      if (response == NULL)
        g_assert_true (g_str_has_prefix (outcome.message, "127.0.0.1:")
                       || g_str_has_prefix (outcome.message, "the answer of 127.0.0.1:"));
    }
}

static void
test_too_large (void)
{
  g_autofree char *filler = g_strnfill (CK_HTTP_MAX_BODY, 'x');
  g_autofree char *fits = g_strconcat (OK "\r\n", filler, NULL);
  g_autofree char *body = g_strconcat (OK "\r\n", filler, filler, NULL);
  g_autofree char *line = g_strdup_printf ("X-Long: %.1000s\r\n", filler);
  g_autoptr (GString) header = g_string_new (OK);
  const char *answers[] = { body, NULL };
  g_auto (CkHttpOutcome) good = { 0 };
  g_autoptr (CkHttpResponse) response = post (fits, 5000, &good);
  gsize length;

  g_assert_nonnull (response);
  ck_http_response_get_body (response, &length);
  g_assert_cmpuint (length, ==, CK_HTTP_MAX_BODY);
  while (header->len <= CK_HTTP_MAX_HEADERS)
    g_string_append (header, line);
  g_string_append (header, "\r\n{}");
  answers[1] = header->str;

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_auto (CkHttpOutcome) outcome = { 0 };

      g_assert_null (post (answers[i], 5000, &outcome));
      if (i == 0)
        {
          g_assert_cmpint (outcome.trouble, ==, CK_HTTP_TROUBLE_TOO_LARGE);
          g_assert_nonnull (strstr (outcome.message, "1 MiB"));
        }
      else
        g_assert_cmpint (outcome.trouble, !=, CK_HTTP_TROUBLE_CONNECT);
    }
}

/* Nothing was sent: a token cannot have been spent. */
static void
test_not_sent (void)
{
  const TcpRoute hello[] = { { NULL, TCP_CLOSE } };
  const TcpRoute garbage[] = { { NULL, "no TLS here" } };
  const TcpRoute no_tunnel[] = { { NULL, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" } };
  const TcpRoute silence[] = { { NULL, TCP_SILENCE } };
  const TcpRoute *const servers[] = { hello, garbage, no_tunnel, silence };

  for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
    {
      g_auto (CkHttpOutcome) outcome = { 0 };
      g_autoptr (TcpServer) server = tcp_server_start (servers[i]);
      g_autofree char *uri =
          g_strdup_printf ("https://127.0.0.1:%u/token", tcp_server_get_port (server));
      CkHttpRequest request = { .method = "POST", .uri = uri, .body = "a=b" };
      CkHttpRules rules = make_rules (500);

      if (servers[i] == no_tunnel)
        rules.proxy = tcp_server_get_origin (server);
      g_assert_null (ck_http_send (&request, &rules, &outcome));
      g_test_message ("%s", outcome.message);
      g_assert_cmpint (outcome.trouble, ==, CK_HTTP_TROUBLE_CONNECT);
      g_assert_cmpuint (outcome.status, ==, 0);
    }
}

static void
test_no_connection (void)
{
  static const char *const uris[] = { "http://127.0.0.1:1/", "https://no.such.host.invalid/" };

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      g_auto (CkHttpOutcome) outcome = { 0 };
      CkHttpRequest request = { .method = "GET", .uri = uris[i] };
      CkHttpRules rules = make_rules (3000);

      g_assert_null (ck_http_send (&request, &rules, &outcome));
      g_assert_cmpint (outcome.trouble, ==, CK_HTTP_TROUBLE_CONNECT);
      g_assert_null (strstr (outcome.message, "://"));
    }
}

static void
test_deadline (void)
{
  g_auto (CkHttpOutcome) outcome = { 0 };
  CkHttpRequest request = { .method = "GET", .uri = "http://127.0.0.1:1/" };
  CkHttpRules rules = make_rules (0);

  g_assert_null (ck_http_send (&request, &rules, &outcome));
  g_assert_cmpint (outcome.trouble, ==, CK_HTTP_TROUBLE_CONNECT);
  g_assert_cmpstr (outcome.message, ==, "the time has run out");
}

static void
test_refused_uris (void)
{
  static const struct
  {
    const char *uri;
    gboolean loopback; /* AllowInsecureLoopback */
  } table[] = {
    { "http://127.0.0.1:1/", FALSE },
    { "http://localhost/", FALSE },
    { "http://example.com/", TRUE },
    { "http://127.0.0.1.example.com/", TRUE },
    { "http://128.0.0.1/", TRUE },
    { "http://[::2]/", TRUE },
    { "https://user@example.com/", TRUE },
    { "https://user:pass@example.com/", TRUE },
    { "https://example.com/#x", TRUE },
    { "ftp://example.com/", TRUE },
    { "file:///etc/passwd", TRUE },
    { "example.com/token", TRUE },
    { "//example.com/token", TRUE },
    { "https://", TRUE },
    { "https:///token", TRUE },
    { "https:/example.com/", TRUE },
    { "https://exam ple.com/", TRUE },
    { "", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_auto (CkHttpOutcome) outcome = { 0 };
      CkHttpRequest request = { .method = "GET", .uri = table[i].uri };
      CkHttpRules rules = make_rules (1000);

      rules.allow_insecure_loopback = table[i].loopback;
      g_test_message ("%s", table[i].uri);
      g_assert_null (ck_http_send (&request, &rules, &outcome));
      g_assert_cmpint (outcome.trouble, ==, CK_HTTP_TROUBLE_URI);
    }
}

static void
test_refused_headers (void)
{
  static const char *const lists[][2] = {
    { "X: a\r\nY: b", NULL },
    { "X: a\nEvil: b", NULL },
    { "no colon", NULL },
    { ": no name", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_auto (CkHttpOutcome) outcome = { 0 };
      CkHttpRequest request = { .method = "GET",
                                .uri = "http://127.0.0.1:1/",
                                .headers = lists[i] };
      CkHttpRules rules = make_rules (1000);

      g_assert_null (ck_http_send (&request, &rules, &outcome));
      g_assert_cmpint (outcome.trouble, ==, CK_HTTP_TROUBLE_URI);
    }
}

/* What goes over the wire, and that no redirect is followed and no environment heeded. */
static void
test_wire (void)
{
  static const char *const headers[] = { "Authorization: Bearer abc", "X-Empty:", NULL };
  const TcpRoute routes[] = {
    { "/go", "HTTP/1.1 307 Go\r\nLocation: %ORIGIN%/elsewhere\r\nSet-Cookie: a=b\r\n"
             "Content-Length: 0\r\n\r\n" },
    { NULL, OK "Retry-After:  7 \r\nX-Two: 1\r\nX-Two: 2\r\n\r\n{\"a\":1}" },
  };
  g_autoptr (TcpServer) server = tcp_server_start (routes);
  g_autofree char *uri = g_strconcat (tcp_server_get_origin (server), "/t?x=1", NULL);
  g_autofree char *go = g_strconcat (tcp_server_get_origin (server), "/go", NULL);
  g_autofree char *first = NULL, *member = NULL, *second = NULL;
  CkHttpRequest request = { .method = "POST", .uri = go, .headers = headers, .body = "a=b" };
  CkHttpRules rules = make_rules (3000);
  g_auto (CkHttpOutcome) outcome = { 0 }, outcome2 = { 0 };
  g_autoptr (CkHttpResponse) redirect = NULL;
  g_autoptr (CkHttpResponse) response = NULL;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  g_setenv ("http_proxy", "http://127.0.0.1:1", TRUE);
  g_setenv ("ALL_PROXY", "http://127.0.0.1:1", TRUE);

  redirect = ck_http_send (&request, &rules, &outcome);
  g_assert_nonnull (redirect);
  g_assert_cmpuint (ck_http_response_get_status (redirect), ==, 307);
  g_assert_cmpuint (tcp_server_count (server), ==, 1);
  first = tcp_server_dup_request (server, 0);
  g_assert_true (g_str_has_prefix (first, "POST /go HTTP/1.1\r\n"));
  g_assert_true (g_str_has_suffix (first, "\r\n\r\na=b"));
  g_assert_nonnull (strstr (first, "\r\nUser-Agent: Channelkeeper/" PACKAGE_VERSION "\r\n"));
  g_assert_nonnull (strstr (first, "\r\nAccept: application/json\r\n"));
  g_assert_nonnull (strstr (first, "\r\nAuthorization: Bearer abc\r\n"));
  g_assert_nonnull (strstr (first, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
  g_assert_null (strstr (first, "Expect"));

  request = (CkHttpRequest){ .method = "DELETE", .uri = uri };
  response = ck_http_send (&request, &rules, &outcome2);
  g_assert_nonnull (response);
  second = tcp_server_dup_request (server, 1);
  g_assert_true (g_str_has_prefix (second, "DELETE /t?x=1 HTTP/1.1\r\n"));
  g_assert_null (strstr (second, "Cookie"));
  g_assert_null (strstr (second, "Content-Length"));

  g_assert_cmpstr (ck_http_response_get_header (response, "RETRY-AFTER"), ==, "7");
  g_assert_cmpstr (ck_http_response_get_header (response, "x-two"), ==, "1");
  g_assert_null (ck_http_response_get_header (response, "X-Three"));
  member = ck_http_response_dup_member (response, "a");
  g_assert_cmpstr (member, ==, "1");
  g_assert_cmpuint (ck_http_response_get_sent_at (response), >=, now);
  g_assert_cmpuint (ck_http_response_get_sent_at (response), <=, now + 5);
}

static gboolean
on_sending (gpointer user_data)
{
  gboolean *allow = user_data;

  return *allow;
}

static void
test_sending_hook (void)
{
  const TcpRoute routes[] = { { NULL, OK "\r\n{}" } };
  g_autoptr (TcpServer) server = tcp_server_start (routes);
  CkHttpRequest request = { .method = "GET", .uri = tcp_server_get_origin (server) };
  CkHttpRules rules = make_rules (3000);
  g_auto (CkHttpOutcome) outcome = { 0 };
  g_autofree char *seen = NULL;
  gboolean allow = FALSE;

  rules.sending = on_sending;
  rules.sending_data = &allow;
  g_assert_null (ck_http_send (&request, &rules, &outcome));
  g_assert_cmpint (outcome.trouble, ==, CK_HTTP_TROUBLE_CONNECT);

  /* The connection stood, but not one byte went over it. */
  while (tcp_server_count (server) == 0)
    g_usleep (1000);
  seen = tcp_server_dup_request (server, 0);
  g_assert_cmpstr (seen, ==, "");
}

static void
test_redirect_answer (void)
{
  static const char *const refused[] = {
    "http://127.0.0.1/cb?error=a&error=b",
    "http://127.0.0.1/cb?error=%ff",
    "not a uri at all",
  };
  g_autoptr (CkHttpResponse) response = ck_http_response_new_from_redirect (
      "http://127.0.0.1:5000/cb?error=access_denied&error_description=The+person%20said+no&state=s");
  g_autoptr (CkHttpResponse) empty = ck_http_response_new_from_redirect ("https://a.example/cb");
  g_autofree char *error = ck_http_response_dup_member (response, "error");
  g_autofree char *text = ck_http_response_dup_member (response, "error_description");

  g_assert_cmpstr (error, ==, "access_denied");
  g_assert_cmpstr (text, ==, "The person said no");
  g_assert_nonnull (empty);
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    g_assert_null (ck_http_response_new_from_redirect (refused[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/trouble", test_trouble);
  g_test_add_func ("/http/too-large", test_too_large);
  g_test_add_func ("/http/not-sent", test_not_sent);
  g_test_add_func ("/http/no-connection", test_no_connection);
  g_test_add_func ("/http/deadline", test_deadline);
  g_test_add_func ("/http/refused-uris", test_refused_uris);
  g_test_add_func ("/http/refused-headers", test_refused_headers);
  g_test_add_func ("/http/wire", test_wire);
  g_test_add_func ("/http/sending-hook", test_sending_hook);
  g_test_add_func ("/http/redirect-answer", test_redirect_answer);

  return g_test_run ();
}
