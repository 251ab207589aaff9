/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-broker-private.h"

#include "ck-attempt.h"
#include "ck-clock.h"
#include "ck-error.h"
#include "ck-operations.h"
#include "ck-save.h"
#include "ck-siblings.h"

void
ck_broker_on_due (gpointer key, gpointer user_data)
{
  CkBroker *self = CK_BROKER (user_data);

  if (key != NULL && g_hash_table_steal (self->saves, key))
    ck_save_retry (key);
  else if (key == self)
    ck_broker_write_unwritten (self);
  else if (key != NULL)
    ck_operations_act (self, CK_CHANNEL (key));
  else
    ck_broker_clock_set (self);
}

/* ---- declared channels ----------------------------------------------------------------------- */

static void
replace_strv (GStrv *target, GStrv value)
{
  GStrv copy = g_strdupv (value);

  g_strfreev (*target);
  *target = copy;
}

static void
replace_string (char **target, const char *value)
{
  char *copy = g_strdup (value);

  g_free (*target);
  *target = copy;
}

/* The only client of a provider needs not be named. */
static const char *
find_only_client (CkBroker *self, const char *provider)
{
  g_autoptr (GPtrArray) clients = ck_broker_dup_clients (self);
  const char *found = NULL;

  for (guint i = 0; i < clients->len; i++)
    {
      const CkClientRecord *client = g_ptr_array_index (clients, i);

      if (!g_str_equal (client->provider, provider))
        continue;
      if (found != NULL)
        return NULL;
      found = client->id;
    }

  return found;
}

static CkChannelRecord *
apply_file (CkBroker *self, const CkChannelRecord *former, const CkChannelFile *file)
{
  CkChannelRecord *record
      = former != NULL ? ck_channel_record_copy (former) : ck_channel_record_new (file->id);
  const char *client = *file->client != '\0' ? file->client : find_only_client (self, file->provider);
  const char *assigned = *file->assigned_user != '\0'
                             ? file->assigned_user
                             : ck_config_get_settings (self->config)->default_assigned_user;

  replace_string (&record->provider, file->provider);
  replace_string (&record->client, client != NULL ? client : "");
  replace_string (&record->display_name, file->display_name);
  replace_string (&record->assigned_user, assigned);
  replace_strv (&record->allowed_users, file->allowed_users);
  replace_strv (&record->allowed_groups, file->allowed_groups);
  replace_strv (&record->scopes, file->scopes);
  replace_strv (&record->required_scopes, file->required_scopes);
  if (*file->account_id != '\0')
    replace_string (&record->pinned_account, file->account_id);
  if (record->created_at == 0)
    record->created_at = ck_clock_now ();

  return record;
}

static void
cancel_attempts (CkBroker *self, CkChannel *channel)
{
  g_autoptr (GPtrArray) attempts = ck_broker_dup_attempts (self);

  for (guint i = 0; i < attempts->len; i++)
    {
      CkAttempt *attempt = g_ptr_array_index (attempts, i);

      if (ck_attempt_get_channel (attempt) == channel)
        ck_attempt_cancel (attempt);
    }
}

/* A reconnect under way belongs to the one who was assigned when it began. */
static void
end_attempts_of_others (CkBroker *self, CkChannel *channel, const CkChannelRecord *record)
{
  if (!g_str_equal (record->assigned_user, ck_channel_get_record (channel)->assigned_user))
    cancel_attempts (self, channel);
}

/* The files may have assigned channels anew, or changed their scopes. */
static void
review_declared (CkBroker *self, GPtrArray *files)
{
  g_autoptr (GHashTable) providers = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer provider;

  for (guint i = 0; i < files->len; i++)
    g_hash_table_add (providers, ((CkChannelFile *) files->pdata[i])->provider);

  g_hash_table_iter_init (&iter, providers);
  while (g_hash_table_iter_next (&iter, &provider, NULL))
    ck_siblings_review (self, provider);
}

void
ck_broker_apply_channels (CkBroker *self)
{
  GPtrArray *files = ck_config_get_channels (self->config);
  GHashTableIter iter;
  gpointer known;

  /* A channel whose file went away stays, with its grant, as if it had been added on the bus. */
  g_hash_table_iter_init (&iter, self->channels);
  while (g_hash_table_iter_next (&iter, NULL, &known))
    ck_channel_set_declared (known, FALSE);

  for (guint i = 0; i < files->len; i++)
    {
      const CkChannelFile *file = g_ptr_array_index (files, i);
      CkChannel *channel = g_hash_table_lookup (self->channels, file->id);
      CkChannelRecord *record;

      if (channel != NULL)
        {
          record = apply_file (self, ck_channel_get_record (channel), file);
          ck_channel_set_declared (channel, TRUE);
          end_attempts_of_others (self, channel, record);
          ck_broker_commit (self, channel, record, NULL);
          continue;
        }

      channel = ck_channel_new (apply_file (self, NULL, file), TRUE);
      g_hash_table_replace (self->channels, (char *) ck_channel_get_id (channel), channel);
      ck_broker_commit (self,
                        channel,
                        ck_channel_record_copy (ck_channel_get_record (channel)),
                        NULL);
      ck_broker_emit_channel_added (self, channel);
    }
  review_declared (self, files);
}

