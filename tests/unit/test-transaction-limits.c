/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-http.h"
#include "ck-transaction-private.h"
#include "transaction-fixture.h"

/* What the answers say of rate limits: when to come back, and that little is left. */

static void
test_retry_sources (void)
{
  static const struct
  {
    guint status;
    const char *headers;
    guint least;
    guint most;
  } table[] = {
    { 429, "X-Window: 50", 50, 50 },
    { 429, "Retry-After: 90\nX-Window: 50", 90, 90 },
    { 429, "Retry-After: 20\nX-Window: 50", 50, 50 },
    { 429, NULL, 0, 0 },
    { 400, "X-Window: 50", 0, 0 },
    { 500, "X-Window: 50", 0, 0 },
    { 429, "X-Window: 4102444800", 86400, 86400 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (CkTransaction) t = transaction_make (
          "renew", "{'OAuth2.RetryAfter': 'header:X-Window'}", NULL, TRANSACTION_GRANT);
      g_autoptr (CkHttpResponse) response
          = ck_http_response_new (table[i].status, table[i].headers, g_string_new ("{}"), 0);
      g_autofree char *cause = NULL;
      CkResult result;

      ck_transaction_begin_module (t, "module.so", NULL);
      result = ck_transaction_fail_response (t, response, "token", "renewing");
      ck_transaction_end_module (t, result);
      cause = transaction_finish (t, result, "cause");
      g_test_message ("row %u: %s", i, cause);
      g_assert_cmpuint (transaction_get_number (t, "retry-after"), >=, table[i].least);
      g_assert_cmpuint (transaction_get_number (t, "retry-after"), <=, table[i].most);
    }
}

/* Every answer may say that a limit is near, and whatever becomes of the transaction. */
static void
test_rate_limit (void)
{
  static const struct
  {
    guint status;
    const char *headers;
    guint wait;
  } table[] = {
    { 200, NULL, 0 },
    { 200, "X-Left: 3\nX-Window: 50", 0 },
    { 200, "X-Left: 0\nX-Window: 50", 50 },
    { 200, "X-Left: 0", 900 },
    { 200, "X-Left: 0\nX-Window: 0", 900 },
    { 200, "X-Left: 0\nX-Window: 50\nRetry-After: 70", 70 },
    { 200, "X-Left: 3\nRetry-After: 70", 0 },
    { 500, "X-Left: 0\nX-Window: 50", 50 },
    { 429, "X-Left: 0\nX-Window: 50", 50 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (CkTransaction) t = transaction_make (
          "verify", "{'OAuth2.RetryAfter': 'header:X-Window', 'OAuth2.RateLimit': 'header:X-Left'}",
          NULL, TRANSACTION_GRANT);
      g_autoptr (CkHttpResponse) response
          = ck_http_response_new (table[i].status, table[i].headers, g_string_new ("{}"), 0);
      g_autoptr (CkHttpResponse) other
          = ck_http_response_new (200, "X-Left: 9\nX-Window: 800", g_string_new ("{}"), 0);
      g_autofree char *cause = NULL;

      g_test_message ("row %u", i);
      ck_transaction_note_limit (t, response);
      ck_transaction_note_limit (t, other);
      cause = transaction_finish (t, CK_RESULT_SUCCESS, "cause");
      g_assert_cmpuint (transaction_get_number (t, "limit-wait"), ==, table[i].wait);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/limits/retry-sources", test_retry_sources);
  g_test_add_func ("/limits/near", test_rate_limit);

  return g_test_run ();
}
