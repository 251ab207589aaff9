/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ck-vault-key.h"
#include "vault-util.h"

/* A new key for a vault that is in use: what opens afterwards, what does not, and what is there after
 * a crash at each step. */

#define N_CONCURRENT 300
#define N_KILLS 10
#define NEW_KEY "aa0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OLD_KEY "bb0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static gboolean
rotate (CkVault *vault, const char *key, gboolean *changed, GError **error)
{
  g_autoptr (SecretValue) text
      = key != NULL ? secret_value_new (key, (gssize) strlen (key), "text/plain") : NULL;
  g_autoptr (GAsyncResult) result = NULL;

  ck_vault_rotate_key_async (vault, text, store_on_result, &result);
  return ck_vault_rotate_key_finish (vault, store_wait (&result), changed, error);
}

static char *
read_file (const char *dir, const char *name, gsize *size)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  char *text = NULL;

  return g_file_get_contents (path, &text, size, NULL) ? text : NULL;
}

static void
write_file (const char *dir, const char *name, const char *text, gsize size)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);

  g_assert_true (g_file_set_contents (path, text, (gssize) size, NULL));
  g_assert_cmpint (g_chmod (path, 0600), ==, 0);
}

static gboolean
is_there (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
expect_key_id (CkVault *vault, const char *text)
{
  g_autoptr (SecretValue) value = secret_value_new (text, (gssize) strlen (text), "text/plain");
  g_autoptr (GError) error = NULL;
  g_autoptr (CkVaultKey) key = ck_vault_key_new_from_text (value, &error);
  g_autofree char *id = ck_vault_dup_key_id (vault);

  g_assert_no_error (error);
  g_assert_cmpstr (ck_vault_key_get_id (key), ==, id);
}

static void
fill (CkVault *vault)
{
  g_autoptr (SecretValue) secret = secret_value_new ("client secret", -1, "text/plain");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (vault_store (vault, "a", 1, "one", &error));
  g_assert_true (vault_store (vault, "a", 2, "two", &error));
  g_assert_true (vault_store (vault, "b", 1, "other", &error));
  ck_vault_store_client_async (vault, "acme", secret, NULL, store_on_result, &result);
  g_assert_true (ck_vault_store_client_finish (vault, store_wait (&result), &error));
}

static void
expect_filled (CkVault *vault)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (SecretValue) secret = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_OPEN);
  vault_expect (vault, "a", 1, "one");
  vault_expect (vault, "a", 2, "two");
  vault_expect (vault, "b", 1, "other");
  ck_vault_lookup_client_async (vault, "acme", NULL, store_on_result, &result);
  secret = ck_vault_lookup_client_finish (vault, store_wait (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (secret_value_get_text (secret), ==, "client secret");
}

/* The sealed bytes of every item, of a vault that is closed. */
static GPtrArray *
read_sealed (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "vault.db", NULL);
  GPtrArray *found = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  sqlite3_stmt *statement;
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT sealed FROM item", -1, &statement, NULL), ==,
                   SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW)
    g_ptr_array_add (found, g_bytes_new (sqlite3_column_blob (statement, 0),
                                         (gsize) sqlite3_column_bytes (statement, 0)));
  sqlite3_finalize (statement);
  sqlite3_close (db);
  g_assert_cmpuint (found->len, ==, 4);

  return found;
}

static void
expect_gone (const char *dir, const char *name, GPtrArray *sealed)
{
  gsize size = 0;
  g_autofree char *bytes = read_file (dir, name, &size);

  for (guint i = 0; bytes != NULL && i < sealed->len; i++)
    {
      gsize length;
      const char *data = g_bytes_get_data (sealed->pdata[i], &length);

      g_assert_null (memmem (bytes, size, data, length));
    }
}

