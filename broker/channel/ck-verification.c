/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-verification.h"

#include "ck-channel-job.h"
#include "ck-client-fault.h"
#include "ck-clock.h"
#include "ck-entry.h"
#include "ck-error.h"
#include "ck-names.h"
#include "ck-operations.h"
#include "ck-renewal.h"
#include "ck-siblings.h"

typedef struct
{
  CkBroker *broker;
  CkChannel *channel;
  CkEntry *entry;
  gboolean renewed; /* there is no other renewal behind this verification */
  gint64 renewal_asked; /* microseconds of ck_clock_boottime(); 0: no renewal came first */
  gboolean asked_again;
} Verification;

static void
verification_free (Verification *verification)
{
  g_clear_pointer (&verification->entry, ck_entry_free);
  g_object_unref (verification->broker);
  g_object_unref (verification->channel);
  g_free (verification);
}

/* ---- the second opinion ---------------------------------------------------------------------- */

static void
renewed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  /* Either way the renewal has committed what it found, and that is the answer. */
  if (!ck_renewal_run_finish (result, &error))
    g_debug ("%s: %s",
             ck_channel_get_id (((Verification *) g_task_get_task_data (task))->channel),
             error->message);
  g_task_return_boolean (task, TRUE);
}

/* ---- the platform has answered --------------------------------------------------------------- */

static void
good (Verification *verification, const CkOutcome *outcome)
{
  const CkChannelRecord *record = ck_channel_get_record (verification->channel);
  GPtrArray *events = ck_event_list_new ();
  CkLifecycleContext context;

  ck_renewal_back_off (verification->channel, NULL);
  ck_operations_fill_context (verification->broker, verification->channel, &context);
  context.settled_advice = (const char *const *) outcome->settled_advice;
  ck_broker_commit (verification->broker,
                    verification->channel,
                    ck_lifecycle_verified (record,
                                           outcome->grant,
                                           (const char *const *) outcome->advice,
                                           &context,
                                           events),
                    events);
}

static void
bad (Verification *verification, const CkOutcome *outcome)
{
  const CkChannelRecord *record = ck_channel_get_record (verification->channel);
  CkState former = record->state;
  GPtrArray *events = ck_event_list_new ();
  CkLifecycleContext context;

  ck_renewal_back_off (verification->channel, outcome);
  ck_operations_fill_context (verification->broker, verification->channel, &context);
  /* A renewal was asked before, or the platform a second time. */
  context.confirmed = TRUE;
  context.client_confirmed
      = ck_client_fault_is_confirmed (verification->broker, verification->channel, outcome);
  context.scopes_replaced = ck_siblings_replaced_scopes (verification->broker, verification->channel);
  ck_broker_commit (verification->broker,
                    verification->channel,
                    ck_lifecycle_failed (record, "verify", outcome, &context, events),
                    events);
  ck_client_fault_spread (verification->broker, verification->channel, outcome, former);
}

/* The platform has no answer to whether it is good; that it renewed the grant is one then. */
static void
proved (Verification *verification)
{
  const CkChannelRecord *record = ck_channel_get_record (verification->channel);
  GPtrArray *events;
  CkLifecycleContext context;

  if (!verification->renewed || record->state != CK_STATE_BLOCKED)
    return;

  events = ck_event_list_new ();
  ck_operations_fill_context (verification->broker, verification->channel, &context);
  ck_broker_commit (verification->broker,
                    verification->channel,
                    ck_lifecycle_regained (record, &context, events),
                    events);
}

/* Whether only a renewal can tell: it is rule 4's second opinion of a refusal; the platform has no
 * other way to be asked about a channel it has refused; or the client was wrong, which the token
 * endpoint alone sees. */
static gboolean
is_for_renewal (Verification *verification, const CkOutcome *outcome)
{
  const CkChannelRecord *record = ck_channel_get_record (verification->channel);

  if (verification->renewed
      || !ck_renewal_may_run (verification->broker, verification->channel))
    return FALSE;
  if (outcome->result == CK_RESULT_SUCCESS)
    return record->state == CK_STATE_SUSPENDED && record->cause == CK_CAUSE_CLIENT_MISCONFIGURED;
  if (ck_lifecycle_nobody_decided (outcome))
    return ck_schedule_is_probing (record);

  return ck_lifecycle_needs_second_opinion (outcome);
}

/* Rule 4: nothing is dead for one answer. Where no renewal can say so, the same question is asked once
 * more. */
static gboolean
is_to_be_repeated (Verification *verification, const CkOutcome *outcome)
{
  return !verification->asked_again && outcome->cause != CK_CAUSE_NONE
         && ck_lifecycle_needs_second_opinion (outcome)
         && !ck_channel_get_record (verification->channel)->quarantined;
}

/* The machine has slept since the renewal that came first, and what that brought has run out: that it
 * is refused says nothing about the grant. */
static gboolean
came_too_late (Verification *verification, const CkOutcome *outcome)
{
  CkGrant *grant = ck_channel_get_grant (verification->channel);
  guint64 expires_at = ck_grant_get_expires_at (grant);
  gint64 since = ck_clock_boottime () - verification->renewal_asked;

  return verification->renewal_asked != 0 && ck_lifecycle_needs_second_opinion (outcome)
         && expires_at != CK_TIME_UNKNOWN
         && ck_grant_get_issued_at (grant) + (guint64) (since / G_USEC_PER_SEC) >= expires_at;
}

static gboolean
is_blocked (CkChannel *channel)
{
  return ck_channel_get_record (channel)->state == CK_STATE_BLOCKED;
}

static void ask (GTask *task);

