/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-sealed-file.h"
#include "fuzz-folder.h"
#include "fuzz.h"

static void
on_found (guint64 id, CkSealedItem *item, gpointer user_data)
{
  GBytes *name = ck_sealed_item_get_name (item);
  g_autoptr (GHashTable) attributes = ck_item_name_dup_attributes (name);
  g_autoptr (GBytes) again = ck_item_name_new (NULL, attributes);
  g_autofree char *text = ck_item_name_to_string (name);
  guint *n_good = user_data;

  g_assert_true (g_utf8_validate (text, -1, NULL));
  if (ck_sealed_item_get_value (item) == NULL)
    return;

  /* What has passed its seal is what was sealed, so its name is one that was made. */
  (*n_good)++;
  g_assert_true (g_bytes_equal (name, again));
  g_assert_true (ck_item_name_matches (name, name));
}

static void
try_name (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) name = g_bytes_new (data, size);
  g_autoptr (GHashTable) attributes = ck_item_name_dup_attributes (name);
  g_autofree char *text = ck_item_name_to_string (name);

  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_nonnull (attributes);
  ck_item_name_matches (name, name);
}

static void
try_file (const char *path, CkVaultKey *key)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CkDbWriter) writer = ck_db_writer_open (path, &ck_sealed_file_format, key, &error);
  guint n_good = 0;
  gboolean loaded = FALSE;

  if (writer != NULL)
    loaded = ck_sealed_file_load (ck_db_writer_get_db (writer), key, on_found, &n_good, &error);
  g_assert_true (loaded == (error == NULL));
}

/* A vault.db, byte for byte, opened with the key that the corpus was sealed with: whatever is in
 * it, it is refused or read, and left as it was. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const guint8 master[CK_VAULT_KEY_BYTES] = "the key of the corpus, 32 bytes";
  g_autoptr (CkVaultKey) key = ck_vault_key_new (master);
  char *dir = fuzz_folder_make ("vault.db", data, size);
  g_autofree char *path = g_build_filename (dir, "vault.db", NULL);
  g_autofree char *after = NULL;
  gsize after_size;

  try_name (data, size);

  try_file (path, key);
  g_assert_true (g_file_get_contents (path, &after, &after_size, NULL));
  g_assert_cmpmem (after, after_size, data, size);

  fuzz_folder_remove (dir);

  return 0;
}
