/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-broker-private.h"

#include <malloc.h>

#include "ck-adoption.h"
#include "ck-clock.h"
#include "ck-error.h"
#include "ck-lifecycle.h"
#include "ck-operations.h"
#include "ck-save.h"

/* Seconds after the deadline of a request in flight before its grant is tried again (rule 3). */
#define DEADLINE_SLACK 5

/* Seconds until a vault that could not be read is looked at again. */
#define READ_AGAIN 5

/* ---- synchronous: before the bus name is owned ----------------------------------------------- */

static void
add_client (gpointer record, gpointer user_data)
{
  CkBroker *self = user_data;
  CkBrokerClient *client = g_new0 (CkBrokerClient, 1);

  client->record = record;
  g_hash_table_replace (self->clients, client->record->id, client);
}

static void
add_channel (gpointer record, gpointer user_data)
{
  CkBroker *self = user_data;
  CkChannel *channel = ck_channel_new (record, FALSE);

  g_hash_table_replace (self->channels, (char *) ck_channel_get_id (channel), channel);
}

static void read_again (CkBroker *self);

static void
on_vault_changed (CkBroker *self)
{
  if (!self->read && !self->reading && !self->stopped)
    {
      if (ck_vault_get_state (self->vault) == CK_VAULT_SEALED)
        self->started = TRUE;
      else if (self->read_again == 0)
        read_again (self);
    }
  ck_broker_emit_changed (self);
}

CkBroker *
ck_broker_new (CkConfig *config, const CkBrokerPaths *paths, GError **error)
{
  g_autoptr (CkBroker) self = g_object_new (CK_TYPE_BROKER, NULL);
  const CkSettings *settings = ck_config_get_settings (config);
  g_autofree char *state_path = g_build_filename (paths->state_dir, "state.db", NULL);

  self->confdir = g_strdup (paths->confdir);
  self->datadir = g_strdup (paths->datadir);
  self->moduledir = g_strdup (paths->moduledir);
  self->credentials_dir = g_strdup (paths->credentials_dir);

  self->state_db = ck_state_db_open (state_path, error);
  if (self->state_db == NULL)
    return NULL;
  ck_broker_clock_begin (self);

  self->planner = ck_planner_new (ck_broker_on_due, self, error);
  if (self->planner == NULL)
    return NULL;

  self->vault
      = ck_vault_new (settings->vault_backend, paths->state_dir, paths->credentials_dir);
  g_signal_connect_object (self->vault,
                           "changed",
                           G_CALLBACK (on_vault_changed),
                           self,
                           G_CONNECT_SWAPPED);
  self->pool = ck_worker_pool_new (paths->worker,
                                   paths->worker_socket,
                                   settings->max_workers,
                                   settings->max_attempts);

  self->unannounced = ck_state_db_load_unannounced (self->state_db, error);
  if (self->unannounced == NULL || !ck_state_db_load_clients (self->state_db, add_client, self, error)
      || !ck_state_db_load_channels (self->state_db, add_channel, self, error)
      || !ck_broker_apply_config (self, config, error))
    return NULL;

  return g_steal_pointer (&self);
}

/* ---- asynchronous: after ----------------------------------------------------------------------
 *
 * open the vault → load the grants → reconcile → load the clients' secrets, one after the other →
 * begin to renew. A sealed vault ends it early: the broker runs, and says so. It is read again when it
 * opens by itself.
 */

static void load_next_secret (GTask *task);

static gboolean
on_read_again (gpointer user_data)
{
  CkBroker *self = user_data;

  self->read_again = 0;
  on_vault_changed (self);

  return G_SOURCE_REMOVE;
}

/* It may be that the vault is well all the same: then nothing will say that it is again. */
static void
fail_start (GTask *task, GError *error)
{
  CkBroker *self = g_task_get_source_object (task);

  self->reading = FALSE;
  if (ck_vault_get_state (self->vault) == CK_VAULT_SEALED)
    self->started = TRUE;
  else if (!self->stopped)
    self->read_again = g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, READ_AGAIN, on_read_again,
                                                   g_object_ref (self), g_object_unref);
  ck_broker_emit_changed (self);
  g_task_return_error (task, error);
}

