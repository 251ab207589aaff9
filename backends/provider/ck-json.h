/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* How deep a document of a platform may nest. */
#define CK_JSON_MAX_DEPTH 32

/**
 * ck_json_parse:
 * @data: (array length=length): bytes from a platform, not trusted
 * @length: how many
 * @error: %CK_ERROR_PROVIDER_ERROR, with the offset of what is wrong
 *
 * Parses strictly by RFC 8259, which json-glib alone does not: no comments, nothing behind the
 * value, valid UTF-8, no NUL (raw or as an escape), at most %CK_JSON_MAX_DEPTH levels, no object
 * that names a member twice (section 4: what such an object means is not predictable), no integer
 * beyond 64 bits, no number beyond a double.
 *
 * Returns: (transfer full) (nullable): the value
 */
JsonNode *ck_json_parse (const char *data, gsize length, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_json_walk:
 * @root: (nullable): a value
 * @path: member names joined by dots, an array's element by its number: `data.0.id`
 *
 * Returns: (transfer none) (nullable): the value there
 */
JsonNode *ck_json_walk (JsonNode *root, const char *path);

/**
 * ck_json_dup_text:
 * @node: (nullable): a value
 *
 * Returns: (transfer full) (nullable): a string, number or boolean as text, a whole number exactly;
 *   %NULL for all else
 */
char *ck_json_dup_text (JsonNode *node);

G_END_DECLS
