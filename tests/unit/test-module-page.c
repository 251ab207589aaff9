/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "module-bench.h"

/* page_token, and what http_check and revocation know of pages */

#define PLAIN "api=@BASE@/v1|tasks=CREATE_CONTENT"
#define TICKED PLAIN "|ticked=pages_show_list"
#define LINKED "api=@BASE@/v1|account=instagram_business_account|name=username"

#define PERSON "{\"id\":\"9001\",\"name\":\"Alice\"}"
#define PAGE(id, name, task)                                                                       \
  "{\"id\":\"" id "\",\"name\":\"" name "\",\"tasks\":[\"ADVERTISE\",\"" task "\"]}"
#define PAGES(list) "{\"data\":[" list "]}"
#define TWO PAGES (PAGE ("111", "One", "CREATE_CONTENT") "," PAGE ("222", "Two", "CREATE_CONTENT"))
#define MINTED "{\"id\":\"111\",\"access_token\":\"page-token\"}"
#define GOOD_OWNER                                                                                 \
  "{\"data\":{\"is_valid\":true,\"granular_scopes\":["                                             \
  "{\"scope\":\"pages_show_list\",\"target_ids\":[\"111\",\"222\"]},"                              \
  "{\"scope\":\"public_profile\",\"target_ids\":[\"9001\"]}]}}"

typedef struct
{
  const char *choice; /* NULL: nobody may be asked */
  char *offered;
} Person;

static GVariant *
on_prompt (const char *style, GVariant *details, gpointer user_data)
{
  Person *person = user_data;
  g_autoptr (GVariant) choices = NULL;
  GVariantDict answer;

  g_assert_cmpstr (style, ==, "choose");
  g_assert_nonnull (person->choice);
  choices = g_variant_lookup_value (details, "choices", G_VARIANT_TYPE ("a(ss)"));
  g_assert_nonnull (choices);
  g_free (person->offered);
  person->offered = g_variant_print (choices, FALSE);
  if (*person->choice == '\0')
    return NULL;

  g_variant_dict_init (&answer, NULL);
  g_variant_dict_insert (&answer, "choice", "s", person->choice);

  return g_variant_dict_end (&answer);
}

static Bench *
make_connect (Person *person)
{
  Bench *bench = bench_new ();

  bench_set_secrets (bench, "s3cret");
  bench_set (bench, "OAuth2.ProofParameter", "appsecret_proof");
  bench_set_got (bench, "access-token", "persons-token");
  bench_set_person (bench, on_prompt, person);
  bench_answer (bench, 200, PERSON);

  return bench;
}

static CkResult
connect_page (Bench *bench, const char *line)
{
  return bench_run (bench, "connect", "page_token", line);
}

static gboolean
asks (Bench *bench, guint index, const char *text)
{
  g_test_message ("%.300s", bench_get_request (bench, index));

  return strstr (bench_get_request (bench, index), text) != NULL;
}

