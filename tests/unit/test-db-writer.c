/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ck-db-statement.h"
#include "ck-db-writer.h"
#include "ck-error.h"
#include "store-util.h"

static gboolean
create (sqlite3 *db, gpointer data, GError **error)
{
  if (sqlite3_exec (db, "CREATE TABLE t (n INTEGER PRIMARY KEY)", NULL, NULL, NULL) != SQLITE_OK)
    return ck_db_writer_set_error (db, "cannot make", error);

  return TRUE;
}

static const CkDbFormat format = { 0x7e57, 1, create };

static CkDbWriter *
open_writer (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "t.db", NULL);
  g_autoptr (GError) error = NULL;
  CkDbWriter *writer = ck_db_writer_open (path, &format, NULL, &error);

  g_assert_no_error (error);
  return writer;
}

static gboolean
insert (sqlite3 *db, gpointer data, GError **error)
{
  g_autofree char *sql = g_strdup_printf ("INSERT INTO t VALUES (%d)", GPOINTER_TO_INT (data));

  if (sqlite3_exec (db, sql, NULL, NULL, NULL) != SQLITE_OK)
    return ck_db_writer_set_error (db, "cannot insert into", error);

  return TRUE;
}

static gboolean
insert_then_fail (sqlite3 *db, gpointer data, GError **error)
{
  g_assert_true (insert (db, data, error));
  g_set_error_literal (error, CK_ERROR, CK_ERROR_BUSY, "on purpose");

  return FALSE;
}

/* Holds the writer's thread so that the jobs queued behind it wait together. */
static gboolean
wait_for_mutex (sqlite3 *db, gpointer data, GError **error)
{
  g_mutex_lock (data);
  g_mutex_unlock (data);

  return TRUE;
}

/* Ends the transaction behind the writer's back, as SQLite itself does on some I/O errors. */
static gboolean
break_transaction (sqlite3 *db, gpointer data, GError **error)
{
  sqlite3_exec (db, "ROLLBACK", NULL, NULL, NULL);
  g_set_error_literal (error, CK_ERROR, CK_ERROR_STORE, "the disk broke");

  return FALSE;
}

static gint64
count_rows (CkDbWriter *writer)
{
  sqlite3_stmt *statement;
  gint64 n;

  g_assert_cmpint (sqlite3_prepare_v2 (ck_db_writer_get_db (writer),
                                       "SELECT count(*) FROM t",
                                       -1,
                                       &statement,
                                       NULL),
                   ==,
                   SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  n = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);

  return n;
}

/* A statement in use is nobody else's; one that was given back is, without what was bound to it. */
static gboolean
use_statements (sqlite3 *db, gpointer data, GError **error)
{
  static const char sql[] = "SELECT ? FROM t";
  sqlite3_stmt *first = ck_db_statement_get (db, sql, "cannot", error);
  sqlite3_stmt *second;

  sqlite3_bind_int (first, 1, 7);
  g_assert_cmpint (sqlite3_step (first), ==, SQLITE_ROW);
  second = ck_db_statement_get (db, sql, "cannot", error);
  g_assert_true (second != first);
  sqlite3_finalize (second);

  ck_db_statement_release (first);
  g_assert_true (ck_db_statement_get (db, sql, "cannot", error) == first);
  g_assert_cmpint (sqlite3_step (first), ==, SQLITE_ROW);
  g_assert_cmpint (sqlite3_column_type (first, 0), ==, SQLITE_NULL);
  ck_db_statement_release (first);

  g_assert_null (ck_db_statement_get (db, "SELECT nothing", "cannot try", error));

  return FALSE;
}

typedef struct
{
  GError *error;
  gboolean done;
} Outcome;

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  outcome->done = TRUE;
  ck_db_writer_run_finish (NULL, result, &outcome->error);
}

static void
run (CkDbWriter *writer, CkDbFunc func, gpointer data, GCancellable *cancellable, Outcome *outcome)
{
  ck_db_writer_run_async (writer, func, NULL, data, NULL, cancellable, on_done, outcome);
}

static void
wait_done (Outcome *outcomes, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      while (!outcomes[i].done)
        g_main_context_iteration (NULL, TRUE);
    }
}

static void
test_group_commit (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkDbWriter) writer = open_writer (dir);
  Outcome outcomes[101] = { 0 };
  GMutex gate;

  g_mutex_init (&gate);
  g_mutex_lock (&gate);
  run (writer, wait_for_mutex, &gate, NULL, &outcomes[100]);
  /* The gate's own batch has begun, or it takes the others along: two commits at the most. */
  for (int i = 0; i < 100; i++)
    run (writer, insert, GINT_TO_POINTER (i), NULL, &outcomes[i]);
  g_mutex_unlock (&gate);
  wait_done (outcomes, 101);

  for (guint i = 0; i < 101; i++)
    g_assert_no_error (outcomes[i].error);
  g_assert_cmpuint (ck_db_writer_get_n_commits (writer), >=, 1);
  g_assert_cmpuint (ck_db_writer_get_n_commits (writer), <=, 2);

  ck_db_writer_close (writer);
  g_clear_object (&writer);
  writer = open_writer (dir);
  g_assert_cmpint (count_rows (writer), ==, 100);
  g_mutex_clear (&gate);
  g_clear_object (&writer);
  store_remove_dir (dir);
}

