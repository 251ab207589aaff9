/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"

G_BEGIN_DECLS

/**
 * ck_adoption_run_async:
 * @outcome: (transfer none): a connect transaction that succeeded, with its grant
 * @user: who reconnected
 *
 * Makes an attempt's new grant the channel's, in a turn of its own: it is marked in the record (for
 * ck_adoption_resume()), goes into the vault beside the old one, proves itself by a verification, and
 * then replaces it. If the platform refuses it at once the old grant stays and the new one is
 * forgotten; trouble on the way there is no refusal (rules 2 and 5).
 */
void ck_adoption_run_async (CkBroker *broker,
                            CkChannel *channel,
                            const CkOutcome *outcome,
                            const char *user,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean ck_adoption_run_finish (GAsyncResult *result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_adoption_resume:
 * @channel: one whose record says that it was adopting a grant when the broker ended
 * @grant: (nullable): that grant; %NULL: it was not stored, so that nothing is left to do
 * @saved: whether the vault has it
 *
 * Goes on where the former run was cut off: the grant proves itself, and is what the person who
 * reconnected then brought. Until then, and if the platform refuses it, the channel has its old one.
 */
void ck_adoption_resume (CkBroker *broker, CkChannel *channel, CkGrant *grant, gboolean saved);

G_END_DECLS
