/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "module-bench.h"

/* refresh_token and client_credentials */

#define TOKEN "\"access_token\":\"new-access-token\",\"token_type\":\"bearer\",\"expires_in\":3600"

static Bench *
make_bench (void)
{
  Bench *bench = bench_new ();

  bench_set_secrets (bench, "s3cret");
  bench_set_grant (bench, "access-token", "old-access-token");
  bench_set_grant (bench, "refresh-token", "old-refresh-token");
  bench_set_grant (bench, "token-type", "Bearer");
  bench_set_grant (bench, "token-origin", "@BASE@");
  bench_set_grant (bench, "owner-id", "owner");
  bench_set_grant_time (bench, "renewable-until", 4000000000);

  return bench;
}

static void
assert_parameter (Bench *bench, guint index, const char *name, const char *expected)
{
  g_autofree char *value = bench_dup_parameter (bench, index, name);

  g_assert_cmpstr (value, ==, expected);
}

static void
test_rotating (void)
{
  g_autoptr (Bench) bench = make_bench ();
  guint64 before = bench_now ();

  bench_answer (bench, 200,
                "{" TOKEN ",\"refresh_token\":\"new-refresh-token\",\"scope\":\"a b\"}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);

  g_assert_cmpuint (bench_count_requests (bench), ==, 1);
  g_assert_true (g_str_has_prefix (bench_get_request (bench, 0), "POST /token HTTP/1.1\r\n"));
  /* app:s3cret */
  g_assert_nonnull (
      strstr (bench_get_request (bench, 0), "Authorization: Basic YXBwOnMzY3JldA==\r\n"));
  assert_parameter (bench, 0, "grant_type", "refresh_token");
  assert_parameter (bench, 0, "refresh_token", "old-refresh-token");
  assert_parameter (bench, 0, "client_id", NULL);
  assert_parameter (bench, 0, "client_secret", NULL);
  assert_parameter (bench, 0, "scope", NULL);

  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "new-access-token");
  g_assert_cmpstr (bench_get (bench, "refresh-token"), ==, "new-refresh-token");
  g_assert_cmpstr (bench_get (bench, "token-type"), ==, "Bearer");
  g_assert_cmpstr (bench_get (bench, "owner-id"), ==, "owner");
  g_assert_cmpuint (bench_get_time (bench, "issued-at"), >=, before);
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), >=, before + 3600);
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), <=, bench_now () + 3600);
  /* not known of the new one */
  g_assert_cmpuint (bench_get_time (bench, "renewable-until"), ==, 0);
}

static void
test_not_rotating (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_answer (bench, 200, "{\"access_token\":\"new-access-token\",\"token_type\":\"Bearer\"}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "refresh-token"), ==, "old-refresh-token");
  g_assert_cmpuint (bench_get_time (bench, "renewable-until"), ==, 4000000000);
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), ==, 0);

  bench_answer (bench, 200, "{" TOKEN ",\"refresh_token_expires_in\":\"600\"}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  g_assert_cmpuint (bench_get_time (bench, "renewable-until"), <=, bench_now () + 600);
}

static void
test_client_post (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set (bench, "OAuth2.ClientAuthentication", "post");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  assert_parameter (bench, 0, "client_id", "app");
  assert_parameter (bench, 0, "client_secret", "s3cret");
  g_assert_null (strstr (bench_get_request (bench, 0), "Authorization:"));

  bench_set_secrets (bench, NULL);
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  assert_parameter (bench, 0, "client_id", "app");
  assert_parameter (bench, 0, "client_secret", NULL);
}

static void
test_basic_escapes (void)
{
  g_autoptr (Bench) bench = make_bench ();

  /* RFC 6749 section 2.3.1: a%3Ab : p%2Fw%25 */
  bench_set_argument (bench, "client-id", "a:b");
  bench_set_secrets (bench, "p/w%");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  g_assert_nonnull (strstr (bench_get_request (bench, 0), "Basic YSUzQWI6cCUyRnclMjU=\r\n"));
}