/* The one page is taken; every request carries the person's token and its proof. */
static void
test_connect (void)
{
  g_autofree char *expected = g_compute_hmac_for_string (
      G_CHECKSUM_SHA256, (const guchar *) "s3cret", 6, "persons-token", -1);
  g_autofree char *kept = g_compute_hmac_for_string (G_CHECKSUM_SHA256, (const guchar *) "s3cret",
                                                     6, "page-token", -1);
  g_autofree char *parameter = g_strconcat ("appsecret_proof=", expected, NULL);
  Person person = { NULL, NULL };
  g_autoptr (Bench) bench = make_connect (&person);
  guint64 begun = bench_now ();

  bench_answer (bench, 200, PAGES (PAGE ("111", "One", "CREATE_CONTENT")));
  bench_answer (bench, 200, MINTED);
  g_assert_cmpint (connect_page (bench, PLAIN), ==, CK_RESULT_SUCCESS);

  g_assert_cmpuint (bench_count_requests (bench), ==, 3);
  g_assert_true (asks (bench, 0, "GET /v1/me?fields=id,name&appsecret_proof="));
  g_assert_true (asks (bench, 1, "GET /v1/me/accounts?fields=id%2Cname%2Ctasks&limit=100&"));
  g_assert_true (asks (bench, 2, "GET /v1/111?fields=access_token&"));
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (asks (bench, i, "Authorization: Bearer persons-token\r\n"));
      g_assert_true (asks (bench, i, parameter));
    }
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "page-token");
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "111");
  g_assert_cmpstr (bench_get (bench, "account-name"), ==, "One");
  g_assert_cmpstr (bench_get (bench, "owner-id"), ==, "9001");
  g_assert_cmpstr (bench_get_extra (bench, "owner-token-secret"), ==, "persons-token");
  g_assert_cmpstr (bench_get_extra (bench, "page-id"), ==, "111");
  g_assert_cmpstr (bench_get_extra (bench, "appsecret-proof"), ==, kept);
  g_assert_cmpuint (bench_get_time (bench, "issued-at"), >=, begun);
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), ==, 0);
}

static void
test_choose (void)
{
  g_autoptr (Bench) bench = NULL;
  Person person = { "222", NULL };

  bench = make_connect (&person);
  bench_answer (bench, 200, TWO);
  bench_answer (bench, 200, MINTED);
  g_assert_cmpint (connect_page (bench, PLAIN), ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (person.offered, ==, "[('111', 'One (111)'), ('222', 'Two (222)')]");
  g_assert_true (asks (bench, 2, "GET /v1/222?"));
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "222");

  person.choice = "";
  bench_answer (bench, 200, PERSON);
  bench_answer (bench, 200, TWO);
  g_assert_cmpint (connect_page (bench, PLAIN), ==, CK_RESULT_CONV_ERR);
  g_clear_pointer (&person.offered, g_free);
}

/* Nobody is asked about a page on which the person may not post. */
static void
test_tasks (void)
{
  Person person = { NULL, NULL };
  g_autoptr (Bench) bench = make_connect (&person);

  bench_answer (bench, 200,
                PAGES (PAGE ("111", "One", "ANALYZE") "," PAGE ("222", "Two", "CREATE_CONTENT")));
  bench_answer (bench, 200, MINTED);
  g_assert_cmpint (connect_page (bench, PLAIN), ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "222");

  bench_answer (bench, 200, PERSON);
  bench_answer (bench, 200, PAGES (PAGE ("111", "One", "ANALYZE")));
  g_assert_cmpint (connect_page (bench, PLAIN), ==, CK_RESULT_PERM_DENIED);
  g_assert_cmpstr (bench_get_cause (bench), ==, "permission-lost");
  g_assert_nonnull (strstr (bench_get_detail (bench), "CREATE_CONTENT"));

  /* An answer without tasks says nothing about them. */
  bench_answer (bench, 200, PERSON);
  bench_answer (bench, 200, PAGES ("{\"id\":\"333\",\"name\":\"Old\"}"));
  bench_answer (bench, 200, MINTED);
  g_assert_cmpint (connect_page (bench, PLAIN), ==, CK_RESULT_SUCCESS);

  bench_answer (bench, 200, PERSON);
  bench_answer (bench, 200, PAGES (""));
  g_assert_cmpint (connect_page (bench, PLAIN), ==, CK_RESULT_PERM_DENIED);
  g_assert_cmpstr (bench_get_cause (bench), ==, "permission-lost");
}

