/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-failure.h"

#include <string.h>

#include "ck-error.h"
#include "ck-json.h"
#include "ck-provider.h"

/* An answer, and what keeps it alive. @headers: "Name: value" or NULL; one is enough here. */
typedef struct
{
  CkFailureAnswer answer;
  const char *header;
  JsonNode *json;
} Sample;

static const char *
get_header (gpointer data, const char *name)
{
  const char *header = data;
  gsize length = strlen (name);

  if (header != NULL && g_ascii_strncasecmp (header, name, length) == 0 && header[length] == ':')
    return header + length + 2;

  return NULL;
}

static void
sample_clear (Sample *sample)
{
  g_clear_pointer (&sample->json, json_node_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Sample, sample_clear)

static Sample
make (const char *where, guint status, const char *header, const char *body)
{
  Sample sample = { { where, status, NULL, body, strlen (body), get_header, (gpointer) header },
                    header,
                    ck_json_parse (body, strlen (body), NULL) };

  sample.answer.json = sample.json;

  return sample;
}

static void
test_match (void)
{
  static const char graph[] = "{\"error\":{\"code\":190,\"error_subcode\":460,\"message\":"
                              "\"Error validating access token: The session has been "
                              "invalidated, because\",\"is_transient\":false,"
                              "\"errors\":[{\"reason\":\"a\"},{\"reason\":\"authError\"}]},"
                              "\"codes\":[700082,1],\"none\":null}";
  static const struct
  {
    const char *match;
    gboolean expected;
  } table[] = {
    { "status=400", TRUE },
    { "status=401", FALSE },
    { "status=401,400", TRUE },
    { "status=4xx", TRUE },
    { "status=5xx", FALSE },
    { "status=399-400", TRUE },
    { "status=401-499", FALSE },
    { "!status=5xx", TRUE },
    { "where=api", TRUE },
    { "where=token", FALSE },
    { "where=token,api", TRUE },
    { "json:error.code=190", TRUE },
    { "json:error.code=19", FALSE },
    { "json:error.code=1900", FALSE },
    { "json:error.code=102,190", TRUE },
    { "json:error.code=180-199", TRUE },
    { "json:error.code=191-199", FALSE },
    { "json:error.code=\"180-199\"", FALSE },
    { "json:error.code", TRUE },
    { "json:error.nothing", FALSE },
    { "json:none", FALSE },
    { "json:error", TRUE },
    { "json:error.is_transient=false", TRUE },
    { "json:error.is_transient=true", FALSE },
    { "status=400 json:error.code=190 json:error.error_subcode=460", TRUE },
    { "status=400 json:error.code=190 json:error.error_subcode=463", FALSE },
    { "json:error.message~\"Session Has Been invalidated\"", TRUE },
    { "json:error.message~\"nothing,\"", FALSE },
    { "json:error.message~\"invalidated, because\"", TRUE },
    { "json:error.message~\"not this\",validating", TRUE },
    { "json:error.message=validating", FALSE },
    { "json:error.errors.0.reason=a", TRUE },
    { "json:error.errors.*.reason=authError", TRUE },
    { "json:error.errors.*.reason=autherror", FALSE },
    { "json:codes.*=700082", TRUE },
    { "json:codes.*=700083", FALSE },
    { "json:error.*.reason=a", FALSE },
    { "header:www-authenticate", TRUE },
    { "header:WWW-Authenticate~invalid_token", TRUE },
    { "header:WWW-Authenticate=invalid_token", FALSE },
    { "header:Retry-After", FALSE },
    { "!header:Retry-After", TRUE },
    { "body=json", TRUE },
    { "body=not-json", FALSE },
    { "body=empty", FALSE },
    { "body~ERROR", TRUE },
    { "body~\"no such words\"", FALSE },
  };
  g_auto (Sample) sample =
      make ("api", 400, "WWW-Authenticate: Bearer error=\"invalid_token\"", graph);

  g_assert_nonnull (sample.json);
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CkFailureMatch) match = ck_failure_match_parse (table[i].match, &error);

      g_test_message ("%s", table[i].match);
      g_assert_no_error (error);
      g_assert_cmpint (ck_failure_match_test (match, &sample.answer), ==, table[i].expected);
    }
}

