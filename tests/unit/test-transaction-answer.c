/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-error.h"
#include "ck-http.h"
#include "tcp-server.h"
#include "transaction-fixture.h"

/* What becomes of answers and of words: failures, doubt, where tokens may go, what a person sees. */

static CkHttpResponse *
make_response (guint status, const char *headers, const char *body)
{
  return ck_http_response_new (status, headers, g_string_new (body), 0);
}

static CkTransaction *
renewal (void)
{
  CkTransaction *t = transaction_make ("renew", NULL, NULL, TRANSACTION_GRANT);

  ck_transaction_begin_module (t, "module.so", NULL);

  return t;
}

static void
test_cause_to_result (void)
{
  static const struct
  {
    const char *cause;
    CkResult result;
  } table[] = {
    { "none", CK_RESULT_SERVICE_ERR },
    { "expired", CK_RESULT_CRED_EXPIRED },
    { "revoked-by-user", CK_RESULT_CRED_UNAVAIL },
    { "password-changed", CK_RESULT_CRED_UNAVAIL },
    { "unknown-revoked", CK_RESULT_CRED_UNAVAIL },
    { "permission-lost", CK_RESULT_PERM_DENIED },
    { "scope-changed", CK_RESULT_PERM_DENIED },
    { "account-checkpoint", CK_RESULT_ACCT_EXPIRED },
    { "wrong-account", CK_RESULT_USER_UNKNOWN },
    { "app-suspended", CK_RESULT_AUTH_ERR },
    { "client-misconfigured", CK_RESULT_AUTH_ERR },
    { "rate-limited", CK_RESULT_TRY_AGAIN },
    { "server-error", CK_RESULT_AUTHINFO_UNAVAIL },
    { "network", CK_RESULT_AUTHINFO_UNAVAIL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (CkTransaction) t = renewal ();
      g_autofree char *cause = NULL;
      CkResult result = ck_transaction_fail (t, table[i].cause, "words");

      g_assert_cmpint (result, ==, table[i].result);
      ck_transaction_end_module (t, result);
      cause = transaction_finish (t, result, "cause");
      g_assert_cmpstr (cause, ==, table[i].cause);
    }
}

static void
test_fail_response (void)
{
  static const struct
  {
    guint status;
    const char *headers;
    const char *body;
    CkResult result;
    const char *cause;
    const char *message; /* the platform's */
    guint retry_after;
  } table[] = {
    { 400,
      NULL,
      "{\"error\":\"invalid_grant\",\"error_description\":\"Token expired or revoked\"}",
      CK_RESULT_CRED_UNAVAIL,
      "unknown-revoked",
      "Token expired or revoked",
      0 },
    { 400, NULL, "{\"error\":\"what\"}", CK_RESULT_AUTH_ERR, "none", "what", 0 },
    { 400, NULL, "{\"error\":\"access_denied\"}", CK_RESULT_CONV_ERR, "none", "access_denied", 0 },
    { 429, "Retry-After: 30", "", CK_RESULT_TRY_AGAIN, "rate-limited", "", 30 },
    { 500,
      NULL,
      "{\"error\":\"invalid_grant\"}",
      CK_RESULT_AUTHINFO_UNAVAIL,
      "server-error",
      "invalid_grant",
      0 },
    { 403,
      NULL,
      "<html>invalid_grant</html>",
      CK_RESULT_AUTHINFO_UNAVAIL,
      "server-error",
      "",
      0 },
    { 400,
      NULL,
      "{\"error\":{\"message\":\"bad old-access-token,\\nold-refresh%2ftoken\\u202e \\u0007x\"}}",
      CK_RESULT_AUTH_ERR,
      "none",
      "bad [secret], [secret] x",
      0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (CkTransaction) t = renewal ();
      g_autoptr (CkHttpResponse) response =
          make_response (table[i].status, table[i].headers, table[i].body);
      g_autofree char *cause = NULL, *message = NULL, *detail = NULL, *expected = NULL;
      CkResult result = ck_transaction_fail_response (t, response, "token", "renewing");

      g_test_message ("row %u", i);
      g_assert_cmpint (result, ==, table[i].result);
      ck_transaction_end_module (t, result);
      cause = transaction_finish (t, result, "cause");
      message = transaction_finish (t, result, "platform-message");
      detail = transaction_finish (t, result, "detail");
      expected = g_strdup_printf ("renewing failed: the platform answered with status %u",
                                  table[i].status);
      g_assert_cmpstr (cause, ==, table[i].cause);
      g_assert_cmpstr (message, ==, table[i].message);
      g_assert_cmpstr (detail, ==, expected);
      g_assert_cmpuint (transaction_get_number (t, "http-status"), ==, table[i].status);
      g_assert_cmpuint (transaction_get_number (t, "retry-after"), ==, table[i].retry_after);
    }
}

/* The word of RFC 6749 beside the words for people; what is no word is none. */
static void
test_error_code (void)
{
  static const struct
  {
    const char *body;
    const char *code;
  } table[] = {
    { "{\"error\":\"unauthorized_client\",\"error_description\":\"Not yours\"}",
      "unauthorized_client" },
    { "{\"error\":\"invalid_grant\"}", "invalid_grant" },
    { "{\"error\":{\"code\":190}}", "" },
    { "{\"error\":401}", "" },
    { "{\"error\":\"Not a word\"}", "" },
    { "{\"message\":\"unauthorized_client\"}", "" },
    { "unauthorized_client", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (CkTransaction) t = renewal ();
      g_autoptr (CkHttpResponse) response = make_response (400, NULL, table[i].body);
      g_autofree char *code = NULL;
      CkResult result = ck_transaction_fail_response (t, response, "token", "renewing");

      g_test_message ("row %u", i);
      ck_transaction_end_module (t, result);
      code = transaction_finish (t, result, "error-code");
      g_assert_cmpstr (code, ==, table[i].code);
    }
}

/* The platform's own window counts where it is full, and only there: it stands in every answer. */
static void
test_long_platform_message (void)
{
  g_autoptr (CkTransaction) t = renewal ();
  g_autofree char *filler = g_strnfill (190, 'x');
  g_autofree char *more = g_strnfill (5000, 'y');
  g_autofree char *body =
      g_strdup_printf ("{\"message\":\"%s old-access-token %s\"}", filler, more);
  g_autoptr (CkHttpResponse) response = make_response (400, NULL, body);
  CkResult result = ck_transaction_fail_response (t, response, "token", "renewing");
  g_autofree char *message = NULL;

  ck_transaction_end_module (t, result);
  message = transaction_finish (t, result, "platform-message");
  g_assert_cmpint (g_utf8_strlen (message, -1), ==, 200);
  g_assert_true (g_str_has_suffix (message, "…"));
  g_assert_null (strstr (message, "old-access"));
}

/* The deciding module's words count, and of two with its name those that fit the verdict. */
static void
test_whose_words (void)
{
  static const struct
  {
    const char *module;
    const char *cause;
    const char *words;
  } said[] = {
    { "optional.so", "network", "the optional one" },
    { "module.so", "server-error", "the first one" },
    { "module.so", "expired", "the second one" },
  };
  g_autoptr (CkTransaction) t = transaction_make ("verify", NULL, NULL, TRANSACTION_GRANT);
  g_autofree char *first = NULL, *second = NULL, *good = NULL, *silent = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (said); i++)
    {
      ck_transaction_begin_module (t, said[i].module, NULL);
      ck_transaction_end_module (t, ck_transaction_fail (t, said[i].cause, "%s", said[i].words));
    }
  ck_transaction_begin_module (t, "silent.so", NULL);
  ck_transaction_end_module (t, CK_RESULT_CRED_ERR);

  first = transaction_finish (t, CK_RESULT_AUTHINFO_UNAVAIL, "detail");
  second = transaction_finish (t, CK_RESULT_CRED_EXPIRED, "detail");
  good = transaction_finish (t, CK_RESULT_SUCCESS, "detail");
  g_assert_cmpstr (first, ==, "the first one");
  g_assert_cmpstr (second, ==, "the second one");
  g_assert_cmpstr (good, ==, "");

  (void) ck_transaction_finish (t, CK_RESULT_CRED_ERR, "silent.so");
  {
    g_autoptr (GVariant) details = g_variant_ref_sink (ck_transaction_dup_details (t));

    g_variant_lookup (details, "detail", "s", &silent);
  }
  g_assert_cmpstr (silent, ==, "the module silent.so says cred_err");
}

/* A secret that becomes known after it was said is cut all the same. */
static void
test_late_secret (void)
{
  g_autoptr (CkTransaction) t = renewal ();
  CkResult result = ck_transaction_fail (t, "network", "got late-secret-token");
  g_autofree char *detail = NULL;

  g_assert_true (ck_transaction_set_grant (t, "access-token", "late-secret-token"));
  ck_transaction_end_module (t, result);
  detail = transaction_finish (t, result, "detail");
  g_assert_cmpstr (detail, ==, "got [secret]");
}

static void
test_what_is_secret (void)
{
  static const struct
  {
    const char *text;
    gboolean cut;
  } table[] = {
    { "client-secret-1", TRUE },
    { "client-secret-2", TRUE },
    { "old-access-token", TRUE },
    { "old-refresh/token", TRUE },
    { "old-refresh%2Ftoken", TRUE },
    { "old-user-token", TRUE },
    { "my-verifier", TRUE },
    { "proof-of-secret", TRUE },
    { "Y2xpZW50LTE6Y2xpZW50LXNlY3JldC0x", TRUE }, /* client-1:client-secret-1 */
    { "1234567890", FALSE },
    { "42", FALSE },
    { "client-1", FALSE },
    { "Old name", FALSE },
  };
  g_autoptr (CkTransaction) t = renewal ();

  ck_transaction_add_secret (t, "my-verifier");
  ck_transaction_set_grant_extra (t, "appsecret-proof", "proof-of-secret");
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autofree char *cut = ck_transaction_cut (t, table[i].text);

      g_assert_cmpstr (cut, ==, table[i].cut ? "[secret]" : table[i].text);
    }
}

/* ---- doubt, and where tokens go -------------------------------------------------------------- */

typedef struct
{
  guint count;
  gboolean spends;
} Sent;

static gboolean
on_sending (gboolean spends, gpointer user_data)
{
  Sent *sent = user_data;

  sent->count++;
  sent->spends = spends;

  return TRUE;
}

static CkResult
send (CkTransaction *t, const char *uri, const char *body, gboolean spends)
{
  CkHttpRequest request = { .method = "POST", .uri = uri, .body = body, .spends = spends };
  g_autoptr (CkHttpResponse) response = NULL;

  return ck_transaction_http (t, &request, &response);
}

static void
test_doubt (void)
{
  static const struct
  {
    const char *answer;
    gboolean spends;
    CkResult result;
    gboolean in_doubt;
  } table[] = {
    { TCP_CLOSE, TRUE, CK_RESULT_AUTHINFO_UNAVAIL, TRUE },
    { TCP_CLOSE, FALSE, CK_RESULT_AUTHINFO_UNAVAIL, FALSE },
    { TCP_RESET, TRUE, CK_RESULT_AUTHINFO_UNAVAIL, TRUE },
    { "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"a", TRUE, CK_RESULT_AUTHINFO_UNAVAIL, TRUE },
    { "HTTP/1.1 200 OK\r\n\r\n{\"access_tok", TRUE, CK_RESULT_SUCCESS, TRUE },
    { "HTTP/1.1 200 OK\r\n\r\n{\"access_tok", FALSE, CK_RESULT_SUCCESS, FALSE },
    { "HTTP/1.1 400 No\r\nContent-Length: 99\r\n\r\n{\"a", TRUE, CK_RESULT_AUTHINFO_UNAVAIL, FALSE },
    { "HTTP/1.1 200 OK\r\n\r\n{}", TRUE, CK_RESULT_SUCCESS, FALSE },
    { "HTTP/1.1 400 No\r\n\r\n{}", TRUE, CK_RESULT_SUCCESS, FALSE },
    { "HTTP/1.1 500 No\r\n\r\n", TRUE, CK_RESULT_SUCCESS, FALSE },
  };
  static const CkTransactionHooks hooks = { .sending = on_sending };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      const TcpRoute routes[] = { { NULL, table[i].answer } };
      g_autoptr (TcpServer) server = tcp_server_start (routes);
      g_autoptr (CkTransaction) t = renewal ();
      Sent sent = { 0, FALSE };
      CkResult result;

      ck_transaction_set_hooks (t, &hooks, &sent);
      result = send (t, tcp_server_get_origin (server), "a=b", table[i].spends);
      g_test_message ("row %u", i);
      g_assert_cmpint (result, ==, table[i].result);
      ck_transaction_end_module (t, result);
      (void) ck_transaction_finish (t, CK_RESULT_AUTHINFO_UNAVAIL, "module.so");
      g_assert_cmpuint (transaction_get_number (t, "in-doubt"), ==, table[i].in_doubt);
      g_assert_cmpuint (sent.count, ==, 1);
      g_assert_cmpint (sent.spends, ==, table[i].spends);
    }
}

static void
test_doubt_is_lifted (void)
{
  const TcpRoute routes[] = { { "/lost", TCP_CLOSE },
                              { NULL, "HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\"x\"}" } };
  g_autoptr (TcpServer) server = tcp_server_start (routes);
  g_autofree char *lost = g_strconcat (tcp_server_get_origin (server), "/lost", NULL);
  g_autoptr (CkTransaction) t = renewal ();

  g_assert_cmpint (send (t, lost, "a=b", TRUE), !=, CK_RESULT_SUCCESS);
  g_assert_cmpuint (transaction_get_number (t, "in-doubt"), ==, TRUE);
  g_assert_cmpint (send (t, tcp_server_get_origin (server), "a=b", FALSE), ==, CK_RESULT_SUCCESS);
  g_assert_cmpuint (transaction_get_number (t, "in-doubt"), ==, TRUE);
  g_assert_cmpint (send (t, tcp_server_get_origin (server), "a=b", TRUE), ==, CK_RESULT_SUCCESS);
  g_assert_cmpuint (transaction_get_number (t, "in-doubt"), ==, FALSE);
}

static void
test_refresh_token_stays_home (void)
{
  static const struct
  {
    const char *body;
    gboolean sent;
  } table[] = {
    { "grant_type=refresh_token&refresh_token=old-refresh%2Ftoken", FALSE },
    { "grant_type=refresh_token&refresh_token=old-refresh%2ftoken", FALSE },
    { "{\"refresh_token\":\"old-refresh\\/token\"}", FALSE },
    { "refresh_token=old-refresh/token", FALSE },
    { "refresh_token=new+token", FALSE },
    { "refresh_token=some-other", TRUE },
    { "token=old-access-token", TRUE },
  };
  const TcpRoute routes[] = { { NULL, "HTTP/1.1 200 OK\r\n\r\n{}" } };
  g_autoptr (TcpServer) server = tcp_server_start (routes);
  g_autoptr (CkTransaction) t = renewal ();
  g_autofree char *cause = NULL, *detail = NULL;
  guint sent = 0;

  g_assert_true (ck_transaction_set_grant (t, "refresh-token", "new token"));
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      CkResult result = send (t, tcp_server_get_origin (server), table[i].body, TRUE);

      g_test_message ("row %u", i);
      g_assert_cmpint (result, ==, table[i].sent ? CK_RESULT_SUCCESS : CK_RESULT_AUTH_ERR);
      sent += table[i].sent;
      g_assert_cmpuint (tcp_server_count (server), ==, sent);
    }

  g_assert_cmpint (send (t, "http://127.0.0.1:2/?t=old-refresh%2Ftoken", NULL, FALSE),
                   ==,
                   CK_RESULT_AUTH_ERR);
  ck_transaction_end_module (t, CK_RESULT_AUTH_ERR);
  cause = transaction_finish (t, CK_RESULT_AUTH_ERR, "cause");
  detail = transaction_finish (t, CK_RESULT_AUTH_ERR, "detail");
  g_assert_cmpstr (cause, ==, "client-misconfigured");
  g_assert_nonnull (strstr (detail, "issued by http://127.0.0.1:1 and is not sent to "
                                    "http://127.0.0.1:2"));
}

