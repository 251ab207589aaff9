/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-schedule.h"

#include "ck-names.h"

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Renewals keep this distance, or half the lifetime where that is less. */
#define MIN_RENEWAL_DISTANCE 30
/* The refresh token of a grant in doubt is tried when the access token has this left (rule 3). */
#define DOUBT_LEAD 60
/* How often a refused grant is looked at again. */
#define PROBE_SUSPENDED HOUR
#define PROBE_BLOCKED (6 * HOUR)
#define PROBE_QUARANTINED DAY

/* Three tries over 15 minutes (rule 4). */
#define REFUSED_AGAIN (15 * MINUTE / 2)

/* Over how long those come back that have waited for a rate limit. */
#define LIMIT_SPREAD (5 * MINUTE)
/* Over how long goes what is due when the broker starts: so many channels a second, and for all a time
 * at most; and what a token must have left to wait for that. */
#define START_RATE 4
#define START_SPREAD (5 * MINUTE)
#define START_LEFT (5 * MINUTE)

#define BACKOFF_BASE 5
#define BACKOFF_MAX HOUR

gboolean
ck_schedule_is_probing (const CkChannelRecord *record)
{
  switch (record->state)
    {
    case CK_STATE_CONNECTED:
    case CK_STATE_EXPIRING:
      return record->refused_count > 0;
    case CK_STATE_SUSPENDED:
    case CK_STATE_BLOCKED:
      return TRUE;
    case CK_STATE_REVOKED:
      return record->cause == CK_CAUSE_UNKNOWN_REVOKED;
    default:
      return FALSE;
    }
}

/* How long before its end a token of that lifetime is renewed, in seconds. */
static guint64
renewal_lead (const CkScheduleInput *input, guint64 lifetime)
{
  guint64 lead = input->policy->renew_ahead;

  if (lead == 0)
    lead = input->settings->renew_ahead;
  if (lead == 0)
    lead = CLAMP (lifetime * input->settings->renew_ahead_percent / 100, 5 * MINUTE, 7 * DAY);

  lead = (guint64) ((double) lead * (1.0 + input->jitter / 10));

  return MIN (lead, lifetime / 2);
}

static gboolean
is_known (guint64 time)
{
  return time != CK_TIME_UNKNOWN && time < CK_TIME_NEVER;
}

guint64
ck_schedule_renewal_in_doubt (const CkScheduleInput *input)
{
  const CkChannelRecord *record = input->record;

  if (record->doubt_tried)
    return 0;
  if (input->policy->rotation_grace > 0 || input->foreign_times || !is_known (record->expires_at))
    return 1;

  return record->expires_at > DOUBT_LEAD ? record->expires_at - DOUBT_LEAD : 1;
}

/* The channel's share of the time over which all come, so that it is not the same moment for all. */
static guint64
share (const CkScheduleInput *input, guint64 span)
{
  return (guint64) ((1.0 + input->jitter) / 2 * (double) span);
}

/* When what can wait may be asked again. */
static guint64
end_of_limit (const CkScheduleInput *input)
{
  return input->limited_until != 0 ? input->limited_until + share (input, LIMIT_SPREAD) : 0;
}

/* When a platform that refuses the app may be asked again. */
static guint64
end_of_refusal (const CkScheduleInput *input)
{
  guint64 when = input->refused_until != 0 ? input->refused_until + share (input, LIMIT_SPREAD) : 0;

  return MAX (when, input->not_before);
}

/* A token that has ended comes no sooner for being asked for; one that lives may yet be renewed in time. */
static guint64
earliest_renewal (const CkScheduleInput *input)
{
  guint64 expires_at = input->record->expires_at;

  return is_known (expires_at) && expires_at <= input->now ? end_of_refusal (input)
                                                           : input->not_before;
}

/* What was due at @when, before the broker started, is done soon after the start, @latest if it can be. */
static guint64
spread_start (const CkScheduleInput *input, guint64 when, guint64 latest)
{
  guint64 span = MIN (input->n_channels / START_RATE, START_SPREAD);

  if (when > input->started_at || latest <= input->started_at)
    return when;

  return input->started_at + share (input, MIN (span, latest - input->started_at));
}

/* What is due at @when waits where a rate limit has little left, but for half of the time at most that the
 * token then still has; and what keeps a grant alive for a day, as others may use up the limit for ever. */
static guint64
spare_limit (const CkScheduleInput *input, guint64 when)
{
  guint64 expires_at = input->record->expires_at;
  guint64 patience = is_known (expires_at) && when < expires_at ? (expires_at - when) / 2 : DAY;

  return MAX (when, MIN (end_of_limit (input), when + patience));
}

/* Until when a renewal costs nobody anything. */
static guint64
no_hurry (const CkScheduleInput *input)
{
  const CkChannelRecord *record = input->record;
  guint64 end = CK_TIME_NEVER;

  if (is_known (record->expires_at))
    end = record->expires_at;
  if (is_known (record->renewable_until))
    end = MIN (end, record->renewable_until);

  return end > START_LEFT ? end - START_LEFT : 0;
}

