/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-lifecycle.h"

#include "ck-advice.h"
#include "ck-lifecycle-private.h"
#include "ck-names.h"

/* What counts down from the moment of a request is not the same second each time. */
#define SAME_DATE 3600

gboolean
ck_lifecycle_is_good (CkState state)
{
  return state == CK_STATE_CONNECTED || state == CK_STATE_EXPIRING;
}

/* Sequence and time are given by ck_broker_commit(). */
static void
add_event (GPtrArray *events, const char *channel, const char *word, GVariantDict *details)
{
  g_ptr_array_add (events, ck_event_new (0, 0, channel, word, g_variant_dict_end (details)));
}

/* The event that a change of state is announced by; the state's own words are in the details. */
static const char *
event_of_state (CkState state)
{
  switch (state)
    {
    case CK_STATE_CONNECTED:
      return "Resumed";
    case CK_STATE_EXPIRING:
      return "Expiring";
    case CK_STATE_INTERRUPTED:
      return "Interrupted";
    case CK_STATE_BLOCKED:
      return "Blocked";
    case CK_STATE_EXPIRED:
      return "Expired";
    case CK_STATE_REVOKED:
      return "Revoked";
    case CK_STATE_LOCKED:
      return "Locked";
    case CK_STATE_SUSPENDED:
      return "Suspended";
    case CK_STATE_UNCONNECTED:
      return "Disconnected";
    }

  g_return_val_if_reached ("Changed");
}

static void
init_state_details (GVariantDict *details, const CkChannelRecord *before, CkState state)
{
  g_variant_dict_init (details, NULL);
  g_variant_dict_insert (details, "old-state", "s", ck_state_to_string (before->state));
  g_variant_dict_insert (details, "new-state", "s", ck_state_to_string (state));
}

/* Puts the record into a state and says so, if it is a new one or has a new cause. */
void
ck_lifecycle_change_state (CkChannelRecord *record,
                           const CkChannelRecord *before,
                           CkState state,
                           CkCause cause,
                           const char *detail,
                           GPtrArray *events)
{
  GVariantDict details;

  record->state = state;
  record->cause = cause;
  g_free (record->detail);
  record->detail = g_strdup (detail != NULL ? detail : "");

  if (before->state == state && before->cause == cause)
    return;

  init_state_details (&details, before, state);
  g_variant_dict_insert (&details, "cause", "s", ck_cause_to_string (cause));
  g_variant_dict_insert (&details, "detail", "s", record->detail);
  add_event (events, record->id, event_of_state (state), &details);
}

static void
replace_string (char **target, const char *value)
{
  g_free (*target);
  *target = g_strdup (value);
}

gboolean
ck_lifecycle_token_alive (const CkChannelRecord *record, guint64 now)
{
  return record->generation > 0 && !record->quarantined
         && (record->expires_at == CK_TIME_UNKNOWN || record->expires_at > now);
}

gboolean
ck_lifecycle_may_hand_out (const CkChannelRecord *record, guint64 now)
{
  return ck_lifecycle_token_alive (record, now)
         && (ck_lifecycle_is_good (record->state)
             || (record->state == CK_STATE_SUSPENDED
                 && record->cause == CK_CAUSE_CLIENT_MISCONFIGURED));
}

static guint64
add_time (guint64 time, guint64 seconds)
{
  if (time >= CK_TIME_NEVER || seconds >= CK_TIME_NEVER - time)
    return CK_TIME_NEVER;

  return time + seconds;
}

static gboolean
is_known (guint64 time)
{
  return time != CK_TIME_UNKNOWN && time < CK_TIME_NEVER;
}

void
ck_lifecycle_reconnect_no_later (CkChannelRecord *record, guint64 end)
{
  if (is_known (end) && (!is_known (record->reconnect_by) || end < record->reconnect_by))
    record->reconnect_by = end;
}

/* The end of a refresh token that renewals leave as it is: none of them moves it. Where a token is
 * exchanged in place of one, each exchange does. */
