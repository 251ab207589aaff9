/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-oauth-text.h"
#include "ck-pkce.h"
#include "module-bench.h"

/* authorization_code */

#define ISSUER "https://as.example"

/* The person, and what a platform or an attacker makes of the authorization request. */
typedef struct
{
  const char *redirect; /* what the browser is sent to; @STATE@ is the state of the request */
  char *uri;            /* the request */
  GHashTable *request;  /* its parameters */
  guint n_prompts;
} Person;

static void
person_clear (Person *person)
{
  g_free (person->uri);
  g_clear_pointer (&person->request, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Person, person_clear)

static GVariant *
on_prompt (const char *style, GVariant *details, gpointer user_data)
{
  Person *person = user_data;
  g_auto (GStrv) parts = NULL;
  g_autofree char *redirected = NULL;
  const char *uri = NULL;
  const char *redirect_uri = NULL;
  const char *state;
  GVariantDict answer;

  person->n_prompts++;
  g_assert_cmpstr (style, ==, "open-uri");
  g_assert_true (g_variant_lookup (details, "uri", "&s", &uri));
  g_assert_true (g_variant_lookup (details, "redirect-uri", "&s", &redirect_uri));
  g_assert_cmpstr (redirect_uri, ==, "http://127.0.0.1:9/cb");

  g_free (person->uri);
  person->uri = g_strdup (uri);
  g_clear_pointer (&person->request, g_hash_table_unref);
  person->request
      = g_uri_parse_params (strchr (uri, '?') + 1, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);
  g_assert_nonnull (person->request);
  if (person->redirect == NULL)
    return NULL;

  state = g_hash_table_lookup (person->request, "state");
  parts = g_strsplit (person->redirect, "@STATE@", -1);
  redirected = g_strjoinv (state != NULL ? state : "none", parts);
  g_variant_dict_init (&answer, NULL);
  g_variant_dict_insert (&answer, "redirected-uri", "s", redirected);

  return g_variant_dict_end (&answer);
}

static const char *
asked (Person *person, const char *name)
{
  return g_hash_table_lookup (person->request, name);
}

#define GOOD_REDIRECT "http://127.0.0.1:9/cb?code=the-one-code&state=@STATE@"
#define TOKEN                                                                                      \
  "\"access_token\":\"new-access-token\",\"token_type\":\"Bearer\",\"expires_in\":3600,"           \
  "\"refresh_token\":\"new-refresh-token\""

static Bench *
make_bench (Person *person)
{
  Bench *bench = bench_new ();

  person->redirect = GOOD_REDIRECT;
  bench_set_person (bench, on_prompt, person);
  bench_set_secrets (bench, "s3cret");
  bench_set_scopes (bench, "read write");

  return bench;
}

static CkResult
run (Bench *bench)
{
  return bench_run (bench, "connect", "authorization_code", NULL);
}

static void
test_success (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);
  g_autofree char *verifier = NULL;
  g_autofree char *challenge = NULL;
  g_autofree char *code = NULL;
  g_autofree char *scopes = NULL;

  bench_set (bench, "OAuth2.AuthorizationParameters", "access_type=offline \tprompt=consent");
  bench_answer (bench, 200, "{" TOKEN ",\"scope\":\"read\"}");
  g_assert_cmpint (run (bench), ==, CK_RESULT_SUCCESS);

  g_assert_true (g_str_has_prefix (person.uri, bench_get_base (bench)));
  g_assert_nonnull (strstr (person.uri, "/authorize?"));
  g_assert_cmpstr (asked (&person, "response_type"), ==, "code");
  g_assert_cmpstr (asked (&person, "client_id"), ==, "app");
  g_assert_cmpstr (asked (&person, "redirect_uri"), ==, "http://127.0.0.1:9/cb");
  g_assert_cmpstr (asked (&person, "scope"), ==, "read write");
  g_assert_cmpstr (asked (&person, "code_challenge_method"), ==, "S256");
  g_assert_cmpstr (asked (&person, "access_type"), ==, "offline");
  g_assert_cmpstr (asked (&person, "prompt"), ==, "consent");
  g_assert_null (asked (&person, "nonce"));
  g_assert_null (asked (&person, "code_verifier"));
  g_assert_null (strstr (person.uri, "s3cret"));

  g_assert_cmpuint (bench_count_requests (bench), ==, 1);
  verifier = bench_dup_parameter (bench, 0, "code_verifier");
  challenge = ck_pkce_challenge (verifier);
  g_assert_cmpstr (asked (&person, "code_challenge"), ==, challenge);
  code = bench_dup_parameter (bench, 0, "code");
  g_assert_cmpstr (code, ==, "the-one-code");

  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "new-access-token");
  g_assert_cmpstr (bench_get (bench, "refresh-token"), ==, "new-refresh-token");
  g_assert_cmpstr (bench_get (bench, "token-origin"), ==, bench_get_base (bench));
  scopes = bench_dup_scopes (bench);
  g_assert_cmpstr (scopes, ==, "read");
}

