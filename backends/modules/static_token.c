/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-arguments.h"
#include "ck-paste.h"

#define MODULE "static_token"
#define DEFAULT_MESSAGE "Paste the token that the platform shows"
#define DEFAULT_TYPE "Bearer"

CK_MODULE_DECLARE_ABI;

CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
  const char *message = NULL;
  const char *type = NULL;
  const CkArgument table[] = { { "message", &message, NULL }, { "type", &type, NULL } };
  g_auto (CkSecretText) token = NULL;
  CkResult result = ck_arguments_parse (t, MODULE, argc, argv, table, G_N_ELEMENTS (table));

  if (result != CK_RESULT_SUCCESS)
    return result;
  if (g_strcmp0 (ck_transaction_get_flow (t), "import") != 0)
    return CK_RESULT_IGNORE;

  result = ck_paste_token (t, message != NULL ? message : DEFAULT_MESSAGE, &token);
  if (result != CK_RESULT_SUCCESS)
    return result;

  if (!ck_transaction_set_grant (t, "access-token", token)
      || !ck_transaction_set_grant (t, "token-type", type != NULL ? type : DEFAULT_TYPE))
    {
      ck_transaction_fail (t, "none", "what was entered is too long for a token");
      return CK_RESULT_CONV_ERR;
    }
  ck_transaction_set_grant_time (t, "issued-at", (guint64) (g_get_real_time () / G_USEC_PER_SEC));
  ck_transaction_set_grant_scopes (t, ck_transaction_get_scopes (t));

  return CK_RESULT_SUCCESS;
}