static guint64
absolute_end (CkGrant *grant, const CkLifecycleContext *context)
{
  if (context->policy->rotation != CK_ROTATION_NO || *ck_grant_get_refresh_token (grant) == '\0')
    return CK_TIME_UNKNOWN;

  return ck_grant_get_renewable_until (grant);
}

static guint64
take_time (guint64 time, guint64 seconds)
{
  if (time == CK_TIME_UNKNOWN || time >= CK_TIME_NEVER)
    return time;

  return time > seconds ? time - seconds : 1;
}

/* The three clocks of a grant, with the provider's defaults where the answer said nothing. @ahead:
 * by how many seconds its times are those of a clock that was set back */
static void
set_clocks (CkChannelRecord *record,
            CkGrant *grant,
            guint64 ahead,
            const CkLifecycleContext *context)
{
  const CkRenewalPolicy *policy = context->policy;
  guint64 issued = ck_grant_get_issued_at (grant);

  record->issued_at = issued != CK_TIME_UNKNOWN ? issued - ahead : context->now;
  record->expires_at = take_time (ck_grant_get_expires_at (grant), ahead);
  if (record->expires_at == CK_TIME_UNKNOWN && policy->access_lifetime > 0)
    record->expires_at = add_time (record->issued_at, policy->access_lifetime);

  record->renewable_until = take_time (ck_grant_get_renewable_until (grant), ahead);
  if (record->renewable_until == CK_TIME_UNKNOWN && policy->refresh_lifetime > 0
      && *ck_grant_get_refresh_token (grant) != '\0')
    record->renewable_until = add_time (record->issued_at, policy->refresh_lifetime);

  record->reconnect_by = ck_grant_get_reconnect_by (grant);
  if (record->reconnect_by == CK_TIME_UNKNOWN && policy->reconnect_every > 0)
    record->reconnect_by = add_time (record->issued_at, policy->reconnect_every);
  ck_lifecycle_reconnect_no_later (record, absolute_end (grant, context));
  /* Without a way to renew, the end of the access token is what only a person can move. */
  if (!context->can_renew)
    ck_lifecycle_reconnect_no_later (record, record->expires_at);
}

/* A renewal does not move the date that only a person can move; but the platform may say that it is
 * another one, be it that it gives more time after all. */
static void
keep_reconnect_by (CkChannelRecord *record,
                   guint64 before,
                   CkGrant *grant,
                   const CkLifecycleContext *context)
{
  guint64 end = absolute_end (grant, context);

  if (is_known (end) && context->policy->reconnect_every == 0 && end > before + SAME_DATE)
    return;

  record->reconnect_by = before;
  if (is_known (end) && end + SAME_DATE < before)
    record->reconnect_by = end;
}

static void
settle_marks (CkChannelRecord *record)
{
  record->renewal_started = 0;
  record->adopting = 0;
  record->in_doubt = FALSE;
  record->doubt_tried = FALSE;
}

static void
follow_account (CkChannelRecord *record, CkGrant *grant)
{
  if (*ck_grant_get_account_name (grant) != '\0')
    replace_string (&record->account_name, ck_grant_get_account_name (grant));
  if (*ck_grant_get_owner_id (grant) != '\0')
    replace_string (&record->owner_id, ck_grant_get_owner_id (grant));
  /* The first connect pins; later ones were compared with the pin before they got here. */
  if (*record->pinned_account == '\0')
    replace_string (&record->pinned_account, ck_grant_get_account_id (grant));
}

