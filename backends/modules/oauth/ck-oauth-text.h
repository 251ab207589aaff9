/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CkSecretText:
 *
 * A string that holds a secret: `g_auto (CkSecretText)` overwrites it before it frees it.
 */
typedef char *CkSecretText;
void ck_secret_text_free (CkSecretText text);
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (CkSecretText, ck_secret_text_free, NULL)

/**
 * ck_oauth_is_token:
 *
 * Returns: whether @text is one or more printable ASCII characters, %x20-7E (RFC 6749 appendix A)
 */
gboolean ck_oauth_is_token (const char *text) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_oauth_clean:
 * @text: a text of the platform's
 * @max_chars: where to cut
 *
 * Returns: (transfer full): valid UTF-8 without control characters, cut
 */
char *ck_oauth_clean (const char *text, gsize max_chars) G_GNUC_WARN_UNUSED_RESULT;

/* Whether a boolean (nullable) of the provider file says so: `true`, `yes`; `false`, `no`. */
gboolean ck_setting_is_yes (const char *setting) G_GNUC_WARN_UNUSED_RESULT;
gboolean ck_setting_is_no (const char *setting) G_GNUC_WARN_UNUSED_RESULT;

/* RFC 4648 section 5, without padding. */
char *ck_base64url_encode (const guchar *data, gsize length) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_base64url_decode:
 * @length: of @text in bytes
 * @decoded_length: (out): bytes
 *
 * Returns: (transfer full) (nullable): the bytes and a NUL behind them; %NULL if @text has anything
 *   but the alphabet's characters (padding too: RFC 7515 section 2)
 */
guchar *ck_base64url_decode (const char *text,
                             gsize length,
                             gsize *decoded_length) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
