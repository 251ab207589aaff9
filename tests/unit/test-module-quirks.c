/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-pkce.h"
#include "module-bench.h"

/* What a provider file can say about a platform's own way of OAuth: the modules must do it. */

#define TOKEN "\"access_token\":\"new-access-token\",\"token_type\":\"bearer\",\"expires_in\":3600"

static Bench *
make_bench (void)
{
  Bench *bench = bench_new ();

  bench_set_secrets (bench, "s3cret");
  bench_set_scopes (bench, "read write");
  bench_set_grant (bench, "access-token", "old-access-token");
  bench_set_grant (bench, "refresh-token", "old-\"refresh\\token");
  bench_set_grant (bench, "token-type", "Bearer");
  bench_set_grant (bench, "token-origin", "@BASE@");

  return bench;
}

static void
assert_parameter (Bench *bench, guint index, const char *name, const char *expected)
{
  g_autofree char *value = bench_dup_parameter (bench, index, name);

  g_assert_cmpstr (value, ==, expected);
}

static gboolean
has_line (Bench *bench, guint index, const char *line)
{
  g_autofree char *whole = g_strconcat ("\r\n", line, "\r\n", NULL);

  return strstr (bench_get_request (bench, index), whole) != NULL;
}

static void
test_client_id_parameter (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set (bench, "OAuth2.ClientAuthentication", "post");
  bench_set (bench, "OAuth2.ClientIdParameter", "client_key");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  assert_parameter (bench, 0, "client_key", "app");
  assert_parameter (bench, 0, "client_secret", "s3cret");
  assert_parameter (bench, 0, "client_id", NULL);
}

static void
test_client_id_in_body (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set (bench, "OAuth2.ClientIdInBody", "yes");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  assert_parameter (bench, 0, "client_id", "app");
  assert_parameter (bench, 0, "client_secret", NULL);
  g_assert_true (has_line (bench, 0, "Authorization: Basic YXBwOnMzY3JldA=="));
}

static void
test_headers (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set (bench, "OAuth2.RequestHeader", "Client-ID: %c\nUser-Agent: a b/1 (by c)");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  g_assert_true (has_line (bench, 0, "Client-ID: app"));
  g_assert_true (has_line (bench, 0, "User-Agent: a b/1 (by c)"));
  g_assert_null (strstr (bench_get_request (bench, 0), "Channelkeeper/"));

  bench_answer (bench, 200, "{\"id\":\"1\"}");
  g_assert_cmpint (bench_run (bench, "verify", "identity", "uri=@BASE@/me|id=id|header=X-Also: %c"),
                   ==, CK_RESULT_SUCCESS);
  g_assert_true (has_line (bench, 0, "Client-ID: app"));
  g_assert_true (has_line (bench, 0, "X-Also: app"));
  g_assert_true (has_line (bench, 0, "Authorization: Bearer old-access-token"));
}

static void
test_json_body (void)
{
  g_autoptr (Bench) bench = make_bench ();
  const char *body;

  bench_set (bench, "OAuth2.ClientAuthentication", "post");
  bench_set (bench, "OAuth2.RequestBody", "json");
  bench_set (bench, "OAuth2.RefreshEndpoint", "@BASE@/refresh");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  g_assert_true (g_str_has_prefix (bench_get_request (bench, 0), "POST /refresh HTTP/1.1\r\n"));
  g_assert_true (has_line (bench, 0, "Content-Type: application/json"));
  body = strstr (bench_get_request (bench, 0), "\r\n\r\n") + 4;
  g_assert_cmpstr (body, ==,
                   "{\"grant_type\":\"refresh_token\","
                   "\"refresh_token\":\"old-\\u0022refresh\\u005ctoken\","
                   "\"client_id\":\"app\",\"client_secret\":\"s3cret\"}");
}

