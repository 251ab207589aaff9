/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CkState:
 *
 * The state of a channel; the comment says who must act. On the bus the word of the table in
 * ck-state.c, such as `connected`.
 */
typedef enum
{
  CK_STATE_UNCONNECTED, /* never connected, or disconnected on purpose: assigned user */
  CK_STATE_CONNECTED,   /* good: nobody */
  CK_STATE_EXPIRING,    /* good, but a person must reconnect before ReconnectBy: assigned user */
  CK_STATE_INTERRUPTED, /* no valid token now, renewal goes on: nobody yet */
  CK_STATE_BLOCKED,     /* refused for a reason that may heal: assigned user, on the platform */
  CK_STATE_EXPIRED,     /* ran out, cannot be renewed without a person: assigned user */
  CK_STATE_REVOKED,     /* withdrawn: assigned user */
  CK_STATE_LOCKED,      /* reconnected as another account, no good older grant: assigned user */
  CK_STATE_SUSPENDED,   /* the OAuth app or client is at fault: administrator */
} CkState;

#define CK_N_STATES (CK_STATE_SUSPENDED + 1)

/**
 * CkCause:
 *
 * Why a channel is not connected: the canonical causes, the same on every platform.
 */
typedef enum
{
  CK_CAUSE_NONE,
  CK_CAUSE_EXPIRED,
  CK_CAUSE_REVOKED_BY_USER,
  CK_CAUSE_PASSWORD_CHANGED,
  CK_CAUSE_PERMISSION_LOST,
  CK_CAUSE_SCOPE_CHANGED,
  CK_CAUSE_ACCOUNT_CHECKPOINT,
  CK_CAUSE_WRONG_ACCOUNT,
  CK_CAUSE_APP_SUSPENDED,
  CK_CAUSE_CLIENT_MISCONFIGURED,
  CK_CAUSE_RATE_LIMITED,
  CK_CAUSE_SERVER_ERROR,
  CK_CAUSE_NETWORK,
  CK_CAUSE_DISCONNECTED,
  CK_CAUSE_UNKNOWN_REVOKED,
} CkCause;

#define CK_N_CAUSES (CK_CAUSE_UNKNOWN_REVOKED + 1)

/**
 * ck_state_to_string:
 *
 * Returns: (transfer none): the state's word on the bus
 */
const char *ck_state_to_string (CkState state);

/**
 * ck_state_from_string:
 * @string: (nullable): a word
 * @state: (out): set only on success
 *
 * Returns: whether @string names a state
 */
gboolean ck_state_from_string (const char *string, CkState *state) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_cause_to_string:
 *
 * Returns: (transfer none): the cause's word on the bus
 */
const char *ck_cause_to_string (CkCause cause);

/**
 * ck_cause_from_string:
 * @string: (nullable): a word
 * @cause: (out): set only on success
 *
 * Returns: whether @string names a cause
 */
gboolean ck_cause_from_string (const char *string, CkCause *cause) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