static void
test_statements (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkDbWriter) writer = open_writer (dir);
  Outcome outcomes[2] = { 0 };

  run (writer, insert, GINT_TO_POINTER (1), NULL, &outcomes[0]);
  run (writer, use_statements, NULL, NULL, &outcomes[1]);
  wait_done (outcomes, 2);
  g_assert_no_error (outcomes[0].error);
  g_assert_error (outcomes[1].error, CK_ERROR, CK_ERROR_STORE);
  g_assert_nonnull (strstr (outcomes[1].error->message, "cannot try"));
  g_clear_error (&outcomes[1].error);

  /* Its statements do not keep a file open, which is locked as long as it is. */
  g_clear_object (&writer);
  writer = open_writer (dir);
  g_clear_object (&writer);
  store_remove_dir (dir);
}

static void
test_failures_stay_apart (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkDbWriter) writer = open_writer (dir);
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  Outcome outcomes[6] = { 0 };
  GMutex gate;

  g_cancellable_cancel (cancelled);
  g_mutex_init (&gate);
  g_mutex_lock (&gate);
  run (writer, wait_for_mutex, &gate, NULL, &outcomes[0]);
  run (writer, insert, GINT_TO_POINTER (1), NULL, &outcomes[1]);
  run (writer, insert, GINT_TO_POINTER (1), NULL, &outcomes[2]);
  run (writer, insert_then_fail, GINT_TO_POINTER (2), NULL, &outcomes[3]);
  run (writer, insert, GINT_TO_POINTER (3), cancelled, &outcomes[4]);
  run (writer, insert, GINT_TO_POINTER (4), NULL, &outcomes[5]);
  g_mutex_unlock (&gate);
  wait_done (outcomes, 6);

  g_assert_no_error (outcomes[1].error);
  g_assert_error (outcomes[2].error, CK_ERROR, CK_ERROR_STORE);
  g_assert_nonnull (strstr (outcomes[2].error->message, "t.db"));
  g_assert_nonnull (strstr (outcomes[2].error->message, "UNIQUE"));
  g_assert_error (outcomes[3].error, CK_ERROR, CK_ERROR_BUSY);
  g_assert_error (outcomes[4].error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_no_error (outcomes[5].error);

  g_clear_object (&writer);
  writer = open_writer (dir);
  g_assert_cmpint (count_rows (writer), ==, 2); /* 1 and 4 */
  for (guint i = 0; i < 6; i++)
    g_clear_error (&outcomes[i].error);
  g_mutex_clear (&gate);
  g_clear_object (&writer);
  store_remove_dir (dir);
}

static void
test_lost_transaction_fails_all (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkDbWriter) writer = open_writer (dir);
  Outcome warm_up = { 0 };
  Outcome outcomes[4] = { 0 };
  GMutex gate;

  g_mutex_init (&gate);
  g_mutex_lock (&gate);
  run (writer, wait_for_mutex, &gate, NULL, &warm_up);
  g_usleep (50000); /* the gate is a batch of its own now */
  run (writer, insert, GINT_TO_POINTER (1), NULL, &outcomes[0]);
  run (writer, break_transaction, NULL, NULL, &outcomes[1]);
  run (writer, insert, GINT_TO_POINTER (2), NULL, &outcomes[2]);
  g_mutex_unlock (&gate);
  wait_done (outcomes, 3);
  wait_done (&warm_up, 1);

  for (guint i = 0; i < 3; i++)
    {
      g_assert_error (outcomes[i].error, CK_ERROR, CK_ERROR_STORE);
      g_assert_cmpstr (outcomes[i].error->message, ==, "the disk broke");
      g_clear_error (&outcomes[i].error);
    }
  g_assert_no_error (warm_up.error);

  /* and the writer works on */
  run (writer, insert, GINT_TO_POINTER (3), NULL, &outcomes[3]);
  wait_done (&outcomes[3], 1);
  g_assert_no_error (outcomes[3].error);

  g_clear_object (&writer);
  writer = open_writer (dir);
  g_assert_cmpint (count_rows (writer), ==, 1);
  g_mutex_clear (&gate);
  g_clear_object (&writer);
  store_remove_dir (dir);
}

static void
count_commit (gpointer data)
{
  g_atomic_int_inc ((gint *) data);
}

