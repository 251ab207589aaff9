/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault-util.h"

/* What the sealed vault says to a file, or a key, that is not what it was. */

#define N_GRANTS 12

typedef struct
{
  char *dir;
  char *path;
  char *content; /* of vault.db, good */
  gsize size;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CkVault) vault = NULL;
  g_autoptr (GError) error = NULL;

  fixture->dir = store_make_dir ();
  fixture->path = g_build_filename (fixture->dir, "vault.db", NULL);
  vault = vault_open (fixture->dir);
  for (guint i = 0; i < N_GRANTS; i++)
    {
      g_autofree char *channel = g_strdup_printf ("channel%u", i);

      g_assert_true (vault_store (vault, channel, i + 1, channel, &error));
    }
  g_clear_object (&vault);
  g_assert_true (g_file_get_contents (fixture->path, &fixture->content, &fixture->size, NULL));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  store_remove_dir (fixture->dir);
  g_free (fixture->dir);
  g_free (fixture->path);
  g_free (fixture->content);
}

static void
write_vault (Fixture *fixture, const char *content, gsize size)
{
  FILE *file = g_fopen (fixture->path, "w");

  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (content, 1, size, file), ==, size);
  g_assert_cmpint (fclose (file), ==, 0);
}

static void
expect_untouched (Fixture *fixture, const char *content, gsize size)
{
  g_autofree char *now = NULL;
  gsize now_size;

  g_assert_true (g_file_get_contents (fixture->path, &now, &now_size, NULL));
  g_assert_cmpmem (now, now_size, content, size);
}

/* Every grant is there: as it was, or marked as damaged. Returns: how many are damaged */
static guint
check_grants (CkVault *vault)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) grants = vault_load (vault, &error);
  guint n_damaged = 0;

  g_assert_no_error (error);
  g_assert_cmpuint (grants->len, ==, N_GRANTS);
  for (guint i = 0; i < N_GRANTS; i++)
    {
      g_autofree char *channel = g_strdup_printf ("channel%u", i);
      CkVaultGrant *grant = vault_find (grants, channel, i + 1);

      g_assert_nonnull (grant);
      if (grant->error != NULL)
        {
          n_damaged++;
          g_assert_error (grant->error, CK_ERROR, CK_ERROR_STORE);
          g_assert_nonnull (strstr (grant->error->message, channel));
          g_assert_nonnull (strstr (ck_vault_get_reason (vault), channel));
          continue;
        }
      g_assert_cmpstr (ck_grant_get_access_token (grant->grant), ==, channel);
    }

  g_assert_cmpint (ck_vault_get_state (vault), ==, n_damaged > 0 ? CK_VAULT_DEGRADED : CK_VAULT_OPEN);

  return n_damaged;
}

static void
expect_sealed (Fixture *fixture, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CkVault) vault = vault_try_open (fixture->dir, NULL, &error);

  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  if (strstr (error->message, words) == NULL)
    g_error ("'%s' does not say '%s'", error->message, words);
  g_assert_false (vault_store (vault, "x", 1, "x", NULL));
}

static void
test_flips (Fixture *fixture, gconstpointer data)
{
  g_autofree char *bad = g_memdup2 (fixture->content, fixture->size);
  guint n_sealed = 0;
  guint n_items = 0;
  guint n_unused = 0;

  /* Each byte of the header, and a sample of the rest that meets every page and every item. */
  for (gsize i = 0; i < fixture->size; i += i < 100 ? 1 : 23)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CkVault) vault = NULL;

      bad[i] = (char) (bad[i] ^ (1 << (i % 8)));
      write_vault (fixture, bad, fixture->size);
      vault = vault_try_open (fixture->dir, NULL, &error);
      if (error != NULL)
        {
          g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
          g_assert_nonnull (strstr (error->message, "vault.db"));
          n_sealed++;
        }
      else if (check_grants (vault) > 0)
        n_items++;
      else
        n_unused++;
      g_clear_object (&vault);
      expect_untouched (fixture, bad, fixture->size);
      bad[i] = fixture->content[i];
    }

  g_test_message ("%u flips sealed the vault, %u hit one item, %u hit nothing in use",
                  n_sealed,
                  n_items,
                  n_unused);
  g_assert_cmpuint (n_sealed, >, 0);
  g_assert_cmpuint (n_items, >, 0);
}