static void
test_syntax_errors (void)
{
  static const struct
  {
    const char *match;
    const char *named; /* what the message must name */
  } table[] = {
    { "", "at least one" },
    { "   ", "at least one" },
    { "status", "needs =" },
    { "status~400", "needs =" },
    { "status=", "empty" },
    { "status=abc", "400, 4xx" },
    { "status=4x", "400, 4xx" },
    { "status=99", "400, 4xx" },
    { "status=400-300", "400, 4xx" },
    { "status=400,,401", "empty" },
    { "where=nowhere", "redirect" },
    { "where=token,nowhere", "redirect" },
    { "json:", "none of" },
    { "json:a..b=1", "none of" },
    { "json:.a=1", "none of" },
    { "json:a.=1", "none of" },
    { "json:a=", "empty" },
    { "json:a=5-3", "ends before" },
    { "header:", "none of" },
    { "body", "needs = or ~" },
    { "body=html", "not-json" },
    { "message~x", "none of" },
    { "status=400 oops", "oops" },
    { "json:a~\"open", "quote" },
    { "json:a=\"\"", "empty" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CkFailureMatch) match = ck_failure_match_parse (table[i].match, &error);

      g_test_message ("“%s”: %s", table[i].match, error != NULL ? error->message : "accepted");
      g_assert_null (match);
      g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (error->message, table[i].named));
    }
}

static void
test_table_errors (void)
{
  g_autoptr (GVariant) cause =
      g_variant_ref_sink (g_variant_new_parsed ("[('bad-luck', 'status=400')]"));
  g_autoptr (GVariant) match =
      g_variant_ref_sink (g_variant_new_parsed ("[('expired', 'status=4')]"));
  g_autoptr (GError) error = NULL;

  g_assert_null (ck_failure_table_new (cause, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "bad-luck"));
  g_clear_error (&error);
  g_assert_null (ck_failure_table_new (match, &error));
  g_assert_nonnull (strstr (error->message, "expired"));
}

/* A provider file that is too eager cannot make a revocation of the platform's own trouble. */
static void
test_limits (void)
{
  static const struct
  {
    const char *where;
    guint status;
    const char *header;
    const char *body;
    const char *cause;
    gboolean known;
  } table[] = {
    { "api", 400, NULL, "{\"e\":\"token revoked\"}", "revoked-by-user", TRUE },
    { "api", 500, NULL, "{\"e\":\"token revoked\"}", "server-error", FALSE },
    { "api", 503, NULL, "{\"e\":\"token revoked\"}", "server-error", FALSE },
    { "api", 429, NULL, "{\"e\":\"token revoked\"}", "rate-limited", FALSE },
    { "api", 408, NULL, "{\"e\":\"token revoked\"}", "server-error", FALSE },
    { "api", 425, NULL, "{\"e\":\"token revoked\"}", "server-error", FALSE },
    { "api", 401, NULL, "<html>token revoked</html>", "server-error", FALSE },
    { "api", 403, NULL, "token revoked", "server-error", FALSE },
    { "api", 401, NULL, "", "server-error", FALSE },
    { "api", 401, "X-Why: revoked", "", "password-changed", TRUE },
    { "api", 500, "X-Why: revoked", "", "server-error", FALSE },
    { "api", 404, NULL, "{\"e\":\"what\"}", "none", FALSE },
    { "api", 200, NULL, "{\"e\":\"what\"}", "server-error", FALSE },
    { "api", 302, NULL, "{\"e\":\"what\"}", "server-error", FALSE },
  };
  g_autoptr (GVariant) rows = g_variant_ref_sink (
      g_variant_new_parsed ("[('password-changed', 'header:X-Why=revoked'),"
                            " ('revoked-by-user', 'body~\"token revoked\"'),"
                            " ('unknown-revoked', 'status=401 !header:X-Why'),"
                            " ('expired', 'body~\"token revoked\"')]"));
  g_autoptr (CkFailureTable) failures = ck_failure_table_new (rows, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_auto (Sample) sample =
          make (table[i].where, table[i].status, table[i].header, table[i].body);
      CkCause cause;
      gboolean known = ck_failure_table_lookup (failures, &sample.answer, &cause);

      g_test_message ("%u %s", table[i].status, table[i].body);
      g_assert_cmpstr (ck_cause_to_string (cause), ==, table[i].cause);
      g_assert_cmpint (known, ==, table[i].known);
    }
}

