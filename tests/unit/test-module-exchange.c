/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "module-bench.h"

/* token_exchange */

#define LONG                                                                                       \
  "{\"access_token\":\"long-lived-token\",\"token_type\":\"bearer\",\"expires_in\":5183944}"
#define SHORT_TO_LONG                                                                              \
  "uri=@BASE@/access_token|grant-type=ig_exchange_token|token=access_token|client-secret"
#define LONG_TO_LONG                                                                               \
  "uri=@BASE@/refresh_access_token?v=1|grant-type=ig_refresh_token|token=access_token"
#define OF_AN_EXTRA                                                                                \
  "endpoint=TokenEndpoint|grant-type=fb_exchange_token|token=fb_exchange_token|client-id|"         \
  "client-secret|extra=owner-secret"

static Bench *
make_bench (void)
{
  Bench *bench = bench_new ();

  bench_set_secrets (bench, "s3cret");
  bench_set_grant (bench, "access-token", "short-lived-token");
  bench_set_grant_time (bench, "issued-at", bench_now () - 100);
  bench_set_grant_time (bench, "expires-at", bench_now () + 3500);

  return bench;
}

/* A person has just connected. */
static Bench *
make_connect_bench (void)
{
  Bench *bench = bench_new ();

  bench_set_secrets (bench, "s3cret");
  bench_set_got (bench, "access-token", "short-lived-token");

  return bench;
}

static void
assert_asked (Bench *bench, guint index, const char *line)
{
  const char *request = bench_get_request (bench, index);

  g_test_message ("%.200s", request);
  g_assert_true (g_str_has_prefix (request, line));
}

static void
test_connect (void)
{
  g_autoptr (Bench) bench = make_connect_bench ();
  guint64 begun = bench_now ();

  bench_answer (bench, 200, LONG);
  g_assert_cmpint (bench_run (bench, "connect", "token_exchange", SHORT_TO_LONG), ==,
                   CK_RESULT_SUCCESS);
  assert_asked (bench, 0,
                "GET /access_token?grant_type=ig_exchange_token&client_secret=s3cret"
                "&access_token=short-lived-token HTTP/");
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "long-lived-token");
  g_assert_cmpuint (bench_get_time (bench, "issued-at"), >=, begun);
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), >=, begun + 5183944);
  /* What has run out is exchanged no more: the window is the token's own. */
  g_assert_cmpuint (bench_get_time (bench, "renewable-until"), ==,
                    bench_get_time (bench, "expires-at"));
}

static void
test_renew (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_answer (bench, 200, LONG);
  g_assert_cmpint (bench_run (bench, "renew", "token_exchange", LONG_TO_LONG), ==,
                   CK_RESULT_SUCCESS);
  assert_asked (bench, 0,
                "GET /refresh_access_token?v=1&grant_type=ig_refresh_token"
                "&access_token=short-lived-token HTTP/");
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "long-lived-token");

  bench_answer (bench, 200, "{\"access_token\":\"no-end\",\"token_type\":\"bearer\"}");
  g_assert_cmpint (bench_run (bench, "renew", "token_exchange", LONG_TO_LONG "|method=POST"), ==,
                   CK_RESULT_SUCCESS);
  assert_asked (bench, 0, "POST /refresh_access_token?v=1 HTTP/");
  g_assert_nonnull (strstr (bench_get_request (bench, 0),
                            "\r\n\r\ngrant_type=ig_refresh_token&access_token=short-lived-token"));
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), ==, 0);
  g_assert_cmpuint (bench_get_time (bench, "renewable-until"), ==, 0);
}

/* The access token stays as it is; the extra is renewed beside it. */
static void
test_extra (void)
{
  g_autoptr (Bench) bench = make_bench ();
  guint64 expires_at = bench_now () + 3500;
  guint64 begun = bench_now ();

  g_assert_cmpint (bench_run (bench, "renew", "token_exchange", OF_AN_EXTRA), ==, CK_RESULT_IGNORE);
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);

  bench_set_extra (bench, "owner-secret", "persons-token");
  bench_set_grant_time (bench, "expires-at", expires_at);
  bench_answer (bench, 200, LONG);
  g_assert_cmpint (bench_run (bench, "renew", "token_exchange", OF_AN_EXTRA), ==,
                   CK_RESULT_SUCCESS);
  assert_asked (bench, 0,
                "GET /token?grant_type=fb_exchange_token&client_id=app&client_secret=s3cret"
                "&fb_exchange_token=persons-token HTTP/");
  g_assert_cmpstr (bench_get_extra (bench, "owner-secret"), ==, "long-lived-token");
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "short-lived-token");
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), ==, expires_at);
  g_assert_cmpuint (bench_get_time (bench, "renewable-until"), >=, begun + 5183944);

  bench_set_grant_time (bench, "renewable-until", bench_now () - 1);
  g_assert_cmpint (bench_run (bench, "renew", "token_exchange", OF_AN_EXTRA), ==,
                   CK_RESULT_CRED_EXPIRED);

  bench_set_grant_time (bench, "renewable-until", 0);
  bench_answer (bench, 200, "{\"token_type\":\"bearer\"}");
  g_assert_cmpint (bench_run (bench, "renew", "token_exchange", OF_AN_EXTRA), ==,
                   CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "server-error");
  g_assert_cmpstr (bench_get_extra (bench, "owner-secret"), ==, "persons-token");
}

static void
test_expired (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set_grant_time (bench, "expires-at", bench_now () - 1);
  g_assert_cmpint (bench_run (bench, "renew", "token_exchange", LONG_TO_LONG), ==,
                   CK_RESULT_CRED_EXPIRED);
  g_assert_cmpstr (bench_get_cause (bench), ==, "expired");
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);
}

