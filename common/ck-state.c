/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-state.h"

static const char *const states[] = {
  [CK_STATE_UNCONNECTED] = "unconnected", [CK_STATE_CONNECTED] = "connected",
  [CK_STATE_EXPIRING] = "expiring",       [CK_STATE_INTERRUPTED] = "interrupted",
  [CK_STATE_BLOCKED] = "blocked",         [CK_STATE_EXPIRED] = "expired",
  [CK_STATE_REVOKED] = "revoked",         [CK_STATE_LOCKED] = "locked",
  [CK_STATE_SUSPENDED] = "suspended",
};
G_STATIC_ASSERT (G_N_ELEMENTS (states) == CK_N_STATES);

static const char *const causes[] = {
  [CK_CAUSE_NONE] = "none",
  [CK_CAUSE_EXPIRED] = "expired",
  [CK_CAUSE_REVOKED_BY_USER] = "revoked-by-user",
  [CK_CAUSE_PASSWORD_CHANGED] = "password-changed",
  [CK_CAUSE_PERMISSION_LOST] = "permission-lost",
  [CK_CAUSE_SCOPE_CHANGED] = "scope-changed",
  [CK_CAUSE_ACCOUNT_CHECKPOINT] = "account-checkpoint",
  [CK_CAUSE_WRONG_ACCOUNT] = "wrong-account",
  [CK_CAUSE_APP_SUSPENDED] = "app-suspended",
  [CK_CAUSE_CLIENT_MISCONFIGURED] = "client-misconfigured",
  [CK_CAUSE_RATE_LIMITED] = "rate-limited",
  [CK_CAUSE_SERVER_ERROR] = "server-error",
  [CK_CAUSE_NETWORK] = "network",
  [CK_CAUSE_DISCONNECTED] = "disconnected",
  [CK_CAUSE_UNKNOWN_REVOKED] = "unknown-revoked",
};
G_STATIC_ASSERT (G_N_ELEMENTS (causes) == CK_N_CAUSES);

static gboolean
find_word (const char *const *words, guint n_words, const char *string, guint *index)
{
  for (guint i = 0; i < n_words; i++)
    {
      if (g_strcmp0 (words[i], string) == 0)
        {
          *index = i;
          return TRUE;
        }
    }

  return FALSE;
}

const char *
ck_state_to_string (CkState state)
{
  g_return_val_if_fail ((guint) state < G_N_ELEMENTS (states), NULL);

  return states[state];
}

gboolean
ck_state_from_string (const char *string, CkState *state)
{
  guint index;

  if (!find_word (states, G_N_ELEMENTS (states), string, &index))
    return FALSE;

  *state = index;
  return TRUE;
}

const char *
ck_cause_to_string (CkCause cause)
{
  g_return_val_if_fail ((guint) cause < G_N_ELEMENTS (causes), NULL);

  return causes[cause];
}

gboolean
ck_cause_from_string (const char *string, CkCause *cause)
{
  guint index;

  if (!find_word (causes, G_N_ELEMENTS (causes), string, &index))
    return FALSE;

  *cause = index;
  return TRUE;
}
