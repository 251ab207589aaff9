/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-record-field.h"

#include <string.h>

#include "ck-db-statement.h"
#include "ck-db-writer.h"
#include "ck-error.h"
#include "ck-state.h"

static const char *const column_types[] = {
  [CK_FIELD_TEXT] = "TEXT",  [CK_FIELD_LIST] = "BLOB",     [CK_FIELD_NUMBER] = "INTEGER",
  [CK_FIELD_COUNT] = "INTEGER", [CK_FIELD_FLAG] = "INTEGER", [CK_FIELD_STATE] = "TEXT",
  [CK_FIELD_CAUSE] = "TEXT",
};

/* What a row has in a column that it was written without: nothing, which no state and no cause is. */
static const char *const column_defaults[] = {
  [CK_FIELD_TEXT] = "''",  [CK_FIELD_LIST] = "x''", [CK_FIELD_NUMBER] = "0",
  [CK_FIELD_COUNT] = "0", [CK_FIELD_FLAG] = "0",    [CK_FIELD_STATE] = "''",
  [CK_FIELD_CAUSE] = "''",
};

#define MEMBER(type, record, field) G_STRUCT_MEMBER (type, record, (field)->offset)
#define CONST_MEMBER(type, record, field)                                                          \
  (*(type const *) (gconstpointer) ((const guint8 *) (record) + (field)->offset))

static void
fill_empty (const CkRecordType *type, gpointer record)
{
  for (guint i = 0; i < type->n_fields; i++)
    {
      const CkField *field = &type->fields[i];

      if (field->type == CK_FIELD_TEXT && MEMBER (char *, record, field) == NULL)
        MEMBER (char *, record, field) = g_strdup ("");
      else if (field->type == CK_FIELD_LIST && MEMBER (GStrv, record, field) == NULL)
        MEMBER (GStrv, record, field) = g_new0 (char *, 1);
    }
}

gpointer
ck_record_new (const CkRecordType *type, const char *key)
{
  gpointer record = g_malloc0 (type->size);

  MEMBER (char *, record, &type->fields[0]) = g_strdup (key);
  fill_empty (type, record);

  return record;
}

gpointer
ck_record_copy (const CkRecordType *type, gconstpointer record)
{
  gpointer copy = g_memdup2 (record, type->size);

  for (guint i = 0; i < type->n_fields; i++)
    {
      const CkField *field = &type->fields[i];

      if (field->type == CK_FIELD_TEXT)
        MEMBER (char *, copy, field) = g_strdup (CONST_MEMBER (char *, record, field));
      else if (field->type == CK_FIELD_LIST)
        MEMBER (GStrv, copy, field) = g_strdupv (CONST_MEMBER (GStrv, record, field));
    }
  fill_empty (type, copy);

  return copy;
}

void
ck_record_free (const CkRecordType *type, gpointer record)
{
  if (record == NULL)
    return;

  for (guint i = 0; i < type->n_fields; i++)
    {
      const CkField *field = &type->fields[i];

      if (field->type == CK_FIELD_TEXT)
        g_free (MEMBER (char *, record, field));
      else if (field->type == CK_FIELD_LIST)
        g_strfreev (MEMBER (GStrv, record, field));
    }
  g_free (record);
}

/* Bytes that @record's texts and lists take beyond its struct; the lists' pointers apart. */
static void
measure (const CkRecordType *type, gconstpointer record, gsize *n_pointers, gsize *n_chars)
{
  for (guint i = 0; i < type->n_fields; i++)
    {
      const CkField *field = &type->fields[i];
      GStrv list = field->type == CK_FIELD_LIST ? CONST_MEMBER (GStrv, record, field) : NULL;

      if (field->type == CK_FIELD_TEXT)
        *n_chars += strlen (CONST_MEMBER (char *, record, field)) + 1;
      if (field->type == CK_FIELD_LIST)
        *n_pointers += g_strv_length (list) + 1;
      for (; list != NULL && *list != NULL; list++)
        *n_chars += strlen (*list) + 1;
    }
}

static char *
pack_text (char **chars, const char *text)
{
  char *packed = *chars;

  *chars = stpcpy (packed, text) + 1;

  return packed;
}

gpointer
ck_record_pack (const CkRecordType *type, gconstpointer record)
{
  gsize n_pointers = 0;
  gsize n_chars = 0;
  gpointer packed;
  char **pointers;
  char *chars;

  measure (type, record, &n_pointers, &n_chars);
  packed = g_malloc (type->size + n_pointers * sizeof (char *) + n_chars);
  memcpy (packed, record, type->size);
  pointers = (char **) G_STRUCT_MEMBER_P (packed, type->size);
  chars = (char *) (pointers + n_pointers);

  for (guint i = 0; i < type->n_fields; i++)
    {
      const CkField *field = &type->fields[i];
      GStrv list = field->type == CK_FIELD_LIST ? CONST_MEMBER (GStrv, record, field) : NULL;

      if (field->type == CK_FIELD_TEXT)
        MEMBER (char *, packed, field) = pack_text (&chars, CONST_MEMBER (char *, record, field));
      if (field->type != CK_FIELD_LIST)
        continue;

      MEMBER (GStrv, packed, field) = pointers;
      for (; *list != NULL; list++)
        *pointers++ = pack_text (&chars, *list);
      *pointers++ = NULL;
    }

  return packed;
}

