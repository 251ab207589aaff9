/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-answer.h"
#include "ck-arguments.h"
#include "ck-pkce.h"
#include "ck-redirect.h"
#include "ck-request.h"

#define MODULE "authorization_code"

CK_MODULE_DECLARE_ABI;

/* What one attempt must see again: each is made fresh, and @nonce and @verifier may be %NULL. */
typedef struct
{
  char *state;
  char *nonce;
  CkSecretText verifier;
} Attempt;

static void
attempt_clear (Attempt *attempt)
{
  g_free (attempt->state);
  g_free (attempt->nonce);
  ck_secret_text_free (attempt->verifier);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Attempt, attempt_clear)

static gboolean
uses_pkce (CkTransaction *t)
{
  return g_strcmp0 (ck_transaction_get_setting (t, "OAuth2", "PKCE"), "none") != 0;
}

static CkResult
begin_attempt (CkTransaction *t, Attempt *attempt)
{
  gboolean is_openid = g_strv_contains (ck_transaction_get_scopes (t), "openid");

  attempt->state = ck_random_word ();
  attempt->nonce = is_openid ? ck_random_word () : NULL;
  attempt->verifier = uses_pkce (t) ? ck_random_word () : NULL;

  if (attempt->state == NULL || (is_openid && attempt->nonce == NULL)
      || (uses_pkce (t) && attempt->verifier == NULL))
    {
      ck_transaction_fail (t, "none", "the kernel gives no random numbers");
      return CK_RESULT_SYSTEM_ERR;
    }
  if (attempt->verifier != NULL)
    ck_transaction_add_secret (t, attempt->verifier);

  return CK_RESULT_SUCCESS;
}

static gboolean
is_protocol_parameter (const char *name)
{
  static const char *const names[] = {
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
    NULL,
  };

  return g_strv_contains (names, name);
}

/* A plus between scopes stands in the address as it is: some platforms take it for a blank, as a
 * form has it, others for a plus. */
static void
add_scope (CkTransaction *t, CkForm *form)
{
  g_autofree char *scope = ck_request_dup_scope (t);

  if (g_strcmp0 (ck_transaction_get_setting (t, "OAuth2", "ScopeSeparator"), "plus") == 0)
    ck_form_add_words (form, "scope", ck_transaction_get_scopes (t));
  else
    ck_form_add (form, "scope", scope);
}

static CkResult
fill_request (CkTransaction *t, const Attempt *attempt, CkForm *form)
{
  ck_form_add (form, "response_type", "code");
  ck_form_add (form, "redirect_uri", ck_transaction_get_redirect_uri (t));
  add_scope (t, form);
  ck_form_add (form, "state", attempt->state);
  ck_form_add (form, "nonce", attempt->nonce);
  if (attempt->verifier != NULL)
    {
      gboolean is_hex
          = g_strcmp0 (ck_transaction_get_setting (t, "OAuth2", "PKCE"), "S256-hex") == 0;
      g_autofree char *challenge = is_hex ? ck_pkce_challenge_hex (attempt->verifier)
                                          : ck_pkce_challenge (attempt->verifier);

      ck_form_add (form, "code_challenge", challenge);
      ck_form_add (form, "code_challenge_method", "S256");
    }

  return ck_request_add_parameters (t, "OAuth2", "AuthorizationParameters", is_protocol_parameter, form);
}

/* RFC 9126: the parameters go to the server first; the browser carries only a reference to them. */
static CkResult
push_request (CkTransaction *t, const char *endpoint, CkForm *request, char **request_uri)
{
  g_autoptr (CkHttpResponse) response = NULL;
  const char *reference;
  guint status;
  CkResult result = ck_request_post (t, endpoint, request, CK_REQUEST_NAMES_CLIENT, &response);

  if (result != CK_RESULT_SUCCESS)
    return result;

  status = ck_http_response_get_status (response);
  reference = ck_answer_get_string (ck_http_response_get_json (response), "request_uri");
  if ((status != 201 && status != 200) || reference == NULL)
    return ck_transaction_fail_response (t, response, "token", "pushing the authorization request");

  *request_uri = g_strdup (reference);

  return CK_RESULT_SUCCESS;
}

static CkResult
make_uri (CkTransaction *t, const Attempt *attempt, const char *endpoint, char **uri)
{
  const char *par = ck_transaction_get_setting (t, "OAuth2", "PushedAuthorizationRequestEndpoint");
  g_autoptr (CkForm) request = ck_form_new ();
  g_autoptr (CkForm) query = ck_form_new ();
  CkResult result = fill_request (t, attempt, request);

  if (result != CK_RESULT_SUCCESS)
    return result;

  if (par != NULL && *par != '\0')
    {
      g_autofree char *request_uri = NULL;

      result = push_request (t, par, request, &request_uri);
      if (result != CK_RESULT_SUCCESS)
        return result;
      ck_form_add (query, ck_request_client_id_parameter (t), ck_transaction_get_client_id (t));
      ck_form_add (query, "request_uri", request_uri);
      *uri = ck_form_append_to_uri (query, endpoint);
      return CK_RESULT_SUCCESS;
    }

  ck_form_add (request, ck_request_client_id_parameter (t), ck_transaction_get_client_id (t));
  *uri = ck_form_append_to_uri (request, endpoint);

  return CK_RESULT_SUCCESS;
}

/* What a platform puts behind the address that it was told, which is no part of the answer. */
static void
cut_suffix (CkTransaction *t, char *redirected)
{
  const char *suffix = ck_transaction_get_setting (t, "OAuth2", "RedirectSuffix");

  if (suffix != NULL && *suffix != '\0' && g_str_has_suffix (redirected, suffix))
    redirected[strlen (redirected) - strlen (suffix)] = '\0';
}

