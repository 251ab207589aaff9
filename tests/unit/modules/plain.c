/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "channelkeeper/ck-module.h"

/*
 * The smallest module, and what makes one wrong: built with another ABI number, without one
 * (NO_ABI), and calling what nobody has (LOST_SYMBOL).
 */

#ifdef OTHER_ABI
#undef CK_MODULE_ABI
#define CK_MODULE_ABI 4711
#endif

#ifndef NO_ABI
CK_MODULE_DECLARE_ABI;
#endif

#ifdef LOST_SYMBOL
void no_such_function_anywhere (void);
#endif

CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
#ifdef LOST_SYMBOL
  no_such_function_anywhere ();
#endif

  return CK_RESULT_IGNORE;
}
