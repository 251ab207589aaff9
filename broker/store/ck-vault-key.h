/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <libsecret/secret.h>

G_BEGIN_DECLS

#define CK_VAULT_KEY_BYTES 32
#define CK_VAULT_TALLY_BYTES 32

/* What sealing adds: a random nonce before the ciphertext, a tag after it. */
#define CK_VAULT_NONCE_BYTES 24
#define CK_VAULT_TAG_BYTES 16
#define CK_VAULT_SEAL_BYTES (CK_VAULT_NONCE_BYTES + CK_VAULT_TAG_BYTES)

/**
 * CkVaultKey:
 *
 * The vault's key, in guarded memory that is locked, left out of core dumps and wiped when freed.
 * Three keys are derived from it: one seals, one tallies, and one is its public id, so that a wrong
 * key is told from a damaged file. Read-only, reference counted, for any thread.
 */
typedef struct _CkVaultKey CkVaultKey;

/**
 * ck_vault_key_new:
 * @master: (array fixed-size=32): the key; the caller wipes its copy
 *
 * Returns: (transfer full): the key
 */
CkVaultKey *ck_vault_key_new (const guint8 *master) G_GNUC_WARN_UNUSED_RESULT;
CkVaultKey *ck_vault_key_ref (CkVaultKey *key);
void ck_vault_key_unref (CkVaultKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkVaultKey, ck_vault_key_unref)

/**
 * ck_vault_key_get_id:
 *
 * Returns: (transfer none): 16 hex digits that tell one key from another and nothing else
 */
const char *ck_vault_key_get_id (CkVaultKey *key);

/**
 * ck_vault_key_seal:
 * @bound: (transfer none): associated data: unsealing needs the same
 * @data: what to seal
 * @size: its bytes
 *
 * XChaCha20-Poly1305 with a random nonce.
 *
 * Returns: (transfer full): nonce, ciphertext, tag
 */
GBytes *ck_vault_key_seal (CkVaultKey *key, GBytes *bound, const guint8 *data, gsize size)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_vault_key_unseal:
 * @bound: (transfer none): what it was bound to
 * @sealed: bytes from ck_vault_key_seal(), not trusted
 * @size: how many
 * @plain: (out caller-allocates): room for @size bytes; wiping them is the caller's
 *
 * Returns: whether @sealed is exactly what was sealed; @plain then holds @size less
 *   %CK_VAULT_SEAL_BYTES bytes
 */
gboolean ck_vault_key_unseal (CkVaultKey *key,
                              GBytes *bound,
                              const guint8 *sealed,
                              gsize size,
                              guint8 *plain) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_vault_key_tally:
 * @id: of an item
 * @sealed: its sealed bytes, at least %CK_VAULT_SEAL_BYTES
 * @size: how many
 * @sum: (inout) (array fixed-size=32): a sum that the item enters, or leaves if it was in it
 *
 * Adds (which is the same as removes) an item to the keyed sum over a set of items. The sum changes
 * with every item that is missing, added or older than it should be, and only who has the key can
 * make one. An item goes in by id, nonce and tag; the tag stands for everything else in it.
 */
void ck_vault_key_tally (CkVaultKey *key,
                         guint64 id,
                         const guint8 *sealed,
                         gsize size,
                         guint8 *sum);

/**
 * ck_vault_key_new_from_text:
 * @text: (transfer none): 32 bytes, or these as 64 hex digits or in base64
 * @error: %CK_ERROR_INVALID_ARGUMENT if it is none of these; the message has nothing of it
 *
 * Returns: (transfer full) (nullable): the key
 */
CkVaultKey *ck_vault_key_new_from_text (SecretValue *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_vault_key_generate:
 * @text: (out) (transfer full): the key as a line of hex digits, to be kept somewhere
 *
 * Returns: (transfer full): a new random key
 */
CkVaultKey *ck_vault_key_generate (SecretValue **text) G_GNUC_WARN_UNUSED_RESULT;

/**
 * CkVaultKeyPlace:
 *
 * Where the vault's key can be, in the order in which it is looked for. The `next` ones are there
 * while the key is rotated, and after a crash on the way: which one counts, the vault's key id says.
 */
typedef enum
{
  CK_VAULT_KEY_CREDENTIAL,      /* the credential `channelkeeper.vault-key` */
  CK_VAULT_KEY_CREDENTIAL_NEXT, /* the credential `channelkeeper.vault-key.next` */
  CK_VAULT_KEY_FILE,            /* the key file `vault.key` beside the vault */
  CK_VAULT_KEY_FILE_NEXT,       /* the key file `vault.key.next` */
} CkVaultKeyPlace;

/**
 * ck_vault_key_find:
 * @state_dir: where the vault is and the key file may be
 * @credentials_dir: (nullable): systemd's CREDENTIALS_DIRECTORY
 * @id: (nullable): the vault's key id; %NULL where no vault exists yet: then the first key there is
 *   is taken, and a key file is made if there is none
 * @place: (out): where it was found
 * @error: %CK_ERROR_VAULT_SEALED: no key; one that cannot be read or is none; a key file that is
 *   not ours, a symbolic link, or open to others
 *
 * Blocks on the disk.
 *
 * Returns: (transfer full) (nullable): the key of that id; if there is none, the first key, for the
 *   vault to say what is wrong with it
 */
CkVaultKey *ck_vault_key_find (const char *state_dir,
                               const char *credentials_dir,
                               const char *id,
                               CkVaultKeyPlace *place,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_vault_key_write_next:
 * @text: (transfer none): from ck_vault_key_generate()
 * @error: %CK_ERROR_STORE
 *
 * Writes the key file `vault.key.next`, complete and on disk when it returns.
 */
gboolean ck_vault_key_write_next (const char *state_dir, SecretValue *text, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_vault_key_settle:
 * @place: where the key was found that has opened the vault
 *
 * Leaves one key file: `vault.key.next` gets its final name, or is removed if it is a left-over. A
 * failure is logged: the next start tries again.
 */
void ck_vault_key_settle (const char *state_dir, CkVaultKeyPlace place);

G_END_DECLS
