/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "module-bench.h"

/* http_check and identity */

static Bench *
make_bench (void)
{
  Bench *bench = bench_new ();

  bench_set_secrets (bench, "s3cret");
  bench_set_grant (bench, "access-token", "the-access-token");
  bench_set_grant (bench, "token-origin", "@BASE@");

  return bench;
}

/* ---- http_check ------------------------------------------------------------------------------ */

static void
test_check_good (void)
{
  g_autoptr (Bench) bench = make_bench ();
  g_autofree char *scopes = NULL;
  guint64 before = bench_now ();

  bench_answer (bench, 200, "{\"expires_in\":\"100\",\"granted\":{\"scopes\":[\"a\",\"b\"]}}");
  g_assert_cmpint (bench_run (bench, "verify", "http_check",
                              "uri=@BASE@/validate?x=1|scheme=OAuth|expires-in=expires_in|"
                              "scopes=granted.scopes|header=Client-Id: %c"),
                   ==, CK_RESULT_SUCCESS);
  g_assert_true (g_str_has_prefix (bench_get_request (bench, 0), "GET /validate?x=1 HTTP/1.1\r\n"));
  g_assert_nonnull (
      strstr (bench_get_request (bench, 0), "\r\nAuthorization: OAuth the-access-token\r\n"));
  g_assert_nonnull (strstr (bench_get_request (bench, 0), "\r\nClient-Id: app\r\n"));
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), >=, before + 100);
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), <=, bench_now () + 100);
  scopes = bench_dup_scopes (bench);
  g_assert_cmpstr (scopes, ==, "a b");

  bench_answer (bench, 200, "");
  g_assert_cmpint (bench_run (bench, "verify", "http_check", "uri=@BASE@/me|method=POST"), ==,
                   CK_RESULT_SUCCESS);
  g_assert_true (g_str_has_prefix (bench_get_request (bench, 0), "POST /me HTTP/1.1\r\n"));
  g_assert_nonnull (
      strstr (bench_get_request (bench, 0), "\r\nAuthorization: Bearer the-access-token\r\n"));
}

static void
test_check_dead (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_answer (bench, 401, "{\"error\":\"invalid_token\"}");
  g_assert_cmpint (bench_run (bench, "verify", "http_check", "endpoint=UserinfoEndpoint"), ==,
                   CK_RESULT_CRED_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "unknown-revoked");
  g_assert_true (g_str_has_prefix (bench_get_request (bench, 0), "GET /userinfo HTTP/1.1\r\n"));

  bench_answer (bench, 500, "{}");
  g_assert_cmpint (bench_run (bench, "verify", "http_check", "endpoint=UserinfoEndpoint"), ==,
                   CK_RESULT_AUTHINFO_UNAVAIL);
  g_assert_cmpstr (bench_get_cause (bench), ==, "server-error");
}

/* A platform that says in a good answer that the token is none: its table says why. */
static void
test_check_active (void)
{
  static const struct
  {
    const char *body;
    CkResult result;
  } rows[] = {
    { "{\"data\":{\"active\":true,\"exp\":1900000000}}", CK_RESULT_SUCCESS },
    { "{\"data\":{\"active\":false}}", CK_RESULT_CRED_UNAVAIL },
    { "{\"data\":{\"active\":\"true\"}}", CK_RESULT_AUTHINFO_UNAVAIL },
    { "{\"data\":{}}", CK_RESULT_AUTHINFO_UNAVAIL },
    { "{\"data\":null}", CK_RESULT_AUTHINFO_UNAVAIL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Bench) bench = make_bench ();

      bench_answer (bench, 200, rows[i].body);
      g_assert_cmpint (bench_run (bench, "verify", "http_check",
                                  "uri=@BASE@/me|active=data.active|expires=data.exp"),
                       ==, rows[i].result);
    }
}

