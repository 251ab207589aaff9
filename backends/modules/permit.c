/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-arguments.h"

CK_MODULE_DECLARE_ABI;

static CkResult
permit (CkTransaction *t, int argc, const char **argv)
{
  return ck_arguments_parse (t, "permit", argc, argv, NULL, 0);
}

CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
  return permit (t, argc, argv);
}

CkResult
ck_sm_verify (CkTransaction *t, int argc, const char **argv)
{
  return permit (t, argc, argv);
}

CkResult
ck_sm_renew (CkTransaction *t, int argc, const char **argv)
{
  return permit (t, argc, argv);
}

CkResult
ck_sm_revoke (CkTransaction *t, int argc, const char **argv)
{
  return permit (t, argc, argv);
}