/* To its own origin it goes, as far as the network lets it. */
static void
test_refresh_token_goes_home (void)
{
  g_autoptr (CkTransaction) t = renewal ();

  g_assert_cmpint (send (t, "http://127.0.0.1:1/token", "refresh_token=old-refresh%2Ftoken", TRUE),
                   ==,
                   CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpuint (transaction_get_number (t, "in-doubt"), ==, FALSE);
}

static void
test_bad_method (void)
{
  CkHttpRequest request = { .method = "TRACE", .uri = "http://127.0.0.1:1/" };
  g_autoptr (CkTransaction) t = renewal ();
  g_autoptr (CkHttpResponse) response = NULL;

  g_assert_cmpint (ck_transaction_http (t, &request, &response), ==, CK_RESULT_SERVICE_ERR);
  g_assert_null (response);
}

/* ---- the person ------------------------------------------------------------------------------ */

static GVariant *
on_converse (const char *style,
             GVariant *details,
             gint64 deadline,
             SecretValue **secret,
             gpointer user_data,
             GError **error)
{
  GVariant **seen = user_data;

  g_clear_pointer (seen, g_variant_unref);
  *seen = g_variant_ref (details);
  if (g_str_equal (style, "secret"))
    *secret = secret_value_new ("a pasted\xff", -1, "text/plain");

  return g_variant_ref_sink (g_variant_new_parsed ("{'choice': <'one'>}"));
}

static void
test_what_the_person_sees (void)
{
  static const CkTransactionHooks hooks = { .converse = on_converse };
  g_autoptr (CkTransaction) t = renewal ();
  g_autoptr (GVariant) seen = NULL;
  const char *uri, *message;

  ck_transaction_set_hooks (t, &hooks, &seen);
  ck_transaction_add_secret (t, "state-value");
  g_assert_cmpint (
      ck_transaction_converse (t,
                               "open-uri",
                               g_variant_new_parsed (
                                   "{'uri': <'https://id.example.com/?state=state-value'>,"
                                   " 'message': <'state-value'>}"),
                               NULL),
      ==,
      CK_RESULT_SUCCESS);
  g_assert_true (g_variant_lookup (seen, "uri", "&s", &uri));
  g_assert_true (g_variant_lookup (seen, "message", "&s", &message));
  g_assert_cmpstr (uri, ==, "https://id.example.com/?state=state-value");
  g_assert_cmpstr (message, ==, "[secret]");
}

static void
test_person_sees_no_token (void)
{
  static const CkTransactionHooks hooks = { .converse = on_converse };
  static const char *const details[] = {
    "{'uri': <'https://id.example.com/?t=old-access-token'>}",
    "{'message': <'client-secret-2'>}",
    "{'choices': <[('1', 'a'), ('old-user-token', 'b')]>}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (details); i++)
    {
      g_autoptr (CkTransaction) t = renewal ();
      g_autoptr (GVariant) seen = NULL;

      ck_transaction_set_hooks (t, &hooks, &seen);
      g_assert_cmpint (ck_transaction_converse (t, "info", g_variant_new_parsed (details[i]), NULL),
                       ==,
                       CK_RESULT_SERVICE_ERR);
      g_assert_null (seen);
    }
}

static void
test_nobody_there (void)
{
  g_autoptr (CkTransaction) t = renewal ();
  char *secret = NULL;

  g_assert_cmpint (
      ck_transaction_converse (t, "info", g_variant_new_parsed ("{'message': <'x'>}"), NULL),
      ==,
      CK_RESULT_CONV_ERR);
  g_assert_cmpint (ck_transaction_converse_secret (t, "x", &secret), ==, CK_RESULT_CONV_ERR);
  g_assert_null (secret);
}

static void
test_pasted_nonsense (void)
{
  static const CkTransactionHooks hooks = { .converse = on_converse };
  g_autoptr (CkTransaction) t = renewal ();
  g_autoptr (GVariant) seen = NULL;
  char *secret = NULL;

  ck_transaction_set_hooks (t, &hooks, &seen);
  g_assert_cmpint (ck_transaction_converse_secret (t, "x", &secret), ==, CK_RESULT_CONV_ERR);
  g_assert_null (secret);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/answer/cause-to-result", test_cause_to_result);
  g_test_add_func ("/answer/fail-response", test_fail_response);
  g_test_add_func ("/answer/error-code", test_error_code);
  g_test_add_func ("/answer/long-platform-message", test_long_platform_message);
  g_test_add_func ("/answer/whose-words", test_whose_words);
  g_test_add_func ("/answer/late-secret", test_late_secret);
  g_test_add_func ("/answer/what-is-secret", test_what_is_secret);
  g_test_add_func ("/answer/doubt", test_doubt);
  g_test_add_func ("/answer/doubt-is-lifted", test_doubt_is_lifted);
  g_test_add_func ("/answer/refresh-token-stays-home", test_refresh_token_stays_home);
  g_test_add_func ("/answer/refresh-token-goes-home", test_refresh_token_goes_home);
  g_test_add_func ("/answer/bad-method", test_bad_method);
  g_test_add_func ("/answer/what-the-person-sees", test_what_the_person_sees);
  g_test_add_func ("/answer/person-sees-no-token", test_person_sees_no_token);
  g_test_add_func ("/answer/nobody-there", test_nobody_there);
  g_test_add_func ("/answer/pasted-nonsense", test_pasted_nonsense);

  return g_test_run ();
}
