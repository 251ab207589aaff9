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

G_END_DECLS
