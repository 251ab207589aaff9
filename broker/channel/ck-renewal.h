/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"
#include "ck-entry.h"

G_BEGIN_DECLS

/**
 * ck_renewal_run_async:
 * @suspicion: (nullable) (transfer none): how the verification ended that this renewal is the second
 *   opinion of; copied
 * @entry: (nullable): its place before the platform, which it keeps; %NULL: the renewal takes its own
 *
 * One renewal of the channel's grant, within a turn (ck-turns.h): the mark that a renewal has
 * started goes to disk, the worker renews, the new grant goes into the vault, the channel is
 * committed. On the way:
 *
 * - the mark cannot be written, or there is nothing to run: nothing was sent, the channel is as it
 *   was, and the planner keeps away for a while
 * - it is in doubt and its time has not come: nothing was sent, as ck_renewal_is_held_off() says
 * - the platform refuses or cannot be reached: ck_lifecycle_failed() decides, committed
 * - the vault cannot be written: the new grant lives in memory, marked unsaved, and is written again
 *   later (rule 5)
 * - we die: the mark is found at the next start and the grant is in doubt (rule 3)
 */
void ck_renewal_run_async (CkBroker *broker,
                           CkChannel *channel,
                           const CkOutcome *suspicion,
                           CkEntry *entry,
                           GAsyncReadyCallback callback,
                           gpointer user_data);

/**
 * ck_renewal_run_finish:
 * @error: what kept it from renewing, in the words for whoever asked: the error of the channel's
 *   state, or %CK_ERROR_PROVIDER_UNAVAILABLE while the state is still good
 *
 * Returns: whether there is a new grant
 */
gboolean ck_renewal_run_finish (GAsyncResult *result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_renewal_has_means:
 *
 * Returns: whether the grant held is one that renews itself: the stack has a renewal, and a refresh
 *   token is held where it needs one
 */
gboolean ck_renewal_has_means (CkBroker *broker, CkChannel *channel);

/**
 * ck_renewal_is_possible:
 *
 * Returns: whether the grant held can be renewed with nobody present now: it has the means, and
 *   RenewableUntil has not gone by
 */
gboolean ck_renewal_is_possible (CkBroker *broker, CkChannel *channel);

/**
 * ck_renewal_may_run:
 *
 * Returns: whether it is possible, and the one more try of a grant in doubt is not spent (rule 3)
 */
gboolean ck_renewal_may_run (CkBroker *broker, CkChannel *channel);

/**
 * ck_renewal_is_held_off:
 * @suspected: the platform has refused the access token held
 * @error: %CK_ERROR_PROVIDER_UNAVAILABLE: in how many minutes it is tried
 *
 * Rule 3: whoever asks, the one more try of a grant in doubt comes at its time, which is the last
 * minute of an access token that is good, and not before the request whose answer was lost is over.
 *
 * Returns: whether that is still to come; a channel that is being probed is left alone until then
 */
gboolean ck_renewal_is_held_off (CkBroker *broker,
                                 CkChannel *channel,
                                 gboolean suspected,
                                 GError **error);

/**
 * ck_renewal_back_off:
 * @outcome: (nullable): how the last transaction failed; %NULL: it did not
 *
 * Keeps the planner away from the platform for a while.
 */
void ck_renewal_back_off (CkChannel *channel, const CkOutcome *outcome);

G_END_DECLS
