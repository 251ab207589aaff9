/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-backup-file.h"
#include "fuzz.h"

#define HEADER_BYTES 32

static void
try_file (const guint8 *data, gsize size, CkVaultKey *key)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CkBackup) backup = ck_backup_unseal (data, size, key, &error);
  g_autoptr (GBytes) again = NULL;

  g_assert_true ((backup != NULL) == (error == NULL));
  if (backup == NULL)
    return;

  /* What was read can be backed up as well. */
  again = ck_backup_seal (backup, key);
  g_assert_cmpuint (g_bytes_get_size (again), >, HEADER_BYTES);
}

/* A backup, byte for byte, opened with the key that the corpus was sealed with; then the same bytes
 * as what was sealed with it, which is what only a broken or hostile broker with that key could make. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const guint8 master[CK_VAULT_KEY_BYTES] = "the key of the corpus, 32 bytes";
  g_autoptr (CkVaultKey) key = ck_vault_key_new (master);
  g_autoptr (CkBackup) empty = ck_backup_new ();
  g_autoptr (GBytes) template = ck_backup_seal (empty, key);
  g_autoptr (GBytes) header = g_bytes_new_from_bytes (template, 0, HEADER_BYTES);
  g_autoptr (GBytes) sealed = ck_vault_key_seal (key, header, data, size);
  gsize sealed_size = g_bytes_get_size (sealed);
  g_autofree guint8 *file = g_malloc (HEADER_BYTES + sealed_size);

  try_file (data, size, key);

  memcpy (file, g_bytes_get_data (header, NULL), HEADER_BYTES);
  memcpy (file + HEADER_BYTES, g_bytes_get_data (sealed, NULL), sealed_size);
  try_file (file, HEADER_BYTES + sealed_size, key);

  return 0;
}
