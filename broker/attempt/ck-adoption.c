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
  GStrv advice; /* %NULL: the broker was started anew since */
  char *user;
  guint64 generation;
  guint64 former;
  gboolean saved;
  GError *refusal;
} Adoption;

static void
adoption_free (Adoption *adoption)
{
  g_object_unref (adoption->broker);
  ck_grant_unref (adoption->grant);
  g_strfreev (adoption->advice);
  g_free (adoption->user);
  g_clear_error (&adoption->refusal);
  g_free (adoption);
}

/* ---- 5: announced: whoever hears that the attempt has ended has heard of the new grant before -- */

static void
forget_former (Adoption *adoption, CkChannel *channel)
{
  ck_save_forget_left_over (adoption->broker, channel);
  if (adoption->former > 0)
    ck_vault_clear_grant_async (ck_broker_get_vault (adoption->broker),
                                ck_channel_get_id (channel), adoption->former, NULL, NULL, NULL);
}

/* As long as the mark is on disk a start asks the platform once more, and may need the former one; it
 * also forgets what is left of it. */
static void
announced_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkChannel *channel = g_task_get_source_object (task);
  Adoption *adoption = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!ck_broker_commit_finish (adoption->broker, result, &error))
    g_debug ("%s", error->message);
  else if (adoption->saved)
    forget_former (adoption, channel);
  ck_turns_done (adoption->broker, channel, NULL);
  ck_siblings_verify (adoption->broker, channel);
}

/* ---- 4: it is the channel's, or forgotten ----------------------------------------------------- */

static void
adopt (GTask *task)
{
  CkChannel *channel = g_task_get_source_object (task);
  Adoption *adoption = g_task_get_task_data (task);
  const CkChannelRecord *record = ck_channel_get_record (channel);
  g_autofree char *provider = g_strdup (record->provider);
  GPtrArray *events = ck_event_list_new ();
  CkLifecycleContext context;

  adoption->former = record->generation;
  ck_channel_set_grant (channel, adoption->grant, !adoption->saved);
  ck_channel_get_activity (channel)->foreign_date = FALSE;
  ck_renewal_back_off (channel, NULL);
  ck_operations_fill_context (adoption->broker, channel, &context);
  ck_broker_commit_async (adoption->broker,
                          channel,
                          ck_lifecycle_granted (record,
                                                adoption->grant,
                                                adoption->generation,
                                                adoption->user,
                                                (const char *const *) adoption->advice,
                                                &context,
                                                events),
                          events,
                          announced_cb,
                          g_object_ref (task));
  ck_siblings_review (adoption->broker, provider);
  if (!adoption->saved)
    ck_save_keep_trying (adoption->broker, channel, adoption->grant, adoption->generation);
}

static void
unmark (CkBroker *broker, CkChannel *channel)
{
  CkChannelRecord *record = ck_channel_record_copy (ck_channel_get_record (channel));

  record->adopting = 0;
  ck_broker_commit (broker, channel, record, NULL);
}

/* The mark goes last: a start would take what is still in the vault for a renewal. */
static void
discarded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkChannel *channel = g_task_get_source_object (task);
  Adoption *adoption = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!ck_vault_clear_grant_finish (CK_VAULT (source), result, &error))
    g_warning ("%s: a refused grant could not be removed from the vault: %s",
               ck_channel_get_id (channel), error->message);
  else
    unmark (adoption->broker, channel);
  ck_turns_done (adoption->broker, channel, adoption->refusal);
}

static void
discard (GTask *task, const CkOutcome *outcome)
{
  CkChannel *channel = g_task_get_source_object (task);
  Adoption *adoption = g_task_get_task_data (task);
  CkVault *vault = ck_broker_get_vault (adoption->broker);

  adoption->refusal = g_error_new (CK_ERROR,
                                   CK_ERROR_PROVIDER_ERROR,
                                   "the platform gave a token for %s and refused it at once: %s",
                                   ck_channel_get_id (channel),
                                   outcome->detail);
  if (adoption->saved)
    {
      ck_vault_clear_grant_async (vault, ck_channel_get_id (channel), adoption->generation, NULL,
                                  discarded_cb, g_object_ref (task));
      return;
    }

  ck_vault_drop_kept_grant (vault, ck_channel_get_id (channel), adoption->generation);
  unmark (adoption->broker, channel);
  ck_turns_done (adoption->broker, channel, adoption->refusal);
}

/* ---- 3: verified ------------------------------------------------------------------------------ */

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

/* We are ending: the next start finds the mark. */
static void
end_unproved (GTask *task)
{
  CkChannel *channel = g_task_get_source_object (task);
  Adoption *adoption = g_task_get_task_data (task);
  g_autoptr (GError) error
      = g_error_new (CK_ERROR,
                     CK_ERROR_BUSY,
                     "%s: the service is ending; the reconnect goes on when it has started again",
                     ck_channel_get_id (channel));

  ck_turns_done (adoption->broker, channel, error);
}

