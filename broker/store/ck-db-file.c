/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-db-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ck-error.h"

/* Long enough for a predecessor to finish its last commit, short enough for a start. */
#define BUSY_TIMEOUT_MS 2000

#define SMALLEST_PAGE 512 /* of any SQLite file */

static gboolean
set_errno (const char *path, const char *doing, GError **error)
{
  int saved = errno;

  g_set_error (error, CK_ERROR, CK_ERROR_STORE, "cannot %s %s: %s", doing, path, g_strerror (saved));

  return FALSE;
}

static gboolean
set_problem (const char *path, const char *problem, GError **error)
{
  g_set_error (error, CK_ERROR, CK_ERROR_STORE, "%s %s", path, problem);

  return FALSE;
}

/* Who else may write there can put another file in the place of ours at any moment. */
static gboolean
check_directory (const char *directory, GError **error)
{
  struct stat st;

  if (stat (directory, &st) < 0)
    return set_errno (directory, "use the directory", error);
  if (st.st_uid != geteuid () && st.st_uid != 0)
    return set_problem (directory, "does not belong to the user of this service", error);
  if ((st.st_mode & 022) != 0)
    return set_problem (directory, "can be written by other users: its mode must be 0700", error);

  return TRUE;
}

char *
ck_db_file_resolve (const char *path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  char *real = realpath (directory, NULL);
  char *resolved = NULL;

  if (real == NULL)
    {
      set_errno (directory, "use the directory", error);
      return NULL;
    }

  if (check_directory (real, error))
    resolved = g_build_filename (real, name, NULL);
  free (real); /* realpath()'s own, not g_malloc()'s */

  return resolved;
}

gboolean
ck_db_file_sync_directory (const char *path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);
  int fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean done;

  if (fd < 0)
    return set_errno (directory, "open", error);

  done = fsync (fd) == 0;
  if (!done)
    set_errno (directory, "sync", error);
  close (fd);

  return done;
}

/* A crash may leave a part of a page at the end, but never without the log that has the whole. */
static gboolean
ends_within_page (const char *path, const struct stat *st)
{
  g_autofree char *wal = g_strconcat (path, "-wal", NULL);
  struct stat wal_st;

  return st->st_size % SMALLEST_PAGE != 0 && (lstat (wal, &wal_st) < 0 || wal_st.st_size == 0);
}

/* lstat() and not an open descriptor: closing one would drop the locks that SQLite may hold. The
 * directory is ours alone, so nobody can swap the file in between. */
static gboolean
check_private (const char *path, const struct stat *st, GError **error)
{
  if (S_ISLNK (st->st_mode))
    return set_problem (path, "is a symbolic link, which is not followed", error);
  if (!S_ISREG (st->st_mode))
    return set_problem (path, "is not a regular file", error);
  if (st->st_uid != geteuid ())
    return set_problem (path, "does not belong to the user of this service", error);
  if ((st->st_mode & 077) != 0)
    return set_problem (path, "is open to other users: its mode must be 0600", error);

  return TRUE;
}

/* What SQLite would open beside the file by itself, and wait for if it were a FIFO. */
static gboolean
check_beside (const char *path, GError **error)
{
  static const char *const suffixes[] = { "-journal", "-wal", "-shm" };

  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *name = g_strconcat (path, suffixes[i], NULL);
      struct stat st;

      if (lstat (name, &st) == 0 && !check_private (name, &st, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
check_existing (const char *path, GError **error)
{
  struct stat st;

  if (lstat (path, &st) < 0)
    return set_errno (path, "look at", error);
  if (!check_private (path, &st, error) || !check_beside (path, error))
    return FALSE;
  /* A new file gets its name when it is complete, see create_file(). */
  if (st.st_size == 0)
    return set_problem (path, "is damaged: it is empty. Restore it from a backup", error);

  if (ends_within_page (path, &st))
    return set_problem (path, "is damaged: its end is missing. Restore it from a backup", error);

  return TRUE;
}

static gboolean
exec_sql (sqlite3 *db, const char *sql, const char *doing, GError **error)
{
  if (sqlite3_exec (db, sql, NULL, NULL, NULL) != SQLITE_OK)
    return ck_db_writer_set_error (db, doing, error);

  return TRUE;
}

static gboolean
read_number (sqlite3 *db, const char *sql, gint64 *number, GError **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean found = sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) == SQLITE_OK
                   && sqlite3_step (statement) == SQLITE_ROW;

  if (found)
    *number = sqlite3_column_int64 (statement, 0);
  else
    ck_db_writer_set_error (db, "cannot read", error);
  sqlite3_finalize (statement);

  return found;
}

/* Settings of the connection alone: nothing here touches the file. */
static gboolean
configure (sqlite3 *db, GError **error)
{
  sqlite3_extended_result_codes (db, 1);
  sqlite3_busy_timeout (db, BUSY_TIMEOUT_MS);
  sqlite3_db_config (db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config (db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);

  return exec_sql (db,
                   "PRAGMA locking_mode = EXCLUSIVE;"
                   "PRAGMA synchronous = FULL;"
                   "PRAGMA secure_delete = ON;"
                   "PRAGMA cell_size_check = ON;"
                   "PRAGMA temp_store = MEMORY;"
                   "PRAGMA mmap_size = 0;"
                   "PRAGMA cache_size = -1024;",
                   "cannot set up",
                   error);
}

static gboolean
connect_and_configure (const char *path, sqlite3 **db, GError **error)
{
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE;

  if (sqlite3_open_v2 (path, db, flags, NULL) != SQLITE_OK)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_STORE,
                   "cannot open %s: %s",
                   path,
                   *db != NULL ? sqlite3_errmsg (*db) : "out of memory");
      return FALSE;
    }

  /* SQLite falls back to reading, and then fails to make its log with words that tell nothing. */
  if (sqlite3_db_readonly (*db, "main") == 1)
    return set_problem (path, "cannot be written: is the file system read-only?", error);

  return configure (*db, error);
}

static sqlite3 *
connect_file (const char *path, GError **error)
{
  sqlite3 *db = NULL;

  if (!connect_and_configure (path, &db, error))
    g_clear_pointer (&db, ck_db_file_close);

  return db;
}

static gboolean
fill_new (sqlite3 *db, const CkDbFormat *format, gpointer create_data, GError **error)
{
  g_autofree char *marks
      = g_strdup_printf ("PRAGMA application_id = %d; PRAGMA user_version = %d;",
                         format->application_id,
                         format->version);

  return exec_sql (db, "BEGIN IMMEDIATE", "cannot make", error)
         && exec_sql (db, marks, "cannot make", error)
         && format->create (db, create_data, error)
         && exec_sql (db, "COMMIT", "cannot make", error)
         && exec_sql (db, "PRAGMA journal_mode = WAL", "cannot make", error);
}

static void
remove_leftovers (const char *path)
{
  static const char *const suffixes[] = { "", "-journal", "-wal", "-shm" };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *name = g_strconcat (path, suffixes[i], NULL);

      unlink (name);
    }
}

