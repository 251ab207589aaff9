/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-ini.h"

G_BEGIN_DECLS

/**
 * CkValueKind:
 *
 * What may stand behind a key, and how it reads once it has been checked. An empty value is taken
 * where the comment says so and means "as if not written", over an inherited one too.
 */
typedef enum
{
  CK_VALUE_TEXT,      /* any text; may be empty */
  CK_VALUE_ID,        /* an id (ck_id_is_valid()) */
  CK_VALUE_FILE_NAME, /* a name without a slash, not hidden */
  CK_VALUE_WORD,      /* one of those in detail */
  CK_VALUE_LIST,      /* words between spaces, may be repeated and empty; joined by single spaces */
  CK_VALUE_WORDS,     /* a list of words of detail */
  CK_VALUE_URIS,      /* a list of redirect URIs (RFC 6749 section 3.1.2) */
  CK_VALUE_ENDPOINT,  /* a URI that secrets may go to: https (ck_value_is_endpoint()); may be empty */
  CK_VALUE_LINK,      /* an http or https URI for people; may be empty */
  CK_VALUE_DURATION,  /* reads as a number of seconds, or `never` */
  CK_VALUE_FINITE,    /* a duration other than `never`, within the two of detail if there is one */
  CK_VALUE_DURATIONS, /* a list of durations other than `never` */
  CK_VALUE_AHEAD,     /* `20%` (1 to 50), or a duration other than `never` */
  CK_VALUE_BOOLEAN,   /* reads as `yes` or `no` */
  CK_VALUE_NUMBER,    /* from the first to the second number of detail */
  CK_VALUE_PORT,      /* `any` or a port; may be empty */
  CK_VALUE_PATH,      /* an absolute path; may be empty */
  CK_VALUE_HEADER,    /* a `Name: value` header; may be repeated and empty; one a line when read */
  CK_VALUE_SOURCES,   /* a list of places in an answer (ck-answer-source.h); detail is the unit */
  CK_VALUE_MATCH,     /* a match of a failure group (ck-failure.h); may be repeated, is not merged */
  CK_VALUE_REFUSED,   /* a key that must not be here; detail says why */
} CkValueKind;

/**
 * CkSchemaKey:
 * @group: the group; `Failure *` is any group of two words that begins so, the second a cause, or
 *   in `Advice *` a word of ck-advice.h
 * @key: the key
 * @kind: what may stand behind it
 * @detail: (nullable): as @kind says
 */
typedef struct
{
  const char *group;
  const char *key;
  CkValueKind kind;
  const char *detail;
} CkSchemaKey;

/**
 * CkSchema:
 * @keys: all that a kind of file may say
 * @n_keys: their number
 *
 * The one table of a kind of file; a test compares it with the manual page.
 */
typedef struct
{
  const CkSchemaKey *keys;
  gsize n_keys;
} CkSchema;

/**
 * ck_schema_read:
 * @schema: what the file may say
 * @ini: what it says
 * @insecure_loopback: whether endpoints may be plain http to a loopback address
 * @values: (element-type utf8 utf8): where to put `Group.Key` and the checked value; a key that is
 *   there already, from a file read before, is replaced
 * @error: %CK_ERROR_INVALID_ARGUMENT naming file, line, group and key
 *
 * Checks every line of @ini. @values may hold some of them if that fails.
 *
 * Returns: whether all is good
 */
gboolean ck_schema_read (const CkSchema *schema,
                         CkIni *ini,
                         gboolean insecure_loopback,
                         GHashTable *values,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_schema_get_list:
 * @values: as ck_schema_read() fills it
 * @key: `Group.Key` of a list
 *
 * Returns: (transfer full): its words, maybe none
 */
GStrv ck_schema_get_list (GHashTable *values, const char *key) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_schema_dup_text:
 *
 * Returns: (transfer full): the value of @key, empty if it is not there
 */
char *ck_schema_dup_text (GHashTable *values, const char *key) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
