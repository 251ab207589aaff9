/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-oauth1.h"
#include "ck-signed.h"
#include "module-bench.h"

/* oauth1, and identity with a signed request */

#define TEMPORARY "oauth_token=temp&oauth_token_secret=temp-s&oauth_callback_confirmed=true"
#define GRANTED                                                                                    \
  "oauth_token=625-granted&oauth_token_secret=granted-s&user_id=625&screen_name=al%20ice"
#define GOOD_REDIRECT "http://127.0.0.1:9/cb?oauth_token=temp&oauth_verifier=the-verifier"

typedef struct
{
  const char *answer; /* where the browser ends, or the PIN; NULL: gives up */
  char *style;
  char *shown; /* the address, or the message */
} Person;

static void
person_clear (Person *person)
{
  g_free (person->style);
  g_free (person->shown);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Person, person_clear)

static GVariant *
on_prompt (const char *style, GVariant *details, gpointer user_data)
{
  Person *person = user_data;
  gboolean is_secret = g_str_equal (style, "secret");
  GVariantDict answer;

  person_clear (person);
  person->style = g_strdup (style);
  g_assert_true (g_variant_lookup (details, is_secret ? "message" : "uri", "s", &person->shown));
  if (person->answer == NULL)
    return NULL;

  g_variant_dict_init (&answer, NULL);
  g_variant_dict_insert (&answer, is_secret ? "secret" : "redirected-uri", "s", person->answer);

  return g_variant_dict_end (&answer);
}

static Bench *
make_bench (Person *person)
{
  Bench *bench = bench_new ();

  person->answer = GOOD_REDIRECT;
  bench_set_person (bench, on_prompt, person);
  bench_set_secrets (bench, "client-s");
  bench_set (bench, "OAuth1.RequestTokenEndpoint", "@BASE@/request_token");
  bench_set (bench, "OAuth1.AuthorizationEndpoint", "@BASE@/authorize");
  bench_set (bench, "OAuth1.AccessTokenEndpoint", "@BASE@/access_token");
  bench_set (bench, "OAuth1.RevocationEndpoint", "@BASE@/invalidate");

  return bench;
}

static CkResult
run (Bench *bench)
{
  return bench_run (bench, "connect", "oauth1", "id=user_id|name=screen_name");
}

/* The value of a parameter of a request's Authorization header, decoded; NULL if it has none. */
static char *
dup_signed (Bench *bench, guint index, const char *name)
{
  g_autofree char *start = g_strconcat (name, "=\"", NULL);
  const char *header = strstr (bench_get_request (bench, index), "Authorization: OAuth ");
  const char *value;

  g_assert_nonnull (header);
  value = strstr (header, start);
  if (value == NULL)
    return NULL;
  value += strlen (start);

  return g_uri_unescape_segment (value, value + strcspn (value, "\""), NULL);
}

/* Signs again what the request says of itself, with the secrets that it should have been signed
 * with. */
static void
assert_signed (Bench *bench, guint index, CkOAuth1Request request)
{
  g_autofree char *uri = g_strconcat (bench_get_base (bench), request.uri, NULL);
  g_autofree char *nonce = dup_signed (bench, index, "oauth_nonce");
  g_autofree char *timestamp = dup_signed (bench, index, "oauth_timestamp");
  g_autofree char *expected = NULL;

  g_assert_nonnull (nonce);
  g_assert_nonnull (timestamp);
  request.uri = uri;
  request.client_id = "app";
  if (request.client_secret == NULL)
    request.client_secret = "client-s";
  request.nonce = nonce;
  request.timestamp = g_ascii_strtoull (timestamp, NULL, 10);
  request.version = "1.0";
  g_assert_cmpuint (request.timestamp, <=, bench_now ());
  g_assert_cmpuint (request.timestamp + 30, >=, bench_now ());

  expected = ck_oauth1_sign (&request, NULL);
  g_assert_nonnull (expected);
  g_assert_nonnull (strstr (bench_get_request (bench, index), expected));
}

