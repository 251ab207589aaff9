/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-error.h"
#include "sim-store.h"

/* The clients of this world stand in files and have no secrets, but for one in state.db. */

static CkClientRecord *added;
static CkVaultGrant *kept;
static gboolean leaves;

void
sim_disk_put_client (CkClientRecord *client)
{
  ck_client_record_free (added);
  added = client;
}

void
sim_vault_leave (const char *channel, guint64 generation, CkGrant *grant)
{
  kept = g_new0 (CkVaultGrant, 1);
  kept->channel = g_strdup (channel);
  kept->generation = generation;
  kept->grant = ck_grant_ref (grant);
  kept->kept = leaves = TRUE;
}

gboolean
ck_state_db_load_clients (CkStateDb *db, CkRecordFound found, gpointer user_data, GError **error)
{
  if (added != NULL)
    found (ck_client_record_copy (added), user_data);

  return TRUE;
}

void
ck_vault_add_kept_grants (CkVault *self, GPtrArray *grants)
{
  if (kept != NULL)
    g_ptr_array_add (grants, g_steal_pointer (&kept));
}

void
ck_vault_store_client_async (CkVault *vault,
                             const char *client,
                             SecretValue *secrets,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_assert_not_reached ();
}

gboolean
ck_vault_store_client_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  g_assert_not_reached ();
}

void
ck_vault_lookup_client_async (CkVault *vault,
                              const char *client,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (vault, cancellable, callback, user_data);

  if (!leaves)
    {
      g_task_return_pointer (task, secret_value_new ("secret", -1, "text/plain"), secret_value_unref);
      return;
    }
  leaves = FALSE;
  sim_vault_set_state (vault, CK_VAULT_SEALED);
  g_task_return_new_error (task, CK_ERROR, CK_ERROR_VAULT_SEALED, "the Secret Service has left");
}

SecretValue *
ck_vault_lookup_client_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
ck_vault_clear_client_async (CkVault *vault,
                             const char *client,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_assert_not_reached ();
}

gboolean
ck_vault_clear_client_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  g_assert_not_reached ();
}

/* Backups are the subject of other tests. */
char *
ck_vault_dup_key_id (CkVault *vault)
{
  g_assert_not_reached ();
}

/* No service manager in this world. */
gboolean
ck_vault_keep_grant (CkVault *self, const char *channel, guint64 generation, CkGrant *grant)
{
  return FALSE;
}

void
ck_vault_drop_kept_grant (CkVault *self, const char *channel, guint64 generation)
{
}
