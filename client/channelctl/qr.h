/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ck_qr_to_string:
 * @text: what the code says
 * @colours: whether black on white may be asked for; else light parts are drawn, for a terminal
 *   that is dark
 *
 * A QR code of half-height blocks, two rows of it in each line.
 *
 * Returns: (transfer full) (nullable): the lines, or %NULL if @text is too long for a code
 */
char *ck_qr_to_string (const char *text, gboolean colours) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