/* A token that the platform gave to another client is good for that one alone. */
static void
test_check_client (void)
{
  static const struct
  {
    const char *body;
    const char *cause;
  } rows[] = {
    { "{\"data\":{\"client\":\"app\",\"sub\":\"me\"}}", "none" },
    { "{\"data\":{\"client\":\"App\",\"sub\":\"me\"}}", "client-misconfigured" },
    { "{\"data\":{\"client\":7,\"sub\":\"me\"}}", "client-misconfigured" },
    { "{\"data\":{\"sub\":\"me\"}}", "none" },
  };
  static const char *const lines[][2] = {
    { "http_check", "uri=@BASE@/me|client=data.client|expires-in=end" },
    { "identity", "uri=@BASE@/me|client=data.client|expires-in=end|id=data.sub" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows) * G_N_ELEMENTS (lines); i++)
    {
      const char *const *line = lines[i % G_N_ELEMENTS (lines)];
      const char *cause = rows[i / G_N_ELEMENTS (lines)].cause;
      g_autoptr (Bench) bench = make_bench ();
      CkResult result;

      bench_answer (bench, 200, rows[i / G_N_ELEMENTS (lines)].body);
      result = bench_run (bench, "verify", line[0], line[1]);
      g_assert_cmpstr (bench_get_cause (bench), ==, cause);
      g_assert_true ((result == CK_RESULT_SUCCESS) == g_str_equal (cause, "none"));
    }
}

static void
test_check_nowhere (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set (bench, "OAuth2.UserinfoEndpoint", NULL);
  g_assert_cmpint (bench_run (bench, "verify", "http_check", "endpoint=UserinfoEndpoint"), ==,
                   CK_RESULT_IGNORE);
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);
}

#define INTROSPECT "endpoint=IntrospectionEndpoint|introspect|expires=exp|scopes=scope"