static void
test_key_file (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = vault_open (dir);
  g_autoptr (GPtrArray) sealed = NULL;
  g_autofree char *old_key = NULL;
  g_autofree char *new_key = NULL;
  g_autoptr (GError) error = NULL;
  gboolean changed = FALSE;

  fill (vault);
  g_clear_object (&vault);
  sealed = read_sealed (dir);
  old_key = read_file (dir, "vault.key", NULL);

  vault = vault_open (dir);
  g_assert_cmpstr (ck_vault_get_key_place (vault), ==, "file");
  g_assert_true (rotate (vault, NULL, &changed, &error));
  g_assert_no_error (error);
  g_assert_true (changed);
  expect_filled (vault);
  new_key = read_file (dir, "vault.key", NULL);
  g_assert_cmpstr (new_key, !=, old_key);
  expect_key_id (vault, new_key);
  g_assert_false (is_there (dir, "vault.key.next"));
  /* Nothing of before is left, not even while it runs. */
  expect_gone (dir, "vault.db", sealed);
  expect_gone (dir, "vault.db-wal", sealed);

  g_assert_true (vault_store (vault, "c", 1, "after", &error));
  g_clear_object (&vault);
  vault = vault_open (dir);
  expect_filled (vault);
  vault_expect (vault, "c", 1, "after");
  g_clear_object (&vault);

  write_file (dir, "vault.key", old_key, strlen (old_key));
  vault = vault_try_open (dir, NULL, &error);
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  g_assert_nonnull (strstr (error->message, "sealed with another key"));
  g_clear_object (&vault);
  store_remove_dir (dir);
}

/* Stores and removals that are under way when the key changes, some in the same transaction. */
static void
test_in_use (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = vault_open (dir);
  g_autoptr (CkGrant) grant = vault_make_grant ("token", 300);
  g_autoptr (GPtrArray) grants = NULL;
  GAsyncResult *stored[N_CONCURRENT] = { NULL };
  GAsyncResult *cleared[N_CONCURRENT] = { NULL };
  GAsyncResult *rotated[2] = { NULL };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < N_CONCURRENT; i++)
    {
      g_autofree char *channel = g_strdup_printf ("c%u", i);

      ck_vault_store_grant_async (vault, channel, 1, grant, NULL, store_on_result, &stored[i]);
      if (i % 2 == 0)
        ck_vault_clear_grant_async (vault, channel, 1, NULL, store_on_result, &cleared[i]);
      if (i == N_CONCURRENT / 2)
        ck_vault_rotate_key_async (vault, NULL, store_on_result, &rotated[0]);
      if (i == N_CONCURRENT / 2 + 1)
        ck_vault_rotate_key_async (vault, NULL, store_on_result, &rotated[1]);
      if (i % 50 == 0)
        g_main_context_iteration (NULL, FALSE);
    }

  g_assert_true (ck_vault_rotate_key_finish (vault, store_wait (&rotated[0]), NULL, &error));
  g_assert_false (ck_vault_rotate_key_finish (vault, store_wait (&rotated[1]), NULL, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_BUSY);
  g_clear_error (&error);
  for (guint i = 0; i < N_CONCURRENT; i++)
    {
      g_assert_true (ck_vault_store_grant_finish (vault, store_wait (&stored[i]), &error));
      if (i % 2 == 0)
        g_assert_true (ck_vault_clear_grant_finish (vault, store_wait (&cleared[i]), &error));
      g_clear_object (&stored[i]);
      g_clear_object (&cleared[i]);
    }
  g_clear_object (&rotated[0]);
  g_clear_object (&rotated[1]);

  g_clear_object (&vault);
  vault = vault_open (dir);
  g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_OPEN);
  grants = vault_load (vault, &error);
  g_assert_cmpuint (grants->len, ==, N_CONCURRENT / 2);
  g_clear_object (&vault);
  store_remove_dir (dir);
}

/* Killed before the transaction, and after it. */
static void
test_between (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = vault_open (dir);
  g_autofree char *old_key = read_file (dir, "vault.key", NULL);
  g_autofree char *new_key = NULL;
  g_autofree char *left = NULL;
  g_autoptr (GError) error = NULL;

  fill (vault);
  g_clear_object (&vault);

  write_file (dir, "vault.key.next", NEW_KEY "\n", sizeof NEW_KEY);
  vault = vault_open (dir);
  expect_filled (vault);
  expect_key_id (vault, old_key);
  g_assert_false (is_there (dir, "vault.key.next"));

  /* Cut off while it was written. */
  g_clear_object (&vault);
  write_file (dir, "vault.key.next", NEW_KEY, 10);
  vault = vault_open (dir);
  expect_filled (vault);
  g_assert_false (is_there (dir, "vault.key.next"));

  g_assert_true (rotate (vault, NULL, NULL, &error));
  g_clear_object (&vault);
  new_key = read_file (dir, "vault.key", NULL);
  write_file (dir, "vault.key.next", new_key, strlen (new_key));
  write_file (dir, "vault.key", old_key, strlen (old_key));
  vault = vault_open (dir);
  expect_filled (vault);
  expect_key_id (vault, new_key);
  left = read_file (dir, "vault.key", NULL);
  g_assert_cmpstr (left, ==, new_key);
  g_assert_false (is_there (dir, "vault.key.next"));

  g_clear_object (&vault);
  store_remove_dir (dir);
}