CkChannelRecord *
ck_lifecycle_granted (const CkChannelRecord *before,
                      CkGrant *grant,
                      guint64 generation,
                      const char *by,
                      const char *const *advice,
                      const CkLifecycleContext *context,
                      GPtrArray *events)
{
  g_autoptr (CkChannelRecord) record = ck_channel_record_copy (before);
  guint64 reconnect_by = before->reconnect_by;
  guint64 issued = ck_grant_get_issued_at (grant);
  gboolean keeps_state = by == NULL
                         && (before->state == CK_STATE_EXPIRING
                             || (before->state == CK_STATE_BLOCKED && context->unproved));
  GVariantDict details;

  settle_marks (record);
  /* The clock was set back while the answer was on its way. */
  set_clocks (record, grant, issued > context->now ? issued - context->now : 0, context);
  if (by == NULL && reconnect_by != CK_TIME_UNKNOWN && context->can_renew)
    keep_reconnect_by (record, reconnect_by, grant, context);
  follow_account (record, grant);
  g_strfreev (record->granted_scopes);
  record->granted_scopes = ck_grant_dup_scopes (grant);
  /* A reconnect begins anew. */
  if (by != NULL)
    ck_lifecycle_clear_advice (record);
  ck_lifecycle_set_advice (record, CK_ADVICE_RENEWAL_FAILING, FALSE);
  ck_lifecycle_merge_advice (record, advice, context);
  record->generation = generation;
  record->quarantined = FALSE;
  record->refused_count = 0;
  record->refused_since = 0;
  if (by == NULL)
    record->last_renewal = context->now;
  else
    record->warned = 0;

  init_state_details (&details, before, keeps_state ? before->state : CK_STATE_CONNECTED);
  if (by == NULL)
    g_variant_dict_insert (&details, "expires-at", "t", record->expires_at);
  else
    g_variant_dict_insert (&details, "user", "s", by);
  g_variant_dict_insert (&details, "generation", "t", generation);
  add_event (events, record->id, by == NULL ? "Renewed" : "Reconnected", &details);

  if (keeps_state)
    return g_steal_pointer (&record);
  if (ck_lifecycle_is_good (before->state) || before->state == CK_STATE_UNCONNECTED)
    {
      record->state = CK_STATE_CONNECTED;
      record->cause = CK_CAUSE_NONE;
      replace_string (&record->detail, "");
    }
  else
    {
      ck_lifecycle_change_state (record, before, CK_STATE_CONNECTED, CK_CAUSE_NONE, "", events);
    }

  return g_steal_pointer (&record);
}

/* What a verification hands back unchanged is older than the record's times, which follow the clock. */
static gboolean
has_learned_times (CkGrant *grant, CkGrant *held)
{
  return held == NULL || ck_grant_get_issued_at (grant) != ck_grant_get_issued_at (held)
         || ck_grant_get_expires_at (grant) != ck_grant_get_expires_at (held)
         || ck_grant_get_renewable_until (grant) != ck_grant_get_renewable_until (held)
         || ck_grant_get_reconnect_by (grant) != ck_grant_get_reconnect_by (held);
}

/* Only what is new was said by the clock of now. */
static void
learn_times (CkChannelRecord *record, CkGrant *grant, const CkLifecycleContext *context)
{
  CkGrant *held = context->held;
  guint64 issued_at = record->issued_at;
  guint64 expires_at = record->expires_at;
  guint64 renewable_until = record->renewable_until;

  set_clocks (record, grant, 0, context);
  if (held == NULL)
    return;

  if (ck_grant_get_issued_at (grant) == ck_grant_get_issued_at (held))
    record->issued_at = issued_at;
  if (ck_grant_get_expires_at (grant) == ck_grant_get_expires_at (held))
    record->expires_at = expires_at;
  if (ck_grant_get_renewable_until (grant) == ck_grant_get_renewable_until (held))
    record->renewable_until = renewable_until;
}

