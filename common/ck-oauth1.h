/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * Signatures of OAuth 1.0a (RFC 5849 section 3), the same for the worker, which connects and
 * verifies, and for the broker, which signs for apps.
 */

/* The extra of a grant that holds its token's secret: a grant that has it is one of OAuth 1.0a. */
#define CK_OAUTH1_TOKEN_SECRET "oauth-token-secret"

/**
 * CkOAuth1Request:
 * @method: of the request, `POST`; signed in upper case
 * @uri: its address, with its query, without a fragment
 * @parameters: (nullable): name, value, name, value, …, %NULL: those of a form body
 * @protocol: (nullable): likewise: what the Authorization header says besides, `oauth_callback`
 * @client_id: `oauth_consumer_key`
 * @client_secret: its secret
 * @token: (nullable): `oauth_token`; %NULL: none is held yet
 * @token_secret: (nullable): its secret
 * @nonce: a word that is never used again within one second
 * @timestamp: Unix seconds
 * @version: (nullable): `1.0` (it may be left out, section 3.1, and some want it)
 */
typedef struct
{
  const char *method;
  const char *uri;
  const char *const *parameters;
  const char *const *protocol;
  const char *client_id;
  const char *client_secret;
  const char *token;
  const char *token_secret;
  const char *nonce;
  guint64 timestamp;
  const char *version;
} CkOAuth1Request;

/**
 * ck_oauth1_base_string:
 * @error: %G_IO_ERROR_INVALID_ARGUMENT, saying what is wrong with the address and quoting nothing
 *
 * The text that is signed (section 3.4.1). A query that is not well formed is refused: the server
 * would read it in a way of its own.
 *
 * Returns: (transfer full) (nullable): holds the token; free it with ck_form_text_free()
 */
char *ck_oauth1_base_string (const CkOAuth1Request *request,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_oauth1_sign:
 * @error: as ck_oauth1_base_string()
 *
 * Signs with HMAC-SHA1 (section 3.4.2).
 *
 * Returns: (transfer full) (nullable): what the Authorization header holds, `OAuth …`
 *   (section 3.5.1); free it with ck_form_text_free()
 */
char *ck_oauth1_sign (const CkOAuth1Request *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
