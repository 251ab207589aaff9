/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gmodule.h>
#include <string.h>
#include <sys/wait.h>

#include "module-bench.h"

/* What each module exports and what its line may say; permit, deny, debug, revocation. */

static const struct
{
  const char *name;
  const char *operations;
  const char *good; /* arguments it takes, each alone */
} modules[] = {
  { "authorization_code", "connect", "" },
  { "client_credentials", "connect renew", "" },
  { "debug", "connect verify renew revoke",
    "connect=success verify=success renew=success revoke=success cause=none grant account=1 "
    "expires-in=1 hang crash" },
  { "deny", "connect verify renew revoke", "" },
  { "device_code", "connect", "" },
  { "http_check", "connect verify renew",
    "uri=x endpoint=x method=GET scheme=x header=x expires=x expires-in=x scopes=x active=x "
    "reconnect-by=x zero-is-never "
    "introspect" },
  { "identity", "connect verify",
    "uri=x endpoint=x scheme=x header=x id=x name=x owner=x source=id_token" },
  { "oauth1", "connect revoke", "id=x name=x" },
  { "page_token", "connect verify renew", "api=x tasks=x account=x name=x ticked=x" },
  { "permit", "connect verify renew revoke", "" },
  { "refresh_token", "connect renew", "" },
  { "revocation", "revoke",
    "uri=x endpoint=x token=x hint=x query access-token-only method=DELETE extra=x" },
  { "token_exchange", "connect renew",
    "uri=x endpoint=x grant-type=x token=x method=GET extra=secret client-id client-secret" },
  { "static_token", "connect", "message=x type=x" },
};

static void
test_exports (void)
{
  static const char *const operations[] = { "connect", "verify", "renew", "revoke" };

  for (gsize i = 0; i < G_N_ELEMENTS (modules); i++)
    {
      g_auto (GStrv) expected = g_strsplit (modules[i].operations, " ", -1);
      g_autofree char *path
          = g_strdup_printf ("%s/%s.so", g_getenv ("CK_TEST_MODULES"), modules[i].name);
      GModule *module = g_module_open (path, G_MODULE_BIND_LOCAL);
      gpointer symbol = NULL;

      g_test_message ("%s", path);
      g_assert_nonnull (module);
      g_assert_true (g_module_symbol (module, "ck_module_abi", &symbol));
      g_assert_cmpuint (*(const guint *) symbol, ==, CK_MODULE_ABI);
      for (gsize j = 0; j < G_N_ELEMENTS (operations); j++)
        {
          g_autofree char *name = g_strconcat ("ck_sm_", operations[j], NULL);

          g_assert_cmpint (g_module_symbol (module, name, &symbol), ==,
                           g_strv_contains ((const char *const *) expected, operations[j]));
        }
      /* What the modules share is nobody else's. */
      g_assert_false (g_module_symbol (module, "ck_arguments_parse", &symbol));
      g_module_close (module);
    }
}

static void
test_bad_lines (void)
{
  static const char *const lines[] = { "nonsense", "nonsense=1", "debug=1", "debug|", "debug|x=y" };

  for (gsize i = 0; i < G_N_ELEMENTS (modules); i++)
    {
      g_autoptr (Bench) bench = bench_new ();
      g_auto (GStrv) operations = g_strsplit (modules[i].operations, " ", -1);

      bench_set_grant (bench, "access-token", "the-access-token");
      for (gsize j = 0; operations[j] != NULL; j++)
        {
          /* Without a token, identity has nothing to do in a connect and does not read its line. */
          if (g_str_equal (modules[i].name, "identity") && g_str_equal (operations[j], "connect"))
            continue;
          for (gsize k = 0; k < G_N_ELEMENTS (lines); k++)
            {
              g_test_message ("%s %s %s", operations[j], modules[i].name, lines[k]);
              g_assert_cmpint (bench_run (bench, operations[j], modules[i].name, lines[k]), ==,
                               CK_RESULT_SERVICE_ERR);
              g_assert_cmpstr (bench_get_cause (bench), ==, "none");
              g_assert_nonnull (strstr (bench_get_detail (bench), modules[i].name));
              g_assert_cmpuint (bench_count_requests (bench), ==, 0);
            }
        }
    }
}

