/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-signed.h"

#include "ck-oauth-text.h"
#include "ck-oauth1.h"
#include "ck-pkce.h"

static CkResult
make_header (CkTransaction *t, const CkSigned *request, CkSecretText *header)
{
  g_autofree char *nonce = ck_random_word ();
  g_autoptr (GError) error = NULL;
  g_auto (CkSecretText) value = NULL;
  CkOAuth1Request signing = {
    .method = request->method,
    .uri = request->uri,
    .protocol = request->protocol,
    .client_id = ck_transaction_get_client_id (t),
    .client_secret = ck_transaction_get_client_secret (t),
    .token = request->token,
    .token_secret = request->token_secret,
    .nonce = nonce,
    .timestamp = (guint64) (g_get_real_time () / G_USEC_PER_SEC),
    .version = "1.0",
  };

  if (nonce == NULL)
    {
      ck_transaction_fail (t, "none", "the kernel gives no random numbers");
      return CK_RESULT_SYSTEM_ERR;
    }

  value = ck_oauth1_sign (&signing, &error);
  if (value == NULL)
    {
      ck_transaction_fail (t, "none", "the request cannot be signed: %s", error->message);
      return CK_RESULT_SERVICE_ERR;
    }

  *header = g_strconcat ("Authorization: ", value, NULL);

  return CK_RESULT_SUCCESS;
}

static CkResult
send_once (CkTransaction *t, const CkSigned *request, CkHttpResponse **response)
{
  g_auto (CkSecretText) authorization = NULL;
  const char *headers[] = { "Accept: */*", NULL, request->header, NULL };
  CkHttpRequest http = { request->method, request->uri, headers, NULL, NULL, request->spends };
  CkResult result = make_header (t, request, &authorization);

  if (result != CK_RESULT_SUCCESS)
    return result;

  headers[1] = authorization;
  if (g_str_equal (request->method, "POST"))
    http.body = "";

  return ck_transaction_http (t, &http, response);
}

CkResult
ck_signed_send (CkTransaction *t, const CkSigned *request, CkHttpResponse **response)
{
  g_autoptr (CkHttpResponse) first = NULL;
  CkResult result = send_once (t, request, &first);

  if (result != CK_RESULT_SUCCESS)
    return result;

  while (ck_http_response_get_status (first) == 401 && ck_transaction_next_client_secret (t))
    {
      g_autoptr (CkHttpResponse) other = NULL;

      result = send_once (t, request, &other);
      if (result != CK_RESULT_SUCCESS)
        return result;
      if (ck_http_response_get_status (other) == 401)
        continue;
      *response = g_steal_pointer (&other);
      return CK_RESULT_SUCCESS;
    }

  *response = g_steal_pointer (&first);

  return CK_RESULT_SUCCESS;
}
