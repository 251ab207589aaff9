/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-account.h"
#include "ck-arguments.h"
#include "ck-form.h"
#include "ck-oauth1.h"
#include "ck-redirect.h"
#include "ck-request.h"
#include "ck-signed.h"

#define MODULE "oauth1"
#define OUT_OF_BAND "oob"
#define TOKEN_TYPE "OAuth1"

CK_MODULE_DECLARE_ABI;

/* A token and what signs with it (RFC 5849 section 2.1 and 2.3). */
typedef struct
{
  CkSecretText token;
  CkSecretText secret;
  GHashTable *answer; /* what came with them */
} Credentials;

static void
credentials_clear (Credentials *credentials)
{
  ck_secret_text_free (credentials->token);
  ck_secret_text_free (credentials->secret);
  g_clear_pointer (&credentials->answer, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Credentials, credentials_clear)

static CkResult
find_endpoint (CkTransaction *t, const char *key, const char **uri)
{
  const char *value = ck_transaction_get_setting (t, "OAuth1", key);

  if (value == NULL || *value == '\0')
    {
      ck_transaction_fail (t, "none", MODULE " needs [OAuth1] %s, which the provider file has not",
                           key);
      return CK_RESULT_SERVICE_ERR;
    }

  *uri = value;

  return CK_RESULT_SUCCESS;
}

static gboolean
is_protocol_parameter (const char *name)
{
  return g_str_has_prefix (name, "oauth_");
}

/* An answer with credentials is a form, not JSON. */
static CkResult
take_credentials (CkTransaction *t,
                  CkHttpResponse *response,
                  const char *what,
                  Credentials *credentials)
{
  guint status = ck_http_response_get_status (response);
  g_autoptr (GHashTable) answer = NULL;
  const char *token;
  const char *secret;

  if (status < 200 || status > 299)
    return ck_transaction_fail_response (t, response, "token", what);

  answer = ck_form_parse (ck_http_response_get_body (response, NULL), NULL);
  token = answer != NULL ? g_hash_table_lookup (answer, "oauth_token") : NULL;
  secret = answer != NULL ? g_hash_table_lookup (answer, "oauth_token_secret") : NULL;
  if (token == NULL || secret == NULL || !ck_oauth_is_token (token) || !ck_oauth_is_token (secret))
    return ck_transaction_fail (t, "server-error",
                                "%s failed: the answer has no usable oauth_token and "
                                "oauth_token_secret",
                                what);

  ck_transaction_add_secret (t, secret);
  credentials->token = g_strdup (token);
  credentials->secret = g_strdup (secret);
  credentials->answer = g_steal_pointer (&answer);

  return CK_RESULT_SUCCESS;
}

/* ---- 1: temporary credentials (section 2.1) ---------------------------------------------------
 */

static CkResult
begin (CkTransaction *t, const char *callback, Credentials *temporary)
{
  g_autoptr (CkHttpResponse) response = NULL;
  const char *protocol[] = { "oauth_callback", callback, NULL };
  CkSigned request = { .method = "POST", .protocol = protocol };
  CkResult result = find_endpoint (t, "RequestTokenEndpoint", &request.uri);

  if (result == CK_RESULT_SUCCESS)
    result = ck_signed_send (t, &request, &response);
  if (result == CK_RESULT_SUCCESS)
    result = take_credentials (t, response, "asking for a request token", temporary);
  if (result != CK_RESULT_SUCCESS)
    return result;

  /* Without it the server speaks OAuth 1.0, which lets an attacker finish a stranger's login. */
  if (g_strcmp0 (g_hash_table_lookup (temporary->answer, "oauth_callback_confirmed"), "true") != 0)
    return ck_transaction_fail (t, "server-error",
                                "asking for a request token failed: the platform does not confirm "
                                "the callback");

  return CK_RESULT_SUCCESS;
}

/* ---- 2: the person (section 2.2) --------------------------------------------------------------
 */

static CkResult
make_uri (CkTransaction *t, const Credentials *temporary, char **uri)
{
  g_autoptr (CkForm) query = ck_form_new ();
  const char *endpoint = NULL;
  CkResult result = find_endpoint (t, "AuthorizationEndpoint", &endpoint);

  ck_form_add (query, "oauth_token", temporary->token);
  if (result == CK_RESULT_SUCCESS)
    result = ck_request_add_parameters (t, "OAuth1", "AuthorizationParameters", is_protocol_parameter, query);
  if (result == CK_RESULT_SUCCESS)
    *uri = ck_form_append_to_uri (query, endpoint);

  return result;
}

/* The request token is what the state is in OAuth 2.0: the answer must be about this one. */
static CkResult
read_redirect (CkTransaction *t,
               const Credentials *temporary,
               const char *redirected,
               CkSecretText *verifier)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) parameters
      = ck_redirect_read (redirected, ck_transaction_get_redirect_uri (t), &error);
  const char *value;

  if (parameters == NULL)
    {
      ck_transaction_fail (t, "none", "the redirect is not taken: %s; start again, in one browser",
                           error->message);
      return CK_RESULT_AUTH_ERR;
    }
  /* X's way to say that the person refused; the RFC has none. */
  if (g_strcmp0 (g_hash_table_lookup (parameters, "denied"), temporary->token) == 0)
    {
      ck_transaction_fail (t, "none", "the person did not allow the access");
      return CK_RESULT_CONV_ERR;
    }

  value = g_hash_table_lookup (parameters, "oauth_verifier");
  if (g_strcmp0 (g_hash_table_lookup (parameters, "oauth_token"), temporary->token) != 0
      || value == NULL || !ck_oauth_is_token (value))
    {
      ck_transaction_fail (t, "none",
                           "the redirect is not taken: it has no verifier for this attempt; start "
                           "again, in one browser");
      return CK_RESULT_AUTH_ERR;
    }
  *verifier = g_strdup (value);

  return CK_RESULT_SUCCESS;
}

