/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-history.h"

#include "ck-db-statement.h"
#include "ck-db-writer.h"
#include "ck-error.h"
#include "ck-record-field.h"

gboolean
ck_history_create_table (sqlite3 *db, GError **error)
{
  static const char sql[] = "CREATE TABLE history (sequence INTEGER PRIMARY KEY NOT NULL,"
                            " time INTEGER NOT NULL, channel TEXT NOT NULL, word TEXT NOT NULL,"
                            " details TEXT NOT NULL) STRICT;"
                            "CREATE INDEX history_channel ON history (channel, sequence);";

  if (sqlite3_exec (db, sql, NULL, NULL, NULL) != SQLITE_OK)
    return ck_db_writer_set_error (db, "cannot make", error);

  return TRUE;
}

#define WRITING "cannot write the history in"
#define TRIMMING "cannot trim the history in"

static gboolean
insert (sqlite3 *db, const CkEvent *event, GError **error)
{
  g_autofree char *details = g_variant_print (event->details, TRUE);
  sqlite3_stmt *statement
      = ck_db_statement_get (db,
                             "INSERT OR REPLACE INTO history (sequence, time, channel, word, details)"
                             " VALUES (?, ?, ?, ?, ?)",
                             WRITING,
                             error);

  if (statement == NULL)
    return FALSE;

  sqlite3_bind_int64 (statement, 1, (gint64) event->sequence);
  sqlite3_bind_int64 (statement, 2, (gint64) event->time);
  sqlite3_bind_text (statement, 3, event->channel, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 4, event->word, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 5, details, -1, SQLITE_STATIC);

  return ck_db_statement_run (statement, WRITING, error);
}

/* What happens by itself, day and night, must not drive out what a person will ask about. */
#define IS_ROUTINE "(word IN ('Renewed', 'TokenHandedOut'))"
#define ITS_KIND "channel = ?1 AND " IS_ROUTINE " = (?5 IN ('Renewed', 'TokenHandedOut'))"

static gboolean
trim (sqlite3 *db, const CkEvent *newest, const CkHistoryLimits *limits, GError **error)
{
  static const char sql[]
      = "DELETE FROM history WHERE " ITS_KIND " AND (sequence <="
        " (SELECT sequence FROM history WHERE " ITS_KIND " ORDER BY sequence DESC LIMIT 1 OFFSET ?2)"
        " OR (time < ?3 AND sequence <="
        " (SELECT sequence FROM history WHERE " ITS_KIND
        "  ORDER BY sequence DESC LIMIT 1 OFFSET ?4)))";
  guint64 since = newest->time > limits->oldest ? newest->time - limits->oldest : 0;
  sqlite3_stmt *statement = ck_db_statement_get (db, sql, TRIMMING, error);

  if (statement == NULL)
    return FALSE;

  sqlite3_bind_text (statement, 1, newest->channel, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 2, limits->most);
  sqlite3_bind_int64 (statement, 3, (gint64) since);
  sqlite3_bind_int64 (statement, 4, limits->least);
  sqlite3_bind_text (statement, 5, newest->word, -1, SQLITE_STATIC);

  return ck_db_statement_run (statement, TRIMMING, error);
}

gboolean
ck_history_write (sqlite3 *db, const CkEvent *event, const CkHistoryLimits *limits, GError **error)
{
  return insert (db, event, error) && trim (db, event, limits, error);
}

gboolean
ck_history_remove_channel (sqlite3 *db, const char *channel, GError **error)
{
  sqlite3_stmt *statement
      = ck_db_statement_get (db, "DELETE FROM history WHERE channel = ?", TRIMMING, error);

  if (statement == NULL)
    return FALSE;

  sqlite3_bind_text (statement, 1, channel, -1, SQLITE_STATIC);

  return ck_db_statement_run (statement, TRIMMING, error);
}

static CkEvent *
read_event (sqlite3_stmt *statement, const char *channel, GError **error)
{
  g_autofree char *word = ck_db_read_text (statement, 2);
  g_autofree char *text = ck_db_read_text (statement, 3);
  g_autoptr (GVariant) details = NULL;
  gint64 sequence = sqlite3_column_int64 (statement, 0);

  if (word != NULL && text != NULL)
    details = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);
  if (details == NULL)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_STORE,
                   "%s is damaged: event %" G_GINT64_FORMAT " of %s is not readable",
                   sqlite3_db_filename (sqlite3_db_handle (statement), "main"),
                   sequence,
                   channel);
      return NULL;
    }

  return ck_event_new ((guint64) sequence,
                       (guint64) sqlite3_column_int64 (statement, 1),
                       channel,
                       word,
                       details);
}

GPtrArray *
ck_history_read (sqlite3 *db, const char *channel, guint64 since, guint limit, GError **error)
{
  g_autoptr (GPtrArray) events = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_event_free);
  sqlite3_stmt *statement = NULL;
  int code = SQLITE_ERROR;
  gboolean readable = TRUE;

  if (sqlite3_prepare_v2 (db,
                          "SELECT sequence, time, word, details FROM history WHERE channel = ?"
                          " AND time >= ? ORDER BY sequence DESC LIMIT ?",
                          -1,
                          &statement,
                          NULL)
      == SQLITE_OK)
    {
      sqlite3_bind_text (statement, 1, channel, -1, SQLITE_STATIC);
      sqlite3_bind_int64 (statement, 2, (gint64) MIN (since, G_MAXINT64));
      sqlite3_bind_int64 (statement, 3, limit > 0 ? (gint64) limit : -1);
    }

  while (readable && statement != NULL && (code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      CkEvent *event = read_event (statement, channel, error);

      readable = event != NULL;
      if (readable)
        g_ptr_array_add (events, event);
    }

  if (readable && code != SQLITE_DONE)
    readable = ck_db_writer_set_error (db, "cannot read the history in", error);
  sqlite3_finalize (statement);

  return readable ? g_steal_pointer (&events) : NULL;
}

GPtrArray *
ck_history_read_after (sqlite3 *db, guint64 sequence, GError **error)
{
  g_autoptr (GPtrArray) events = ck_event_list_new ();
  sqlite3_stmt *statement = NULL;
  int code = SQLITE_ERROR;
  gboolean readable = TRUE;

  if (sqlite3_prepare_v2 (db,
                          "SELECT sequence, time, word, details, channel FROM history"
                          " WHERE sequence > ? ORDER BY sequence",
                          -1, &statement, NULL)
      == SQLITE_OK)
    sqlite3_bind_int64 (statement, 1, (gint64) MIN (sequence, G_MAXINT64));

  while (readable && statement != NULL && (code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      g_autofree char *channel = ck_db_read_text (statement, 4);
      CkEvent *event = read_event (statement, channel != NULL ? channel : "", error);

      readable = event != NULL;
      if (readable)
        g_ptr_array_add (events, event);
    }

  if (readable && code != SQLITE_DONE)
    readable = ck_db_writer_set_error (db, "cannot read the history in", error);
  sqlite3_finalize (statement);

  return readable ? g_steal_pointer (&events) : NULL;
}