static void
test_introspect (void)
{
  g_autoptr (Bench) bench = make_bench ();
  g_autofree char *token = NULL;
  g_autofree char *hint = NULL;
  g_autofree char *scopes = NULL;

  bench_answer (bench, 200, "{\"active\":true,\"exp\":4000000000,\"scope\":\"a b\"}");
  g_assert_cmpint (bench_run (bench, "verify", "http_check", INTROSPECT), ==, CK_RESULT_SUCCESS);
  g_assert_true (g_str_has_prefix (bench_get_request (bench, 0), "POST /introspect HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (bench_get_request (bench, 0), "Basic YXBwOnMzY3JldA==\r\n"));
  token = bench_dup_parameter (bench, 0, "token");
  hint = bench_dup_parameter (bench, 0, "token_type_hint");
  g_assert_cmpstr (token, ==, "the-access-token");
  g_assert_cmpstr (hint, ==, "access_token");
  g_assert_cmpuint (bench_get_time (bench, "expires-at"), ==, 4000000000);
  scopes = bench_dup_scopes (bench);
  g_assert_cmpstr (scopes, ==, "a b");
}

static void
test_introspect_inactive (void)
{
  static const struct
  {
    guint status;
    const char *answer;
    guint64 expires_at; /* of the grant */
    const char *cause;
    CkResult result;
  } rows[] = {
    { 200, "{\"active\":false}", 0, "unknown-revoked", CK_RESULT_CRED_UNAVAIL },
    { 200, "{\"active\":false}", 4000000000, "unknown-revoked", CK_RESULT_CRED_UNAVAIL },
    { 200, "{\"active\":false}", 1000000000, "expired", CK_RESULT_CRED_EXPIRED },
    { 200, "{\"active\":false,\"exp\":1000000000}", 0, "expired", CK_RESULT_CRED_EXPIRED },
    { 200, "{\"active\":false,\"exp\":4000000000}", 1000000000, "unknown-revoked",
      CK_RESULT_CRED_UNAVAIL },
    { 200, "{\"active\":false,\"status\":\"expired\"}", 0, "expired", CK_RESULT_CRED_EXPIRED },
    { 200, "{\"active\":false,\"status\":\"revoked\"}", 1000000000, "revoked-by-user",
      CK_RESULT_CRED_UNAVAIL },
    /* these say nothing about the token */
    { 200, "{\"active\":\"false\"}", 0, "server-error", CK_RESULT_AUTHINFO_UNAVAIL },
    { 200, "{}", 0, "server-error", CK_RESULT_AUTHINFO_UNAVAIL },
    { 200, "<html>", 0, "server-error", CK_RESULT_AUTHINFO_UNAVAIL },
    { 401, "{\"error\":\"invalid_client\"}", 0, "client-misconfigured", CK_RESULT_AUTH_ERR },
    { 503, "{}", 0, "server-error", CK_RESULT_AUTHINFO_UNAVAIL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Bench) bench = make_bench ();

      g_test_message ("%u %s", rows[i].status, rows[i].answer);
      bench_set_grant_time (bench, "expires-at", rows[i].expires_at);
      bench_answer (bench, rows[i].status, rows[i].answer);
      g_assert_cmpint (bench_run (bench, "verify", "http_check", INTROSPECT), ==, rows[i].result);
      g_assert_cmpstr (bench_get_cause (bench), ==, rows[i].cause);
    }
}

static void
test_introspect_public_client (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set_secrets (bench, NULL);
  bench_answer (bench, 401, "{\"error\":\"invalid_client\"}");
  g_assert_cmpint (bench_run (bench, "verify", "http_check", INTROSPECT), ==, CK_RESULT_IGNORE);
}

/* ---- identity -------------------------------------------------------------------------------- */

#define IDENTITY "endpoint=UserinfoEndpoint|id=sub|name=name"
#define USERINFO "{\"sub\":\"42\",\"name\":\"Alice\",\"team\":{\"id\":7}}"

static void
test_identity_first (void)
{
  g_autoptr (Bench) bench = make_bench ();

  /* A connect begins with an empty grant; a renewal stands in for the module before this one. */
  bench_answer (bench, 200, USERINFO);
  g_assert_cmpint (bench_run (bench, "verify", "identity", IDENTITY), ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "42");
  g_assert_cmpstr (bench_get (bench, "owner-id"), ==, "42");
  g_assert_cmpstr (bench_get (bench, "account-name"), ==, "Alice");

  bench_answer (bench, 200, "{\"data\":[{\"id\":12345678901234567,\"owner\":\"o\"}]}");
  g_assert_cmpint (bench_run (bench, "verify", "identity",
                              "uri=@BASE@/users|id=data.0.id|owner=data.0.owner|name=data.0.name"),
                   ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "12345678901234567");
  g_assert_cmpstr (bench_get (bench, "owner-id"), ==, "o");
  g_assert_cmpstr (bench_get (bench, "account-name"), ==, "");
}

static void
test_identity_renamed (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set_argument (bench, "pinned-account", "42");
  bench_set_grant (bench, "account-id", "42");
  bench_set_grant (bench, "owner-id", "issuer-sub");
  bench_set_grant (bench, "account-name", "Old name");
  bench_answer (bench, 200, "{\"sub\":\"42\",\"name\":\"New\\u202ename\\n\"}");
  g_assert_cmpint (bench_run (bench, "verify", "identity", IDENTITY), ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "account-name"), ==, "New name");
  g_assert_cmpstr (bench_get (bench, "owner-id"), ==, "issuer-sub");
}

/* The platform's word on two-factor authentication; none is none. */
static void
test_identity_two_factor (void)
{
  static const struct
  {
    const char *answer;
    gboolean advises;
    gboolean settles;
  } rows[] = {
    { "{\"id\":\"42\",\"mfa_enabled\":false}", TRUE, FALSE },
    { "{\"id\":\"42\",\"mfa_enabled\":true}", FALSE, TRUE },
    { "{\"id\":\"42\"}", FALSE, FALSE },
    { "{\"id\":\"42\",\"mfa_enabled\":null}", FALSE, FALSE },
    { "{\"id\":\"42\",\"mfa_enabled\":[false]}", FALSE, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Bench) bench = make_bench ();

      g_test_message ("%s", rows[i].answer);
      bench_answer (bench, 200, rows[i].answer);
      g_assert_cmpint (bench_run (bench, "verify", "identity",
                                  "endpoint=UserinfoEndpoint|id=id|mfa=mfa_enabled"),
                       ==, CK_RESULT_SUCCESS);
      g_assert_cmpint (bench_has_word (bench, "advice", "no-two-factor"), ==, rows[i].advises);
      g_assert_cmpint (bench_has_word (bench, "settled-advice", "no-two-factor"), ==,
                       rows[i].settles);
    }
}

static void
test_identity_wrong_account (void)
{
  static const char *const members[] = { "pinned-account", "account-id" };

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      g_autoptr (Bench) bench = make_bench ();

      if (i == 0)
        bench_set_argument (bench, members[i], "41");
      else
        bench_set_grant (bench, members[i], "41");
      bench_answer (bench, 200, USERINFO);
      g_assert_cmpint (bench_run (bench, "verify", "identity", IDENTITY), ==,
                       CK_RESULT_USER_UNKNOWN);
      g_assert_cmpstr (bench_get_cause (bench), ==, "wrong-account");
      g_assert_nonnull (strstr (bench_get_detail (bench), "42"));
      g_assert_nonnull (strstr (bench_get_detail (bench), "41"));
      g_assert_cmpstr (bench_get (bench, "account-name"), ==, "");
    }
}