static void
test_browser (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);
  g_autofree char *uri
      = g_strconcat (bench_get_base (bench), "/authorize?oauth_token=temp&force_login=true", NULL);
  g_autofree char *scopes = NULL;

  bench_set_scopes (bench, "read write");
  bench_set (bench, "OAuth1.AuthorizationParameters", "force_login=true");
  bench_answer (bench, 200, TEMPORARY);
  bench_answer (bench, 200, GRANTED);
  g_assert_cmpint (run (bench), ==, CK_RESULT_SUCCESS);

  g_assert_cmpstr (person.style, ==, "open-uri");
  g_assert_cmpstr (person.shown, ==, uri);
  g_assert_cmpuint (bench_count_requests (bench), ==, 2);
  assert_signed (bench, 0,
                 (CkOAuth1Request){ .method = "POST",
                                    .uri = "/request_token",
                                    .protocol = (const char *const[]){
                                        "oauth_callback", "http://127.0.0.1:9/cb", NULL } });
  assert_signed (bench, 1,
                 (CkOAuth1Request){
                     .method = "POST",
                     .uri = "/access_token",
                     .protocol = (const char *const[]){ "oauth_verifier", "the-verifier", NULL },
                     .token = "temp",
                     .token_secret = "temp-s" });

  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "625-granted");
  g_assert_cmpstr (bench_get (bench, "token-type"), ==, "OAuth1");
  g_assert_cmpstr (bench_get (bench, "token-origin"), ==, bench_get_base (bench));
  g_assert_cmpstr (bench_get_extra (bench, CK_OAUTH1_TOKEN_SECRET), ==, "granted-s");
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "625");
  g_assert_cmpstr (bench_get (bench, "account-name"), ==, "al ice");
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), ==, 0);
  scopes = bench_dup_scopes (bench);
  g_assert_cmpstr (scopes, ==, "read write");
}

static void
test_pin (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);
  g_autofree char *uri = g_strconcat (bench_get_base (bench), "/authorize?oauth_token=temp ", NULL);
  g_autofree char *callback = NULL;
  g_autofree char *verifier = NULL;

  bench_set_argument (bench, "flow", "device");
  bench_set_argument (bench, "redirect-uri", NULL);
  person.answer = " 0123456\n";
  bench_answer (bench, 200, TEMPORARY);
  bench_answer (bench, 200, GRANTED);
  g_assert_cmpint (run (bench), ==, CK_RESULT_SUCCESS);

  g_assert_cmpstr (person.style, ==, "secret");
  g_assert_nonnull (strstr (person.shown, uri));
  callback = dup_signed (bench, 0, "oauth_callback");
  g_assert_cmpstr (callback, ==, "oob");
  verifier = dup_signed (bench, 1, "oauth_verifier");
  g_assert_cmpstr (verifier, ==, "0123456");
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "625-granted");
}

/* A code that came another way than this attempt is not used. */
static void
test_attacks (void)
{
  static const char *const redirects[] = {
    "http://127.0.0.1:9/cb?oauth_token=other&oauth_verifier=the-verifier",
    "http://127.0.0.1:9/cb?oauth_verifier=the-verifier",
    "http://127.0.0.1:9/cb?oauth_token=temp",
    "http://127.0.0.1:9/cb?oauth_token=temp&oauth_verifier=",
    "http://127.0.0.1:9/cb?oauth_token=temp&oauth_verifier=%C3%A9",
    "http://127.0.0.1:9/cb?oauth_token=temp&oauth_verifier=the-verifier&oauth_verifier=x",
    "http://127.0.0.1:9/cb?denied=other",
    "http://127.0.0.1:9/other?oauth_token=temp&oauth_verifier=the-verifier",
    "http://127.0.0.1:10/cb?oauth_token=temp&oauth_verifier=the-verifier",
    "http://127.0.0.1:9/cb#oauth_token=temp&oauth_verifier=the-verifier",
    "the-verifier",
  };
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);

  for (gsize i = 0; i < G_N_ELEMENTS (redirects); i++)
    {
      g_test_message ("%s", redirects[i]);
      person.answer = redirects[i];
      bench_answer (bench, 200, TEMPORARY);
      g_assert_cmpint (run (bench), ==, CK_RESULT_AUTH_ERR);
      g_assert_cmpstr (bench_get_cause (bench), ==, "none");
      g_assert_cmpuint (bench_count_requests (bench), ==, 1);
      g_assert_null (strstr (bench_get_detail (bench), "the-verifier"));
    }
}

