/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-operations.h"

#include "ck-clock.h"
#include "ck-error.h"
#include "ck-names.h"
#include "ck-renewal.h"
#include "ck-turns.h"
#include "ck-unattended.h"
#include "ck-verification.h"

/* ---- what the pure parts want to know -------------------------------------------------------- */

/* For a channel whose provider's file is bad or gone: nothing is known of its platform. */
static const CkRenewalPolicy no_policy = { .renewal = CK_RENEWAL_ON_DEMAND };

const CkRenewalPolicy *
ck_operations_get_policy (CkBroker *broker, CkChannel *channel)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  const CkClientRecord *client = ck_broker_lookup_client (broker, record->client, NULL);
  CkProvider *provider
      = ck_config_lookup_provider (ck_broker_get_config (broker), record->provider, NULL);

  if (provider == NULL)
    return NULL;

  return client != NULL && !client->secret_set ? ck_provider_get_public_policy (provider)
                                               : ck_provider_get_policy (provider);
}

void
ck_operations_fill_context (CkBroker *broker, CkChannel *channel, CkLifecycleContext *context)
{
  const CkRenewalPolicy *policy = ck_operations_get_policy (broker, channel);

  *context = (CkLifecycleContext){
    .now = ck_clock_now (),
    .policy = policy != NULL ? policy : &no_policy,
    .can_renew = ck_renewal_has_means (broker, channel),
    .unproved = ck_channel_get_activity (channel)->unproved,
    .held = ck_channel_get_grant (channel),
  };
}

gboolean
ck_operations_can_be_asked (CkBroker *broker, CkChannel *channel)
{
  CkConfig *config = ck_broker_get_config (broker);
  CkProvider *provider
      = ck_config_lookup_provider (config, ck_channel_get_record (channel)->provider, NULL);

  return provider != NULL && ck_config_get_stack_modules (config, provider, "verify") != NULL;
}

gboolean
ck_operations_fill_schedule (CkBroker *broker, CkChannel *channel, CkScheduleInput *input)
{
  const CkActivity *activity = ck_channel_get_activity (channel);
  const CkChannelRecord *record = ck_channel_get_record (channel);
  guint64 refusal = record->state == CK_STATE_SUSPENDED
                        ? ck_broker_get_client_refused (broker, record->client)
                        : 0;

  *input = (CkScheduleInput){
    .record = record,
    .policy = ck_operations_get_policy (broker, channel),
    .settings = ck_config_get_settings (ck_broker_get_config (broker)),
    .can_renew = ck_renewal_is_possible (broker, channel),
    .unaskable = activity->unaskable || !ck_operations_can_be_asked (broker, channel),
    .jitter = activity->jitter,
    .not_before = activity->not_before,
    .started_at = ck_broker_get_started_at (broker),
    .n_channels = ck_broker_count_channels (broker),
    .last_refused = MAX (activity->last_refused, refusal),
    .now = ck_clock_now (),
  };
  ck_broker_get_limit (broker, channel, &input->limited_until, &input->refused_until);
  input->foreign_times = activity->foreign_times;
  input->distrusted = activity->distrusted && (!input->unaskable || input->can_renew);

  if (input->policy == NULL)
    return FALSE;
  if (input->policy->unattended && input->record->generation == 0)
    return !activity->connecting && ck_broker_check_open (broker, NULL);

  /* Without a grant (a sealed vault holds it) nothing can be done, and nothing is known to expire. */
  return ck_channel_get_grant (channel) != NULL;
}

/* ---- renew ----------------------------------------------------------------------------------- */

static void
renewed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkBroker) broker = user_data;
  g_autoptr (GError) error = NULL;

  if (!ck_renewal_run_finish (result, &error))
    g_info ("%s: not renewed: %s", ck_channel_get_id (CK_CHANNEL (source)), error->message);
  ck_turns_done (broker, CK_CHANNEL (source), error);
}