/* The refresh token goes to the origin it came from, whatever endpoint a file names for it. */
static void
test_refresh_endpoint_elsewhere (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set (bench, "OAuth2.RefreshEndpoint", "https://elsewhere.example/refresh");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_AUTH_ERR);
  g_assert_cmpstr (bench_get_cause (bench), ==, "client-misconfigured");
}

static void
test_token_shape (void)
{
  g_autoptr (Bench) bench = make_bench ();
  g_autofree char *scopes = NULL;

  bench_set (bench, "OAuth2.TokenType", "Bearer");
  bench_set (bench, "OAuth2.TokenMember", "data.0");
  bench_set (bench, "OAuth2.ScopeMember", "permissions");
  bench_answer (bench, 200,
                "{\"data\":[{\"access_token\":\"new-access-token\",\"user_id\":\"1\","
                "\"permissions\":\"read,write\"}]}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "new-access-token");
  scopes = bench_dup_scopes (bench);
  g_assert_cmpstr (scopes, ==, "read write");
}

/* A wrong secret is told by the table, where the platform does not say invalid_client. */
static void
test_secret_rollover (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set (bench, "OAuth2.ClientAuthentication", "post");
  bench_set_secrets (bench, "first-secret second-secret");
  bench_set_failure (bench, "client-misconfigured", "json:message=\"invalid client secret\"");
  bench_answer (bench, 403, "{\"status\":403,\"message\":\"invalid client secret\"}");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  assert_parameter (bench, 1, "client_secret", "second-secret");

  /* A 400 may be about the token: it is not sent again. */
  bench_answer (bench, 400, "{\"message\":\"invalid client secret\"}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_AUTH_ERR);
  g_assert_cmpuint (bench_count_requests (bench), ==, 1);

  /* But where no request uses it up. */
  bench_set (bench, "Lifetime.Rotation", "no");
  bench_answer (bench, 400, "{\"message\":\"invalid client secret\"}");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  assert_parameter (bench, 1, "client_secret", "second-secret");
}

/* A public client's refresh token works once there, another's more than once. */
static void
test_public_rotation (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set (bench, "Lifetime.Rotation", "public");
  bench_answer (bench, 0, "");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==,
                   CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_false (bench_is_in_doubt (bench));

  bench_set_secrets (bench, NULL);
  bench_answer (bench, 0, "");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==,
                   CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_true (bench_is_in_doubt (bench));
}

/* Not every server knows a new token yet: its word is believed later. */
static void
test_settle_time (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set (bench, "Lifetime.SettleTime", "30");
  bench_set_grant_time (bench, "issued-at", bench_now () - 5);
  bench_answer (bench, 401, "{}");
  g_assert_cmpint (bench_run (bench, "verify", "http_check", "uri=@BASE@/me"), ==,
                   CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "server-error");

  bench_set_grant_time (bench, "issued-at", bench_now () - 31);
  bench_answer (bench, 401, "{}");
  g_assert_cmpint (bench_run (bench, "verify", "http_check", "uri=@BASE@/me"), ==,
                   CK_RESULT_CRED_UNAVAIL);

  /* The token endpoint knows. */
  bench_set_grant_time (bench, "issued-at", bench_now () - 5);
  bench_answer (bench, 400, "{\"error\":\"invalid_grant\"}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_CRED_UNAVAIL);
}

/* The account is not the person, and an answer without one means something. */
static void
test_shared_account (void)
{
  const char *line = "uri=@BASE@/channels|id=items.0.id|owner-in-id-token";
  g_autoptr (Bench) bench = make_bench ();

  bench_set_grant (bench, "access-token", "the-access-token");
  bench_answer (bench, 200, "{\"items\":[{\"id\":\"UC1\"}]}");
  g_assert_cmpint (bench_run (bench, "verify", "identity", line), ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "UC1");
  g_assert_cmpstr (bench_get (bench, "owner-id"), ==, "");

  bench_set_item (bench, "id-token-sub", "1175");
  bench_answer (bench, 200, "{\"items\":[{\"id\":\"UC1\"}]}");
  g_assert_cmpint (bench_run (bench, "verify", "identity", line), ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "owner-id"), ==, "1175");

  bench_answer (bench, 200, "{\"kind\":\"list\"}");
  g_assert_cmpint (bench_run (bench, "verify", "identity", line), ==, CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_nonnull (strstr (bench_get_detail (bench), "items.0.id"));

  bench_set_failure (bench, "permission-lost", "where=api status=200 json:kind=list !json:items.0");
  bench_answer (bench, 200, "{\"kind\":\"list\"}");
  g_assert_cmpint (bench_run (bench, "verify", "identity", line), ==, CK_RESULT_PERM_DENIED);
  g_assert_cmpstr (bench_get_cause (bench), ==, "permission-lost");
}

/* One answer says who, how long and for what. */
static void
test_identity_facts (void)
{
  const char *line = "uri=@BASE@/validate|id=user_id|expires-in=expires_in|scopes=scopes";
  g_autoptr (Bench) bench = make_bench ();
  g_autofree char *scopes = NULL;
  guint64 before = bench_now ();

  bench_answer (bench, 200, "{\"user_id\":\"1\",\"expires_in\":100,\"scopes\":[\"a\",\"b\"]}");
  g_assert_cmpint (bench_run (bench, "verify", "identity", line), ==, CK_RESULT_SUCCESS);
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), >=, before + 100);
  scopes = bench_dup_scopes (bench);
  g_assert_cmpstr (scopes, ==, "a b");

  /* A second more or less is no news. */
  bench_set_grant_time (bench, "expires-at", bench_now () + 102);
  bench_answer (bench, 200, "{\"user_id\":\"1\",\"expires_in\":101,\"scopes\":null}");
  before = bench_now ();
  g_assert_cmpint (bench_run (bench, "verify", "identity", line), ==, CK_RESULT_SUCCESS);
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), >=, before + 102);
}

