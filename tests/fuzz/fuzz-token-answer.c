/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-json.h"
#include "ck-token.h"
#include "fuzz.h"

/* A token endpoint's answer, as it comes from the network. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const CkTokenShape shape = { NULL, "data.0", "permissions" };
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) json = ck_json_parse ((const char *) data, size, NULL);
  g_autoptr (CkToken) token = ck_token_parse (json, &shape, &error);

  g_assert_true ((token == NULL) == (error != NULL));
  if (token != NULL)
    {
      g_assert_true (ck_oauth_is_token (token->access_token));
      g_assert_true (token->refresh_token == NULL || ck_oauth_is_token (token->refresh_token));
      g_assert_cmpstr (token->token_type, ==, "Bearer");
      g_assert_cmpuint (token->expires_in, <, G_GUINT64_CONSTANT (1) << 53);
    }

  g_assert_true (json != NULL || !ck_token_is_error (json));

  return 0;
}