static CkResult
ask_browser (CkTransaction *t,
             const Credentials *temporary,
             const char *uri,
             CkSecretText *verifier)
{
  g_autoptr (GVariant) answer = NULL;
  g_auto (CkSecretText) redirected = NULL;
  GVariantDict details;
  CkResult result;

  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "uri", "s", uri);
  g_variant_dict_insert (&details, "redirect-uri", "s", ck_transaction_get_redirect_uri (t));
  result = ck_transaction_converse (t, "open-uri", g_variant_dict_end (&details), &answer);
  if (result != CK_RESULT_SUCCESS)
    return result;

  if (answer == NULL || !g_variant_lookup (answer, "redirected-uri", "s", &redirected))
    {
      ck_transaction_fail (t, "none", "the answer has no redirected-uri");
      return CK_RESULT_CONV_ERR;
    }
  g_strstrip (redirected);

  return read_redirect (t, temporary, redirected, verifier);
}

/* The link is in the message: the one prompt that is open shows all that the person needs. */
static CkResult
ask_pin (CkTransaction *t, const char *uri, CkSecretText *verifier)
{
  g_autofree char *message = g_strdup_printf (
      "Open this page on any device, log in with the account of this channel and "
      "allow the access: %s Then enter the PIN that the page shows",
      uri);
  CkResult result = ck_transaction_converse_secret (t, message, verifier);

  if (result != CK_RESULT_SUCCESS)
    return result;

  g_strstrip (*verifier);
  if (!ck_oauth_is_token (*verifier))
    {
      ck_transaction_fail (t, "none", "what was entered is no PIN: start again");
      return CK_RESULT_CONV_ERR;
    }

  return CK_RESULT_SUCCESS;
}

/* ---- 3: token credentials (section 2.3) -------------------------------------------------------
 */

static CkResult
exchange (CkTransaction *t,
          const Credentials *temporary,
          const char *verifier,
          guint64 *sent_at,
          Credentials *granted)
{
  g_autoptr (CkHttpResponse) response = NULL;
  const char *protocol[] = { "oauth_verifier", verifier, NULL };
  CkSigned request = {
    .method = "POST",
    .protocol = protocol,
    .token = temporary->token,
    .token_secret = temporary->secret,
    .spends = TRUE,
  };
  CkResult result = find_endpoint (t, "AccessTokenEndpoint", &request.uri);

  ck_transaction_add_secret (t, verifier);
  if (result == CK_RESULT_SUCCESS)
    result = ck_signed_send (t, &request, &response);
  if (result != CK_RESULT_SUCCESS)
    return result;
  *sent_at = ck_http_response_get_sent_at (response);

  return take_credentials (t, response, "exchanging the verifier", granted);
}

/* No scopes and no end: OAuth 1.0a has neither. What the provider file says about lifetimes holds.
 */
static CkResult
keep (CkTransaction *t, const Credentials *granted, guint64 sent_at)
{
  const char *endpoint = ck_transaction_get_setting (t, "OAuth1", "AccessTokenEndpoint");

  if (!ck_transaction_set_grant (t, "access-token", granted->token)
      || !ck_transaction_set_grant (t, "token-type", TOKEN_TYPE)
      || !ck_transaction_set_grant (t, "token-origin", endpoint))
    return ck_transaction_fail (t, "server-error",
                                "exchanging the verifier failed: the token cannot be kept");

  ck_transaction_set_grant_extra (t, CK_OAUTH1_TOKEN_SECRET, granted->secret);
  ck_transaction_set_grant_time (t, "issued-at", sent_at);
  ck_transaction_set_grant_scopes (t, ck_transaction_get_scopes (t));

  return CK_RESULT_SUCCESS;
}

