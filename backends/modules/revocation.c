/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-answer.h"
#include "ck-arguments.h"
#include "ck-request.h"

#define MODULE "revocation"
#define DEFAULT_ENDPOINT "RevocationEndpoint"

CK_MODULE_DECLARE_ABI;

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

static CkResult
give_back (CkTransaction *t, const char *endpoint, const char *member, const char *hint)
{
  g_autoptr (CkForm) form = ck_form_new ();
  g_autoptr (CkHttpResponse) response = NULL;
  CkResult result;

  ck_form_add (form, "token", ck_transaction_get_grant (t, member));
  ck_form_add (form, "token_type_hint", hint);
  result = ck_request_post (t, endpoint, form, CK_REQUEST_PLAIN, &response);
  if (result != CK_RESULT_SUCCESS)
    return result;
  if (is_revoked (response))
    return CK_RESULT_SUCCESS;

  return ck_transaction_fail_response (t, response, "revoke", "revoking the grant");
}

CkResult
ck_sm_revoke (CkTransaction *t, int argc, const char **argv)
{
  const char *uri = NULL;
  const char *key = NULL;
  const char *endpoint = NULL;
  const CkArgument table[] = {
    { "uri", &uri, NULL },
    { "endpoint", &key, NULL },
  };
  gboolean has_refresh_token = *ck_transaction_get_grant (t, "refresh-token") != '\0';
  gboolean has_access_token = *ck_transaction_get_grant (t, "access-token") != '\0';
  CkResult result = ck_arguments_parse (t, MODULE, argc, argv, table, G_N_ELEMENTS (table));

  if (uri == NULL && key == NULL)
    key = DEFAULT_ENDPOINT;
  if (result == CK_RESULT_SUCCESS)
    result = ck_arguments_pick_endpoint (t, MODULE, uri, key, &endpoint);
  if (result != CK_RESULT_SUCCESS)
    return result;
  if (endpoint == NULL || (!has_refresh_token && !has_access_token))
    return CK_RESULT_IGNORE;

  if (!has_refresh_token)
    return give_back (t, endpoint, "access-token", "access_token");

  result = give_back (t, endpoint, "refresh-token", "refresh_token");
  /* Servers should end the access tokens with it, but need not (RFC 7009 section 2.1); what comes
   * of this one changes nothing about the grant that has been given back. */
  if (result == CK_RESULT_SUCCESS && has_access_token
      && give_back (t, endpoint, "access-token", "access_token") != CK_RESULT_SUCCESS)
    ck_transaction_debug (t, "the access token lives until it expires");

  return result;
}