static void
test_person_says_no (void)
{
  static const char *const answers[] = { NULL, "http://127.0.0.1:9/cb?denied=temp" };
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      person.answer = answers[i];
      bench_answer (bench, 200, TEMPORARY);
      g_assert_cmpint (run (bench), ==, CK_RESULT_CONV_ERR);
      g_assert_cmpstr (bench_get_cause (bench), ==, "none");
      g_assert_cmpuint (bench_count_requests (bench), ==, 1);
    }
}

/* What a platform must not get away with, at either of the two requests. */
static void
test_bad_answers (void)
{
  static const struct
  {
    guint status;
    const char *body;
    const char *cause;
  } rows[] = {
    { 200, "oauth_token=temp&oauth_token_secret=s&oauth_callback_confirmed=false", "server-error" },
    { 200, "oauth_token=temp&oauth_token_secret=s", "server-error" },
    { 200, "oauth_token=temp&oauth_callback_confirmed=true", "server-error" },
    { 200, "oauth_token=&oauth_token_secret=s&oauth_callback_confirmed=true", "server-error" },
    { 200, TEMPORARY "&oauth_token=other", "server-error" },
    { 200, "oauth_token=a%0Ab&oauth_token_secret=s&oauth_callback_confirmed=true", "server-error" },
    { 200, "oauth_token=%zz&oauth_token_secret=s&oauth_callback_confirmed=true", "server-error" },
    { 200, "{\"oauth_token\":\"temp\"}", "server-error" },
    { 200, "", "server-error" },
    { 503, TEMPORARY, "server-error" },
  };
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].body);
      bench_answer (bench, rows[i].status, rows[i].body);
      g_assert_cmpint (run (bench), !=, CK_RESULT_SUCCESS);
      g_assert_cmpstr (bench_get_cause (bench), ==, rows[i].cause);
      g_assert_cmpuint (bench_count_requests (bench), ==, 1);
    }
  g_assert_null (person.style);

  for (gsize i = 2; i < G_N_ELEMENTS (rows); i++)
    {
      if (i == 4)
        continue;
      bench_answer (bench, 200, TEMPORARY);
      bench_answer (bench, rows[i].status, rows[i].body);
      g_assert_cmpint (run (bench), !=, CK_RESULT_SUCCESS);
      g_assert_cmpstr (bench_get_cause (bench), ==, rows[i].cause);
      g_assert_cmpstr (bench_get (bench, "access-token"), ==, "");
    }
}

static void
test_wrong_account (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);

  bench_set_argument (bench, "pinned-account", "7");
  bench_answer (bench, 200, TEMPORARY);
  bench_answer (bench, 200, GRANTED);
  g_assert_cmpint (run (bench), ==, CK_RESULT_USER_UNKNOWN);
  g_assert_cmpstr (bench_get_cause (bench), ==, "wrong-account");
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "625");
}

static void
test_lost_answer (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);

  bench_answer (bench, 200, TEMPORARY);
  bench_answer (bench, 0, "");
  g_assert_cmpint (run (bench), ==, CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpuint (bench_count_requests (bench), ==, 2);
  g_assert_true (bench_is_in_doubt (bench));
}

static void
test_not_ours (void)
{
  static const char *const flows[] = { "import", "none", "" };
  static const char *const needed[]
      = { "OAuth1.RequestTokenEndpoint", "OAuth1.AuthorizationEndpoint", NULL };
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);

  for (gsize i = 0; i < G_N_ELEMENTS (flows); i++)
    {
      bench_set_argument (bench, "flow", flows[i]);
      g_assert_cmpint (run (bench), ==, CK_RESULT_IGNORE);
    }

  bench_set_argument (bench, "flow", "browser");
  bench_set_secrets (bench, NULL);
  g_assert_cmpint (run (bench), ==, CK_RESULT_SERVICE_ERR);
  bench_set_secrets (bench, "client-s");
  for (gsize i = 0; needed[i] != NULL; i++)
    {
      g_autoptr (Bench) other = make_bench (&person);

      bench_set (other, needed[i], NULL);
      bench_answer (other, 200, TEMPORARY);
      g_assert_cmpint (run (other), ==, CK_RESULT_SERVICE_ERR);
      g_assert_nonnull (strstr (bench_get_detail (other), strchr (needed[i], '.') + 1));
    }
  g_assert_null (person.style);
}

