/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/**
 * ck_db_statement_get:
 * @db: a connection
 * @sql: one statement
 * @doing: for the message: "cannot write to"
 * @error: %CK_ERROR_STORE
 *
 * A renewal writes a dozen times, and to parse SQL takes longer than to run it: a statement that was
 * given back is used again.
 *
 * Returns: (transfer none) (nullable): to be given back with ck_db_statement_release() or
 *   ck_db_statement_run(), or to sqlite3_finalize() if it is not wanted again
 */
sqlite3_stmt *ck_db_statement_get (sqlite3 *db,
                                   const char *sql,
                                   const char *doing,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_db_statement_release:
 * @statement: from ck_db_statement_get()
 *
 * Gives it back: what is bound to it is not referred to any more, its rows are gone.
 */
void ck_db_statement_release (sqlite3_stmt *statement);

/**
 * ck_db_statement_run:
 * @statement: (transfer full): one that gives no rows
 * @doing: for the message
 * @error: %CK_ERROR_STORE
 *
 * Runs it and gives it back.
 *
 * Returns: whether it succeeded
 */
gboolean ck_db_statement_run (sqlite3_stmt *statement, const char *doing, GError **error);

/**
 * ck_db_statement_exec:
 * @db: a connection
 * @sql: one statement that gives no rows and has nothing bound to it
 * @doing: for the message
 * @error: %CK_ERROR_STORE
 *
 * Gets it, runs it, gives it back.
 *
 * Returns: whether it succeeded
 */
gboolean ck_db_statement_exec (sqlite3 *db, const char *sql, const char *doing, GError **error);

G_END_DECLS