static void
expect_invalid (CkVault *vault, const char *key, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (rotate (vault, key, NULL, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  if (strstr (error->message, words) == NULL)
    g_error ("'%s' does not say '%s'", error->message, words);
}

static CkVault *
open_with (const char *dir, const char *credentials)
{
  g_autoptr (GError) error = NULL;
  CkVault *vault = vault_try_open (dir, credentials, &error);

  g_assert_no_error (error);
  expect_filled (vault);
  return vault;
}

/* Whoever writes the credential does it in the same steps: under the other name, and after the
 * rotation under the final one. */
static void
test_credential (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *credentials = store_make_dir ();
  g_autoptr (CkVault) vault = NULL;
  g_autoptr (GError) error = NULL;
  gboolean changed = TRUE;

  write_file (credentials, "channelkeeper.vault-key", OLD_KEY, strlen (OLD_KEY));
  vault = vault_try_open (dir, credentials, &error);
  fill (vault);
  g_assert_cmpstr (ck_vault_get_key_place (vault), ==, "credential");
  expect_invalid (vault, NULL, "must be given");
  expect_invalid (vault, "", "must be given");
  expect_invalid (vault, "no key", "this is no key");
  g_assert_true (rotate (vault, OLD_KEY, &changed, &error));
  g_assert_false (changed);

  write_file (credentials, "channelkeeper.vault-key.next", NEW_KEY, strlen (NEW_KEY));
  g_clear_object (&vault);
  vault = open_with (dir, credentials);
  expect_key_id (vault, OLD_KEY);
  g_assert_true (rotate (vault, NEW_KEY, &changed, &error));
  g_assert_true (changed);
  g_assert_false (is_there (dir, "vault.key.next"));

  g_clear_object (&vault);
  vault = open_with (dir, credentials);
  expect_key_id (vault, NEW_KEY);
  g_clear_object (&vault);
  write_file (credentials, "channelkeeper.vault-key", NEW_KEY, strlen (NEW_KEY));
  vault = open_with (dir, credentials);
  g_clear_object (&vault);

  write_file (dir, "vault.key", NEW_KEY, strlen (NEW_KEY));
  vault = open_with (dir, NULL);
  expect_invalid (vault, OLD_KEY, "none may be given");
  g_clear_object (&vault);
  store_remove_dir (dir);
  store_remove_dir (credentials);
}

static void
test_sealed (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = vault_open (dir);
  g_autoptr (GError) error = NULL;

  ck_vault_close (vault);
  g_assert_false (rotate (vault, NULL, NULL, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  g_assert_cmpstr (ck_vault_get_key_place (vault), ==, "");
  g_clear_object (&vault);
  store_remove_dir (dir);
}

/* A damaged item is as damaged with the new key, and the others are none. */
static void
test_damaged (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *path = g_build_filename (dir, "vault.db", NULL);
  g_autoptr (CkVault) vault = vault_open (dir);
  g_autoptr (GError) error = NULL;
  sqlite3 *db;

  fill (vault);
  g_clear_object (&vault);
  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db,
                                 "UPDATE item SET sealed = zeroblob(60) WHERE id ="
                                 " (SELECT max(id) FROM item)",
                                 NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);

  for (guint i = 0; i < 2; i++)
    {
      vault = vault_open (dir);
      g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_DEGRADED);
      vault_expect (vault, "a", 2, "two");
      vault_expect (vault, "b", 1, "other");
      g_assert_true (rotate (vault, NULL, NULL, &error));
      g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_DEGRADED);
      g_clear_object (&vault);
    }
  store_remove_dir (dir);
}

static void
limit_files (rlim_t size)
{
  struct rlimit limits;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limits), ==, 0);
  limits.rlim_cur = size;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limits), ==, 0);
}

