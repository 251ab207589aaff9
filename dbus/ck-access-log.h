/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-audit.h"
#include "ck-broker.h"
#include "ck-callers.h"

G_BEGIN_DECLS

/**
 * CkAccessLog:
 *
 * Who was handed which token, and who was refused what: in the journal and in the channel's history
 * (events `TokenHandedOut` and `Refused`). Told at once and counted from then on: an app that asks
 * every second is one entry for each grant, with the number of times, and not a flood that drives
 * the rest of the history out.
 */
typedef struct _CkAccessLog CkAccessLog;

/* Both outlive the log. */
CkAccessLog *ck_access_log_new (CkBroker *broker, CkAudit *audit) G_GNUC_WARN_UNUSED_RESULT;
void ck_access_log_free (CkAccessLog *self);

/**
 * ck_access_log_flush:
 *
 * Writes the counts that stand open: before the broker stops.
 */
void ck_access_log_flush (CkAccessLog *self);

/**
 * ck_access_log_handed_out:
 * @method: how: `GetAccessToken`, `OpenAccessToken` or `SignRequest`
 *
 * @caller was handed the token that @channel holds. One entry for each user, channel and
 * generation.
 */
void ck_access_log_handed_out (CkAccessLog *self,
                               CkCaller *caller,
                               CkChannel *channel,
                               const char *method);

/**
 * ck_access_log_refused:
 * @entry: channel, provider, caller, uid, user, method, action, outcome, unanswered and message are
 *   said
 * @channel: (nullable): the channel, if there is one
 *
 * Each refusal is a journal entry; the channel's history has one for each user and action in a day,
 * with how many came before it in that time.
 */
void ck_access_log_refused (CkAccessLog *self, const CkAuditEntry *entry, CkChannel *channel);

/* @channel is no more: nothing is counted for it. */
void ck_access_log_forget (CkAccessLog *self, CkChannel *channel);

G_END_DECLS