static void
test_fresh_each_time (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);
  g_autofree char *state = NULL;
  g_autofree char *challenge = NULL;

  for (guint i = 0; i < 2; i++)
    {
      bench_answer (bench, 200, "{" TOKEN "}");
      g_assert_cmpint (run (bench), ==, CK_RESULT_SUCCESS);
      g_assert_cmpstr (asked (&person, "state"), !=, state);
      g_assert_cmpstr (asked (&person, "code_challenge"), !=, challenge);
      g_free (state);
      state = g_strdup (asked (&person, "state"));
      g_free (challenge);
      challenge = g_strdup (asked (&person, "code_challenge"));
    }
}

static void
test_other_flows (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);
  static const char *const flows[] = { "device", "import", "none", "" };

  for (gsize i = 0; i < G_N_ELEMENTS (flows); i++)
    {
      bench_set_argument (bench, "flow", flows[i]);
      g_assert_cmpint (run (bench), ==, CK_RESULT_IGNORE);
    }
  g_assert_cmpuint (person.n_prompts, ==, 0);
}

static void
test_attacks (void)
{
  static const char *const redirects[] = {
    "http://127.0.0.1:9/cb?code=the-one-code&state=guessed",
    "http://127.0.0.1:9/cb?code=the-one-code",
    "http://127.0.0.1:9/other?code=the-one-code&state=@STATE@",
    "http://127.0.0.1:10/cb?code=the-one-code&state=@STATE@",
    "http://127.0.0.1:9/cb?code=the-one-code&code=x&state=@STATE@",
    "http://127.0.0.1:9/cb#code=the-one-code&state=@STATE@",
    "http://127.0.0.1:9/cb?code=the-one-code&state=@STATE@&iss=https%3A%2F%2Fevil.example",
    "the-one-code",
  };
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);

  bench_set (bench, "OAuth2.Issuer", ISSUER);
  for (gsize i = 0; i < G_N_ELEMENTS (redirects); i++)
    {
      g_test_message ("%s", redirects[i]);
      person.redirect = redirects[i];
      g_assert_cmpint (run (bench), ==, CK_RESULT_AUTH_ERR);
      g_assert_cmpstr (bench_get_cause (bench), ==, "none");
      g_assert_cmpuint (bench_count_requests (bench), ==, 0);
      g_assert_null (strstr (bench_get_detail (bench), "the-one-code"));
    }
}

static void
test_issuer_always_named (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);

  bench_set (bench, "OAuth2.Issuer", ISSUER);
  bench_set (bench, "OAuth2.IssParameterSupported", "true");
  g_assert_cmpint (run (bench), ==, CK_RESULT_AUTH_ERR);

  person.redirect = GOOD_REDIRECT "&iss=https%3A%2F%2Fas.example";
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (run (bench), ==, CK_RESULT_SUCCESS);
}