static gboolean
make_private (const char *path, GError **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

  if (fd < 0)
    return set_errno (path, "make", error);

  close (fd);
  return TRUE;
}

static gboolean
create_file (const char *path, const CkDbFormat *format, gpointer create_data, GError **error)
{
  g_autofree char *wal = g_strconcat (path, "-wal", NULL);
  g_autofree char *fresh = g_strconcat (path, ".new", NULL);
  struct stat st;
  sqlite3 *db;
  gboolean filled;

  /* SQLite would take a log without its database for rubbish and delete it. */
  if (lstat (wal, &st) == 0 && st.st_size > 0)
    return set_problem (path, "is missing, but its log is there. Restore it from a backup", error);

  remove_leftovers (fresh);
  if (!make_private (fresh, error))
    return FALSE;

  db = connect_file (fresh, error);
  filled = db != NULL && fill_new (db, format, create_data, error);
  if (db != NULL)
    {
      ck_db_file_accept (db);
      ck_db_file_close (db);
    }

  if (filled && rename (fresh, path) < 0)
    filled = set_errno (path, "make", error);
  if (!filled)
    {
      remove_leftovers (fresh);
      return FALSE;
    }

  return ck_db_file_sync_directory (path, error);
}

gboolean
ck_db_file_check_structure (sqlite3 *db, CkError code, GError **error)
{
  const char *path = sqlite3_db_filename (db, "main");
  sqlite3_stmt *statement = NULL;
  const char *finding = NULL;
  gboolean sound;

  if (sqlite3_prepare_v2 (db, "PRAGMA integrity_check(1)", -1, &statement, NULL) == SQLITE_OK
      && sqlite3_step (statement) == SQLITE_ROW)
    finding = (const char *) sqlite3_column_text (statement, 0);
  sound = g_strcmp0 (finding, "ok") == 0;

  if (finding == NULL)
    g_set_error (error, CK_ERROR, code, "cannot read %s: %s", path, sqlite3_errmsg (db));
  else if (!sound)
    g_set_error (error, CK_ERROR, code, "%s is damaged (%s). Restore it from a backup", path, finding);
  sqlite3_finalize (statement);

  return sound;
}

static gboolean
upgrade (sqlite3 *db, const CkDbFormat *format, GError **error)
{
  g_autofree char *mark = g_strdup_printf ("PRAGMA user_version = %d", format->version);

  return ck_db_file_check_structure (db, CK_ERROR_STORE, error)
         && exec_sql (db, "BEGIN IMMEDIATE", "cannot upgrade", error)
         && format->upgrade (db, NULL, error) && exec_sql (db, mark, "cannot upgrade", error)
         && exec_sql (db, "COMMIT", "cannot upgrade", error);
}

static gboolean
check_format (sqlite3 *db, const CkDbFormat *format, GError **error)
{
  const char *path = sqlite3_db_filename (db, "main");
  gint64 application_id;
  gint64 version;

  if (!read_number (db, "PRAGMA application_id", &application_id, error)
      || !read_number (db, "PRAGMA user_version", &version, error))
    return FALSE;

  if (application_id != format->application_id)
    return set_problem (path, "is not a file of this kind, or it is damaged", error);
  if (version > format->version)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_STORE,
                   "%s has format %" G_GINT64_FORMAT ", this program knows %d: it was written by a "
                   "newer version",
                   path,
                   version,
                   format->version);
      return FALSE;
    }
  if (version < 1)
    return set_problem (path, "is damaged: it has no format number", error);

  return exec_sql (db, "PRAGMA journal_mode = WAL", "cannot set up", error)
         && (version == format->version || upgrade (db, format, error));
}

sqlite3 *
ck_db_file_open (const char *path, const CkDbFormat *format, gpointer create_data, GError **error)
{
  struct stat st;
  sqlite3 *db;

  if (lstat (path, &st) < 0 && errno == ENOENT && !create_file (path, format, create_data, error))
    return NULL;
  if (!check_existing (path, error))
    return NULL;

  db = connect_file (path, error);
  if (db != NULL && !check_format (db, format, error))
    g_clear_pointer (&db, ck_db_file_close);

  return db;
}

void
ck_db_file_close (sqlite3 *db)
{
  sqlite3_stmt *kept;

  while ((kept = sqlite3_next_stmt (db, NULL)) != NULL)
    sqlite3_finalize (kept);
  sqlite3_close (db);
}

void
ck_db_file_accept (sqlite3 *db)
{
  sqlite3_db_config (db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
}
