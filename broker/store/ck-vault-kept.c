/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-vault-private.h"

#include "ck-fd-store.h"

#include <sodium.h>
#include <string.h>

/* A row that no item in the file has: what is kept elsewhere can be put there by nobody. */
#define NO_ROW G_MAXUINT64

/* What a Secret Service holds for us beside grants and clients: it has no key of ours, and what it could
 * not take must not be kept in clear. */
static const SecretSchema key_schema = {
  "org.channelkeeper.Key",
  SECRET_SCHEMA_NONE,
  {
      { "use", SECRET_SCHEMA_ATTRIBUTE_STRING },
      { NULL, 0 },
  },
};

static GHashTable *
key_attributes (void)
{
  GHashTable *attributes = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_insert (attributes, (gpointer) "use", (gpointer) "kept-grants");

  return attributes;
}

static void
on_key_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (secret_password_store_finish (result, &error))
    g_task_return_pointer (task, ck_vault_key_ref (g_task_get_task_data (task)),
                           (GDestroyNotify) ck_vault_key_unref);
  else
    g_task_return_error (task, error);
}

static void
make_key (GTask *task)
{
  guint8 master[CK_VAULT_KEY_BYTES];
  g_autoptr (SecretValue) value = NULL;
  g_autoptr (GHashTable) attributes = key_attributes ();

  randombytes_buf (master, sizeof master);
  value = secret_value_new ((const char *) master, sizeof master, "application/octet-stream");
  g_task_set_task_data (task, ck_vault_key_new (master), (GDestroyNotify) ck_vault_key_unref);
  sodium_memzero (master, sizeof master);
  secret_password_storev_binary (&key_schema, attributes, SECRET_COLLECTION_DEFAULT,
                                 "Key of grants kept across a restart", value, NULL, on_key_stored,
                                 task);
}

static void
on_key_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (SecretValue) value = secret_password_lookup_binary_finish (result, &error);
  gsize size = 0;
  const char *master = value != NULL ? secret_value_get (value, &size) : NULL;

  if (error != NULL)
    g_task_return_error (task, error);
  else if (size == CK_VAULT_KEY_BYTES)
    g_task_return_pointer (task, ck_vault_key_new ((const guint8 *) master),
                           (GDestroyNotify) ck_vault_key_unref);
  else
    make_key (g_steal_pointer (&task));
}

void
ck_vault_find_kept_key_async (GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  g_autoptr (GHashTable) attributes = key_attributes ();

  g_task_set_source_tag (task, ck_vault_find_kept_key_async);
  secret_password_lookupv (&key_schema, attributes, NULL, on_key_found, task);
}

CkVaultKey *
ck_vault_find_kept_key_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* No channel's id has a slash. */
static char *
make_name (const char *channel, guint64 generation)
{
  return g_strdup_printf ("%s/%" G_GUINT64_FORMAT, channel, generation);
}

