/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * CkIdTokenExpected:
 * @issuer: the provider's issuer
 * @client_id: ours
 * @nonce: (nullable): the nonce that was sent; %NULL if none was
 * @now: Unix seconds
 */
typedef struct
{
  const char *issuer;
  const char *client_id;
  const char *nonce;
  guint64 now;
} CkIdTokenExpected;

/**
 * ck_id_token_check:
 * @id_token: an ID token that came from the token endpoint itself, over TLS: its signature is not
 *   looked at, as OpenID Connect Core section 3.1.3.7 (6) allows there and only there
 * @error: %G_IO_ERROR_INVALID_DATA, saying what is wrong and quoting nothing of it
 *
 * Checks `iss`, `aud`, `azp`, `exp` (two minutes of leeway for clocks) and `nonce`.
 *
 * Returns: (transfer full) (nullable): the `sub`, 1 to 255 printable ASCII characters
 */
char *ck_id_token_check (const char *id_token,
                         const CkIdTokenExpected *expected,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * CkFactors:
 * @CK_FACTORS_UNKNOWN: it does not say, or not in words that everybody understands
 * @CK_FACTORS_ONE: only what the person knows: a password, a PIN, an answer
 * @CK_FACTORS_TWO: something the person has or is, too
 *
 * How the person signed in.
 */
typedef enum
{
  CK_FACTORS_UNKNOWN,
  CK_FACTORS_ONE,
  CK_FACTORS_TWO,
} CkFactors;

/**
 * ck_id_token_get_factors:
 * @id_token: one that ck_id_token_check() has accepted
 *
 * Reads `amr` (RFC 8176) and `acr` (OpenID Connect Core section 2; the phishing-resistant values of
 * OpenID Provider Authentication Policy).
 */
CkFactors ck_id_token_get_factors (const char *id_token);

G_END_DECLS