static void
test_person_says_no (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);

  person.redirect = NULL;
  g_assert_cmpint (run (bench), ==, CK_RESULT_CONV_ERR);

  person.redirect = "http://127.0.0.1:9/cb?error=access_denied&state=@STATE@";
  g_assert_cmpint (run (bench), ==, CK_RESULT_CONV_ERR);
  g_assert_cmpstr (bench_get_cause (bench), ==, "none");

  person.redirect = "http://127.0.0.1:9/cb?error=never_heard_of&state=@STATE@";
  g_assert_cmpint (run (bench), ==, CK_RESULT_AUTH_ERR);
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);
}

static void
test_code_is_sent_once (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);

  bench_answer (bench, 500, "{}");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (run (bench), ==, CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpuint (bench_count_requests (bench), ==, 1);
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "");
}

static void
test_hang_up (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);

  bench_answer (bench, 0, "");
  g_assert_cmpint (run (bench), ==, CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpuint (bench_count_requests (bench), ==, 1);
  g_assert_true (bench_is_in_doubt (bench));
}

/* ---- OpenID Connect -------------------------------------------------------------------------- */

/* The ID token needs the request's nonce, so the answer is made while the person is in the browser.
 */
typedef struct
{
  Person person;
  Bench *bench;
  const char *issuer;
  const char *nonce; /* NULL: the one of the request */
} Openid;

static char *
make_id_token (const char *issuer, const char *nonce)
{
  g_autofree char *claims = g_strdup_printf (
      "{\"iss\":\"%s\",\"aud\":\"app\",\"sub\":\"alice\",\"exp\":%" G_GUINT64_FORMAT
      ",\"nonce\":\"%s\"}",
      issuer, bench_now () + 60, nonce);
  g_autofree char *body = ck_base64url_encode ((const guchar *) claims, strlen (claims));

  return g_strconcat ("eyJhbGciOiJSUzI1NiJ9.", body, ".c2ln", NULL);
}

static GVariant *
on_openid_prompt (const char *style, GVariant *details, gpointer user_data)
{
  Openid *openid = user_data;
  GVariant *answer = on_prompt (style, details, &openid->person);
  const char *nonce = asked (&openid->person, "nonce");
  g_autofree char *id_token = NULL;
  g_autofree char *body = NULL;

  g_assert_nonnull (nonce);
  id_token = make_id_token (openid->issuer, openid->nonce != NULL ? openid->nonce : nonce);
  body = g_strdup_printf ("{" TOKEN ",\"id_token\":\"%s\"}", id_token);
  bench_answer (openid->bench, 200, body);

  return answer;
}

static void
test_openid (void)
{
  Openid openid = { .issuer = ISSUER };
  g_autoptr (Bench) bench = make_bench (&openid.person);
  g_autofree char *nonce = NULL;

  openid.bench = bench;
  bench_set_person (bench, on_openid_prompt, &openid);
  bench_set_scopes (bench, "openid read");
  bench_set (bench, "OAuth2.Issuer", ISSUER);

  g_assert_cmpint (run (bench), ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get_item (bench, "id-token-sub"), ==, "alice");
  g_assert_cmpstr (bench_get_item (bench, "id-token-iss"), ==, ISSUER);
  nonce = g_strdup (asked (&openid.person, "nonce"));
  g_assert_nonnull (nonce);

  openid.nonce = "another";
  g_assert_cmpint (run (bench), ==, CK_RESULT_AUTH_ERR);
  g_assert_cmpstr (asked (&openid.person, "nonce"), !=, nonce);
  g_assert_null (bench_get_item (bench, "id-token-sub"));
  g_assert_cmpstr (bench_get_cause (bench), ==, "none");

  openid.nonce = NULL;
  openid.issuer = "https://evil.example";
  g_assert_cmpint (run (bench), ==, CK_RESULT_AUTH_ERR);
  person_clear (&openid.person);
}

/* ---- a pushed request ------------------------------------------------------------------------ */

