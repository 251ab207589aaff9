/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "module-bench.h"

/* device_code */

#define CODE                                                                                       \
  "{\"device_code\":\"the-device-code\",\"user_code\":\"ABCD-EFGH\",\"interval\":1,"               \
  "\"verification_uri\":\"https://as.example/device\",\"expires_in\":600}"
#define TOKEN "{\"access_token\":\"new-access-token\",\"token_type\":\"Bearer\",\"expires_in\":60}"
#define PENDING "{\"error\":\"authorization_pending\"}"

typedef struct
{
  char *user_code;
  char *uri;
  char *complete;
  guint64 expires_at;
} Shown;

static void
shown_clear (Shown *shown)
{
  g_free (shown->user_code);
  g_free (shown->uri);
  g_free (shown->complete);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Shown, shown_clear)

static GVariant *
on_prompt (const char *style, GVariant *details, gpointer user_data)
{
  Shown *shown = user_data;

  g_assert_cmpstr (style, ==, "show-code");
  shown_clear (shown);
  g_assert_true (g_variant_lookup (details, "user-code", "s", &shown->user_code));
  g_assert_true (g_variant_lookup (details, "verification-uri", "s", &shown->uri));
  g_variant_lookup (details, "verification-uri-complete", "s", &shown->complete);
  g_assert_true (g_variant_lookup (details, "expires-at", "t", &shown->expires_at));
  g_assert_cmpuint (g_variant_n_children (details), ==, shown->complete != NULL ? 4 : 3);

  return g_variant_new ("a{sv}", NULL);
}

static Bench *
make_bench (Shown *shown)
{
  Bench *bench = bench_new ();

  bench_set_argument (bench, "flow", "device");
  bench_set_person (bench, on_prompt, shown);
  bench_set_scopes (bench, "read");

  return bench;
}

static CkResult
run (Bench *bench)
{
  return bench_run (bench, "connect", "device_code", NULL);
}

static void
assert_parameter (Bench *bench, guint index, const char *name, const char *expected)
{
  g_autofree char *value = bench_dup_parameter (bench, index, name);

  g_assert_cmpstr (value, ==, expected);
}

static void
test_success (void)
{
  g_auto (Shown) shown = { 0 };
  g_autoptr (Bench) bench = make_bench (&shown);
  gint64 begun = g_get_monotonic_time ();

  bench_answer (bench, 200, CODE);
  bench_answer (bench, 400, PENDING);
  /* As Google and Twitch say it. */
  bench_answer (bench, 428, PENDING);
  bench_answer (bench, 400, "{\"status\":400,\"message\":\"authorization_pending\"}");
  bench_answer (bench, 200, TOKEN);
  g_assert_cmpint (run (bench), ==, CK_RESULT_SUCCESS);

  g_assert_cmpuint (bench_count_requests (bench), ==, 5);
  g_assert_cmpint (g_get_monotonic_time () - begun, >=, 4 * G_USEC_PER_SEC);
  g_assert_true (g_str_has_prefix (bench_get_request (bench, 0), "POST /device HTTP/1.1\r\n"));
  assert_parameter (bench, 0, "client_id", "app");
  assert_parameter (bench, 0, "scope", "read");
  assert_parameter (bench, 1, "grant_type", "urn:ietf:params:oauth:grant-type:device_code");
  assert_parameter (bench, 1, "device_code", "the-device-code");
  assert_parameter (bench, 1, "client_id", "app");

  g_assert_cmpstr (shown.user_code, ==, "ABCD-EFGH");
  g_assert_cmpstr (shown.uri, ==, "https://as.example/device");
  g_assert_null (shown.complete);
  g_assert_cmpuint (shown.expires_at, >, bench_now () + 500);
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "new-access-token");
  g_assert_cmpstr (bench_get (bench, "token-origin"), ==, bench_get_base (bench));
}

static void
test_slow_down (void)
{
  g_auto (Shown) shown = { 0 };
  g_autoptr (Bench) bench = make_bench (&shown);
  gint64 begun = g_get_monotonic_time ();

  bench_answer (bench, 200, CODE);
  bench_answer (bench, 400, "{\"error\":\"slow_down\"}");
  bench_answer (bench, 200, TOKEN);
  g_assert_cmpint (run (bench), ==, CK_RESULT_SUCCESS);
  /* 1 s, then 1 + 5 s (RFC 8628 section 3.5) */
  g_assert_cmpint (g_get_monotonic_time () - begun, >=, 7 * G_USEC_PER_SEC);
}