/* ---- adding ---------------------------------------------------------------------------------- */

/* RFC 6749 section 3.3: a scope is printable ASCII without space, quote and backslash. */
static gboolean
is_scope (const char *scope)
{
  for (const char *c = scope; *c != '\0'; c++)
    {
      if (*c <= 0x20 || *c > 0x7e || *c == '"' || *c == '\\')
        return FALSE;
    }

  return *scope != '\0';
}

static gboolean
check_scopes (const CkChannelRecord *record, GError **error)
{
  for (char **scope = record->scopes; *scope != NULL; scope++)
    {
      if (is_scope (*scope))
        continue;
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "scopes: \"%.128s\" is no scope: printable ASCII without spaces, one a string",
                   *scope);
      return FALSE;
    }

  for (char **scope = record->required_scopes; *scope != NULL; scope++)
    {
      if (g_strv_contains ((const char *const *) record->scopes, *scope))
        continue;
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "required-scopes: \"%.128s\" is not among the scopes",
                   *scope);
      return FALSE;
    }

  return TRUE;
}

static gboolean
complete_record (CkBroker *self, CkChannelRecord *record, GError **error)
{
  const CkSettings *settings = ck_config_get_settings (self->config);
  const CkClientRecord *client;

  if (g_hash_table_contains (self->channels, record->id))
    {
      g_set_error (error, CK_ERROR, CK_ERROR_EXISTS, "there is a channel %s already", record->id);
      return FALSE;
    }
  if (g_hash_table_size (self->channels) >= settings->max_channels)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_LIMIT_EXCEEDED,
                   "there are %u channels already, as many as MaxChannels= allows",
                   settings->max_channels);
      return FALSE;
    }
  if (ck_config_lookup_provider (self->config, record->provider, error) == NULL
      || !check_scopes (record, error))
    return FALSE;

  if (*record->client == '\0')
    {
      const char *only = find_only_client (self, record->provider);

      if (only == NULL)
        {
          g_set_error (error,
                       CK_ERROR,
                       CK_ERROR_NO_SUCH_CLIENT,
                       "%s has no client, or more than one: name it with the option client",
                       record->provider);
          return FALSE;
        }
      replace_string (&record->client, only);
    }
  client = ck_broker_lookup_client (self, record->client, error);
  if (client == NULL)
    return FALSE;
  if (!g_str_equal (client->provider, record->provider))
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "the client %s is one of provider %s, not of %s",
                   client->id,
                   client->provider,
                   record->provider);
      return FALSE;
    }

  if (*record->assigned_user == '\0')
    replace_string (&record->assigned_user, settings->default_assigned_user);
  if (*record->assigned_user == '\0')
    {
      g_set_error_literal (error,
                           CK_ERROR,
                           CK_ERROR_INVALID_ARGUMENT,
                           "nobody is assigned: give the option assigned-user, or set "
                           "DefaultAssignedUser= in channelkeeper.conf");
      return FALSE;
    }

  return TRUE;
}

static void
add_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkBroker *self = g_task_get_source_object (task);
  CkChannel *channel = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!ck_state_db_write_finish (CK_STATE_DB (source), result, &error))
    {
      ck_channel_get_activity (channel)->removing = TRUE;
      g_hash_table_remove (self->channels, ck_channel_get_id (channel));
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  ck_broker_emit_channel_added (self, channel);
  ck_broker_emit_changed (self);
  ck_siblings_review_added (self, channel);
  ck_broker_replan (self, channel);
  g_task_return_pointer (task, g_object_ref (channel), g_object_unref);
}

