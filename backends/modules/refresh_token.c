/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-arguments.h"
#include "ck-paste.h"
#include "ck-request.h"

#define MODULE "refresh_token"
#define WHAT "renewing the access token"

CK_MODULE_DECLARE_ABI;

/*
 * No refresh token is no statement about the grant while its access token lives: the platform gave
 * none, and a person reconnects when it has run out.
 */
static CkResult
fail_without_token (CkTransaction *t)
{
  guint64 expires_at = ck_transaction_get_grant_time (t, "expires-at");
  guint64 now = (guint64) (g_get_real_time () / G_USEC_PER_SEC);

  if (expires_at != 0 && expires_at <= now)
    return ck_transaction_fail (t, "expired",
                                "the access token has expired and the platform gave no refresh "
                                "token: reconnect the channel");

  ck_transaction_fail (t, "none",
                       "the platform gave no refresh token: this grant cannot be renewed without a "
                       "person");

  return CK_RESULT_CRED_INSUFFICIENT;
}

/* What is not known not to rotate is treated as if it did. */
static gboolean
is_rotating (CkTransaction *t)
{
  const char *rotation = ck_transaction_get_setting (t, "Lifetime", "Rotation");

  if (g_strcmp0 (rotation, "public") == 0)
    return *ck_transaction_get_client_secret (t) == '\0';

  return !ck_setting_is_no (rotation);
}

/* Where the token is sent: mostly where it came from. */
static CkResult
find_endpoint (CkTransaction *t, const char **endpoint)
{
  const char *own = ck_transaction_get_setting (t, "OAuth2", "RefreshEndpoint");

  if (own == NULL || *own == '\0')
    return ck_request_endpoint (t, MODULE, "TokenEndpoint", endpoint);
  *endpoint = own;

  return CK_RESULT_SUCCESS;
}

static CkResult
request_token (CkTransaction *t, const char *refresh_token, const char *what)
{
  g_autoptr (CkForm) form = ck_form_new ();
  g_autoptr (CkHttpResponse) response = NULL;
  const char *endpoint = NULL;
  CkResult result = find_endpoint (t, &endpoint);

  if (result != CK_RESULT_SUCCESS)
    return result;

  ck_form_add (form, "grant_type", "refresh_token");
  ck_form_add (form, "refresh_token", refresh_token);
  result = ck_request_add_token_parameters (t, form);
  if (result == CK_RESULT_SUCCESS)
    result = ck_request_post (t, endpoint, form,
                              is_rotating (t) ? CK_REQUEST_SPENDS : CK_REQUEST_PLAIN, &response);
  if (result != CK_RESULT_SUCCESS)
    return result;

  return ck_request_accept_token (t, response, what, NULL);
}

/* A refresh token from elsewhere proves itself by a renewal: only that tells what it is good for.
 */
CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
  g_auto (CkSecretText) token = NULL;
  CkResult result = ck_arguments_parse (t, MODULE, argc, argv, NULL, 0);

  if (result != CK_RESULT_SUCCESS)
    return result;
  if (g_strcmp0 (ck_transaction_get_flow (t), "import") != 0)
    return CK_RESULT_IGNORE;

  result = ck_paste_token (t,
                           "Paste a refresh token of this app and the channel's account; whoever "
                           "used it until now must not use it any more",
                           &token);
  if (result != CK_RESULT_SUCCESS)
    return result;
  if (!ck_transaction_set_grant (t, "refresh-token", token))
    {
      ck_transaction_fail (t, "none", "what was entered is too long for a token");
      return CK_RESULT_CONV_ERR;
    }

  return request_token (t, token, "trying the refresh token");
}

CkResult
ck_sm_renew (CkTransaction *t, int argc, const char **argv)
{
  CkResult result = ck_arguments_parse (t, MODULE, argc, argv, NULL, 0);

  if (result != CK_RESULT_SUCCESS)
    return result;
  if (*ck_transaction_get_grant (t, "refresh-token") == '\0')
    return fail_without_token (t);

  return request_token (t, ck_transaction_get_grant (t, "refresh-token"), WHAT);
}
