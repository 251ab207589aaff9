/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What one call may carry: whatever a caller can make grow is capped. */
#define CK_MAX_TEXT 4096 /* bytes of one string */
#define CK_MAX_LIST 256  /* members of one list or dictionary */

/**
 * CkOptionSpec:
 * @key: the option's name
 * @type: its D-Bus type
 *
 * One option that a method knows. A table of them ends with a %NULL key.
 */
typedef struct
{
  const char *key;
  const char *type;
} CkOptionSpec;

/* The option of every method that takes options: seconds until it must have answered. */
#define CK_OPTION_TIMEOUT { "timeout", "u" }

/**
 * ck_options_check:
 * @options: an a{sv} from a caller
 * @known: the table of what is known
 * @error: %CK_ERROR_INVALID_ARGUMENT: an unknown key (the message names it and the known ones), a
 *   key given twice, a wrong type, a string over %CK_MAX_TEXT or a list over %CK_MAX_LIST
 *
 * Returns: whether @options may be looked up in
 */
gboolean ck_options_check (GVariant *options, const CkOptionSpec *known, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Each for options that have passed ck_options_check(): a missing one is NULL, FALSE or 0. */
const char *ck_options_get_string (GVariant *options, const char *key); /* (transfer none) */
GStrv ck_options_dup_strings (GVariant *options, const char *key);      /* (transfer full) */
gboolean ck_options_get_boolean (GVariant *options, const char *key);
guint ck_options_get_uint (GVariant *options, const char *key, guint fallback);
guint64 ck_options_get_time (GVariant *options, const char *key);

G_END_DECLS
