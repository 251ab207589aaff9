/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-request.h"

#include <string.h>

#include "ck-answer.h"
#include "ck-headers.h"
#include "ck-id-token.h"

typedef enum
{
  AUTHENTICATION_BASIC,
  AUTHENTICATION_POST,
  AUTHENTICATION_NONE,
} Authentication;

CkResult
ck_request_endpoint (CkTransaction *t, const char *module, const char *key, const char **uri)
{
  const char *value = ck_transaction_get_setting (t, "OAuth2", key);

  if (value == NULL || *value == '\0')
    {
      /* Or, if the metadata could not be fetched, what goes with the reason for that. */
      return ck_transaction_fail (t, "none",
                                  "%s needs the address %s, which neither the provider file nor "
                                  "the platform's metadata names",
                                  module, key);
    }

  *uri = value;

  return CK_RESULT_SUCCESS;
}

static Authentication
get_authentication (CkTransaction *t)
{
  const char *setting = ck_transaction_get_setting (t, "OAuth2", "ClientAuthentication");

  if (*ck_transaction_get_client_secret (t) == '\0' || g_strcmp0 (setting, "none") == 0)
    return AUTHENTICATION_NONE;
  if (g_strcmp0 (setting, "post") == 0)
    return AUTHENTICATION_POST;

  return AUTHENTICATION_BASIC;
}

/* RFC 6749 section 2.3.1: each half is form-urlencoded before they are joined. */
static char *
make_basic_header (CkTransaction *t)
{
  g_autofree char *id = ck_form_escape (ck_transaction_get_client_id (t));
  g_auto (CkSecretText) secret = ck_form_escape (ck_transaction_get_client_secret (t));
  g_auto (CkSecretText) pair = g_strconcat (id, ":", secret, NULL);
  g_auto (CkSecretText) credentials = g_base64_encode ((const guchar *) pair, strlen (pair));

  return g_strconcat ("Authorization: Basic ", credentials, NULL);
}

const char *
ck_request_client_id_parameter (CkTransaction *t)
{
  const char *setting = ck_transaction_get_setting (t, "OAuth2", "ClientIdParameter");

  return setting != NULL && *setting != '\0' ? setting : "client_id";
}

static void
add_client (CkTransaction *t, CkForm *form, Authentication authentication, CkRequestFlags flags)
{
  if (authentication != AUTHENTICATION_BASIC || (flags & CK_REQUEST_NAMES_CLIENT) != 0
      || ck_setting_is_yes (ck_transaction_get_setting (t, "OAuth2", "ClientIdInBody")))
    ck_form_add (form, ck_request_client_id_parameter (t), ck_transaction_get_client_id (t));
  if (authentication == AUTHENTICATION_POST)
    ck_form_add (form, "client_secret", ck_transaction_get_client_secret (t));
}

static CkResult
post_once (CkTransaction *t,
           const char *uri,
           CkForm *form,
           CkRequestFlags flags,
           CkHttpResponse **response)
{
  Authentication authentication = get_authentication (t);
  g_autoptr (CkForm) body = ck_form_copy (form);
  g_autoptr (CkHeaders) headers = ck_headers_new (t);
  g_auto (CkSecretText) json = NULL;
  CkHttpRequest request = { "POST", uri, NULL, NULL, NULL, (flags & CK_REQUEST_SPENDS) != 0 };

  if (authentication == AUTHENTICATION_BASIC)
    ck_headers_take (headers, make_basic_header (t));
  request.headers = ck_headers_get (headers);
  add_client (t, body, authentication, flags);
  request.body = ck_form_get_text (body);
  if (g_strcmp0 (ck_transaction_get_setting (t, "OAuth2", "RequestBody"), "json") == 0)
    {
      request.body = json = ck_form_to_json (body);
      request.content_type = "application/json";
    }

  return ck_transaction_http (t, &request, response);
}

static gboolean
is_client_refused (CkTransaction *t, CkHttpResponse *response)
{
  const char *error = ck_answer_get_string (ck_http_response_get_json (response), "error");
  guint status = ck_http_response_get_status (response);

  if (g_strcmp0 (error, "invalid_client") == 0 || (error == NULL && status == 401))
    return TRUE;

  /* A 400 may be about the token, which is not sent twice where that could use it up. */
  if (status == 400 && !ck_setting_is_no (ck_transaction_get_setting (t, "Lifetime", "Rotation")))
    return FALSE;

  return (status == 400 || status == 401 || status == 403)
         && g_str_equal (ck_transaction_get_response_cause (t, response, "token"),
                         "client-misconfigured");
}