/* The shipped rows that every provider inherits, with near misses. */
static void
test_generic (void)
{
  static const struct
  {
    const char *where;
    guint status;
    const char *header;
    const char *body;
    const char *cause;
  } table[] = {
    { "token", 400, NULL, "{\"error\":\"invalid_grant\"}", "unknown-revoked" },
    { "token", 401, NULL, "{\"error\":\"invalid_grant\"}", "unknown-revoked" },
    { "token", 200, NULL, "{\"error\":\"invalid_grant\"}", "unknown-revoked" },
    { "api", 400, NULL, "{\"error\":\"invalid_grant\"}", "none" },
    { "token", 400, NULL, "{\"error\":\"invalid_grants\"}", "none" },
    { "token", 400, NULL, "{\"error\":\"Invalid_grant\"}", "none" },
    { "token", 400, NULL, "{\"message\":\"invalid_grant\"}", "none" },
    { "token", 500, NULL, "{\"error\":\"invalid_grant\"}", "server-error" },
    { "token", 400, NULL, "error=invalid_grant", "server-error" },
    { "token", 400, NULL, "{\"error\":\"invalid_grant\",\"error\":\"x\"}", "server-error" },
    { "token", 401, NULL, "{\"error\":\"invalid_client\"}", "client-misconfigured" },
    { "token", 400, NULL, "{\"error\":\"unauthorized_client\"}", "client-misconfigured" },
    { "token", 401, NULL, "{\"message\":\"who are you\"}", "client-misconfigured" },
    { "token", 401, "WWW-Authenticate: Basic realm=x", "", "client-misconfigured" },
    { "token", 401, NULL, "<html>Login</html>", "server-error" },
    { "token", 400, NULL, "{\"error\":\"invalid_request\"}", "client-misconfigured" },
    { "api", 400, NULL, "{\"error\":\"invalid_request\"}", "none" },
    { "token", 400, NULL, "{\"error\":\"invalid_scope\"}", "scope-changed" },
    { "token", 400, NULL, "{\"error\":\"temporarily_unavailable\"}", "server-error" },
    { "token", 403, NULL, "{\"error\":\"slow_down\"}", "none" },
    { "token", 429, NULL, "{\"error\":\"invalid_grant\"}", "rate-limited" },
    { "token", 503, "Retry-After: 5", "{}", "rate-limited" },
    { "token", 503, NULL, "{}", "server-error" },
    { "api", 401, NULL, "{\"error\":\"invalid_token\"}", "unknown-revoked" },
    { "api", 401, "WWW-Authenticate: Bearer error=\"invalid_token\"", "", "unknown-revoked" },
    { "api", 401, "WWW-Authenticate: Bearer realm=\"x\"", "", "server-error" },
    { "api", 401, NULL, "{\"error\":\"other\"}", "none" },
    { "token", 401, "WWW-Authenticate: Bearer error=\"invalid_token\"", "", "server-error" },
    { "api", 403, "WWW-Authenticate: Bearer error=\"insufficient_scope\"", "", "scope-changed" },
    { "api", 403, NULL, "{\"error\":\"insufficient_scope\"}", "scope-changed" },
    { "api", 200, NULL, "{\"active\":false}", "unknown-revoked" },
    { "api", 200, NULL, "{\"active\":true}", "server-error" },
    { "api", 403, NULL, "<html>captive portal: invalid_token</html>", "server-error" },
    { "redirect", 302, NULL, "{\"error\":\"access_denied\"}", "none" },
    { "redirect", 302, NULL, "{\"error\":\"unauthorized_client\"}", "client-misconfigured" },
    { "redirect", 302, NULL, "{\"error\":\"server_error\"}", "server-error" },
    { "device", 400, NULL, "{\"error\":\"expired_token\"}", "none" },
  };
  const char *const dirs[] = { g_getenv ("CK_TEST_PROVIDERS"), NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (CkProvider) provider = ck_provider_load (dirs, "oauth2", 0, &error);
  g_autoptr (CkFailureTable) failures = NULL;

  g_assert_no_error (error);
  failures = ck_failure_table_new (ck_provider_get_failures (provider), &error);
  g_assert_no_error (error);

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_auto (Sample) sample =
          make (table[i].where, table[i].status, table[i].header, table[i].body);
      CkCause cause;

      ck_failure_table_lookup (failures, &sample.answer, &cause);
      g_test_message ("%s %u %s", table[i].where, table[i].status, table[i].body);
      g_assert_cmpstr (ck_cause_to_string (cause), ==, table[i].cause);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/failure/match", test_match);
  g_test_add_func ("/failure/syntax-errors", test_syntax_errors);
  g_test_add_func ("/failure/table-errors", test_table_errors);
  g_test_add_func ("/failure/limits", test_limits);
  g_test_add_func ("/failure/generic", test_generic);

  return g_test_run ();
}