/* The account is one of those that a person may act for. */
static void
test_list (void)
{
  static const struct
  {
    const char *answer;
    CkResult result;
    const char *cause;
  } rows[] = {
    { "{\"e\":[{\"u\":\"p1\",\"n\":\"One\"},{\"u\":\"p2\",\"n\":\"Two\",\"who\":\"m\"}]}",
      CK_RESULT_SUCCESS, "none" },
    { "{\"e\":[{\"u\":\"p1\",\"who\":\"m\"}]}", CK_RESULT_PERM_DENIED, "permission-lost" },
    { "{\"e\":[]}", CK_RESULT_PERM_DENIED, "permission-lost" },
    { "{\"e\":{\"u\":\"p2\"}}", CK_RESULT_AUTHINFO_UNAVAIL, "server-error" },
    { "{\"u\":\"p2\"}", CK_RESULT_AUTHINFO_UNAVAIL, "server-error" },
    { "{\"e\":[{\"u\":\"p2\"}]}", CK_RESULT_AUTHINFO_UNAVAIL, "server-error" }, /* no owner */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Bench) bench = make_bench ();

      g_test_message ("%s", rows[i].answer);
      bench_set_grant (bench, "account-id", "p2");
      bench_answer (bench, 200, rows[i].answer);
      g_assert_cmpint (
          bench_run (bench, "verify", "identity", "uri=@BASE@/acls|list=e|id=u|name=n|owner=who"),
          ==, rows[i].result);
      g_assert_cmpstr (bench_get_cause (bench), ==, rows[i].cause);
      g_assert_cmpstr (bench_get (bench, "account-name"), ==, i == 0 ? "Two" : "");
      g_assert_cmpstr (bench_get (bench, "owner-id"), ==, i == 0 ? "m" : "");
    }
}

/* A dead token is given back, in whatever words the platform says so. */
static void
test_revoke_dead (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set_failure (bench, "unknown-revoked", "where=revoke json:message=\"Invalid token\"");
  bench_answer (bench, 400, "{\"message\":\"Invalid token\"}");
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", "access-token-only"), ==,
                   CK_RESULT_SUCCESS);
  bench_answer (bench, 400, "{\"message\":\"Something\"}");
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", "access-token-only"), ==,
                   CK_RESULT_AUTH_ERR);
}