CkResult
ck_request_post (CkTransaction *t,
                 const char *uri,
                 CkForm *form,
                 CkRequestFlags flags,
                 CkHttpResponse **response)
{
  for (;;)
    {
      g_autoptr (CkHttpResponse) answer = NULL;
      CkResult result = post_once (t, uri, form, flags, &answer);

      if (result != CK_RESULT_SUCCESS)
        return result;
      if (!is_client_refused (t, answer) || get_authentication (t) == AUTHENTICATION_NONE
          || !ck_transaction_next_client_secret (t))
        {
          *response = g_steal_pointer (&answer);
          return CK_RESULT_SUCCESS;
        }
      ck_transaction_debug (t, "the client's secret was refused; trying its next one");
    }
}

static void
set_scopes (CkTransaction *t, CkToken *token)
{
  if (token->scopes != NULL)
    ck_transaction_set_grant_scopes (t, (const char *const *) token->scopes);
  else if (ck_transaction_get_grant_scopes (t)[0] == NULL)
    ck_transaction_set_grant_scopes (t, ck_transaction_get_scopes (t));
}

static void
set_times (CkTransaction *t, CkToken *token, guint64 sent_at, gboolean is_new_refresh_token)
{
  ck_transaction_set_grant_time (t, "issued-at", sent_at);
  ck_transaction_set_grant_time (t, "expires-at",
                                 token->expires_in > 0 ? sent_at + token->expires_in : 0);

  if (token->refresh_expires_in > 0)
    ck_transaction_set_grant_time (t, "renewable-until", sent_at + token->refresh_expires_in);
  else if (is_new_refresh_token)
    ck_transaction_set_grant_time (t, "renewable-until", 0);
}

static gboolean
set_grant (CkTransaction *t, CkToken *token, guint64 sent_at)
{
  const char *endpoint = ck_transaction_get_setting (t, "OAuth2", "TokenEndpoint");
  gboolean is_new_refresh_token
      = token->refresh_token != NULL
        && g_strcmp0 (token->refresh_token, ck_transaction_get_grant (t, "refresh-token")) != 0;

  if (!ck_transaction_set_grant (t, "access-token", token->access_token)
      || !ck_transaction_set_grant (t, "token-type", token->token_type)
      || !ck_transaction_set_grant (t, "token-origin", endpoint))
    return FALSE;
  if (is_new_refresh_token && !ck_transaction_set_grant (t, "refresh-token", token->refresh_token))
    return FALSE;

  set_times (t, token, sent_at, is_new_refresh_token);
  set_scopes (t, token);

  return TRUE;
}

/* The rest of the answer is not usable, but the platform may have replaced the refresh token: the
 * old one is spent then, and this one all that is left of the grant. */
static void
save_refresh_token (CkTransaction *t, JsonNode *json)
{
  const char *refresh_token = ck_answer_get_string (json, "refresh_token");

  if (refresh_token != NULL && ck_oauth_is_token (refresh_token)
      && !ck_transaction_set_grant (t, "refresh-token", refresh_token))
    ck_transaction_debug (t, "the new refresh token cannot be kept");
}

CkResult
ck_request_accept_token (CkTransaction *t,
                         CkHttpResponse *response,
                         const char *what,
                         CkToken **token)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CkToken) parsed = NULL;
  JsonNode *json = ck_http_response_get_json (response);
  guint status = ck_http_response_get_status (response);
  const CkTokenShape shape = {
    ck_transaction_get_setting (t, "OAuth2", "TokenType"),
    ck_transaction_get_setting (t, "OAuth2", "TokenMember"),
    ck_transaction_get_setting (t, "OAuth2", "ScopeMember"),
  };

  if (status < 200 || status > 299 || json == NULL || ck_token_is_error (json))
    return ck_transaction_fail_response (t, response, "token", what);

  parsed = ck_token_parse (json, &shape, &error);
  if (parsed == NULL)
    {
      save_refresh_token (t, ck_token_find (json, shape.member));
      return ck_transaction_fail (t, "server-error", "%s failed: %s", what, error->message);
    }

  if (parsed->id_token != NULL)
    ck_transaction_add_secret (t, parsed->id_token);
  if (!set_grant (t, parsed, ck_http_response_get_sent_at (response)))
    return ck_transaction_fail (t, "server-error", "%s failed: the answer's tokens cannot be kept",
                                what);

  if (token != NULL)
    *token = g_steal_pointer (&parsed);

  return CK_RESULT_SUCCESS;
}

