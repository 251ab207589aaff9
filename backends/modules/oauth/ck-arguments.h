/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channelkeeper/ck-module.h"

G_BEGIN_DECLS

/**
 * CkArgument:
 * @name: the word before the `=`
 * @value: (out) (optional): where its value goes, as long-lived as argv; untouched if not given
 * @flag: (out) (optional): for a word that stands alone, set to %TRUE
 *
 * One argument that a module takes on its line of the stack. Exactly one of @value and @flag.
 */
typedef struct
{
  const char *name;
  const char **value;
  gboolean *flag;
} CkArgument;

/**
 * ck_arguments_parse:
 * @module: the module's name, for the message
 * @arguments: what it takes; `debug` is always taken, it is for the worker
 *
 * Each argument may be given once; a value may not be empty.
 *
 * Returns: %CK_RESULT_SUCCESS; %CK_RESULT_SERVICE_ERR, with module and argument named in the
 *   failure, if the line has anything else
 */
CkResult ck_arguments_parse (CkTransaction *t,
                             const char *module,
                             int argc,
                             const char **argv,
                             const CkArgument *arguments,
                             gsize n_arguments) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_arguments_pick_endpoint:
 * @module: the module's name, for the message
 * @uri: (nullable): the line's `uri=`
 * @endpoint: (nullable): the line's `endpoint=`, a key of the provider's group OAuth2
 * @picked: (out): the address; %NULL if it comes from @endpoint and the provider has none
 *
 * Returns: %CK_RESULT_SUCCESS, or %CK_RESULT_SERVICE_ERR unless exactly one of the two is given
 */
CkResult ck_arguments_pick_endpoint (CkTransaction *t,
                                     const char *module,
                                     const char *uri,
                                     const char *endpoint,
                                     const char **picked) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