static void
renewed_first_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Verification *verification = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  ck_channel_get_activity (verification->channel)->unproved = FALSE;
  if (!ck_renewal_run_finish (result, &error))
    {
      g_debug ("%s: %s", ck_channel_get_id (verification->channel), error->message);
      g_task_return_boolean (task, TRUE);
      return;
    }

  ask (g_steal_pointer (&task));
}

/* (transfer full) @task: with the new token the platform is asked what it thinks of the channel. */
static void
renew_first (GTask *task, const CkOutcome *suspicion)
{
  Verification *verification = g_task_get_task_data (task);

  verification->renewed = TRUE;
  verification->renewal_asked = ck_clock_boottime ();
  ck_channel_get_activity (verification->channel)->unproved = TRUE;
  ck_renewal_run_async (verification->broker, verification->channel, suspicion,
                        verification->entry, renewed_first_cb, task);
}

static void
verified_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Verification *verification = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (CkOutcome) outcome
      = ck_worker_pool_run_finish (CK_WORKER_POOL (source), result, &error);

  if (outcome == NULL)
    {
      g_autoptr (CkOutcome) failed = ck_channel_job_failed (error);

      ck_renewal_back_off (verification->channel, failed);
      g_task_return_error (task, ck_error_map (g_steal_pointer (&error)));
      return;
    }
  ck_channel_job_noted (verification->broker, verification->channel, outcome);
  /* Nor will it be asked so again by ourselves for this grant. */
  if (ck_lifecycle_nobody_decided (outcome))
    ck_channel_get_activity (verification->channel)->unaskable = TRUE;

  if (is_for_renewal (verification, outcome))
    {
      const CkOutcome *suspicion = ck_lifecycle_needs_second_opinion (outcome) ? outcome : NULL;

      if (is_blocked (verification->channel) && suspicion != NULL)
        renew_first (g_steal_pointer (&task), suspicion);
      else
        ck_renewal_run_async (verification->broker, verification->channel, suspicion,
                              verification->entry, renewed_cb, g_steal_pointer (&task));
      return;
    }

  if (came_too_late (verification, outcome))
    {
      ck_renewal_back_off (verification->channel, outcome);
      g_task_return_boolean (task, TRUE);
      return;
    }
  if (is_to_be_repeated (verification, outcome))
    {
      verification->asked_again = TRUE;
      ask (g_steal_pointer (&task));
      return;
    }

  if (outcome->result == CK_RESULT_SUCCESS)
    good (verification, outcome);
  else if (ck_lifecycle_nobody_decided (outcome))
    proved (verification);
  else
    bad (verification, outcome);
  g_task_return_boolean (task, TRUE);
}

static void
admitted (gpointer data, const GError *turned_away)
{
  g_autoptr (GTask) task = data;
  Verification *verification = g_task_get_task_data (task);
  CkBroker *broker = verification->broker;
  CkChannel *channel = verification->channel;
  g_autoptr (GError) error = NULL;
  CkJob *job;

  if (turned_away != NULL)
    {
      g_task_return_error (task, g_error_copy (turned_away));
      return;
    }

  job = ck_channel_job_new (broker, channel, "verify", ck_channel_get_grant (channel), &error);
  if (job == NULL)
    {
      g_autoptr (CkOutcome) failed = ck_channel_job_failed (error);

      /* Or the planner would come back at once for ever. */
      if (g_error_matches (error, CK_ERROR, CK_ERROR_NOT_SUPPORTED))
        ck_channel_get_activity (channel)->unaskable = TRUE;
      else
        ck_renewal_back_off (channel, failed);
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  ck_worker_pool_run_async (ck_broker_get_pool (broker),
                            job,
                            NULL,
                            verified_cb,
                            g_steal_pointer (&task));
}

/* (transfer full) @unowned */
static void
ask (GTask *unowned)
{
  g_autoptr (GTask) task = unowned;
  Verification *verification = g_task_get_task_data (task);
  CkBroker *broker = verification->broker;
  CkChannel *channel = verification->channel;
  gboolean is_askable = ck_operations_can_be_asked (broker, channel);
  GError *error = NULL;

  if (!is_askable && verification->renewed)
    {
      proved (verification);
      g_task_return_boolean (task, TRUE);
    }
  else if (!is_askable && ck_renewal_may_run (broker, channel))
    {
      if (ck_renewal_is_held_off (broker, channel, FALSE, &error))
        g_task_return_error (task, error);
      else
        ck_renewal_run_async (broker, channel, NULL, verification->entry, renewed_cb,
                              g_steal_pointer (&task));
    }
  else if (verification->entry != NULL)
    {
      ck_entry_go_on (verification->entry, admitted, g_object_ref (task));
    }
  else
    {
      verification->entry = ck_entry_new (broker, channel, admitted, g_object_ref (task));
    }
}

/* A token that has run out would be refused whatever the platform thinks of the channel. */
static gboolean
has_run_out (CkBroker *broker, CkChannel *channel)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);

  if (record->state != CK_STATE_CONNECTED && record->state != CK_STATE_EXPIRING
      && record->state != CK_STATE_BLOCKED)
    return FALSE;

  return record->expires_at != CK_TIME_UNKNOWN && record->expires_at <= ck_clock_now ()
         && !record->quarantined && !record->in_doubt && ck_renewal_may_run (broker, channel);
}

void
ck_verification_run_async (CkBroker *broker,
                           CkChannel *channel,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *task = g_task_new (channel, NULL, callback, user_data);
  Verification *verification = g_new0 (Verification, 1);

  g_task_set_source_tag (task, ck_verification_run_async);
  g_task_set_task_data (task, verification, (GDestroyNotify) verification_free);
  verification->broker = g_object_ref (broker);
  verification->channel = g_object_ref (channel);

  if (has_run_out (broker, channel))
    renew_first (task, NULL);
  else
    ask (task);
}

gboolean
ck_verification_run_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
