/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-arguments.h"
#include "ck-request.h"

#define MODULE "client_credentials"

CK_MODULE_DECLARE_ABI;

/* RFC 6749 section 4.4: the same request whether it is the first or another. */
static CkResult
request_token (CkTransaction *t)
{
  g_autoptr (CkForm) form = ck_form_new ();
  g_autoptr (CkHttpResponse) response = NULL;
  g_autofree char *scope = ck_request_dup_scope (t);
  const char *endpoint = NULL;
  CkResult result = ck_request_endpoint (t, MODULE, "TokenEndpoint", &endpoint);

  if (result != CK_RESULT_SUCCESS)
    return result;

  ck_form_add (form, "grant_type", "client_credentials");
  ck_form_add (form, "scope", scope);
  result = ck_request_add_token_parameters (t, form);
  if (result == CK_RESULT_SUCCESS)
    result = ck_request_post (t, endpoint, form, CK_REQUEST_PLAIN, &response);
  if (result != CK_RESULT_SUCCESS)
    return result;

  return ck_request_accept_token (t, response, "asking for the application's own token", NULL);
}

CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
  CkResult result = ck_arguments_parse (t, MODULE, argc, argv, NULL, 0);

  if (result != CK_RESULT_SUCCESS)
    return result;
  if (g_strcmp0 (ck_transaction_get_flow (t), "none") != 0)
    return CK_RESULT_IGNORE;

  return request_token (t);
}

CkResult
ck_sm_renew (CkTransaction *t, int argc, const char **argv)
{
  CkResult result = ck_arguments_parse (t, MODULE, argc, argv, NULL, 0);

  return result != CK_RESULT_SUCCESS ? result : request_token (t);
}