static void
test_pinned (void)
{
  Person person = { NULL, NULL };
  g_autoptr (Bench) bench = make_connect (&person);

  bench_set_argument (bench, "pinned-account", "222");
  bench_answer (bench, 200, TWO);
  bench_answer (bench, 200, MINTED);
  g_assert_cmpint (connect_page (bench, PLAIN), ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "222");

  /* Somebody else signed in: that one is named, and the page. */
  bench_answer (bench, 200, PERSON);
  bench_answer (bench, 200, PAGES (PAGE ("333", "Three", "CREATE_CONTENT")));
  g_assert_cmpint (connect_page (bench, PLAIN), ==, CK_RESULT_USER_UNKNOWN);
  g_assert_cmpstr (bench_get_cause (bench), ==, "wrong-account");
  g_assert_nonnull (strstr (bench_get_detail (bench), "Alice"));
  g_assert_nonnull (strstr (bench_get_detail (bench), "222"));
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "9001");
  g_assert_cmpstr (bench_get (bench, "owner-id"), ==, "9001");

  bench_answer (bench, 200, PERSON);
  bench_answer (bench, 200, PAGES (PAGE ("222", "Two", "ANALYZE")));
  g_assert_cmpint (connect_page (bench, PLAIN), ==, CK_RESULT_PERM_DENIED);
}

/* Three answers for the list: the cursor is used, the address with the token in it is not. */
static void
test_paging (void)
{
  Person person = { NULL, NULL };
  g_autoptr (Bench) bench = make_connect (&person);

  bench_set_argument (bench, "pinned-account", "333");
  bench_answer (bench, 200,
                "{\"data\":[" PAGE ("111", "One",
                                    "CREATE_CONTENT") "],\"paging\":{"
                                                      "\"cursors\":{\"before\":\"a\",\"after\":\"b/"
                                                      "b\"},\"next\":\"https://x.example/\"}}");
  bench_answer (bench, 200,
                "{\"data\":[],\"paging\":{\"cursors\":{\"after\":\"c\"},\"next\":\"x\"}}");
  bench_answer (
      bench, 200,
      "{\"data\":[" PAGE ("333", "Three",
                          "CREATE_CONTENT") "],\"paging\":{"
                                            "\"cursors\":{\"before\":\"c\",\"after\":\"d\"}}}");
  bench_answer (bench, 200, MINTED);
  g_assert_cmpint (connect_page (bench, PLAIN), ==, CK_RESULT_SUCCESS);
  g_assert_cmpuint (bench_count_requests (bench), ==, 5);
  g_assert_true (asks (bench, 2, "&after=b%2Fb&"));
  g_assert_true (asks (bench, 3, "&after=c&"));
  g_assert_cmpstr (bench_get (bench, "account-name"), ==, "Three");
}

/* The account is the one that belongs to the page; pages without one do not count. */
static void
test_linked_account (void)
{
  Person person = { NULL, NULL };
  g_autoptr (Bench) bench = make_connect (&person);

  bench_answer (
      bench, 200,
      PAGES (
          PAGE ("111", "One",
                "CREATE_CONTENT") ","
                                  "{\"id\":\"222\",\"name\":\"Two\",\"instagram_business_account\":"
                                  "{\"id\":\"17841\",\"username\":\"two.live\"}}"));
  bench_answer (bench, 200, "{\"id\":\"222\",\"access_token\":\"page-token\"}");
  g_assert_cmpint (connect_page (bench, LINKED), ==, CK_RESULT_SUCCESS);
  g_assert_true (
      asks (bench, 1, "fields=id%2Cname%2Ctasks%2Cinstagram_business_account%7Bid%2Cusername%7D"));
  g_assert_true (asks (bench, 2, "GET /v1/222?"));
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "17841");
  g_assert_cmpstr (bench_get (bench, "account-name"), ==, "two.live");
  g_assert_cmpstr (bench_get_extra (bench, "page-id"), ==, "222");
}

