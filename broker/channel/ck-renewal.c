/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-renewal.h"

#include "ck-channel-job.h"
#include "ck-client-fault.h"
#include "ck-clock.h"
#include "ck-entry.h"
#include "ck-error.h"
#include "ck-names.h"
#include "ck-operations.h"
#include "ck-save.h"
#include "ck-siblings.h"

/* Seconds before the end of the access token from which a renewal waits for nothing any more. */
#define LAST_MINUTE 60

typedef struct
{
  CkBroker *broker;
  CkChannel *channel;
  CkGrant *old;          /* what is renewed */
  gboolean suspected;    /* a verification was refused before */
  CkCause suspicion;     /* what it said */
  char *suspicion_words; /* nullable */
  CkOutcome *outcome;
  CkEntry *entry;
} Renewal;

static void
renewal_free (Renewal *renewal)
{
  g_clear_pointer (&renewal->entry, ck_entry_free);
  g_object_unref (renewal->broker);
  g_object_unref (renewal->channel);
  g_clear_pointer (&renewal->old, ck_grant_unref);
  g_clear_pointer (&renewal->outcome, ck_outcome_free);
  g_free (renewal->suspicion_words);
  g_free (renewal);
}

/* Whether the renew stack can do with what the grant holds: only refresh_token.so wants a refresh
 * token, any other module renews from what it has. */
static gboolean
stack_can_renew (CkConfig *config, CkProvider *provider, CkGrant *grant)
{
  const char *const *modules = ck_config_get_stack_modules (config, provider, "renew");

  if (modules == NULL || modules[0] == NULL)
    return FALSE;

  return *ck_grant_get_refresh_token (grant) != '\0'
         || !g_strv_contains (modules, "refresh_token.so");
}

gboolean
ck_renewal_has_means (CkBroker *broker, CkChannel *channel)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  CkConfig *config = ck_broker_get_config (broker);
  CkProvider *provider = ck_config_lookup_provider (config, record->provider, NULL);
  CkGrant *grant = ck_channel_get_grant (channel);

  return provider != NULL && grant != NULL && stack_can_renew (config, provider, grant);
}

gboolean
ck_renewal_is_possible (CkBroker *broker, CkChannel *channel)
{
  guint64 until = ck_channel_get_record (channel)->renewable_until;

  return (until == CK_TIME_UNKNOWN || until > ck_clock_now ())
         && ck_renewal_has_means (broker, channel);
}

gboolean
ck_renewal_may_run (CkBroker *broker, CkChannel *channel)
{
  return !ck_channel_get_record (channel)->doubt_tried && ck_renewal_is_possible (broker, channel);
}

static gboolean
is_trouble (CkCause cause)
{
  return cause == CK_CAUSE_NETWORK || cause == CK_CAUSE_SERVER_ERROR
         || cause == CK_CAUSE_RATE_LIMITED;
}

void
ck_renewal_back_off (CkChannel *channel, const CkOutcome *outcome)
{
  CkActivity *activity = ck_channel_get_activity (channel);

  if (outcome == NULL)
    {
      activity->failures = 0;
      activity->not_before = 0;
      activity->distrusted = FALSE;
      return;
    }

  activity->trouble = outcome->cause;
  if (!is_trouble (outcome->cause))
    activity->last_refused = ck_clock_now ();
  activity->failures++;
  activity->not_before
      = ck_clock_now () + ck_schedule_backoff (activity->failures, outcome->retry_after);
}

/* ---- 4: saved, or not ------------------------------------------------------------------------ */

