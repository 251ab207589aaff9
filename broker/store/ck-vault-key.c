/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-vault-key.h"

#include <sodium.h>
#include <string.h>

#define CONTEXT "ckvault1" /* crypto_kdf's: eight bytes that no other use of the key has */
#define ID_BYTES 16        /* the least that crypto_kdf gives; half of it is shown */

enum
{
  SUBKEY_SEAL = 1,
  SUBKEY_TALLY,
  SUBKEY_ID,
};

G_STATIC_ASSERT (CK_VAULT_KEY_BYTES == crypto_kdf_KEYBYTES);
G_STATIC_ASSERT (CK_VAULT_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
G_STATIC_ASSERT (CK_VAULT_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
G_STATIC_ASSERT (CK_VAULT_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES);

typedef struct
{
  guint8 seal[CK_VAULT_KEY_BYTES];
  guint8 tally[CK_VAULT_KEY_BYTES];
} Subkeys;

struct _CkVaultKey
{
  gatomicrefcount ref_count;
  Subkeys *subkeys; /* sodium_malloc() */
  char id[ID_BYTES + 1];
};

CkVaultKey *
ck_vault_key_new (const guint8 *master)
{
  CkVaultKey *key = g_new0 (CkVaultKey, 1);
  guint8 id[ID_BYTES];

  if (sodium_init () < 0)
    g_error ("libsodium cannot be used on this machine");

  g_atomic_ref_count_init (&key->ref_count);
  key->subkeys = sodium_malloc (sizeof (Subkeys));
  if (key->subkeys == NULL)
    g_error ("no memory for the vault's key");

  crypto_kdf_derive_from_key (key->subkeys->seal, CK_VAULT_KEY_BYTES, SUBKEY_SEAL, CONTEXT, master);
  crypto_kdf_derive_from_key (key->subkeys->tally, CK_VAULT_KEY_BYTES, SUBKEY_TALLY, CONTEXT, master);
  crypto_kdf_derive_from_key (id, sizeof id, SUBKEY_ID, CONTEXT, master);
  sodium_bin2hex (key->id, sizeof key->id, id, ID_BYTES / 2);
  sodium_mprotect_readonly (key->subkeys);

  return key;
}

CkVaultKey *
ck_vault_key_ref (CkVaultKey *key)
{
  g_atomic_ref_count_inc (&key->ref_count);

  return key;
}

void
ck_vault_key_unref (CkVaultKey *key)
{
  if (!g_atomic_ref_count_dec (&key->ref_count))
    return;

  sodium_free (key->subkeys);
  g_free (key);
}

const char *
ck_vault_key_get_id (CkVaultKey *key)
{
  return key->id;
}

GBytes *
ck_vault_key_seal (CkVaultKey *key, GBytes *bound, const guint8 *data, gsize size)
{
  gsize bound_size;
  const guint8 *bound_data = g_bytes_get_data (bound, &bound_size);
  guint8 *sealed = g_malloc (size + CK_VAULT_SEAL_BYTES);

  randombytes_buf (sealed, CK_VAULT_NONCE_BYTES);
  crypto_aead_xchacha20poly1305_ietf_encrypt (sealed + CK_VAULT_NONCE_BYTES,
                                              NULL,
                                              data,
                                              size,
                                              bound_data,
                                              bound_size,
                                              NULL,
                                              sealed,
                                              key->subkeys->seal);

  return g_bytes_new_take (sealed, size + CK_VAULT_SEAL_BYTES);
}

gboolean
ck_vault_key_unseal (CkVaultKey *key,
                     GBytes *bound,
                     const guint8 *sealed,
                     gsize size,
                     guint8 *plain)
{
  gsize bound_size;
  const guint8 *bound_data = g_bytes_get_data (bound, &bound_size);

  if (size < CK_VAULT_SEAL_BYTES)
    return FALSE;

  return crypto_aead_xchacha20poly1305_ietf_decrypt (plain,
                                                     NULL,
                                                     NULL,
                                                     sealed + CK_VAULT_NONCE_BYTES,
                                                     size - CK_VAULT_NONCE_BYTES,
                                                     bound_data,
                                                     bound_size,
                                                     sealed,
                                                     key->subkeys->seal)
         == 0;
}

void
ck_vault_key_tally (CkVaultKey *key, guint64 id, const guint8 *sealed, gsize size, guint8 *sum)
{
  guint8 entry[sizeof id + CK_VAULT_SEAL_BYTES];
  guint8 hash[CK_VAULT_TALLY_BYTES];
  guint64 id_le = GUINT64_TO_LE (id);

  g_return_if_fail (size >= CK_VAULT_SEAL_BYTES);

  memcpy (entry, &id_le, sizeof id_le);
  memcpy (entry + sizeof id_le, sealed, CK_VAULT_NONCE_BYTES);
  memcpy (entry + sizeof id_le + CK_VAULT_NONCE_BYTES,
          sealed + size - CK_VAULT_TAG_BYTES,
          CK_VAULT_TAG_BYTES);
  crypto_generichash (hash, sizeof hash, entry, sizeof entry, key->subkeys->tally, CK_VAULT_KEY_BYTES);

  for (guint i = 0; i < CK_VAULT_TALLY_BYTES; i++)
    sum[i] ^= hash[i];
}
