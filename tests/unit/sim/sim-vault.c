/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-store-private.h"

#include "ck-error.h"

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
  vault->life = sim_disk_get_life ();
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

  if (sim_disk_is_vault_sealed ())
    {
      g_task_return_new_error (task, CK_ERROR, CK_ERROR_VAULT_SEALED, "the simulated vault is sealed");
      return;
    }
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

  g_task_return_pointer (task, sim_disk_dup_grants (), (GDestroyNotify) g_ptr_array_unref);
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
  SimWrite *write = g_new0 (SimWrite, 1);

  write->life = vault->life;
  write->vault = TRUE;
  write->channel = g_strdup (channel);
  write->generation = generation;
  write->grant = ck_grant_ref (grant);
  sim_disk_write (vault, write, callback, user_data);
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
  SimWrite *write = g_new0 (SimWrite, 1);

  write->life = vault->life;
  write->vault = TRUE;
  write->channel = g_strdup (channel);
  write->generation = generation;
  sim_disk_write (vault, write, callback, user_data);
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
