/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-vault-private.h"

#include "ck-grant-loader.h"

/* Seconds that a Secret Service has for a call, and for all grants. */
#define CALL_TIME 10
#define LOAD_TIME 300

/* What a call is about, for when its turn comes. */
typedef struct
{
  const SecretSchema *schema;
  GHashTable *attributes;
  char *label;
  SecretValue *value;
} Item;

static const SecretSchema grant_schema = {
  CK_VAULT_GRANT_SCHEMA,
  SECRET_SCHEMA_NONE,
  {
      { "channel", SECRET_SCHEMA_ATTRIBUTE_STRING },
      { "generation", SECRET_SCHEMA_ATTRIBUTE_INTEGER },
      { NULL, 0 },
  },
};

void
ck_vault_grant_free (CkVaultGrant *grant)
{
  g_free (grant->channel);
  g_clear_pointer (&grant->grant, ck_grant_unref);
  g_clear_error (&grant->error);
  g_free (grant);
}

GHashTable *
ck_vault_grant_attributes (const char *channel, guint64 generation)
{
  GHashTable *attributes = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);

  g_hash_table_insert (attributes, (gpointer) "channel", g_strdup (channel));
  g_hash_table_insert (attributes,
                       (gpointer) "generation",
                       g_strdup_printf ("%" G_GUINT64_FORMAT, generation));

  return attributes;
}

static GHashTable *
client_attributes (const char *client)
{
  GHashTable *attributes = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);

  g_hash_table_insert (attributes, (gpointer) "client", g_strdup (client));

  return attributes;
}

static void
item_free (Item *item)
{
  g_hash_table_unref (item->attributes);
  g_free (item->label);
  g_clear_pointer (&item->value, secret_value_unref);
  g_free (item);
}

static Item *
set_item (GTask *task, const SecretSchema *schema, GHashTable *attributes)
{
  Item *item = g_new0 (Item, 1);

  item->schema = schema;
  item->attributes = attributes;
  g_task_set_task_data (task, item, (GDestroyNotify) item_free);

  return item;
}

static void
finish_write (GTask *task, GError *error)
{
  CkVault *vault = g_task_get_source_object (task);
  g_autoptr (GError) owned = error;

  if (!ck_vault_end_call (vault, task, error))
    return;

  if (owned != NULL)
    owned = ck_vault_own_error (g_steal_pointer (&owned), CK_ERROR_STORE);
  ck_vault_note_write (vault, owned);

  if (owned != NULL)
    g_task_return_error (task, g_steal_pointer (&owned));
  else
    g_task_return_boolean (task, TRUE);
}

static void
on_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (!secret_password_store_finish (result, &error) && error == NULL)
    error = g_error_new_literal (CK_ERROR, CK_ERROR_STORE, "the item was not stored");
  finish_write (task, error);
}

static void
start_store (CkVault *vault, GTask *task)
{
  Item *item = g_task_get_task_data (task);

  secret_password_storev_binary (item->schema,
                                 item->attributes,
                                 SECRET_COLLECTION_DEFAULT,
                                 item->label,
                                 item->value,
                                 NULL,
                                 on_stored,
                                 task);
}

/* That there was nothing to clear is no failure. */
static void
on_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  secret_password_clear_finish (result, &error);
  finish_write (task, error);
}

static void
start_clear (CkVault *vault, GTask *task)
{
  Item *item = g_task_get_task_data (task);

  secret_password_clearv (item->schema, item->attributes, NULL, on_cleared, task);
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
  GTask *task;
  Item *item;

  g_return_if_fail (CK_IS_VAULT (vault));
  g_return_if_fail (channel != NULL && grant != NULL && generation <= G_MAXINT64);

  task = ck_vault_make_task (vault, ck_vault_store_grant_async, cancellable, callback, user_data);
  item = set_item (task, &grant_schema, ck_vault_grant_attributes (channel, generation));
  item->label = g_strdup_printf ("Grant %" G_GUINT64_FORMAT " of %s", generation, channel);
  item->value = secret_value_ref (ck_grant_get_value (grant));
  ck_vault_start_call (vault, task, CALL_TIME, start_store);
}

gboolean
ck_vault_store_grant_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  return ck_vault_boolean_finish (vault, result, error);
}

void
ck_vault_clear_grant_async (CkVault *vault,
                            const char *channel,
                            guint64 generation,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task;

  g_return_if_fail (CK_IS_VAULT (vault));
  g_return_if_fail (channel != NULL && generation <= G_MAXINT64);

  task = ck_vault_make_task (vault, ck_vault_clear_grant_async, cancellable, callback, user_data);
  set_item (task, &grant_schema, ck_vault_grant_attributes (channel, generation));
  ck_vault_start_call (vault, task, CALL_TIME, start_clear);
}

gboolean
ck_vault_clear_grant_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  return ck_vault_boolean_finish (vault, result, error);
}

