/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-grant-loader.h"

#include "ck-error.h"
#include "ck-sealed-item.h"

/* So many secrets are asked for at a time: each is a message where a Secret Service answers. */
#define WINDOW 64

typedef struct
{
  GList *waiting;    /* SecretRetrievable */
  guint n_asked;     /* and not answered */
  GPtrArray *grants; /* CkVaultGrant */
  GError *error;     /* of the service, not of an item */
} Loader;

static void
loader_free (Loader *loader)
{
  g_list_free_full (loader->waiting, g_object_unref);
  g_clear_pointer (&loader->grants, g_ptr_array_unref);
  g_clear_error (&loader->error);
  g_free (loader);
}

static CkVaultGrant *
grant_for (SecretRetrievable *retrievable)
{
  g_autoptr (GHashTable) attributes = secret_retrievable_get_attributes (retrievable);
  const char *channel = g_hash_table_lookup (attributes, "channel");
  const char *generation = g_hash_table_lookup (attributes, "generation");
  CkVaultGrant *grant;
  guint64 number;

  if (channel == NULL || generation == NULL
      || !g_ascii_string_to_unsigned (generation, 10, 0, G_MAXINT64, &number, NULL))
    return NULL;

  grant = g_new0 (CkVaultGrant, 1);
  grant->channel = g_strdup (channel);
  grant->generation = number;

  return grant;
}

static void
take_value (CkVaultGrant *grant, SecretValue *value, GError *error)
{
  if (value != NULL)
    grant->grant = ck_grant_new (value, &grant->error);
  else if (error != NULL)
    grant->error = g_error_copy (error);

  if (grant->grant == NULL && grant->error == NULL)
    grant->error = g_error_new_literal (CK_ERROR, CK_ERROR_STORE, "the stored item has no secret");
}

static void ask_next (GTask *task);

static void
on_secret (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  Loader *loader = g_task_get_task_data (task);
  SecretRetrievable *retrievable = SECRET_RETRIEVABLE (source);
  SecretValue *value = secret_retrievable_retrieve_secret_finish (retrievable, result, &error);
  CkVaultGrant *grant = grant_for (retrievable);

  loader->n_asked--;
  /* Not ours, so nothing of the item's: the service went away or was locked. What the others are,
   * nobody knows then. */
  if (error != NULL && error->domain != CK_ERROR)
    {
      g_clear_error (&loader->error);
      loader->error = g_steal_pointer (&error);
      g_clear_pointer (&grant, ck_vault_grant_free);
    }
  else if (grant != NULL)
    {
      take_value (grant, value, error);
      g_ptr_array_add (loader->grants, grant);
    }
  else
    g_warning ("an item in the vault has a grant's schema, but not its attributes");
  g_clear_pointer (&value, secret_value_unref);

  ask_next (task);
}

static void
ask_next (GTask *task)
{
  Loader *loader = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);

  while (loader->error == NULL && loader->waiting != NULL && loader->n_asked < WINDOW)
    {
      g_autoptr (SecretRetrievable) retrievable = loader->waiting->data;

      loader->waiting = g_list_delete_link (loader->waiting, loader->waiting);
      loader->n_asked++;
      secret_retrievable_retrieve_secret (retrievable, cancellable, on_secret, g_object_ref (task));
    }

  if (loader->n_asked > 0)
    return;
  if (loader->error != NULL)
    g_task_return_error (task, g_steal_pointer (&loader->error));
  else
    g_task_return_pointer (task,
                           g_steal_pointer (&loader->grants),
                           (GDestroyNotify) g_ptr_array_unref);
}

static void
on_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  Loader *loader = g_task_get_task_data (task);

  loader->waiting = secret_password_search_finish (result, &error);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    ask_next (task);
}

void
ck_grant_loader_run_async (const char *schema,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GHashTable) attributes = g_hash_table_new (g_str_hash, g_str_equal);
  Loader *loader = g_new0 (Loader, 1);

  g_task_set_source_tag (task, ck_grant_loader_run_async);
  g_task_set_task_data (task, loader, (GDestroyNotify) loader_free);
  loader->grants = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_vault_grant_free);

  /* By the schema's attribute and not by a SecretSchema: newer libsecrets refuse a search that has
   * a schema and no attributes. */
  g_hash_table_insert (attributes, (gpointer) CK_SCHEMA_ATTRIBUTE, (gpointer) schema);
  secret_password_searchv (NULL,
                           attributes,
                           SECRET_SEARCH_ALL,
                           cancellable,
                           on_found,
                           g_steal_pointer (&task));
}

GPtrArray *
ck_grant_loader_run_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, ck_grant_loader_run_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
