/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * ck_answer_find:
 * @root: (nullable): a JSON value
 * @path: member names joined by dots, an array's element by its number
 *
 * Returns: (transfer none) (nullable): the value there, %NULL if there is none or it is null
 */
JsonNode *ck_answer_find (JsonNode *root, const char *path) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_answer_get_string:
 *
 * Returns: (transfer none) (nullable): the string at @path
 */
const char *ck_answer_get_string (JsonNode *root, const char *path) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_answer_get_seconds:
 * @seconds: (out): untouched if there is nothing to read
 *
 * Reads a time or a duration that platforms write as a number or as a string of digits.
 *
 * Returns: %FALSE if there is none at @path, or it is no whole number from 0 to 2^53 - 1
 */
gboolean ck_answer_get_seconds (JsonNode *root,
                                const char *path,
                                guint64 *seconds) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_answer_dup_scopes:
 *
 * Returns: (transfer full) (nullable): the scopes at @path: a string with blanks or commas between
 *   them, or an array of strings; %NULL if it is neither
 */
GStrv ck_answer_dup_scopes (JsonNode *root, const char *path) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
