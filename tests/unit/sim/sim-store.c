/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-store.h"

#include <string.h>

#include "ck-error.h"
#include "sim-time.h"

/* ---- the disk -------------------------------------------------------------------------------- */

typedef struct
{
  guint64 generation;
  CkGrant *grant;
} Item;

static GHashTable *records; /* id to CkChannelRecord */
static GHashTable *disk_grants;  /* channel to a GPtrArray of Item */
static guint64 disk_sequence;
static guint64 disk_time;
static guint life; /* grows with every cut: objects of a former one are dead */
static gboolean vault_fails;
static gboolean state_db_fails;
static guint n_refused;
static gint64 slowness;    /* microseconds until a write is on disk; 0: one turn of the main loop */
static GQueue slow_writes; /* GTask, in the order they were begun */

static void
item_free (gpointer data)
{
  Item *item = data;

  ck_grant_unref (item->grant);
  g_free (item);
}

void
sim_disk_reset (void)
{
  g_clear_pointer (&records, g_hash_table_unref);
  g_clear_pointer (&disk_grants, g_hash_table_unref);
  records = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                   (GDestroyNotify) ck_channel_record_free);
  disk_grants = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  disk_sequence = disk_time = 0;
  vault_fails = state_db_fails = FALSE;
  n_refused = 0;
  slowness = 0;
  g_assert_true (g_queue_is_empty (&slow_writes));
}

void
sim_disk_cut (void)
{
  life++;
}

void
sim_disk_fail (gboolean vault, gboolean state_db)
{
  vault_fails = vault;
  state_db_fails = state_db;
}

void
sim_disk_be_slow (gint64 usec)
{
  slowness = usec;
}

const CkChannelRecord *
sim_disk_get_record (const char *channel)
{
  return g_hash_table_lookup (records, channel);
}

static Item *
find_item (const char *channel, guint64 generation)
{
  const GPtrArray *items = g_hash_table_lookup (disk_grants, channel);
  Item *best = NULL;

  for (guint i = 0; items != NULL && i < items->len; i++)
    {
      Item *item = items->pdata[i];

      if (generation == 0 ? best == NULL || item->generation > best->generation
                          : item->generation == generation)
        best = item;
    }

  return best;
}

CkGrant *
sim_disk_get_grant (const char *channel, guint64 *generation)
{
  Item *item = find_item (channel, 0);

  if (item != NULL && generation != NULL)
    *generation = item->generation;

  return item != NULL ? item->grant : NULL;
}

guint
sim_disk_count_grants (const char *channel)
{
  const GPtrArray *items = g_hash_table_lookup (disk_grants, channel);

  return items != NULL ? items->len : 0;
}

guint
sim_disk_count_refused (void)
{
  return n_refused;
}

static void
remove_item (const char *channel, guint64 generation)
{
  Item *item = find_item (channel, generation);

  if (item != NULL)
    g_ptr_array_remove_fast (g_hash_table_lookup (disk_grants, channel), item);
}

static void
put_item (const char *channel, guint64 generation, CkGrant *grant)
{
  GPtrArray *items = g_hash_table_lookup (disk_grants, channel);
  Item *item = g_new0 (Item, 1);

  if (items == NULL)
    {
      items = g_ptr_array_new_with_free_func (item_free);
      g_hash_table_insert (disk_grants, g_strdup (channel), items);
    }
  remove_item (channel, generation);
  item->generation = generation;
  item->grant = ck_grant_ref (grant);
  g_ptr_array_add (items, item);
}

void
sim_disk_put (CkChannelRecord *record, CkGrant *grant)
{
  put_item (record->id, record->generation, grant);
  g_hash_table_replace (records, g_strdup (record->id), record);
}

guint64
sim_disk_get_sequence (void)
{
  return disk_sequence;
}

/* ---- a write on its way ---------------------------------------------------------------------- */

typedef struct
{
  guint life;
  gboolean vault;
  CkChannelRecord *record;
  char *remove;
  guint64 sequence;
  guint64 time;
  char *channel; /* of a grant */
  guint64 generation;
  CkGrant *grant; /* NULL: cleared */
} Write;

static void
write_free (Write *write)
{
  g_clear_pointer (&write->record, ck_channel_record_free);
  g_clear_pointer (&write->grant, ck_grant_unref);
  g_free (write->remove);
  g_free (write->channel);
  g_free (write);
}

