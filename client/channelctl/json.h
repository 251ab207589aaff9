/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * ck_json_name:
 * @name: a name as the bus has it, `ExpiresAt` or `user-code`
 *
 * Returns: (transfer full): the name as channelctl's JSON has it, `expires_at` or `user_code`
 */
char *ck_json_name (const char *name) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_json_from_variant:
 * @value: (transfer none): what came from the bus
 *
 * Dictionaries with string keys become objects with names as ck_json_name() makes them, arrays and
 * tuples arrays, variants what they hold. A byte array, which no answer has, becomes numbers; a
 * handle becomes null.
 *
 * Returns: (transfer full): the same as JSON
 */
JsonNode *ck_json_from_variant (GVariant *value) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_json_from_row:
 * @row: (transfer none): a tuple
 * @names: (array zero-terminated=1): what its members are called; may be fewer
 *
 * Returns: (transfer full): an object
 */
JsonObject *ck_json_from_row (GVariant *row, const char *const *names) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_json_from_rows:
 * @rows: (transfer none): an array of tuples
 * @names: as ck_json_from_row()
 *
 * Returns: (transfer full): an array of objects
 */
JsonNode *ck_json_from_rows (GVariant *rows, const char *const *names) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_json_print:
 * @node: (transfer full): what to print
 *
 * Prints an answer on standard output, indented.
 */
void ck_json_print (JsonNode *node);

/**
 * ck_json_print_line:
 * @object: (transfer full): one event
 *
 * Prints it as one line of a stream, and flushes.
 */
void ck_json_print_line (JsonObject *object);

/**
 * ck_json_to_string:
 * @object: (transfer full): an object
 *
 * Returns: (transfer full): it on one line
 */
char *ck_json_to_string (JsonObject *object) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
