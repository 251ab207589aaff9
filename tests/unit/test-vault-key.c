/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ck-vault-key.h"
#include "vault-util.h"

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define BASE64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define RAW                                                                                        \
  "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"                               \
  "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f"
#define ZEROS HALF_ZEROS HALF_ZEROS
#define HALF_ZEROS "00000000000000000000000000000000"

typedef struct
{
  const char *name;
  const char *content;
  gsize size;
  gboolean good;
} KeyText;

#define KEY_TEXT(name, content, good)                                                              \
  {                                                                                                \
    name, content, sizeof content - 1, good                                                        \
  }

static const KeyText key_texts[] = {
  KEY_TEXT ("raw", RAW, TRUE),
  KEY_TEXT ("hex", HEX, TRUE),
  KEY_TEXT ("hex line", HEX "\n", TRUE),
  KEY_TEXT ("base64", BASE64, TRUE),
  KEY_TEXT ("base64 line", BASE64 "\r\n", TRUE),
  KEY_TEXT ("empty", "", FALSE),
  KEY_TEXT ("short raw", "\x01\x02\x03", FALSE),
  KEY_TEXT ("raw with a byte more", RAW "\n", FALSE),
  KEY_TEXT ("half a hex key", "000102030405060708090a0b0c0d0e0f", FALSE),
  KEY_TEXT ("no hex", "zz0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", FALSE),
  KEY_TEXT ("two hex keys", HEX HEX, FALSE),
  KEY_TEXT ("short base64", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", FALSE),
  KEY_TEXT ("zeros", ZEROS, FALSE),
};

static void
set_file (const char *path, const char *content, gsize size, mode_t mode)
{
  g_assert_true (g_file_set_contents (path, content, (gssize) size, NULL));
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
}

static void
test_text (gconstpointer data)
{
  const KeyText *text = data;
  const guint8 *raw = (const guint8 *) RAW;
  g_autofree char *dir = store_make_dir ();
  g_autofree char *credential = g_build_filename (dir, "channelkeeper.vault-key", NULL);
  g_autoptr (CkVaultKey) expected = ck_vault_key_new (raw);
  g_autoptr (CkVaultKey) key = NULL;
  g_autoptr (GError) error = NULL;
  CkVaultKeyPlace place;

  set_file (credential, text->content, text->size, 0440);
  key = ck_vault_key_find (dir, dir, NULL, &place, &error);
  if (text->good)
    {
      g_assert_no_error (error);
      g_assert_cmpstr (ck_vault_key_get_id (key), ==, ck_vault_key_get_id (expected));
    }
  else
    {
      g_assert_null (key);
      g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
      g_assert_nonnull (strstr (error->message, credential));
      if (text->size > 8)
        g_assert_null (memmem (error->message, strlen (error->message), text->content, text->size));
    }
  store_remove_dir (dir);
}

static void
test_made (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *path = g_build_filename (dir, "vault.key", NULL);
  g_autoptr (CkVaultKey) key = NULL;
  g_autoptr (CkVaultKey) again = NULL;
  g_autoptr (GError) error = NULL;
  CkVaultKeyPlace place;
  struct stat st;

  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "made the vault key *vault.key (id *");
  key = ck_vault_key_find (dir, NULL, NULL, &place, &error);
  g_test_assert_expected_messages ();
  g_assert_no_error (error);
  g_assert_cmpint (stat (path, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0600);

  again = ck_vault_key_find (dir, NULL, NULL, &place, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (ck_vault_key_get_id (key), ==, ck_vault_key_get_id (again));
  g_assert_cmpuint (strlen (ck_vault_key_get_id (key)), ==, 16);
  store_remove_dir (dir);
}

static void
expect_refused (const char *dir, const char *words)
{
  g_autoptr (GError) error = NULL;
  CkVaultKeyPlace place;

  g_assert_null (ck_vault_key_find (dir, NULL, "0123456789abcdef", &place, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  g_assert_nonnull (strstr (error->message, "vault.key"));
  if (strstr (error->message, words) == NULL)
    g_error ("'%s' does not say '%s'", error->message, words);
}

static void
test_bad_files (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *path = g_build_filename (dir, "vault.key", NULL);
  g_autofree char *real = g_build_filename (dir, "real.key", NULL);

  expect_refused (dir, "is missing");
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  set_file (path, HEX, strlen (HEX), 0640);
  expect_refused (dir, "0600");
  set_file (path, HEX, strlen (HEX), 0604);
  expect_refused (dir, "0600");
  g_unlink (path);

  set_file (real, HEX, strlen (HEX), 0600);
  g_assert_cmpint (symlink (real, path), ==, 0);
  expect_refused (dir, "symbolic link");
  g_unlink (path);

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  expect_refused (dir, "not a regular file");
  g_unlink (path);

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  expect_refused (dir, "not a regular file");
  store_remove_dir (dir);
}

static void
test_foreign_owner (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *path = g_build_filename (dir, "vault.key", NULL);

  if (geteuid () == 0)
    {
      set_file (path, HEX, strlen (HEX), 0600);
      g_assert_cmpint (chown (path, 65534, 65534), ==, 0);
      expect_refused (dir, "does not belong");
    }
  else
    {
      /* Who is not root cannot give a file away, but has root's to point at. */
      g_assert_cmpint (symlink ("/etc/passwd", path), ==, 0);
      expect_refused (dir, "symbolic link");
    }
  store_remove_dir (dir);
}

static void
test_seal (void)
{
  const guint8 *raw = (const guint8 *) RAW;
  g_autoptr (CkVaultKey) key = ck_vault_key_new (raw);
  g_autoptr (CkVaultKey) other = ck_vault_key_new (raw);
  g_autoptr (CkVaultKey) wrong = ck_vault_key_new ((const guint8 *) HEX);
  g_autoptr (GBytes) bound = g_bytes_new_static ("ab", 2);
  g_autoptr (GBytes) elsewhere = g_bytes_new_static ("ac", 2);
  g_autoptr (GBytes) sealed = ck_vault_key_seal (key, bound, (const guint8 *) "text", 4);
  g_autoptr (GBytes) again = ck_vault_key_seal (key, bound, (const guint8 *) "text", 4);
  guint8 plain[64];
  gsize size;
  const guint8 *data = g_bytes_get_data (sealed, &size);

  g_assert_cmpuint (size, ==, 4 + CK_VAULT_SEAL_BYTES);
  g_assert_false (g_bytes_equal (sealed, again)); /* a nonce is never used twice */
  g_assert_true (ck_vault_key_unseal (other, bound, data, size, plain));
  g_assert_cmpmem (plain, 4, "text", 4);
  g_assert_false (ck_vault_key_unseal (wrong, bound, data, size, plain));
  g_assert_false (ck_vault_key_unseal (key, elsewhere, data, size, plain));
  for (gsize i = 0; i < size; i++)
    g_assert_false (ck_vault_key_unseal (key, bound, data, i, plain));
}

static void
expect_vault_sealed (const char *dir, const char *credentials, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CkVault) vault = vault_try_open (dir, credentials, &error);

  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  if (strstr (error->message, words) == NULL)
    g_error ("'%s' does not say '%s'", error->message, words);
  g_assert_nonnull (strstr (ck_vault_get_reason (vault), words));
}

/* What the vault does with a key that is not its own, and with none. */
static void
test_vault_keys (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *credentials = store_make_dir ();
  g_autofree char *path = g_build_filename (dir, "vault.key", NULL);
  g_autofree char *credential = g_build_filename (credentials, "channelkeeper.vault-key", NULL);
  g_autoptr (CkVaultKey) key = ck_vault_key_new ((const guint8 *) RAW);
  g_autoptr (CkVault) vault = NULL;
  g_autoptr (GError) error = NULL;

  set_file (credential, HEX "\n", strlen (HEX) + 1, 0440);
  vault = vault_try_open (dir, credentials, &error);
  g_assert_no_error (error);
  g_assert_true (vault_store (vault, "a", 1, "token", &error));
  g_clear_object (&vault);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  /* no credential any more: no key is made up for a vault that has one */
  expect_vault_sealed (dir, NULL, "is missing");
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  set_file (path, "ff" HEX, strlen (HEX), 0600);
  expect_vault_sealed (dir, NULL, "sealed with another key");
  expect_vault_sealed (dir, NULL, ck_vault_key_get_id (key));
  set_file (path, "junk", 4, 0600);
  expect_vault_sealed (dir, NULL, "no key");

  /* the credential comes before the key file */
  vault = vault_try_open (dir, credentials, &error);
  g_assert_no_error (error);
  vault_expect (vault, "a", 1, "token");
  g_clear_object (&vault);

  /* and a key file with the right key is as good; trying again after a failure works */
  vault = vault_try_open (dir, NULL, &error);
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  g_clear_error (&error);
  set_file (path, BASE64, strlen (BASE64), 0600);
  {
    g_autoptr (GAsyncResult) result = NULL;

    ck_vault_open_async (vault, NULL, store_on_result, &result);
    ck_vault_open_finish (vault, store_wait (&result), &error);
    g_assert_no_error (error);
  }
  vault_expect (vault, "a", 1, "token");
  g_clear_object (&vault);
  store_remove_dir (dir);
  store_remove_dir (credentials);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!ck_vault_select_backend (CK_VAULT_BACKEND_SEALED, NULL))
    return 1;

  for (guint i = 0; i < G_N_ELEMENTS (key_texts); i++)
    {
      g_autofree char *path = g_strdup_printf ("/vault-key/text/%s", key_texts[i].name);

      g_test_add_data_func (path, &key_texts[i], test_text);
    }
  g_test_add_func ("/vault-key/made", test_made);
  g_test_add_func ("/vault-key/bad-files", test_bad_files);
  g_test_add_func ("/vault-key/foreign-owner", test_foreign_owner);
  g_test_add_func ("/vault-key/seal", test_seal);
  g_test_add_func ("/vault-key/vault", test_vault_keys);

  return g_test_run ();
}