gboolean
ck_record_create_table (const CkRecordType *type, sqlite3 *db, GError **error)
{
  g_autoptr (GString) sql = g_string_new ("CREATE TABLE ");

  g_string_append_printf (sql, "%s (", type->table);
  for (guint i = 0; i < type->n_fields; i++)
    g_string_append_printf (sql,
                            "%s%s %s NOT NULL%s",
                            i > 0 ? ", " : "",
                            type->fields[i].column,
                            column_types[type->fields[i].type],
                            i == 0 ? " PRIMARY KEY" : "");
  g_string_append (sql, ") STRICT, WITHOUT ROWID");

  if (sqlite3_exec (db, sql->str, NULL, NULL, NULL) != SQLITE_OK)
    return ck_db_writer_set_error (db, "cannot make", error);

  return TRUE;
}

gboolean
ck_record_upgrade_table (const CkRecordType *type, sqlite3 *db, GError **error)
{
  for (guint i = 0; i < type->n_fields; i++)
    {
      const CkField *field = &type->fields[i];
      g_autofree char *sql = g_strdup_printf ("ALTER TABLE %s ADD COLUMN %s %s NOT NULL DEFAULT %s",
                                              type->table,
                                              field->column,
                                              column_types[field->type],
                                              column_defaults[field->type]);

      if (sqlite3_table_column_metadata (
              db, "main", type->table, field->column, NULL, NULL, NULL, NULL, NULL)
              != SQLITE_OK
          && sqlite3_exec (db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return ck_db_writer_set_error (db, "cannot upgrade", error);
    }

  return TRUE;
}

/* A list is its strings, each with its NUL: no separator can be in one of them. */
static void
bind_list (sqlite3_stmt *statement, int column, GStrv list)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; list != NULL && list[i] != NULL; i++)
    g_byte_array_append (bytes, (const guint8 *) list[i], (guint) strlen (list[i]) + 1);

  /* A NULL pointer would bind NULL, not an empty blob. */
  sqlite3_bind_blob (statement,
                     column,
                     bytes->len > 0 ? bytes->data : (const guint8 *) "",
                     (int) bytes->len,
                     SQLITE_TRANSIENT);
}

static void
bind_text (sqlite3_stmt *statement, int column, const char *text)
{
  sqlite3_bind_text (statement, column, text != NULL ? text : "", -1, SQLITE_TRANSIENT);
}

static void
bind_field (sqlite3_stmt *statement, int column, const CkField *field, gconstpointer record)
{
  switch (field->type)
    {
    case CK_FIELD_TEXT:
      bind_text (statement, column, CONST_MEMBER (char *, record, field));
      break;
    case CK_FIELD_LIST:
      bind_list (statement, column, CONST_MEMBER (GStrv, record, field));
      break;
    case CK_FIELD_NUMBER:
      sqlite3_bind_int64 (statement, column, CONST_MEMBER (gint64, record, field));
      break;
    case CK_FIELD_COUNT:
      sqlite3_bind_int64 (statement, column, CONST_MEMBER (guint, record, field));
      break;
    case CK_FIELD_FLAG:
      sqlite3_bind_int (statement, column, CONST_MEMBER (gboolean, record, field) ? 1 : 0);
      break;
    case CK_FIELD_STATE:
      bind_text (statement, column, ck_state_to_string (CONST_MEMBER (CkState, record, field)));
      break;
    case CK_FIELD_CAUSE:
      bind_text (statement, column, ck_cause_to_string (CONST_MEMBER (CkCause, record, field)));
      break;
    default:
      g_assert_not_reached ();
    }
}

/* By name: in a table that was upgraded they stand in another order. */
static void
append_columns (GString *sql, const CkRecordType *type)
{
  for (guint i = 0; i < type->n_fields; i++)
    g_string_append_printf (sql, "%s%s", i > 0 ? ", " : "", type->fields[i].column);
}

gboolean
ck_record_write (const CkRecordType *type, sqlite3 *db, gconstpointer record, GError **error)
{
  g_autoptr (GString) sql = g_string_new ("INSERT OR REPLACE INTO ");
  sqlite3_stmt *statement;

  g_string_append_printf (sql, "%s (", type->table);
  append_columns (sql, type);
  g_string_append (sql, ") VALUES (");
  for (guint i = 0; i < type->n_fields; i++)
    g_string_append (sql, i > 0 ? ", ?" : "?");
  g_string_append_c (sql, ')');

  statement = ck_db_statement_get (db, sql->str, "cannot write to", error);
  if (statement == NULL)
    return FALSE;
  for (guint i = 0; i < type->n_fields; i++)
    bind_field (statement, (int) i + 1, &type->fields[i], record);

  return ck_db_statement_run (statement, "cannot write to", error);
}

