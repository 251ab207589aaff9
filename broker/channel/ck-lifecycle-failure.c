/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-lifecycle.h"

#include "ck-advice.h"
#include "ck-lifecycle-private.h"
#include "ck-names.h"

/* An unclassified refusal is believed at the third try, and not before this many seconds. */
#define REFUSALS_BELIEVED 3
#define REFUSALS_SPAN (15 * 60)

gboolean
ck_lifecycle_nobody_decided (const CkOutcome *outcome)
{
  return outcome->result == CK_RESULT_PERM_DENIED && *outcome->deciding_module == '\0';
}

gboolean
ck_lifecycle_needs_second_opinion (const CkOutcome *outcome)
{
  switch (outcome->cause)
    {
    case CK_CAUSE_EXPIRED:
    case CK_CAUSE_REVOKED_BY_USER:
    case CK_CAUSE_PASSWORD_CHANGED:
    case CK_CAUSE_UNKNOWN_REVOKED:
      return TRUE;

    case CK_CAUSE_NONE:
      return outcome->result != CK_RESULT_SUCCESS && outcome->http_status != 0;

    default:
      return FALSE;
    }
}

static void
fail_transient (CkChannelRecord *record,
                const CkChannelRecord *before,
                const CkOutcome *outcome,
                const CkLifecycleContext *context,
                GPtrArray *events)
{
  CkCause cause = outcome->cause != CK_CAUSE_NONE ? outcome->cause : CK_CAUSE_SERVER_ERROR;

  /* While a valid token is held nothing is interrupted; a worse state is not made better. */
  if (!ck_lifecycle_is_good (before->state) || ck_lifecycle_token_alive (record, context->now))
    return;

  ck_lifecycle_change_state (record, before, CK_STATE_INTERRUPTED, cause, outcome->detail, events);
}

static void
fail_dead (CkChannelRecord *record,
           const CkChannelRecord *before,
           const CkOutcome *outcome,
           CkState state,
           CkCause cause,
           GPtrArray *events)
{
  record->quarantined = TRUE;
  ck_lifecycle_set_advice (record, CK_ADVICE_RENEWAL_FAILING, FALSE);
  ck_lifecycle_change_state (record, before, state, cause, outcome->detail, events);
}

/* Rule 3: the one more try was refused or lost as well, and a person is asked. A token that is good is
 * not taken away for that: it runs out, and the plan ends the channel with it. */
static void
fail_doubtful (CkChannelRecord *record,
               const CkChannelRecord *before,
               const CkOutcome *outcome,
               const CkLifecycleContext *context,
               GPtrArray *events)
{
  static const char words[]
      = "The platform's answer to a renewal was lost, or a backup was restored, and it did not take "
        "the refresh token once more. Reconnect the channel.";
  /* By a verification, and this is the second opinion of rule 4. */
  gboolean token_refused = context->suspected && !outcome->in_doubt;

  record->doubt_tried = TRUE;
  if (token_refused || before->expires_at <= context->now
      || before->expires_at == CK_TIME_NEVER
      || !ck_lifecycle_may_hand_out (before, context->now))
    {
      record->quarantined = TRUE;
      ck_lifecycle_change_state (record, before, CK_STATE_EXPIRED, CK_CAUSE_EXPIRED, words, events);
      return;
    }

  /* A suspended client is the administrator's affair first. */
  if (!ck_lifecycle_is_good (before->state))
    return;

  g_free (record->detail);
  record->detail = g_strdup (words);
  ck_lifecycle_reconnect_no_later (record, record->expires_at);
  ck_lifecycle_announce_end (record, before, events);
}

static void
fail_unclassified (CkChannelRecord *record,
                   const CkChannelRecord *before,
                   const CkOutcome *outcome,
                   const CkLifecycleContext *context,
                   GPtrArray *events)
{
  record->refused_count++;
  if (record->refused_since == 0)
    record->refused_since = context->now;

  if (record->refused_count >= REFUSALS_BELIEVED
      && context->now >= record->refused_since + REFUSALS_SPAN)
    fail_dead (record, before, outcome, CK_STATE_REVOKED, CK_CAUSE_UNKNOWN_REVOKED, events);
  else
    fail_transient (record, before, outcome, context, events);
}