static void
test_secret_rollover (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set (bench, "OAuth2.ClientAuthentication", "post");
  bench_set_secrets (bench, "first-secret second-secret");
  bench_answer (bench, 401, "{\"error\":\"invalid_client\"}");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  assert_parameter (bench, 0, "client_secret", "first-secret");
  assert_parameter (bench, 1, "client_secret", "second-secret");

  /* Each secret once. */
  for (guint i = 0; i < 3; i++)
    bench_answer (bench, 400, "{\"error\":\"invalid_client\"}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_AUTH_ERR);
  g_assert_cmpstr (bench_get_cause (bench), ==, "client-misconfigured");
  g_assert_cmpuint (bench_count_requests (bench), ==, 2);
}

static void
test_dead (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_answer (bench, 400, "{\"error\":\"invalid_grant\"}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_CRED_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "unknown-revoked");
  g_assert_false (bench_is_in_doubt (bench));

  /* Some platforms say so with a 200. */
  bench_answer (bench, 200, "{\"error\":\"invalid_grant\"}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_CRED_UNAVAIL);
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "old-access-token");
}

static void
test_trouble (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_answer (bench, 503, "busy");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==,
                   CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "server-error");

  bench_answer (bench, 0, "");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==,
                   CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "network");
  g_assert_true (bench_is_in_doubt (bench));

  bench_set (bench, "Lifetime.Rotation", "no");
  bench_answer (bench, 0, "");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==,
                   CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_false (bench_is_in_doubt (bench));
}

static void
test_unusable_answer (void)
{
  g_autoptr (Bench) bench = make_bench ();

  /* What can be saved is saved: the old refresh token may be spent. */
  bench_answer (bench, 200,
                "{\"access_token\":\"x-access-token\",\"token_type\":\"mac\","
                "\"refresh_token\":\"new-refresh-token\"}");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==,
                   CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "server-error");
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "old-access-token");
  g_assert_cmpstr (bench_get (bench, "refresh-token"), ==, "new-refresh-token");
}

static void
test_other_origin (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set_grant (bench, "token-origin", "https://elsewhere.example");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_AUTH_ERR);
  g_assert_cmpstr (bench_get_cause (bench), ==, "client-misconfigured");
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);
}

static void
test_no_refresh_token (void)
{
  g_autoptr (Bench) bench = bench_new ();

  bench_set_grant (bench, "access-token", "old-access-token");
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==,
                   CK_RESULT_CRED_INSUFFICIENT);
  g_assert_cmpstr (bench_get_cause (bench), ==, "none");

  bench_set_grant_time (bench, "expires-at", bench_now () - 1);
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_CRED_EXPIRED);
  g_assert_cmpstr (bench_get_cause (bench), ==, "expired");
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);
}

static void
test_no_endpoint (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set (bench, "OAuth2.TokenEndpoint", NULL);
  g_assert_cmpint (bench_run (bench, "renew", "refresh_token", NULL), ==, CK_RESULT_SERVICE_ERR);
  g_assert_nonnull (strstr (bench_get_detail (bench), "TokenEndpoint"));
}

static void
test_client_credentials (void)
{
  g_autoptr (Bench) bench = bench_new ();
  g_autofree char *scopes = NULL;

  bench_set_secrets (bench, "s3cret");
  bench_set_scopes (bench, "one two");
  g_assert_cmpint (bench_run (bench, "connect", "client_credentials", NULL), ==, CK_RESULT_IGNORE);
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);

  bench_set_argument (bench, "flow", "none");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (bench_run (bench, "connect", "client_credentials", NULL), ==, CK_RESULT_SUCCESS);
  assert_parameter (bench, 0, "grant_type", "client_credentials");
  assert_parameter (bench, 0, "scope", "one two");
  scopes = bench_dup_scopes (bench);
  g_assert_cmpstr (scopes, ==, "one two");
  g_assert_cmpstr (bench_get (bench, "token-origin"), ==, bench_get_base (bench));

  bench_set (bench, "OAuth2.ScopeSeparator", "comma");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (bench_run (bench, "renew", "client_credentials", NULL), ==, CK_RESULT_SUCCESS);
  assert_parameter (bench, 0, "scope", "one,two");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/module/refresh_token/rotating", test_rotating);
  g_test_add_func ("/module/refresh_token/not-rotating", test_not_rotating);
  g_test_add_func ("/module/refresh_token/client-post", test_client_post);
  g_test_add_func ("/module/refresh_token/basic-escapes", test_basic_escapes);
  g_test_add_func ("/module/refresh_token/secret-rollover", test_secret_rollover);
  g_test_add_func ("/module/refresh_token/dead", test_dead);
  g_test_add_func ("/module/refresh_token/trouble", test_trouble);
  g_test_add_func ("/module/refresh_token/unusable-answer", test_unusable_answer);
  g_test_add_func ("/module/refresh_token/other-origin", test_other_origin);
  g_test_add_func ("/module/refresh_token/no-refresh-token", test_no_refresh_token);
  g_test_add_func ("/module/refresh_token/no-endpoint", test_no_endpoint);
  g_test_add_func ("/module/client_credentials", test_client_credentials);

  return g_test_run ();
}