static void
test_identity_contradiction (void)
{
  g_autoptr (Bench) bench = make_bench ();

  bench_set_item (bench, "id-token-sub", "mallory");
  bench_answer (bench, 200, USERINFO);
  g_assert_cmpint (bench_run (bench, "verify", "identity", IDENTITY), ==, CK_RESULT_AUTH_ERR);
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "");

  /* Userinfo has a sub, always; another interface need not. */
  bench_answer (bench, 200, "{\"id\":\"42\"}");
  g_assert_cmpint (bench_run (bench, "verify", "identity", "endpoint=UserinfoEndpoint|id=id"), ==,
                   CK_RESULT_AUTH_ERR);
  bench_answer (bench, 200, "{\"id\":\"42\"}");
  g_assert_cmpint (bench_run (bench, "verify", "identity", "uri=@BASE@/me|id=id"), ==,
                   CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "owner-id"), ==, "mallory");
}

static void
test_identity_id_token (void)
{
  g_autoptr (Bench) bench = make_bench ();

  g_assert_cmpint (bench_run (bench, "verify", "identity", "source=id_token"), ==,
                   CK_RESULT_IGNORE);
  bench_set (bench, "OAuth2.UserinfoEndpoint", NULL);
  g_assert_cmpint (bench_run (bench, "verify", "identity", IDENTITY), ==, CK_RESULT_IGNORE);

  bench_set_item (bench, "id-token-sub", "alice");
  g_assert_cmpint (bench_run (bench, "verify", "identity", "source=id_token"), ==,
                   CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "alice");
  g_assert_cmpint (bench_run (bench, "verify", "identity", IDENTITY), ==, CK_RESULT_SUCCESS);
  g_assert_cmpstr (bench_get (bench, "account-id"), ==, "alice");
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);
}

static void
test_identity_unusable (void)
{
  static const char *const answers[] = {
    "{}", "{\"sub\":\"\"}", "{\"sub\":null}", "{\"sub\":{}}", "{\"sub\":\"a\\nb\"}", "<html>",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (Bench) bench = make_bench ();

      g_test_message ("%s", answers[i]);
      bench_answer (bench, 200, answers[i]);
      g_assert_cmpint (bench_run (bench, "verify", "identity", IDENTITY), ==,
                       CK_RESULT_AUTHINFO_UNAVAIL);
      g_assert_cmpstr (bench_get_cause (bench), ==, "server-error");
    }
}

static void
test_identity_nobody_connected (void)
{
  g_autoptr (Bench) bench = bench_new ();

  g_assert_cmpint (bench_run (bench, "connect", "identity", IDENTITY), ==, CK_RESULT_IGNORE);
  g_assert_cmpuint (bench_count_requests (bench), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/module/http_check/good", test_check_good);
  g_test_add_func ("/module/http_check/dead", test_check_dead);
  g_test_add_func ("/module/http_check/active", test_check_active);
  g_test_add_func ("/module/http_check/client", test_check_client);
  g_test_add_func ("/module/http_check/nowhere", test_check_nowhere);
  g_test_add_func ("/module/http_check/introspect", test_introspect);
  g_test_add_func ("/module/http_check/inactive", test_introspect_inactive);
  g_test_add_func ("/module/http_check/public-client", test_introspect_public_client);
  g_test_add_func ("/module/identity/first", test_identity_first);
  g_test_add_func ("/module/identity/renamed", test_identity_renamed);
  g_test_add_func ("/module/identity/two-factor", test_identity_two_factor);
  g_test_add_func ("/module/identity/wrong-account", test_identity_wrong_account);
  g_test_add_func ("/module/identity/contradiction", test_identity_contradiction);
  g_test_add_func ("/module/identity/id-token", test_identity_id_token);
  g_test_add_func ("/module/identity/unusable", test_identity_unusable);
  g_test_add_func ("/module/identity/nobody-connected", test_identity_nobody_connected);

  return g_test_run ();
}
