/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-store-private.h"

#include <string.h>

#include "ck-clock.h"
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
static GHashTable *history;  /* sequences of the events */
static GPtrArray *disk_events; /* CkEvent: the last of them, announced or not */
static GHashTable *behind;   /* channels of which a write was refused, until a newer grant is there */
static guint64 disk_sequence;
static guint64 disk_announced;
static guint64 disk_time;
static guint n_taken;
static guint life; /* grows with every cut: objects of a former one are dead */
static gboolean vault_fails;
static gboolean vault_sealed;
static gboolean state_db_fails;
static guint n_refused;
static gint64 slowness;    /* microseconds until a write is on disk; 0: one turn of the main loop */
static GQueue writes;      /* GTask, in the order they were begun */

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
  g_clear_pointer (&history, g_hash_table_unref);
  g_clear_pointer (&disk_events, g_ptr_array_unref);
  g_clear_pointer (&behind, g_hash_table_unref);
  history = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  disk_events = ck_event_list_new ();
  behind = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  disk_sequence = disk_announced = disk_time = 0;
  vault_fails = vault_sealed = state_db_fails = FALSE;
  n_refused = 0;
  slowness = 0;
  g_assert_true (g_queue_is_empty (&writes));
}

void
sim_disk_fail (gboolean vault, gboolean state_db)
{
  vault_fails = vault;
  state_db_fails = state_db;
}

gboolean
sim_disk_is_vault_sealed (void)
{
  return vault_sealed;
}

