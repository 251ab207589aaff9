/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ck_random_word:
 *
 * Returns: (transfer full) (nullable): 32 bytes of getrandom() as 43 base64url characters: a state,
 *   a nonce, or a code verifier (RFC 7636 section 4.1); %NULL if the kernel gives none
 */
char *ck_random_word (void) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_pkce_challenge:
 * @verifier: a code verifier
 *
 * Returns: (transfer full): the code challenge of the method S256 (RFC 7636 section 4.2)
 */
char *ck_pkce_challenge (const char *verifier) G_GNUC_WARN_UNUSED_RESULT;

/* The same digest in hexadecimal, as a platform has it that read the RFC in its own way. */
char *ck_pkce_challenge_hex (const char *verifier) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
