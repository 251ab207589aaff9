/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-http.h"
#include "fuzz.h"

static void
free_response (CkHttpResponse *response)
{
  JsonNode *json = response != NULL ? ck_http_response_get_json (response) : NULL;

  g_assert_true (json == NULL || JSON_NODE_HOLDS_OBJECT (json) || JSON_NODE_HOLDS_ARRAY (json)
                 || JSON_NODE_HOLDS_VALUE (json) || JSON_NODE_HOLDS_NULL (json));
  ck_http_response_free (response);
}

/* Headers, an empty line and a body; and the same bytes as the redirect that stands for an answer. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  const char *body = strstr (text, "\n\n");
  g_autofree char *headers
      = g_strndup (text, body != NULL ? (gsize) (body - text) : strlen (text));
  CkHttpResponse *response
      = ck_http_response_new (400, headers, body != NULL ? g_string_new (body + 2) : NULL, 0);

  (void) ck_http_response_get_header (response, "Retry-After");
  free_response (response);
  free_response (ck_http_response_new_from_redirect (text));

  return 0;
}