void
sim_disk_seal_vault (gboolean sealed)
{
  vault_sealed = sealed;
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

GPtrArray *
sim_disk_dup_grants (void)
{
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

  return grants;
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
  g_hash_table_remove (behind, channel);
}

void
sim_disk_put (CkChannelRecord *record, CkGrant *grant)
{
  put_item (record->id, record->generation, grant);
  disk_time = ck_clock_now ();
  g_hash_table_replace (records, g_strdup (record->id), record);
}

gboolean
sim_disk_has_event (guint64 sequence)
{
  return g_hash_table_contains (history, &sequence);
}

GHashTable *
sim_disk_get_history (void)
{
  return history;
}

gboolean
sim_disk_is_behind (const char *channel)
{
  return g_hash_table_contains (behind, channel);
}

guint64
sim_disk_get_time (void)
{
  return disk_time;
}

guint
sim_disk_get_life (void)
{
  return life;
}

guint
sim_disk_count_taken (void)
{
  return n_taken;
}

/* ---- a write on its way ---------------------------------------------------------------------- */

static void
write_free (SimWrite *write)
{
  g_clear_pointer (&write->record, ck_channel_record_free);
  g_clear_pointer (&write->events, g_ptr_array_unref);
  g_clear_pointer (&write->grant, ck_grant_unref);
  g_free (write->remove);
  g_free (write->channel);
  g_free (write);
}

static void
put_event (const CkEvent *event)
{
  g_hash_table_add (history, g_memdup2 (&event->sequence, sizeof event->sequence));
  g_ptr_array_add (disk_events, ck_event_copy (event));
}

/* Those that were announced are not asked for any more. */
static void
put_announced (guint64 sequence)
{
  guint n = 0;

  while (n < disk_events->len && ((CkEvent *) disk_events->pdata[n])->sequence <= sequence)
    n++;
  g_ptr_array_remove_range (disk_events, 0, n);
  disk_announced = sequence;
}

static void
apply (SimWrite *write)
{
  if (!write->vault)
    {
      n_taken++;
      disk_sequence = write->sequence + CK_STATE_DB_RESERVED;
      put_announced (write->announced);
    }
  for (guint i = 0; write->events != NULL && i < write->events->len; i++)
    put_event (write->events->pdata[i]);
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
refuses (const SimWrite *write)
{
  const char *channel = write->record != NULL ? write->record->id : write->channel;

  if (!(write->vault ? vault_fails : state_db_fails))
    return FALSE;
  if (channel != NULL)
    g_hash_table_add (behind, g_strdup (channel));

  return TRUE;
}

static gboolean
on_disk (gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SimWrite *write = g_task_get_task_data (task);

  if (write->life != life || refuses (write))
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
  GTask *task = g_queue_pop_head (&writes);

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
  while (!g_queue_is_empty (&writes));
}

void
sim_disk_cut (guint n_unheard)
{
  for (GList *next = writes.head; next != NULL && n_unheard > 0; next = next->next, n_unheard--)
    {
      SimWrite *write = g_task_get_task_data (next->data);

      if (write->life == life && !refuses (write))
        apply (write);
    }
  life++;
}

guint
sim_disk_count_waiting (void)
{
  return g_queue_get_length (&writes);
}

static gboolean
on_turn (gpointer data)
{
  write_next (data);

  return G_SOURCE_REMOVE;
}

void
sim_disk_write (gpointer source, SimWrite *write, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (source, NULL, callback, user_data);

  GTask *last = g_queue_peek_tail (&writes);

  g_task_set_task_data (task, write, (GDestroyNotify) write_free);
  write->slow
      = slowness > 0 || (last != NULL && ((SimWrite *) g_task_get_task_data (last))->slow);
  g_queue_push_tail (&writes, task);
  if (write->slow)
    sim_time_after (slowness, write_next, NULL);
  else
    g_idle_add (on_turn, NULL);
}

/* ---- state.db -------------------------------------------------------------------------------- */

struct _CkStateDb
{
  GObject parent;
  guint64 sequence;
  guint64 announced;
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
  db->announced = disk_announced;
  db->last_time = disk_time;
  db->life = life;
}

CkStateDb *
ck_state_db_open (const char *path, GError **error)
{
  return g_object_new (CK_TYPE_STATE_DB, NULL);
}

gboolean
ck_state_db_load_channels (CkStateDb *db, CkRecordFound found, gpointer user_data, GError **error)
{
  GHashTableIter iter;
  gpointer record;

  g_hash_table_iter_init (&iter, records);
  while (g_hash_table_iter_next (&iter, NULL, &record))
    found (ck_channel_record_copy (record), user_data);

  return TRUE;
}

guint64
ck_state_db_skip_sequence (CkStateDb *db, guint64 n)
{
  return db->sequence += n;
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
  db->announced = MAX (db->announced, sequence);
}

GPtrArray *
ck_state_db_load_unannounced (CkStateDb *db, GError **error)
{
  GPtrArray *list = ck_event_list_new ();

  for (guint i = 0; i < disk_events->len; i++)
    {
      const CkEvent *event = disk_events->pdata[i];

      if (event->sequence > disk_announced)
        g_ptr_array_add (list, ck_event_copy (event));
    }

  return list;
}

/* @sequence: the highest in it */
static SimWrite *
write_new (CkStateDb *db, guint64 sequence)
{
  SimWrite *write = g_new0 (SimWrite, 1);

  write->life = db->life;
  write->sequence = db->sequence = MAX (db->sequence, sequence);
  write->announced = db->announced;
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
  guint n = events != NULL ? events->len : 0;
  SimWrite *write = write_new (db, n > 0 ? ((CkEvent *) events->pdata[n - 1])->sequence : 0);

  write->record = record;
  write->events = events;
  sim_disk_write (db, write, callback, user_data);
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
  SimWrite *write = write_new (db, sequence);

  write->remove = g_strdup (channel);
  sim_disk_write (db, write, callback, user_data);
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
  sim_disk_write (db, write_new (db, 0), callback, user_data);
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
  sim_disk_write (db, write_new (db, 0), callback, user_data);
}

gboolean
ck_state_db_remove_client_finish (CkStateDb *db, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ck_state_db_close (CkStateDb *db)
{
  sim_disk_write (db, write_new (db, 0), NULL, NULL);
}