gboolean
ck_lifecycle_is_own_fault (const CkOutcome *outcome)
{
  return outcome->cause == CK_CAUSE_NONE && outcome->http_status == 0;
}

static void
fail_by_cause (CkChannelRecord *record,
               const CkChannelRecord *before,
               const CkOutcome *outcome,
               const CkLifecycleContext *context,
               GPtrArray *events)
{
  switch (outcome->cause)
    {
    case CK_CAUSE_NETWORK:
    case CK_CAUSE_SERVER_ERROR:
    case CK_CAUSE_RATE_LIMITED:
      fail_transient (record, before, outcome, context, events);
      break;

    case CK_CAUSE_EXPIRED:
      if (context->confirmed)
        fail_dead (record, before, outcome, CK_STATE_EXPIRED, outcome->cause, events);
      break;

    case CK_CAUSE_REVOKED_BY_USER:
    case CK_CAUSE_PASSWORD_CHANGED:
    case CK_CAUSE_UNKNOWN_REVOKED:
      if (context->confirmed)
        fail_dead (record, before, outcome, CK_STATE_REVOKED,
                   context->scopes_replaced ? CK_CAUSE_SCOPE_CHANGED : outcome->cause, events);
      break;

    case CK_CAUSE_PERMISSION_LOST:
    case CK_CAUSE_SCOPE_CHANGED:
    case CK_CAUSE_ACCOUNT_CHECKPOINT:
      ck_lifecycle_change_state (record, before, CK_STATE_BLOCKED, outcome->cause, outcome->detail,
                                 events);
      break;

    case CK_CAUSE_WRONG_ACCOUNT:
      ck_lifecycle_change_state (record, before, CK_STATE_LOCKED, outcome->cause, outcome->detail,
                                 events);
      break;

    case CK_CAUSE_APP_SUSPENDED:
      ck_lifecycle_change_state (record, before, CK_STATE_SUSPENDED, outcome->cause,
                                 outcome->detail, events);
      break;

    case CK_CAUSE_CLIENT_MISCONFIGURED:
      if (context->client_confirmed)
        ck_lifecycle_change_state (record, before, CK_STATE_SUSPENDED, outcome->cause,
                                   outcome->detail, events);
      else
        fail_transient (record, before, outcome, context, events);
      break;

    case CK_CAUSE_DISCONNECTED:
    case CK_CAUSE_NONE:
      fail_unclassified (record, before, outcome, context, events);
      break;
    }
}

CkChannelRecord *
ck_lifecycle_failed (const CkChannelRecord *before,
                     const char *operation,
                     const CkOutcome *outcome,
                     const CkLifecycleContext *context,
                     GPtrArray *events)
{
  g_autoptr (CkChannelRecord) record = ck_channel_record_copy (before);
  gboolean renewing = g_str_equal (operation, "renew");

  if (renewing)
    {
      record->renewal_started = 0;
      ck_lifecycle_set_advice (record, CK_ADVICE_RENEWAL_FAILING, TRUE);
    }
  /* An answer, or no request at all: the one more try of rule 3 was not spent. */
  if (renewing && !outcome->in_doubt)
    record->doubt_tried = FALSE;

  if (renewing && outcome->in_doubt && (before->doubt_tried || !context->can_renew))
    {
      fail_doubtful (record, before, outcome, context, events);
    }
  else if (renewing && outcome->in_doubt)
    {
      record->in_doubt = TRUE;
      fail_transient (record, before, outcome, context, events);
    }
  else if (renewing && before->doubt_tried && ck_lifecycle_needs_second_opinion (outcome))
    {
      fail_doubtful (record, before, outcome, context, events);
    }
  else if (ck_lifecycle_is_own_fault (outcome))
    {
      /* A worse state than good has a reason of its own, which stays. */
      if (ck_lifecycle_is_good (before->state) || before->state == CK_STATE_INTERRUPTED)
        ck_lifecycle_change_state (record, before, CK_STATE_SUSPENDED,
                                   CK_CAUSE_CLIENT_MISCONFIGURED, outcome->detail, events);
    }
  else
    {
      fail_by_cause (record, before, outcome, context, events);
    }

  return g_steal_pointer (&record);
}