/* Whose it is comes with the token: no request more. */
static CkResult
identify (CkTransaction *t, const Credentials *granted, const char *id, const char *name)
{
  g_auto (CkAccount) account = { 0 };

  if (id == NULL)
    return CK_RESULT_SUCCESS;

  account.id = g_strdup (g_hash_table_lookup (granted->answer, id));
  if (!ck_account_is_id (account.id))
    return ck_transaction_fail (t, "server-error",
                                "exchanging the verifier failed: the answer has no usable %s", id);
  if (name != NULL)
    account.name = ck_account_clean_name (g_hash_table_lookup (granted->answer, name));

  return ck_account_accept (t, &account, "exchanging the verifier");
}

static CkResult
check_client (CkTransaction *t, gboolean is_browser)
{
  const char *missing = *ck_transaction_get_client_id (t) == '\0'       ? "client id"
                        : *ck_transaction_get_client_secret (t) == '\0' ? "client secret"
                        : is_browser && *ck_transaction_get_redirect_uri (t) == '\0'
                            ? "redirect URI"
                            : NULL;

  if (missing == NULL)
    return CK_RESULT_SUCCESS;

  ck_transaction_fail (t, "none", "the client has no %s, and OAuth 1.0a needs one", missing);

  return CK_RESULT_SERVICE_ERR;
}

/* Both operations take the same line: a stack may say it once. */
static CkResult
parse_line (CkTransaction *t, int argc, const char **argv, const char **id, const char **name)
{
  const CkArgument table[] = { { "id", id, NULL }, { "name", name, NULL } };

  return ck_arguments_parse (t, MODULE, argc, argv, table, G_N_ELEMENTS (table));
}

CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
  const char *id = NULL;
  const char *name = NULL;
  gboolean is_browser = g_strcmp0 (ck_transaction_get_flow (t), "browser") == 0;
  g_auto (Credentials) temporary = { 0 };
  g_auto (Credentials) granted = { 0 };
  g_autofree char *uri = NULL;
  g_auto (CkSecretText) verifier = NULL;
  guint64 sent_at = 0;
  CkResult result = parse_line (t, argc, argv, &id, &name);

  if (result != CK_RESULT_SUCCESS)
    return result;
  if (!is_browser && g_strcmp0 (ck_transaction_get_flow (t), "device") != 0)
    return CK_RESULT_IGNORE;

  result = check_client (t, is_browser);
  if (result == CK_RESULT_SUCCESS)
    result = begin (t, is_browser ? ck_transaction_get_redirect_uri (t) : OUT_OF_BAND, &temporary);
  if (result == CK_RESULT_SUCCESS)
    result = make_uri (t, &temporary, &uri);
  if (result == CK_RESULT_SUCCESS)
    result = is_browser ? ask_browser (t, &temporary, uri, &verifier) : ask_pin (t, uri, &verifier);
  if (result == CK_RESULT_SUCCESS)
    result = exchange (t, &temporary, verifier, &sent_at, &granted);
  if (result == CK_RESULT_SUCCESS)
    result = keep (t, &granted, sent_at);
  if (result == CK_RESULT_SUCCESS)
    result = identify (t, &granted, id, name);

  return result;
}

CkResult
ck_sm_revoke (CkTransaction *t, int argc, const char **argv)
{
  g_autoptr (CkHttpResponse) response = NULL;
  CkSigned request = {
    .method = "POST",
    .uri = ck_transaction_get_setting (t, "OAuth1", "RevocationEndpoint"),
    .token = ck_transaction_get_grant (t, "access-token"),
    .token_secret = ck_transaction_get_grant_extra (t, CK_OAUTH1_TOKEN_SECRET),
  };
  const char *id = NULL;
  const char *name = NULL;
  guint status;
  CkResult result = parse_line (t, argc, argv, &id, &name);

  if (result != CK_RESULT_SUCCESS)
    return result;
  if (request.uri == NULL || *request.uri == '\0' || *request.token == '\0'
      || request.token_secret == NULL)
    return CK_RESULT_IGNORE;

  result = ck_signed_send (t, &request, &response);
  if (result != CK_RESULT_SUCCESS)
    return result;
  status = ck_http_response_get_status (response);
  if (status >= 200 && status <= 299)
    return CK_RESULT_SUCCESS;

  /* A token that the platform no longer knows is revoked. */
  result = ck_transaction_fail_response (t, response, "revoke", "revoking the token");

  return result == CK_RESULT_CRED_UNAVAIL ? CK_RESULT_SUCCESS : result;
}