CkChannelRecord *
ck_lifecycle_verified (const CkChannelRecord *before,
                       CkGrant *grant,
                       const char *const *advice,
                       const CkLifecycleContext *context,
                       GPtrArray *events)
{
  g_autoptr (CkChannelRecord) record = ck_channel_record_copy (before);

  record->last_verified = context->now;
  record->refused_count = 0;
  record->refused_since = 0;
  if (grant != NULL)
    {
      follow_account (record, grant);
      if (has_learned_times (grant, context->held))
        learn_times (record, grant, context);
      /* Nor does a verification move that date, unless the platform says it has moved. */
      if (ck_grant_get_reconnect_by (grant) == CK_TIME_UNKNOWN && context->can_renew
          && before->reconnect_by != CK_TIME_UNKNOWN)
        record->reconnect_by = before->reconnect_by;
    }
  ck_lifecycle_merge_advice (record, advice, context);
  if (before->state == CK_STATE_EXPIRING && record->reconnect_by > before->reconnect_by + SAME_DATE)
    {
      /* The person was there meanwhile: what was announced is over, and will be again in time. */
      record->warned = 0;
      ck_lifecycle_change_state (record, before, CK_STATE_CONNECTED, CK_CAUSE_NONE, "", events);
    }

  if (before->state == CK_STATE_LOCKED || before->state == CK_STATE_UNCONNECTED
      || ck_lifecycle_is_good (before->state))
    return g_steal_pointer (&record);

  /* The platform's word counts for more than our mark. */
  record->quarantined = FALSE;
  if (ck_lifecycle_token_alive (record, context->now))
    ck_lifecycle_change_state (record, before, CK_STATE_CONNECTED, CK_CAUSE_NONE, "", events);
  else
    record->quarantined = before->quarantined;

  return g_steal_pointer (&record);
}

CkChannelRecord *
ck_lifecycle_wrong_account (const CkChannelRecord *before,
                            const char *actual,
                            const CkLifecycleContext *context,
                            GPtrArray *events)
{
  g_autoptr (CkChannelRecord) record = ck_channel_record_copy (before);
  gboolean keeps = ck_lifecycle_is_good (before->state) || before->state == CK_STATE_INTERRUPTED
                   || before->state == CK_STATE_BLOCKED || before->state == CK_STATE_SUSPENDED;
  GVariantDict details;

  init_state_details (&details, before, keeps ? before->state : CK_STATE_LOCKED);
  g_variant_dict_insert (&details, "cause", "s", ck_cause_to_string (CK_CAUSE_WRONG_ACCOUNT));
  g_variant_dict_insert (&details, "expected-account", "s", before->pinned_account);
  g_variant_dict_insert (&details, "actual-account", "s", actual);
  add_event (events, record->id, "Locked", &details);

  if (!keeps)
    {
      record->state = CK_STATE_LOCKED;
      record->cause = CK_CAUSE_WRONG_ACCOUNT;
      g_free (record->detail);
      record->detail = g_strdup_printf ("The channel belongs to account %s, but the reconnect came "
                                        "back as account %s.",
                                        before->pinned_account,
                                        actual);
    }

  return g_steal_pointer (&record);
}

CkChannelRecord *
ck_lifecycle_expired (const CkChannelRecord *before,
                      const CkLifecycleContext *context,
                      GPtrArray *events)
{
  g_autoptr (CkChannelRecord) record = ck_channel_record_copy (before);

  ck_lifecycle_change_state (record,
                             before,
                             CK_STATE_EXPIRED,
                             CK_CAUSE_EXPIRED,
                             before->in_doubt ? "The access token ran out, and the answer to its renewal was "
                                                "lost. Reconnect the channel."
                                              : "The access token ran out, and it cannot be renewed without a "
                                                "person.",
                             events);

  return g_steal_pointer (&record);
}

CkChannelRecord *
ck_lifecycle_interrupted (const CkChannelRecord *before,
                          CkCause cause,
                          const CkLifecycleContext *context,
                          GPtrArray *events)
{
  g_autoptr (CkChannelRecord) record = ck_channel_record_copy (before);

  ck_lifecycle_change_state (record,
                             before,
                             CK_STATE_INTERRUPTED,
                             cause != CK_CAUSE_NONE ? cause : CK_CAUSE_SERVER_ERROR,
                             "The access token ran out while its renewal is failing. It is tried again.",
                             events);

  return g_steal_pointer (&record);
}

