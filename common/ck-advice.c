/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-advice.h"

const char *const *
ck_advice_list (void)
{
  static const char *const words[] = {
    CK_ADVICE_NO_TWO_FACTOR,
    CK_ADVICE_SHARED_LOGIN,
    CK_ADVICE_DUPLICATE_CONTENT,
    CK_ADVICE_SCOPES_MISSING,
    CK_ADVICE_RENEWAL_FAILING,
    CK_ADVICE_SIBLING_SCOPE_CONFLICT,
    NULL,
  };

  return words;
}

gboolean
ck_advice_is_known (const char *word)
{
  return word != NULL && g_strv_contains (ck_advice_list (), word);
}
