/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"

G_BEGIN_DECLS

/*
 * Signing an app's request with a grant of OAuth 1.0a (RFC 5849): neither the client's secret nor
 * the token's leaves the broker.
 */

/**
 * CkSigningRequest:
 * @method: the HTTP method
 * @uri: the address, with its query
 * @parameters: name, value, …, %NULL: those of a form body
 *
 * What an app wants to send; nothing of it is trusted.
 */
typedef struct
{
  const char *method;
  const char *uri;
  const char *const *parameters;
} CkSigningRequest;

/**
 * ck_signing_check:
 * @error: %CK_ERROR_INVALID_ARGUMENT: the method is no token (RFC 9110 section 9.1), the address is
 *   not https or cannot be signed, a parameter is the protocol's own, or it is too much
 *
 * Returns: whether @request can be signed at all
 */
gboolean ck_signing_check (const CkSigningRequest *request,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether @grant is one of OAuth 1.0a: its token is good for nothing without a signature. */
gboolean ck_signing_is_for (CkGrant *grant);

/**
 * ck_signing_sign:
 * @request: one that ck_signing_check() has seen
 * @error: %CK_ERROR_NOT_SUPPORTED if @grant is none of OAuth 1.0a, %CK_ERROR_NO_SUCH_CLIENT,
 *   %CK_ERROR_SUSPENDED if the client has no secret (any more)
 *
 * While a client has several secrets, the first signs.
 *
 * Returns: (transfer full) (nullable): the value of the Authorization header
 */
char *ck_signing_sign (CkBroker *broker,
                       CkChannel *channel,
                       CkGrant *grant,
                       const CkSigningRequest *request,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
