/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"

G_BEGIN_DECLS

/*
 * Channels of the same platform that one person or business is behind. What is done with one of
 * them may hit the others (rule 7).
 */

/**
 * ck_siblings_share_owner:
 * @channel: not counted
 * @owner_id: the person or business behind a grant; empty: not known
 *
 * Whether another connected channel of the same platform may be of that owner, so that a revocation
 * with a wide reach could end its grant too (rule 7). An owner that is not known may be anybody.
 */
gboolean ck_siblings_share_owner (CkBroker *broker, CkChannel *channel, const char *owner_id);

/**
 * ck_siblings_is_own:
 * @owner_id: the person or business behind another grant that @channel was offered; empty: not
 * known
 *
 * Returns: whether the grant that @channel holds may be of that owner as well, so that revoking the
 *   other one could end it (rule 6)
 */
gboolean ck_siblings_is_own (CkChannel *channel, const char *owner_id);

/**
 * ck_siblings_replaced_scopes:
 *
 * Whether another channel of the same client and owner has been granted other scopes since, at a
 * platform where that ends the grants before it: why a grant is dead that nobody else has ended.
 */
gboolean ck_siblings_replaced_scopes (CkBroker *broker, CkChannel *channel);

/**
 * ck_siblings_check_scopes:
 * @scopes: what @channel is about to ask for
 * @error: %CK_ERROR_INVALID_ARGUMENT, naming a channel that would lose its grant
 *
 * Where asking for other scopes ends the owner's earlier grants (`ScopeChangeReach=owner`), whether
 * all connected channels that may be the owner's have asked for the same ones.
 */
gboolean ck_siblings_check_scopes (CkBroker *broker,
                                   CkChannel *channel,
                                   const char *const *scopes,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_siblings_verify:
 * @channel: which has just been connected
 *
 * Asks the platform about the owner's other channels: a page dialog can have un-ticked them.
 */
void ck_siblings_verify (CkBroker *broker, CkChannel *channel);

/**
 * ck_siblings_review:
 * @provider: a platform's id
 *
 * Finds anew which of its channels have reason for the advice `shared-login` (one login is behind
 * channels that are assigned to different users) and `sibling-scope-conflict` (reconnecting this
 * one would end another one's grant, for they ask for different scopes). Called after a channel was
 * connected, disconnected or assigned.
 */
void ck_siblings_review (CkBroker *broker, const char *provider);

/**
 * ck_siblings_review_added:
 * @channel: which has just been added, without a grant
 *
 * The same, where a channel without a grant can matter.
 */
void ck_siblings_review_added (CkBroker *broker, CkChannel *channel);

G_END_DECLS