CkResult
ck_request_accept_id_token (CkTransaction *t,
                            CkHttpResponse *response,
                            CkToken *token,
                            const char *nonce)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *sub = NULL;
  CkIdTokenExpected expected = {
    ck_transaction_get_setting (t, "OAuth2", "Issuer"),
    ck_transaction_get_client_id (t),
    nonce,
    ck_http_response_get_sent_at (response),
  };

  if (token->id_token == NULL)
    return CK_RESULT_SUCCESS;
  if (expected.issuer == NULL || *expected.issuer == '\0')
    {
      ck_transaction_debug (t, "the ID token is not used: the provider file names no issuer");
      return CK_RESULT_SUCCESS;
    }

  sub = ck_id_token_check (token->id_token, &expected, &error);
  if (sub == NULL)
    {
      ck_transaction_fail (t, "none", "the account could not be told: %s", error->message);
      return CK_RESULT_AUTH_ERR;
    }

  ck_transaction_set_item (t, "id-token-iss", expected.issuer);
  ck_transaction_set_item (t, "id-token-sub", sub);
  if (ck_id_token_get_factors (token->id_token) == CK_FACTORS_ONE)
    ck_transaction_add_advice (t, "no-two-factor");
  else if (ck_id_token_get_factors (token->id_token) == CK_FACTORS_TWO)
    ck_transaction_settle_advice (t, "no-two-factor");

  return CK_RESULT_SUCCESS;
}

char *
ck_request_dup_scope (CkTransaction *t)
{
  const char *setting = ck_transaction_get_setting (t, "OAuth2", "ScopeSeparator");
  const char *separator = setting;

  if (setting == NULL || *setting == '\0' || g_str_equal (setting, "space"))
    separator = " ";
  else if (g_str_equal (setting, "comma"))
    separator = ",";
  else if (g_str_equal (setting, "plus"))
    separator = "+";

  return g_strjoinv (separator, (char **) ck_transaction_get_scopes (t));
}

CkResult
ck_request_add_parameters (CkTransaction *t,
                           const char *group,
                           const char *key,
                           gboolean (*is_protocol) (const char *name),
                           CkForm *form)
{
  const char *setting = ck_transaction_get_setting (t, group, key);
  g_auto (GStrv) words = g_strsplit_set (setting != NULL ? setting : "", " \t", -1);

  for (gsize i = 0; words[i] != NULL; i++)
    {
      char *equals = strchr (words[i], '=');
      g_autofree char *value = NULL;

      if (*words[i] == '\0')
        continue;
      if (equals != NULL)
        *equals = '\0';
      if (equals == NULL || is_protocol (words[i]))
        {
          ck_transaction_fail (t, "none",
                               "%s in the provider file is wrong: \"%s\" is no NAME=VALUE or is "
                               "set by the protocol itself",
                               key, words[i]);
          return CK_RESULT_SERVICE_ERR;
        }
      value = ck_form_unescape (equals + 1, strlen (equals + 1));
      ck_form_add (form, words[i], value != NULL ? value : equals + 1);
    }

  return CK_RESULT_SUCCESS;
}

static gboolean
is_token_parameter (const char *name)
{
  static const char *const names[] = {
    "grant_type",   "code",      "redirect_uri",  "code_verifier", "refresh_token", "device_code",
    "scope",        "client_id", "client_secret", NULL,
  };

  return g_strv_contains (names, name);
}

CkResult
ck_request_add_token_parameters (CkTransaction *t, CkForm *form)
{
  return ck_request_add_parameters (t, "OAuth2", "TokenParameters", is_token_parameter, form);
}
