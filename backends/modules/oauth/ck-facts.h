/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channelkeeper/ck-module.h"

G_BEGIN_DECLS

/**
 * CkFacts:
 * @expires: (nullable): the path of the token's end in Unix seconds
 * @expires_in: (nullable): the path of the same in seconds from now
 * @scopes: (nullable): the path of what was granted
 * @client: (nullable): the path of the client id it was given to
 * @zero_is_never: a token that ends at 0 does not end
 *
 * What an answer about a token says of it, as a stack's line tells.
 */
typedef struct
{
  const char *expires;
  const char *expires_in;
  const char *scopes;
  const char *client;
  gboolean zero_is_never;
} CkFacts;

/**
 * ck_facts_take:
 * @response: a good answer
 *
 * Puts what it says into the grant; what it does not say stays.
 *
 * Returns: %CK_RESULT_SUCCESS; what goes with the cause `client-misconfigured` if the token was given
 *   to another client than the transaction's: the grant is as it was then
 */
CkResult ck_facts_take (CkTransaction *t,
                        const CkFacts *facts,
                        CkHttpResponse *response) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
