/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/**
 * CkDbWriter:
 *
 * One SQLite file, one connection, one thread that works on it, and a queue. Jobs that wait
 * together are committed together: one transaction, one fsync, however many they are.
 *
 * The file is in WAL mode with synchronous=FULL, so a job reported done survives a power cut. It is
 * locked for this process alone as long as it is open, which also keeps the WAL index in memory:
 * opening needs no room on a full disk.
 */
#define CK_TYPE_DB_WRITER (ck_db_writer_get_type ())
G_DECLARE_FINAL_TYPE (CkDbWriter, ck_db_writer, CK, DB_WRITER, GObject)

/**
 * CkDbFunc:
 * @db: the connection, inside a transaction
 * @data: the job's data
 * @error: to be set on failure, best by ck_db_writer_set_error()
 *
 * A piece of work; it neither begins nor ends a transaction. Runs in the writer's thread. Whatever
 * it has changed is undone if it returns %FALSE.
 *
 * Returns: whether it succeeded
 */
typedef gboolean (*CkDbFunc) (sqlite3 *db, gpointer data, GError **error);

/**
 * CkDbFormat:
 * @application_id: marks files of this kind (PRAGMA application_id)
 * @version: of the schema (PRAGMA user_version); a file with a higher one is refused
 * @create: makes the tables and first rows of a new file
 * @upgrade: makes the tables of a lower version those of @version; %NULL where there is no lower one
 */
typedef struct
{
  gint32 application_id;
  gint32 version;
  CkDbFunc create;
  CkDbFunc upgrade;
} CkDbFormat;

/**
 * ck_db_writer_open:
 * @path: the file, in an existing directory that only we may write to
 * @format: (transfer none): what must be in it
 * @create_data: for @format's create function
 * @error: %CK_ERROR_STORE: a symbolic link, not ours, readable by others, empty, no SQLite file,
 *   another format, a newer version, damaged, in use, or SQLite's words. The file is left as it was
 *
 * Opens the file. Where there is none a new one (0600) is made under another name and renamed when
 * it is complete and on disk: an empty or half-made file under @path is therefore always damage.
 *
 * Synchronous; to be called at start or in a thread.
 *
 * Returns: (transfer full) (nullable): the writer
 */
CkDbWriter *ck_db_writer_open (const char *path,
                               const CkDbFormat *format,
                               gpointer create_data,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_db_writer_get_path:
 *
 * Returns: (transfer none): the file, its directory resolved
 */
const char *ck_db_writer_get_path (CkDbWriter *writer);

/**
 * ck_db_writer_get_db:
 *
 * Returns: (transfer none): the connection, for loading at start, before the first
 *   ck_db_writer_run_async(): from then on it belongs to the thread
 */
sqlite3 *ck_db_writer_get_db (CkDbWriter *writer);

/**
 * ck_db_writer_run_async:
 * @func: the work
 * @committed: (nullable) (scope async): called in the writer's thread, in the order of the queue,
 *   after the transaction with @func's work is on disk and before @callback is scheduled: how an
 *   image in memory follows the file in the file's own order
 * @data: (transfer full): for both, freed by @destroy in any thread
 * @cancellable: (nullable): a job cancelled before it has begun is not done; afterwards its result
 *   is the truth
 * @callback: called in the thread-default main context of the caller, in its turn (ck-background.h)
 *
 * Queues a job, from any thread. Its failure (@func's) fails it alone. A failed COMMIT fails every
 * job of the batch with %CK_ERROR_STORE.
 */
void ck_db_writer_run_async (CkDbWriter *writer,
                             CkDbFunc func,
                             void (*committed) (gpointer data),
                             gpointer data,
                             GDestroyNotify destroy,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean ck_db_writer_run_finish (CkDbWriter *writer, GAsyncResult *result, GError **error);

/**
 * ck_db_writer_flush_async:
 *
 * Finishes when everything queued before is done.
 */
void ck_db_writer_flush_async (CkDbWriter *writer,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean ck_db_writer_flush_finish (CkDbWriter *writer, GAsyncResult *result, GError **error);

/**
 * ck_db_writer_close:
 *
 * Does what is queued, ends the thread, closes the file; waits for all that. Callbacks still come
 * when their main context runs. Later jobs fail with %CK_ERROR_STORE. The last unref does it too.
 */
void ck_db_writer_close (CkDbWriter *writer);

/**
 * ck_db_writer_get_n_commits:
 *
 * Returns: how many transactions with work in them were committed (for tests and benchmarks)
 */
guint64 ck_db_writer_get_n_commits (CkDbWriter *writer);

/**
 * ck_db_writer_set_error:
 * @db: the connection
 * @doing: what failed, such as "cannot store a channel"
 * @error: set to %CK_ERROR_STORE with @doing, the file and SQLite's words
 *
 * Returns: %FALSE, for `return ck_db_writer_set_error (…)`
 */
gboolean ck_db_writer_set_error (sqlite3 *db, const char *doing, GError **error);

G_END_DECLS