static CkVaultGrant *
find_unproved (CkBroker *self, const char *channel)
{
  for (guint i = 0; i < self->unproved->len; i++)
    {
      CkVaultGrant *grant = g_ptr_array_index (self->unproved, i);

      if (g_str_equal (grant->channel, channel))
        return grant;
    }

  return NULL;
}

static void
resume_adoptions (CkBroker *self, GPtrArray *channels)
{
  for (guint i = 0; i < channels->len; i++)
    {
      CkChannel *channel = g_ptr_array_index (channels, i);
      CkVaultGrant *found;

      if (ck_channel_get_record (channel)->adopting == 0)
        continue;
      found = find_unproved (self, ck_channel_get_id (channel));
      ck_adoption_resume (self, channel, found != NULL ? found->grant : NULL,
                          found != NULL && !found->kept);
    }
  g_ptr_array_set_size (self->unproved, 0);
}

static void
finish_start (GTask *task)
{
  CkBroker *self = g_task_get_source_object (task);
  g_autoptr (GPtrArray) channels = ck_broker_dup_channels (self);

  self->reading = FALSE;
  self->read = TRUE;
  self->started = TRUE;
  self->started_at = ck_clock_now ();
  resume_adoptions (self, channels);
  for (guint i = 0; i < channels->len; i++)
    ck_broker_replan (self, g_ptr_array_index (channels, i));
  /* What reading ten thousand channels needed for a moment is not kept for ever. */
  malloc_trim (0);
  ck_broker_emit_changed (self);

  g_task_return_boolean (task, TRUE);
}

static void
secret_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkBroker *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  GQueue *wanted = g_task_get_task_data (task);
  g_autofree char *id = g_queue_pop_head (wanted);
  CkBrokerClient *client = g_hash_table_lookup (self->clients, id);
  SecretValue *secrets
      = ck_vault_lookup_client_finish (CK_VAULT (source), result, &error);

  /* The Secret Service went away: without the secret its channels would look refused. */
  if (g_error_matches (error, CK_ERROR, CK_ERROR_VAULT_SEALED))
    {
      fail_start (task, g_steal_pointer (&error));
      return;
    }

  if (secrets == NULL)
    g_warning ("client %s: %s", id, error->message);
  /* Removed, or set anew, while it was looked up. */
  else if (client == NULL || client->secrets != NULL)
    secret_value_unref (secrets);
  else
    client->secrets = secrets;

  load_next_secret (task);
}

static void
load_next_secret (GTask *task)
{
  CkBroker *self = g_task_get_source_object (task);
  const char *id = g_queue_peek_head (g_task_get_task_data (task));

  if (id == NULL)
    finish_start (task);
  else
    ck_vault_lookup_client_async (self->vault, id, NULL, secret_cb, g_object_ref (task));
}

static void
free_ids (GQueue *ids)
{
  g_queue_free_full (ids, g_free);
}

static void
load_secrets (GTask *task)
{
  CkBroker *self = g_task_get_source_object (task);
  GQueue *wanted = g_queue_new ();
  GHashTableIter iter;
  CkBrokerClient *client;

  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &client))
    {
      if (client->record->secret_set && client->secrets == NULL)
        g_queue_push_tail (wanted, g_strdup (client->record->id));
    }

  g_task_set_task_data (task, wanted, (GDestroyNotify) free_ids);
  load_next_secret (task);
}

/* A crash between the vault and state.db: the vault is the truth. */
static void
follow_vault (CkBroker *self, CkChannel *channel, guint64 generation)
{
  GPtrArray *events = ck_event_list_new ();
  CkLifecycleContext context;

  ck_operations_fill_context (self, channel, &context);
  ck_broker_commit (self,
                    channel,
                    ck_lifecycle_granted (ck_channel_get_record (channel),
                                          ck_channel_get_grant (channel),
                                          generation,
                                          NULL,
                                          NULL,
                                          &context,
                                          events),
                    events);
}

