/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-db-statement.h"

#include "ck-db-writer.h"

/* The connection keeps the list: what is in use is one that has been stepped and not reset. */
static sqlite3_stmt *
find_kept (sqlite3 *db, const char *sql)
{
  sqlite3_stmt *statement = NULL;

  while ((statement = sqlite3_next_stmt (db, statement)) != NULL)
    {
      if (!sqlite3_stmt_busy (statement) && g_str_equal (sqlite3_sql (statement), sql))
        return statement;
    }

  return NULL;
}

sqlite3_stmt *
ck_db_statement_get (sqlite3 *db, const char *sql, const char *doing, GError **error)
{
  sqlite3_stmt *statement = find_kept (db, sql);

  if (statement == NULL
      && sqlite3_prepare_v3 (db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
    ck_db_writer_set_error (db, doing, error);

  return statement;
}

void
ck_db_statement_release (sqlite3_stmt *statement)
{
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
}

gboolean
ck_db_statement_run (sqlite3_stmt *statement, const char *doing, GError **error)
{
  gboolean done = sqlite3_step (statement) == SQLITE_DONE;

  if (!done)
    ck_db_writer_set_error (sqlite3_db_handle (statement), doing, error);
  ck_db_statement_release (statement);

  return done;
}

gboolean
ck_db_statement_exec (sqlite3 *db, const char *sql, const char *doing, GError **error)
{
  sqlite3_stmt *statement = ck_db_statement_get (db, sql, doing, error);

  return statement != NULL && ck_db_statement_run (statement, doing, error);
}
