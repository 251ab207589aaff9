/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "module-bench.h"

/* static_token and refresh_token with the flow import: a person pastes a token. */

#define PASTED "12345:AA-pasted_token"
#define TOKEN                                                                                      \
  "{\"access_token\":\"new-access-token\",\"token_type\":\"Bearer\",\"expires_in\":3600,"          \
  "\"refresh_token\":\"next-refresh-token\"}"

typedef struct
{
  const char *pasted; /* NULL: gives up */
  char *message;
} Person;

static void
person_clear (Person *person)
{
  g_free (person->message);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Person, person_clear)

static GVariant *
on_prompt (const char *style, GVariant *details, gpointer user_data)
{
  Person *person = user_data;
  GVariantDict answer;

  g_assert_cmpstr (style, ==, "secret");
  g_clear_pointer (&person->message, g_free);
  g_assert_true (g_variant_lookup (details, "message", "s", &person->message));
  if (person->pasted == NULL)
    return NULL;

  g_variant_dict_init (&answer, NULL);
  g_variant_dict_insert (&answer, "secret", "s", person->pasted);

  return g_variant_dict_end (&answer);
}

static Bench *
make_bench (Person *person)
{
  Bench *bench = bench_new ();

  person->pasted = PASTED "\n";
  bench_set_person (bench, on_prompt, person);
  bench_set_secrets (bench, "client-s");
  bench_set_scopes (bench, "read write");
  bench_set_argument (bench, "flow", "import");

  return bench;
}

static void
test_static (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);
  g_autofree char *scopes = NULL;

  g_assert_cmpint (bench_run (bench, "connect", "static_token", "message=Paste it|type=Bot"), ==,
                   CK_RESULT_SUCCESS);
  g_assert_cmpstr (person.message, ==, "Paste it");
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, PASTED);
  g_assert_cmpstr (bench_get (bench, "token-type"), ==, "Bot");
  g_assert_cmpstr (bench_get (bench, "refresh-token"), ==, "");
  g_assert_cmpuint (bench_get_time (bench, "issued-at") + 60, >, bench_now ());
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), ==, 0);
  scopes = bench_dup_scopes (bench);
  g_assert_cmpstr (scopes, ==, "read write");

  g_assert_cmpint (bench_run (bench, "connect", "static_token", NULL), ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "token-type"), ==, "Bearer");
}

/* Neither module makes a grant of what is none, nor of nothing. */
static void
test_no_token (void)
{
  static const char *const modules[] = { "static_token", "refresh_token" };
  static const char *const pasted[] = { NULL, "", " \n", "two words", "tab\there", "\xc3\xa9" };
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);

  for (gsize i = 0; i < G_N_ELEMENTS (modules); i++)
    {
      for (gsize j = 0; j < G_N_ELEMENTS (pasted); j++)
        {
          g_test_message ("%s %zu", modules[i], j);
          person.pasted = pasted[j];
          g_assert_cmpint (bench_run (bench, "connect", modules[i], NULL), ==, CK_RESULT_CONV_ERR);
          g_assert_cmpstr (bench_get_cause (bench), ==, "none");
          g_assert_cmpuint (bench_count_requests (bench), ==, 0);
          g_assert_cmpstr (bench_get (bench, "access-token"), ==, "");
        }
    }
}

static void
test_other_flows (void)
{
  static const char *const flows[] = { "browser", "device", "none", "" };
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);

  for (gsize i = 0; i < G_N_ELEMENTS (flows); i++)
    {
      bench_set_argument (bench, "flow", flows[i]);
      g_assert_cmpint (bench_run (bench, "connect", "static_token", NULL), ==, CK_RESULT_IGNORE);
      g_assert_cmpint (bench_run (bench, "connect", "refresh_token", NULL), ==, CK_RESULT_IGNORE);
    }
  g_assert_null (person.message);
}

static void
test_refresh_token (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);
  g_autofree char *sent = NULL;

  bench_answer (bench, 200, TOKEN);
  g_assert_cmpint (bench_run (bench, "connect", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  sent = bench_dup_parameter (bench, 0, "refresh_token");
  g_assert_cmpstr (sent, ==, PASTED);
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "new-access-token");
  g_assert_cmpstr (bench_get (bench, "refresh-token"), ==, "next-refresh-token");
  g_assert_cmpstr (bench_get (bench, "token-origin"), ==, bench_get_base (bench));

  bench_answer (bench, 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\"}");
  g_assert_cmpint (bench_run (bench, "connect", "refresh_token", NULL), ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "refresh-token"), ==, PASTED);

  bench_answer (bench, 400, "{\"error\":\"invalid_grant\"}");
  g_assert_cmpint (bench_run (bench, "connect", "refresh_token", NULL), ==, CK_RESULT_CRED_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "unknown-revoked");
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "");
}

/* The token in the path, as Telegram has it: sent as it is, said to nobody. */
static void
test_token_in_path (void)
{
  static const char line[] = "uri=@BASE@/bot%t/getMe|scheme=none|id=result.id|debug";
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);

  bench_set_grant (bench, "access-token", PASTED);
  bench_answer (bench, 200, "{\"ok\":true,\"result\":{\"id\":12345,\"username\":\"a_bot\"}}");
  g_assert_cmpint (bench_run (bench, "verify", "identity", line), ==, CK_RESULT_SUCCESS);
  g_assert_true (g_str_has_prefix (bench_get_request (bench, 0), "GET /bot" PASTED "/getMe HTTP/"));
  g_assert_null (strstr (bench_get_request (bench, 0), "Authorization"));
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "12345");

  bench_set_grant (bench, "access-token", "a/b?c#d%65");
  bench_answer (bench, 401, "{\"ok\":false,\"description\":\"a/b?c#d%65 a%2Fb%3Fc%23d%2565\"}");
  g_assert_cmpint (bench_run (bench, "verify", "identity", line), ==, CK_RESULT_CRED_UNAVAIL);
  g_assert_true (
      g_str_has_prefix (bench_get_request (bench, 0), "GET /bota%2Fb%3Fc%23d%2565/getMe HTTP/"));
  g_assert_null (strstr (bench_get_detail (bench), "a/b?c#d"));

  bench_set_grant (bench, "access-token", PASTED);
  bench_answer (bench, 0, "");
  g_assert_cmpint (bench_run (bench, "verify", "identity", line), ==, CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_null (strstr (bench_get_detail (bench), PASTED));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/module/import/static", test_static);
  g_test_add_func ("/module/import/no-token", test_no_token);
  g_test_add_func ("/module/import/other-flows", test_other_flows);
  g_test_add_func ("/module/import/refresh-token", test_refresh_token);
  g_test_add_func ("/module/import/token-in-path", test_token_in_path);

  return g_test_run ();
}
