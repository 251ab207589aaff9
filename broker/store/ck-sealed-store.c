/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-sealed-store-private.h"

#include "ck-error.h"
#include "ck-sealed-file.h"

#define FILE_NAME "vault.db"

/* More names than this do not make a message clearer. */
#define DAMAGE_SHOWN 5

G_DEFINE_FINAL_TYPE (CkSealedStore, ck_sealed_store, G_TYPE_OBJECT)

/* With the lock held. */
static void
forget_item (CkSealedStore *store, GBytes *name)
{
  CkSealedItem *item = g_hash_table_lookup (store->items, name);

  if (item != NULL && ck_sealed_item_get_value (item) == NULL)
    store->n_damaged--;
  g_hash_table_remove (store->items, name);
}

/* With the lock held. */
static void
remember_item (CkSealedStore *store, CkSealedItem *item)
{
  forget_item (store, ck_sealed_item_get_name (item));
  if (ck_sealed_item_get_value (item) == NULL)
    store->n_damaged++;
  g_hash_table_replace (store->items, ck_sealed_item_get_name (item), ck_sealed_item_ref (item));
}

/* Whether a change to @wanted touches a damaged item, whose share in the manifest's sum nobody knows
 * any more. */
static gboolean
touches_damage (CkSealedStore *store, GBytes *wanted, gboolean exact)
{
  CkSealedItem *item;
  gboolean damaged;

  g_mutex_lock (&store->lock);
  item = g_hash_table_lookup (store->items, wanted);
  if (exact)
    damaged = item != NULL && ck_sealed_item_get_value (item) == NULL;
  else
    damaged = store->n_damaged > 0;
  g_mutex_unlock (&store->lock);

  return damaged;
}

static void
on_found (guint64 id, CkSealedItem *item, gpointer user_data)
{
  remember_item (user_data, item);
}

static gboolean
file_exists (const char *path)
{
  g_autofree char *wal = g_strconcat (path, "-wal", NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS) || g_file_test (path, G_FILE_TEST_IS_SYMLINK)
         || g_file_test (wal, G_FILE_TEST_EXISTS);
}

/* A new file is made with the key; of one that is there its key id says which key it wants. */
static gboolean
open_file (CkSealedStore *store,
           const char *path,
           const char *credentials_dir,
           CkVaultKeyPlace *place,
           GError **error)
{
  g_autofree char *id = NULL;

  if (!file_exists (path))
    {
      store->key = ck_vault_key_find (store->state_dir, credentials_dir, NULL, place, error);
      if (store->key == NULL)
        return FALSE;
    }

  store->writer = ck_db_writer_open (path, &ck_sealed_file_format, store->key, error);
  if (store->writer == NULL || store->key != NULL)
    return store->writer != NULL;

  id = ck_sealed_file_dup_key_id (ck_db_writer_get_db (store->writer), error);
  if (id != NULL)
    store->key = ck_vault_key_find (store->state_dir, credentials_dir, id, place, error);

  return store->key != NULL;
}

static CkSealedStore *
open_store (const char *state_dir, const char *credentials_dir, GError **error)
{
  g_autofree char *path = g_build_filename (state_dir, FILE_NAME, NULL);
  g_autoptr (CkSealedStore) store = g_object_new (CK_TYPE_SEALED_STORE, NULL);
  CkVaultKeyPlace place;
  sqlite3 *db;

  store->state_dir = g_strdup (state_dir);
  if (!open_file (store, path, credentials_dir, &place, error))
    return NULL;

  db = ck_db_writer_get_db (store->writer);
  if (!ck_sealed_file_load (db, store->key, on_found, store, error))
    return NULL;

  store->uses_key_file = place >= CK_VAULT_KEY_FILE;
  ck_vault_key_settle (state_dir, place);

  return g_steal_pointer (&store);
}

static void
open_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const char *const *dirs = data;
  g_autoptr (GError) error = NULL;
  CkSealedStore *store = open_store (dirs[0], dirs[1], &error);

  if (store == NULL)
    {
      /* Whatever keeps the vault shut, shut it is. */
      error->code = CK_ERROR_VAULT_SEALED;
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  g_task_return_pointer (task, store, g_object_unref);
}

void
ck_sealed_store_open_async (const char *state_dir,
                            const char *credentials_dir,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  const char *dirs[] = { state_dir, credentials_dir, NULL };

  g_task_set_source_tag (task, ck_sealed_store_open_async);
  g_task_set_task_data (task, g_strdupv ((char **) dirs), (GDestroyNotify) g_strfreev);
  g_task_run_in_thread (task, open_in_thread);
}

