/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channelkeeper/ck-module.h"

#include "ck-form.h"
#include "ck-token.h"

G_BEGIN_DECLS

/*
 * Requests that a client makes in its own name, and what their answers mean. Settings read, all of
 * the group OAuth2: TokenEndpoint, ClientAuthentication (`basic`, `post` or `none`; if it is not
 * said `basic`, and `none` for a client without a secret), ClientIdParameter, ClientIdInBody,
 * RequestBody, RequestHeader, TokenType, TokenMember, ScopeMember, Issuer.
 */

/**
 * CkRequestFlags:
 * @CK_REQUEST_SPENDS: as in #CkHttpRequest
 * @CK_REQUEST_NAMES_CLIENT: client_id is one of the request's own parameters, and so in the form
 *   even where a header already says it
 */
typedef enum
{
  CK_REQUEST_PLAIN = 0,
  CK_REQUEST_SPENDS = 1 << 0,
  CK_REQUEST_NAMES_CLIENT = 1 << 1,
} CkRequestFlags;

/**
 * ck_request_endpoint:
 * @key: a key of the group OAuth2, `TokenEndpoint`
 * @module: who needs it, for the message
 * @uri: (out): the address
 *
 * Returns: %CK_RESULT_SUCCESS; %CK_RESULT_SERVICE_ERR if the provider has no such endpoint, or what
 *   goes with the trouble in which the platform's metadata could not be fetched
 */
CkResult ck_request_endpoint (CkTransaction *t,
                              const char *module,
                              const char *key,
                              const char **uri) G_GNUC_WARN_UNUSED_RESULT;

/* (transfer none): what the platform calls `client_id`. */
const char *ck_request_client_id_parameter (CkTransaction *t);

/**
 * ck_request_post:
 * @form: the parameters, without those that say who the client is
 * @response: (out) (transfer full): set only on success
 *
 * POSTs @form with the client's authentication (RFC 6749 section 2.3). Refused because of that (as
 * `invalid_client`, or with a 401 or 403 that the provider's failure table calls so, or a 400 where
 * nothing rotates) it is sent again with the next of the client's secrets, once each: a server that
 * does not know the client has not looked at the code or refresh token in the form.
 *
 * Returns: as ck_transaction_http()
 */
CkResult ck_request_post (CkTransaction *t,
                          const char *uri,
                          CkForm *form,
                          CkRequestFlags flags,
                          CkHttpResponse **response) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_request_accept_token:
 * @what: the request in words, "renewing the access token"
 * @token: (out) (optional) (transfer full): set only on success
 *
 * Reads a token endpoint's answer into the grant: tokens, type, times, scopes and the origin that
 * issued them. A refresh token that the answer does not replace stays (RFC 6749 section 6). Without
 * a scope in the answer, what was granted is what was asked for, or what was granted before.
 *
 * Returns: %CK_RESULT_SUCCESS, or the result of the failure it set
 */
CkResult ck_request_accept_token (CkTransaction *t,
                                  CkHttpResponse *response,
                                  const char *what,
                                  CkToken **token) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_request_accept_id_token:
 * @nonce: (nullable): the nonce that was sent
 *
 * Checks @token's ID token, if there is one and the provider's issuer is known, and leaves the
 * items `id-token-iss` and `id-token-sub` for the modules behind.
 *
 * Returns: %CK_RESULT_SUCCESS, or the result of the failure it set
 */
CkResult ck_request_accept_id_token (CkTransaction *t,
                                     CkHttpResponse *response,
                                     CkToken *token,
                                     const char *nonce) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_request_dup_scope:
 *
 * Returns: (transfer full) (nullable): the scopes to ask for, joined as the provider's setting
 *   ScopeSeparator says: `space` (also if it does not say), `comma`, `plus`, or the character
 * itself
 */
char *ck_request_dup_scope (CkTransaction *t) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_request_add_parameters:
 * @group: the provider file's group, `OAuth2`
 * @key: the setting, `AuthorizationParameters`
 * @is_protocol: whether the protocol itself sets a parameter of that name
 *
 * Adds what the setting says, `access_type=offline prompt=consent`; a value is written as in a query,
 * with `+` for a blank.
 *
 * Returns: %CK_RESULT_SUCCESS, or %CK_RESULT_SERVICE_ERR if the setting is wrong
 */
CkResult ck_request_add_parameters (CkTransaction *t,
                                    const char *group,
                                    const char *key,
                                    gboolean (*is_protocol) (const char *name),
                                    CkForm *form) G_GNUC_WARN_UNUSED_RESULT;

/* The same for the setting TokenParameters of a request whose answer is a token. */
CkResult ck_request_add_token_parameters (CkTransaction *t,
                                          CkForm *form) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
