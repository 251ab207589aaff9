/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-vault.h"

/* The clients of this world stand in files and have no secrets: nobody comes here. */

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
  g_assert_not_reached ();
}

SecretValue *
ck_vault_lookup_client_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  g_assert_not_reached ();
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