CkSealedStore *
ck_sealed_store_open_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, ck_sealed_store_open_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* A put has an item, a removal has a name. The store outlives its jobs: closing waits for them. */
typedef struct
{
  CkSealedStore *store;
  CkSealedItem *item;
  GBytes *wanted;
  gboolean exact;
  GPtrArray *removed; /* GBytes */
} Job;

static void
job_free (Job *job)
{
  g_clear_pointer (&job->item, ck_sealed_item_unref);
  g_clear_pointer (&job->wanted, g_bytes_unref);
  g_clear_pointer (&job->removed, g_ptr_array_unref);
  g_free (job);
}

static gboolean
put_item (sqlite3 *db, gpointer data, GError **error)
{
  Job *job = g_task_get_task_data (data);
  GBytes *name = ck_sealed_item_get_name (job->item);
  g_autoptr (CkVaultKey) key = ck_sealed_store_dup_key_of (job->store, db, error);

  return key != NULL
         && ck_sealed_file_put (db,
                                key,
                                job->item,
                                touches_damage (job->store, name, TRUE),
                                error);
}

static void
remember_put (gpointer data)
{
  Job *job = g_task_get_task_data (data);

  g_mutex_lock (&job->store->lock);
  remember_item (job->store, job->item);
  g_mutex_unlock (&job->store->lock);
}

static gboolean
remove_items (sqlite3 *db, gpointer data, GError **error)
{
  Job *job = g_task_get_task_data (data);
  g_autoptr (CkVaultKey) key = ck_sealed_store_dup_key_of (job->store, db, error);

  return key != NULL
         && ck_sealed_file_remove (db,
                                   key,
                                   job->wanted,
                                   job->exact,
                                   touches_damage (job->store, job->wanted, job->exact),
                                   job->removed,
                                   error);
}

static void
remember_removal (gpointer data)
{
  Job *job = g_task_get_task_data (data);

  g_mutex_lock (&job->store->lock);
  for (guint i = 0; i < job->removed->len; i++)
    forget_item (job->store, job->removed->pdata[i]);
  g_mutex_unlock (&job->store->lock);
}

static void
on_job_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  Job *job = g_task_get_task_data (task);

  if (!ck_db_writer_run_finish (NULL, result, &error))
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_boolean (task, job->item != NULL || job->removed->len > 0);
}

static void
queue_job (CkSealedStore *store,
           Job *job,
           gpointer tag,
           GCancellable *cancellable,
           GAsyncReadyCallback callback,
           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (store, cancellable, callback, user_data);

  job->store = store;
  g_task_set_source_tag (task, tag);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, job, (GDestroyNotify) job_free);

  if (store->writer == NULL)
    {
      g_task_return_new_error (task, CK_ERROR, CK_ERROR_VAULT_SEALED, "the vault is closed");
      return;
    }

  ck_db_writer_run_async (store->writer,
                          job->item != NULL ? put_item : remove_items,
                          job->item != NULL ? remember_put : remember_removal,
                          task,
                          NULL,
                          cancellable,
                          on_job_done,
                          g_object_ref (task));
}

void
ck_sealed_store_put_async (CkSealedStore *store,
                           GBytes *name,
                           const char *label,
                           SecretValue *value,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  guint64 now = (guint64) (g_get_real_time () / G_USEC_PER_SEC);
  guint64 created = now;
  CkSealedItem *former;
  Job *job;

  g_return_if_fail (CK_IS_SEALED_STORE (store));

  g_mutex_lock (&store->lock);
  former = g_hash_table_lookup (store->items, name);
  if (former != NULL && ck_sealed_item_get_value (former) != NULL)
    created = ck_sealed_item_get_created (former);
  g_mutex_unlock (&store->lock);

  job = g_new0 (Job, 1);
  job->item = ck_sealed_item_new (name, label, value, created, now);
  queue_job (store, job, ck_sealed_store_put_async, cancellable, callback, user_data);
}

gboolean
ck_sealed_store_put_finish (CkSealedStore *store, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, store), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ck_sealed_store_remove_async (CkSealedStore *store,
                              GBytes *wanted,
                              gboolean exact,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  Job *job;

  g_return_if_fail (CK_IS_SEALED_STORE (store));

  job = g_new0 (Job, 1);
  job->wanted = g_bytes_ref (wanted);
  job->exact = exact;
  job->removed = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  queue_job (store, job, ck_sealed_store_remove_async, cancellable, callback, user_data);
}

