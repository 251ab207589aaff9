/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"

G_BEGIN_DECLS

/**
 * ck_adoption_run_async:
 * @outcome: (transfer none): a connect transaction that succeeded, with its grant
 * @user: who reconnected
 *
 * Makes an attempt's new grant the channel's, in a turn of its own: the grant goes into the vault
 * beside the old one, proves itself by a verification, and then replaces it. If the platform refuses
 * it at once the old grant stays and the new one is forgotten; trouble on the way there is no
 * refusal (rules 2 and 5).
 */
void ck_adoption_run_async (CkBroker *broker,
                            CkChannel *channel,
                            const CkOutcome *outcome,
                            const char *user,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean ck_adoption_run_finish (GAsyncResult *result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