/* A disk that takes no more: the former key goes on. */
static void
test_full (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = vault_open (dir);
  g_autofree char *old_key = read_file (dir, "vault.key", NULL);
  g_autoptr (GError) error = NULL;

  signal (SIGXFSZ, SIG_IGN);
  fill (vault);
  limit_files (1);
  g_assert_false (rotate (vault, NULL, NULL, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  limit_files (RLIM_INFINITY);
  expect_key_id (vault, old_key);
  g_assert_true (vault_store (vault, "c", 1, "after", NULL));
  expect_filled (vault);

  g_clear_object (&vault);
  vault = vault_open (dir);
  expect_filled (vault);
  expect_key_id (vault, old_key);
  g_clear_error (&error);
  g_assert_true (rotate (vault, NULL, NULL, &error));
  g_clear_object (&vault);
  store_remove_dir (dir);
}

/* ---- killed at any instant ------------------------------------------------------------------- */

typedef struct
{
  CkVault *vault;
  guint64 generation;
} Child;

static void
on_child_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Child *child = user_data;
  g_autofree char *token = NULL;
  g_autoptr (CkGrant) grant = NULL;

  if (result != NULL)
    {
      if (!ck_vault_store_grant_finish (child->vault, result, NULL))
        exit (3);
      g_print ("%" G_GUINT64_FORMAT "\n", child->generation);
    }

  child->generation++;
  token = g_strdup_printf ("t%" G_GUINT64_FORMAT, child->generation);
  grant = vault_make_grant (token, 500);
  ck_vault_store_grant_async (child->vault, "main", child->generation, grant, NULL, on_child_stored,
                              child);
}

static void
on_child_rotated (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Child *child = user_data;

  if (result != NULL && !ck_vault_rotate_key_finish (child->vault, result, NULL, NULL))
    exit (4);
  ck_vault_rotate_key_async (child->vault, NULL, on_child_rotated, child);
}

static G_NORETURN void
run_child (const char *dir, const char *generation)
{
  Child child = { vault_open (dir), g_ascii_strtoull (generation, NULL, 10) };

  on_child_stored (NULL, NULL, &child);
  on_child_rotated (NULL, NULL, &child);
  while (TRUE)
    g_main_context_iteration (NULL, TRUE);
}

/* Returns: the last generation that the child has said is stored */
static guint64
run_and_kill (const char *dir, guint64 generation)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *first = g_strdup_printf ("%" G_GUINT64_FORMAT, generation);
  const char *argv[] = { self, "--child", dir, first, NULL };
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GDataInputStream) lines = NULL;
  guint wanted = (guint) g_test_rand_int_range (1, 40);
  g_autoptr (GError) error = NULL;
  guint n = 0;

  process = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  while (TRUE)
    {
      g_autofree char *line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);

      if (line == NULL)
        break;
      generation = MAX (generation, g_ascii_strtoull (line, NULL, 10));
      if (++n == wanted)
        {
          g_usleep ((gulong) g_test_rand_int_range (0, 3000));
          g_subprocess_force_exit (process);
        }
    }
  g_assert_true (g_subprocess_wait (process, NULL, NULL));
  g_assert_true (g_subprocess_get_if_signaled (process));

  return generation;
}

static void
test_kill (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = vault_open (dir);
  guint n_finished = 0;
  guint64 generation = 0;

  fill (vault);
  g_clear_object (&vault);
  for (guint i = 0; i < N_KILLS; i++)
    {
      g_autofree char *token = NULL;
      g_autofree char *key = NULL;

      generation = run_and_kill (dir, generation);
      n_finished += is_there (dir, "vault.key.next");
      vault = vault_open (dir);
      expect_filled (vault);
      token = g_strdup_printf ("t%" G_GUINT64_FORMAT, generation);
      vault_expect (vault, "main", generation, token);
      key = read_file (dir, "vault.key", NULL);
      expect_key_id (vault, key);
      g_assert_false (is_there (dir, "vault.key.next"));
      g_clear_object (&vault);
    }
  g_test_message ("%u of %u kills came between the two keys", n_finished, N_KILLS);
  store_remove_dir (dir);
}

int
main (int argc, char **argv)
{
  if (!ck_vault_select_backend (CK_VAULT_BACKEND_SEALED, NULL))
    return 1;
  if (argc == 4 && g_str_equal (argv[1], "--child"))
    run_child (argv[2], argv[3]);

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vault/rotation/key-file", test_key_file);
  g_test_add_func ("/vault/rotation/in-use", test_in_use);
  g_test_add_func ("/vault/rotation/between", test_between);
  g_test_add_func ("/vault/rotation/credential", test_credential);
  g_test_add_func ("/vault/rotation/sealed", test_sealed);
  g_test_add_func ("/vault/rotation/damaged", test_damaged);
  g_test_add_func ("/vault/rotation/full-disk", test_full);
  g_test_add_func ("/vault/rotation/kill", test_kill);

  return g_test_run ();
}
