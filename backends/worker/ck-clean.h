/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ck_clean_line:
 * @text: bytes from anywhere
 * @max_chars: how many characters the result has at most
 *
 * Returns: (transfer full): @text as one line of valid UTF-8 without control characters (nor those
 *   that turn the direction of writing), cut with an ellipsis
 */
char *ck_clean_line (const char *text, guint max_chars) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
