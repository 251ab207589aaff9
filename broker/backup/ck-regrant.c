/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-regrant.h"

#include "ck-channel-job.h"
#include "ck-clock.h"
#include "ck-error.h"
#include "ck-operations.h"
#include "ck-renewal.h"
#include "ck-restoration.h"
#include "ck-save.h"
#include "ck-turns.h"

typedef struct
{
  CkBroker *broker;
  const CkBackupChannel *wanted;
  char *by;
  guint64 generation;
  const char *why;
} Regrant;

static void
regrant_free (Regrant *regrant)
{
  g_object_unref (regrant->broker);
  g_free (regrant->by);
  g_free (regrant);
}

/* The former one was none, is dead, or could not be read. */
static void
forget_former (Regrant *regrant, CkChannel *channel, guint64 former)
{
  ck_save_forget_left_over (regrant->broker, channel);
  if (former > 0)
    ck_vault_clear_grant_async (ck_broker_get_vault (regrant->broker),
                                ck_channel_get_id (channel), former, NULL, NULL, NULL);
}

static void
hand_over (Regrant *regrant, CkChannel *channel)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  guint64 former = record->generation;
  GPtrArray *events = ck_event_list_new ();
  CkLifecycleContext context;

  ck_channel_set_grant (channel, regrant->wanted->grant, FALSE);
  ck_channel_get_activity (channel)->foreign_date = FALSE;
  ck_renewal_back_off (channel, NULL);
  ck_operations_fill_context (regrant->broker, channel, &context);
  ck_broker_commit (regrant->broker,
                    channel,
                    ck_lifecycle_restored (record,
                                           regrant->wanted->grant,
                                           regrant->generation,
                                           regrant->wanted->record->reconnect_by,
                                           regrant->by,
                                           &context,
                                           events),
                    events);
  forget_former (regrant, channel, former);
}

/* Where only a renewal could tell, it waits: it spends a refresh token that may be spent already. */
static gboolean
can_be_asked (CkBroker *broker, CkChannel *channel)
{
  g_autoptr (CkJob) job
      = ck_channel_job_new (broker, channel, "verify", ck_channel_get_grant (channel), NULL);

  return job != NULL;
}

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkChannel *channel = g_task_get_source_object (task);
  Regrant *regrant = g_task_get_task_data (task);
  g_autoptr (CkBroker) broker = g_object_ref (regrant->broker);
  g_autoptr (GError) error = NULL;

  if (!ck_vault_store_grant_finish (CK_VAULT (source), result, &error))
    {
      ck_turns_done (broker, channel, error);
      return;
    }

  hand_over (regrant, channel);
  ck_turns_done (broker, channel, NULL);
  /* One that has run out is renewed at once, and that tells as much. */
  if (ck_lifecycle_token_alive (ck_channel_get_record (channel), ck_clock_now ())
      && can_be_asked (broker, channel))
    ck_channel_verify_async (broker, channel, FALSE, NULL, NULL, NULL);
}

static void
begin (CkBroker *broker, CkChannel *channel, GTask *task)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  Regrant *regrant = g_task_get_task_data (task);

  regrant->why = ck_channel_get_activity (channel)->removing
                     ? "it is being removed"
                     : ck_restoration_judge (record,
                                             ck_channel_get_grant (channel) != NULL,
                                             regrant->wanted);
  if (regrant->why != NULL)
    {
      ck_turns_done (broker, channel, NULL);
      return;
    }

  regrant->generation = MAX (record->generation, regrant->wanted->record->generation) + 1;
  ck_vault_store_grant_async (ck_broker_get_vault (broker),
                              ck_channel_get_id (channel),
                              regrant->generation,
                              regrant->wanted->grant,
                              NULL,
                              stored_cb,
                              g_object_ref (task));
}

void
ck_regrant_run_async (CkBroker *broker,
                      CkChannel *channel,
                      const CkBackupChannel *wanted,
                      const char *by,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  GTask *task = g_task_new (channel, NULL, callback, user_data);
  Regrant *regrant = g_new0 (Regrant, 1);

  g_task_set_source_tag (task, ck_regrant_run_async);
  g_task_set_task_data (task, regrant, (GDestroyNotify) regrant_free);
  regrant->broker = g_object_ref (broker);
  regrant->wanted = wanted;
  regrant->by = g_strdup (by);

  ck_turns_take (broker, channel, CK_TURN_ADOPT, begin, TRUE, task);
}

gboolean
ck_regrant_run_finish (GAsyncResult *result, const char **why, GError **error)
{
  const Regrant *regrant = g_task_get_task_data (G_TASK (result));

  *why = regrant->why;

  return g_task_propagate_boolean (G_TASK (result), error);
}
