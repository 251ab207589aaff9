/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-paste.h"

#include <string.h>

CkResult
ck_paste_token (CkTransaction *t, const char *message, CkSecretText *token)
{
  g_auto (CkSecretText) entered = NULL;
  CkResult result = ck_transaction_converse_secret (t, message, &entered);

  if (result != CK_RESULT_SUCCESS)
    return result;

  g_strstrip (entered);
  if (!ck_oauth_is_token (entered) || strchr (entered, ' ') != NULL)
    {
      ck_transaction_fail (t, "none",
                           "what was entered is no token: it must be one word without blanks, as "
                           "the platform shows it");
      return CK_RESULT_CONV_ERR;
    }
  ck_transaction_add_secret (t, entered);
  *token = g_steal_pointer (&entered);

  return CK_RESULT_SUCCESS;
}
