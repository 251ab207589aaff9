/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"
#include "ck-outcome.h"

G_BEGIN_DECLS

/*
 * The platform takes offence at the client, not at a grant: an app that it has suspended, a secret
 * that is wrong. Every grant is kept; the administrator is told once (rule 4).
 */

/**
 * ck_client_fault_is_confirmed:
 * @channel: which has met the failure
 *
 * Whether the failure is the client's fault and may be believed: at its second sight within an hour,
 * at this channel or another one of the client. The first is remembered. What the platform says of
 * one channel alone (`unauthorized_client`) is believed at once.
 */
gboolean ck_client_fault_is_confirmed (CkBroker *broker,
                                       CkChannel *channel,
                                       const CkOutcome *outcome);

/**
 * ck_client_fault_spread:
 * @channel: whose record says already what came of @outcome
 * @former: the state it was in before; a retry of a suspended one raises no second alarm
 *
 * If @channel is suspended for a fault that all channels of its client share, suspends them as well,
 * and none of them is probed for a while.
 */
void ck_client_fault_spread (CkBroker *broker,
                             CkChannel *channel,
                             const CkOutcome *outcome,
                             CkState former);

G_END_DECLS
