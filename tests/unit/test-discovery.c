/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-discovery.h"

#include <string.h>

#include "tcp-server.h"
#include "transaction-fixture.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
#define MISSING "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

#define FULL                                                                                       \
  "{\"issuer\":\"%ORIGIN%/tenant\",\"token_endpoint\":\"%ORIGIN%/token\","                         \
  "\"authorization_endpoint\":\"https://login.example.com/authorize?x=1\","                        \
  "\"userinfo_endpoint\":\"%ORIGIN%/me\",\"revocation_endpoint\":null,"                            \
  "\"token_endpoint_auth_methods_supported\":[\"client_secret_post\",\"client_secret_basic\"],"    \
  "\"authorization_response_iss_parameter_supported\":true,"                                       \
  "\"scopes_supported\":[\"openid\",\"email\"],\"code_challenge_methods_supported\":[\"S256\"],"   \
  "\"jwks_uri\":\"https://login.example.com/keys\",\"claims_supported\":[\"sub\"]}"

#define OAUTH_PATH "/.well-known/oauth-authorization-server/tenant"
#define OPENID_PATH "/tenant/.well-known/openid-configuration"

static void
test_uris (void)
{
  static const struct
  {
    const char *issuer;
    const char *oauth;
    const char *openid;
  } table[] = {
    { "https://id.example.com",
      "https://id.example.com/.well-known/oauth-authorization-server",
      "https://id.example.com/.well-known/openid-configuration" },
    { "https://id.example.com/",
      "https://id.example.com/.well-known/oauth-authorization-server",
      "https://id.example.com/.well-known/openid-configuration" },
    { "https://id.example.com:8443/a/b",
      "https://id.example.com:8443/.well-known/oauth-authorization-server/a/b",
      "https://id.example.com:8443/a/b/.well-known/openid-configuration" },
    { "https://id.example.com/a/",
      "https://id.example.com/.well-known/oauth-authorization-server/a",
      "https://id.example.com/a/.well-known/openid-configuration" },
    { "https://id.example.com/?a=b", NULL, NULL },
    { "https://id.example.com/#a", NULL, NULL },
    { "id.example.com", NULL, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autofree char *oauth = ck_discovery_uri_oauth (table[i].issuer);
      g_autofree char *openid = ck_discovery_uri_openid (table[i].issuer);

      g_assert_cmpstr (oauth, ==, table[i].oauth);
      g_assert_cmpstr (openid, ==, table[i].openid);
    }
}

/* @extra: more of the a{ss} */
static CkTransaction *
make (TcpServer *server, const char *extra, const char *arguments, const char *secrets)
{
  g_autofree char *settings = g_strdup_printf ("{'OAuth2.Issuer': '%s/tenant'%s}",
                                               tcp_server_get_origin (server),
                                               extra);
  CkTransaction *t = transaction_make ("connect", settings, arguments, secrets);

  ck_transaction_begin_module (t, "module.so", NULL);

  return t;
}

static const char *
get (CkTransaction *t, const char *key)
{
  return ck_transaction_get_setting (t, "OAuth2", key);
}

static void
test_filled (void)
{
  static const TcpRoute oauth[] = { { OAUTH_PATH, OK FULL }, { NULL, MISSING } };
  static const TcpRoute openid[] = { { OPENID_PATH, OK FULL }, { NULL, MISSING } };
  static const TcpRoute html[] = { { OPENID_PATH, OK FULL }, { NULL, OK "<html>all is well</html>" } };
  static const TcpRoute *const servers[] = { oauth, openid, html };
  static const guint requests[] = { 1, 2, 2 };

  for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
    {
      g_autoptr (TcpServer) server = tcp_server_start (servers[i]);
      g_autofree char *token = g_strconcat (tcp_server_get_origin (server), "/token", NULL);
      g_autoptr (CkTransaction) t =
          make (server, ", 'OAuth2.UserinfoEndpoint': 'https://own.example'", NULL, TRANSACTION_GRANT);
      g_autofree char *metadata = NULL;

      /* What the file says is no reason to ask anybody, nor is what metadata never says. */
      g_assert_cmpstr (get (t, "UserinfoEndpoint"), ==, "https://own.example");
      g_assert_null (get (t, "ScopeSeparator"));
      g_assert_cmpuint (tcp_server_count (server), ==, 0);

      g_assert_cmpstr (get (t, "TokenEndpoint"), ==, token);
      g_assert_cmpstr (get (t, "AuthorizationEndpoint"),
                       ==,
                       "https://login.example.com/authorize?x=1");
      g_assert_cmpstr (get (t, "UserinfoEndpoint"), ==, "https://own.example");
      g_assert_null (get (t, "RevocationEndpoint"));
      g_assert_null (get (t, "DeviceAuthorizationEndpoint"));
      g_assert_cmpstr (get (t, "ClientAuthentication"), ==, "basic");
      g_assert_cmpstr (get (t, "IssParameterSupported"), ==, "true");
      g_assert_cmpstr (get (t, "ScopesSupported"), ==, "openid email");
      g_assert_cmpstr (get (t, "CodeChallengeMethods"), ==, "S256");
      g_assert_cmpuint (tcp_server_count (server), ==, requests[i]);

      ck_transaction_end_module (t, CK_RESULT_SUCCESS);
      metadata = transaction_finish (t, CK_RESULT_AUTH_ERR, "metadata");
      g_assert_nonnull (strstr (metadata, token));
      g_assert_null (strstr (metadata, "claims_supported"));
    }
}

static void
test_client_authentication (void)
{
  static const struct
  {
    const char *methods;
    gboolean has_secret;
    const char *expected;
  } table[] = {
    { "", TRUE, "basic" },
    { ",\"token_endpoint_auth_methods_supported\":[\"client_secret_post\"]", TRUE, "post" },
    { ",\"token_endpoint_auth_methods_supported\":[\"none\",\"client_secret_basic\"]", TRUE, "basic" },
    { ",\"token_endpoint_auth_methods_supported\":[\"private_key_jwt\"]", TRUE, NULL },
    { ",\"token_endpoint_auth_methods_supported\":[\"client_secret_basic\"]", FALSE, "none" },
    { "", FALSE, "none" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autofree char *answer =
          g_strdup_printf (OK "{\"issuer\":\"%%ORIGIN%%/tenant\"%s}", table[i].methods);
      const TcpRoute routes[] = { { NULL, answer } };
      g_autoptr (TcpServer) server = tcp_server_start (routes);
      g_autoptr (CkTransaction) t =
          make (server, "", NULL, table[i].has_secret ? TRANSACTION_GRANT : NULL);

      g_assert_cmpstr (get (t, "ClientAuthentication"), ==, table[i].expected);
    }
}

/* What is wrong with it, and what a module that misses an endpoint then fails with. */
static void
test_refused (void)
{
  static const struct
  {
    const char *answer;
    const char *cause;
    const char *named;
  } table[] = {
    { OK "{\"issuer\":\"%ORIGIN%/tenant/\"}", "client-misconfigured", "its issuer is" },
    { OK "{\"issuer\":\"%ORIGIN%/Tenant\"}", "client-misconfigured", "its issuer is" },
    { OK "{\"issuer\":\"https://evil.example\"}", "client-misconfigured", "its issuer is" },
    { OK "{\"issuer\":[\"%ORIGIN%/tenant\"]}", "client-misconfigured", "names no issuer" },
    { OK "{}", "client-misconfigured", "names no issuer" },
    { OK "[]", "client-misconfigured", "not an object" },
    { OK "{\"issuer\":\"%ORIGIN%/tenant\",\"token_endpoint\":\"http://id.example.com/\"}",
      "client-misconfigured",
      "token_endpoint is not https" },
    { OK "{\"issuer\":\"%ORIGIN%/tenant\",\"userinfo_endpoint\":\"ftp://id.example.com/\"}",
      "client-misconfigured",
      "userinfo_endpoint is not https" },
    { OK "{\"issuer\":\"%ORIGIN%/tenant\",\"token_endpoint\":\"javascript:alert(1)\"}",
      "client-misconfigured",
      "token_endpoint is not a URI" },
    { OK "{\"issuer\":\"%ORIGIN%/tenant\",\"token_endpoint\":7}",
      "client-misconfigured",
      "token_endpoint is not text" },
    { MISSING, "server-error", "has no metadata" },
    { OK "<html>", "server-error", "has no metadata" },
    { OK "{\"issuer\":\"%ORIGIN%/tenant\",\"issuer\":\"x\"}", "server-error", "has no metadata" },
    { "HTTP/1.1 302 Go\r\nLocation: %ORIGIN%/x\r\nContent-Length: 0\r\n\r\n",
      "server-error",
      "has no metadata" },
    { "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", "server-error", "status 503" },
    { "HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n", "rate-limited", "status 429" },
    { TCP_CLOSE, "network", "did not answer" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      const TcpRoute routes[] = { { NULL, table[i].answer } };
      g_autoptr (TcpServer) server = tcp_server_start (routes);
      g_autoptr (CkTransaction) t = make (server, "", NULL, NULL);
      g_autofree char *cause = NULL, *detail = NULL, *metadata = NULL;
      CkResult result;
      guint count;

      g_test_message ("row %u", i);
      g_assert_null (get (t, "TokenEndpoint"));
      count = tcp_server_count (server);
      g_assert_null (get (t, "AuthorizationEndpoint"));
      g_assert_cmpuint (tcp_server_count (server), ==, count);

      result = ck_transaction_fail (t, "client-misconfigured", "no TokenEndpoint");
      ck_transaction_end_module (t, result);
      cause = transaction_finish (t, result, "cause");
      detail = transaction_finish (t, result, "detail");
      metadata = transaction_finish (t, result, "metadata");
      g_test_message ("%s: %s", cause, detail);
      g_assert_cmpstr (cause, ==, table[i].cause);
      g_assert_nonnull (strstr (detail, table[i].named));
      g_assert_cmpstr (metadata, ==, "");
    }
}

/* A module that can do without is not disturbed, and later words about the grant stand. */
static void
test_trouble_is_kept_apart (void)
{
  static const TcpRoute routes[] = { { NULL, MISSING } };
  g_autoptr (TcpServer) server = tcp_server_start (routes);
  g_autoptr (CkTransaction) t = make (server, "", NULL, NULL);
  g_autofree char *cause = NULL, *fine = NULL;

  g_assert_null (get (t, "RevocationEndpoint"));
  ck_transaction_end_module (t, CK_RESULT_AUTH_ERR);
  fine = transaction_finish (t, CK_RESULT_AUTH_ERR, "cause");
  g_assert_cmpstr (fine, ==, "none");

  ck_transaction_begin_module (t, "other.so", NULL);
  ck_transaction_end_module (t, ck_transaction_fail (t, "expired", "it ran out"));
  (void) ck_transaction_finish (t, CK_RESULT_CRED_EXPIRED, "other.so");
  {
    g_autoptr (GVariant) details = g_variant_ref_sink (ck_transaction_dup_details (t));

    g_variant_lookup (details, "cause", "s", &cause);
  }
  g_assert_cmpstr (cause, ==, "expired");
}

/* Once the module has reached the platform without it, its words are its own. */
static void
test_trouble_is_forgotten (void)
{
  static const TcpRoute routes[] = { { "/token", OK "{}" }, { NULL, MISSING } };
  g_autoptr (TcpServer) server = tcp_server_start (routes);
  g_autofree char *uri = g_strconcat (tcp_server_get_origin (server), "/token", NULL);
  g_autoptr (CkTransaction) t = make (server, "", NULL, NULL);
  CkHttpRequest request = { .method = "GET", .uri = uri };
  g_autoptr (CkHttpResponse) response = NULL;
  g_autofree char *cause = NULL;
  CkResult result;

  g_assert_null (get (t, "PushedAuthorizationRequestEndpoint"));
  g_assert_cmpint (ck_transaction_http (t, &request, &response), ==, CK_RESULT_SUCCESS);
  result = ck_transaction_fail (t, "client-misconfigured", "the platform knows us not");
  g_assert_cmpint (result, ==, CK_RESULT_AUTH_ERR);
  ck_transaction_end_module (t, result);
  cause = transaction_finish (t, result, "cause");
  g_assert_cmpstr (cause, ==, "client-misconfigured");
}

static void
test_cached (void)
{
  static const struct
  {
    const char *issuer_path;
    gboolean is_used;
  } table[] = {
    { "/tenant", TRUE },
    { "/other", FALSE },
  };
  static const TcpRoute routes[] = { { NULL, OK FULL } };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (TcpServer) server = tcp_server_start (routes);
      g_autofree char *arguments = g_strdup_printf (
          "{'metadata': <'{\"issuer\":\"%s%s\",\"token_endpoint\":\"https://c.example/token\"}'>}",
          tcp_server_get_origin (server),
          table[i].issuer_path);
      g_autofree char *fetched = g_strconcat (tcp_server_get_origin (server), "/token", NULL);
      g_autoptr (CkTransaction) t = make (server, "", arguments, NULL);
      g_autofree char *metadata = NULL;

      g_assert_cmpstr (get (t, "TokenEndpoint"),
                       ==,
                       table[i].is_used ? "https://c.example/token" : fetched);
      g_assert_cmpuint (tcp_server_count (server), ==, table[i].is_used ? 0 : 1);
      ck_transaction_end_module (t, CK_RESULT_AUTH_ERR);
      metadata = transaction_finish (t, CK_RESULT_AUTH_ERR, "metadata");
      g_assert_cmpint (*metadata == '\0', ==, table[i].is_used);
    }
}

/* Metadata= without Issuer=: the document says who the issuer is. */
static void
test_metadata_uri (void)
{
  static const TcpRoute routes[] = { { "/meta", OK FULL }, { NULL, MISSING } };
  g_autoptr (TcpServer) server = tcp_server_start (routes);
  g_autofree char *settings =
      g_strdup_printf ("{'OAuth2.Metadata': '%s/meta'}", tcp_server_get_origin (server));
  g_autofree char *issuer = g_strconcat (tcp_server_get_origin (server), "/tenant", NULL);
  g_autoptr (CkTransaction) t = transaction_make ("connect", settings, NULL, NULL);

  g_assert_cmpstr (get (t, "Issuer"), ==, issuer);
  g_assert_cmpuint (tcp_server_count (server), ==, 1);
}

static void
test_no_issuer (void)
{
  g_autoptr (CkTransaction) t = transaction_make ("connect", NULL, NULL, NULL);
  CkResult result;

  ck_transaction_begin_module (t, "module.so", NULL);
  g_assert_null (get (t, "TokenEndpoint"));
  result = ck_transaction_fail (t, "client-misconfigured", "no TokenEndpoint");
  g_assert_cmpint (result, ==, CK_RESULT_AUTH_ERR);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/discovery/uris", test_uris);
  g_test_add_func ("/discovery/filled", test_filled);
  g_test_add_func ("/discovery/client-authentication", test_client_authentication);
  g_test_add_func ("/discovery/refused", test_refused);
  g_test_add_func ("/discovery/trouble-is-kept-apart", test_trouble_is_kept_apart);
  g_test_add_func ("/discovery/trouble-is-forgotten", test_trouble_is_forgotten);
  g_test_add_func ("/discovery/cached", test_cached);
  g_test_add_func ("/discovery/metadata-uri", test_metadata_uri);
  g_test_add_func ("/discovery/no-issuer", test_no_issuer);

  return g_test_run ();
}