CkChannelRecord *
ck_lifecycle_regained (const CkChannelRecord *before,
                       const CkLifecycleContext *context,
                       GPtrArray *events)
{
  g_autoptr (CkChannelRecord) record = ck_channel_record_copy (before);

  record->quarantined = FALSE;
  ck_lifecycle_change_state (record, before, CK_STATE_CONNECTED, CK_CAUSE_NONE, "", events);

  return g_steal_pointer (&record);
}

static void
mark_restored (CkEvent *event)
{
  GVariantDict details;

  g_variant_dict_init (&details, event->details);
  g_variant_dict_insert (&details, "restored", "b", TRUE);
  g_variant_unref (event->details);
  event->details = g_variant_ref_sink (g_variant_dict_end (&details));
}

CkChannelRecord *
ck_lifecycle_restored (const CkChannelRecord *before,
                       CkGrant *grant,
                       guint64 generation,
                       guint64 reconnect_by,
                       const char *by,
                       const CkLifecycleContext *context,
                       GPtrArray *events)
{
  guint n_events = events->len;
  CkChannelRecord *record
      = ck_lifecycle_granted (before, grant, generation, by, NULL, context, events);

  mark_restored (events->pdata[n_events]);
  if (reconnect_by != CK_TIME_UNKNOWN && context->can_renew)
    keep_reconnect_by (record, reconnect_by, grant, context);
  record->in_doubt = context->policy->rotation != CK_ROTATION_NO
                     && *ck_grant_get_refresh_token (grant) != '\0';

  return record;
}

void
ck_lifecycle_announce_end (CkChannelRecord *record, const CkChannelRecord *before, GPtrArray *events)
{
  GVariantDict details;

  record->state = CK_STATE_EXPIRING;
  init_state_details (&details, before, CK_STATE_EXPIRING);
  g_variant_dict_insert (&details, "reconnect-by", "t", record->reconnect_by);
  add_event (events, record->id, "Expiring", &details);
}

CkChannelRecord *
ck_lifecycle_warned (const CkChannelRecord *before,
                     guint warning,
                     const CkLifecycleContext *context,
                     GPtrArray *events)
{
  g_autoptr (CkChannelRecord) record = ck_channel_record_copy (before);

  /* The steps before it are past: they are not announced late. */
  record->warned |= (2u << warning) - 1;
  ck_lifecycle_announce_end (record, before, events);

  return g_steal_pointer (&record);
}

CkChannelRecord *
ck_lifecycle_disconnected (const CkChannelRecord *before,
                           const char *by,
                           const CkLifecycleContext *context,
                           GPtrArray *events)
{
  g_autoptr (CkChannelRecord) record = ck_channel_record_copy (before);
  GVariantDict details;

  settle_marks (record);
  record->state = CK_STATE_UNCONNECTED;
  record->cause = CK_CAUSE_DISCONNECTED;
  replace_string (&record->detail, "");
  g_strfreev (record->granted_scopes);
  record->granted_scopes = g_new0 (char *, 1);
  ck_lifecycle_clear_advice (record);
  record->issued_at = record->expires_at = 0;
  record->renewable_until = record->reconnect_by = 0;
  record->quarantined = FALSE;
  record->warned = 0;

  init_state_details (&details, before, CK_STATE_UNCONNECTED);
  g_variant_dict_insert (&details, "user", "s", by);
  add_event (events, record->id, "Disconnected", &details);

  return g_steal_pointer (&record);
}

CkChannelRecord *
ck_lifecycle_in_doubt (const CkChannelRecord *before)
{
  CkChannelRecord *record = ck_channel_record_copy (before);

  record->renewal_started = 0;
  record->in_doubt = TRUE;
  ck_lifecycle_set_advice (record, CK_ADVICE_RENEWAL_FAILING, TRUE);

  return record;
}
