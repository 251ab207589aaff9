/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-id-token.h"
#include "ck-oauth-text.h"
#include "fuzz.h"

/* The claims of an ID token; and the same bytes as a whole ID token. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const CkIdTokenExpected expected = { "https://as.example", "app", "N", 2000000000 };
  g_autofree char *claims = ck_base64url_encode (data, size);
  g_autofree char *id_token = g_strconcat ("eyJhbGciOiJSUzI1NiJ9.", claims, ".c2ln", NULL);
  g_autofree char *whole = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL;
  g_autofree char *sub = ck_id_token_check (id_token, &expected, &error);
  g_autofree char *other = ck_id_token_check (whole, &expected, NULL);

  g_assert_true ((sub == NULL) == (error != NULL));
  g_assert_true (sub == NULL || ck_oauth_is_token (sub));
  g_assert_true (other == NULL || ck_oauth_is_token (other));

  return 0;
}