static void
apply (Write *write)
{
  disk_sequence = MAX (disk_sequence, write->sequence);
  if (write->time != 0)
    disk_time = write->time;
  if (write->remove != NULL)
    g_hash_table_remove (records, write->remove);
  if (write->record != NULL)
    {
      char *id = g_strdup (write->record->id);

      g_hash_table_replace (records, id, g_steal_pointer (&write->record));
    }
  if (write->channel != NULL && write->grant != NULL)
    put_item (write->channel, write->generation, write->grant);
  else if (write->channel != NULL)
    remove_item (write->channel, write->generation);
}

static gboolean
on_disk (gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Write *write = g_task_get_task_data (task);

  if (write->life != life || (write->vault ? vault_fails : state_db_fails))
    {
      n_refused++;
      g_task_return_new_error (task, CK_ERROR, CK_ERROR_STORE, "the simulated disk refuses");
      return G_SOURCE_REMOVE;
    }

  apply (write);
  g_task_return_boolean (task, TRUE);

  return G_SOURCE_REMOVE;
}

/* The end of the broker may have been faster. */
static void
write_next (gpointer data)
{
  GTask *task = g_queue_pop_head (&slow_writes);

  if (task != NULL)
    on_disk (task);
}

void
sim_disk_settle (void)
{
  do
    {
      write_next (NULL);
      sim_time_settle ();
    }
  while (!g_queue_is_empty (&slow_writes));
}

static void
queue_write (gpointer source, Write *write, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (source, NULL, callback, user_data);

  g_task_set_task_data (task, write, (GDestroyNotify) write_free);
  if (slowness == 0 && g_queue_is_empty (&slow_writes))
    {
      g_idle_add (on_disk, task);
      return;
    }

  g_queue_push_tail (&slow_writes, task);
  sim_time_after (slowness, write_next, NULL);
}

/* ---- state.db -------------------------------------------------------------------------------- */

struct _CkStateDb
{
  GObject parent;
  guint64 sequence;
  guint64 last_time;
  guint life;
};

G_DEFINE_FINAL_TYPE (CkStateDb, ck_state_db, G_TYPE_OBJECT)

static void
ck_state_db_class_init (CkStateDbClass *klass)
{
}

static void
ck_state_db_init (CkStateDb *db)
{
  db->sequence = disk_sequence;
  db->last_time = disk_time;
  db->life = life;
}

CkStateDb *
ck_state_db_open (const char *path, GError **error)
{
  return g_object_new (CK_TYPE_STATE_DB, NULL);
}

GPtrArray *
ck_state_db_load_channels (CkStateDb *db, GError **error)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_channel_record_free);
  GHashTableIter iter;
  gpointer record;

  g_hash_table_iter_init (&iter, records);
  while (g_hash_table_iter_next (&iter, NULL, &record))
    g_ptr_array_add (list, ck_channel_record_copy (record));

  return list;
}

guint64
ck_state_db_get_sequence (CkStateDb *db)
{
  return db->sequence;
}

guint64
ck_state_db_get_last_time (CkStateDb *db)
{
  return db->last_time;
}

void
ck_state_db_set_last_time (CkStateDb *db, guint64 now)
{
  db->last_time = now;
}

void
ck_state_db_set_announced (CkStateDb *db, guint64 sequence)
{
}

/* Announcements that are repeated are the subject of the real file's tests. */
GPtrArray *
ck_state_db_load_unannounced (CkStateDb *db, GError **error)
{
  return g_ptr_array_new ();
}

static Write *
write_new (CkStateDb *db)
{
  Write *write = g_new0 (Write, 1);

  write->life = db->life;
  write->time = db->last_time;

  return write;
}

void
ck_state_db_write_async (CkStateDb *db,
                         CkChannelRecord *record,
                         GPtrArray *events,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  Write *write = write_new (db);

  write->record = record;
  for (guint i = 0; events != NULL && i < events->len; i++)
    write->sequence = MAX (write->sequence, ((CkEvent *) events->pdata[i])->sequence);
  g_clear_pointer (&events, g_ptr_array_unref);
  queue_write (db, write, callback, user_data);
}