gboolean
ck_record_remove (const CkRecordType *type, sqlite3 *db, const char *key, GError **error)
{
  g_autofree char *sql
      = g_strdup_printf ("DELETE FROM %s WHERE %s = ?", type->table, type->fields[0].column);
  sqlite3_stmt *statement = ck_db_statement_get (db, sql, "cannot remove from", error);

  if (statement == NULL)
    return FALSE;
  bind_text (statement, 1, key);

  return ck_db_statement_run (statement, "cannot remove from", error);
}

char *
ck_db_read_text (sqlite3_stmt *statement, int column)
{
  const char *text = (const char *) sqlite3_column_text (statement, column);
  int length = sqlite3_column_bytes (statement, column);

  /* g_utf8_validate() refuses a NUL within the length as well. */
  if (text == NULL || !g_utf8_validate (text, length, NULL))
    return NULL;

  return g_strndup (text, (gsize) length);
}

static GStrv
read_list (sqlite3_stmt *statement, int column)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (g_free);
  const char *next = sqlite3_column_blob (statement, column);
  const char *end = next + sqlite3_column_bytes (statement, column);

  if (next != end && end[-1] != '\0')
    return NULL;

  for (; next < end; next += strlen (next) + 1)
    {
      if (!g_utf8_validate (next, -1, NULL))
        return NULL;
      g_ptr_array_add (list, g_strdup (next));
    }
  g_ptr_array_add (list, NULL);

  return (GStrv) g_ptr_array_free (g_steal_pointer (&list), FALSE);
}

static gboolean
read_field (sqlite3_stmt *statement, int column, const CkField *field, gpointer record)
{
  const char *word = NULL;
  gint64 number = 0;

  if (field->type == CK_FIELD_STATE || field->type == CK_FIELD_CAUSE)
    word = (const char *) sqlite3_column_text (statement, column);
  else if (field->type != CK_FIELD_TEXT && field->type != CK_FIELD_LIST)
    number = sqlite3_column_int64 (statement, column);

  switch (field->type)
    {
    case CK_FIELD_TEXT:
      MEMBER (char *, record, field) = ck_db_read_text (statement, column);
      return MEMBER (char *, record, field) != NULL;
    case CK_FIELD_LIST:
      MEMBER (GStrv, record, field) = read_list (statement, column);
      return MEMBER (GStrv, record, field) != NULL;
    case CK_FIELD_NUMBER:
      MEMBER (gint64, record, field) = number;
      return TRUE;
    case CK_FIELD_COUNT:
      MEMBER (guint, record, field) = (guint) number;
      return number >= 0 && number <= G_MAXUINT;
    case CK_FIELD_FLAG:
      MEMBER (gboolean, record, field) = number == 1;
      return number == 0 || number == 1;
    case CK_FIELD_STATE:
      return ck_state_from_string (word, &MEMBER (CkState, record, field));
    case CK_FIELD_CAUSE:
      return ck_cause_from_string (word, &MEMBER (CkCause, record, field));
    default:
      g_assert_not_reached ();
    }
}

static gpointer
read_row (const CkRecordType *type, sqlite3_stmt *statement, GError **error)
{
  gpointer record = g_malloc0 (type->size);

  for (guint i = 0; i < type->n_fields; i++)
    {
      g_autofree char *key = NULL;

      if (read_field (statement, (int) i, &type->fields[i], record))
        continue;

      key = ck_db_read_text (statement, 0);
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_STORE,
                   "%s is damaged: %s %s has no readable %s. Restore it from a backup",
                   sqlite3_db_filename (sqlite3_db_handle (statement), "main"),
                   type->table,
                   key != NULL ? key : "(unreadable)",
                   type->fields[i].column);
      ck_record_free (type, record);
      return NULL;
    }

  return record;
}

static sqlite3_stmt *
prepare_load (const CkRecordType *type, sqlite3 *db)
{
  g_autoptr (GString) sql = g_string_new ("SELECT ");
  sqlite3_stmt *statement = NULL;

  append_columns (sql, type);
  g_string_append_printf (sql, " FROM %s ORDER BY %s", type->table, type->fields[0].column);
  sqlite3_prepare_v2 (db, sql->str, -1, &statement, NULL);

  return statement;
}

gboolean
ck_record_load (const CkRecordType *type,
                sqlite3 *db,
                CkRecordFound found,
                gpointer user_data,
                GError **error)
{
  sqlite3_stmt *statement = prepare_load (type, db);
  int code = SQLITE_ERROR;
  gboolean readable = TRUE;

  while (readable && statement != NULL && (code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      gpointer record = read_row (type, statement, error);

      readable = record != NULL;
      if (readable)
        found (record, user_data);
    }

  if (readable && code != SQLITE_DONE)
    readable = ck_db_writer_set_error (db, "cannot read", error);
  sqlite3_finalize (statement);
  /* A table is read as a whole once: its pages are not wanted again. */
  sqlite3_db_release_memory (db);

  return readable;
}
