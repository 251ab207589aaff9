/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ck_path_encode:
 * @prefix: an object path without a trailing slash
 * @id: any UTF-8 text
 *
 * Escapes @id into one element of an object path exactly as sd_bus_path_encode() does: ASCII
 * letters and digits stay, but for a leading digit; every other byte is an underscore and two
 * lower-case hexadecimal digits; an empty text is one underscore.
 *
 * Returns: (transfer full): the object path
 */
char *ck_path_encode (const char *prefix, const char *id) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_path_decode:
 * @node: (nullable): the last element of an object path
 *
 * Stricter than sd_bus_path_decode(): only the one spelling that ck_path_encode() makes is
 * accepted, so that an object has one path.
 *
 * Returns: (transfer full) (nullable): the text, %NULL if @node is not such a spelling
 */
char *ck_path_decode (const char *node) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
