/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-redirect.h"
#include "fuzz.h"

/* Where a browser says it was sent; what is taken is of this attempt. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const CkRedirectExpected expected
      = { "http://127.0.0.1:8400/cb", "S", "https://as.example", FALSE };
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (CkRedirect) redirect = ck_redirect_parse (text, &expected, &error);

  g_assert_true ((redirect == NULL) == (error != NULL));
  if (redirect != NULL)
    {
      g_assert_true ((redirect->code == NULL) != (redirect->error == NULL));
      g_assert_nonnull (strstr (text, "://"));
      g_assert_nonnull (strstr (text, "8400"));
      g_assert_nonnull (strchr (text, 'S'));
    }

  return 0;
}