/* ---- a grant that is held ---------------------------------------------------------------------
 */

static Bench *
make_held (Person *person)
{
  Bench *bench = make_bench (person);

  bench_set_grant (bench, "access-token", "625-granted");
  bench_set_extra (bench, CK_OAUTH1_TOKEN_SECRET, "granted-s");

  return bench;
}

#define IDENTITY "uri=@BASE@/me?fields=a%20b|scheme=OAuth1|id=data.id|name=data.username"

static void
test_verify (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_held (&person);

  bench_answer (bench, 200, "{\"data\":{\"id\":\"625\",\"username\":\"alice\"}}");
  g_assert_cmpint (bench_run (bench, "verify", "identity", IDENTITY), ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "625");
  assert_signed (bench, 0,
                 (CkOAuth1Request){ .method = "GET",
                                    .uri = "/me?fields=a%20b",
                                    .token = "625-granted",
                                    .token_secret = "granted-s" });

  bench_answer (bench, 401, "{\"errors\":[{\"code\":89}]}");
  g_assert_cmpint (bench_run (bench, "verify", "identity", IDENTITY), ==, CK_RESULT_CRED_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "unknown-revoked");
}

/* While one secret replaces another; the first refusal is the one that says what is wrong. */
static void
test_next_secret (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_held (&person);

  bench_set_secrets (bench, "client-s old-s");
  bench_answer (bench, 401, "{\"errors\":[{\"code\":32}]}");
  bench_answer (bench, 200, "{\"data\":{\"id\":\"625\"}}");
  g_assert_cmpint (bench_run (bench, "verify", "identity", IDENTITY), ==, CK_RESULT_SUCCESS);
  assert_signed (bench, 1,
                 (CkOAuth1Request){ .method = "GET",
                                    .uri = "/me?fields=a%20b",
                                    .client_secret = "old-s",
                                    .token = "625-granted",
                                    .token_secret = "granted-s" });

  bench_answer (bench, 401, "{\"error\":\"first\"}");
  bench_answer (bench, 401, "{\"error\":\"second\"}");
  g_assert_cmpint (bench_run (bench, "verify", "identity", IDENTITY), ==, CK_RESULT_CRED_UNAVAIL);
  g_assert_cmpuint (bench_count_requests (bench), ==, 2);
}

static void
test_revoke (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_held (&person);

  bench_answer (bench, 200, "{\"access_token\":\"625-granted\"}");
  g_assert_cmpint (bench_run (bench, "revoke", "oauth1", NULL), ==, CK_RESULT_SUCCESS);
  assert_signed (bench, 0,
                 (CkOAuth1Request){ .method = "POST",
                                    .uri = "/invalidate",
                                    .token = "625-granted",
                                    .token_secret = "granted-s" });

  bench_answer (bench, 500, "{}");
  g_assert_cmpint (bench_run (bench, "revoke", "oauth1", NULL), ==, CK_RESULT_AUTHINFO_UNAVAIL);

  bench_set (bench, "OAuth1.RevocationEndpoint", NULL);
  g_assert_cmpint (bench_run (bench, "revoke", "oauth1", NULL), ==, CK_RESULT_IGNORE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/module/oauth1/browser", test_browser);
  g_test_add_func ("/module/oauth1/pin", test_pin);
  g_test_add_func ("/module/oauth1/attacks", test_attacks);
  g_test_add_func ("/module/oauth1/person-says-no", test_person_says_no);
  g_test_add_func ("/module/oauth1/bad-answers", test_bad_answers);
  g_test_add_func ("/module/oauth1/wrong-account", test_wrong_account);
  g_test_add_func ("/module/oauth1/lost-answer", test_lost_answer);
  g_test_add_func ("/module/oauth1/not-ours", test_not_ours);
  g_test_add_func ("/module/oauth1/verify", test_verify);
  g_test_add_func ("/module/oauth1/next-secret", test_next_secret);
  g_test_add_func ("/module/oauth1/revoke", test_revoke);

  return g_test_run ();
}
