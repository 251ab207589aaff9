/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Names and values as they stand in a form body, in a query, or in an OAuth 1.0a signature
 * (RFC 6749 appendix B, RFC 5849 section 3.6). Any of them may be a secret.
 */

/**
 * ck_form_escape:
 *
 * Returns: (transfer full): @text with all but RFC 3986's unreserved characters as %XX, which form
 *   decoders and URI decoders read alike; free it with ck_form_text_free() if it is a secret
 */
char *ck_form_escape (const char *text) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_form_unescape:
 * @length: of @text in bytes
 *
 * Decodes a name or a value of a form: `+` is a blank.
 *
 * Returns: (transfer full) (nullable): %NULL on a bad %XX, a NUL, or what is no UTF-8
 */
char *ck_form_unescape (const char *text, gsize length) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_form_next:
 * @cursor: (inout): where to read on in a form's text; behind the pair afterwards
 * @name: (out) (transfer full) (nullable): decoded; %NULL if it cannot be
 * @value: (out) (transfer full) (nullable): likewise; empty if the pair has no `=`
 *
 * Reads the next pair; empty ones, as in `a=b&&c=d`, are passed over.
 *
 * Returns: %FALSE at the end
 */
gboolean ck_form_next (const char **cursor, char **name, char **value) G_GNUC_WARN_UNUSED_RESULT;

/* Overwrites @text (nullable) before it frees it. */
void ck_form_text_free (char *text);

G_END_DECLS
