/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-result.h"

static const char *const words[] = {
  [CK_RESULT_SUCCESS] = "success",
  [CK_RESULT_OPEN_ERR] = "open_err",
  [CK_RESULT_SYMBOL_ERR] = "symbol_err",
  [CK_RESULT_SERVICE_ERR] = "service_err",
  [CK_RESULT_SYSTEM_ERR] = "system_err",
  [CK_RESULT_BUF_ERR] = "buf_err",
  [CK_RESULT_PERM_DENIED] = "perm_denied",
  [CK_RESULT_AUTH_ERR] = "auth_err",
  [CK_RESULT_CRED_INSUFFICIENT] = "cred_insufficient",
  [CK_RESULT_AUTHINFO_UNAVAIL] = "authinfo_unavail",
  [CK_RESULT_USER_UNKNOWN] = "user_unknown",
  [CK_RESULT_MAXTRIES] = "maxtries",
  [CK_RESULT_NEW_AUTHTOK_REQD] = "new_authtok_reqd",
  [CK_RESULT_ACCT_EXPIRED] = "acct_expired",
  [CK_RESULT_SESSION_ERR] = "session_err",
  [CK_RESULT_CRED_UNAVAIL] = "cred_unavail",
  [CK_RESULT_CRED_EXPIRED] = "cred_expired",
  [CK_RESULT_CRED_ERR] = "cred_err",
  [CK_RESULT_NO_MODULE_DATA] = "no_module_data",
  [CK_RESULT_CONV_ERR] = "conv_err",
  [CK_RESULT_AUTHTOK_ERR] = "authtok_err",
  /* PAM's word is shorter than its constant here */
  [CK_RESULT_AUTHTOK_RECOVERY_ERR] = "authtok_recover_err",
  [CK_RESULT_AUTHTOK_LOCK_BUSY] = "authtok_lock_busy",
  [CK_RESULT_AUTHTOK_DISABLE_AGING] = "authtok_disable_aging",
  [CK_RESULT_TRY_AGAIN] = "try_again",
  [CK_RESULT_IGNORE] = "ignore",
  [CK_RESULT_ABORT] = "abort",
  [CK_RESULT_AUTHTOK_EXPIRED] = "authtok_expired",
  [CK_RESULT_MODULE_UNKNOWN] = "module_unknown",
  [CK_RESULT_BAD_ITEM] = "bad_item",
  [CK_RESULT_CONV_AGAIN] = "conv_again",
  [CK_RESULT_INCOMPLETE] = "incomplete",
};
G_STATIC_ASSERT (G_N_ELEMENTS (words) == CK_N_RESULTS);

const char *
ck_result_to_string (CkResult result)
{
  g_return_val_if_fail ((guint) result < G_N_ELEMENTS (words), NULL);

  return words[result];
}

gboolean
ck_result_from_string (const char *string, CkResult *result)
{
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (g_strcmp0 (words[i], string) == 0)
        {
          *result = i;
          return TRUE;
        }
    }

  return FALSE;
}