static void
saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Renewal *renewal = g_task_get_task_data (task);
  CkLifecycleContext context;
  GPtrArray *events = ck_event_list_new ();
  guint64 generation;

  /* Saved or kept in memory: either way it is the channel's grant from here on. */
  generation = ck_save_finish (result);
  ck_broker_clear_suspicion (renewal->broker, ck_channel_get_record (renewal->channel)->client);
  ck_renewal_back_off (renewal->channel, NULL);
  ck_operations_fill_context (renewal->broker, renewal->channel, &context);
  context.settled_advice = (const char *const *) renewal->outcome->settled_advice;
  ck_broker_commit (renewal->broker,
                    renewal->channel,
                    ck_lifecycle_granted (ck_channel_get_record (renewal->channel),
                                          ck_channel_get_grant (renewal->channel),
                                          generation,
                                          NULL,
                                          (const char *const *) renewal->outcome->advice,
                                          &context,
                                          events),
                    events);
  g_task_return_boolean (task, TRUE);
}

/* ---- 3: the worker has answered -------------------------------------------------------------- */

/* A verification often knows better why: a token endpoint only says that the grant is invalid. */
static void
prefer_suspicion (Renewal *renewal)
{
  CkOutcome *outcome = renewal->outcome;

  if (renewal->suspicion_words == NULL || !ck_lifecycle_needs_second_opinion (outcome)
      || renewal->suspicion == CK_CAUSE_NONE || renewal->suspicion == CK_CAUSE_EXPIRED
      || (outcome->cause != CK_CAUSE_UNKNOWN_REVOKED && outcome->cause != CK_CAUSE_NONE))
    return;

  outcome->cause = renewal->suspicion;
  g_free (outcome->detail);
  outcome->detail = g_steal_pointer (&renewal->suspicion_words);
}

/* The state alone would say that all is well. */
static GError *
make_refused_error (Renewal *renewal)
{
  const CkChannelRecord *record = ck_channel_get_record (renewal->channel);
  const CkOutcome *outcome = renewal->outcome;

  if (record->state == CK_STATE_SUSPENDED
      || !ck_channel_may_hand_out (renewal->channel, ck_clock_now ()))
    return ck_channel_state_error (renewal->channel);

  return g_error_new (CK_ERROR,
                      CK_ERROR_PROVIDER_UNAVAILABLE,
                      "%s could not be renewed (%s)%s%s; it is tried again, and the token held is good "
                      "until it runs out",
                      record->id,
                      outcome->cause != CK_CAUSE_NONE ? ck_cause_to_string (outcome->cause)
                                                      : "refused",
                      *outcome->detail != '\0' ? ": " : "",
                      outcome->detail);
}

static void
refused (GTask *task)
{
  Renewal *renewal = g_task_get_task_data (task);
  const CkChannelRecord *record = ck_channel_get_record (renewal->channel);
  CkState former = record->state;
  GPtrArray *events = ck_event_list_new ();
  CkLifecycleContext context;

  prefer_suspicion (renewal);
  ck_renewal_back_off (renewal->channel, renewal->outcome);
  ck_operations_fill_context (renewal->broker, renewal->channel, &context);
  context.suspected = renewal->suspected;
  context.confirmed = TRUE;
  context.scopes_replaced = ck_siblings_replaced_scopes (renewal->broker, renewal->channel);
  context.client_confirmed
      = ck_client_fault_is_confirmed (renewal->broker, renewal->channel, renewal->outcome);

  ck_broker_commit (
      renewal->broker,
      renewal->channel,
      ck_lifecycle_failed (record, "renew", renewal->outcome, &context, events),
      events);
  ck_client_fault_spread (renewal->broker, renewal->channel, renewal->outcome, former);

  g_task_return_error (task, make_refused_error (renewal));
}

/* The renewal failed after the platform had already replaced the refresh token: what is left is the
 * old access token with the new refresh token, and that is worth keeping. */
static void
remainder_saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Renewal *renewal = g_task_get_task_data (task);
  CkChannelRecord *record = ck_channel_record_copy (ck_channel_get_record (renewal->channel));

  record->generation = ck_save_finish (result);
  /* The platform has answered. */
  record->renewal_started = 0;
  record->in_doubt = FALSE;
  record->doubt_tried = FALSE;
  ck_broker_commit (renewal->broker, renewal->channel, record, NULL);
  refused (task);
}