/* What ends a load: @grants, or @error (both transfer full). */
static void
finish_load (GTask *task, GPtrArray *grants, CkVaultKey *key, GError *error)
{
  CkVault *vault = g_task_get_source_object (task);
  g_autoptr (GPtrArray) owned = grants;
  g_autoptr (GError) owned_error = error;

  if (!ck_vault_end_call (vault, task, error))
    return;

  if (owned == NULL)
    {
      g_task_return_error (
          task, ck_vault_own_error (g_steal_pointer (&owned_error), CK_ERROR_VAULT_SEALED));
      return;
    }

  ck_vault_note_read (vault, key);
  g_task_return_pointer (task, g_steal_pointer (&owned), (GDestroyNotify) g_ptr_array_unref);
}

static void
on_key_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GPtrArray *grants = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (CkVaultKey) key = ck_vault_find_kept_key_finish (result, &error);

  finish_load (task, key != NULL ? g_ptr_array_ref (grants) : NULL, key, error);
}

static void
on_grants_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkVault *vault = g_task_get_source_object (task);
  GError *error = NULL;
  GPtrArray *grants = ck_grant_loader_run_finish (result, &error);

  if (grants == NULL || ck_vault_get_store (vault) != NULL)
    {
      finish_load (task, grants, NULL, error);
      return;
    }

  g_task_set_task_data (task, grants, (GDestroyNotify) g_ptr_array_unref);
  ck_vault_find_kept_key_async (on_key_found, g_steal_pointer (&task));
}

static void
start_load (CkVault *vault, GTask *task)
{
  ck_grant_loader_run_async (CK_VAULT_GRANT_SCHEMA, g_task_get_cancellable (task), on_grants_loaded,
                             task);
}

void
ck_vault_load_grants_async (CkVault *vault,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (CK_IS_VAULT (vault));

  ck_vault_start_call (vault,
                       ck_vault_make_task (vault, ck_vault_load_grants_async, cancellable, callback,
                                           user_data),
                       LOAD_TIME,
                       start_load);
}

GPtrArray *
ck_vault_load_grants_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, vault), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

void
ck_vault_store_client_async (CkVault *vault,
                             const char *client,
                             SecretValue *secrets,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task;
  Item *item;

  g_return_if_fail (CK_IS_VAULT (vault));
  g_return_if_fail (client != NULL && *client != '\0' && secrets != NULL);

  task = ck_vault_make_task (vault, ck_vault_store_client_async, cancellable, callback, user_data);
  item = set_item (task, &ck_vault_client_schema, client_attributes (client));
  item->label = g_strdup_printf ("Secrets of client %s", client);
  item->value = secret_value_ref (secrets);
  ck_vault_start_call (vault, task, CALL_TIME, start_store);
}

gboolean
ck_vault_store_client_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  return ck_vault_boolean_finish (vault, result, error);
}

static void
on_client_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Item *item = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (SecretValue) value = secret_password_lookup_binary_finish (result, &error);

  if (!ck_vault_end_call (g_task_get_source_object (task), task, error))
    return;

  if (value != NULL)
    g_task_return_pointer (task, g_steal_pointer (&value), secret_value_unref);
  else if (error != NULL)
    g_task_return_error (task, ck_vault_own_error (g_steal_pointer (&error), CK_ERROR_VAULT_SEALED));
  else
    g_task_return_new_error (task,
                             CK_ERROR,
                             CK_ERROR_NO_SUCH_CLIENT,
                             "the vault has no secret of the client %s",
                             (const char *) g_hash_table_lookup (item->attributes, "client"));
}

static void
start_lookup (CkVault *vault, GTask *task)
{
  Item *item = g_task_get_task_data (task);

  secret_password_lookupv (item->schema,
                           item->attributes,
                           g_task_get_cancellable (task),
                           on_client_found,
                           task);
}

void
ck_vault_lookup_client_async (CkVault *vault,
                              const char *client,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GTask *task;

  g_return_if_fail (CK_IS_VAULT (vault));
  g_return_if_fail (client != NULL);

  task = ck_vault_make_task (vault, ck_vault_lookup_client_async, cancellable, callback, user_data);
  set_item (task, &ck_vault_client_schema, client_attributes (client));
  ck_vault_start_call (vault, task, CALL_TIME, start_lookup);
}

SecretValue *
ck_vault_lookup_client_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, vault), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

void
ck_vault_clear_client_async (CkVault *vault,
                             const char *client,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task;

  g_return_if_fail (CK_IS_VAULT (vault));
  g_return_if_fail (client != NULL);

  task = ck_vault_make_task (vault, ck_vault_clear_client_async, cancellable, callback, user_data);
  set_item (task, &ck_vault_client_schema, client_attributes (client));
  ck_vault_start_call (vault, task, CALL_TIME, start_clear);
}

gboolean
ck_vault_clear_client_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  return ck_vault_boolean_finish (vault, result, error);
}
