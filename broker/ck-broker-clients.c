/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-broker-private.h"

#include "ck-clock.h"
#include "ck-error.h"
#include "ck-operations.h"
#include "ck-redirect-rules.h"
#include "ck-secret.h"

void
ck_broker_client_free (CkBrokerClient *client)
{
  ck_client_record_free (client->record);
  g_clear_pointer (&client->secrets, secret_value_unref);
  g_free (client);
}

static CkBrokerClient *
new_declared_client (const CkClientFile *file, SecretValue *secrets)
{
  CkBrokerClient *client = g_new0 (CkBrokerClient, 1);

  client->record = ck_client_record_new (file->id);
  g_free (client->record->provider);
  client->record->provider = g_strdup (file->provider);
  g_free (client->record->client_id);
  client->record->client_id = g_strdup (file->client_id);
  g_strfreev (client->record->redirect_uris);
  client->record->redirect_uris = g_strdupv (file->redirect_uris);
  g_free (client->record->loopback_port);
  client->record->loopback_port = g_strdup (file->loopback_port);
  client->record->secret_set = file->secrets[0] != NULL;
  client->secrets = secret_value_ref (secrets);
  client->declared = TRUE;

  return client;
}

static gboolean
is_declared (gpointer key, gpointer value, gpointer user_data)
{
  return ((CkBrokerClient *) value)->declared;
}

/* Of those in clients.d the configuration's problems tell. One that was added before its platform's rules
 * were known, or changed, stays: what it holds is renewed without a redirect. */
static void
warn_of_redirects (CkBroker *self)
{
  GHashTableIter iter;
  CkBrokerClient *client;

  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &client))
    {
      const CkClientRecord *record = client->record;
      CkProvider *provider = ck_config_lookup_provider (self->config, record->provider, NULL);
      g_autoptr (GError) error = NULL;

      if (!client->declared && provider != NULL
          && !ck_redirect_rules_check (provider, (const char *const *) record->redirect_uris,
                                       record->loopback_port, &error))
        g_warning ("client %s: %s; until then nobody can reconnect its channels in a browser",
                   record->id, error->message);
    }
}

gboolean
ck_broker_apply_config (CkBroker *self, CkConfig *config, GError **error)
{
  GPtrArray *files = ck_config_get_clients (config);
  g_autoptr (GPtrArray) declared
      = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_broker_client_free);
  const CkSettings *settings = ck_config_get_settings (config);

  for (guint i = 0; i < files->len; i++)
    {
      const CkClientFile *file = g_ptr_array_index (files, i);
      g_autoptr (SecretValue) secrets
          = ck_client_file_load_secrets (file, self->credentials_dir, error);

      if (secrets == NULL)
        return FALSE;
      g_ptr_array_add (declared, new_declared_client (file, secrets));
    }

  /* From here on nothing fails. */
  g_hash_table_foreach_remove (self->clients, is_declared, NULL);
  while (declared->len > 0)
    {
      CkBrokerClient *client = g_ptr_array_steal_index (declared, declared->len - 1);

      g_hash_table_replace (self->clients, client->record->id, client);
    }

  ck_config_ref (config);
  g_clear_pointer (&self->config, ck_config_unref);
  self->config = config;
  g_hash_table_remove_all (self->metadata);
  g_hash_table_remove_all (self->suspected);
  warn_of_redirects (self);
  ck_worker_pool_set_limits (self->pool, settings->max_workers, settings->max_attempts);
  ck_broker_apply_channels (self);

  return TRUE;
}

const CkClientRecord *
ck_broker_lookup_client (CkBroker *self, const char *id, GError **error)
{
  CkBrokerClient *client = g_hash_table_lookup (self->clients, id);

  if (client == NULL)
    {
      g_set_error (error, CK_ERROR, CK_ERROR_NO_SUCH_CLIENT, "there is no client %.64s", id);
      return NULL;
    }

  return client->record;
}

static int
compare_clients (gconstpointer a, gconstpointer b)
{
  const CkClientRecord *first = *(const CkClientRecord *const *) a;
  const CkClientRecord *second = *(const CkClientRecord *const *) b;

  return g_strcmp0 (first->id, second->id);
}

GPtrArray *
ck_broker_dup_clients (CkBroker *self)
{
  GPtrArray *records = g_ptr_array_new ();
  GHashTableIter iter;
  CkBrokerClient *client;

  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &client))
    g_ptr_array_add (records, client->record);
  g_ptr_array_sort (records, compare_clients);

  return records;
}

gboolean
ck_broker_is_client_declared (CkBroker *self, const char *id)
{
  CkBrokerClient *client = g_hash_table_lookup (self->clients, id);

  return client != NULL && client->declared;
}

SecretValue *
ck_broker_get_client_secrets (CkBroker *self, const char *id)
{
  CkBrokerClient *client = g_hash_table_lookup (self->clients, id);

  return client != NULL ? client->secrets : NULL;
}