static CkResult
ask_person (CkTransaction *t, const Attempt *attempt, const char *uri, CkSecretText *redirected)
{
  g_autoptr (GVariant) answer = NULL;
  GVariantDict details;
  CkResult result;

  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "uri", "s", uri);
  g_variant_dict_insert (&details, "redirect-uri", "s", ck_transaction_get_redirect_uri (t));
  /* A pushed request hides it in the URI, and who listens must tell this attempt's answer. */
  g_variant_dict_insert (&details, "state", "s", attempt->state);
  result = ck_transaction_converse (t, "open-uri", g_variant_dict_end (&details), &answer);
  if (result != CK_RESULT_SUCCESS)
    return result;

  if (answer == NULL || !g_variant_lookup (answer, "redirected-uri", "s", redirected))
    {
      ck_transaction_fail (t, "none", "the answer has no redirected-uri");
      return CK_RESULT_CONV_ERR;
    }
  g_strstrip (*redirected);
  cut_suffix (t, *redirected);

  return CK_RESULT_SUCCESS;
}

static CkResult
fail_redirect (CkTransaction *t, const char *redirected)
{
  g_autoptr (CkHttpResponse) answer = ck_http_response_new_from_redirect (redirected);

  if (answer != NULL)
    return ck_transaction_fail_response (t, answer, "redirect", "the authorization");

  ck_transaction_fail (t, "none", "the authorization failed, with an error that cannot be read");

  return CK_RESULT_AUTH_ERR;
}

static CkResult
take_code (CkTransaction *t, const Attempt *attempt, const char *redirected, CkSecretText *code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CkRedirect) redirect = NULL;
  CkRedirectExpected expected = {
    ck_transaction_get_redirect_uri (t),
    attempt->state,
    ck_transaction_get_setting (t, "OAuth2", "Issuer"),
    ck_setting_is_yes (ck_transaction_get_setting (t, "OAuth2", "IssParameterSupported")),
  };

  redirect = ck_redirect_parse (redirected, &expected, &error);
  if (redirect == NULL)
    {
      ck_transaction_fail (t, "none", "the redirect is not taken: %s; start again, in one browser",
                           error->message);
      return CK_RESULT_AUTH_ERR;
    }
  if (redirect->error != NULL)
    return fail_redirect (t, redirected);

  ck_transaction_add_secret (t, redirect->code);
  *code = g_steal_pointer (&redirect->code);

  return CK_RESULT_SUCCESS;
}

/* The code works once: whatever comes of this request, it is not sent again. */
static CkResult
exchange_code (CkTransaction *t, const Attempt *attempt, const char *endpoint, const char *code)
{
  g_autoptr (CkForm) form = ck_form_new ();
  g_autoptr (CkHttpResponse) response = NULL;
  g_autoptr (CkToken) token = NULL;
  CkResult result;

  ck_form_add (form, "grant_type", "authorization_code");
  ck_form_add (form, "code", code);
  ck_form_add (form, "redirect_uri", ck_transaction_get_redirect_uri (t));
  ck_form_add (form, "code_verifier", attempt->verifier);

  result = ck_request_add_token_parameters (t, form);
  if (result == CK_RESULT_SUCCESS)
    result = ck_request_post (t, endpoint, form, CK_REQUEST_SPENDS, &response);
  if (result == CK_RESULT_SUCCESS)
    result = ck_request_accept_token (t, response, "exchanging the authorization code", &token);
  if (result != CK_RESULT_SUCCESS)
    return result;

  return ck_request_accept_id_token (t, response, token, attempt->nonce);
}

static CkResult
check_client (CkTransaction *t)
{
  const char *missing = *ck_transaction_get_client_id (t) == '\0'      ? "client id"
                        : *ck_transaction_get_redirect_uri (t) == '\0' ? "redirect URI"
                                                                       : NULL;

  if (missing == NULL)
    return CK_RESULT_SUCCESS;

  ck_transaction_fail (t, "none", "the client has no %s, and a browser needs one", missing);

  return CK_RESULT_SERVICE_ERR;
}

CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
  g_auto (Attempt) attempt = { 0 };
  g_autofree char *uri = NULL;
  g_auto (CkSecretText) redirected = NULL;
  g_auto (CkSecretText) code = NULL;
  const char *authorization_endpoint = NULL;
  const char *token_endpoint = NULL;
  CkResult result = ck_arguments_parse (t, MODULE, argc, argv, NULL, 0);

  if (result != CK_RESULT_SUCCESS)
    return result;
  if (g_strcmp0 (ck_transaction_get_flow (t), "browser") != 0)
    return CK_RESULT_IGNORE;

  result = ck_request_endpoint (t, MODULE, "AuthorizationEndpoint", &authorization_endpoint);
  if (result == CK_RESULT_SUCCESS)
    result = ck_request_endpoint (t, MODULE, "TokenEndpoint", &token_endpoint);
  if (result == CK_RESULT_SUCCESS)
    result = check_client (t);
  if (result == CK_RESULT_SUCCESS)
    result = begin_attempt (t, &attempt);
  if (result == CK_RESULT_SUCCESS)
    result = make_uri (t, &attempt, authorization_endpoint, &uri);
  if (result == CK_RESULT_SUCCESS)
    result = ask_person (t, &attempt, uri, &redirected);
  if (result == CK_RESULT_SUCCESS)
    result = take_code (t, &attempt, redirected, &code);
  if (result == CK_RESULT_SUCCESS)
    result = exchange_code (t, &attempt, token_endpoint, code);

  return result;
}
