/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-error.h"
#include "ck-names.h"
#include "ck-secret.h"
#include "transaction-fixture.h"

static void
test_getters (void)
{
  g_autoptr (CkTransaction) t =
      transaction_make ("renew",
                        "{'OAuth2.TokenEndpoint': 'https://id.example.com/token'}",
                        "{'flow': <'device'>, 'scopes': <['read', 'write']>,"
                        " 'redirect-uri': <'http://127.0.0.1/cb'>, 'pinned-account': <'42'>}",
                        TRANSACTION_GRANT);

  g_assert_cmpstr (ck_transaction_get_operation (t), ==, "renew");
  g_assert_cmpstr (ck_transaction_get_flow (t), ==, "device");
  g_assert_cmpstr (ck_transaction_get_client_id (t), ==, "client-1");
  g_assert_cmpstr (ck_transaction_get_redirect_uri (t), ==, "http://127.0.0.1/cb");
  g_assert_cmpstr (ck_transaction_get_pinned_account (t), ==, "42");
  g_assert_cmpstr (ck_transaction_get_scopes (t)[1], ==, "write");
  g_assert_cmpstr (ck_transaction_get_setting (t, "OAuth2", "TokenEndpoint"),
                   ==,
                   "https://id.example.com/token");
  g_assert_null (ck_transaction_get_setting (t, "OAuth2", "UserinfoEndpoint"));
  g_assert_null (ck_transaction_get_setting (t, "Lifetime", "Rotation"));

  g_assert_cmpstr (ck_transaction_get_client_secret (t), ==, "client-secret-1");
  g_assert_true (ck_transaction_next_client_secret (t));
  g_assert_cmpstr (ck_transaction_get_client_secret (t), ==, "client-secret-2");
  g_assert_false (ck_transaction_next_client_secret (t));
  g_assert_cmpstr (ck_transaction_get_client_secret (t), ==, "client-secret-2");

  g_assert_null (ck_transaction_get_item (t, "note"));
  ck_transaction_set_item (t, "note", "one");
  ck_transaction_set_item (t, "note", "two");
  g_assert_cmpstr (ck_transaction_get_item (t, "note"), ==, "two");
  ck_transaction_set_item (t, "note", NULL);
  g_assert_null (ck_transaction_get_item (t, "note"));

  /* Which of them it was is told, after a success. */
  (void) ck_transaction_finish (t, CK_RESULT_SUCCESS, "module.so");
  g_assert_cmpuint (transaction_get_number (t, "client-secret"), ==, 1);
}

static void
test_public_client (void)
{
  g_autoptr (CkTransaction) t = transaction_make ("connect", NULL, NULL, NULL);

  g_assert_cmpstr (ck_transaction_get_client_secret (t), ==, "");
  g_assert_false (ck_transaction_next_client_secret (t));
  g_assert_cmpstr (ck_transaction_get_grant (t, "access-token"), ==, "");
  g_assert_cmpuint (ck_transaction_get_grant_time (t, "expires-at"), ==, 0);
  g_assert_cmpuint (g_strv_length ((GStrv) ck_transaction_get_grant_scopes (t)), ==, 0);
}

