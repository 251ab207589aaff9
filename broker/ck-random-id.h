/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ck_random_id_new:
 *
 * Returns: (transfer full): 16 bytes of getrandom() as 32 hexadecimal digits: nobody guesses it,
 * and it comes once
 */
char *ck_random_id_new (void) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
