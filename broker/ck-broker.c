/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-broker-private.h"

#include "ck-attempt.h"
#include "ck-clock.h"
#include "ck-error.h"
#include "ck-operations.h"
#include "ck-save.h"
#include "ck-schedule.h"

/* Two bad answers about a client within this many seconds confirm each other. */
#define SUSPICION_SPAN (60 * 60)
/* Microseconds: a channel that was tried again in vain waits for more than this. */
#define WAKE_AGAIN (5 * (gint64) G_USEC_PER_SEC)
/* How long a discovery document is believed, in seconds. */
#define METADATA_AGE (24 * 60 * 60)
/* Microseconds between attempts to write a grant that only memory holds. */
#define SAVE_AGAIN (5 * G_USEC_PER_SEC)

static guint signals[CK_BROKER_N_SIGNALS];

G_DEFINE_FINAL_TYPE (CkBroker, ck_broker, G_TYPE_OBJECT)

typedef struct
{
  char *text;
  guint64 fetched_at;
} Metadata;

static void
metadata_free (Metadata *metadata)
{
  g_free (metadata->text);
  g_free (metadata);
}

static void
ck_broker_finalize (GObject *object)
{
  CkBroker *self = CK_BROKER (object);

  g_clear_object (&self->planner);
  g_clear_pointer (&self->gate, ck_gate_free);
  g_clear_pointer (&self->unproved, g_ptr_array_unref);
  g_clear_pointer (&self->unannounced, g_ptr_array_unref);
  g_clear_pointer (&self->saves, g_hash_table_unref);
  g_clear_pointer (&self->cut_off, g_ptr_array_unref);
  g_clear_pointer (&self->attempts, g_ptr_array_unref);
  g_clear_pointer (&self->channels, g_hash_table_unref);
  g_clear_pointer (&self->clients, g_hash_table_unref);
  g_clear_pointer (&self->metadata, g_hash_table_unref);
  g_clear_pointer (&self->suspected, g_hash_table_unref);
  g_clear_pointer (&self->refused, g_hash_table_unref);
  g_clear_pointer (&self->limits, g_hash_table_unref);
  g_clear_object (&self->pool);
  g_clear_object (&self->state_db);
  g_clear_object (&self->vault);
  g_clear_pointer (&self->config, ck_config_unref);
  g_free (self->confdir);
  g_free (self->datadir);
  g_free (self->moduledir);
  g_free (self->credentials_dir);

  G_OBJECT_CLASS (ck_broker_parent_class)->finalize (object);
}

static void
ck_broker_class_init (CkBrokerClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ck_broker_finalize;

  signals[CK_BROKER_CHANNEL_ADDED] = g_signal_new ("channel-added", type, G_SIGNAL_RUN_LAST, 0,
                                                   NULL, NULL, NULL, G_TYPE_NONE, 1,
                                                   CK_TYPE_CHANNEL);
  signals[CK_BROKER_CHANNEL_REMOVED] = g_signal_new ("channel-removed", type, G_SIGNAL_RUN_LAST, 0,
                                                     NULL, NULL, NULL, G_TYPE_NONE, 2,
                                                     CK_TYPE_CHANNEL, G_TYPE_UINT64);
  signals[CK_BROKER_CHANNEL_CHANGED]
      = g_signal_new ("channel-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                      4, CK_TYPE_CHANNEL, G_TYPE_POINTER, G_TYPE_POINTER, G_TYPE_PTR_ARRAY);
  signals[CK_BROKER_CHANGED] = g_signal_new ("broker-changed", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                             NULL, NULL, G_TYPE_NONE, 0);
}

static void
ck_broker_init (CkBroker *self)
{
  self->channels = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);
  self->clients = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                         (GDestroyNotify) ck_broker_client_free);
  self->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify) metadata_free);
  self->suspected = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                           g_free);
  self->refused = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->limits = ck_broker_limits_new ();
  self->cut_off = g_ptr_array_new_with_free_func (g_object_unref);
  self->gate = ck_gate_new ();
  self->saves = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) ck_save_free, NULL);
  self->attempts = g_ptr_array_new_with_free_func (g_object_unref);
  self->unproved = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_vault_grant_free);
}

void
ck_broker_emit_channel_added (CkBroker *self, CkChannel *channel)
{
  g_signal_emit (self, signals[CK_BROKER_CHANNEL_ADDED], 0, channel);
}

void
ck_broker_emit_channel_removed (CkBroker *self, CkChannel *channel, guint64 sequence)
{
  g_signal_emit (self, signals[CK_BROKER_CHANNEL_REMOVED], 0, channel, sequence);
}