static void
begin_renewal (CkBroker *broker, CkChannel *channel, GTask *task)
{
  const guint64 *asked_of = g_task_get_task_data (task);

  /* Renewed or reconnected while this waited: what was asked for is there. */
  if (ck_channel_get_record (channel)->generation != *asked_of
      && ck_channel_may_hand_out (channel, ck_clock_now ()))
    {
      ck_turns_done (broker, channel, NULL);
      return;
    }

  ck_renewal_run_async (broker, channel, NULL, NULL, renewed_cb, g_object_ref (broker));
}

/* Whether somebody has checked this channel within MinCheckInterval; if not, this is the check. */
static gboolean
is_too_soon (CkBroker *broker, CkChannel *channel)
{
  CkActivity *activity = ck_channel_get_activity (channel);
  guint interval = ck_config_get_settings (ck_broker_get_config (broker))->min_check_interval;
  guint64 now = ck_clock_now ();

  if (activity->last_check != 0 && now < activity->last_check + interval)
    return TRUE;

  activity->last_check = now;
  return FALSE;
}

/* Some platforms refuse to renew a young token: nothing comes of asking. */
static gboolean
is_too_young (CkBroker *broker, CkChannel *channel)
{
  const CkRenewalPolicy *policy = ck_operations_get_policy (broker, channel);
  guint64 now = ck_clock_now ();

  return policy != NULL && ck_channel_may_hand_out (channel, now)
         && now < ck_channel_get_record (channel)->issued_at + policy->min_age_before_renew;
}

static gboolean
check_holds_grant (CkBroker *broker, CkChannel *channel, GError **error)
{
  if (!ck_broker_is_started (broker) || ck_channel_get_grant (channel) == NULL)
    {
      if (ck_broker_check_open (broker, error))
        g_propagate_error (error, ck_channel_state_error (channel));
      return FALSE;
    }

  return TRUE;
}

void
ck_channel_renew_async (CkBroker *broker,
                        CkChannel *channel,
                        gboolean by_person,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (channel, cancellable, callback, user_data);
  guint64 generation = ck_channel_get_record (channel)->generation;
  GError *error = NULL;

  g_task_set_source_tag (task, ck_channel_renew_async);
  g_task_set_task_data (task, g_memdup2 (&generation, sizeof generation), g_free);
  if (!check_holds_grant (broker, channel, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  if (by_person && !ck_turns_is_under_way (channel, CK_TURN_RENEW)
      && (is_too_young (broker, channel) || is_too_soon (broker, channel)))
    {
      if (ck_channel_may_hand_out (channel, ck_clock_now ()))
        g_task_return_boolean (task, TRUE);
      else
        g_task_return_error (task, ck_channel_state_error (channel));
      return;
    }

  ck_turns_take (broker, channel, CK_TURN_RENEW, begin_renewal, callback != NULL,
                 g_steal_pointer (&task));
}

gboolean
ck_channel_renew_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- verify ---------------------------------------------------------------------------------- */

static void
verified_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkBroker) broker = user_data;
  g_autoptr (GError) error = NULL;

  if (!ck_verification_run_finish (result, &error))
    g_info ("%s: not verified: %s", ck_channel_get_id (CK_CHANNEL (source)), error->message);
  ck_turns_done (broker, CK_CHANNEL (source), error);
}

static void
begin_verification (CkBroker *broker, CkChannel *channel, GTask *task)
{
  /* Disconnected while this waited: the state is the answer. */
  if (ck_channel_get_grant (channel) == NULL)
    {
      ck_turns_done (broker, channel, NULL);
      return;
    }

  ck_verification_run_async (broker, channel, verified_cb, g_object_ref (broker));
}

