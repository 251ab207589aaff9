/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* A record's struct, described member by member once: making, copying, freeing, writing and reading
 * it are the same few loops for every record. */

typedef enum
{
  CK_FIELD_TEXT,   /* char * */
  CK_FIELD_LIST,   /* GStrv */
  CK_FIELD_NUMBER, /* guint64 or gint64 */
  CK_FIELD_COUNT,  /* guint */
  CK_FIELD_FLAG,   /* gboolean */
  CK_FIELD_STATE,  /* CkState */
  CK_FIELD_CAUSE,  /* CkCause */
} CkFieldType;

/**
 * CkField:
 * @column: the member's column
 * @type: what is at @offset
 * @offset: of the member in the struct
 *
 * The first field of a record is its key, a text.
 */
typedef struct
{
  const char *column;
  CkFieldType type;
  gsize offset;
} CkField;

/**
 * CkRecordType:
 * @table: the SQL table
 * @size: of the struct
 * @fields: its members
 * @n_fields: how many
 */
typedef struct
{
  const char *table;
  gsize size;
  const CkField *fields;
  guint n_fields;
} CkRecordType;

/**
 * ck_record_new:
 * @key: value of the first field
 *
 * Returns: (transfer full): a struct with empty texts and lists
 */
gpointer ck_record_new (const CkRecordType *type, const char *key);

/**
 * ck_record_copy:
 *
 * Returns: (transfer full): a deep copy; %NULL texts and lists become empty ones
 */
gpointer ck_record_copy (const CkRecordType *type, gconstpointer record);

/**
 * ck_record_pack:
 * @record: without %NULL texts and lists; its struct's size is a multiple of a pointer's
 *
 * A copy that is never changed, in one piece of memory: a third of what the pieces take.
 *
 * Returns: (transfer full): the copy, to be freed by g_free() alone
 */
gpointer ck_record_pack (const CkRecordType *type, gconstpointer record) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_record_free:
 * @record: (transfer full) (nullable): a struct
 */
void ck_record_free (const CkRecordType *type, gpointer record);

/**
 * ck_record_create_table:
 *
 * Makes the table.
 */
gboolean ck_record_create_table (const CkRecordType *type, sqlite3 *db, GError **error);

/**
 * ck_record_upgrade_table:
 *
 * Adds the columns that an earlier version did not have, with nothing in them.
 */
gboolean ck_record_upgrade_table (const CkRecordType *type, sqlite3 *db, GError **error);

/**
 * ck_record_write:
 *
 * Writes @record over the one with the same key.
 */
gboolean ck_record_write (const CkRecordType *type,
                          sqlite3 *db,
                          gconstpointer record,
                          GError **error);

/**
 * ck_record_remove:
 *
 * Deletes the record of that key, if it is there.
 */
gboolean ck_record_remove (const CkRecordType *type, sqlite3 *db, const char *key, GError **error);

/**
 * CkRecordFound:
 * @record: (transfer full): a record of the table
 */
typedef void (*CkRecordFound) (gpointer record, gpointer user_data);

/**
 * ck_record_load:
 * @found: called for each, by key; one by one, so that ten thousand are not in memory twice
 * @error: %CK_ERROR_STORE if the table cannot be read, or a row is not what was written; the
 *   message names file, table, key and column
 *
 * Returns: whether @found was called for all that there are
 */
gboolean ck_record_load (const CkRecordType *type,
                         sqlite3 *db,
                         CkRecordFound found,
                         gpointer user_data,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_db_read_text:
 * @statement: a statement standing on a row
 * @column: which
 *
 * Returns: (transfer full) (nullable): the column as UTF-8, %NULL if it is something else
 */
char *ck_db_read_text (sqlite3_stmt *statement, int column);

extern const CkRecordType ck_channel_record_type;
extern const CkRecordType ck_client_record_type;

G_END_DECLS