static void
test_refused (void)
{
  static const struct
  {
    const char *list; /* NULL: the person is not told */
    const char *minted;
    CkResult result;
    const char *cause;
  } table[] = {
    { NULL, NULL, CK_RESULT_CRED_UNAVAIL, "unknown-revoked" },
    { "{}", NULL, CK_RESULT_AUTHINFO_UNAVAIL, "server-error" },
    { "{\"data\":{}}", NULL, CK_RESULT_AUTHINFO_UNAVAIL, "server-error" },
    { PAGES (PAGE ("111", "One", "CREATE_CONTENT")), "{\"id\":\"111\"}", CK_RESULT_PERM_DENIED,
      "permission-lost" },
    { PAGES (PAGE ("111", "One", "CREATE_CONTENT")), "{\"access_token\":\"\\u00e4\"}",
      CK_RESULT_AUTHINFO_UNAVAIL, "server-error" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    {
      Person person = { NULL, NULL };
      g_autoptr (Bench) bench = bench_new ();

      g_test_message ("%zu", i);
      bench_set_got (bench, "access-token", "persons-token");
      bench_set_person (bench, on_prompt, &person);
      bench_answer (bench, table[i].list != NULL ? 200 : 401, PERSON);
      if (table[i].list != NULL)
        bench_answer (bench, 200, table[i].list);
      if (table[i].minted != NULL)
        bench_answer (bench, 200, table[i].minted);
      g_assert_cmpint (connect_page (bench, PLAIN), ==, table[i].result);
      g_assert_cmpstr (bench_get_cause (bench), ==, table[i].cause);
      g_assert_null (bench_get_extra (bench, "owner-token-secret"));
    }
}

static Bench *
make_connected (void)
{
  Bench *bench = bench_new ();

  bench_set_secrets (bench, "s3cret");
  bench_set_grant (bench, "access-token", "page-token");
  bench_set_grant (bench, "account-id", "111");
  bench_set_grant (bench, "account-name", "One");
  bench_set_grant (bench, "owner-id", "9001");
  bench_set_extra (bench, "page-id", "111");
  bench_set_extra (bench, "owner-token-secret", "persons-token");
  bench_set_grant_time (bench, "renewable-until", bench_now () + 1000);

  return bench;
}

static void
test_verify (void)
{
  static const struct
  {
    const char *page;
    const char *owner; /* NULL: it does not come to that */
    const char *list;
    CkResult result;
    const char *words; /* that the detail must have */
  } table[] = {
    { "{\"id\":\"111\",\"name\":\"New\"}", GOOD_OWNER, TWO, CK_RESULT_SUCCESS, "" },
    /* The person's own token being dead says nothing about the page. */
    { "{\"id\":\"111\"}", "{\"data\":{\"is_valid\":false}}", NULL, CK_RESULT_SUCCESS, "" },
    { "{\"id\":\"111\"}", "{\"data\":{\"is_valid\":true}}", TWO, CK_RESULT_SUCCESS, "" },
    { "{\"id\":\"111\"}",
      "{\"data\":{\"is_valid\":true,\"granular_scopes\":[{\"scope\":\"pages_show_list\"}]}}", TWO,
      CK_RESULT_SUCCESS, "" },
    { "{\"id\":\"111\"}",
      "{\"data\":{\"is_valid\":true,\"granular_scopes\":["
      "{\"scope\":\"pages_show_list\",\"target_ids\":[\"222\"]}]}}",
      NULL, CK_RESULT_PERM_DENIED, "not ticked" },
    { "{\"id\":\"111\"}", GOOD_OWNER, PAGES (PAGE ("222", "Two", "CREATE_CONTENT")),
      CK_RESULT_PERM_DENIED, "no role" },
    { "{\"id\":\"111\"}", GOOD_OWNER, PAGES (PAGE ("111", "One", "ANALYZE")), CK_RESULT_PERM_DENIED,
      "CREATE_CONTENT" },
    { "{\"id\":\"999\"}", NULL, NULL, CK_RESULT_USER_UNKNOWN, "999" },
    { "{\"name\":\"x\"}", NULL, NULL, CK_RESULT_AUTHINFO_UNAVAIL, "id" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (Bench) bench = make_connected ();

      bench_answer (bench, 200, table[i].page);
      if (table[i].owner != NULL)
        bench_answer (bench, 200, table[i].owner);
      if (table[i].list != NULL)
        bench_answer (bench, 200, table[i].list);
      g_test_message ("%zu", i);
      g_assert_cmpint (bench_run (bench, "verify", "page_token", TICKED), ==, table[i].result);
      g_assert_nonnull (strstr (bench_get_detail (bench), table[i].words));
      g_assert_cmpuint (bench_count_requests (bench), ==,
                        1 + (table[i].owner != NULL) + (table[i].list != NULL));
      g_assert_true (asks (bench, 0, "GET /v1/111?fields=id%2Cname"));
      g_assert_true (asks (bench, 0, "Authorization: Bearer page-token\r\n"));
      if (table[i].owner != NULL)
        {
          g_assert_true (asks (bench, 1, "GET /v1/debug_token?input_token=persons-token HTTP"));
          g_assert_true (asks (bench, 1, "Authorization: Bearer app|s3cret\r\n"));
        }
    }
}

/* When the person's token has run out, the page goes on without it. */
static void
test_verify_without_owner (void)
{
  g_autoptr (Bench) bench = make_connected ();

  bench_set_grant_time (bench, "renewable-until", bench_now () - 1);
  bench_answer (bench, 200, "{\"id\":\"111\",\"name\":\"New\"}");
  g_assert_cmpint (bench_run (bench, "verify", "page_token", TICKED), ==, CK_RESULT_SUCCESS);
  g_assert_cmpuint (bench_count_requests (bench), ==, 1);
  g_assert_cmpstr (bench_get (bench, "account-name"), ==, "New");

  bench_answer (bench, 401, "{\"error\":{\"code\":190}}");
  g_assert_cmpint (bench_run (bench, "verify", "page_token", TICKED), ==, CK_RESULT_CRED_UNAVAIL);
}

static void
test_unlinked (void)
{
  g_autoptr (Bench) bench = make_connected ();

  bench_answer (bench, 200, "{\"id\":\"111\",\"name\":\"One\"}");
  g_assert_cmpint (bench_run (bench, "verify", "page_token", LINKED), ==, CK_RESULT_PERM_DENIED);
  g_assert_cmpstr (bench_get_cause (bench), ==, "permission-lost");
}

static void
test_renew (void)
{
  g_autoptr (Bench) bench = make_connected ();

  bench_answer (bench, 200, "{\"id\":\"111\",\"access_token\":\"new-page-token\"}");
  g_assert_cmpint (bench_run (bench, "renew", "page_token", PLAIN), ==, CK_RESULT_SUCCESS);
  g_assert_true (asks (bench, 0, "Authorization: Bearer persons-token\r\n"));
  g_assert_cmpstr (bench_get (bench, "access-token"), ==, "new-page-token");
  g_assert_cmpstr (bench_get_extra (bench, "owner-token-secret"), ==, "persons-token");
  g_assert_false (bench_is_in_doubt (bench));

  bench_answer (bench, 0, "");
  g_assert_cmpint (bench_run (bench, "renew", "page_token", PLAIN), ==, CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_false (bench_is_in_doubt (bench));
}

/* The person's token is dead: the page's decides. */
static void
test_renew_without_owner (void)
{
  g_autoptr (Bench) bench = make_connected ();

  bench_answer (bench, 401, "{\"error\":{\"code\":190}}");
  bench_answer (bench, 200, "{\"id\":\"111\"}");
  g_assert_cmpint (bench_run (bench, "renew", "page_token", PLAIN), ==, CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "server-error");
  g_assert_true (asks (bench, 1, "Authorization: Bearer page-token\r\n"));

  bench_answer (bench, 401, "{\"error\":{\"code\":190}}");
  bench_answer (bench, 401, "{\"error\":{\"code\":190}}");
  g_assert_cmpint (bench_run (bench, "renew", "page_token", PLAIN), ==, CK_RESULT_CRED_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "unknown-revoked");

  bench_set_grant_time (bench, "renewable-until", bench_now () - 1);
  bench_answer (bench, 200, "{\"id\":\"111\"}");
  g_assert_cmpint (bench_run (bench, "renew", "page_token", PLAIN), ==, CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpuint (bench_count_requests (bench), ==, 1);
}

static void
test_bad_lines (void)
{
  static const char *const lines[] = { "tasks=X", "api=@BASE@|account=x", "api=@BASE@|name=x" };
  g_autoptr (Bench) bench = make_connected ();

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_assert_cmpint (bench_run (bench, "verify", "page_token", lines[i]), ==,
                       CK_RESULT_SERVICE_ERR);
      g_assert_cmpuint (bench_count_requests (bench), ==, 0);
    }
}

/* ---- http_check's debug_token form -------------------------------------------------------------
 */

#define DEBUG                                                                                      \
  "uri=@BASE@/debug_token?input_token=%t|scheme=app|active=data.is_valid|"                         \
  "expires=data.expires_at|zero-is-never|reconnect-by=data.data_access_expires_at|"                \
  "scopes=data.scopes"

static void
test_debug_token (void)
{
  g_autoptr (Bench) bench = make_connected ();
  g_autofree char *good = g_strdup_printf (
      "{\"data\":{\"is_valid\":true,\"expires_at\":0,\"data_access_expires_at\":%" G_GUINT64_FORMAT
      ",\"scopes\":[\"pages_show_list\",\"public_profile\"]}}",
      bench_now () + 90);
  g_autofree char *scopes = NULL;

  bench_answer (bench, 200, good);
  g_assert_cmpint (bench_run (bench, "verify", "http_check", DEBUG), ==, CK_RESULT_SUCCESS);
  g_assert_true (asks (bench, 0, "GET /debug_token?input_token=page-token HTTP"));
  g_assert_true (asks (bench, 0, "Authorization: Bearer app|s3cret\r\n"));
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), ==,
                    G_GUINT64_CONSTANT (9007199254740991));
  g_assert_cmpuint (bench_get_time (bench, "reconnect-by"), >=, bench_now ());
  scopes = bench_dup_scopes (bench);
  g_assert_cmpstr (scopes, ==, "pages_show_list public_profile");

  bench_answer (bench, 200, "{\"data\":{\"is_valid\":true,\"data_access_expires_at\":1576687825}}");
  g_assert_cmpint (bench_run (bench, "verify", "http_check", DEBUG), ==, CK_RESULT_PERM_DENIED);
  g_assert_cmpstr (bench_get_cause (bench), ==, "permission-lost");

  bench_answer (bench, 200, "{\"data\":{\"is_valid\":true,\"data_access_expires_at\":0}}");
  g_assert_cmpint (bench_run (bench, "verify", "http_check", DEBUG), ==, CK_RESULT_SUCCESS);
  g_assert_cmpuint (bench_get_time (bench, "reconnect-by"), ==, 0);

  /* An app without a secret has nothing to ask with. */
  bench_set_secrets (bench, NULL);
  g_assert_cmpint (bench_run (bench, "verify", "http_check", DEBUG), ==, CK_RESULT_IGNORE);
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);
}

static void
test_debug_token_in_connect (void)
{
  g_autoptr (Bench) bench = bench_new ();

  bench_set_secrets (bench, "s3cret");
  g_assert_cmpint (bench_run (bench, "connect", "http_check", DEBUG), ==, CK_RESULT_IGNORE);
  bench_set_got (bench, "access-token", "page-token");
  bench_answer (bench, 200, "{\"data\":{\"is_valid\":true,\"expires_at\":1999999999}}");
  g_assert_cmpint (bench_run (bench, "connect", "http_check", DEBUG), ==, CK_RESULT_SUCCESS);
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), ==, 1999999999);
}

