/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-db-writer.h"
#include "ck-sealed-store.h"

G_BEGIN_DECLS

/* Between ck-sealed-store.c, which keeps the items, and ck-sealed-rotation.c, which changes the key. */

struct _CkSealedStore
{
  GObject parent_instance;

  char *state_dir;
  gboolean uses_key_file;
  CkDbWriter *writer;

  GMutex lock;          /* guards what follows; never held across the disk */
  CkVaultKey *key;
  CkVaultKey *next_key; /* while it is rotated */
  GHashTable *items; /* GBytes name, owned by its CkSealedItem */
  guint n_damaged;
};

/**
 * ck_sealed_store_dup_key_of:
 * @db: the connection, inside a transaction
 *
 * Returns: (transfer full) (nullable): the key that the file is sealed with, as this transaction sees
 *   it: it may be that of a rotation which is not committed yet, and may not be
 */
CkVaultKey *ck_sealed_store_dup_key_of (CkSealedStore *store, sqlite3 *db, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