static void
test_truncated (Fixture *fixture, gconstpointer data)
{
  const gsize sizes[] = { 0,    1,    15,   16, 99, 100, 512, 1000, 4095, 4096, 4097, 8192, 12288,
                          fixture->size / 2, fixture->size - 4096, fixture->size - 1 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_test_message ("%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " bytes", sizes[i], fixture->size);
      write_vault (fixture, fixture->content, sizes[i]);
      expect_sealed (fixture, "vault.db");
      expect_untouched (fixture, fixture->content, sizes[i]);
    }

  write_vault (fixture, fixture->content, fixture->size);
  {
    g_autoptr (CkVault) vault = vault_open (fixture->dir);

    g_assert_cmpuint (check_grants (vault), ==, 0);
  }
}

/* Runs SQL on the file behind the vault's back. */
static void
tamper (Fixture *fixture, const char *sql)
{
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_changes (db), >, 0);
  sqlite3_close (db);
}

typedef struct
{
  const char *name;
  const char *sql;
  const char *words; /* in the reason */
} Tampering;

static const Tampering tamperings[] = {
  { "deleted", "DELETE FROM item WHERE id = 3", "11 items and should hold 12" },
  { "added", "INSERT INTO item SELECT 99, x'6100', sealed FROM item WHERE id = 3", "13 items" },
  { "manifest", "UPDATE vault SET value = zeroblob(88) WHERE key = 'manifest'", "manifest" },
  { "no manifest", "DELETE FROM vault WHERE key = 'manifest'", "manifest" },
  { "key id", "UPDATE vault SET value = x'30' WHERE key = 'key-id'", "key id was changed" },
  { "version", "PRAGMA user_version = 7; UPDATE item SET id = id", "newer version" },
  { "application",
    "PRAGMA application_id = 7; UPDATE item SET id = id",
    "not a file of this kind" },
};

static void
test_tampered (Fixture *fixture, gconstpointer data)
{
  const Tampering *tampering = data;

  tamper (fixture, tampering->sql);
  expect_sealed (fixture, tampering->words);
}

/* A whole older row is good by its own seal: only the manifest knows better. */
static void
test_rolled_back (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CkVault) vault = NULL;
  g_autoptr (GError) error = NULL;

  tamper (fixture, "CREATE TABLE saved AS SELECT * FROM item; UPDATE item SET id = id");
  vault = vault_open (fixture->dir);
  g_assert_true (vault_store (vault, "channel2", 3, "newer", &error));
  g_clear_object (&vault);
  tamper (fixture,
          "DELETE FROM item WHERE id = 13;"
          "INSERT INTO item SELECT * FROM saved WHERE id = 3; DROP TABLE saved;"
          "UPDATE item SET id = id");
  expect_sealed (fixture, "not those last stored");
}

static void
test_swapped (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CkVault) vault = NULL;

  tamper (fixture,
          "CREATE TEMP TABLE old AS SELECT * FROM item;"
          "UPDATE item SET sealed = (SELECT sealed FROM old WHERE old.id = 9 - item.id)"
          " WHERE id IN (4, 5)");
  vault = vault_open (fixture->dir);
  g_assert_cmpuint (check_grants (vault), ==, 2);
}

/* Where in a sealed item a byte is changed: the nonce, the ciphertext, the tag. */
static const char *const item_parts[] = {
  "UPDATE item SET sealed = CAST (x'ffffffff' || substr(sealed, 5) AS BLOB) WHERE id = 6",
  "UPDATE item SET"
  " sealed = CAST (substr(sealed, 1, 40) || x'ffffffff' || substr(sealed, 45) AS BLOB) WHERE id = 6",
  "UPDATE item SET sealed = CAST (substr(sealed, 1, length(sealed) - 4) || x'ffffffff' AS BLOB)"
  " WHERE id = 6",
  "UPDATE item SET sealed = x'00' WHERE id = 6",
};