/* While one secret replaces another: in the app's own token, and in the proof. */
static void
test_secret_rollover (void)
{
  g_autoptr (Bench) bench = make_connected ();
  g_autofree char *digest = g_compute_hmac_for_string (G_CHECKSUM_SHA256, (const guchar *) "second",
                                                       6, "page-token", -1);

  bench_set_failure (bench, "client-misconfigured", "json:error.code=1,100");
  bench_set_secrets (bench, "first second");
  bench_answer (bench, 400, "{\"error\":{\"code\":1}}");
  bench_answer (bench, 200, "{\"data\":{\"is_valid\":true}}");
  g_assert_cmpint (bench_run (bench, "verify", "http_check", DEBUG), ==, CK_RESULT_SUCCESS);
  g_assert_true (asks (bench, 1, "Authorization: Bearer app|second\r\n"));

  bench_set (bench, "OAuth2.ProofParameter", "appsecret_proof");
  bench_set_grant_time (bench, "renewable-until", bench_now () - 1);
  bench_answer (bench, 400, "{\"error\":{\"code\":100}}");
  bench_answer (bench, 200, "{\"id\":\"111\"}");
  g_assert_cmpint (bench_run (bench, "verify", "page_token", PLAIN), ==, CK_RESULT_SUCCESS);
  g_assert_true (asks (bench, 1, digest));

  /* Each once. */
  bench_answer (bench, 400, "{\"error\":{\"code\":100}}");
  bench_answer (bench, 400, "{\"error\":{\"code\":100}}");
  g_assert_cmpint (bench_run (bench, "verify", "page_token", PLAIN), ==, CK_RESULT_AUTH_ERR);
  g_assert_cmpuint (bench_count_requests (bench), ==, 2);
}