static void
verified_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Adoption *adoption = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (CkOutcome) outcome
      = ck_worker_pool_run_finish (CK_WORKER_POOL (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      end_unproved (task);
      return;
    }
  if (outcome != NULL && is_refusal (outcome))
    {
      discard (task, outcome);
      return;
    }

  if (outcome != NULL && adoption->advice == NULL)
    adoption->advice = g_strdupv (outcome->advice);
  adopt (task);
}

static void
verify (CkBroker *broker, CkChannel *channel, GTask *task)
{
  Adoption *adoption = g_task_get_task_data (task);
  CkJob *job = ck_channel_job_new (broker, channel, "verify", adoption->grant, NULL);

  if (job == NULL)
    adopt (task);
  else
    ck_worker_pool_run_async (ck_broker_get_pool (broker), job, NULL, verified_cb,
                              g_object_ref (task));
}

/* ---- 2: stored beside the old one -------------------------------------------------------------- */

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkChannel *channel = g_task_get_source_object (task);
  Adoption *adoption = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  adoption->saved = ck_vault_store_grant_finish (CK_VAULT (source), result, &error);
  if (!adoption->saved)
    g_warning ("%s: %s", ck_channel_get_id (channel), error->message);
  verify (adoption->broker, channel, task);
}

/* ---- 1: marked: a start that finds the grant knows that it is not proved, and who brought it ---- */

/* Should the disk refuse it: a reconnect without a mark is better than none. */
static void
marked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Adoption *adoption = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!ck_broker_commit_finish (adoption->broker, result, &error))
    g_debug ("%s", error->message);
  ck_vault_store_grant_async (ck_broker_get_vault (adoption->broker),
                              ck_channel_get_id (g_task_get_source_object (task)),
                              adoption->generation,
                              adoption->grant,
                              NULL,
                              stored_cb,
                              g_object_ref (task));
}

static void
begin (CkBroker *broker, CkChannel *channel, GTask *task)
{
  Adoption *adoption = g_task_get_task_data (task);
  CkChannelRecord *record;

  if (ck_channel_get_activity (channel)->removing)
    {
      g_autoptr (GError) error = g_error_new (CK_ERROR,
                                              CK_ERROR_NO_SUCH_CHANNEL,
                                              "there is no channel %s any more",
                                              ck_channel_get_id (channel));

      ck_turns_done (broker, channel, error);
      return;
    }

  record = ck_channel_record_copy (ck_channel_get_record (channel));
  adoption->generation = record->adopting = record->generation + 1;
  g_free (record->adopting_user);
  record->adopting_user = g_strdup (adoption->user);
  ck_broker_commit_async (broker, channel, record, NULL, marked_cb, g_object_ref (task));
}

static GTask *
adoption_task_new (CkBroker *broker,
                   CkChannel *channel,
                   CkGrant *grant,
                   const char *user,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  GTask *task = g_task_new (channel, NULL, callback, user_data);
  Adoption *adoption = g_new0 (Adoption, 1);

  g_task_set_task_data (task, adoption, (GDestroyNotify) adoption_free);
  adoption->broker = g_object_ref (broker);
  adoption->grant = ck_grant_ref (grant);
  adoption->user = g_strdup (user);

  return task;
}

void
ck_adoption_run_async (CkBroker *broker,
                       CkChannel *channel,
                       const CkOutcome *outcome,
                       const char *user,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  GTask *task = adoption_task_new (broker, channel, outcome->grant, user, callback, user_data);

  g_task_set_source_tag (task, ck_adoption_run_async);
  ((Adoption *) g_task_get_task_data (task))->advice = g_strdupv (outcome->advice);
  ck_turns_take (broker, channel, CK_TURN_ADOPT, begin, TRUE, task);
}

gboolean
ck_adoption_run_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- after a start ------------------------------------------------------------------------------ */

static void
resumed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!ck_adoption_run_finish (result, &error)
      && !g_error_matches (error, CK_ERROR, CK_ERROR_BUSY))
    g_warning ("the reconnect that the broker's end cut off failed: %s", error->message);
}

void
ck_adoption_resume (CkBroker *broker, CkChannel *channel, CkGrant *grant, gboolean saved)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  GTask *task;
  Adoption *adoption;

  if (grant == NULL)
    {
      unmark (broker, channel);
      return;
    }

  task = adoption_task_new (broker, channel, grant, record->adopting_user, resumed_cb, NULL);
  g_task_set_source_tag (task, ck_adoption_resume);
  adoption = g_task_get_task_data (task);
  adoption->generation = record->adopting;
  adoption->saved = saved;
  ck_turns_take (broker, channel, CK_TURN_ADOPT, verify, TRUE, task);
}