static void
run_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Renewal *renewal = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  renewal->outcome = ck_worker_pool_run_finish (CK_WORKER_POOL (source), result, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      /* We are ending: the mark stays on disk and tells the next start. */
      g_task_return_error (task, ck_error_map (g_steal_pointer (&error)));
      return;
    }
  if (renewal->outcome == NULL)
    renewal->outcome = ck_channel_job_failed (error);
  ck_channel_job_noted (renewal->broker, renewal->channel, renewal->outcome);

  if (renewal->outcome->grant == NULL)
    {
      refused (task);
      return;
    }

  ck_save_async (renewal->broker,
                 renewal->channel,
                 renewal->outcome->grant,
                 renewal->outcome->result == CK_RESULT_SUCCESS ? saved_cb : remainder_saved_cb,
                 g_steal_pointer (&task));
}

/* ---- 2: the mark is on disk ------------------------------------------------------------------ */

/* Nothing was sent: no mark, and no haste, or the planner would come back at once for ever. */
static CkChannelRecord *
never_began (Renewal *renewal, const GError *error)
{
  CkChannelRecord *record = ck_channel_record_copy (ck_channel_get_record (renewal->channel));
  g_autoptr (CkOutcome) outcome = ck_channel_job_failed (error);

  record->renewal_started = 0;
  record->doubt_tried = FALSE;
  ck_renewal_back_off (renewal->channel, outcome);

  return record;
}

static void
run (GTask *task)
{
  Renewal *renewal = g_task_get_task_data (task);
  GError *error = NULL;
  CkJob *job
      = ck_channel_job_new (renewal->broker, renewal->channel, "renew", renewal->old, &error);

  if (job == NULL)
    {
      ck_broker_commit (renewal->broker, renewal->channel, never_began (renewal, error), NULL);
      g_task_return_error (task, error);
      return;
    }

  ck_worker_pool_run_async (ck_broker_get_pool (renewal->broker),
                            job,
                            NULL,
                            run_cb,
                            g_object_ref (task));
}

/* A disk that takes no mark may take one later; but a token that runs out meanwhile is a broken
 * stream for certain, and an unmarked renewal only one if we crash in the middle of it. */
static gboolean
may_wait_for_disk (Renewal *renewal)
{
  guint64 expires_at = ck_channel_get_record (renewal->channel)->expires_at;

  return expires_at == CK_TIME_UNKNOWN || expires_at > ck_clock_now () + LAST_MINUTE;
}

static void
come_back_in_time (Renewal *renewal)
{
  CkActivity *activity = ck_channel_get_activity (renewal->channel);
  guint64 expires_at = ck_channel_get_record (renewal->channel)->expires_at;

  if (expires_at != CK_TIME_UNKNOWN)
    activity->not_before = MIN (activity->not_before, expires_at - LAST_MINUTE);
}

static void
marked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Renewal *renewal = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!ck_state_db_write_finish (CK_STATE_DB (source), result, &error))
    {
      if (may_wait_for_disk (renewal))
        {
          ck_channel_take_record (renewal->channel, never_began (renewal, error));
          come_back_in_time (renewal);
          g_task_return_error (task, g_steal_pointer (&error));
          return;
        }
      g_warning ("%s: renewed without a mark on disk, as its token runs out: %s",
                 ck_channel_get_id (renewal->channel), error->message);
    }

  run (task);
}

/* ---- 1: begin -------------------------------------------------------------------------------- */

static gboolean
needs_mark (Renewal *renewal)
{
  const CkRenewalPolicy *policy = ck_operations_get_policy (renewal->broker, renewal->channel);

  return policy != NULL && policy->rotation != CK_ROTATION_NO
         && *ck_grant_get_refresh_token (renewal->old) != '\0';
}

static void
mark (GTask *task)
{
  Renewal *renewal = g_task_get_task_data (task);
  CkChannelRecord *record = ck_channel_record_copy (ck_channel_get_record (renewal->channel));

  record->renewal_started = (gint64) record->generation;
  record->doubt_tried = record->in_doubt;
  ck_channel_take_record (renewal->channel, ck_channel_record_copy (record));
  ck_state_db_write_async (ck_broker_get_state_db (renewal->broker),
                           record,
                           NULL,
                           NULL,
                           marked_cb,
                           g_object_ref (task));
}