static void
test_revoke (void)
{
  g_autoptr (Bench) bench = make_connected ();

  bench_answer (bench, 200, "{\"success\":true}");
  g_assert_cmpint (
      bench_run (bench, "revoke", "revocation",
                 "uri=@BASE@/v1/me/permissions|method=DELETE|extra=owner-token-secret"),
      ==, CK_RESULT_SUCCESS);
  g_assert_true (asks (bench, 0, "DELETE /v1/me/permissions HTTP"));
  g_assert_true (asks (bench, 0, "Authorization: Bearer persons-token\r\n"));

  /* A grant that never came to a page has the person's token itself. */
  bench_set_extra (bench, "owner-token-secret", NULL);
  bench_answer (bench, 200, "{\"success\":true}");
  g_assert_cmpint (
      bench_run (bench, "revoke", "revocation",
                 "uri=@BASE@/v1/me/permissions|method=DELETE|extra=owner-token-secret"),
      ==, CK_RESULT_SUCCESS);
  g_assert_true (asks (bench, 0, "Authorization: Bearer page-token\r\n"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/module/page_token/connect", test_connect);
  g_test_add_func ("/module/page_token/choose", test_choose);
  g_test_add_func ("/module/page_token/tasks", test_tasks);
  g_test_add_func ("/module/page_token/pinned", test_pinned);
  g_test_add_func ("/module/page_token/paging", test_paging);
  g_test_add_func ("/module/page_token/linked-account", test_linked_account);
  g_test_add_func ("/module/page_token/refused", test_refused);
  g_test_add_func ("/module/page_token/verify", test_verify);
  g_test_add_func ("/module/page_token/verify-without-owner", test_verify_without_owner);
  g_test_add_func ("/module/page_token/unlinked", test_unlinked);
  g_test_add_func ("/module/page_token/renew", test_renew);
  g_test_add_func ("/module/page_token/renew-without-owner", test_renew_without_owner);
  g_test_add_func ("/module/page_token/bad-lines", test_bad_lines);
  g_test_add_func ("/module/http_check/debug_token", test_debug_token);
  g_test_add_func ("/module/http_check/debug_token-in-connect", test_debug_token_in_connect);
  g_test_add_func ("/module/page_token/secret-rollover", test_secret_rollover);
  g_test_add_func ("/module/revocation/extra", test_revoke);

  return g_test_run ();
}
