/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channelkeeper/ck-module.h"

G_BEGIN_DECLS

/**
 * CkSigned:
 * @method: `GET` or `POST`
 * @uri: where
 * @header: (nullable): one more header
 * @protocol: (nullable): name, value, …, %NULL: what the Authorization header says besides
 * @token: (nullable): `oauth_token`
 * @token_secret: (nullable): its secret
 * @spends: as in #CkHttpRequest
 *
 * A request signed by OAuth 1.0a (RFC 5849) in the client's name and, with a token, in a person's.
 */
typedef struct
{
  const char *method;
  const char *uri;
  const char *header;
  const char *const *protocol;
  const char *token;
  const char *token_secret;
  gboolean spends;
} CkSigned;

/**
 * ck_signed_send:
 * @response: (out) (transfer full): set only on success, whatever its status is
 *
 * Sends it. Refused with 401 it is sent again with the next of the client's secrets, once each: a
 * server that cannot check a signature has not looked at what was asked. If none does better, the
 * first answer is the one that counts.
 *
 * Returns: as ck_transaction_http()
 */
CkResult ck_signed_send (CkTransaction *t,
                         const CkSigned *request,
                         CkHttpResponse **response) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
