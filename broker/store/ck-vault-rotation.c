/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-vault-private.h"

#include "ck-error.h"

const char *
ck_vault_get_key_place (CkVault *vault)
{
  CkSealedStore *store = ck_vault_get_store (vault);

  if (store == NULL)
    return "";

  return ck_sealed_store_uses_key_file (store) ? "file" : "credential";
}

char *
ck_vault_dup_key_id (CkVault *vault)
{
  CkSealedStore *store = ck_vault_get_store (vault);
  g_autoptr (CkVaultKey) key = store != NULL ? ck_sealed_store_dup_key (store) : NULL;

  return g_strdup (key != NULL ? ck_vault_key_get_id (key) : "");
}

static void
rotated_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkVault *vault = g_task_get_source_object (task);
  GError *error = NULL;

  if (ck_sealed_store_rotate_finish (CK_SEALED_STORE (source), result, &error))
    {
      ck_vault_note_write (vault, NULL);
      g_task_return_int (task, TRUE);
      return;
    }

  if (error->code == CK_ERROR_STORE)
    ck_vault_note_write (vault, error);
  g_task_return_error (task, error);
}

/* Returns: (nullable): the key to rotate to; @text is what the key file is to hold */
static CkVaultKey *
choose_key (CkSealedStore *store, SecretValue *given, SecretValue **text, GError **error)
{
  gsize size = 0;

  if (given != NULL)
    secret_value_get (given, &size);

  if (ck_sealed_store_uses_key_file (store) && size == 0)
    return ck_vault_key_generate (text);
  if (!ck_sealed_store_uses_key_file (store) && size > 0)
    return ck_vault_key_new_from_text (given, error);

  g_set_error_literal (error,
                       CK_ERROR,
                       CK_ERROR_INVALID_ARGUMENT,
                       size == 0 ? "the vault's key is a credential, which only root can write: the "
                                   "new key must be given"
                                 : "the vault's key is a file beside it, whose successor is made "
                                   "there: none may be given");
  return NULL;
}

void
ck_vault_rotate_key_async (CkVault *vault,
                           SecretValue *key,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task
      = ck_vault_make_task (vault, ck_vault_rotate_key_async, NULL, callback, user_data);
  CkSealedStore *store = ck_vault_get_store (vault);
  g_autoptr (SecretValue) text = NULL;
  g_autoptr (CkVaultKey) next = NULL;
  g_autofree char *id = ck_vault_dup_key_id (vault);
  GError *error = NULL;

  if (!ck_vault_check_open (vault, task))
    return;
  if (store == NULL)
    {
      g_task_return_new_error (task,
                               CK_ERROR,
                               CK_ERROR_NOT_SUPPORTED,
                               "the Secret Service that keeps the vault has its own key: it is "
                               "changed there");
      return;
    }

  next = choose_key (store, key, &text, &error);
  if (next == NULL)
    g_task_return_error (task, error);
  else if (g_str_equal (ck_vault_key_get_id (next), id))
    g_task_return_int (task, FALSE);
  else if (!ck_vault_keep_for_next_key (vault, next))
    g_task_return_new_error (task,
                             CK_ERROR,
                             CK_ERROR_BUSY,
                             "too many new grants wait to be written, and are kept with the present "
                             "key: see to the disk first");
  else
    ck_sealed_store_rotate_async (store, next, text, rotated_cb, g_steal_pointer (&task));
}

gboolean
ck_vault_rotate_key_finish (CkVault *vault, GAsyncResult *result, gboolean *changed, GError **error)
{
  gssize answer;

  g_return_val_if_fail (g_task_is_valid (result, vault), FALSE);

  answer = g_task_propagate_int (G_TASK (result), error);
  if (answer >= 0 && changed != NULL)
    *changed = answer > 0;

  return answer >= 0;
}