void
ck_broker_emit_channel_changed (CkBroker *self,
                                CkChannel *channel,
                                const CkChannelRecord *before,
                                const CkChannelRecord *after,
                                GPtrArray *events)
{
  g_signal_emit (self, signals[CK_BROKER_CHANNEL_CHANGED], 0, channel, before, after, events);
}

void
ck_broker_emit_changed (CkBroker *self)
{
  g_signal_emit (self, signals[CK_BROKER_CHANGED], 0);
}

gboolean
ck_broker_is_started (CkBroker *self)
{
  return self->started;
}

gboolean
ck_broker_check_open (CkBroker *self, GError **error)
{
  if (!self->started)
    {
      g_set_error_literal (error,
                           CK_ERROR,
                           CK_ERROR_BUSY,
                           "the broker is still reading its vault, or ending: try again in a moment");
      return FALSE;
    }
  if (ck_vault_get_state (self->vault) == CK_VAULT_SEALED)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_VAULT_SEALED,
                   "the vault is sealed: %s",
                   ck_vault_get_reason (self->vault));
      return FALSE;
    }

  return TRUE;
}

CkConfig *
ck_broker_get_config (CkBroker *self)
{
  return self->config;
}

CkVault *
ck_broker_get_vault (CkBroker *self)
{
  return self->vault;
}

CkStateDb *
ck_broker_get_state_db (CkBroker *self)
{
  return self->state_db;
}

CkWorkerPool *
ck_broker_get_pool (CkBroker *self)
{
  return self->pool;
}

CkGate *
ck_broker_get_gate (CkBroker *self)
{
  return self->gate;
}

guint64
ck_broker_get_started_at (CkBroker *self)
{
  return self->started_at;
}

GPtrArray *
ck_broker_get_attempts (CkBroker *self)
{
  return self->attempts;
}

CkChannel *
ck_broker_lookup_channel (CkBroker *self, const char *id, GError **error)
{
  CkChannel *channel = g_hash_table_lookup (self->channels, id);

  if (channel == NULL)
    g_set_error (error, CK_ERROR, CK_ERROR_NO_SUCH_CHANNEL, "there is no channel %.64s", id);

  return channel;
}

static int
compare_channels (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (ck_channel_get_id (*(CkChannel *const *) a),
                    ck_channel_get_id (*(CkChannel *const *) b));
}

GPtrArray *
ck_broker_dup_channels (CkBroker *self)
{
  GPtrArray *channels = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer channel;

  g_hash_table_iter_init (&iter, self->channels);
  while (g_hash_table_iter_next (&iter, NULL, &channel))
    g_ptr_array_add (channels, g_object_ref (channel));
  g_ptr_array_sort (channels, compare_channels);

  return channels;
}

guint
ck_broker_count_channels (CkBroker *self)
{
  return g_hash_table_size (self->channels);
}

guint64
ck_broker_get_sequence (CkBroker *self)
{
  return self->sequence;
}

void
ck_broker_replan (CkBroker *self, CkChannel *channel)
{
  CkScheduleInput input;
  guint64 when;

  /* While a turn runs the plan would be stale; ck_turns_done() comes back here. */
  if (!self->started || ck_channel_get_activity (channel)->removing
      || !g_queue_is_empty (&ck_channel_get_activity (channel)->turns)
      || !ck_operations_fill_schedule (self, channel, &input)
      || ck_schedule_next (&input, &when) == CK_DUE_NOTHING)
    {
      ck_planner_unset (self->planner, channel);
      return;
    }

  ck_planner_set (self->planner, channel,
                  (gint64) MIN (when, G_MAXINT32 * G_GUINT64_CONSTANT (100)) * G_USEC_PER_SEC
                      - ck_clock_real ());
}

void
ck_broker_save_later (CkBroker *self, CkSave *save)
{
  if (self->stopped)
    {
      ck_save_free (save);
      return;
    }

  g_hash_table_add (self->saves, save);
  ck_planner_set (self->planner, save, SAVE_AGAIN);
}

static void
drop_saves (CkBroker *self)
{
  GHashTableIter iter;
  gpointer save;

  g_hash_table_iter_init (&iter, self->saves);
  while (g_hash_table_iter_next (&iter, &save, NULL))
    {
      ck_planner_unset (self->planner, save);
      g_hash_table_iter_remove (&iter);
    }
}

gboolean
ck_broker_suspect_client (CkBroker *self, const char *client)
{
  const guint64 *since = g_hash_table_lookup (self->suspected, client);
  guint64 now = ck_clock_now ();

  if (since != NULL && *since + SUSPICION_SPAN > now)
    return TRUE;

  g_hash_table_replace (self->suspected, g_strdup (client), g_memdup2 (&now, sizeof now));

  return FALSE;
}

void
ck_broker_clear_suspicion (CkBroker *self, const char *client)
{
  g_hash_table_remove (self->suspected, client);
}

