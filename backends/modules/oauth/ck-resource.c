/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-resource.h"

#include "ck-headers.h"
#include "ck-oauth-text.h"
#include "ck-oauth1.h"
#include "ck-proof.h"
#include "ck-signed.h"
#include "ck-token.h"

/* The colon may stand in a path as it is (RFC 3986 section 3.3), and bot tokens have one. */
static CkSecretText
expand_uri (const char *uri, const char *token)
{
  g_auto (GStrv) parts = g_strsplit (uri, "%t", -1);
  g_auto (CkSecretText) escaped = g_uri_escape_string (token, ":", FALSE);

  return g_strjoinv (escaped, parts);
}

static CkResult
ask_signed (CkTransaction *t, const CkResource *resource, CkHttpResponse **response)
{
  g_autofree char *header
      = resource->header != NULL ? ck_headers_expand (t, resource->header) : NULL;
  CkSigned request = {
    .method = resource->method != NULL ? resource->method : "GET",
    .uri = resource->uri,
    .header = header,
    .token = ck_transaction_get_grant (t, "access-token"),
    .token_secret = ck_transaction_get_grant_extra (t, CK_OAUTH1_TOKEN_SECRET),
  };

  return ck_signed_send (t, &request, response);
}

static CkSecretText
make_authorization (CkTransaction *t, const char *scheme, const char *token)
{
  if (g_str_equal (scheme, CK_RESOURCE_APP))
    return g_strdup_printf ("Authorization: Bearer %s|%s", ck_transaction_get_client_id (t),
                            ck_transaction_get_client_secret (t));

  return g_strdup_printf ("Authorization: %s %s", scheme, token);
}

static CkResult
ask_once (CkTransaction *t,
          const CkResource *resource,
          const char *scheme,
          const char *token,
          CkHttpResponse **response)
{
  g_autoptr (CkHeaders) headers = ck_headers_new (t);
  g_auto (CkSecretText) uri = expand_uri (resource->uri, token);
  g_auto (CkSecretText) proven = NULL;
  CkHttpRequest request = { "GET", uri, NULL, NULL, NULL, FALSE };

  if (resource->header != NULL)
    ck_headers_add (headers, t, resource->header);
  if (!g_str_equal (scheme, CK_RESOURCE_NO_SCHEME))
    ck_headers_take (headers, make_authorization (t, scheme, token));
  request.headers = ck_headers_get (headers);
  if (!g_str_equal (scheme, CK_RESOURCE_APP))
    request.uri = proven = ck_proof_append_to_uri (t, uri, token);
  if (resource->method != NULL)
    request.method = resource->method;
  if (g_str_equal (request.method, "POST"))
    request.body = "";

  return ck_transaction_http (t, &request, response);
}

/* Whether a request that shows the client's secret was refused for that, and there is another. */
static gboolean
is_for_next_secret (CkTransaction *t, const char *scheme, CkHttpResponse *response)
{
  guint status = ck_http_response_get_status (response);

  return (g_str_equal (scheme, CK_RESOURCE_APP) || ck_proof_is_wanted (t)) && status >= 400
         && status <= 499
         && g_str_equal (ck_transaction_get_response_cause (t, response, "api"),
                         "client-misconfigured")
         && ck_transaction_next_client_secret (t);
}

CkResult
ck_resource_ask (CkTransaction *t, const CkResource *resource, CkHttpResponse **response)
{
  const char *token
      = resource->token != NULL ? resource->token : ck_transaction_get_grant (t, "access-token");
  const char *scheme = resource->scheme != NULL ? resource->scheme : "Bearer";

  if (*token == '\0')
    {
      ck_transaction_fail (t, "none", "there is no access token to ask the platform with");
      return CK_RESULT_CRED_UNAVAIL;
    }

  if (g_str_equal (scheme, CK_RESOURCE_SIGNED))
    return ask_signed (t, resource, response);

  for (;;)
    {
      g_autoptr (CkHttpResponse) answer = NULL;
      CkResult result = ask_once (t, resource, scheme, token, &answer);

      if (result != CK_RESULT_SUCCESS)
        return result;
      if (!is_for_next_secret (t, scheme, answer))
        {
          *response = g_steal_pointer (&answer);
          return CK_RESULT_SUCCESS;
        }
      ck_transaction_debug (t, "the client's secret was refused; trying its next one");
    }
}

gboolean
ck_resource_is_good (CkHttpResponse *response)
{
  guint status = ck_http_response_get_status (response);

  return status >= 200 && status <= 299
         && !ck_token_is_error (ck_http_response_get_json (response));
}