static void
test_nothing_to_exchange (void)
{
  g_autoptr (Bench) bench = bench_new ();

  g_assert_cmpint (bench_run (bench, "connect", "token_exchange", SHORT_TO_LONG), ==,
                   CK_RESULT_IGNORE);
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);
}

/* The old token still works: a lost answer is no doubt. */
static void
test_trouble (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_answer (bench, 0, "");
  g_assert_cmpint (bench_run (bench, "renew", "token_exchange", LONG_TO_LONG), ==,
                   CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "network");
  g_assert_false (bench_is_in_doubt (bench));
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "short-lived-token");

  bench_answer (bench, 200, "<html>Hello</html>");
  g_assert_cmpint (bench_run (bench, "renew", "token_exchange", LONG_TO_LONG), ==,
                   CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "server-error");
  g_assert_false (bench_is_in_doubt (bench));

  bench_answer (bench, 400, "{\"error\":\"invalid_grant\"}");
  g_assert_cmpint (bench_run (bench, "renew", "token_exchange", LONG_TO_LONG), ==,
                   CK_RESULT_CRED_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "unknown-revoked");
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "short-lived-token");
}

/* A token that is too new for the platform is refused, and that says nothing about it. */
static void
test_too_young (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set (bench, "Lifetime.MinAgeBeforeRenew", "86400");
  bench_answer (bench, 400, "{\"error\":{\"code\":100,\"message\":\"too young\"}}");
  g_assert_cmpint (bench_run (bench, "renew", "token_exchange", LONG_TO_LONG), ==,
                   CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "server-error");

  /* What says that it is dead is believed, of any age. */
  bench_answer (bench, 400, "{\"error\":\"invalid_grant\"}");
  g_assert_cmpint (bench_run (bench, "renew", "token_exchange", LONG_TO_LONG), ==,
                   CK_RESULT_CRED_UNAVAIL);

  bench_set_grant_time (bench, "issued-at", bench_now () - 86401);
  bench_answer (bench, 400, "{\"error\":{\"code\":100,\"message\":\"no\"}}");
  g_assert_cmpint (bench_run (bench, "renew", "token_exchange", LONG_TO_LONG), ==,
                   CK_RESULT_AUTH_ERR);
  g_assert_cmpstr (bench_get_cause (bench), ==, "none");
}

static void
test_secret_rollover (void)
{
  g_autoptr (Bench) bench = make_connect_bench ();

  bench_set_secrets (bench, "first-secret second-secret");
  bench_answer (bench, 400, "{\"error\":\"invalid_client\"}");
  bench_answer (bench, 200, LONG);
  g_assert_cmpint (bench_run (bench, "connect", "token_exchange", SHORT_TO_LONG), ==,
                   CK_RESULT_SUCCESS);
  g_assert_nonnull (strstr (bench_get_request (bench, 0), "client_secret=first-secret&"));
  g_assert_nonnull (strstr (bench_get_request (bench, 1), "client_secret=second-secret&"));

  /* Each secret once; and where none is sent, no other is tried. */
  for (guint i = 0; i < 2; i++)
    bench_answer (bench, 400, "{\"error\":\"invalid_client\"}");
  g_assert_cmpint (bench_run (bench, "connect", "token_exchange", SHORT_TO_LONG), ==,
                   CK_RESULT_AUTH_ERR);
  g_assert_cmpstr (bench_get_cause (bench), ==, "client-misconfigured");
  g_assert_cmpuint (bench_count_requests (bench), ==, 2);
  bench_answer (bench, 400, "{\"error\":\"invalid_client\"}");
  g_assert_cmpint (bench_run (bench, "connect", "token_exchange", LONG_TO_LONG), ==,
                   CK_RESULT_AUTH_ERR);
  g_assert_cmpuint (bench_count_requests (bench), ==, 1);
}

static void
test_bad_lines (void)
{
  static const char *const lines[] = {
    "uri=@BASE@/x|grant-type=x",
    "uri=@BASE@/x|token=x",
    "grant-type=x|token=x",
    "uri=@BASE@/x|endpoint=TokenEndpoint|grant-type=x|token=x",
    "uri=@BASE@/x|grant-type=x|token=x|method=DELETE",
    "uri=@BASE@/x|grant-type=x|token=x|extra=owner-token",
    "endpoint=RefreshEndpoint|grant-type=x|token=x",
  };
  g_autoptr (Bench) bench = make_bench ();

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_test_message ("%s", lines[i]);
      g_assert_cmpint (bench_run (bench, "renew", "token_exchange", lines[i]), ==,
                       CK_RESULT_SERVICE_ERR);
      g_assert_cmpstr (bench_get_cause (bench), ==, "none");
      g_assert_cmpuint (bench_count_requests (bench), ==, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/module/token_exchange/connect", test_connect);
  g_test_add_func ("/module/token_exchange/renew", test_renew);
  g_test_add_func ("/module/token_exchange/extra", test_extra);
  g_test_add_func ("/module/token_exchange/expired", test_expired);
  g_test_add_func ("/module/token_exchange/nothing-to-exchange", test_nothing_to_exchange);
  g_test_add_func ("/module/token_exchange/trouble", test_trouble);
  g_test_add_func ("/module/token_exchange/too-young", test_too_young);
  g_test_add_func ("/module/token_exchange/secret-rollover", test_secret_rollover);
  g_test_add_func ("/module/token_exchange/bad-lines", test_bad_lines);

  return g_test_run ();
}