/* Each page has the fixed headings, names each argument the module takes, and no other. */
static void
test_pages (void)
{
  static const char *const headings[] = { "## What it does",      "## Operations", "## Arguments",
                                          "## Settings it reads", "## Results",    "## Example" };

  for (gsize i = 0; i < G_N_ELEMENTS (modules); i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/../../backends/modules/%s.md",
                                               g_getenv ("G_TEST_SRCDIR"), modules[i].name);
      g_auto (GStrv) arguments = g_strsplit (modules[i].good, " ", -1);
      g_autofree char *page = NULL;
      const char *position;

      g_test_message ("%s", path);
      g_assert_true (g_file_get_contents (path, &page, NULL, NULL));
      position = page;
      for (gsize j = 0; j < G_N_ELEMENTS (headings); j++)
        {
          position = strstr (position, headings[j]);
          g_assert_nonnull (position);
        }
      for (gsize j = 0; arguments[j] != NULL; j++)
        {
          const char *equals = strchr (arguments[j], '=');
          g_autofree char *shown
              = equals != NULL
                    ? g_strdup_printf ("`%.*s", (int) (equals - arguments[j] + 1), arguments[j])
                    : g_strdup_printf ("`%s`", arguments[j]);

          g_test_message ("%s", shown);
          g_assert_nonnull (strstr (page, shown));
        }
    }
}

/* An argument of the table is taken: what is wrong with the line then is something else, or
 * nothing. */
static void
test_good_lines (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (modules); i++)
    {
      g_autoptr (Bench) bench = bench_new ();
      g_auto (GStrv) operations = g_strsplit (modules[i].operations, " ", -1);
      g_auto (GStrv) arguments = g_strsplit (modules[i].good, " ", -1);

      bench_set_grant (bench, "access-token", "the-access-token");
      for (gsize j = 0; arguments[j] != NULL; j++)
        {
          if (g_str_equal (arguments[j], "hang") || g_str_equal (arguments[j], "crash"))
            continue;
          g_test_message ("%s %s", modules[i].name, arguments[j]);
          bench_run (bench, g_strv_length (operations) > 1 ? operations[1] : operations[0],
                     modules[i].name, arguments[j]);
          g_assert_null (strstr (bench_get_detail (bench), "is not an argument"));
        }
    }
}

static void
test_twice (void)
{
  g_autoptr (Bench) bench = bench_new ();

  g_assert_cmpint (bench_run (bench, "verify", "http_check", "uri=a|uri=a"), ==,
                   CK_RESULT_SERVICE_ERR);
  g_assert_cmpint (bench_run (bench, "verify", "http_check", "uri=a|endpoint=b"), ==,
                   CK_RESULT_SERVICE_ERR);
  g_assert_cmpint (bench_run (bench, "verify", "http_check", "uri="), ==, CK_RESULT_SERVICE_ERR);
  g_assert_cmpint (bench_run (bench, "verify", "http_check", "uri"), ==, CK_RESULT_SERVICE_ERR);
  g_assert_cmpint (bench_run (bench, "verify", "http_check", NULL), ==, CK_RESULT_SERVICE_ERR);
  g_assert_cmpint (bench_run (bench, "verify", "http_check", "uri=a|introspect=1"), ==,
                   CK_RESULT_SERVICE_ERR);
  g_assert_cmpint (bench_run (bench, "verify", "http_check", "uri=a|introspect|scheme=b"), ==,
                   CK_RESULT_SERVICE_ERR);
  g_assert_cmpint (bench_run (bench, "verify", "http_check", "uri=a|method=PUT"), ==,
                   CK_RESULT_SERVICE_ERR);
  g_assert_cmpint (bench_run (bench, "verify", "identity", "uri=a"), ==, CK_RESULT_SERVICE_ERR);
  g_assert_cmpint (bench_run (bench, "verify", "identity", "source=id_token|id=a"), ==,
                   CK_RESULT_SERVICE_ERR);
}

