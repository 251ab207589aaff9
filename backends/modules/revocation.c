/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-answer.h"
#include "ck-arguments.h"
#include "ck-request.h"
#include "ck-resource.h"

#define MODULE "revocation"
#define DEFAULT_ENDPOINT "RevocationEndpoint"

CK_MODULE_DECLARE_ABI;

typedef struct
{
  const char *uri;
  const char *endpoint;
  const char *token;  /* what the platform calls RFC 7009's token */
  const char *hint;   /* and its token_type_hint */
  const char *method; /* a call with the access token in its Authorization header */
  const char *scheme;
  const char *extra;    /* made with this extra of the grant, if it has one */
  gboolean query;       /* the parameters stand in the address */
  gboolean access_only; /* the access token is given back, the rest ends with it */
} Arguments;

static CkResult
parse_arguments (CkTransaction *t, int argc, const char **argv, Arguments *arguments)
{
  const CkArgument table[] = {
    { "uri", &arguments->uri, NULL },
    { "endpoint", &arguments->endpoint, NULL },
    { "token", &arguments->token, NULL },
    { "hint", &arguments->hint, NULL },
    { "method", &arguments->method, NULL },
    { "scheme", &arguments->scheme, NULL },
    { "extra", &arguments->extra, NULL },
    { "query", NULL, &arguments->query },
    { "access-token-only", NULL, &arguments->access_only },
  };
  const char *problem = NULL;
  CkResult result = ck_arguments_parse (t, MODULE, argc, argv, table, G_N_ELEMENTS (table));

  if (result != CK_RESULT_SUCCESS)
    return result;

  if (arguments->method == NULL && (arguments->scheme != NULL || arguments->extra != NULL))
    problem = "scheme= and extra= go with method=";
  else if (arguments->method != NULL && !g_str_equal (arguments->method, "GET")
           && !g_str_equal (arguments->method, "POST")
           && !g_str_equal (arguments->method, "DELETE"))
    problem = "method= is GET, POST or DELETE";
  else if (arguments->method != NULL
           && (arguments->token != NULL || arguments->hint != NULL || arguments->query
               || arguments->access_only))
    problem = "method= sends no parameters: token=, hint=, query and access-token-only have no "
              "meaning";
  if (problem != NULL)
    {
      ck_transaction_fail (t, "none", "the stack's line for " MODULE " is wrong: %s", problem);
      return CK_RESULT_SERVICE_ERR;
    }

  if (arguments->uri == NULL && arguments->endpoint == NULL)
    arguments->endpoint = DEFAULT_ENDPOINT;

  return CK_RESULT_SUCCESS;
}

/* A token that the platform no longer takes is revoked: platforms that do not answer 200 for an
 * unknown token, as RFC 7009 section 2.2 has it, say so. */
static gboolean
is_revoked (CkHttpResponse *response)
{
  guint status = ck_http_response_get_status (response);
  JsonNode *json = ck_http_response_get_json (response);

  if (status >= 200 && status <= 299)
    return !ck_token_is_error (json);

  return status == 400 && g_strcmp0 (ck_answer_get_string (json, "error"), "invalid_token") == 0;
}

/* Others say so in words of their own, which the failure table knows. */
static CkResult
judge (CkTransaction *t, CkHttpResponse *response)
{
  CkResult result;

  if (is_revoked (response))
    return CK_RESULT_SUCCESS;

  result = ck_transaction_fail_response (t, response, "revoke", "revoking the grant");

  return result == CK_RESULT_CRED_UNAVAIL || result == CK_RESULT_CRED_EXPIRED ? CK_RESULT_SUCCESS
                                                                              : result;
}

static CkResult
give_back (CkTransaction *t,
           const Arguments *arguments,
           const char *endpoint,
           const char *member,
           const char *hint)
{
  g_autoptr (CkForm) form = ck_form_new ();
  g_autoptr (CkForm) nothing = ck_form_new ();
  g_auto (CkSecretText) uri = NULL;
  g_autoptr (CkHttpResponse) response = NULL;
  CkResult result;

  ck_form_add (form, arguments->token != NULL ? arguments->token : "token",
               ck_transaction_get_grant (t, member));
  ck_form_add (form, arguments->hint != NULL ? arguments->hint : "token_type_hint", hint);
  if (arguments->query)
    uri = ck_form_append_to_uri (form, endpoint);

  result = ck_request_post (t, arguments->query ? uri : endpoint, arguments->query ? nothing : form,
                            CK_REQUEST_PLAIN, &response);

  return result == CK_RESULT_SUCCESS ? judge (t, response) : result;
}

/* An API call that ends the token it is made with, and what belongs to it. A token that is not
 * taken any more has nothing left to end; but with an access token that ran out a refresh token may
 * go on. */
static CkResult
call_with_token (CkTransaction *t, const Arguments *arguments, const char *endpoint)
{
  CkResource resource = { endpoint, arguments->method, arguments->scheme, NULL, NULL };
  g_autoptr (CkHttpResponse) response = NULL;
  CkResult result;

  if (arguments->extra != NULL)
    resource.token = ck_transaction_get_grant_extra (t, arguments->extra);
  result = ck_resource_ask (t, &resource, &response);

  if (result != CK_RESULT_SUCCESS)
    return result;
  if (ck_http_response_get_status (response) == 401
      && *ck_transaction_get_grant (t, "refresh-token") == '\0')
    return CK_RESULT_SUCCESS;

  return judge (t, response);
}

CkResult
ck_sm_revoke (CkTransaction *t, int argc, const char **argv)
{
  Arguments arguments = { 0 };
  const char *endpoint = NULL;
  gboolean has_refresh_token = *ck_transaction_get_grant (t, "refresh-token") != '\0';
  gboolean has_access_token = *ck_transaction_get_grant (t, "access-token") != '\0';
  CkResult result = parse_arguments (t, argc, argv, &arguments);

  if (result == CK_RESULT_SUCCESS)
    result = ck_arguments_pick_endpoint (t, MODULE, arguments.uri, arguments.endpoint, &endpoint);
  if (result != CK_RESULT_SUCCESS)
    return result;
  if (arguments.method != NULL || arguments.access_only)
    has_refresh_token = FALSE;
  if (endpoint == NULL || (!has_refresh_token && !has_access_token))
    return CK_RESULT_IGNORE;

  if (arguments.method != NULL)
    return call_with_token (t, &arguments, endpoint);
  if (!has_refresh_token)
    return give_back (t, &arguments, endpoint, "access-token", "access_token");

  result = give_back (t, &arguments, endpoint, "refresh-token", "refresh_token");
  /* Servers should end the access tokens with it, but need not (RFC 7009 section 2.1); what comes
   * of this one changes nothing about the grant that has been given back. */
  if (result == CK_RESULT_SUCCESS && has_access_token
      && give_back (t, &arguments, endpoint, "access-token", "access_token") != CK_RESULT_SUCCESS)
    ck_transaction_debug (t, "the access token lives until it expires");

  return result;
}