/* One damaged item: the others work, writing goes on, and storing or clearing the item mends all. */
static void
test_damaged_item (Fixture *fixture, gconstpointer data)
{
  const char *sql = data;
  g_autoptr (CkVault) vault = NULL;
  g_autoptr (GError) error = NULL;

  tamper (fixture, sql);
  vault = vault_open (fixture->dir);
  g_assert_cmpuint (check_grants (vault), ==, 1);
  g_assert_true (vault_store (vault, "channel0", 1, "channel0", &error));
  g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_DEGRADED);

  g_clear_object (&vault);
  vault = vault_open (fixture->dir);
  g_assert_cmpuint (check_grants (vault), ==, 1);
  g_assert_true (vault_store (vault, "channel5", 6, "channel5", &error));
  g_assert_cmpuint (check_grants (vault), ==, 0);

  g_clear_object (&vault);
  vault = vault_open (fixture->dir);
  g_assert_cmpuint (check_grants (vault), ==, 0);
  g_clear_object (&vault);

  /* and the other way */
  write_vault (fixture, fixture->content, fixture->size);
  tamper (fixture, sql);
  vault = vault_open (fixture->dir);
  g_assert_true (vault_clear (vault, "channel5", 6, &error));
  g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_OPEN);
  g_clear_object (&vault);
  vault = vault_open (fixture->dir);
  g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_OPEN);
  vault_expect (vault, "channel4", 5, "channel4");
}

static void
expect_absent (const char *path, const char *const *needles)
{
  g_autofree char *content = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  for (guint i = 0; needles[i] != NULL; i++)
    {
      if (memmem (content, size, needles[i], strlen (needles[i])) != NULL)
        g_error ("%s has '%s' in it", path, needles[i]);
    }
}

static void
test_no_plain_text (void)
{
  static const char *const needles[] = { "plain-SECRET-token", "pppppppp", "Grant 1 of", NULL };
  g_autofree char *dir = store_make_dir ();
  g_autofree char *path = g_build_filename (dir, "vault.db", NULL);
  g_autofree char *wal = g_build_filename (dir, "vault.db-wal", NULL);
  g_autofree char *shm = g_build_filename (dir, "vault.db-shm", NULL);
  g_autoptr (CkVault) vault = vault_open (dir);
  g_autoptr (GError) error = NULL;
  struct stat st;

  g_assert_true (vault_store (vault, "a", 1, "plain-SECRET-token", &error));
  g_assert_cmpint (stat (wal, &st), ==, 0);
  g_assert_cmpint (st.st_size, >, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0600);
  expect_absent (wal, needles);
  expect_absent (path, needles);
  g_assert_false (g_file_test (shm, G_FILE_TEST_EXISTS));

  g_clear_object (&vault);
  expect_absent (path, needles);
  g_assert_false (g_file_test (wal, G_FILE_TEST_EXISTS));
  store_remove_dir (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!ck_vault_select_backend (CK_VAULT_BACKEND_SEALED, NULL))
    return 1;

  g_test_add ("/vault/damage/flips", Fixture, NULL, set_up, test_flips, tear_down);
  g_test_add ("/vault/damage/truncated", Fixture, NULL, set_up, test_truncated, tear_down);
  g_test_add ("/vault/damage/rolled-back", Fixture, NULL, set_up, test_rolled_back, tear_down);
  g_test_add ("/vault/damage/swapped", Fixture, NULL, set_up, test_swapped, tear_down);
  for (guint i = 0; i < G_N_ELEMENTS (tamperings); i++)
    {
      g_autofree char *path = g_strdup_printf ("/vault/damage/tampered/%s", tamperings[i].name);

      g_test_add (path, Fixture, &tamperings[i], set_up, test_tampered, tear_down);
    }
  for (guint i = 0; i < G_N_ELEMENTS (item_parts); i++)
    {
      g_autofree char *path = g_strdup_printf ("/vault/damage/item/%u", i);

      g_test_add (path, Fixture, item_parts[i], set_up, test_damaged_item, tear_down);
    }
  g_test_add_func ("/vault/damage/no-plain-text", test_no_plain_text);

  return g_test_run ();
}