/* Unix seconds, 0 for none; not_before is not weighed yet. */
static guint64
plain_renewal (const CkScheduleInput *input)
{
  const CkChannelRecord *record = input->record;
  const CkRenewalPolicy *policy = input->policy;
  guint64 when = 0;
  guint64 lifetime;
  guint64 earliest;

  if (is_known (record->expires_at) && record->expires_at <= record->issued_at)
    return 0;

  /* Without an end only KeepAlive= asks for a renewal. */
  lifetime = is_known (record->expires_at) ? record->expires_at - record->issued_at : CK_TIME_NEVER;
  if (policy->renewal == CK_RENEWAL_AHEAD && is_known (record->expires_at))
    when = record->expires_at - renewal_lead (input, lifetime);
  if (policy->keep_alive > 0)
    {
      guint64 alive = record->issued_at + policy->keep_alive;

      when = when == 0 ? alive : MIN (when, alive);
    }
  if (when == 0)
    return 0;

  earliest = record->issued_at
             + MAX (policy->min_age_before_renew, MIN (MIN_RENEWAL_DISTANCE, lifetime / 2));

  return spare_limit (input, spread_start (input, MAX (when, earliest), no_hurry (input)));
}

/* A time that is still to come is one of another clock. */
static guint64
latest (const CkScheduleInput *input, guint64 a, guint64 b)
{
  if (input->now != 0 && a > input->now)
    a = 0;
  if (input->now != 0 && b > input->now)
    b = 0;

  return MAX (a, b);
}

/* When, with times that mean nothing here, a renewal brings ours: once a verification has said that
 * the grant is good, where one can; but not where the platform refuses to renew what is young, as
 * nobody knows how old it is. */
static guint64
renewal_for_times (const CkScheduleInput *input, guint64 planned)
{
  if (input->distrusted && !input->unaskable)
    return 0;
  if (input->policy->min_age_before_renew > 0
      || (input->policy->renewal != CK_RENEWAL_AHEAD && !input->distrusted))
    return planned;

  return 1;
}

guint64
ck_schedule_next_renewal (const CkScheduleInput *input)
{
  const CkChannelRecord *record = input->record;
  guint64 when;

  if (!input->can_renew || record->generation == 0 || record->quarantined)
    return 0;

  switch (record->state)
    {
    case CK_STATE_CONNECTED:
    case CK_STATE_EXPIRING:
    case CK_STATE_INTERRUPTED:
      break;
    default:
      return 0;
    }

  when = record->in_doubt ? ck_schedule_renewal_in_doubt (input) : plain_renewal (input);
  if (input->foreign_times && !record->in_doubt)
    when = renewal_for_times (input, when);
  /* No token now: neither the demand nor a date to keep it alive by is waited for. */
  if (record->state == CK_STATE_INTERRUPTED && !record->in_doubt)
    when = MAX (latest (input, record->issued_at, 0) + input->policy->min_age_before_renew, 1);

  return when == 0 ? 0 : MAX (when, earliest_renewal (input));
}

/* An unclassified refusal is asked about again until it is believed or withdrawn. */
static guint64
next_doubtful_check (const CkScheduleInput *input)
{
  const CkChannelRecord *record = input->record;

  return MAX (record->refused_since + (guint64) record->refused_count * REFUSED_AGAIN,
              input->not_before);
}

static guint64
next_verification (const CkScheduleInput *input)
{
  const CkChannelRecord *record = input->record;
  guint64 last = latest (input, record->last_verified, record->issued_at);
  guint64 every = 0;
  guint64 when;
  gboolean probing = ck_schedule_is_probing (record);
  gboolean may_renew = input->can_renew && !record->doubt_tried;

  /* A probe may be a renewal where there is no other question. */
  if (record->generation == 0 || (input->unaskable && !(probing && may_renew)))
    return 0;
  if (probing)
    last = latest (input, last, input->last_refused);

  switch (record->state)
    {
    case CK_STATE_CONNECTED:
    case CK_STATE_EXPIRING:
      if (record->refused_count > 0)
        return next_doubtful_check (input);
      if (input->distrusted)
        return MAX (input->not_before, 1);
      every = input->policy->verify_every;
      break;
    case CK_STATE_SUSPENDED:
      every = PROBE_SUSPENDED;
      break;
    case CK_STATE_BLOCKED:
      every = PROBE_BLOCKED;
      break;
    case CK_STATE_REVOKED:
      every = record->cause == CK_CAUSE_UNKNOWN_REVOKED ? PROBE_QUARANTINED : 0;
      break;
    default:
      break;
    }

  if (every == 0)
    return 0;
  /* Who wants that wants the interval as well. */
  if (input->policy->verify_at_start && last < input->started_at)
    when = spread_start (input, input->started_at, last + every);
  else
    when = spread_start (input, last + every, CK_TIME_NEVER);

  /* However little the limit leaves, each channel has its turn. */
  return MAX (MAX (when, MIN (end_of_limit (input), when + every)), end_of_refusal (input));
}

