/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-adoption.h"

#include "ck-channel-job.h"
#include "ck-error.h"
#include "ck-operations.h"
#include "ck-renewal.h"
#include "ck-save.h"
#include "ck-siblings.h"
#include "ck-turns.h"

typedef struct
{
  CkBroker *broker;
  CkGrant *grant;
  GStrv advice;
  char *user;
  guint64 generation;
  gboolean saved;
} Adoption;

static void
adoption_free (Adoption *adoption)
{
  g_object_unref (adoption->broker);
  ck_grant_unref (adoption->grant);
  g_strfreev (adoption->advice);
  g_free (adoption->user);
  g_free (adoption);
}

/* ---- 4: announced: whoever hears that the attempt has ended has heard of the new grant before -- */

static void
announced_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkChannel *channel = g_task_get_source_object (task);
  Adoption *adoption = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!ck_state_db_write_finish (CK_STATE_DB (source), result, &error))
    g_debug ("%s", error->message);
  ck_turns_done (adoption->broker, channel, NULL);
  ck_siblings_verify (adoption->broker, channel);
}

/* ---- 3: it is the channel's, or forgotten ----------------------------------------------------- */

static void
forget_former (Adoption *adoption, CkChannel *channel, guint64 former)
{
  ck_save_forget_left_over (adoption->broker, channel);
  if (former > 0)
    ck_vault_clear_grant_async (ck_broker_get_vault (adoption->broker),
                                ck_channel_get_id (channel), former, NULL, NULL, NULL);
}

static void
adopt (GTask *task)
{
  CkChannel *channel = g_task_get_source_object (task);
  Adoption *adoption = g_task_get_task_data (task);
  const CkChannelRecord *record = ck_channel_get_record (channel);
  g_autofree char *provider = g_strdup (record->provider);
  guint64 former = record->generation;
  GPtrArray *events = ck_event_list_new ();
  CkLifecycleContext context;

  ck_channel_set_grant (channel, adoption->grant, !adoption->saved);
  ck_channel_get_activity (channel)->foreign_date = FALSE;
  ck_renewal_back_off (channel, NULL);
  ck_operations_fill_context (adoption->broker, channel, &context);
  ck_broker_commit (adoption->broker,
                    channel,
                    ck_lifecycle_granted (record,
                                          adoption->grant,
                                          adoption->generation,
                                          adoption->user,
                                          (const char *const *) adoption->advice,
                                          &context,
                                          events),
                    events);
  ck_siblings_review (adoption->broker, provider);

  if (adoption->saved)
    forget_former (adoption, channel, former);
  else
    ck_save_keep_trying (adoption->broker, channel, adoption->grant, adoption->generation);
  /* Callbacks come in the order of the calls: this one behind the commit's. */
  ck_state_db_write_async (ck_broker_get_state_db (adoption->broker),
                           NULL,
                           NULL,
                           NULL,
                           announced_cb,
                           g_object_ref (task));
}

static void
discarded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!ck_vault_clear_grant_finish (CK_VAULT (source), result, &error))
    g_warning ("a refused grant could not be removed from the vault: %s", error->message);
}

static void
discard (GTask *task, const CkOutcome *outcome)
{
  CkChannel *channel = g_task_get_source_object (task);
  Adoption *adoption = g_task_get_task_data (task);
  g_autoptr (GError) error
      = g_error_new (CK_ERROR,
                     CK_ERROR_PROVIDER_ERROR,
                     "the platform gave a token for %s and refused it at once: %s",
                     ck_channel_get_id (channel),
                     outcome->detail);

  if (adoption->saved)
    ck_vault_clear_grant_async (ck_broker_get_vault (adoption->broker),
                                ck_channel_get_id (channel),
                                adoption->generation,
                                NULL,
                                discarded_cb,
                                NULL);
  ck_turns_done (adoption->broker, channel, error);
}

/* ---- 2: verified ------------------------------------------------------------------------------ */

static gboolean
is_refusal (const CkOutcome *outcome)
{
  switch (outcome->cause)
    {
    case CK_CAUSE_NETWORK:
    case CK_CAUSE_SERVER_ERROR:
    case CK_CAUSE_RATE_LIMITED:
      return FALSE;
    default:
      return outcome->result != CK_RESULT_SUCCESS && !ck_lifecycle_nobody_decided (outcome)
             && !ck_lifecycle_is_own_fault (outcome);
    }
}

static void
verified_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (CkOutcome) outcome
      = ck_worker_pool_run_finish (CK_WORKER_POOL (source), result, &error);

  if (outcome != NULL && is_refusal (outcome))
    discard (task, outcome);
  else
    adopt (task);
}

/* ---- 1: stored beside the old one -------------------------------------------------------------- */

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkChannel *channel = g_task_get_source_object (task);
  Adoption *adoption = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  CkJob *job;

  adoption->saved = ck_vault_store_grant_finish (CK_VAULT (source), result, &error);
  if (!adoption->saved)
    g_warning ("%s: %s", ck_channel_get_id (channel), error->message);

  job = ck_channel_job_new (adoption->broker, channel, "verify", adoption->grant, NULL);
  if (job == NULL)
    adopt (task);
  else
    ck_worker_pool_run_async (ck_broker_get_pool (adoption->broker),
                              job,
                              NULL,
                              verified_cb,
                              g_object_ref (task));
}

static void
begin (CkBroker *broker, CkChannel *channel, GTask *task)
{
  Adoption *adoption = g_task_get_task_data (task);

  if (ck_channel_get_activity (channel)->removing)
    {
      g_autoptr (GError) error = g_error_new (CK_ERROR,
                                              CK_ERROR_NO_SUCH_CHANNEL,
                                              "there is no channel %s any more",
                                              ck_channel_get_id (channel));

      ck_turns_done (broker, channel, error);
      return;
    }

  adoption->generation = ck_channel_get_record (channel)->generation + 1;
  ck_vault_store_grant_async (ck_broker_get_vault (broker),
                              ck_channel_get_id (channel),
                              adoption->generation,
                              adoption->grant,
                              NULL,
                              stored_cb,
                              g_object_ref (task));
}

void
ck_adoption_run_async (CkBroker *broker,
                       CkChannel *channel,
                       const CkOutcome *outcome,
                       const char *user,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  GTask *task = g_task_new (channel, NULL, callback, user_data);
  Adoption *adoption = g_new0 (Adoption, 1);

  g_task_set_source_tag (task, ck_adoption_run_async);
  g_task_set_task_data (task, adoption, (GDestroyNotify) adoption_free);
  adoption->broker = g_object_ref (broker);
  adoption->grant = ck_grant_ref (outcome->grant);
  adoption->advice = g_strdupv (outcome->advice);
  adoption->user = g_strdup (user);

  ck_turns_take (broker, channel, CK_TURN_ADOPT, begin, TRUE, task);
}

gboolean
ck_adoption_run_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