/* What is sealed with a key that the vault may have at the next start stands beside it. */
static char *
make_next_name (const char *channel, guint64 generation, CkVaultKey *next)
{
  return g_strdup_printf ("%s/%" G_GUINT64_FORMAT "/%s", channel, generation,
                          ck_vault_key_get_id (next));
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

static gboolean
put (CkVault *vault,
     const char *name,
     CkVaultKey *key,
     const char *channel,
     guint64 generation,
     CkGrant *grant)
{
  GHashTable *kept = ck_vault_get_kept (vault);
  g_autoptr (GBytes) sealed = NULL;

  if (!g_hash_table_contains (kept, name) && g_hash_table_size (kept) >= CK_FD_STORE_MAX)
    {
      ck_vault_note_unkept (vault);
      return FALSE;
    }

  sealed = ck_vault_seal_kept (key, channel, generation, ck_grant_get_value (grant));
  if (!ck_fd_store_put (name, sealed))
    return FALSE;

  g_hash_table_insert (kept, g_strdup (name), g_steal_pointer (&sealed));
  return TRUE;
}

static gboolean
put_next (CkVault *vault,
          CkVaultKey *next,
          const char *channel,
          guint64 generation,
          CkGrant *grant)
{
  g_autofree char *name = make_next_name (channel, generation, next);

  return put (vault, name, next, channel, generation, grant);
}

gboolean
ck_vault_keep_grant (CkVault *vault, const char *channel, guint64 generation, CkGrant *grant)
{
  CkSealedStore *store = ck_vault_get_store (vault);
  g_autofree char *name = make_name (channel, generation);
  g_autoptr (CkVaultKey) key = ck_vault_dup_key (vault);
  g_autoptr (CkVaultKey) next = store != NULL ? ck_sealed_store_dup_next_key (store) : NULL;

  if (key == NULL || !put (vault, name, key, channel, generation, grant))
    return FALSE;

  return next == NULL || put_next (vault, next, channel, generation, grant);
}

void
ck_vault_drop_kept_grant (CkVault *vault, const char *channel, guint64 generation)
{
  GHashTable *kept = ck_vault_get_kept (vault);
  g_autofree char *name = make_name (channel, generation);
  g_autofree char *beside = g_strconcat (name, "/", NULL);
  GHashTableIter iter;
  gpointer other;

  ck_fd_store_remove (name);
  g_hash_table_remove (kept, name);
  g_hash_table_iter_init (&iter, kept);
  while (g_hash_table_iter_next (&iter, &other, NULL))
    {
      if (!g_str_has_prefix (other, beside))
        continue;
      ck_fd_store_remove (other);
      g_hash_table_iter_remove (&iter);
    }
}

static gboolean
parse_name (const char *name, char **channel, guint64 *generation)
{
  const char *slash = strchr (name, '/');
  g_autofree char *number = slash != NULL ? g_strdup (slash + 1) : NULL;

  if (slash == NULL || slash == name)
    return FALSE;

  number[strcspn (number, "/")] = '\0';
  if (!g_ascii_string_to_unsigned (number, 10, 1, G_MAXINT64, generation, NULL))
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

static gboolean
is_found (GPtrArray *grants, const CkVaultGrant *wanted)
{
  for (guint i = 0; i < grants->len; i++)
    {
      const CkVaultGrant *grant = grants->pdata[i];

      if (grant->kept && grant->generation == wanted->generation
          && g_str_equal (grant->channel, wanted->channel))
        return TRUE;
    }

  return FALSE;
}

/* One that was kept while the key was rotated is there for each of the keys. */
static void
warn_of_useless (GPtrArray *grants, GPtrArray *useless)
{
  for (guint i = 0; i < useless->len; i++)
    {
      const CkVaultGrant *grant = useless->pdata[i];

      if (!is_found (grants, grant))
        g_warning ("%s: the grant that was kept across the restart is of no use: %s",
                   grant->channel, grant->error->message);
    }
}

static void
read_all_kept (CkVault *vault, CkVaultKey *key, GPtrArray *grants, GPtrArray *useless)
{
  GHashTableIter iter;
  gpointer name;
  gpointer sealed;

  g_hash_table_iter_init (&iter, ck_vault_get_kept (vault));
  while (g_hash_table_iter_next (&iter, &name, &sealed))
    {
      CkVaultGrant *found = ck_vault_read_kept (key, name, sealed);

      if (found != NULL)
        g_ptr_array_add (found->grant != NULL ? grants : useless, found);
    }
}

void
ck_vault_add_kept_grants (CkVault *vault, GPtrArray *grants)
{
  g_autoptr (CkVaultKey) key = ck_vault_dup_key (vault);
  g_autoptr (GPtrArray) useless
      = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_vault_grant_free);

  if (key == NULL)
    return;

  read_all_kept (vault, key, grants, useless);
  warn_of_useless (grants, useless);
}

gboolean
ck_vault_keep_for_next_key (CkVault *vault, CkVaultKey *next)
{
  g_autoptr (CkVaultKey) key = ck_vault_dup_key (vault);
  g_autoptr (GPtrArray) grants
      = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_vault_grant_free);
  g_autoptr (GPtrArray) useless
      = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_vault_grant_free);

  read_all_kept (vault, key, grants, useless);
  if (g_hash_table_size (ck_vault_get_kept (vault)) + grants->len > CK_FD_STORE_MAX)
    return FALSE;

  for (guint i = 0; i < grants->len; i++)
    {
      const CkVaultGrant *grant = grants->pdata[i];

      put_next (vault, next, grant->channel, grant->generation, grant->grant);
    }

  return TRUE;
}