/* A renewal keeps failing, and the next try comes after the end of the token. */
static guint64
next_interruption (const CkScheduleInput *input)
{
  const CkChannelRecord *record = input->record;

  if (input->distrusted)
    return 0;
  if (record->state != CK_STATE_CONNECTED && record->state != CK_STATE_EXPIRING)
    return 0;
  if (!is_known (record->expires_at) || earliest_renewal (input) <= record->expires_at
      || ck_schedule_next_renewal (input) == 0)
    return 0;

  return record->expires_at;
}

/* Whether the end of the token is the end of it: nothing goes on by itself after that. */
static gboolean
ends_with_token (const CkScheduleInput *input)
{
  const CkChannelRecord *record = input->record;

  switch (record->state)
    {
    case CK_STATE_CONNECTED:
    case CK_STATE_EXPIRING:
    case CK_STATE_INTERRUPTED:
      return !input->can_renew || record->doubt_tried;
    case CK_STATE_SUSPENDED:
      /* There is nothing left to probe with: it is not the administrator who has to act. */
      return record->doubt_tried && input->unaskable;
    default:
      return FALSE;
    }
}

static guint64
next_expiry (const CkScheduleInput *input)
{
  const CkChannelRecord *record = input->record;

  if (input->distrusted || !is_known (record->expires_at))
    return 0;
  if (ends_with_token (input))
    return record->expires_at;
  if (record->state != CK_STATE_CONNECTED && record->state != CK_STATE_EXPIRING
      && record->state != CK_STATE_INTERRUPTED)
    return 0;

  /* Nobody may ask for a token before the time to renew has gone by as well. */
  return is_known (record->renewable_until) ? MAX (record->expires_at, record->renewable_until) : 0;
}

/* A grant shorter than the step was never that far from its end: there is nothing to warn of. */
static gboolean
is_ahead (const CkChannelRecord *record, guint64 before)
{
  return record->reconnect_by > record->issued_at + before;
}

static guint64
next_warning (const CkScheduleInput *input)
{
  const CkChannelRecord *record = input->record;

  if (input->distrusted || !is_known (record->reconnect_by)
      || (record->state != CK_STATE_CONNECTED && record->state != CK_STATE_EXPIRING))
    return 0;

  for (guint i = 0; input->settings->warn_before[i] != 0 && i < 32; i++)
    {
      guint64 before = input->settings->warn_before[i];

      if ((record->warned & (1u << i)) == 0 && is_ahead (record, before))
        return record->reconnect_by - before;
    }

  return 0;
}

int
ck_schedule_warning (const CkChannelRecord *record, const CkSettings *settings, guint64 now)
{
  int reached = -1;

  if (!is_known (record->reconnect_by))
    return -1;

  for (guint i = 0; settings->warn_before[i] != 0 && i < 32; i++)
    {
      if (is_ahead (record, settings->warn_before[i])
          && now + settings->warn_before[i] >= record->reconnect_by)
        reached = (int) i;
    }

  return reached >= 0 && (record->warned & (1u << reached)) == 0 ? reached : -1;
}

/* One that was disconnected on purpose stays so. */
static guint64
next_connect (const CkScheduleInput *input)
{
  const CkChannelRecord *record = input->record;

  if (!input->policy->unattended || record->generation != 0
      || record->state != CK_STATE_UNCONNECTED || record->cause == CK_CAUSE_DISCONNECTED)
    return 0;

  return MAX (input->not_before, 1);
}

CkDue
ck_schedule_next (const CkScheduleInput *input, guint64 *when)
{
  const struct
  {
    CkDue due;
    guint64 when;
  } candidates[] = {
    { CK_DUE_CONNECT, next_connect (input) },
    { CK_DUE_RENEW, ck_schedule_next_renewal (input) },
    { CK_DUE_INTERRUPT, next_interruption (input) },
    { CK_DUE_EXPIRE, next_expiry (input) },
    { CK_DUE_WARN, next_warning (input) },
    { CK_DUE_VERIFY, next_verification (input) },
  };
  CkDue due = CK_DUE_NOTHING;

  *when = 0;
  for (guint i = 0; i < G_N_ELEMENTS (candidates); i++)
    {
      if (candidates[i].when == 0 || (due != CK_DUE_NOTHING && candidates[i].when >= *when))
        continue;
      due = candidates[i].due;
      *when = candidates[i].when;
    }

  return due;
}

guint64
ck_schedule_backoff (guint failures, guint64 retry_after)
{
  guint64 ceiling = BACKOFF_BASE;

  for (guint i = 1; i < failures && ceiling < BACKOFF_MAX; i++)
    ceiling *= 2;
  ceiling = MIN (ceiling, BACKOFF_MAX);

  return MAX ((guint64) g_random_int_range (1, (gint32) ceiling + 1), retry_after);
}