/* state.db knows of a grant that the vault does not have, or cannot read. */
static void
lose_grant (CkBroker *self, CkChannel *channel, const GError *error)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  GPtrArray *events;
  CkLifecycleContext context;
  CkChannelRecord *next;

  switch (record->state)
    {
    case CK_STATE_UNCONNECTED:
    case CK_STATE_EXPIRED:
    case CK_STATE_REVOKED:
    case CK_STATE_LOCKED:
      /* A person has to reconnect it anyway. */
      return;
    default:
      break;
    }

  events = ck_event_list_new ();
  ck_operations_fill_context (self, channel, &context);
  next = ck_lifecycle_expired (record, &context, events);
  next->quarantined = TRUE;
  /* No cause of the platform's: regain_grant() knows by it that only the vault was at fault. */
  next->cause = CK_CAUSE_NONE;
  g_free (next->detail);
  next->detail = g_strdup_printf ("The vault has no usable grant of this channel (%s).",
                                  error != NULL ? error->message : "none is there");
  ck_broker_commit (self, channel, next, events);
}

/* The vault was mended: a backup was restored, or its disk came back. */
static void
regain_grant (CkBroker *self, CkChannel *channel)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  GPtrArray *events;
  CkLifecycleContext context;

  if (record->state != CK_STATE_EXPIRED || record->cause != CK_CAUSE_NONE)
    return;

  events = ck_event_list_new ();
  ck_operations_fill_context (self, channel, &context);
  ck_broker_commit (self, channel, ck_lifecycle_regained (record, &context, events), events);
}

static void
settle_mark (CkBroker *self, CkChannel *channel)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);

  if (record->renewal_started == 0)
    return;

  /* Still the generation whose renewal had begun: the answer, if any, was lost with us (rule 3). */
  if ((guint64) record->renewal_started == record->generation)
    {
      g_message ("%s: a renewal was under way when the broker ended; its grant is in doubt",
                 record->id);
      /* Its worker may not have noticed yet that we were gone. */
      ck_channel_get_activity (channel)->not_before
          = ck_clock_now () + CK_JOB_DEFAULT_TIMEOUT + DEADLINE_SLACK;
      ck_broker_commit (self, channel, ck_lifecycle_in_doubt (record), NULL);
    }
  else
    {
      CkChannelRecord *next = ck_channel_record_copy (record);

      next->renewal_started = 0;
      ck_broker_commit (self, channel, next, NULL);
    }
}

static void
reconcile (CkBroker *self, CkChannel *channel, const CkVaultGrant *best)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);

  /* The vault is read again: what it has not got yet is held here, and on its way there. */
  if (ck_channel_is_unsaved (channel))
    return;
  if (best == NULL || best->grant == NULL || best->generation < record->generation)
    {
      lose_grant (self, channel, best != NULL ? best->error : NULL);
      return;
    }
  if (record->state == CK_STATE_UNCONNECTED && best->generation == record->generation)
    {
      if (best->kept)
        ck_vault_drop_kept_grant (self->vault, best->channel, best->generation);
      return;
    }

  ck_channel_set_grant (channel, best->grant, best->kept);
  if (best->kept)
    {
      g_message ("%s: its grant was kept across the restart", record->id);
      ck_save_keep_trying (self, channel, best->grant, best->generation);
    }
  ck_broker_clock_judge (self, channel);
  if (best->generation > record->generation)
    follow_vault (self, channel, best->generation);
  else
    regain_grant (self, channel);
  settle_mark (self, channel);
}