static void
test_trouble_is_waited_out (void)
{
  g_auto (Shown) shown = { 0 };
  g_autoptr (Bench) bench = make_bench (&shown);

  bench_answer (bench, 200, CODE);
  bench_answer (bench, 0, "");
  bench_answer (bench, 503, "busy");
  bench_answer (bench, 200, TOKEN);
  g_assert_cmpint (run (bench), ==, CK_RESULT_SUCCESS);
  g_assert_cmpuint (bench_count_requests (bench), ==, 4);
  g_assert_false (bench_is_in_doubt (bench));
}

static void
test_end (void)
{
  static const struct
  {
    const char *answer;
    CkResult result;
    const char *cause;
  } rows[] = {
    { "{\"error\":\"access_denied\"}", CK_RESULT_CONV_ERR, "none" },
    { "{\"error\":\"expired_token\"}", CK_RESULT_CONV_ERR, "none" },
    { "{\"error\":\"something_else\"}", CK_RESULT_AUTH_ERR, "none" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (Shown) shown = { 0 };
      g_autoptr (Bench) bench = make_bench (&shown);

      bench_answer (bench, 200, CODE);
      bench_answer (bench, 400, rows[i].answer);
      g_assert_cmpint (run (bench), ==, rows[i].result);
      g_assert_cmpstr (bench_get_cause (bench), ==, rows[i].cause);
      g_assert_cmpuint (bench_count_requests (bench), ==, 2);
    }
}

static void
test_late (void)
{
  g_auto (Shown) shown = { 0 };
  g_autoptr (Bench) bench = make_bench (&shown);

  /* The code runs out … */
  bench_answer (bench, 200,
                "{\"device_code\":\"the-device-code\",\"user_code\":\"A\",\"interval\":\"1\","
                "\"verification_url\":\"https://as.example/d\",\"expires_in\":\"1\"}");
  bench_answer (bench, 400, PENDING);
  g_assert_cmpint (run (bench), ==, CK_RESULT_CONV_ERR);
  g_assert_cmpuint (bench_count_requests (bench), ==, 2);
  g_assert_cmpstr (shown.uri, ==, "https://as.example/d");

  /* … or the time of the attempt. */
  bench_set_timeout (bench, 2);
  bench_answer (bench, 200, CODE);
  bench_answer (bench, 400, PENDING);
  g_assert_cmpint (run (bench), ==, CK_RESULT_CONV_ERR);
  g_assert_cmpuint (bench_count_requests (bench), ==, 2);
}

static void
test_bad_codes (void)
{
  static const char *const answers[] = {
    "{\"user_code\":\"A\",\"verification_uri\":\"https://as.example/d\",\"expires_in\":60}",
    "{\"device_code\":\"D\",\"verification_uri\":\"https://as.example/d\",\"expires_in\":60}",
    "{\"device_code\":\"D\",\"user_code\":\"A\",\"expires_in\":60}",
    "{\"device_code\":\"D\",\"user_code\":\"A\\u001b[2J\",\"verification_uri\":\"https://a/d\"}",
    "{\"device_code\":\"D\",\"user_code\":\"A\",\"verification_uri\":\"file:///etc/passwd\"}",
    "{\"device_code\":\"D\",\"user_code\":\"A\",\"verification_uri\":\"javascript:alert(1)\"}",
    "[]",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_auto (Shown) shown = { 0 };
      g_autoptr (Bench) bench = make_bench (&shown);

      bench_answer (bench, 200, answers[i]);
      g_assert_cmpint (run (bench), ==, CK_RESULT_AUTHINFO_UNAVAIL);
      g_assert_cmpstr (bench_get_cause (bench), ==, "server-error");
      g_assert_null (shown.user_code);
    }
}

static void
test_other_flow (void)
{
  g_auto (Shown) shown = { 0 };
  g_autoptr (Bench) bench = make_bench (&shown);

  bench_set_argument (bench, "flow", "browser");
  g_assert_cmpint (run (bench), ==, CK_RESULT_IGNORE);

  bench_set_argument (bench, "flow", "device");
  bench_set (bench, "OAuth2.DeviceAuthorizationEndpoint", NULL);
  g_assert_cmpint (run (bench), ==, CK_RESULT_SERVICE_ERR);
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/module/device_code/success", test_success);
  g_test_add_func ("/module/device_code/slow-down", test_slow_down);
  g_test_add_func ("/module/device_code/trouble-is-waited-out", test_trouble_is_waited_out);
  g_test_add_func ("/module/device_code/end", test_end);
  g_test_add_func ("/module/device_code/late", test_late);
  g_test_add_func ("/module/device_code/bad-codes", test_bad_codes);
  g_test_add_func ("/module/device_code/other-flow", test_other_flow);

  return g_test_run ();
}
