/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-sealed-item.h"

G_BEGIN_DECLS

/**
 * CkSealedStore:
 *
 * The sealed vault: `vault.db`, and all its items unsealed in memory. Reading never touches the
 * disk and shows what is on it: a store is seen when it is durable. All functions but open and
 * close may be called from any thread.
 */
#define CK_TYPE_SEALED_STORE (ck_sealed_store_get_type ())
G_DECLARE_FINAL_TYPE (CkSealedStore, ck_sealed_store, CK, SEALED_STORE, GObject)

/**
 * ck_sealed_store_open_async:
 * @state_dir: where vault.db and vault.key are
 * @credentials_dir: (nullable): see ck_vault_key_find()
 *
 * Finds the key, opens or makes the file, and unseals every item, in a thread.
 *
 * Finishes with (transfer full) the store, or %CK_ERROR_VAULT_SEALED with a message for the
 * administrator; then nothing on disk was changed.
 */
void ck_sealed_store_open_async (const char *state_dir,
                                 const char *credentials_dir,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
CkSealedStore *ck_sealed_store_open_finish (GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_sealed_store_put_async:
 * @name: from ck_item_name_new()
 * @label: (nullable): for people
 * @value: (transfer none): the secret
 *
 * Stores an item in the place of the one of that name; finishes when it is on disk.
 */
void ck_sealed_store_put_async (CkSealedStore *store,
                                GBytes *name,
                                const char *label,
                                SecretValue *value,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean ck_sealed_store_put_finish (CkSealedStore *store, GAsyncResult *result, GError **error);

/**
 * ck_sealed_store_remove_async:
 * @wanted: a name; all items that match it are removed
 * @exact: whether @wanted is the whole name of at most one item
 *
 * Finishes %TRUE if there was one, %FALSE without an error if there was none.
 */
void ck_sealed_store_remove_async (CkSealedStore *store,
                                   GBytes *wanted,
                                   gboolean exact,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean ck_sealed_store_remove_finish (CkSealedStore *store, GAsyncResult *result, GError **error);

/**
 * ck_sealed_store_search:
 * @wanted: a name, see ck_item_name_matches()
 * @exact: whether @wanted is the whole name of at most one item
 * @limit: at most so many, 0 for all
 *
 * Returns: (transfer full) (element-type CkSealedItem): what matches
 */
GPtrArray *ck_sealed_store_search (CkSealedStore *store, GBytes *wanted, gboolean exact, guint limit);

/**
 * ck_sealed_store_dup_damage:
 *
 * Returns: (transfer full) (nullable): which items are damaged, a sentence; %NULL if none is
 */
char *ck_sealed_store_dup_damage (CkSealedStore *store);

/**
 * ck_sealed_store_dup_key:
 *
 * Returns: (transfer full) (nullable): the key it is sealed with
 */
CkVaultKey *ck_sealed_store_dup_key (CkSealedStore *store) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_sealed_store_dup_next_key:
 *
 * Returns: (transfer full) (nullable): the key it will be sealed with, while it is rotated
 */
CkVaultKey *ck_sealed_store_dup_next_key (CkSealedStore *store) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_sealed_store_uses_key_file:
 *
 * Returns: whether the key is in a file beside the vault; else it is a credential
 */
gboolean ck_sealed_store_uses_key_file (CkSealedStore *store);

/**
 * ck_sealed_store_rotate_async:
 * @next: (transfer none): the new key
 * @text: (transfer none) (nullable): the same, to be written into the key file; %NULL for one that
 *   the caller keeps where the next start finds it
 *
 * Seals everything with @next, in one transaction among the others: from then on nothing in the
 * store's files opens with the former key. Errors: %CK_ERROR_BUSY while another one is under way,
 * %CK_ERROR_VAULT_SEALED, %CK_ERROR_STORE.
 */
void ck_sealed_store_rotate_async (CkSealedStore *store,
                                   CkVaultKey *next,
                                   SecretValue *text,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean ck_sealed_store_rotate_finish (CkSealedStore *store, GAsyncResult *result, GError **error);

/**
 * ck_sealed_store_get_n_commits:
 *
 * Returns: how many transactions were committed (for tests and benchmarks)
 */
guint64 ck_sealed_store_get_n_commits (CkSealedStore *store);

/**
 * ck_sealed_store_close:
 *
 * Completes what is queued, closes the file, forgets the items and the key. Waits for the disk.
 */
void ck_sealed_store_close (CkSealedStore *store);

G_END_DECLS