gboolean
ck_state_db_write_finish (CkStateDb *db, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ck_state_db_remove_channel_async (CkStateDb *db,
                                  const char *channel,
                                  guint64 sequence,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  Write *write = write_new (db);

  write->remove = g_strdup (channel);
  write->sequence = sequence;
  queue_write (db, write, callback, user_data);
}

gboolean
ck_state_db_remove_channel_finish (CkStateDb *db, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ck_state_db_write_client_async (CkStateDb *db,
                                CkClientRecord *record,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  ck_client_record_free (record);
  queue_write (db, write_new (db), callback, user_data);
}

gboolean
ck_state_db_write_client_finish (CkStateDb *db, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ck_state_db_remove_client_async (CkStateDb *db,
                                 const char *client,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  queue_write (db, write_new (db), callback, user_data);
}

gboolean
ck_state_db_remove_client_finish (CkStateDb *db, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ck_state_db_close (CkStateDb *db)
{
}

/* ---- the vault ------------------------------------------------------------------------------- */

struct _CkVault
{
  GObject parent;
  CkVaultState state;
  guint life;
};

G_DEFINE_FINAL_TYPE (CkVault, ck_vault, G_TYPE_OBJECT)

static void
ck_vault_class_init (CkVaultClass *klass)
{
  g_signal_new ("changed", CK_TYPE_VAULT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ck_vault_init (CkVault *vault)
{
  vault->life = life;
}

CkVault *
ck_vault_new (const char *backend, const char *state_dir, const char *credentials_dir)
{
  return g_object_new (CK_TYPE_VAULT, NULL);
}

CkVaultState
ck_vault_get_state (CkVault *vault)
{
  return vault->state;
}

void
sim_vault_set_state (CkVault *vault, CkVaultState state)
{
  vault->state = state;
  g_signal_emit_by_name (vault, "changed");
}

const char *
ck_vault_get_reason (CkVault *vault)
{
  return "the simulated vault is not open";
}

void
ck_vault_open_async (CkVault *vault,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (vault, cancellable, callback, user_data);

  vault->state = CK_VAULT_OPEN;
  g_task_return_boolean (task, TRUE);
}

gboolean
ck_vault_open_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ck_vault_grant_free (CkVaultGrant *grant)
{
  g_free (grant->channel);
  g_clear_pointer (&grant->grant, ck_grant_unref);
  g_clear_error (&grant->error);
  g_free (grant);
}

void
ck_vault_load_grants_async (CkVault *vault,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (vault, cancellable, callback, user_data);
  GPtrArray *grants = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_vault_grant_free);
  GHashTableIter iter;
  gpointer channel;
  gpointer items;

  g_hash_table_iter_init (&iter, disk_grants);
  while (g_hash_table_iter_next (&iter, &channel, &items))
    {
      for (guint i = 0; i < ((GPtrArray *) items)->len; i++)
        {
          const Item *item = ((GPtrArray *) items)->pdata[i];
          CkVaultGrant *grant = g_new0 (CkVaultGrant, 1);

          grant->channel = g_strdup (channel);
          grant->generation = item->generation;
          grant->grant = ck_grant_ref (item->grant);
          g_ptr_array_add (grants, grant);
        }
    }
  g_task_return_pointer (task, grants, (GDestroyNotify) g_ptr_array_unref);
}

GPtrArray *
ck_vault_load_grants_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
ck_vault_store_grant_async (CkVault *vault,
                            const char *channel,
                            guint64 generation,
                            CkGrant *grant,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  Write *write = g_new0 (Write, 1);

  write->life = vault->life;
  write->vault = TRUE;
  write->channel = g_strdup (channel);
  write->generation = generation;
  write->grant = ck_grant_ref (grant);
  queue_write (vault, write, callback, user_data);
}

gboolean
ck_vault_store_grant_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ck_vault_clear_grant_async (CkVault *vault,
                            const char *channel,
                            guint64 generation,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  Write *write = g_new0 (Write, 1);

  write->life = vault->life;
  write->vault = TRUE;
  write->channel = g_strdup (channel);
  write->generation = generation;
  queue_write (vault, write, callback, user_data);
}

gboolean
ck_vault_clear_grant_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ck_vault_close (CkVault *vault)
{
  vault->state = CK_VAULT_SEALED;
}