static void
test_permit_deny (void)
{
  static const char *const operations[] = { "connect", "verify", "renew", "revoke" };
  g_autoptr (Bench) bench = bench_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      g_assert_cmpint (bench_run (bench, operations[i], "permit", "debug"), ==, CK_RESULT_SUCCESS);
      g_assert_cmpint (bench_run (bench, operations[i], "deny", "debug"), ==, CK_RESULT_AUTH_ERR);
      g_assert_cmpstr (bench_get_cause (bench), ==, "none");
    }
}

static void
test_debug (void)
{
  g_autoptr (Bench) bench = bench_new ();
  g_autofree char *first = NULL;

  bench_set_scopes (bench, "a b");
  g_assert_cmpint (bench_run (bench, "renew", "debug",
                              "renew=cred_expired|verify=success|cause=password-changed"),
                   ==, CK_RESULT_CRED_EXPIRED);
  g_assert_cmpstr (bench_get_cause (bench), ==, "password-changed");
  g_assert_cmpint (bench_run (bench, "renew", "debug", "renew=no_such_result"), ==,
                   CK_RESULT_SERVICE_ERR);
  g_assert_cmpint (bench_run (bench, "verify", "debug", "renew=cred_expired"), ==,
                   CK_RESULT_SUCCESS);

  g_assert_cmpint (bench_run (bench, "connect", "debug", "grant|account=7|expires-in=100"), ==,
                   CK_RESULT_SUCCESS);
  g_assert_cmpuint (strlen (bench_get (bench, "access-token")), ==, 43);
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "7");
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), <=, bench_now () + 100);
  first = g_strdup (bench_get (bench, "access-token"));
  g_assert_cmpint (bench_run (bench, "connect", "debug", "grant|expires-in=0"), ==,
                   CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "access-token"), !=, first);
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "debug");
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), ==, 0);
  g_assert_cmpint (bench_run (bench, "connect", "debug", "grant|expires-in=soon"), ==,
                   CK_RESULT_SERVICE_ERR);
}

static void
test_debug_crash (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (Bench) bench = bench_new ();

      bench_run (bench, "verify", "debug", "crash");
      return;
    }

  g_test_trap_subprocess (NULL, 10 * G_USEC_PER_SEC, 0);
  g_test_trap_assert_failed ();
}

static void
assert_parameter (Bench *bench, guint index, const char *name, const char *expected)
{
  g_autofree char *value = bench_dup_parameter (bench, index, name);

  g_assert_cmpstr (value, ==, expected);
}

static void
test_revocation (void)
{
  g_autoptr (Bench) bench = bench_new ();

  g_assert_cmpint (bench_run (bench, "revoke", "revocation", NULL), ==, CK_RESULT_IGNORE);

  bench_set_secrets (bench, "s3cret");
  bench_set_grant (bench, "access-token", "the-access-token");
  bench_answer (bench, 200, "");
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", NULL), ==, CK_RESULT_SUCCESS);
  assert_parameter (bench, 0, "token", "the-access-token");
  assert_parameter (bench, 0, "token_type_hint", "access_token");

  bench_set_grant (bench, "refresh-token", "the-refresh-token");
  bench_set_grant (bench, "token-origin", "@BASE@");
  bench_answer (bench, 200, "{}");
  bench_answer (bench, 500, "");
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", "uri=@BASE@/elsewhere"), ==,
                   CK_RESULT_SUCCESS);
  g_assert_true (g_str_has_prefix (bench_get_request (bench, 0), "POST /elsewhere HTTP/1.1\r\n"));
  assert_parameter (bench, 0, "token", "the-refresh-token");
  assert_parameter (bench, 0, "token_type_hint", "refresh_token");
  assert_parameter (bench, 1, "token", "the-access-token");

  /* Already revoked. */
  bench_answer (bench, 400, "{\"error\":\"invalid_token\"}");
  bench_answer (bench, 400, "{\"error\":\"invalid_token\"}");
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", NULL), ==, CK_RESULT_SUCCESS);

  /* The token must be thought to be still there. */
  bench_answer (bench, 503, "");
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", NULL), ==, CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpuint (bench_count_requests (bench), ==, 1);
  bench_answer (bench, 400, "{\"error\":\"unsupported_token_type\"}");
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", NULL), ==, CK_RESULT_AUTH_ERR);

  bench_set_grant (bench, "token-origin", "https://elsewhere.example");
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", NULL), ==, CK_RESULT_AUTH_ERR);
  g_assert_cmpstr (bench_get_cause (bench), ==, "client-misconfigured");
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);

  bench_set (bench, "OAuth2.RevocationEndpoint", NULL);
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", NULL), ==, CK_RESULT_IGNORE);
}

