/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"

G_BEGIN_DECLS

/*
 * One thing at a time per grant. Whatever uses or replaces a channel's grant takes a turn; turns of
 * a channel run one after the other, in the order they were asked for. A renewal or a verification
 * that is under way or waits already is joined: that is how one renewal in flight per grant is kept,
 * whoever asks and however many (rule 1).
 */
typedef enum
{
  CK_TURN_RENEW,
  CK_TURN_VERIFY,
  CK_TURN_ADOPT,      /* an attempt's new grant: store, verify, make it the channel's */
  CK_TURN_DISCONNECT, /* revoke and forget */
} CkTurnKind;

/**
 * CkTurnFunc:
 * @task: the first of those who wait for it; its source tag and data are the operation's own
 *
 * Begins the turn; it ends with ck_turns_done().
 */
typedef void (*CkTurnFunc) (CkBroker *broker, CkChannel *channel, GTask *task);

/**
 * ck_turns_take:
 * @task: (transfer full): returned TRUE or an error when the turn is done
 * @func: begins it
 * @awaited: whether a caller waits for it: what is done for this channel then passes what is routine
 *
 * Renewals and verifications join one of their kind.
 */
void ck_turns_take (CkBroker *broker,
                    CkChannel *channel,
                    CkTurnKind kind,
                    CkTurnFunc func,
                    gboolean awaited,
                    GTask *task);

/**
 * ck_turns_done:
 * @error: (nullable) (transfer none): how the present turn failed
 *
 * Ends the present turn, answers all who waited for it, begins the next.
 */
void ck_turns_done (CkBroker *broker, CkChannel *channel, const GError *error);

/**
 * ck_turns_is_under_way:
 *
 * Returns: whether a turn of @kind runs or waits
 */
gboolean ck_turns_is_under_way (CkChannel *channel, CkTurnKind kind);

G_END_DECLS
