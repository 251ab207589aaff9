/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-save.h"

struct _CkSave
{
  CkBroker *broker;
  CkChannel *channel;
  CkGrant *grant;
  guint64 generation;
  gboolean kept; /* by the service manager */
};

void
ck_save_free (CkSave *save)
{
  g_object_unref (save->broker);
  g_object_unref (save->channel);
  ck_grant_unref (save->grant);
  g_free (save);
}

void
ck_save_forget_left_over (CkBroker *broker, CkChannel *channel)
{
  CkActivity *activity = ck_channel_get_activity (channel);

  if (activity->left_over > 0)
    ck_vault_clear_grant_async (ck_broker_get_vault (broker), ck_channel_get_id (channel),
                                activity->left_over, NULL, NULL, NULL);
  activity->left_over = 0;
}

static void
forget_former (CkSave *save)
{
  ck_save_forget_left_over (save->broker, save->channel);
  if (save->generation > 1)
    ck_vault_clear_grant_async (ck_broker_get_vault (save->broker),
                                ck_channel_get_id (save->channel),
                                save->generation - 1,
                                NULL,
                                NULL,
                                NULL);
}

static void
keep (CkSave *save)
{
  if (!save->kept)
    save->kept = ck_vault_keep_grant (ck_broker_get_vault (save->broker),
                                      ck_channel_get_id (save->channel),
                                      save->generation,
                                      save->grant);
}

static void
drop_kept (CkSave *save)
{
  ck_vault_drop_kept_grant (ck_broker_get_vault (save->broker),
                            ck_channel_get_id (save->channel),
                            save->generation);
}

static void
retried_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkSave) save = user_data;
  g_autoptr (GError) error = NULL;

  if (!ck_vault_store_grant_finish (CK_VAULT (source), result, &error))
    {
      CkBroker *broker = save->broker;

      /* There may be room for it now. */
      keep (save);
      ck_broker_save_later (broker, g_steal_pointer (&save));
      return;
    }

  g_message ("%s: the grant kept in memory is in the vault now", ck_channel_get_id (save->channel));
  drop_kept (save);
  if (ck_channel_get_grant (save->channel) == save->grant)
    ck_channel_set_grant (save->channel, save->grant, FALSE);
  forget_former (save);
}

void
ck_save_retry (CkSave *save)
{
  g_autoptr (CkSave) owned = save;

  /* Replaced or disconnected meanwhile: nothing to write any more. */
  if (ck_channel_get_grant (save->channel) != save->grant)
    {
      drop_kept (save);
      return;
    }

  ck_vault_store_grant_async (ck_broker_get_vault (save->broker), ck_channel_get_id (save->channel),
                              save->generation, save->grant, NULL, retried_cb,
                              g_steal_pointer (&owned));
}

static CkSave *
save_new (CkBroker *broker, CkChannel *channel, CkGrant *grant, guint64 generation)
{
  CkSave *save = g_new0 (CkSave, 1);

  save->broker = g_object_ref (broker);
  save->channel = g_object_ref (channel);
  save->grant = ck_grant_ref (grant);
  save->generation = generation;

  return save;
}

void
ck_save_keep_trying (CkBroker *broker, CkChannel *channel, CkGrant *grant, guint64 generation)
{
  CkActivity *activity = ck_channel_get_activity (channel);
  CkSave *save;

  if (activity->left_over == 0)
    activity->left_over = generation - 1;
  save = save_new (broker, channel, grant, generation);
  keep (save);
  ck_broker_save_later (broker, save);
}

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkSave *save = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  gboolean saved = ck_vault_store_grant_finish (CK_VAULT (source), result, &error);

  ck_channel_set_grant (save->channel, save->grant, !saved);
  if (saved)
    {
      forget_former (save);
    }
  else
    {
      g_warning ("%s: the new grant is kept in memory alone, until the vault can be written: %s",
                 ck_channel_get_id (save->channel),
                 error->message);
      ck_save_keep_trying (save->broker, save->channel, save->grant, save->generation);
    }

  g_task_return_boolean (task, TRUE);
}

void
ck_save_async (CkBroker *broker,
               CkChannel *channel,
               CkGrant *grant,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (channel, NULL, callback, user_data);
  CkSave *save = save_new (broker, channel, grant, ck_channel_get_record (channel)->generation + 1);

  g_task_set_source_tag (task, ck_save_async);
  g_task_set_task_data (task, save, (GDestroyNotify) ck_save_free);

  ck_vault_store_grant_async (ck_broker_get_vault (broker),
                              ck_channel_get_id (channel),
                              save->generation,
                              grant,
                              NULL,
                              stored_cb,
                              g_steal_pointer (&task));
}

guint64
ck_save_finish (GAsyncResult *result)
{
  const CkSave *save = g_task_get_task_data (G_TASK (result));

  return save->generation;
}