void
ck_channel_verify_async (CkBroker *broker,
                         CkChannel *channel,
                         gboolean by_person,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (channel, cancellable, callback, user_data);
  g_autoptr (GError) error = NULL;

  g_task_set_source_tag (task, ck_channel_verify_async);
  if (!check_holds_grant (broker, channel, &error))
    {
      /* Without a grant there is nothing to ask: the state is the answer. */
      if (error->code == CK_ERROR_BUSY || error->code == CK_ERROR_VAULT_SEALED)
        g_task_return_error (task, g_steal_pointer (&error));
      else
        g_task_return_boolean (task, TRUE);
      return;
    }
  if (by_person && !ck_turns_is_under_way (channel, CK_TURN_VERIFY)
      && is_too_soon (broker, channel))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }

  ck_turns_take (broker, channel, CK_TURN_VERIFY, begin_verification, callback != NULL,
                 g_steal_pointer (&task));
}

gboolean
ck_channel_verify_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- with nobody asking ----------------------------------------------------------------------- */

void
ck_operations_retry_client (CkBroker *broker, const char *client)
{
  g_autoptr (GPtrArray) channels = ck_broker_dup_channels (broker);

  for (guint i = 0; i < channels->len; i++)
    {
      CkChannel *channel = g_ptr_array_index (channels, i);
      const CkChannelRecord *record = ck_channel_get_record (channel);

      if (g_str_equal (record->client, client) && record->state == CK_STATE_SUSPENDED)
        ck_channel_verify_async (broker, channel, FALSE, NULL, NULL, NULL);
    }
}

void
ck_operations_reconsider (CkBroker *broker)
{
  g_autoptr (GPtrArray) channels = ck_broker_dup_channels (broker);

  for (guint i = 0; i < channels->len; i++)
    {
      CkChannel *channel = g_ptr_array_index (channels, i);
      const CkChannelRecord *record = ck_channel_get_record (channel);

      ck_channel_get_activity (channel)->unaskable = FALSE;
      if (record->state == CK_STATE_SUSPENDED && record->cause == CK_CAUSE_CLIENT_MISCONFIGURED)
        ck_channel_verify_async (broker, channel, FALSE, NULL, NULL, NULL);
      else
        ck_broker_replan (broker, channel);
    }
}

static void
expire (CkBroker *broker, CkChannel *channel)
{
  GPtrArray *events = ck_event_list_new ();
  CkLifecycleContext context;

  ck_operations_fill_context (broker, channel, &context);
  ck_broker_commit (broker,
                    channel,
                    ck_lifecycle_expired (ck_channel_get_record (channel), &context, events),
                    events);
}

static void
interrupt (CkBroker *broker, CkChannel *channel, CkCause cause)
{
  GPtrArray *events = ck_event_list_new ();
  CkLifecycleContext context;

  ck_operations_fill_context (broker, channel, &context);
  ck_broker_commit (broker,
                    channel,
                    ck_lifecycle_interrupted (ck_channel_get_record (channel),
                                              cause,
                                              &context,
                                              events),
                    events);
}

static void
warn (CkBroker *broker, CkChannel *channel)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  GPtrArray *events;
  CkLifecycleContext context;
  int warning;

  ck_operations_fill_context (broker, channel, &context);
  warning = ck_schedule_warning (record,
                                 ck_config_get_settings (ck_broker_get_config (broker)),
                                 context.now);
  if (warning < 0)
    return;

  events = ck_event_list_new ();
  ck_broker_commit (broker,
                    channel,
                    ck_lifecycle_warned (record, (guint) warning, &context, events),
                    events);
}

static void
ask_platform (CkBroker *broker, CkChannel *channel, CkDue due)
{
  CkActivity *activity = ck_channel_get_activity (channel);

  activity->planned = due;
  if (due == CK_DUE_RENEW)
    ck_channel_renew_async (broker, channel, FALSE, NULL, NULL, NULL);
  else
    ck_channel_verify_async (broker, channel, FALSE, NULL, NULL, NULL);
  /* It may have come to no turn. */
  if (g_queue_is_empty (&activity->turns))
    activity->planned = CK_DUE_NOTHING;
}

