/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"

G_BEGIN_DECLS

/**
 * ck_channel_job_new:
 * @operation: `connect`, `verify`, `renew` or `revoke`
 * @grant: (nullable): the grant to work on
 * @error: %CK_ERROR_NO_SUCH_PROVIDER, %CK_ERROR_NO_SUCH_CLIENT, %CK_ERROR_NOT_SUPPORTED (the stack
 *   has no line for @operation)
 *
 * The transaction of one operation of a channel, with all a worker has to know for it.
 *
 * Returns: (transfer full) (nullable): a job without flow, redirect URI and conversation
 */
CkJob *ck_channel_job_new (CkBroker *broker,
                           CkChannel *channel,
                           const char *operation,
                           CkGrant *grant,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_channel_job_set_extra:
 * @key: a member of Worker1.Run's @transaction
 * @value: (transfer floating): its value
 */
void ck_channel_job_set_extra (CkJob *job, const char *key, GVariant *value);

/**
 * ck_channel_job_noted:
 * @outcome: how a transaction of the channel ended
 *
 * Keeps what every outcome may carry: a discovery document for the cache, which of the client's
 * secrets is good, how much is left of a rate limit.
 */
void ck_channel_job_noted (CkBroker *broker, CkChannel *channel, const CkOutcome *outcome);

/**
 * ck_channel_job_failed:
 * @error: why no transaction took place, or none that can be told of
 *
 * Returns: (transfer full): an outcome that says so: transient, our side's fault, nothing in doubt
 */
CkOutcome *ck_channel_job_failed (const GError *error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
