/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-sealed-store-private.h"

#include "ck-error.h"
#include "ck-sealed-file.h"

/* The store outlives it: closing waits for it. */
typedef struct
{
  CkSealedStore *store;
  CkVaultKey *key;
  SecretValue *text; /* nullable: for the key file */
  sqlite3 *db;       /* for the writer's thread */
} Rotation;

static void
rotation_free (Rotation *rotation)
{
  g_clear_pointer (&rotation->key, ck_vault_key_unref);
  g_clear_pointer (&rotation->text, secret_value_unref);
  g_free (rotation);
}

static CkVaultKey *
dup_key (CkSealedStore *store, CkVaultKey **which)
{
  CkVaultKey *key;

  g_mutex_lock (&store->lock);
  key = *which != NULL ? ck_vault_key_ref (*which) : NULL;
  g_mutex_unlock (&store->lock);

  return key;
}

CkVaultKey *
ck_sealed_store_dup_key (CkSealedStore *store)
{
  g_return_val_if_fail (CK_IS_SEALED_STORE (store), NULL);

  return dup_key (store, &store->key);
}

CkVaultKey *
ck_sealed_store_dup_next_key (CkSealedStore *store)
{
  g_return_val_if_fail (CK_IS_SEALED_STORE (store), NULL);

  return dup_key (store, &store->next_key);
}

gboolean
ck_sealed_store_uses_key_file (CkSealedStore *store)
{
  g_return_val_if_fail (CK_IS_SEALED_STORE (store), FALSE);

  return store->uses_key_file;
}

CkVaultKey *
ck_sealed_store_dup_key_of (CkSealedStore *store, sqlite3 *db, GError **error)
{
  g_autoptr (CkVaultKey) next = ck_sealed_store_dup_next_key (store);
  g_autofree char *id = NULL;

  if (next == NULL)
    return ck_sealed_store_dup_key (store);

  id = ck_sealed_file_dup_key_id (db, error);
  if (id == NULL)
    return NULL;

  return g_str_equal (id, ck_vault_key_get_id (next)) ? g_steal_pointer (&next)
                                                      : ck_sealed_store_dup_key (store);
}

/* The new key is on disk before the transaction is. */
static gboolean
rotate_file (sqlite3 *db, gpointer data, GError **error)
{
  Rotation *rotation = g_task_get_task_data (data);
  g_autoptr (CkVaultKey) key = ck_sealed_store_dup_key (rotation->store);

  rotation->db = db;

  return ck_sealed_file_rotate (db, key, rotation->key, error)
         && (rotation->text == NULL
             || ck_vault_key_write_next (rotation->store->state_dir, rotation->text, error));
}

/* What was sealed with the former key stands in the log until it is emptied. */
static void
remember_rotation (gpointer data)
{
  Rotation *rotation = g_task_get_task_data (data);
  CkSealedStore *store = rotation->store;

  g_mutex_lock (&store->lock);
  ck_vault_key_unref (store->key);
  store->key = g_steal_pointer (&store->next_key);
  g_mutex_unlock (&store->lock);

  if (rotation->text != NULL)
    ck_vault_key_settle (store->state_dir, CK_VAULT_KEY_FILE_NEXT);
  if (sqlite3_wal_checkpoint_v2 (rotation->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
    g_warning ("the vault's log still has what was sealed with the former key: %s",
               sqlite3_errmsg (rotation->db));
}

static void
on_rotated (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkSealedStore *store = g_task_get_source_object (task);
  GError *error = NULL;

  if (ck_db_writer_run_finish (NULL, result, &error))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }

  g_mutex_lock (&store->lock);
  g_clear_pointer (&store->next_key, ck_vault_key_unref);
  g_mutex_unlock (&store->lock);
  g_task_return_error (task, error);
}

void
ck_sealed_store_rotate_async (CkSealedStore *store,
                              CkVaultKey *next,
                              SecretValue *text,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (store, NULL, callback, user_data);
  g_autoptr (CkVaultKey) other = ck_sealed_store_dup_next_key (store);
  Rotation *rotation = g_new0 (Rotation, 1);

  g_task_set_source_tag (task, ck_sealed_store_rotate_async);
  g_task_set_task_data (task, rotation, (GDestroyNotify) rotation_free);
  rotation->store = store;
  rotation->key = ck_vault_key_ref (next);
  rotation->text = text != NULL ? secret_value_ref (text) : NULL;

  if (store->writer == NULL)
    {
      g_task_return_new_error (task, CK_ERROR, CK_ERROR_VAULT_SEALED, "the vault is closed");
      return;
    }
  if (other != NULL)
    {
      g_task_return_new_error (task, CK_ERROR, CK_ERROR_BUSY, "the vault's key is being rotated");
      return;
    }

  g_mutex_lock (&store->lock);
  store->next_key = ck_vault_key_ref (next);
  g_mutex_unlock (&store->lock);
  ck_db_writer_run_async (store->writer,
                          rotate_file,
                          remember_rotation,
                          task,
                          NULL,
                          NULL,
                          on_rotated,
                          g_object_ref (task));
}

gboolean
ck_sealed_store_rotate_finish (CkSealedStore *store, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, store), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