static void
test_pushed (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);
  g_autofree char *scope = NULL;
  g_autofree char *client_id = NULL;

  bench_set (bench, "OAuth2.PushedAuthorizationRequestEndpoint", "@BASE@/par");
  person.redirect = "http://127.0.0.1:9/cb?error=access_denied&state=@STATE@";
  bench_answer (bench, 201, "{\"request_uri\":\"urn:example:1\",\"expires_in\":60}");
  /* The state is at the server alone: this person cannot know it. */
  g_assert_cmpint (run (bench), ==, CK_RESULT_AUTH_ERR);

  g_assert_true (g_str_has_prefix (bench_get_request (bench, 0), "POST /par HTTP/1.1\r\n"));
  scope = bench_dup_parameter (bench, 0, "scope");
  g_assert_cmpstr (scope, ==, "read write");
  client_id = bench_dup_parameter (bench, 0, "client_id");
  g_assert_cmpstr (client_id, ==, "app");
  g_assert_cmpuint (g_hash_table_size (person.request), ==, 2);
  g_assert_cmpstr (asked (&person, "client_id"), ==, "app");
  g_assert_cmpstr (asked (&person, "request_uri"), ==, "urn:example:1");

  bench_answer (bench, 400, "{\"error\":\"invalid_request\"}");
  g_assert_cmpint (run (bench), ==, CK_RESULT_AUTH_ERR);
  g_assert_cmpuint (person.n_prompts, ==, 1);
}

static void
test_no_pkce (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);
  g_autofree char *verifier = NULL;

  bench_set (bench, "OAuth2.PKCE", "none");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (run (bench), ==, CK_RESULT_SUCCESS);
  g_assert_null (asked (&person, "code_challenge"));
  verifier = bench_dup_parameter (bench, 0, "code_verifier");
  g_assert_null (verifier);
}

static void
test_wrong_settings (void)
{
  static const struct
  {
    const char *key;
    const char *value;
  } rows[] = {
    { "OAuth2.AuthorizationParameters", "state=mine" },
    { "OAuth2.AuthorizationParameters", "prompt" },
    { "OAuth2.AuthorizationEndpoint", NULL },
    { "OAuth2.TokenEndpoint", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (Person) person = { 0 };
      g_autoptr (Bench) bench = make_bench (&person);

      bench_set (bench, rows[i].key, rows[i].value);
      g_assert_cmpint (run (bench), ==, CK_RESULT_SERVICE_ERR);
      g_assert_nonnull (strstr (bench_get_detail (bench), strchr (rows[i].key, '.') + 1));
      g_assert_cmpuint (person.n_prompts, ==, 0);
    }
}

/* What a platform puts behind the address, `#_`, is cut off; any other fragment is not taken. */
static void
test_suffix (void)
{
  g_auto (Person) person = { 0 };
  g_autoptr (Bench) bench = make_bench (&person);

  person.redirect = GOOD_REDIRECT "#_";
  g_assert_cmpint (run (bench), ==, CK_RESULT_AUTH_ERR);
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);

  bench_set (bench, "OAuth2.RedirectSuffix", "#_");
  bench_answer (bench, 200, "{" TOKEN "}");
  g_assert_cmpint (run (bench), ==, CK_RESULT_SUCCESS);

  person.redirect = GOOD_REDIRECT "#_=_";
  g_assert_cmpint (run (bench), ==, CK_RESULT_AUTH_ERR);
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/module/authorization_code/success", test_success);
  g_test_add_func ("/module/authorization_code/suffix", test_suffix);
  g_test_add_func ("/module/authorization_code/fresh-each-time", test_fresh_each_time);
  g_test_add_func ("/module/authorization_code/other-flows", test_other_flows);
  g_test_add_func ("/module/authorization_code/attacks", test_attacks);
  g_test_add_func ("/module/authorization_code/issuer-always-named", test_issuer_always_named);
  g_test_add_func ("/module/authorization_code/person-says-no", test_person_says_no);
  g_test_add_func ("/module/authorization_code/code-is-sent-once", test_code_is_sent_once);
  g_test_add_func ("/module/authorization_code/hang-up", test_hang_up);
  g_test_add_func ("/module/authorization_code/openid", test_openid);
  g_test_add_func ("/module/authorization_code/pushed", test_pushed);
  g_test_add_func ("/module/authorization_code/no-pkce", test_no_pkce);
  g_test_add_func ("/module/authorization_code/wrong-settings", test_wrong_settings);

  return g_test_run ();
}