void
ck_operations_act (CkBroker *broker, CkChannel *channel)
{
  CkScheduleInput input;
  CkDue due = CK_DUE_NOTHING;
  guint64 when = 0;

  /* What a turn has begun is not judged before its end: ck_turns_done() plans anew. */
  if (!g_queue_is_empty (&ck_channel_get_activity (channel)->turns))
    return;

  if (ck_operations_fill_schedule (broker, channel, &input))
    due = ck_schedule_next (&input, &when);

  /* A timer may ring a moment before the second it was set for. */
  if (due != CK_DUE_NOTHING && when > ck_clock_now ())
    {
      ck_broker_replan (broker, channel);
      return;
    }

  switch (due)
    {
    case CK_DUE_CONNECT:
      ck_unattended_connect (broker, channel);
      break;
    case CK_DUE_RENEW:
    case CK_DUE_VERIFY:
      ask_platform (broker, channel, due);
      break;
    case CK_DUE_WARN:
      warn (broker, channel);
      break;
    case CK_DUE_INTERRUPT:
      interrupt (broker, channel,
                 input.refused_until != 0 ? CK_CAUSE_RATE_LIMITED
                                          : ck_channel_get_activity (channel)->trouble);
      break;
    case CK_DUE_EXPIRE:
      expire (broker, channel);
      break;
    case CK_DUE_NOTHING:
      break;
    }
}

/* ---- computed properties ---------------------------------------------------------------------- */

gboolean
ck_channel_renews_itself (CkBroker *broker, CkChannel *channel)
{
  return !ck_channel_get_record (channel)->quarantined && ck_renewal_may_run (broker, channel);
}

guint64
ck_channel_get_next_renewal (CkBroker *broker, CkChannel *channel)
{
  CkScheduleInput input;

  if (!ck_operations_fill_schedule (broker, channel, &input))
    return 0;

  return ck_schedule_next_renewal (&input);
}

/* What to do where the provider's file has no words of its own for it. */
static char *
dup_plain_remedy (const CkChannelRecord *record)
{
  switch (record->state)
    {
    case CK_STATE_CONNECTED:
      return g_strdup ("");
    case CK_STATE_UNCONNECTED:
      return g_strdup_printf ("%s connects the channel: channelctl reconnect %s",
                              record->assigned_user,
                              record->id);
    case CK_STATE_INTERRUPTED:
      return g_strdup ("Nobody has to do anything: it is tried again until it works.");
    case CK_STATE_BLOCKED:
      return g_strdup_printf ("%s logs in on the platform and clears what it asks for. The channel "
                              "comes back by itself.",
                              record->assigned_user);
    case CK_STATE_SUSPENDED:
      return g_strdup_printf ("The administrator checks the client %s: its secret here, and the "
                              "app's page on the platform.",
                              record->client);
    case CK_STATE_LOCKED:
      return g_strdup_printf ("%s logs out of the platform in the browser, logs in with the account "
                              "%s, and reconnects: channelctl reconnect %s",
                              record->assigned_user,
                              *record->account_name != '\0' ? record->account_name
                                                            : record->pinned_account,
                              record->id);
    case CK_STATE_EXPIRING:
    case CK_STATE_EXPIRED:
    case CK_STATE_REVOKED:
      return g_strdup_printf ("%s reconnects the channel, always with the same account (%s): "
                              "channelctl reconnect %s",
                              record->assigned_user,
                              *record->account_name != '\0' ? record->account_name
                                                            : record->pinned_account,
                              record->id);
    }

  g_return_val_if_reached (g_strdup (""));
}

char *
ck_channel_dup_remedy (CkBroker *broker, CkChannel *channel)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  CkProvider *provider
      = ck_config_lookup_provider (ck_broker_get_config (broker), record->provider, NULL);
  const char *own = provider != NULL ? ck_provider_get_remedy (provider, record->cause) : "";

  if (*own != '\0' && record->state != CK_STATE_CONNECTED)
    return g_strdup (own);

  return dup_plain_remedy (record);
}
