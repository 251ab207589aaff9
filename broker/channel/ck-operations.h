/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"
#include "ck-lifecycle.h"
#include "ck-schedule.h"

G_BEGIN_DECLS

/*
 * What can be done with one channel. All asynchronous; who may do it was decided before. An
 * operation that is under way for the channel is joined, never doubled.
 */

/**
 * ck_channel_get_token_async:
 * @min_validity: seconds the token must still be good for; 0 for any. Renews first if less is
 *   left, once per generation
 * @scopes: (nullable): scopes that must be covered
 *
 * Errors: the one of the state's name (%CK_ERROR_NOT_CONNECTED, %CK_ERROR_REVOKED, …),
 * %CK_ERROR_INSUFFICIENT_SCOPE, %CK_ERROR_PROVIDER_UNAVAILABLE, %CK_ERROR_BUSY while starting.
 */
void ck_channel_get_token_async (CkBroker *broker,
                                 CkChannel *channel,
                                 guint min_validity,
                                 const char *const *scopes,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);

/**
 * ck_channel_peek_token:
 *
 * The common case of ck_channel_get_token_async(), without a turn of the main loop: the token held
 * is what was asked for.
 *
 * Returns: (transfer none) (nullable): the grant that holds the token; %NULL: ask
 *   ck_channel_get_token_async()
 */
CkGrant *ck_channel_peek_token (CkBroker *broker,
                                CkChannel *channel,
                                guint min_validity,
                                const char *const *scopes);

/**
 * ck_channel_get_token_finish:
 * @generation: (out) (optional): which grant it is
 * @unsaved: (out) (optional): it could not be written to the vault yet
 *
 * Returns: (transfer full) (nullable): the grant that holds the token
 */
CkGrant *ck_channel_get_token_finish (GAsyncResult *result,
                                      guint64 *generation,
                                      gboolean *unsaved,
                                      GError **error);

/**
 * ck_channel_renew_async:
 * @by_person: counts against MinCheckInterval: sooner than that, it succeeds at once if the
 *   channel is good, else fails with what is known; so it does with a token that is younger than the
 *   platform renews one
 *
 * Errors: the one of the resulting state's name; %CK_ERROR_NOT_SUPPORTED where the stack has no
 * renewal.
 */
void ck_channel_renew_async (CkBroker *broker,
                             CkChannel *channel,
                             gboolean by_person,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean ck_channel_renew_finish (GAsyncResult *result, GError **error);

/**
 * ck_channel_verify_async:
 *
 * Asks the platform whether the grant is good; a bad answer is confirmed by one renewal where
 * there is one (rule 4). MinCheckInterval as for a renewal. The outcome is the channel's state and
 * cause. Errors: only what kept it from asking.
 */
void ck_channel_verify_async (CkBroker *broker,
                              CkChannel *channel,
                              gboolean by_person,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean ck_channel_verify_finish (GAsyncResult *result, GError **error);

/**
 * ck_channel_disconnect_async:
 * @by: the user who asked, for the history
 * @tell_platform: whether the platform may be told to revoke the grant
 */
void ck_channel_disconnect_async (CkBroker *broker,
                                  CkChannel *channel,
                                  const char *by,
                                  gboolean tell_platform,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);

/**
 * ck_channel_disconnect_finish:
 *
 * Returns: (transfer none) (nullable): `revoked` or `forgotten`
 */
const char *ck_channel_disconnect_finish (GAsyncResult *result, GError **error);

/* ---- for the broker itself ------------------------------------------------------------------- */

/**
 * ck_operations_get_policy:
 *
 * Returns: (transfer none) (nullable): the renewal policy of the channel's provider for a client of
 *   its kind; %NULL if the provider's file is bad or gone
 */
const CkRenewalPolicy *ck_operations_get_policy (CkBroker *broker, CkChannel *channel);

/**
 * ck_operations_fill_context:
 * @context: (out): what ck-lifecycle.h wants to know of @channel now
 */
void ck_operations_fill_context (CkBroker *broker,
                                 CkChannel *channel,
                                 CkLifecycleContext *context);

/**
 * ck_operations_fill_schedule:
 * @input: (out): what ck-schedule.h wants to know; valid until anything changes
 *
 * Returns: %FALSE if nothing is to be planned for it (its provider is disabled)
 */
gboolean ck_operations_fill_schedule (CkBroker *broker,
                                      CkChannel *channel,
                                      CkScheduleInput *input);

/**
 * ck_operations_can_be_asked:
 *
 * Where the stack has no line for it, a verification is a renewal: not a thing to do every day.
 *
 * Returns: whether it has one
 */
gboolean ck_operations_can_be_asked (CkBroker *broker, CkChannel *channel);

/**
 * ck_operations_retry_client:
 * @client: a client whose secret or configuration has changed
 *
 * Verifies its suspended channels at once.
 */
void ck_operations_retry_client (CkBroker *broker, const char *client);

/**
 * ck_operations_reconsider:
 *
 * The configuration is another one: plans every channel anew, and verifies those at once that a
 * wrong client or stack had suspended.
 */
void ck_operations_reconsider (CkBroker *broker);

/**
 * ck_operations_act:
 *
 * Does what the schedule says is due for the channel.
 */
void ck_operations_act (CkBroker *broker, CkChannel *channel);

/* ---- computed properties --------------------------------------------------------------------- */

/**
 * ck_channel_renews_itself:
 *
 * Returns: whether a new access token can be had with nobody present
 */
gboolean ck_channel_renews_itself (CkBroker *broker, CkChannel *channel);

/**
 * ck_channel_get_next_renewal:
 *
 * Returns: Unix seconds when the next renewal is planned; 0 if none is
 */
guint64 ck_channel_get_next_renewal (CkBroker *broker, CkChannel *channel);

/**
 * ck_channel_dup_remedy:
 *
 * Returns: (transfer full): what the person, named, should do; empty when nothing
 */
char *ck_channel_dup_remedy (CkBroker *broker, CkChannel *channel);

G_END_DECLS
