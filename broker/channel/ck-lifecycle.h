/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-channel-record.h"
#include "ck-event.h"
#include "ck-grant.h"
#include "ck-outcome.h"
#include "ck-provider.h"

G_BEGIN_DECLS

/*
 * What an outcome means for a channel: pure functions from a record to the next one, with the
 * events that tell of it. No clock, no disk, no bus: all that decides is an argument.
 */

/**
 * CkLifecycleContext:
 * @now: Unix seconds
 * @policy: the provider's
 * @held: (nullable): (for a verification) the grant that was verified
 * @can_renew: the channel can get a new access token with nobody present
 * @unproved: (for a renewal) a verification follows: a token alone does not heal a blocked channel
 * @suspected: (for a renewal) it is the second opinion of a verification that was refused: the access
 *   token held is no good
 * @confirmed: (for a refusal) the second opinion of rule 4 agreed: the renewal that followed a bad
 *   verification was refused too, or there is no renewal to ask
 * @settled_advice: (nullable): (for a success) advice the modules found no reason for any more
 * @scopes_replaced: (for a refusal) another channel was connected since with other scopes, which at
 *   this platform ends the grants before it
 * @client_confirmed: (for `client-misconfigured`) a retry or a second channel said the same
 */
typedef struct
{
  guint64 now;
  const CkRenewalPolicy *policy;
  CkGrant *held;
  gboolean can_renew;
  gboolean unproved;
  gboolean suspected;
  gboolean confirmed;
  const char *const *settled_advice;
  gboolean scopes_replaced;
  gboolean client_confirmed;
} CkLifecycleContext;

/**
 * ck_lifecycle_granted:
 * @before: the record
 * @grant: the new grant, already in the vault
 * @generation: its number there
 * @by: (nullable): the user who reconnected; %NULL for a renewal
 * @advice: (nullable): the modules' advice
 * @events: (element-type CkEvent): `Renewed` or `Reconnected` is appended, then `Resumed` if the
 *   channel was not good
 *
 * Returns: (transfer full): the record of a connected channel, or of one that is still blocked
 */