/* Platforms that have another way to give a token back. */
static void
test_revocation_forms (void)
{
  g_autoptr (Bench) bench = bench_new ();

  bench_set_grant (bench, "access-token", "the-access-token");
  bench_set_grant (bench, "refresh-token", "the-refresh-token");
  bench_set_grant (bench, "token-origin", "@BASE@");

  bench_answer (bench, 200, "OK");
  bench_answer (bench, 200, "OK");
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", "hint=token_hint_type|query"), ==,
                   CK_RESULT_SUCCESS);
  g_assert_true (g_str_has_prefix (bench_get_request (bench, 0),
                                   "POST /revoke?token=the-refresh-token&"
                                   "token_hint_type=refresh_token HTTP/1.1\r\n"));
  g_assert_null (bench_dup_parameter (bench, 0, "token"));

  bench_answer (bench, 200, "");
  g_assert_cmpint (
      bench_run (bench, "revoke", "revocation", "token=access_token|access-token-only"), ==,
      CK_RESULT_SUCCESS);
  g_assert_cmpuint (bench_count_requests (bench), ==, 1);
  assert_parameter (bench, 0, "access_token", "the-access-token");

  bench_answer (bench, 204, "");
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", "method=DELETE|scheme=OAuth"), ==,
                   CK_RESULT_SUCCESS);
  g_assert_cmpuint (bench_count_requests (bench), ==, 1);
  g_assert_true (g_str_has_prefix (bench_get_request (bench, 0), "DELETE /revoke HTTP/1.1\r\n"));
  g_assert_nonnull (
      strstr (bench_get_request (bench, 0), "Authorization: OAuth the-access-token\r\n"));

  /* The access token has run out, the refresh token may have not. */
  bench_answer (bench, 401, "{\"error\":\"expired\"}");
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", "method=GET"), !=, CK_RESULT_SUCCESS);
  bench_set_grant (bench, "refresh-token", "");
  bench_answer (bench, 401, "{\"error\":\"expired\"}");
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", "method=GET"), ==, CK_RESULT_SUCCESS);
  bench_answer (bench, 200, "{\"error\":\"expired\"}");
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", "method=GET"), !=, CK_RESULT_SUCCESS);

  g_assert_cmpint (bench_run (bench, "revoke", "revocation", "method=PATCH"), ==,
                   CK_RESULT_SERVICE_ERR);
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", "scheme=OAuth"), ==,
                   CK_RESULT_SERVICE_ERR);
  g_assert_cmpint (bench_run (bench, "revoke", "revocation", "method=GET|query"), ==,
                   CK_RESULT_SERVICE_ERR);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/module/exports", test_exports);
  g_test_add_func ("/module/bad-lines", test_bad_lines);
  g_test_add_func ("/module/good-lines", test_good_lines);
  g_test_add_func ("/module/twice", test_twice);
  g_test_add_func ("/module/pages", test_pages);
  g_test_add_func ("/module/permit-deny", test_permit_deny);
  g_test_add_func ("/module/debug/results", test_debug);
  g_test_add_func ("/module/debug/crash", test_debug_crash);
  g_test_add_func ("/module/revocation", test_revocation);
  g_test_add_func ("/module/revocation-forms", test_revocation_forms);

  return g_test_run ();
}