static void
test_grant_values (void)
{
  static const struct
  {
    const char *member;
    const char *value;
    gboolean allowed;
    const char *kept;
  } table[] = {
    { "access-token", "a b~", TRUE, "a b~" },
    { "access-token", "a\tb", FALSE, "" },
    { "access-token", "a\nb", FALSE, "" },
    { "access-token", "é", FALSE, "" },
    { "access-token", "a\x7f", FALSE, "" },
    { "refresh-token", "\x1f", FALSE, "" },
    { "token-type", "Bearer", TRUE, "Bearer" },
    { "token-type", "Bea\rrer", FALSE, "" },
    { "account-name", "Zoë 😀", TRUE, "Zoë 😀" },
    { "account-name", "two\nlines", FALSE, "" },
    { "account-name", "\xff", FALSE, "" },
    { "account-id", "1234567890123456789", TRUE, "1234567890123456789" },
    { "token-origin", "https://ID.Example.com:443/oauth/token?x", TRUE, "https://id.example.com" },
    { "token-origin", "https://id.example.com:8443/token", TRUE, "https://id.example.com:8443" },
    { "token-origin", "http://127.0.0.1:80/token", TRUE, "http://127.0.0.1" },
    { "token-origin", "ftp://id.example.com/", FALSE, "" },
    { "token-origin", "id.example.com", FALSE, "" },
    { "owner-id", NULL, TRUE, "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (CkTransaction) t = transaction_make ("connect", NULL, NULL, NULL);
      g_autofree char *shown = g_strescape (table[i].value != NULL ? table[i].value : "", NULL);

      g_test_message ("%s %s", table[i].member, shown);
      g_assert_cmpint (ck_transaction_set_grant (t, table[i].member, table[i].value),
                       ==,
                       table[i].allowed);
      g_assert_cmpstr (ck_transaction_get_grant (t, table[i].member), ==, table[i].kept);
    }
}

static void
test_connect_starts_empty (void)
{
  static const char *const scopes[] = { "read", "with space", "", NULL };
  g_autoptr (CkTransaction) t = transaction_make ("connect", NULL, NULL, TRANSACTION_GRANT);
  g_autoptr (CkGrant) grant = NULL;
  g_auto (GStrv) kept = NULL;

  g_assert_cmpstr (ck_transaction_get_grant (t, "refresh-token"), ==, "");
  g_assert_true (ck_transaction_set_grant (t, "access-token", "fresh"));
  ck_transaction_set_grant_time (t, "reconnect-by", G_MAXUINT64);
  ck_transaction_set_grant_scopes (t, scopes);
  ck_transaction_set_grant_extra (t, "page-id", "1");
  ck_transaction_set_grant_extra (t, "gone", "1");
  ck_transaction_set_grant_extra (t, "gone", NULL);
  g_assert_cmpint (ck_transaction_finish (t, CK_RESULT_SUCCESS, "m.so"), ==, CK_RESULT_SUCCESS);

  grant = ck_transaction_dup_new_grant (t);
  g_assert_nonnull (grant);
  g_assert_cmpstr (ck_grant_get_access_token (grant), ==, "fresh");
  g_assert_cmpstr (ck_grant_get_refresh_token (grant), ==, "");
  g_assert_cmpstr (ck_grant_get_account_name (grant), ==, "");
  g_assert_cmpuint (ck_grant_get_reconnect_by (grant), ==, CK_TIME_NEVER);
  kept = ck_grant_dup_scopes (grant);
  g_assert_cmpuint (g_strv_length (kept), ==, 1);
  g_assert_cmpstr (kept[0], ==, "read");
  g_assert_cmpstr (ck_transaction_get_grant_extra (t, "page-id"), ==, "1");
  g_assert_null (ck_transaction_get_grant_extra (t, "gone"));
}

static void
test_renew_keeps_the_rest (void)
{
  g_autoptr (CkTransaction) t = transaction_make ("renew", NULL, NULL, TRANSACTION_GRANT);
  g_autoptr (CkGrant) grant = NULL;

  g_assert_true (ck_transaction_set_grant (t, "access-token", "fresh"));
  ck_transaction_set_grant_time (t, "expires-at", 2000);
  g_assert_cmpint (ck_transaction_finish (t, CK_RESULT_SUCCESS, "m.so"), ==, CK_RESULT_SUCCESS);
  grant = ck_transaction_dup_new_grant (t);
  g_assert_cmpstr (ck_grant_get_access_token (grant), ==, "fresh");
  g_assert_cmpstr (ck_grant_get_refresh_token (grant), ==, "old-refresh/token");
  g_assert_cmpstr (ck_grant_get_account_id (grant), ==, "42");
  g_assert_cmpuint (ck_grant_get_expires_at (grant), ==, 2000);
}

static void
test_failure_keeps_the_refresh_token (void)
{
  static const struct
  {
    const char *operation;
    const char *refresh_token; /* what a module set */
    const char *kept;          /* NULL: no grant */
  } table[] = {
    { "renew", "rotated", "rotated" },
    { "renew", "old-refresh/token", NULL },
    { "renew", NULL, NULL },
    { "connect", "rotated", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (CkTransaction) t =
          transaction_make (table[i].operation, NULL, NULL, TRANSACTION_GRANT);
      g_autoptr (CkGrant) grant = NULL;

      g_assert_true (ck_transaction_set_grant (t, "access-token", "half-made"));
      g_assert_true (ck_transaction_set_grant (t, "refresh-token", table[i].refresh_token));
      g_assert_cmpint (ck_transaction_finish (t, CK_RESULT_AUTHINFO_UNAVAIL, "m.so"),
                       ==,
                       CK_RESULT_AUTHINFO_UNAVAIL);
      grant = ck_transaction_dup_new_grant (t);
      if (table[i].kept == NULL)
        g_assert_null (grant);
      else
        {
          g_assert_cmpstr (ck_grant_get_refresh_token (grant), ==, table[i].kept);
          g_assert_cmpstr (ck_grant_get_access_token (grant), ==, "old-access-token");
          g_assert_cmpuint (ck_grant_get_expires_at (grant), ==, 1000);
        }
    }
}

static void
test_verify_changes_little (void)
{
  g_autoptr (CkTransaction) t = transaction_make ("verify", NULL, NULL, TRANSACTION_GRANT);
  g_autoptr (CkGrant) grant = NULL;

  g_assert_false (ck_transaction_set_grant (t, "access-token", "other"));
  g_assert_false (ck_transaction_set_grant (t, "refresh-token", NULL));
  g_assert_false (ck_transaction_set_grant (t, "account-id", "43"));
  g_assert_true (ck_transaction_set_grant (t, "account-id", "42"));
  g_assert_true (ck_transaction_set_grant (t, "owner-id", "7"));
  g_assert_true (ck_transaction_set_grant (t, "account-name", "New name"));
  g_assert_cmpint (ck_transaction_finish (t, CK_RESULT_SUCCESS, "m.so"), ==, CK_RESULT_SUCCESS);
  grant = ck_transaction_dup_new_grant (t);
  g_assert_cmpstr (ck_grant_get_account_name (grant), ==, "New name");
  g_assert_cmpstr (ck_grant_get_owner_id (grant), ==, "7");
  g_assert_cmpstr (ck_grant_get_access_token (grant), ==, "old-access-token");
}

static void
test_nothing_new (void)
{
  static const char *const operations[] = { "verify", "renew", "revoke" };

  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      static const char *const scopes[] = { "read", "write", NULL };
      g_autoptr (CkTransaction) t = transaction_make (operations[i], NULL, NULL, TRANSACTION_GRANT);

      g_assert_true (ck_transaction_set_grant (t, "account-name", "Old name"));
      ck_transaction_set_grant_scopes (t, scopes);
      if (i == 2)
        g_assert_true (ck_transaction_set_grant (t, "access-token", "other"));
      g_assert_cmpint (ck_transaction_finish (t, CK_RESULT_SUCCESS, "m.so"), ==, CK_RESULT_SUCCESS);
      g_assert_null (ck_transaction_dup_new_grant (t));
    }
}

static void
test_scopes (void)
{
  static const struct
  {
    const char *arguments;
    const char *granted; /* NULL: the answer does not say */
    CkResult verdict;
    gboolean advice;
    const char *cause;
  } table[] = {
    { "{'scopes': <['a', 'b']>}", "a b", CK_RESULT_SUCCESS, FALSE, "none" },
    { "{'scopes': <['a', 'b']>}", NULL, CK_RESULT_SUCCESS, FALSE, "none" },
    { "{'scopes': <['a', 'b']>}", "a", CK_RESULT_SUCCESS, TRUE, "none" },
    { "{'scopes': <['a', 'b']>}", "", CK_RESULT_SUCCESS, TRUE, "none" },
    { "{'scopes': <['a', 'b']>, 'required-scopes': <['a']>}", "a", CK_RESULT_SUCCESS, TRUE, "none" },
    { "{'scopes': <['a', 'b']>, 'required-scopes': <['b']>}",
      "a",
      CK_RESULT_PERM_DENIED,
      FALSE,
      "scope-changed" },
    { "{'scopes': <['a']>}", "a more", CK_RESULT_SUCCESS, FALSE, "none" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (CkTransaction) t = transaction_make ("connect", NULL, table[i].arguments, NULL);
      g_autoptr (GVariant) details = NULL;
      g_autoptr (CkGrant) grant = NULL;
      g_auto (GStrv) advice = NULL;
      const char *cause;

      g_assert_true (ck_transaction_set_grant (t, "access-token", "fresh"));
      if (table[i].granted != NULL)
        {
          g_auto (GStrv) granted = g_strsplit (table[i].granted, " ", -1);

          ck_transaction_set_grant_scopes (t, (const char *const *) granted);
        }
      g_assert_cmpint (ck_transaction_finish (t, CK_RESULT_SUCCESS, "m.so"), ==, table[i].verdict);
      details = g_variant_ref_sink (ck_transaction_dup_details (t));
      g_variant_lookup (details, "advice", "^as", &advice);
      g_variant_lookup (details, "cause", "&s", &cause);
      g_assert_cmpint (g_strv_contains ((const char *const *) advice, "scopes-missing"),
                       ==,
                       table[i].advice);
      g_assert_cmpstr (cause, ==, table[i].cause);
      grant = ck_transaction_dup_new_grant (t);
      g_assert_cmpint (grant != NULL, ==, table[i].verdict == CK_RESULT_SUCCESS);
    }
}

static void
test_success_needs_a_token (void)
{
  g_autoptr (CkTransaction) t = transaction_make ("connect", NULL, NULL, NULL);
  g_autofree char *detail = transaction_finish (t, CK_RESULT_SUCCESS, "detail");

  g_assert_cmpint (ck_transaction_get_verdict (t), ==, CK_RESULT_SERVICE_ERR);
  g_assert_nonnull (strstr (detail, "connect lines are wrong"));
}

static void
test_invalid_arguments (void)
{
  static const struct
  {
    const char *failures;
    const char *arguments;
  } table[] = {
    { "[('expired', 'nonsense')]", "{'operation': <'renew'>}" },
    { "@a(ss) []", "{'operation': <'steal'>}" },
    { "@a(ss) []", "{'operation': <7>}" },
    { "@a(ss) []", "@a{sv} {}" },
  };
  g_autoptr (GVariant) settings = g_variant_ref_sink (g_variant_new_parsed ("@a{ss} {}"));
  g_autoptr (GVariant) none = g_variant_ref_sink (g_variant_new_parsed ("@a{sv} {}"));
  g_autoptr (SecretValue) secrets = ck_secret_from_variant (none);
  g_autoptr (SecretValue) garbage = secret_value_new ("\x07gar\xff" "bage!", -1, "text/plain");
  g_autoptr (GVariant) good = g_variant_ref_sink (g_variant_new_parsed ("@a(ss) []"));
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (GVariant) failures =
          g_variant_ref_sink (g_variant_new_parsed (table[i].failures));
      g_autoptr (GError) local_error = NULL;

      g_assert_null (ck_transaction_new (settings,
                                         failures,
                                         g_variant_new_parsed (table[i].arguments),
                                         secrets,
                                         &local_error));
      g_assert_error (local_error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
    }

  g_assert_null (ck_transaction_new (settings,
                                     good,
                                     g_variant_new_parsed ("{'operation': <'renew'>}"),
                                     garbage,
                                     &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
}

static void
test_sleep (void)
{
  g_autoptr (CkTransaction) t =
      transaction_make ("connect", NULL, "{'timeout': <uint32 2>}", NULL);
  gint64 start = g_get_monotonic_time ();

  g_assert_false (ck_transaction_sleep (t, 2));
  g_assert_false (ck_transaction_sleep (t, 3600));
  g_assert_cmpint (g_get_monotonic_time () - start, <, G_USEC_PER_SEC / 2);
  g_assert_true (ck_transaction_sleep (t, 1));
  g_assert_cmpint (g_get_monotonic_time () - start, >=, G_USEC_PER_SEC);
  g_assert_cmpint (ck_transaction_get_deadline (t), <, ck_transaction_get_last_moment (t));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transaction/getters", test_getters);
  g_test_add_func ("/transaction/public-client", test_public_client);
  g_test_add_func ("/transaction/grant-values", test_grant_values);
  g_test_add_func ("/transaction/connect-starts-empty", test_connect_starts_empty);
  g_test_add_func ("/transaction/renew-keeps-the-rest", test_renew_keeps_the_rest);
  g_test_add_func ("/transaction/failure-keeps-the-refresh-token",
                   test_failure_keeps_the_refresh_token);
  g_test_add_func ("/transaction/verify-changes-little", test_verify_changes_little);
  g_test_add_func ("/transaction/nothing-new", test_nothing_new);
  g_test_add_func ("/transaction/scopes", test_scopes);
  g_test_add_func ("/transaction/success-needs-a-token", test_success_needs_a_token);
  g_test_add_func ("/transaction/invalid-arguments", test_invalid_arguments);
  g_test_add_func ("/transaction/sleep", test_sleep);

  return g_test_run ();
}
