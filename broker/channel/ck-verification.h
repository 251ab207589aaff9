/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"

G_BEGIN_DECLS

/**
 * ck_verification_run_async:
 *
 * Asks the platform whether the channel's grant is good, within a turn. A bad answer is confirmed by
 * one renewal where one is possible; where none is, the answer counts (rule 4). A stack without a
 * verify operation is verified by a renewal alone.
 */
void ck_verification_run_async (CkBroker *broker,
                                CkChannel *channel,
                                GAsyncReadyCallback callback,
                                gpointer user_data);

/**
 * ck_verification_run_finish:
 * @error: what kept it from asking; what the platform said is the channel's state
 */
gboolean ck_verification_run_finish (GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
