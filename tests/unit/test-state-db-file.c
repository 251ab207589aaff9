/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sqlite3.h>
#include <string.h>

#include "ck-error.h"
#include "ck-names.h"
#include "state-util.h"

/* What is in the file: damaged, lost, of an earlier version. */

typedef struct
{
  const char *name;
  const char *sql;
  const char *words;
} BadRow;

static const BadRow bad_rows[] = {
  { "state", "UPDATE channel SET state = 'undead'", "channel a has no readable state" },
  { "list", "UPDATE channel SET scopes = x'6161'", "channel a has no readable scopes" },
  { "text", "UPDATE channel SET detail = CAST (x'ff' AS TEXT)", "no readable detail" },
  { "flag", "UPDATE channel SET in_doubt = 2", "no readable in_doubt" },
  { "count", "UPDATE channel SET warned = -1", "no readable warned" },
};

static void
tamper (const char *dir, const char *sql)
{
  g_autofree char *path = g_build_filename (dir, "state.db", NULL);
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}

/* What nothing depends on may be gone; the sequence may not, or it would begin anew. */
static void
test_lost_numbers (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *path = g_build_filename (dir, "state.db", NULL);
  g_autoptr (CkStateDb) db = open_db (dir);
  g_autoptr (GPtrArray) unannounced = NULL;
  g_autoptr (GError) error = NULL;

  write_sync (db, NULL, one_event (7, 1, "main", "Renewed"));
  g_clear_object (&db);
  tamper (dir, "DELETE FROM meta WHERE key IN ('announced', 'last-time')");
  db = open_db (dir);
  g_assert_cmpuint (ck_state_db_skip_sequence (db, 0), ==, 7 + CK_STATE_DB_RESERVED);
  unannounced = ck_state_db_load_unannounced (db, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (unannounced->len, ==, 0);
  g_clear_object (&db);

  tamper (dir, "DELETE FROM meta WHERE key = 'sequence'");
  g_assert_null (ck_state_db_open (path, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  g_assert_nonnull (strstr (error->message, "no sequence. Restore it from a backup"));
  store_remove_dir (dir);
}

static void
test_bad_row (gconstpointer data)
{
  const BadRow *bad = data;
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkStateDb) db = open_db (dir);
  g_autoptr (GError) error = NULL;

  write_sync (db, make_full ("a"), NULL);
  g_clear_object (&db);
  tamper (dir, bad->sql);
  db = open_db (dir);
  g_assert_null (load_channels (db, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  if (strstr (error->message, bad->words) == NULL)
    g_error ("'%s' does not say '%s'", error->message, bad->words);
  g_clear_object (&db);
  store_remove_dir (dir);
}

static void
test_bad_event (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkStateDb) db = open_db (dir);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  write_sync (db, NULL, one_event (1, 1, "a", "connected"));
  g_clear_object (&db);
  tamper (dir, "UPDATE history SET details = '{'");
  db = open_db (dir);
  ck_state_db_get_history_async (db, "a", 0, 0, NULL, store_on_result, &result);
  g_assert_null (ck_state_db_get_history_finish (db, store_wait (&result), &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  write_sync (db, NULL, one_event (2, 2, "a", "connected"));
  g_clear_object (&db);
  store_remove_dir (dir);
}

/* Whatever byte is changed, reading ends with an error or with records; never with a crash, and
 * never with a change to the file. */
static void
test_flips (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *path = g_build_filename (dir, "state.db", NULL);
  g_autofree char *content = NULL;
  g_autoptr (CkStateDb) db = open_db (dir);
  gsize size;
  guint n_refused = 0;

  write_sync (db, make_full ("a"), one_event (1, 1, "a", "connected"));
  g_clear_object (&db);
  g_assert_true (g_file_get_contents (path, &content, &size, NULL));

  for (gsize i = 0; i < size; i += i < 100 ? 1 : 31)
    {
      g_autofree char *after = NULL;
      g_autoptr (GPtrArray) records = NULL;
      gsize after_size;

      content[i] = (char) (content[i] ^ 0x40);
      g_assert_true (g_file_set_contents (path, content, (gssize) size, NULL));
      g_assert_cmpint (g_chmod (path, 0600), ==, 0);
      db = ck_state_db_open (path, NULL);
      records = db != NULL ? load_channels (db, NULL) : NULL;
      n_refused += records == NULL;
      g_clear_object (&db);
      g_assert_true (g_file_get_contents (path, &after, &after_size, NULL));
      g_assert_cmpmem (after, after_size, content, size);
      content[i] = (char) (content[i] ^ 0x40);
    }

  g_assert_cmpuint (n_refused, >, 0);
  store_remove_dir (dir);
}

static gint64
query (const char *dir, const char *sql)
{
  g_autofree char *path = g_build_filename (dir, "state.db", NULL);
  sqlite3_stmt *statement;
  gint64 value;
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  value = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);

  return value;
}

/* As the first version wrote it. */
static void
downgrade (const char *dir)
{
  tamper (dir,
          "ALTER TABLE channel DROP COLUMN duplicates_at;"
          "ALTER TABLE channel DROP COLUMN adopting;"
          "ALTER TABLE channel DROP COLUMN adopting_user;"
          "PRAGMA user_version = 1;");
}

static void
test_upgrade (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkStateDb) db = open_db (dir);
  g_autoptr (CkChannelRecord) full = make_full ("full");
  g_autoptr (GPtrArray) records = NULL;
  g_autoptr (GError) error = NULL;

  write_sync (db, ck_channel_record_copy (full), one_event (7, 100, "full", "Renewed"));
  g_clear_object (&db);
  downgrade (dir);
  db = open_db (dir);

  full->duplicates_at = full->adopting = 0;
  set_text (&full->adopting_user, "");
  records = load_channels (db, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (records->len, ==, 1);
  assert_same (records->pdata[0], full);
  g_clear_pointer (&records, g_ptr_array_unref);
  records = get_history (db, "full", 0, 0);
  g_assert_cmpuint (records->len, ==, 1);
  g_clear_pointer (&records, g_ptr_array_unref);

  full->duplicates_at = 22;
  set_text (&full->adopting_user, "carol");
  write_sync (db, ck_channel_record_copy (full), NULL);
  db = reopen (db, dir);
  records = load_channels (db, &error);
  g_assert_no_error (error);
  assert_same (records->pdata[0], full);
  g_clear_object (&db);
  g_assert_cmpint (query (dir, "PRAGMA user_version"), ==, 2);
  store_remove_dir (dir);
}

/* A row of it cannot be read: the program that wrote it can still say so. */
static void
test_unreadable_is_not_upgraded (void)
{
  static const char *const damages[]
      = { "UPDATE channel SET state = 'undead'", "DELETE FROM meta WHERE key = 'sequence'" };

  for (guint i = 0; i < G_N_ELEMENTS (damages); i++)
    {
      g_autofree char *dir = store_make_dir ();
      g_autofree char *path = g_build_filename (dir, "state.db", NULL);
      g_autoptr (CkStateDb) db = open_db (dir);
      g_autoptr (GError) error = NULL;

      write_sync (db, make_full ("full"), NULL);
      g_clear_object (&db);
      downgrade (dir);
      tamper (dir, damages[i]);
      g_assert_null (ck_state_db_open (path, &error));
      g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
      g_assert_nonnull (strstr (error->message, "damaged"));
      g_assert_cmpint (query (dir, "PRAGMA user_version"), ==, 1);
      store_remove_dir (dir);
    }
}

/* Its table is damaged: nothing is written to it. */
static void
test_damaged_is_not_upgraded (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *path = g_build_filename (dir, "state.db", NULL);
  g_autoptr (CkStateDb) db = open_db (dir);
  g_autoptr (GError) error = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize before_size;
  gsize after_size;
  gint64 page;

  write_sync (db, make_full ("full"), NULL);
  g_clear_object (&db);
  downgrade (dir);
  page = query (dir, "SELECT rootpage FROM sqlite_schema WHERE name = 'history_channel'");
  g_assert_true (g_file_get_contents (path, &before, &before_size, NULL));
  memset (before + (page - 1) * 4096, 0xff, 64);
  g_assert_true (g_file_set_contents (path, before, (gssize) before_size, NULL));
  g_assert_cmpint (g_chmod (path, 0600), ==, 0);

  g_assert_null (ck_state_db_open (path, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  g_assert_nonnull (strstr (error->message, "damaged"));
  g_assert_true (g_file_get_contents (path, &after, &after_size, NULL));
  g_assert_cmpmem (after, after_size, before, before_size);
  store_remove_dir (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/state-db-file/lost-numbers", test_lost_numbers);
  for (guint i = 0; i < G_N_ELEMENTS (bad_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/state-db-file/bad-row/%s", bad_rows[i].name);

      g_test_add_data_func (path, &bad_rows[i], test_bad_row);
    }
  g_test_add_func ("/state-db-file/bad-event", test_bad_event);
  g_test_add_func ("/state-db-file/flips", test_flips);
  g_test_add_func ("/state-db-file/upgrade", test_upgrade);
  g_test_add_func ("/state-db-file/unreadable-is-not-upgraded", test_unreadable_is_not_upgraded);
  g_test_add_func ("/state-db-file/damaged-is-not-upgraded", test_damaged_is_not_upgraded);

  return g_test_run ();
}
