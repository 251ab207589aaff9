/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-arguments.h"

CK_MODULE_DECLARE_ABI;

static CkResult
deny (CkTransaction *t, int argc, const char **argv)
{
  CkResult result = ck_arguments_parse (t, "deny", argc, argv, NULL, 0);

  if (result != CK_RESULT_SUCCESS)
    return result;

  ck_transaction_fail (t, "none", "the provider's stack denies this operation: %s",
                       ck_transaction_get_operation (t));

  return CK_RESULT_AUTH_ERR;
}

CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
  return deny (t, argc, argv);
}

CkResult
ck_sm_verify (CkTransaction *t, int argc, const char **argv)
{
  return deny (t, argc, argv);
}

CkResult
ck_sm_renew (CkTransaction *t, int argc, const char **argv)
{
  return deny (t, argc, argv);
}

CkResult
ck_sm_revoke (CkTransaction *t, int argc, const char **argv)
{
  return deny (t, argc, argv);
}