gboolean
ck_sealed_store_remove_finish (CkSealedStore *store, GAsyncResult *result, GError **error)
{
  return ck_sealed_store_put_finish (store, result, error);
}

/* With the lock held. */
static void
search_all (CkSealedStore *store, GBytes *wanted, guint limit, GPtrArray *found)
{
  GHashTableIter iter;
  gpointer name;
  gpointer item;

  g_hash_table_iter_init (&iter, store->items);
  while ((limit == 0 || found->len < limit) && g_hash_table_iter_next (&iter, &name, &item))
    {
      if (ck_item_name_matches (name, wanted))
        g_ptr_array_add (found, ck_sealed_item_ref (item));
    }
}

GPtrArray *
ck_sealed_store_search (CkSealedStore *store, GBytes *wanted, gboolean exact, guint limit)
{
  GPtrArray *found = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_sealed_item_unref);
  CkSealedItem *item;

  g_return_val_if_fail (CK_IS_SEALED_STORE (store), found);

  g_mutex_lock (&store->lock);
  item = g_hash_table_lookup (store->items, wanted);
  if (exact && item != NULL)
    g_ptr_array_add (found, ck_sealed_item_ref (item));
  else if (!exact)
    search_all (store, wanted, limit, found);
  g_mutex_unlock (&store->lock);

  return found;
}

char *
ck_sealed_store_dup_damage (CkSealedStore *store)
{
  g_autoptr (GString) text = g_string_new (NULL);
  GHashTableIter iter;
  gpointer item;
  guint n_damaged;
  guint n_shown = 0;

  g_return_val_if_fail (CK_IS_SEALED_STORE (store), NULL);

  g_mutex_lock (&store->lock);
  n_damaged = store->n_damaged;
  g_hash_table_iter_init (&iter, store->items);
  while (n_shown < MIN (n_damaged, DAMAGE_SHOWN) && g_hash_table_iter_next (&iter, NULL, &item))
    {
      g_autofree char *name = NULL;

      if (ck_sealed_item_get_value (item) != NULL)
        continue;
      name = ck_item_name_to_string (ck_sealed_item_get_name (item));
      g_string_append_printf (text, "%s%s", n_shown > 0 ? ", " : "", name);
      n_shown++;
    }
  g_mutex_unlock (&store->lock);

  if (n_damaged == 0)
    return NULL;
  return g_strdup_printf ("%u damaged in %s (%s%s): connect them again or restore a backup",
                          n_damaged,
                          FILE_NAME,
                          text->str,
                          n_shown < n_damaged ? ", …" : "");
}

guint64
ck_sealed_store_get_n_commits (CkSealedStore *store)
{
  g_return_val_if_fail (CK_IS_SEALED_STORE (store), 0);

  return store->writer != NULL ? ck_db_writer_get_n_commits (store->writer) : 0;
}

void
ck_sealed_store_close (CkSealedStore *store)
{
  g_return_if_fail (CK_IS_SEALED_STORE (store));

  if (store->writer != NULL)
    ck_db_writer_close (store->writer);

  g_mutex_lock (&store->lock);
  g_hash_table_remove_all (store->items);
  store->n_damaged = 0;
  g_mutex_unlock (&store->lock);

  g_clear_object (&store->writer);
  g_clear_pointer (&store->key, ck_vault_key_unref);
  g_clear_pointer (&store->next_key, ck_vault_key_unref);
}

static void
ck_sealed_store_dispose (GObject *object)
{
  ck_sealed_store_close (CK_SEALED_STORE (object));

  G_OBJECT_CLASS (ck_sealed_store_parent_class)->dispose (object);
}

static void
ck_sealed_store_finalize (GObject *object)
{
  CkSealedStore *store = CK_SEALED_STORE (object);

  g_free (store->state_dir);
  g_hash_table_unref (store->items);
  g_mutex_clear (&store->lock);

  G_OBJECT_CLASS (ck_sealed_store_parent_class)->finalize (object);
}

static void
ck_sealed_store_class_init (CkSealedStoreClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = ck_sealed_store_dispose;
  object_class->finalize = ck_sealed_store_finalize;
}

static void
ck_sealed_store_init (CkSealedStore *store)
{
  g_mutex_init (&store->lock);
  store->items = g_hash_table_new_full (g_bytes_hash,
                                        g_bytes_equal,
                                        NULL,
                                        (GDestroyNotify) ck_sealed_item_unref);
}
