/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channelkeeper/ck-module.h"

G_BEGIN_DECLS

/* Words for @scheme that are none: the request is signed by OAuth 1.0a; no such header; the app asks
 * in its own name, with a token that is its id and its secret and a bar between them. */
#define CK_RESOURCE_SIGNED "OAuth1"
#define CK_RESOURCE_NO_SCHEME "none"
#define CK_RESOURCE_APP "app"

/**
 * CkResource:
 * @uri: where; `%t` in it is the access token, for platforms that have it in the path
 * @method: (nullable): %NULL is `GET`
 * @scheme: (nullable): the word before the token in the Authorization header; %NULL is `Bearer`;
 *   or one of those above
 * @header: (nullable): one more header, `Client-Id: %c`; `%c` in it is the client id
 * @token: (nullable): %NULL is the grant's access token
 *
 * A request in the name of the channel (RFC 6750 section 2.1).
 */
typedef struct
{
  const char *uri;
  const char *method;
  const char *scheme;
  const char *header;
  const char *token;
} CkResource;

/**
 * ck_resource_ask:
 * @response: (out) (transfer full): set only on success, whatever its status is
 *
 * Sends it with the token, and the proof that the platform may want with it (ck-proof.h). Where the
 * client's secret shows in one of the two, and the failure table says that the client is refused, it
 * is sent again with the next of the client's secrets, once each.
 *
 * Returns: as ck_transaction_http(); %CK_RESULT_CRED_UNAVAIL if the grant has no access token
 */
CkResult ck_resource_ask (CkTransaction *t,
                          const CkResource *resource,
                          CkHttpResponse **response) G_GNUC_WARN_UNUSED_RESULT;

/* Whether @response has a 2xx status and no member `error`. */
gboolean ck_resource_is_good (CkHttpResponse *response) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