static GVariant *
on_show_code (const char *style, GVariant *details, gpointer user_data)
{
  return g_variant_new ("a{sv}", NULL);
}

static void
test_device_scope_parameter (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set_secrets (bench, NULL);
  bench_set_argument (bench, "flow", "device");
  bench_set_person (bench, on_show_code, NULL);
  bench_set (bench, "OAuth2.DeviceScopeParameter", "scopes");
  bench_answer (bench, 200,
                "{\"device_code\":\"the-device-code\",\"user_code\":\"ABC\",\"interval\":1,"
                "\"verification_uri\":\"https://as.example/activate\",\"expires_in\":60}");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (bench_run (bench, "connect", "device_code", NULL), ==, CK_RESULT_SUCCESS);
  for (guint i = 0; i < 2; i++)
    {
      assert_parameter (bench, i, "scopes", "read write");
      assert_parameter (bench, i, "scope", NULL);
      assert_parameter (bench, i, "client_id", "app");
    }
}

/* A device login that is like RFC 8628, but in no word of it. */
static void
test_device_login (void)
{
  static const struct
  {
    const char *subcode;
    CkResult result;
    const char *cause; /* NULL: it goes on, to a token */
  } answers[] = {
    { "1349174", CK_RESULT_SUCCESS, NULL },
    { "1349152", CK_RESULT_CONV_ERR, "none" },
    { "13491", CK_RESULT_AUTH_ERR, "none" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (Bench) bench = make_bench ();
      g_autofree char *answer
          = g_strdup_printf ("{\"error\":{\"code\":31,\"error_subcode\":%s}}", answers[i].subcode);

      bench_set_argument (bench, "flow", "device");
      bench_set_person (bench, on_show_code, NULL);
      bench_set (bench, "OAuth2.DeviceTokenEndpoint", "@BASE@/device/login_status");
      bench_set (bench, "OAuth2.DeviceCodeParameter", "code");
      bench_set (bench, "OAuth2.DeviceClientToken", "c1");
      bench_set (bench, "OAuth2.DeviceErrorMember", "error.error_subcode");
      bench_set (bench, "OAuth2.DeviceErrors",
                 "1349174=authorization_pending 1349152=expired_token");
      bench_answer (bench, 200,
                    "{\"code\":\"the-device-code\",\"user_code\":\"ABC\",\"interval\":1,"
                    "\"verification_uri\":\"https://as.example/device\",\"expires_in\":60}");
      bench_answer (bench, 400, answer);
      if (answers[i].cause == NULL)
        bench_answer (bench, 200, "{" TOKEN "}");
      g_assert_cmpint (bench_run (bench, "connect", "device_code", NULL), ==, answers[i].result);
      if (answers[i].cause != NULL)
        g_assert_cmpstr (bench_get_cause (bench), ==, answers[i].cause);

      g_assert_true (g_str_has_prefix (bench_get_request (bench, 0), "POST /device HTTP"));
      g_assert_true (
          g_str_has_prefix (bench_get_request (bench, 1), "POST /device/login_status HTTP"));
      assert_parameter (bench, 1, "code", "the-device-code");
      assert_parameter (bench, 1, "grant_type", NULL);
      for (guint j = 0; j < 2; j++)
        {
          assert_parameter (bench, j, "access_token", "app|c1");
          assert_parameter (bench, j, "client_secret", NULL);
        }
    }
}

/* The authorization request, as the browser was given it. */
static GVariant *
on_open_uri (const char *style, GVariant *details, gpointer user_data)
{
  GHashTable **parameters = user_data;
  const char *uri = NULL;

  g_assert_true (g_variant_lookup (details, "uri", "&s", &uri));
  *parameters = g_uri_parse_params (strchr (uri, '?') + 1, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);

  return NULL;
}

static void
test_authorization (void)
{
  g_autoptr (Bench) bench = make_bench ();
  g_autoptr (GHashTable) parameters = NULL;

  bench_set_person (bench, on_open_uri, &parameters);
  bench_set (bench, "OAuth2.PKCE", "S256-hex");
  bench_set (bench, "OAuth2.ClientIdParameter", "client_key");
  bench_set (bench, "OAuth2.ScopeSeparator", "comma");
  bench_set (bench, "OAuth2.AuthorizationParameters", "prompt=consent+select_account");
  g_assert_cmpint (bench_run (bench, "connect", "authorization_code", NULL), ==,
                   CK_RESULT_CONV_ERR);
  g_assert_cmpstr (g_hash_table_lookup (parameters, "client_key"), ==, "app");
  g_assert_null (g_hash_table_lookup (parameters, "client_id"));
  g_assert_cmpstr (g_hash_table_lookup (parameters, "scope"), ==, "read,write");
  g_assert_cmpstr (g_hash_table_lookup (parameters, "prompt"), ==, "consent select_account");
  g_assert_cmpstr (g_hash_table_lookup (parameters, "code_challenge_method"), ==, "S256");
  g_assert_cmpuint (strlen (g_hash_table_lookup (parameters, "code_challenge")), ==, 64);
  g_assert_cmpuint (strspn (g_hash_table_lookup (parameters, "code_challenge"), "0123456789abcdef"),
                    ==, 64);
}

/* A plus between scopes is a plus in the address: a form's reader sees a blank. */
static void
test_plus (void)
{
  g_autoptr (Bench) bench = make_bench ();
  g_autoptr (GHashTable) parameters = NULL;

  bench_set_person (bench, on_open_uri, &parameters);
  bench_set_scopes (bench, "a:b c+d");
  bench_set (bench, "OAuth2.ScopeSeparator", "plus");
  g_assert_cmpint (bench_run (bench, "connect", "authorization_code", NULL), ==,
                   CK_RESULT_CONV_ERR);
  g_assert_cmpstr (g_hash_table_lookup (parameters, "scope"), ==, "a:b c+d");
}

static void
test_token_parameters (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set (bench, "OAuth2.TokenParameters", "continuous_refresh=true  also=1");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  assert_parameter (bench, 0, "continuous_refresh", "true");
  assert_parameter (bench, 0, "also", "1");

  bench_set (bench, "OAuth2.TokenParameters", "grant_type=password");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SERVICE_ERR);
  g_assert_nonnull (strstr (bench_get_detail (bench), "grant_type"));
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/module/quirks/client-id-parameter", test_client_id_parameter);
  g_test_add_func ("/module/quirks/client-id-in-body", test_client_id_in_body);
  g_test_add_func ("/module/quirks/headers", test_headers);
  g_test_add_func ("/module/quirks/json-body", test_json_body);
  g_test_add_func ("/module/quirks/refresh-endpoint-elsewhere", test_refresh_endpoint_elsewhere);
  g_test_add_func ("/module/quirks/token-shape", test_token_shape);
  g_test_add_func ("/module/quirks/secret-rollover", test_secret_rollover);
  g_test_add_func ("/module/quirks/public-rotation", test_public_rotation);
  g_test_add_func ("/module/quirks/settle-time", test_settle_time);
  g_test_add_func ("/module/quirks/shared-account", test_shared_account);
  g_test_add_func ("/module/quirks/identity-facts", test_identity_facts);
  g_test_add_func ("/module/quirks/list", test_list);
  g_test_add_func ("/module/quirks/revoke-dead", test_revoke_dead);
  g_test_add_func ("/module/quirks/device-scope-parameter", test_device_scope_parameter);
  g_test_add_func ("/module/quirks/device-login", test_device_login);
  g_test_add_func ("/module/quirks/authorization", test_authorization);
  g_test_add_func ("/module/quirks/plus", test_plus);
  g_test_add_func ("/module/quirks/token-parameters", test_token_parameters);

  return g_test_run ();
}
