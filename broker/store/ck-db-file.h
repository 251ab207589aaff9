/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-db-writer.h"
#include "ck-error.h"

G_BEGIN_DECLS

/**
 * ck_db_file_resolve:
 * @path: a file that need not exist, in a directory that must
 * @error: %CK_ERROR_STORE if there is no such directory
 *
 * SQLite is told to follow no symbolic link, so those of the directory are resolved before.
 *
 * Returns: (transfer full) (nullable): @path with its directory resolved
 */
char *ck_db_file_resolve (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_db_file_open:
 * @path: from ck_db_file_resolve()
 * @format: (transfer none): what must be in it
 * @create_data: for @format's create function
 * @error: as ck_db_writer_open()
 *
 * Opens @path, which is first made where there is none. Closing the connection without
 * ck_db_file_accept() leaves the file and its WAL as they were found.
 *
 * Returns: (transfer full) (nullable): the connection
 */
sqlite3 *ck_db_file_open (const char *path,
                          const CkDbFormat *format,
                          gpointer create_data,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_db_file_accept:
 * @db: a connection whose content was found good: closing it may tidy up
 */
void ck_db_file_accept (sqlite3 *db);

/**
 * ck_db_file_check_structure:
 * @db: a connection
 * @code: of the error
 * @error: says what SQLite found
 *
 * Looks at SQLite's own structures: a page that points wrong must not be written through.
 *
 * Returns: whether they are sound
 */
gboolean ck_db_file_check_structure (sqlite3 *db, CkError code, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_db_file_close:
 * @db: (transfer full): a connection
 *
 * Closes it with the statements it keeps (ck_db_statement_get()).
 */
void ck_db_file_close (sqlite3 *db);

/**
 * ck_db_file_sync_directory:
 * @path: a file that was made, renamed or removed
 * @error: %CK_ERROR_STORE
 *
 * Puts the directory entry on disk.
 *
 * Returns: whether that succeeded
 */
gboolean ck_db_file_sync_directory (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
