/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-vault-private.h"

#include "ck-fd-store.h"

#include <string.h>

/* A row that no item in the file has: what is kept elsewhere can be put there by nobody. */
#define NO_ROW G_MAXUINT64

/* No channel's id has a slash. */
static char *
make_name (const char *channel, guint64 generation)
{
  return g_strdup_printf ("%s/%" G_GUINT64_FORMAT, channel, generation);
}

static GBytes *
make_item_name (const char *channel, guint64 generation)
{
  g_autoptr (GHashTable) attributes = ck_vault_grant_attributes (channel, generation);

  return ck_item_name_new (CK_VAULT_GRANT_SCHEMA, attributes);
}

GBytes *
ck_vault_seal_kept (CkVaultKey *key, const char *channel, guint64 generation, SecretValue *grant)
{
  g_autoptr (GBytes) item_name = make_item_name (channel, generation);
  g_autoptr (CkSealedItem) item = ck_sealed_item_new (item_name, NULL, grant, 0, 0);

  return ck_sealed_item_seal (item, NO_ROW, key);
}

gboolean
ck_vault_keep_grant (CkVault *vault, const char *channel, guint64 generation, CkGrant *grant)
{
  CkVaultKey *key = ck_vault_get_key (vault);
  GHashTable *kept = ck_vault_get_kept (vault);
  g_autofree char *name = make_name (channel, generation);
  g_autoptr (GBytes) sealed = NULL;

  if (key == NULL)
    return FALSE;
  if (!g_hash_table_contains (kept, name) && g_hash_table_size (kept) >= CK_FD_STORE_MAX)
    {
      ck_vault_note_unkept (vault);
      return FALSE;
    }

  sealed = ck_vault_seal_kept (key, channel, generation, ck_grant_get_value (grant));

  if (!ck_fd_store_put (name, sealed))
    return FALSE;

  g_hash_table_add (kept, g_steal_pointer (&name));
  return TRUE;
}

void
ck_vault_drop_kept_grant (CkVault *vault, const char *channel, guint64 generation)
{
  g_autofree char *name = make_name (channel, generation);

  ck_fd_store_remove (name);
  g_hash_table_remove (ck_vault_get_kept (vault), name);
}

static gboolean
parse_name (const char *name, char **channel, guint64 *generation)
{
  const char *slash = strchr (name, '/');

  if (slash == NULL || slash == name
      || !g_ascii_string_to_unsigned (slash + 1, 10, 1, G_MAXINT64, generation, NULL))
    return FALSE;

  *channel = g_strndup (name, (gsize) (slash - name));
  return TRUE;
}

static CkGrant *
unseal (CkVaultKey *key, const char *channel, guint64 generation, GBytes *sealed, GError **error)
{
  g_autoptr (GBytes) item_name = make_item_name (channel, generation);
  gsize size;
  const guint8 *data = g_bytes_get_data (sealed, &size);
  g_autoptr (CkSealedItem) item = ck_sealed_item_new_unsealed (NO_ROW, item_name, data, size, key);
  SecretValue *value = ck_sealed_item_get_value (item);

  if (value == NULL)
    {
      g_set_error_literal (error, CK_ERROR, CK_ERROR_STORE, "it was sealed with another key");
      return NULL;
    }

  return ck_grant_new (value, error);
}

CkVaultGrant *
ck_vault_read_kept (CkVaultKey *key, const char *name, GBytes *sealed)
{
  g_autoptr (CkVaultGrant) found = g_new0 (CkVaultGrant, 1);

  if (!parse_name (name, &found->channel, &found->generation))
    return NULL;

  found->kept = TRUE;
  found->grant = unseal (key, found->channel, found->generation, sealed, &found->error);

  return g_steal_pointer (&found);
}

void
ck_vault_add_kept_grants (CkVault *vault, GPtrArray *grants)
{
  CkVaultKey *key = ck_vault_get_key (vault);
  g_autoptr (GPtrArray) kept = ck_fd_store_get ();

  for (guint i = 0; i < kept->len && key != NULL; i++)
    {
      const CkKept *entry = kept->pdata[i];
      g_autoptr (CkVaultGrant) found = ck_vault_read_kept (key, entry->name, entry->bytes);

      g_hash_table_add (ck_vault_get_kept (vault), g_strdup (entry->name));
      if (found == NULL)
        continue;
      if (found->grant == NULL)
        g_warning ("%s: the grant that was kept across the restart is of no use: %s",
                   found->channel, found->error->message);
      else
        g_ptr_array_add (grants, g_steal_pointer (&found));
    }
}