void
ck_broker_add_channel_async (CkBroker *self,
                             CkChannelRecord *record,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (CkChannelRecord) owned = record;
  g_autoptr (GError) error = NULL;
  CkChannel *channel;

  g_task_set_source_tag (task, ck_broker_add_channel_async);
  if (!complete_record (self, record, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  record->created_at = ck_clock_now ();
  channel = ck_channel_new (ck_channel_record_copy (record), FALSE);
  g_task_set_task_data (task, g_object_ref (channel), g_object_unref);
  /* In the table at once, so that a second AddChannel of the id fails. */
  g_hash_table_replace (self->channels, (char *) ck_channel_get_id (channel), channel);
  ck_state_db_write_async (self->state_db,
                           g_steal_pointer (&owned),
                           NULL,
                           NULL,
                           add_cb,
                           g_steal_pointer (&task));
}

CkChannel *
ck_broker_add_channel_finish (CkBroker *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- removing: disconnect, then forget ------------------------------------------------------- */

typedef struct
{
  CkChannel *channel;
  guint64 sequence; /* of its announcement */
} Removal;

static void
removal_free (Removal *removal)
{
  g_object_unref (removal->channel);
  g_free (removal);
}

static void
remove_written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkBroker *self = g_task_get_source_object (task);
  Removal *removal = g_task_get_task_data (task);
  CkChannel *channel = removal->channel;
  g_autoptr (GError) error = NULL;

  if (!ck_state_db_remove_channel_finish (CK_STATE_DB (source), result, &error))
    {
      ck_channel_get_activity (channel)->removing = FALSE;
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  ck_planner_unset (self->planner, channel);
  g_hash_table_remove (self->channels, ck_channel_get_id (channel));
  ck_broker_emit_channel_removed (self, channel, removal->sequence);
  ck_broker_emit_changed (self);
  g_task_return_boolean (task, TRUE);
}

/* Two may remove it at once: the second must not remove a newer channel of the same id. */
static gboolean
check_is_here (CkBroker *self, CkChannel *channel, GError **error)
{
  const char *id = ck_channel_get_id (channel);

  if (g_hash_table_lookup (self->channels, id) == channel
      && !ck_channel_get_activity (channel)->removing)
    return TRUE;

  g_set_error (error, CK_ERROR, CK_ERROR_NO_SUCH_CHANNEL, "there is no channel %s any more", id);
  return FALSE;
}

static void
remove_disconnected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkBroker *self = g_task_get_source_object (task);
  Removal *removal = g_task_get_task_data (task);
  CkChannel *channel = removal->channel;
  g_autoptr (GError) error = NULL;

  if (ck_channel_disconnect_finish (result, &error) == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  if (!check_is_here (self, channel, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  /* Whatever is queued for it from here on would be written after the row is gone. */
  ck_channel_get_activity (channel)->removing = TRUE;
  removal->sequence = ++self->sequence;
  ck_state_db_remove_channel_async (self->state_db,
                                    ck_channel_get_id (channel),
                                    removal->sequence,
                                    NULL,
                                    remove_written_cb,
                                    g_steal_pointer (&task));
}

void
ck_broker_remove_channel_async (CkBroker *self,
                                CkChannel *channel,
                                gboolean keep_grant,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Removal *removal = g_new0 (Removal, 1);

  removal->channel = g_object_ref (channel);
  g_task_set_source_tag (task, ck_broker_remove_channel_async);
  g_task_set_task_data (task, removal, (GDestroyNotify) removal_free);
  if (ck_channel_is_declared (channel))
    {
      g_task_return_new_error (task,
                               CK_ERROR,
                               CK_ERROR_NOT_SUPPORTED,
                               "the channel %s is declared in channels.d: remove its file and "
                               "reload",
                               ck_channel_get_id (channel));
      return;
    }

  cancel_attempts (self, channel);
  ck_channel_disconnect_async (self,
                               channel,
                               "",
                               !keep_grant,
                               NULL,
                               remove_disconnected_cb,
                               g_steal_pointer (&task));
}

gboolean
ck_broker_remove_channel_finish (CkBroker *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- modifying ------------------------------------------------------------------------------- */

static void
modified_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ck_broker_commit_finish (CK_BROKER (source), result, &error))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }

  if (g_error_matches (error, CK_ERROR, CK_ERROR_STORE))
    g_prefix_error (&error,
                    "%s: the change is in force but not on disk; it is written again every few "
                    "seconds, and lost if the service ends before that works: ",
                    (const char *) g_task_get_task_data (task));
  g_task_return_error (task, error);
}

void
ck_broker_modify_channel_async (CkBroker *self,
                                CkChannel *channel,
                                CkChannelRecord *record,
                                const char *what,
                                const char *by,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (CkChannelRecord) owned = record;
  GPtrArray *events;
  GVariantDict details;

  g_task_set_source_tag (task, ck_broker_modify_channel_async);
  g_task_set_task_data (task, g_strdup (ck_channel_get_id (channel)), g_free);
  if (ck_channel_is_declared (channel))
    {
      g_task_return_new_error (task,
                               CK_ERROR,
                               CK_ERROR_NOT_SUPPORTED,
                               "the channel %s is declared in channels.d: change its file and reload",
                               ck_channel_get_id (channel));
      return;
    }

  end_attempts_of_others (self, channel, record);

  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "user", "s", by);
  g_variant_dict_insert (&details, "assigned-user", "s", record->assigned_user);
  events = ck_event_list_new ();
  g_ptr_array_add (events,
                   ck_event_new (0, 0, record->id, what, g_variant_dict_end (&details)));
  ck_broker_commit_async (self, channel, g_steal_pointer (&owned), events, modified_cb,
                          g_steal_pointer (&task));
  ck_siblings_review (self, ck_channel_get_record (channel)->provider);
}

gboolean
ck_broker_modify_channel_finish (CkBroker *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
