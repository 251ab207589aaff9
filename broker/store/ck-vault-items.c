/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-vault-private.h"

#include "ck-error.h"
#include "ck-grant-loader.h"

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
finish_write (GTask *task, GError *error)
{
  CkVault *vault = g_task_get_source_object (task);

  if (error != NULL)
    error = ck_vault_own_error (error);
  ck_vault_note_write (vault, error);

  if (error != NULL)
    g_task_return_error (task, error);
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

/* That there was nothing to clear is no failure. */
static void
on_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  secret_password_clear_finish (result, &error);
  finish_write (task, error);
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
  g_autoptr (GTask) task = NULL;
  g_autoptr (GHashTable) attributes = NULL;
  g_autofree char *label = NULL;

  g_return_if_fail (CK_IS_VAULT (vault));
  g_return_if_fail (channel != NULL && grant != NULL && generation <= G_MAXINT64);

  task = ck_vault_make_task (vault, ck_vault_store_grant_async, cancellable, callback, user_data);
  if (!ck_vault_check_open (vault, task))
    return;

  attributes = ck_vault_grant_attributes (channel, generation);
  label = g_strdup_printf ("Grant %" G_GUINT64_FORMAT " of %s", generation, channel);
  secret_password_storev_binary (&grant_schema,
                                 attributes,
                                 SECRET_COLLECTION_DEFAULT,
                                 label,
                                 ck_grant_get_value (grant),
                                 NULL,
                                 on_stored,
                                 g_steal_pointer (&task));
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
  g_autoptr (GTask) task = NULL;
  g_autoptr (GHashTable) attributes = NULL;

  g_return_if_fail (CK_IS_VAULT (vault));
  g_return_if_fail (channel != NULL && generation <= G_MAXINT64);

  task = ck_vault_make_task (vault, ck_vault_clear_grant_async, cancellable, callback, user_data);
  if (!ck_vault_check_open (vault, task))
    return;

  attributes = ck_vault_grant_attributes (channel, generation);
  secret_password_clearv (&grant_schema,
                          attributes,
                          NULL,
                          on_cleared,
                          g_steal_pointer (&task));
}

gboolean
ck_vault_clear_grant_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  return ck_vault_boolean_finish (vault, result, error);
}

static void
on_grants_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GPtrArray *grants = ck_grant_loader_run_finish (result, &error);

  if (grants != NULL)
    g_task_return_pointer (task, grants, (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_return_error (task, ck_vault_own_error (error));
}

void
ck_vault_load_grants_async (CkVault *vault,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (CK_IS_VAULT (vault));

  task = ck_vault_make_task (vault, ck_vault_load_grants_async, cancellable, callback, user_data);
  if (!ck_vault_check_open (vault, task))
    return;

  ck_grant_loader_run_async (CK_VAULT_GRANT_SCHEMA, cancellable, on_grants_loaded, g_steal_pointer (&task));
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
  g_autoptr (GTask) task = NULL;
  g_autoptr (GHashTable) attributes = NULL;
  g_autofree char *label = NULL;

  g_return_if_fail (CK_IS_VAULT (vault));
  g_return_if_fail (client != NULL && *client != '\0' && secrets != NULL);

  task = ck_vault_make_task (vault, ck_vault_store_client_async, cancellable, callback, user_data);
  if (!ck_vault_check_open (vault, task))
    return;

  attributes = client_attributes (client);
  label = g_strdup_printf ("Secrets of client %s", client);
  secret_password_storev_binary (&ck_vault_client_schema,
                                 attributes,
                                 SECRET_COLLECTION_DEFAULT,
                                 label,
                                 secrets,
                                 NULL,
                                 on_stored,
                                 g_steal_pointer (&task));
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
  const char *client = g_task_get_task_data (task);
  GError *error = NULL;
  SecretValue *value = secret_password_lookup_binary_finish (result, &error);

  if (value != NULL)
    g_task_return_pointer (task, value, secret_value_unref);
  else if (error != NULL)
    g_task_return_error (task, ck_vault_own_error (error));
  else
    g_task_return_new_error (task,
                             CK_ERROR,
                             CK_ERROR_NO_SUCH_CLIENT,
                             "the vault has no secret of the client %s",
                             client);
}

void
ck_vault_lookup_client_async (CkVault *vault,
                              const char *client,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GHashTable) attributes = NULL;

  g_return_if_fail (CK_IS_VAULT (vault));
  g_return_if_fail (client != NULL);

  task = ck_vault_make_task (vault, ck_vault_lookup_client_async, cancellable, callback, user_data);
  g_task_set_task_data (task, g_strdup (client), g_free);
  if (!ck_vault_check_open (vault, task))
    return;

  attributes = client_attributes (client);
  secret_password_lookupv (&ck_vault_client_schema,
                           attributes,
                           cancellable,
                           on_client_found,
                           g_steal_pointer (&task));
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
  g_autoptr (GTask) task = NULL;
  g_autoptr (GHashTable) attributes = NULL;

  g_return_if_fail (CK_IS_VAULT (vault));
  g_return_if_fail (client != NULL);

  task = ck_vault_make_task (vault, ck_vault_clear_client_async, cancellable, callback, user_data);
  if (!ck_vault_check_open (vault, task))
    return;

  attributes = client_attributes (client);
  secret_password_clearv (&ck_vault_client_schema,
                          attributes,
                          NULL,
                          on_cleared,
                          g_steal_pointer (&task));
}

gboolean
ck_vault_clear_client_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  return ck_vault_boolean_finish (vault, result, error);
}