/* ---- adding: the secret into the vault, then the client into state.db ------------------------ */

static void
add_written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkBroker *self = g_task_get_source_object (task);
  CkBrokerClient *client = g_task_get_task_data (task);
  CkBrokerClient *added;
  g_autoptr (GError) error = NULL;

  if (!ck_state_db_write_client_finish (CK_STATE_DB (source), result, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  added = g_new0 (CkBrokerClient, 1);
  added->record = ck_client_record_copy (client->record);
  added->secrets = secret_value_ref (client->secrets);
  g_hash_table_replace (self->clients, added->record->id, added);
  ck_broker_clear_suspicion (self, added->record->id);
  ck_operations_retry_client (self, added->record->id);
  g_task_return_boolean (task, TRUE);
}

static void
add_stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkBroker *self = g_task_get_source_object (task);
  CkBrokerClient *client = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!ck_vault_store_client_finish (CK_VAULT (source), result, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  ck_state_db_write_client_async (self->state_db,
                                  ck_client_record_copy (client->record),
                                  NULL,
                                  add_written_cb,
                                  g_steal_pointer (&task));
}

static gboolean
check_new_client (CkBroker *self, const CkClientRecord *record, GError **error)
{
  CkBrokerClient *former = g_hash_table_lookup (self->clients, record->id);

  if (ck_config_lookup_provider (self->config, record->provider, error) == NULL)
    return FALSE;

  if (former == NULL
      || (!former->declared && g_str_equal (former->record->provider, record->provider)
          && g_str_equal (former->record->client_id, record->client_id)))
    return TRUE;

  g_set_error (error,
               CK_ERROR,
               CK_ERROR_EXISTS,
               former->declared
                   ? "the client %s is declared in clients.d and cannot be changed here"
                   : "there is a client %s already, for another provider or client_id",
               record->id);
  return FALSE;
}

void
ck_broker_add_client_async (CkBroker *self,
                            CkClientRecord *record,
                            SecretValue *secret,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  CkBrokerClient *client = g_new0 (CkBrokerClient, 1);
  g_autoptr (GError) error = NULL;
  gsize length = 0;

  g_task_set_source_tag (task, ck_broker_add_client_async);
  if (secret != NULL)
    secret_value_get (secret, &length);
  client->record = record;
  client->record->secret_set = length > 0;
  client->secrets = ck_secret_wrap_text (secret);
  g_task_set_task_data (task, client, (GDestroyNotify) ck_broker_client_free);

  if (!check_new_client (self, record, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  ck_vault_store_client_async (self->vault,
                               record->id,
                               client->secrets,
                               NULL,
                               add_stored_cb,
                               g_steal_pointer (&task));
}

gboolean
ck_broker_add_client_finish (CkBroker *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- removing: the client from state.db, then the secret from the vault ---------------------- */

static void
remove_cleared_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (ck_vault_clear_client_finish (CK_VAULT (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
remove_written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkBroker *self = g_task_get_source_object (task);
  const char *id = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!ck_state_db_remove_client_finish (CK_STATE_DB (source), result, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  g_hash_table_remove (self->clients, id);
  g_hash_table_remove (self->metadata, id);
  ck_vault_clear_client_async (self->vault, id, NULL, remove_cleared_cb, g_steal_pointer (&task));
}

static gboolean
check_removal (CkBroker *self, const char *id, GError **error)
{
  CkBrokerClient *client = g_hash_table_lookup (self->clients, id);
  GHashTableIter iter;
  gpointer channel;

  if (ck_broker_lookup_client (self, id, error) == NULL)
    return FALSE;

  if (client->declared)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_NOT_SUPPORTED,
                   "the client %s is declared in clients.d: remove its file and reload",
                   id);
      return FALSE;
    }

  g_hash_table_iter_init (&iter, self->channels);
  while (g_hash_table_iter_next (&iter, NULL, &channel))
    {
      const CkChannelRecord *record = ck_channel_get_record (channel);

      if (g_str_equal (record->client, id))
        {
          g_set_error (error,
                       CK_ERROR,
                       CK_ERROR_BUSY,
                       "the channel %s uses the client %s: remove the channel first",
                       record->id,
                       id);
          return FALSE;
        }
    }

  return TRUE;
}

void
ck_broker_remove_client_async (CkBroker *self,
                               const char *id,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) error = NULL;

  g_task_set_source_tag (task, ck_broker_remove_client_async);
  g_task_set_task_data (task, g_strdup (id), g_free);

  if (!check_removal (self, id, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  ck_state_db_remove_client_async (self->state_db,
                                   id,
                                   NULL,
                                   remove_written_cb,
                                   g_steal_pointer (&task));
}

gboolean
ck_broker_remove_client_finish (CkBroker *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
