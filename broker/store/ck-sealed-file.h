/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-db-writer.h"
#include "ck-sealed-item.h"

G_BEGIN_DECLS

/* vault.db: a table of sealed items, and beside it the key's id and the sealed manifest: how many
 * items there are, the next free id, and the keyed sum over all of them (ck_vault_key_tally()). An
 * item that SQLite loses, repeats or brings back old is noticed by it, which the seals of the items
 * left could not tell. The manifest is also the check value: only the right key opens it.
 *
 * Every function runs where the connection lives, inside its transaction where it writes. */

extern const CkDbFormat ck_sealed_file_format; /* its create data is the CkVaultKey */

/**
 * ck_sealed_file_dup_key_id:
 * @error: %CK_ERROR_STORE
 *
 * Returns: (transfer full) (nullable): the id of the key that the file says it was sealed with
 */
char *ck_sealed_file_dup_key_id (sqlite3 *db, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * CkSealedFound:
 * @id: the row
 * @item: as read, see ck_sealed_item_get_value()
 */
typedef void (*CkSealedFound) (guint64 id, CkSealedItem *item, gpointer user_data);

/**
 * ck_sealed_file_load:
 * @db: the connection
 * @key: the key to try
 * @found: called for every item
 * @error: %CK_ERROR_VAULT_SEALED: sealed with another key, or the file is damaged beyond single
 *   items
 *
 * Reads everything and checks it against the manifest. Items that are damaged each for themselves
 * are no failure.
 *
 * Returns: whether the file can be used
 */
gboolean ck_sealed_file_load (sqlite3 *db,
                              CkVaultKey *key,
                              CkSealedFound found,
                              gpointer user_data,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_sealed_file_put:
 * @item: replaces the one of the same name
 * @mend: whether a damaged item may be replaced or removed by this: what it once added to the sum
 *   is not known, so the sum is made anew from what the table holds
 * @error: %CK_ERROR_STORE
 */
gboolean ck_sealed_file_put (sqlite3 *db,
                             CkVaultKey *key,
                             CkSealedItem *item,
                             gboolean mend,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_sealed_file_remove:
 * @wanted: names every item that matches, see ck_item_name_matches()
 * @exact: whether @wanted is the whole name of at most one item
 * @mend: as above
 * @removed: (transfer container) (element-type GBytes): the names of the items removed are added
 * @error: %CK_ERROR_STORE
 */
gboolean ck_sealed_file_remove (sqlite3 *db,
                                CkVaultKey *key,
                                GBytes *wanted,
                                gboolean exact,
                                gboolean mend,
                                GPtrArray *removed,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_sealed_file_rotate:
 * @key: the key it is sealed with
 * @next: the key it is to be sealed with
 * @error: %CK_ERROR_STORE
 *
 * Seals every item anew, and the manifest, and says so in the key id. A damaged item stays one.
 */
gboolean ck_sealed_file_rotate (sqlite3 *db, CkVaultKey *key, CkVaultKey *next, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