static void
admitted (gpointer data, const GError *error)
{
  g_autoptr (GTask) task = data;

  if (error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else if (needs_mark (g_task_get_task_data (task)))
    mark (task);
  else
    run (task);
}

/* Rule 3: the one more try is spent as well. */
static GError *
make_spent_error (CkChannel *channel)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);

  if (!ck_lifecycle_token_alive (record, ck_clock_now ()))
    return ck_channel_state_error (channel);

  return g_error_new (CK_ERROR,
                      CK_ERROR_PROVIDER_UNAVAILABLE,
                      "%s: the answer to a renewal was lost, and that of the one more try; the "
                      "token held is good until it runs out, and then %s must reconnect",
                      record->id,
                      record->assigned_user);
}

/* Unix seconds before which a grant in doubt is not tried once more, maybe in the past. */
static guint64
end_of_hold (CkBroker *broker, CkChannel *channel, gboolean suspected)
{
  guint64 until = ck_channel_get_activity (channel)->not_before;
  CkScheduleInput input;

  /* A token that the platform has refused is not worth waiting for. */
  if (!suspected && ck_channel_may_hand_out (channel, ck_clock_now ())
      && ck_operations_fill_schedule (broker, channel, &input))
    until = MAX (until, ck_schedule_renewal_in_doubt (&input));

  return until;
}

gboolean
ck_renewal_is_held_off (CkBroker *broker, CkChannel *channel, gboolean suspected, GError **error)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  CkActivity *activity = ck_channel_get_activity (channel);
  guint64 now = ck_clock_now ();
  guint64 until = end_of_hold (broker, channel, suspected);

  if (!record->in_doubt || until <= now)
    return FALSE;

  /* A probe waits as well, or the planner would come back at once for ever. */
  if (ck_schedule_is_probing (record))
    activity->not_before = until;
  g_set_error (error,
               CK_ERROR,
               CK_ERROR_PROVIDER_UNAVAILABLE,
               "%s cannot be renewed now: the answer to a renewal was lost, or a backup was "
               "restored; it is tried once more in %" G_GUINT64_FORMAT " min%s",
               record->id,
               (until - now + 59) / 60,
               ck_channel_may_hand_out (channel, now) ? ", and the token held is handed out meanwhile" : "");
  return TRUE;
}

void
ck_renewal_run_async (CkBroker *broker,
                      CkChannel *channel,
                      const CkOutcome *suspicion,
                      CkEntry *entry,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (channel, NULL, callback, user_data);
  Renewal *renewal = g_new0 (Renewal, 1);
  GError *error = NULL;

  g_task_set_source_tag (task, ck_renewal_run_async);
  g_task_set_task_data (task, renewal, (GDestroyNotify) renewal_free);
  renewal->broker = g_object_ref (broker);
  renewal->channel = g_object_ref (channel);
  if (suspicion != NULL)
    {
      renewal->suspected = TRUE;
      renewal->suspicion = suspicion->cause;
      renewal->suspicion_words = g_strdup (suspicion->detail);
    }

  if (!ck_renewal_is_possible (broker, channel))
    {
      g_task_return_new_error (task,
                               CK_ERROR,
                               CK_ERROR_NOT_SUPPORTED,
                               "%s cannot be renewed without a person",
                               ck_channel_get_id (channel));
      return;
    }

  if (!ck_renewal_may_run (broker, channel))
    {
      g_task_return_error (task, make_spent_error (channel));
      return;
    }
  if (ck_renewal_is_held_off (broker, channel, renewal->suspected, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  renewal->old = ck_grant_ref (ck_channel_get_grant (channel));
  if (entry != NULL)
    ck_entry_go_on (entry, admitted, g_object_ref (task));
  else
    renewal->entry = ck_entry_new (broker, channel, admitted, g_object_ref (task));
}

gboolean
ck_renewal_run_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
