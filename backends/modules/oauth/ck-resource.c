/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-resource.h"

#include "ck-oauth-text.h"
#include "ck-token.h"

static char *
expand_header (CkTransaction *t, const char *header)
{
  g_auto (GStrv) parts = g_strsplit (header, "%c", -1);

  return g_strjoinv (ck_transaction_get_client_id (t), parts);
}

CkResult
ck_resource_ask (CkTransaction *t, const CkResource *resource, CkHttpResponse **response)
{
  const char *token = ck_transaction_get_grant (t, "access-token");
  g_auto (CkSecretText) authorization = NULL;
  g_autofree char *header = NULL;
  const char *headers[] = { "Accept: application/json", NULL, NULL, NULL };
  CkHttpRequest request = { "GET", resource->uri, headers, NULL, NULL, FALSE };

  if (*token == '\0')
    {
      ck_transaction_fail (t, "none", "there is no access token to ask the platform with");
      return CK_RESULT_CRED_UNAVAIL;
    }

  headers[1] = authorization = g_strdup_printf (
      "Authorization: %s %s", resource->scheme != NULL ? resource->scheme : "Bearer", token);
  if (resource->header != NULL)
    headers[2] = header = expand_header (t, resource->header);
  if (resource->method != NULL)
    request.method = resource->method;
  if (g_str_equal (request.method, "POST"))
    request.body = "";

  return ck_transaction_http (t, &request, response);
}

gboolean
ck_resource_is_good (CkHttpResponse *response)
{
  guint status = ck_http_response_get_status (response);

  return status >= 200 && status <= 299
         && !ck_token_is_error (ck_http_response_get_json (response));
}
