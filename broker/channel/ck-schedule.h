/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-channel-record.h"
#include "ck-config.h"
#include "ck-provider.h"

G_BEGIN_DECLS

/**
 * CkDue:
 *
 * What a channel needs next with nobody asking.
 */
typedef enum
{
  CK_DUE_NOTHING,
  CK_DUE_CONNECT, /* the first grant, which needs no person */
  CK_DUE_RENEW,
  CK_DUE_VERIFY,
  CK_DUE_WARN,   /* the next WarnBefore= step ahead of ReconnectBy is reached */
  CK_DUE_INTERRUPT, /* the access token runs out before the next try to renew it */
  CK_DUE_EXPIRE, /* the access token runs out and nothing renews it */
} CkDue;

/**
 * CkScheduleInput:
 * @record: the channel
 * @policy: its provider's
 * @settings: the administrator's
 * @can_renew: there is a way to renew with nobody present
 * @unaskable: there is no way to verify it
 * @jitter: −1.0 … 1.0, chosen once per generation: renewals are spread by a tenth of their lead
 * @not_before: Unix seconds before which neither a renewal nor a verification may begin (back-off,
 *   Retry-After); 0 if nothing holds it
 * @limited_until: Unix seconds until which the platform's rate limit has little left, so that what can
 *   wait waits: verifications, and renewals of a token that lives on; 0 if it has enough
 * @refused_until: Unix seconds until which the platform refuses the whole app for a rate limit: what has
 *   no token to lose waits for it altogether; 0 if it does not
 * @started_at: Unix seconds when the broker had started: a platform may want every channel verified
 *   then, and what was due before is spread; 0 if that is all the same
 * @n_channels: how many there are: so many are spread over more time than a few
 * @last_refused: Unix seconds of the platform's last refusal, from which the next probe counts; 0
 * if it has refused nothing since we run
 *
 * @now: Unix seconds: a last time that is later was reckoned on another clock and counts for
 * nothing; 0: believe them all
 * @distrusted: the record's times were reckoned on a wall clock later than ours (rule 9): nothing
 * runs out by them, and the platform is asked at once
 *
 * @foreign_times: the same, verified since or not
 *
 * All that the plan of one channel depends on.
 */
typedef struct
{
  const CkChannelRecord *record;
  const CkRenewalPolicy *policy;
  const CkSettings *settings;
  gboolean can_renew;
  gboolean unaskable;
  double jitter;
  guint64 not_before;
  guint64 limited_until;
  guint64 refused_until;
  guint64 started_at;
  guint n_channels;
  guint64 last_refused;
  guint64 now;
  gboolean distrusted;
  gboolean foreign_times;
} CkScheduleInput;

/**
 * ck_schedule_is_probing:
 *
 * Returns: whether the platform has refused the channel and is asked again by ourselves, by a
 *   renewal if it cannot be asked otherwise
 */
gboolean ck_schedule_is_probing (const CkChannelRecord *record);

/**
 * ck_schedule_next:
 * @when: (out): Unix seconds; maybe in the past, which means now
 *
 * Pure: the same input has the same plan, so it is simply made anew at every change.
 *
 * Returns: what comes first
 */
CkDue ck_schedule_next (const CkScheduleInput *input, guint64 *when);

/**
 * ck_schedule_next_renewal:
 *
 * Returns: Unix seconds when the next renewal is planned; 0 if none is
 */
guint64 ck_schedule_next_renewal (const CkScheduleInput *input);

/**
 * ck_schedule_renewal_in_doubt:
 *
 * Returns: Unix seconds when the one more try of a grant in doubt comes (rule 3), maybe in the past;
 *   0 if it is spent. not_before is not weighed
 */
guint64 ck_schedule_renewal_in_doubt (const CkScheduleInput *input);

/**
 * ck_schedule_warning:
 * @now: Unix seconds
 *
 * Returns: the index of the WarnBefore= step that @now has reached, the nearest to ReconnectBy; −1
 *   if none, or all are announced
 */
int ck_schedule_warning (const CkChannelRecord *record, const CkSettings *settings, guint64 now);

/**
 * ck_schedule_backoff:
 * @failures: how many times in a row it failed, 1 or more
 * @retry_after: seconds the platform asked for; 0 if it did not
 *
 * Exponential back-off with full jitter, from 5 seconds to an hour, never below @retry_after.
 *
 * Returns: seconds to wait
 */
guint64 ck_schedule_backoff (guint failures, guint64 retry_after);

G_END_DECLS