CkChannelRecord *ck_lifecycle_granted (const CkChannelRecord *before,
                                       CkGrant *grant,
                                       guint64 generation,
                                       const char *by,
                                       const char *const *advice,
                                       const CkLifecycleContext *context,
                                       GPtrArray *events) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_lifecycle_verified:
 * @grant: (nullable): the grant with what the verification learned (the account's name, its expiry)
 *
 * The platform says the grant is good. A channel that was `blocked`, `suspended`, `interrupted` or
 * `revoked` and whose access token still lives is good again (`Resumed`).
 *
 * Returns: (transfer full): the record
 */
CkChannelRecord *ck_lifecycle_verified (const CkChannelRecord *before,
                                        CkGrant *grant,
                                        const char *const *advice,
                                        const CkLifecycleContext *context,
                                        GPtrArray *events) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_lifecycle_needs_second_opinion:
 *
 * Returns: whether a verification that ended so must be confirmed by a renewal before the channel
 *   is called dead (rule 4)
 */
gboolean ck_lifecycle_needs_second_opinion (const CkOutcome *outcome);

/**
 * ck_lifecycle_nobody_decided:
 *
 * Returns: whether every module of the stack ignored the transaction: the platform has no way to do
 *   that (a verification), or not by this flow (a connect). It says nothing about the grant.
 */
gboolean ck_lifecycle_nobody_decided (const CkOutcome *outcome);

/**
 * ck_lifecycle_is_own_fault:
 *
 * Returns: whether nothing the platform said decided: the stack or its files are at fault, which is
 *   the administrator's affair
 */
gboolean ck_lifecycle_is_own_fault (const CkOutcome *outcome);

/**
 * ck_lifecycle_failed:
 * @operation: `verify` or `renew`
 * @outcome: how it failed
 *
 * Transient trouble never changes more than `interrupted`, and that only when no valid token is
 * held. An unclassified refusal counts; the third within no less than 15 minutes is
 * `unknown-revoked`. A dead grant is quarantined, never deleted (rules 4 and 5). One in doubt whose one
 * more try failed is `expiring` as long as its access token is good, and ends with it (rule 3).
 *
 * Returns: (transfer full): the record
 */
CkChannelRecord *ck_lifecycle_failed (const CkChannelRecord *before,
                                      const char *operation,
                                      const CkOutcome *outcome,
                                      const CkLifecycleContext *context,
                                      GPtrArray *events) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_lifecycle_wrong_account:
 * @actual: the account that came back
 *
 * A reconnect came back as another account: `Locked` names both; a channel whose grant is good
 * keeps its state (rule 6).
 *
 * Returns: (transfer full): the record
 */
CkChannelRecord *ck_lifecycle_wrong_account (const CkChannelRecord *before,
                                             const char *actual,
                                             const CkLifecycleContext *context,
                                             GPtrArray *events) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_lifecycle_expired:
 *
 * The access token ran out and nothing can renew it.
 *
 * Returns: (transfer full): the record
 */
CkChannelRecord *ck_lifecycle_expired (const CkChannelRecord *before,
                                       const CkLifecycleContext *context,
                                       GPtrArray *events) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_lifecycle_interrupted:
 * @cause: of the last trouble
 *
 * The access token ran out between two tries to renew it.
 *
 * Returns: (transfer full): the record
 */
CkChannelRecord *ck_lifecycle_interrupted (const CkChannelRecord *before,
                                           CkCause cause,
                                           const CkLifecycleContext *context,
                                           GPtrArray *events) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_lifecycle_regained:
 *
 * The vault has a grant again that it had lost: it is as good as it was.
 *
 * Returns: (transfer full): the record
 */
CkChannelRecord *ck_lifecycle_regained (const CkChannelRecord *before,
                                        const CkLifecycleContext *context,
                                        GPtrArray *events) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_lifecycle_restored:
 * @grant: the grant of a backup, in the vault again
 * @generation: its number there
 * @reconnect_by: what was known, when the backup was made, of the date that only a person can move
 * @by: the user who restored it
 * @events: `Reconnected` is appended, with `restored`, then `Resumed` if the channel was not good
 *
 * Whether a refresh token that rotates was used since nobody can tell: the grant is in doubt.
 *
 * Returns: (transfer full): the record
 */
CkChannelRecord *ck_lifecycle_restored (const CkChannelRecord *before,
                                        CkGrant *grant,
                                        guint64 generation,
                                        guint64 reconnect_by,
                                        const char *by,
                                        const CkLifecycleContext *context,
                                        GPtrArray *events) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_lifecycle_warned:
 * @warning: which of the administrator's WarnBefore= steps, counted from the longest
 *
 * A person must reconnect before ReconnectBy: state `expiring`, event `Expiring`, once per step.
 *
 * Returns: (transfer full): the record
 */
CkChannelRecord *ck_lifecycle_warned (const CkChannelRecord *before,
                                      guint warning,
                                      const CkLifecycleContext *context,
                                      GPtrArray *events) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_lifecycle_disconnected:
 * @by: the user who disconnected it
 *
 * Returns: (transfer full): the record of an unconnected channel; the pinned account stays pinned
 */
CkChannelRecord *ck_lifecycle_disconnected (const CkChannelRecord *before,
                                            const char *by,
                                            const CkLifecycleContext *context,
                                            GPtrArray *events) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_lifecycle_in_doubt:
 *
 * Whether the answer to a renewal was lost is not known (rule 3): marked so, with advice. The access
 * token held goes on; the refresh token is tried exactly once more.
 *
 * Returns: (transfer full): the record
 */
CkChannelRecord *ck_lifecycle_in_doubt (const CkChannelRecord *before) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_lifecycle_advised:
 * @word: of ck-advice.h
 * @present: whether there is reason for it
 *
 * What the broker itself has noticed. `duplicate-content` goes by itself a week after the last
 * report, at the next renewal or verification.
 *
 * Returns: (transfer full) (nullable): the record; %NULL if it says so already
 */
CkChannelRecord *ck_lifecycle_advised (const CkChannelRecord *before,
                                       const char *word,
                                       gboolean present,
                                       const CkLifecycleContext *context) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_lifecycle_token_alive:
 *
 * Returns: whether the access token of @record has not run out at @now, as far as is known
 */
gboolean ck_lifecycle_token_alive (const CkChannelRecord *record, guint64 now);

/**
 * ck_lifecycle_may_hand_out:
 *
 * Returns: whether it is alive, and the state is one in which it is handed out: `connected`,
 *   `expiring`, or `suspended` for `client-misconfigured` (design: a wrong client secret must not stop
 *   a running stream)
 */
gboolean ck_lifecycle_may_hand_out (const CkChannelRecord *record, guint64 now);

G_END_DECLS