/* What a person had brought when the broker ended is proved before it takes the place of another. */
static void
set_unproved_aside (CkBroker *self, GPtrArray *grants)
{
  g_ptr_array_set_size (self->unproved, 0);
  for (guint i = grants->len; i > 0; i--)
    {
      const CkVaultGrant *grant = g_ptr_array_index (grants, i - 1);
      CkChannel *channel = g_hash_table_lookup (self->channels, grant->channel);

      if (channel != NULL && ck_channel_get_record (channel)->adopting == grant->generation)
        g_ptr_array_add (self->unproved, g_ptr_array_steal_index_fast (grants, i - 1));
    }
}

/* By channel the grant of the highest generation; an unreadable one yields to a readable older one. */
static GHashTable *
choose_grants (CkBroker *self, GPtrArray *grants)
{
  GHashTable *best = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < grants->len; i++)
    {
      CkVaultGrant *grant = g_ptr_array_index (grants, i);
      CkVaultGrant *former = g_hash_table_lookup (best, grant->channel);

      if (!g_hash_table_contains (self->channels, grant->channel))
        g_message ("the vault has a grant of %s, which is no channel here: it is left alone",
                   grant->channel);
      else if (former == NULL || former->grant == NULL
               || (grant->grant != NULL && grant->generation > former->generation))
        g_hash_table_insert (best, grant->channel, grant);
    }

  return best;
}

static void
forget_superseded (CkBroker *self, GPtrArray *grants, GHashTable *best)
{
  for (guint i = 0; i < grants->len; i++)
    {
      CkVaultGrant *grant = g_ptr_array_index (grants, i);
      CkVaultGrant *chosen = g_hash_table_lookup (best, grant->channel);

      if (grant->kept && grant != chosen)
        ck_vault_drop_kept_grant (self->vault, grant->channel, grant->generation);
      /* What the vault has stays until it has the newer one, too. */
      else if (chosen != NULL && chosen->grant != NULL && !chosen->kept && grant->grant != NULL
               && grant->generation < chosen->generation)
        ck_vault_clear_grant_async (self->vault, grant->channel, grant->generation, NULL, NULL,
                                    NULL);
    }
}

static void
load_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkBroker *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) grants = ck_vault_load_grants_finish (CK_VAULT (source), result, &error);
  g_autoptr (GPtrArray) channels = ck_broker_dup_channels (self);
  g_autoptr (GHashTable) best = NULL;

  if (grants == NULL)
    {
      g_warning ("the grants cannot be read from the vault: %s", error->message);
      fail_start (task, g_steal_pointer (&error));
      return;
    }

  ck_vault_add_kept_grants (self->vault, grants);
  set_unproved_aside (self, grants);
  best = choose_grants (self, grants);
  for (guint i = 0; i < channels->len; i++)
    {
      CkChannel *channel = g_ptr_array_index (channels, i);

      reconcile (self, channel, g_hash_table_lookup (best, ck_channel_get_id (channel)));
    }
  forget_superseded (self, grants, best);

  load_secrets (task);
}

static void
open_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkBroker *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  if (!ck_vault_open_finish (CK_VAULT (source), result, &error))
    {
      g_warning ("the vault stays sealed: %s", error->message);
      fail_start (task, g_steal_pointer (&error));
      return;
    }

  ck_vault_load_grants_async (self->vault, NULL, load_cb, g_steal_pointer (&task));
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (ck_broker_start_finish (CK_BROKER (source), result, &error))
    g_message ("the vault has been read: %u channels", ck_broker_count_channels (CK_BROKER (source)));
}

static void
read_again (CkBroker *self)
{
  self->reading = TRUE;
  self->started = FALSE;
  ck_vault_load_grants_async (self->vault, NULL, load_cb, g_task_new (self, NULL, read_cb, NULL));
}

void
ck_broker_start_async (CkBroker *self,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, ck_broker_start_async);
  /* Before anything new is, and whatever becomes of the vault. */
  ck_broker_announce_again (self);
  self->reading = TRUE;
  ck_vault_open_async (self->vault, cancellable, open_cb, g_steal_pointer (&task));
}

gboolean
ck_broker_start_finish (CkBroker *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
