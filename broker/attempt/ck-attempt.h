/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"

G_BEGIN_DECLS

/**
 * CkAttempt:
 *
 * A reconnect in progress: a connect transaction in a worker, and a person who answers its prompts.
 *
 * Signals:
 * - `prompted` (guint id, const char *style, GVariant *details): a question for the person
 * - `finished` (const char *outcome, const char *cause, const char *message): `succeeded`,
 *   `failed` or `cancelled`; emitted once, after the new grant is on disk. The attempt table drops
 *   it afterwards
 */
#define CK_TYPE_ATTEMPT (ck_attempt_get_type ())
G_DECLARE_FINAL_TYPE (CkAttempt, ck_attempt, CK, ATTEMPT, GObject)

/**
 * CkAttemptRequest:
 * @owner: the caller's unique bus name: only it may see or use the attempt
 * @uid: its uid, @user: its user name
 * @flow: `browser`, `device`, `import`, or `none`
 * @redirect_uri: (nullable): must match one of the client's
 * @scopes: (nullable): within the channel's
 * @allow_sibling_loss: go on although another channel of the same owner loses its grant by it
 *
 * Who asks for what; copied.
 */
typedef struct
{
  const char *owner;
  guint uid;
  const char *user;
  const char *flow;
  const char *redirect_uri;
  const char *const *scopes;
  gboolean allow_sibling_loss;
} CkAttemptRequest;

/**
 * ck_attempt_start:
 * @error: %CK_ERROR_BUSY (another user's attempt for this channel is under way),
 *   %CK_ERROR_LIMIT_EXCEEDED (two per user, MaxAttempts in all), %CK_ERROR_NOT_SUPPORTED (flow),
 *   %CK_ERROR_INVALID_ARGUMENT (redirect URI, or scopes that would end another
 *   channel's grant), %CK_ERROR_NOT_AUTHORIZED (scopes wider than the
 *   channel's), %CK_ERROR_VAULT_SEALED
 *
 * A second attempt by the same user for the channel supersedes the first.
 *
 * Returns: (transfer none) (nullable): the attempt, owned by the broker until it has finished
 */
CkAttempt *ck_attempt_start (CkBroker *broker,
                             CkChannel *channel,
                             const CkAttemptRequest *request,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* (transfer none) */
const char *ck_attempt_get_id (CkAttempt *self); /* random, 128 bits, hexadecimal */
const char *ck_attempt_get_owner (CkAttempt *self);
const char *ck_attempt_get_flow (CkAttempt *self);
const char *ck_attempt_get_state (CkAttempt *self); /* working, waiting, succeeded, … */
CkChannel *ck_attempt_get_channel (CkAttempt *self);
guint64 ck_attempt_get_expires_at (CkAttempt *self); /* Unix seconds */

/**
 * ck_attempt_get_prompt:
 * @style: (out) (transfer none): the open prompt's style, or ""
 * @details: (out) (transfer full): a{sv}
 *
 * Returns: its id, 0 if none is open
 */
guint ck_attempt_get_prompt (CkAttempt *self, const char **style, GVariant **details);

/**
 * ck_attempt_respond:
 * @prompt: the prompt's id
 * @answer: (transfer none): a{sv} as the style wants it, without any `h`
 * @secret: (transfer none) (nullable): for style `secret`: what was read from the descriptor
 * @error: %CK_ERROR_INVALID_ARGUMENT if that prompt is not open or the answer does not fit
 */
gboolean ck_attempt_respond (CkAttempt *self,
                             guint prompt,
                             GVariant *answer,
                             SecretValue *secret,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_attempt_cancel:
 *
 * Ends it as `cancelled`; nothing changes for the channel. No effect on a finished attempt, nor
 * once the new grant is being written.
 */
void ck_attempt_cancel (CkAttempt *self);

/**
 * ck_broker_dup_attempts:
 *
 * Returns: (transfer full) (element-type CkAttempt): those that have not finished
 */
GPtrArray *ck_broker_dup_attempts (CkBroker *self);

G_END_DECLS