static void
test_close (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkDbWriter) writer = open_writer (dir);
  Outcome outcomes[51] = { 0 };
  gint committed = 0;

  for (int i = 0; i < 50; i++)
    ck_db_writer_run_async (writer, insert, NULL, GINT_TO_POINTER (i), NULL, NULL, on_done, &outcomes[i]);
  ck_db_writer_close (writer);
  run (writer, insert, GINT_TO_POINTER (99), NULL, &outcomes[50]);
  wait_done (outcomes, 51);

  for (guint i = 0; i < 50; i++)
    g_assert_no_error (outcomes[i].error);
  g_assert_error (outcomes[50].error, CK_ERROR, CK_ERROR_STORE);
  g_clear_error (&outcomes[50].error);
  g_clear_object (&writer);

  writer = open_writer (dir);
  g_assert_cmpint (count_rows (writer), ==, 50);
  outcomes[0].done = FALSE;
  ck_db_writer_run_async (writer, insert_then_fail, count_commit, &committed, NULL, NULL, on_done, &outcomes[0]);
  wait_done (outcomes, 1);
  g_assert_error (outcomes[0].error, CK_ERROR, CK_ERROR_BUSY);
  g_clear_error (&outcomes[0].error);
  g_assert_cmpint (committed, ==, 0);
  g_clear_object (&writer);
  store_remove_dir (dir);
}

typedef struct
{
  const char *name;
  const char *content; /* NULL: a symbolic link to /dev/null */
  int mode;
  const char *message;
} BadFile;

/* 128 bytes; four of them are a page. */
#define FOREIGN                                                                                    \
  "this is no database at all, but it is as long as the smallest one, and it is looked at as one, " \
  "which has a header of 100 bytes. "

static const BadFile bad_files[] = {
  { "link", NULL, 0600, "symbolic link" },
  { "empty", "", 0600, "it is empty" },
  { "cut off", "no whole page", 0600, "its end is missing" },
  { "foreign", FOREIGN FOREIGN FOREIGN FOREIGN, 0600, "not a database" },
  { "open to others", "x", 0644, "0600" },
};

static void
test_bad_file (gconstpointer data)
{
  const BadFile *bad = data;
  g_autofree char *dir = store_make_dir ();
  g_autofree char *path = g_build_filename (dir, "t.db", NULL);
  g_autofree char *after = NULL;
  g_autoptr (GError) error = NULL;

  if (bad->content == NULL)
    g_assert_cmpint (symlink ("/dev/null", path), ==, 0);
  else
    g_assert_true (g_file_set_contents (path, bad->content, -1, NULL));
  if (bad->content != NULL)
    g_assert_cmpint (g_chmod (path, (mode_t) bad->mode), ==, 0);

  g_assert_null (ck_db_writer_open (path, &format, NULL, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  g_assert_nonnull (strstr (error->message, "t.db"));
  if (strstr (error->message, bad->message) == NULL)
    g_error ("'%s' does not say '%s'", error->message, bad->message);

  if (bad->content != NULL)
    {
      g_assert_true (g_file_get_contents (path, &after, NULL, NULL));
      g_assert_cmpstr (after, ==, bad->content);
    }
  store_remove_dir (dir);
}

static void
test_versions (void)
{
  static const CkDbFormat newer = { 0x7e57, 2, create };
  static const CkDbFormat other = { 0x7e58, 1, create };
  g_autofree char *dir = store_make_dir ();
  g_autofree char *path = g_build_filename (dir, "t.db", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (CkDbWriter) writer = ck_db_writer_open (path, &newer, NULL, &error);
  struct stat st;

  g_assert_no_error (error);
  g_assert_cmpint (stat (path, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0600);

  /* While it is open nobody else gets in. */
  g_assert_null (ck_db_writer_open (path, &newer, NULL, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  g_clear_error (&error);
  g_clear_object (&writer);

  g_assert_null (ck_db_writer_open (path, &format, NULL, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  g_assert_nonnull (strstr (error->message, "newer version"));
  g_clear_error (&error);

  g_assert_null (ck_db_writer_open (path, &other, NULL, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  g_assert_nonnull (strstr (error->message, "not a file of this kind"));
  store_remove_dir (dir);
}

static void
test_lost_database_with_log (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *path = g_build_filename (dir, "t.db", NULL);
  g_autofree char *wal = g_strconcat (path, "-wal", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (wal, "frames", -1, NULL));
  g_assert_null (ck_db_writer_open (path, &format, NULL, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  g_assert_true (g_file_test (wal, G_FILE_TEST_EXISTS));
  store_remove_dir (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/db-writer/group-commit", test_group_commit);
  g_test_add_func ("/db-writer/statements", test_statements);
  g_test_add_func ("/db-writer/failures-stay-apart", test_failures_stay_apart);
  g_test_add_func ("/db-writer/lost-transaction", test_lost_transaction_fails_all);
  g_test_add_func ("/db-writer/close", test_close);
  g_test_add_func ("/db-writer/versions", test_versions);
  g_test_add_func ("/db-writer/log-without-database", test_lost_database_with_log);
  for (guint i = 0; i < G_N_ELEMENTS (bad_files); i++)
    {
      g_autofree char *path = g_strdup_printf ("/db-writer/bad-file/%s", bad_files[i].name);

      g_test_add_data_func (path, &bad_files[i], test_bad_file);
    }

  return g_test_run ();
}
