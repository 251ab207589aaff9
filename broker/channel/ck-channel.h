/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-channel-record.h"
#include "ck-gate.h"
#include "ck-grant.h"
#include "ck-schedule.h"

G_BEGIN_DECLS

/**
 * CkChannel:
 *
 * One channel in memory: what state.db keeps of it (its record), the grant that may be handed out,
 * and what is going on right now. It decides nothing: ck-lifecycle.h does, and the operations
 * beside it (ck-renewal.h, ck-verification.h, …) act.
 */
#define CK_TYPE_CHANNEL (ck_channel_get_type ())
G_DECLARE_FINAL_TYPE (CkChannel, ck_channel, CK, CHANNEL, GObject)

/**
 * CkActivity:
 * @turns: what is under way or waits for the grant (ck-turns.h)
 * @pass: of the renewal or verification under way; %NULL without one
 * @planned: what the turn is for that has yet to begin, if it is the plan alone that wants it
 * @failures: how many transactions in a row did not get through or were refused
 * @not_before: Unix seconds before which the planner leaves the platform alone; 0: nothing holds it
 * @trouble: the cause of the last failure
 * @unwritten: state.db refused the last write of its record
 * @last_refused: Unix seconds of the platform's last refusal
 * @last_check: Unix seconds of the last check that somebody asked for (MinCheckInterval)
 * @stretched: the generation that `min-validity` renewed into already: not twice for one
 * @unaskable: the stack has no way to verify this grant
 * @client_secret: which of the client's secrets the platform took last, from 0
 * @unproved: a verification follows the renewal that is under way, and says what the channel is
 * @connecting: the first grant is being fetched, with nobody present
 * @distrusted: its times were reckoned on a clock that does not agree with ours: to be verified
 * @foreign_times: the same, verified or not: a step of our clock is not theirs
 * @left_over: the generation that the vault had when the next could not be saved; 0: nothing of it
 * @cut_off: the network failed it, and it waits for others to get through
 * @n_woken: how many times it was tried again because others got through, and did not
 * @woken_at: microseconds of ck_clock_boottime() at the last of them
 * @foreign_date: the same of `ReconnectBy` alone, which a renewal leaves as it was
 * @removing: it is being forgotten: nothing is written of it any more, or it would come back
 * @awaited: a caller waits for one of the turns
 * @jitter: −1.0 … 1.0, chosen anew with each grant
 *
 * What goes on with a channel right now: never on disk.
 */
typedef struct
{
  GQueue turns;
  CkGatePass *pass;
  CkDue planned;
  guint failures;
  guint64 not_before;
  CkCause trouble;
  gboolean unwritten;
  guint64 last_refused;
  guint64 last_check;
  guint64 stretched;
  guint client_secret;
  gboolean unaskable;
  gboolean unproved;
  gboolean connecting;
  gboolean distrusted;
  gboolean foreign_times;
  guint64 left_over;
  gboolean cut_off;
  guint n_woken;
  gint64 woken_at;
  gboolean foreign_date;
  gboolean removing;
  gboolean awaited;
  double jitter;
} CkActivity;

/**
 * ck_channel_new:
 * @record: (transfer full): what is known of it
 * @declared: whether a file in channels.d declares it, so that the bus cannot change it
 */
CkChannel *ck_channel_new (CkChannelRecord *record, gboolean declared) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_channel_get_id:
 *
 * Returns: (transfer none): the id, which never changes
 */
const char *ck_channel_get_id (CkChannel *self);

/**
 * ck_channel_get_record:
 *
 * Returns: (transfer none): the present record, read-only; replaced as a whole at each change
 */
const CkChannelRecord *ck_channel_get_record (CkChannel *self);

/**
 * ck_channel_take_record:
 * @record: (transfer full): the new record
 *
 * Only ck_broker_commit() calls this.
 */
void ck_channel_take_record (CkChannel *self, CkChannelRecord *record);

/**
 * ck_channel_get_grant:
 *
 * Returns: (transfer none) (nullable): the grant held, good or not
 */
CkGrant *ck_channel_get_grant (CkChannel *self);

/**
 * ck_channel_set_grant:
 * @grant: (transfer none) (nullable): the grant now held
 * @unsaved: whether the vault could not be written: it lives in memory alone
 */
void ck_channel_set_grant (CkChannel *self, CkGrant *grant, gboolean unsaved);

/**
 * ck_channel_get_activity:
 *
 * Returns: (transfer none): for the operations beside this file
 */
CkActivity *ck_channel_get_activity (CkChannel *self);

void ck_channel_set_declared (CkChannel *self, gboolean declared);
gboolean ck_channel_is_declared (CkChannel *self);
gboolean ck_channel_is_unsaved (CkChannel *self);

/**
 * ck_channel_may_hand_out:
 * @now: Unix seconds
 *
 * Whether the access token held may be handed out, as ck_lifecycle_may_hand_out() says.
 */
gboolean ck_channel_may_hand_out (CkChannel *self, guint64 now);

/**
 * ck_channel_get_urgency:
 * @now: Unix seconds
 *
 * Returns: whom what is done for this channel passes in the line
 */
CkUrgency ck_channel_get_urgency (CkChannel *self, guint64 now);

/**
 * ck_channel_state_error:
 *
 * The error of the state's name, with detail and remedy: why this channel hands out no token.
 *
 * Returns: (transfer full): an error
 */
GError *ck_channel_state_error (CkChannel *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
