/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-backup.h"

#include <malloc.h>
#include <unistd.h>

#include "ck-backup-file.h"
#include "ck-error.h"
#include "ck-secret.h"

typedef struct
{
  CkBackup *backup;
  CkVaultKey *key;
} Making;

static void
making_free (Making *making)
{
  ck_backup_free (making->backup);
  g_clear_pointer (&making->key, ck_vault_key_unref);
  g_free (making);
  /* What ten thousand channels needed for a moment is not kept for ever. */
  malloc_trim (0);
}

/* One turn of the main loop: nothing changes in between. Grants and secrets are shared, not copied. */
static void
gather (CkBroker *broker, CkBackup *backup)
{
  g_autoptr (GPtrArray) channels = ck_broker_dup_channels (broker);
  g_autoptr (GPtrArray) clients = ck_broker_dup_clients (broker);

  for (guint i = 0; i < clients->len; i++)
    {
      const CkClientRecord *record = clients->pdata[i];

      if (!ck_broker_is_client_declared (broker, record->id))
        ck_backup_add_client (backup,
                              record,
                              ck_broker_get_client_secrets (broker, record->id));
    }
  for (guint i = 0; i < channels->len; i++)
    {
      CkChannel *channel = channels->pdata[i];
      const CkChannelRecord *record = ck_channel_get_record (channel);

      ck_backup_add_channel (backup,
                             record,
                             record->quarantined ? NULL : ck_channel_get_grant (channel));
    }
}

static void
seal_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Making *making = data;
  g_autoptr (GBytes) file = ck_backup_seal (making->backup, making->key);
  gsize size;
  const char *bytes = g_bytes_get_data (file, &size);
  g_autoptr (GError) error = NULL;
  int fd;

  if (size > CK_BACKUP_MAX_BYTES)
    {
      g_task_return_new_error (task,
                               CK_ERROR,
                               CK_ERROR_LIMIT_EXCEEDED,
                               "the backup would have %" G_GSIZE_FORMAT " bytes, more than can be "
                               "restored",
                               size);
      return;
    }

  fd = ck_secret_bytes_to_memfd (bytes, size, &error);
  if (fd < 0)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_int (task, fd);
}

static CkVaultKey *
read_key (CkBroker *broker, SecretValue *text, GError **error)
{
  g_autoptr (CkVaultKey) key = NULL;
  g_autofree char *own_id = ck_vault_dup_key_id (ck_broker_get_vault (broker));

  if (!ck_broker_check_open (broker, error))
    return NULL;

  key = ck_vault_key_new_from_text (text, error);
  if (key != NULL && g_str_equal (ck_vault_key_get_id (key), own_id))
    {
      g_set_error_literal (error,
                           CK_ERROR,
                           CK_ERROR_INVALID_ARGUMENT,
                           "a backup is not sealed with the vault's own key: whoever is given the "
                           "one shall not be able to open the other");
      return NULL;
    }

  return g_steal_pointer (&key);
}

void
ck_backup_make_async (CkBroker *broker,
                      SecretValue *key,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (broker, NULL, callback, user_data);
  Making *making = g_new0 (Making, 1);
  GError *error = NULL;

  g_task_set_source_tag (task, ck_backup_make_async);
  g_task_set_task_data (task, making, (GDestroyNotify) making_free);
  making->backup = ck_backup_new ();
  making->key = read_key (broker, key, &error);
  if (making->key == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  gather (broker, making->backup);
  g_task_run_in_thread (task, seal_in_thread);
}

int
ck_backup_make_finish (GAsyncResult *result, guint *n_channels, guint *n_clients, GError **error)
{
  GTask *task = G_TASK (result);
  const Making *making = g_task_get_task_data (task);

  *n_channels = making->backup->channels->len;
  *n_clients = making->backup->clients->len;

  return (int) g_task_propagate_int (task, error);
}