void
ck_broker_note_client_refused (CkBroker *self, const char *client)
{
  guint64 now = ck_clock_now ();

  g_hash_table_replace (self->refused, g_strdup (client), g_memdup2 (&now, sizeof now));
}

guint64
ck_broker_get_client_refused (CkBroker *self, const char *client)
{
  const guint64 *when = g_hash_table_lookup (self->refused, client);

  return when != NULL ? *when : 0;
}

void
ck_broker_note_cut_off (CkBroker *self, CkChannel *channel)
{
  CkActivity *activity = ck_channel_get_activity (channel);

  if (activity->cut_off)
    return;

  activity->cut_off = TRUE;
  g_ptr_array_add (self->cut_off, g_object_ref (channel));
}

/* What others reached may be another host than this one's: after each time in vain twice as long goes by
 * before the next. */
static gboolean
may_be_woken (const CkActivity *activity)
{
  return activity->n_woken == 0
         || ck_clock_boottime () >= activity->woken_at + (WAKE_AGAIN << MIN (activity->n_woken, 9));
}

static void
wake (CkBroker *self, CkChannel *channel)
{
  CkActivity *activity = ck_channel_get_activity (channel);

  activity->cut_off = FALSE;
  activity->n_woken++;
  activity->woken_at = ck_clock_boottime ();
  /* A request that may still be under way is waited for, network or not (rule 3). */
  if (!ck_channel_get_record (channel)->in_doubt)
    activity->not_before = 0;
  /* A failure that is on its way here begins a short row of its own. */
  activity->failures = MIN (activity->failures, activity->n_woken);
  ck_broker_replan (self, channel);
}

void
ck_broker_note_reached (CkBroker *self)
{
  for (guint i = self->cut_off->len; i-- > 0;)
    {
      const CkActivity *activity = ck_channel_get_activity (g_ptr_array_index (self->cut_off, i));
      g_autoptr (CkChannel) channel = NULL;

      if (activity->cut_off && !may_be_woken (activity))
        continue;
      channel = g_ptr_array_steal_index_fast (self->cut_off, i);
      if (activity->cut_off)
        wake (self, channel);
    }
}

gboolean
ck_broker_set_restoring (CkBroker *self, gboolean restoring)
{
  gboolean changed = self->restoring != restoring;

  self->restoring = restoring;

  return changed;
}

const char *
ck_broker_get_metadata (CkBroker *self, const char *client)
{
  Metadata *metadata = g_hash_table_lookup (self->metadata, client);

  if (metadata == NULL || metadata->fetched_at + METADATA_AGE < ck_clock_now ())
    return NULL;

  return metadata->text;
}

void
ck_broker_set_metadata (CkBroker *self, const char *client, const char *metadata)
{
  Metadata *entry = g_new0 (Metadata, 1);

  entry->text = g_strdup (metadata);
  entry->fetched_at = ck_clock_now ();
  g_hash_table_replace (self->metadata, g_strdup (client), entry);
}

gboolean
ck_broker_reload (CkBroker *self, GError **error)
{
  g_autoptr (CkConfig) config
      = ck_config_load (self->confdir, self->datadir, self->moduledir, error);
  GPtrArray *problems;

  if (config == NULL)
    return FALSE;

  problems = ck_config_get_problems (config);
  if (problems->len > 0)
    {
      g_propagate_error (error, g_error_copy (g_ptr_array_index (problems, 0)));
      return FALSE;
    }

  if (!ck_broker_apply_config (self, config, error))
    return FALSE;
  ck_operations_reconsider (self);
  ck_broker_emit_changed (self);

  return TRUE;
}

void
ck_broker_drain (CkBroker *self)
{
  g_autoptr (GPtrArray) attempts = ck_broker_dup_attempts (self);

  self->started = FALSE;
  ck_gate_close (self->gate);
  for (guint i = 0; i < attempts->len; i++)
    ck_attempt_cancel (g_ptr_array_index (attempts, i));
}

gboolean
ck_broker_is_idle (CkBroker *self)
{
  GHashTableIter iter;
  gpointer channel;

  g_hash_table_iter_init (&iter, self->channels);
  while (g_hash_table_iter_next (&iter, NULL, &channel))
    {
      if (!g_queue_is_empty (&ck_channel_get_activity (channel)->turns))
        return FALSE;
    }

  return TRUE;
}

void
ck_broker_stop (CkBroker *self)
{
  ck_broker_drain (self);
  self->stopped = TRUE;
  g_clear_handle_id (&self->read_again, g_source_remove);
  drop_saves (self);
  ck_planner_unset (self->planner, self);
  ck_broker_write_unwritten (self);
  ck_worker_pool_shutdown (self->pool);
  ck_state_db_close (self->state_db);
  ck_vault_close (self->vault);
}
