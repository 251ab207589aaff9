/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-advice.h"
#include "ck-lifecycle.h"
#include "ck-names.h"

#define NOW G_GUINT64_CONSTANT (1800000000)

static const CkRenewalPolicy rotating = { .rotation = CK_ROTATION_YES };

static CkLifecycleContext
context_at (guint64 now, gboolean can_renew)
{
  return (CkLifecycleContext){
    .now = now,
    .policy = &rotating,
    .can_renew = can_renew,
    .confirmed = TRUE,
  };
}

static GPtrArray *
new_events (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) ck_event_free);
}

static CkChannelRecord *
connected_record (guint64 expires_at)
{
  CkChannelRecord *record = ck_channel_record_new ("twitch-main");

  g_free (record->assigned_user);
  record->assigned_user = g_strdup ("alice");
  g_free (record->pinned_account);
  record->pinned_account = g_strdup ("4711");
  record->state = CK_STATE_CONNECTED;
  record->generation = 3;
  record->issued_at = NOW - 100;
  record->expires_at = expires_at;

  return record;
}

static CkOutcome *
failing (CkCause cause, guint http_status)
{
  CkOutcome *outcome = g_new0 (CkOutcome, 1);

  outcome->result = CK_RESULT_AUTH_ERR;
  outcome->cause = cause;
  outcome->http_status = http_status;
  outcome->detail = g_strdup ("why");
  outcome->platform_message = g_strdup ("");
  outcome->deciding_module = g_strdup ("refresh_token.so");
  outcome->advice = g_new0 (char *, 1);

  return outcome;
}

static const char *
only_event (GPtrArray *events)
{
  g_assert_cmpuint (events->len, ==, 1);

  return ((const CkEvent *) g_ptr_array_index (events, 0))->word;
}

/* cause, is a valid token held, operation → state, event ("" for none) */
static void
test_failures (void)
{
  static const struct
  {
    CkCause cause;
    guint status;
    gboolean alive;
    CkState state;
    const char *event;
    gboolean quarantined;
  } rows[] = {
    { CK_CAUSE_NETWORK, 0, TRUE, CK_STATE_CONNECTED, "", FALSE },
    { CK_CAUSE_NETWORK, 0, FALSE, CK_STATE_INTERRUPTED, "Interrupted", FALSE },
    { CK_CAUSE_SERVER_ERROR, 503, TRUE, CK_STATE_CONNECTED, "", FALSE },
    { CK_CAUSE_SERVER_ERROR, 503, FALSE, CK_STATE_INTERRUPTED, "Interrupted", FALSE },
    { CK_CAUSE_RATE_LIMITED, 429, TRUE, CK_STATE_CONNECTED, "", FALSE },
    { CK_CAUSE_RATE_LIMITED, 429, FALSE, CK_STATE_INTERRUPTED, "Interrupted", FALSE },
    { CK_CAUSE_EXPIRED, 400, TRUE, CK_STATE_EXPIRED, "Expired", TRUE },
    { CK_CAUSE_REVOKED_BY_USER, 400, TRUE, CK_STATE_REVOKED, "Revoked", TRUE },
    { CK_CAUSE_PASSWORD_CHANGED, 400, TRUE, CK_STATE_REVOKED, "Revoked", TRUE },
    { CK_CAUSE_UNKNOWN_REVOKED, 400, TRUE, CK_STATE_REVOKED, "Revoked", TRUE },
    { CK_CAUSE_PERMISSION_LOST, 403, TRUE, CK_STATE_BLOCKED, "Blocked", FALSE },
    { CK_CAUSE_ACCOUNT_CHECKPOINT, 403, TRUE, CK_STATE_BLOCKED, "Blocked", FALSE },
    { CK_CAUSE_SCOPE_CHANGED, 403, TRUE, CK_STATE_BLOCKED, "Blocked", FALSE },
    { CK_CAUSE_APP_SUSPENDED, 401, TRUE, CK_STATE_SUSPENDED, "Suspended", FALSE },
    /* not confirmed by a second answer yet */
    { CK_CAUSE_CLIENT_MISCONFIGURED, 401, TRUE, CK_STATE_CONNECTED, "", FALSE },
    /* unclassified: one refusal is none */
    { CK_CAUSE_NONE, 418, TRUE, CK_STATE_CONNECTED, "", FALSE },
    /* our own stack is at fault */
    { CK_CAUSE_NONE, 0, TRUE, CK_STATE_SUSPENDED, "Suspended", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (CkChannelRecord) before
          = connected_record (rows[i].alive ? NOW + 1000 : NOW - 1);
      g_autoptr (CkOutcome) outcome = failing (rows[i].cause, rows[i].status);
      g_autoptr (GPtrArray) events = new_events ();
      CkLifecycleContext context = context_at (NOW, TRUE);
      g_autoptr (CkChannelRecord) after
          = ck_lifecycle_failed (before, "renew", outcome, &context, events);

      g_test_message ("row %" G_GSIZE_FORMAT ": %s", i, ck_cause_to_string (rows[i].cause));
      g_assert_cmpstr (ck_state_to_string (after->state), ==, ck_state_to_string (rows[i].state));
      g_assert_cmpint (after->quarantined, ==, rows[i].quarantined);
      if (*rows[i].event == '\0')
        g_assert_cmpuint (events->len, ==, 0);
      else
        g_assert_cmpstr (only_event (events), ==, rows[i].event);
    }
}

static void
test_unconfirmed (void)
{
  static const CkCause dead[] = { CK_CAUSE_EXPIRED, CK_CAUSE_REVOKED_BY_USER,
                                  CK_CAUSE_PASSWORD_CHANGED, CK_CAUSE_UNKNOWN_REVOKED };

  for (gsize i = 0; i < G_N_ELEMENTS (dead); i++)
    {
      g_autoptr (CkChannelRecord) before = connected_record (NOW + 1000);
      g_autoptr (CkOutcome) outcome = failing (dead[i], 401);
      g_autoptr (GPtrArray) events = new_events ();
      CkLifecycleContext context = context_at (NOW, TRUE);
      g_autoptr (CkChannelRecord) after = NULL;

      context.confirmed = FALSE;
      after = ck_lifecycle_failed (before, "verify", outcome, &context, events);
      g_assert_true (ck_lifecycle_needs_second_opinion (outcome));
      g_assert_cmpint (after->state, ==, CK_STATE_CONNECTED);
      g_assert_cmpuint (events->len, ==, 0);
    }
}

static void
test_client_confirmed (void)
{
  g_autoptr (CkChannelRecord) before = connected_record (NOW + 1000);
  g_autoptr (CkOutcome) outcome = failing (CK_CAUSE_CLIENT_MISCONFIGURED, 401);
  g_autoptr (GPtrArray) events = new_events ();
  CkLifecycleContext context = context_at (NOW, TRUE);
  g_autoptr (CkChannelRecord) after = NULL;

  context.client_confirmed = TRUE;
  after = ck_lifecycle_failed (before, "renew", outcome, &context, events);
  g_assert_cmpint (after->state, ==, CK_STATE_SUSPENDED);
  g_assert_cmpstr (only_event (events), ==, "Suspended");
  g_assert_false (after->quarantined);
}

/* Three tries over 15 minutes, and not before, make an unclassified refusal a revocation. */
static void
test_unclassified (void)
{
  static const struct
  {
    guint64 after;
    CkState state;
  } tries[] = {
    { 0, CK_STATE_CONNECTED },
    { 60, CK_STATE_CONNECTED },
    { 120, CK_STATE_CONNECTED },
    { 15 * 60, CK_STATE_REVOKED },
  };
  g_autoptr (CkChannelRecord) record = connected_record (NOW + 100000);
  g_autoptr (CkOutcome) outcome = failing (CK_CAUSE_NONE, 418);
  g_autoptr (GPtrArray) events = new_events ();

  for (gsize i = 0; i < G_N_ELEMENTS (tries); i++)
    {
      CkLifecycleContext context = context_at (NOW + tries[i].after, TRUE);
      CkChannelRecord *after = ck_lifecycle_failed (record, "renew", outcome, &context, events);

      ck_channel_record_free (record);
      record = after;
      g_assert_cmpint (record->state, ==, tries[i].state);
    }
  g_assert_cmpint (record->cause, ==, CK_CAUSE_UNKNOWN_REVOKED);
  g_assert_true (record->quarantined);
  g_assert_cmpstr (only_event (events), ==, "Revoked");
}

/* Rule 3: a lost answer is tried once more, and only once. */
static void
test_doubt (void)
{
  g_autoptr (CkChannelRecord) before = connected_record (NOW + 1000);
  g_autoptr (CkOutcome) lost = failing (CK_CAUSE_NETWORK, 0);
  g_autoptr (CkOutcome) trouble = failing (CK_CAUSE_SERVER_ERROR, 503);
  g_autoptr (GPtrArray) events = new_events ();
  CkLifecycleContext context = context_at (NOW, TRUE);
  g_autoptr (CkChannelRecord) doubtful = NULL;
  g_autoptr (CkChannelRecord) not_spent = NULL;
  g_autoptr (CkChannelRecord) found = ck_lifecycle_in_doubt (before);

  /* At the start: the mark was on disk. */
  g_assert_true (found->in_doubt);
  g_assert_true (g_strv_contains ((const char *const *) found->advice, CK_ADVICE_RENEWAL_FAILING));

  lost->in_doubt = TRUE;
  doubtful = ck_lifecycle_failed (before, "renew", lost, &context, events);
  g_assert_true (doubtful->in_doubt);
  g_assert_cmpint (doubtful->state, ==, CK_STATE_CONNECTED);
  g_assert_cmpuint (events->len, ==, 0);

  doubtful->doubt_tried = TRUE;
  not_spent = ck_lifecycle_failed (doubtful, "renew", trouble, &context, events);
  g_assert_true (not_spent->in_doubt);
  g_assert_false (not_spent->doubt_tried);
  g_assert_cmpuint (events->len, ==, 0);
}

static CkGrant *
make_issued_grant (guint64 issued_at, guint64 expires_at)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "access-token", "s", "token");
  g_variant_dict_insert (&dict, "account-id", "s", "4711");
  g_variant_dict_insert (&dict, "account-name", "s", "Alice Live");
  g_variant_dict_insert (&dict, "issued-at", "t", issued_at);
  g_variant_dict_insert (&dict, "expires-at", "t", expires_at);

  return ck_grant_new_from_members (g_variant_dict_end (&dict), NULL);
}

static CkGrant *
make_grant (guint64 expires_at)
{
  return make_issued_grant (NOW, expires_at);
}

static void
test_granted (void)
{
  g_autoptr (CkChannelRecord) before = connected_record (NOW - 5);
  g_autoptr (CkGrant) grant = make_grant (NOW + 60);
  g_autoptr (GPtrArray) events = new_events ();
  CkLifecycleContext context = context_at (NOW, TRUE);
  g_autoptr (CkChannelRecord) after = NULL;

  before->state = CK_STATE_INTERRUPTED;
  before->in_doubt = TRUE;
  before->renewal_started = 3;
  after = ck_lifecycle_granted (before, grant, 4, NULL, NULL, &context, events);

  g_assert_cmpint (after->state, ==, CK_STATE_CONNECTED);
  g_assert_cmpuint (after->generation, ==, 4);
  g_assert_cmpuint (after->expires_at, ==, NOW + 60);
  g_assert_cmpuint (after->reconnect_by, ==, 0);
  g_assert_false (after->in_doubt);
  g_assert_cmpint (after->renewal_started, ==, 0);
  g_assert_cmpstr (after->account_name, ==, "Alice Live");
  g_assert_cmpuint (events->len, ==, 2);
  g_assert_cmpstr (((CkEvent *) g_ptr_array_index (events, 0))->word, ==, "Renewed");
  g_assert_cmpstr (((CkEvent *) g_ptr_array_index (events, 1))->word, ==, "Resumed");
}

/* A new token says nothing about an account that the platform keeps from it, unless nobody asks. */
static void
test_granted_while_blocked (void)
{
  g_autoptr (CkChannelRecord) before = connected_record (NOW - 5);
  g_autoptr (CkGrant) grant = make_grant (NOW + 60);
  g_autoptr (GPtrArray) events = new_events ();
  CkLifecycleContext context = context_at (NOW, TRUE);
  g_autoptr (CkChannelRecord) after = NULL;
  g_autoptr (CkChannelRecord) healed = NULL;

  before->state = CK_STATE_BLOCKED;
  before->cause = CK_CAUSE_ACCOUNT_CHECKPOINT;
  context.unproved = TRUE;
  after = ck_lifecycle_granted (before, grant, 4, NULL, NULL, &context, events);
  g_assert_cmpint (after->state, ==, CK_STATE_BLOCKED);
  g_assert_cmpint (after->cause, ==, CK_CAUSE_ACCOUNT_CHECKPOINT);
  g_assert_cmpuint (after->generation, ==, 4);
  g_assert_cmpstr (only_event (events), ==, "Renewed");

  g_ptr_array_set_size (events, 0);
  context.unproved = FALSE;
  healed = ck_lifecycle_granted (before, grant, 4, NULL, NULL, &context, events);
  g_assert_cmpint (healed->state, ==, CK_STATE_CONNECTED);
}

/* The app asked the same person for other scopes elsewhere: that is why, whatever the platform says. */
static void
test_scopes_replaced (void)
{
  g_autoptr (CkChannelRecord) before = connected_record (NOW + 60);
  g_autoptr (GPtrArray) events = new_events ();
  CkLifecycleContext context = context_at (NOW, FALSE);
  CkOutcome outcome = { .result = CK_RESULT_CRED_UNAVAIL,
                        .cause = CK_CAUSE_REVOKED_BY_USER,
                        .detail = (char *) "why" };
  g_autoptr (CkChannelRecord) after = NULL;

  context.confirmed = TRUE;
  context.scopes_replaced = TRUE;
  after = ck_lifecycle_failed (before, "verify", &outcome, &context, events);
  g_assert_cmpint (after->state, ==, CK_STATE_REVOKED);
  g_assert_cmpint (after->cause, ==, CK_CAUSE_SCOPE_CHANGED);
}

/* Where nothing renews, the end of the access token is the date for the person. */
static void
test_reconnect_by (void)
{
  g_autoptr (CkChannelRecord) before = ck_channel_record_new ("x");
  g_autoptr (CkGrant) grant = make_grant (NOW + 5184000);
  g_autoptr (GPtrArray) events = new_events ();
  CkLifecycleContext context = context_at (NOW, FALSE);
  g_autoptr (CkChannelRecord) after
      = ck_lifecycle_granted (before, grant, 1, "alice", NULL, &context, events);

  g_assert_cmpuint (after->reconnect_by, ==, NOW + 5184000);
  g_assert_cmpstr (after->pinned_account, ==, "4711");
  g_assert_cmpstr (only_event (events), ==, "Reconnected");
}

static void
test_wrong_account (void)
{
  static const struct
  {
    CkState before;
    CkState after;
  } rows[] = {
    { CK_STATE_CONNECTED, CK_STATE_CONNECTED },
    { CK_STATE_EXPIRING, CK_STATE_EXPIRING },
    { CK_STATE_REVOKED, CK_STATE_LOCKED },
    { CK_STATE_EXPIRED, CK_STATE_LOCKED },
    { CK_STATE_UNCONNECTED, CK_STATE_LOCKED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (CkChannelRecord) before = connected_record (NOW + 1000);
      g_autoptr (GPtrArray) events = new_events ();
      CkLifecycleContext context = context_at (NOW, TRUE);
      g_autoptr (CkChannelRecord) after = NULL;
      const CkEvent *event;
      const char *account;

      before->state = rows[i].before;
      after = ck_lifecycle_wrong_account (before, "666", &context, events);
      g_assert_cmpint (after->state, ==, rows[i].after);
      g_assert_cmpstr (after->pinned_account, ==, "4711");
      g_assert_cmpstr (only_event (events), ==, "Locked");
      event = g_ptr_array_index (events, 0);
      g_assert_true (g_variant_lookup (event->details, "expected-account", "&s", &account));
      g_assert_cmpstr (account, ==, "4711");
      g_assert_true (g_variant_lookup (event->details, "actual-account", "&s", &account));
      g_assert_cmpstr (account, ==, "666");
    }
}

/* A blocked channel heals when the platform says so; an unconnected one does not. */
static void
test_verified (void)
{
  static const struct
  {
    CkState before;
    guint64 expires_at;
    CkState after;
  } rows[] = {
    { CK_STATE_CONNECTED, NOW + 10, CK_STATE_CONNECTED },
    { CK_STATE_BLOCKED, NOW + 10, CK_STATE_CONNECTED },
    { CK_STATE_SUSPENDED, NOW + 10, CK_STATE_CONNECTED },
    { CK_STATE_REVOKED, NOW + 10, CK_STATE_CONNECTED },
    { CK_STATE_BLOCKED, NOW - 10, CK_STATE_BLOCKED },
    { CK_STATE_LOCKED, NOW + 10, CK_STATE_LOCKED },
    { CK_STATE_UNCONNECTED, NOW + 10, CK_STATE_UNCONNECTED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (CkChannelRecord) before = connected_record (rows[i].expires_at);
      g_autoptr (GPtrArray) events = new_events ();
      CkLifecycleContext context = context_at (NOW, TRUE);
      g_autoptr (CkChannelRecord) after = NULL;

      before->state = rows[i].before;
      before->quarantined = rows[i].before == CK_STATE_REVOKED;
      after = ck_lifecycle_verified (before, NULL, NULL, &context, events);
      g_assert_cmpint (after->state, ==, rows[i].after);
      g_assert_cmpuint (after->last_verified, ==, NOW);
    }
}

/* The clock was set back since the grant was issued: what the platform says now is said by our clock,
 * and the rest has followed it. */
static void
test_verified_after_step (void)
{
  const guint64 year = 31536000;
  g_autoptr (CkChannelRecord) before = connected_record (NOW + 60);
  g_autoptr (CkGrant) held = make_issued_grant (NOW + year, NOW + year + 60);
  g_autoptr (CkGrant) grant = make_issued_grant (NOW + year, NOW + 3600);
  g_autoptr (GPtrArray) events = new_events ();
  CkLifecycleContext context = context_at (NOW, TRUE);
  g_autoptr (CkChannelRecord) after = NULL;

  context.held = held;
  after = ck_lifecycle_verified (before, grant, NULL, &context, events);
  g_assert_cmpuint (after->expires_at, ==, NOW + 3600);
  g_assert_cmpuint (after->issued_at, ==, before->issued_at);
}

/* A renewal does not end the warning, and says so. */
static void
test_renewed_while_expiring (void)
{
  g_autoptr (CkChannelRecord) before = connected_record (NOW + 60);
  g_autoptr (CkGrant) grant = make_grant (NOW + 3600);
  g_autoptr (GPtrArray) events = new_events ();
  CkLifecycleContext context = context_at (NOW, TRUE);
  g_autoptr (CkChannelRecord) after = NULL;
  const CkEvent *event;
  const char *state;

  before->state = CK_STATE_EXPIRING;
  before->reconnect_by = NOW + 1000;
  after = ck_lifecycle_granted (before, grant, 4, NULL, NULL, &context, events);
  g_assert_cmpint (after->state, ==, CK_STATE_EXPIRING);
  g_assert_cmpstr (only_event (events), ==, "Renewed");
  event = g_ptr_array_index (events, 0);
  g_assert_true (g_variant_lookup (event->details, "new-state", "&s", &state));
  g_assert_cmpstr (state, ==, "expiring");
}

/* ---- advice ---------------------------------------------------------------------------------- */

#define WEEK (7 * 24 * 60 * 60)

/* what the channel had, what the modules say and have settled → what it has */
static void
test_advice (void)
{
  static const struct
  {
    const char *operation; /* verify, renew, connect */
    const char *had;
    const char *advice;
    const char *settled;
    guint64 duplicates_at;
    const char *has;
  } rows[] = {
    { "connect", "", "scopes-missing", "", 0, "scopes-missing" },
    { "connect", "no-two-factor renewal-failing", "", "", 0, "" },
    { "renew", "no-two-factor", "", "", 0, "no-two-factor" },
    { "renew", "renewal-failing", "", "", 0, "" },
    { "renew", "scopes-missing", "", "scopes-missing", 0, "" },
    { "renew", "", "scopes-missing", "", 0, "scopes-missing" },
    { "verify", "no-two-factor", "", "no-two-factor", 0, "" },
    { "verify", "renewal-failing", "no-two-factor", "", 0, "renewal-failing no-two-factor" },
    { "verify", "duplicate-content", "", "", NOW - WEEK + 1, "duplicate-content" },
    { "verify", "duplicate-content", "", "", NOW - WEEK, "" },
    { "renew", "duplicate-content", "", "", NOW - 60, "duplicate-content" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (CkChannelRecord) before = connected_record (NOW + 1000);
      g_autoptr (CkGrant) grant = make_grant (NOW + 60);
      g_autoptr (GPtrArray) events = new_events ();
      g_auto (GStrv) advice = g_strsplit (rows[i].advice, " ", -1);
      g_auto (GStrv) settled = g_strsplit (rows[i].settled, " ", -1);
      CkLifecycleContext context = context_at (NOW, TRUE);
      g_autoptr (CkChannelRecord) after = NULL;
      g_autofree char *has = NULL;

      g_test_message ("row %" G_GSIZE_FORMAT, i);
      g_strfreev (before->advice);
      before->advice = g_strsplit (rows[i].had, " ", -1);
      before->duplicates_at = rows[i].duplicates_at;
      context.settled_advice = (const char *const *) settled;
      if (g_str_equal (rows[i].operation, "verify"))
        after
            = ck_lifecycle_verified (before, NULL, (const char *const *) advice, &context, events);
      else
        after = ck_lifecycle_granted (before, grant, 4,
                                      g_str_equal (rows[i].operation, "connect") ? "alice" : NULL,
                                      (const char *const *) advice, &context, events);
      has = g_strjoinv (" ", after->advice);
      g_assert_cmpstr (has, ==, rows[i].has);
    }
}

/* Set while the last renewal did not work and a token is still held; a dead grant needs no such
 * word. */
static void
test_renewal_failing (void)
{
  static const struct
  {
    CkCause cause;
    const char *operation;
    gboolean advised;
  } rows[] = {
    { CK_CAUSE_NETWORK, "renew", TRUE },
    { CK_CAUSE_SERVER_ERROR, "renew", TRUE },
    { CK_CAUSE_NETWORK, "verify", FALSE },
    { CK_CAUSE_PASSWORD_CHANGED, "renew", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (CkChannelRecord) before = connected_record (NOW + 1000);
      g_autoptr (CkOutcome) outcome = failing (rows[i].cause, 503);
      g_autoptr (GPtrArray) events = new_events ();
      CkLifecycleContext context = context_at (NOW, TRUE);
      g_autoptr (CkChannelRecord) after
          = ck_lifecycle_failed (before, rows[i].operation, outcome, &context, events);
      const char *const *advice = (const char *const *) after->advice;

      g_test_message ("row %" G_GSIZE_FORMAT, i);
      g_assert_cmpint (g_strv_contains (advice, CK_ADVICE_RENEWAL_FAILING), ==, rows[i].advised);
    }
}

static void
test_advised (void)
{
  g_autoptr (CkChannelRecord) before = connected_record (NOW + 1000);
  CkLifecycleContext context = context_at (NOW, TRUE);
  g_autoptr (CkChannelRecord) first
      = ck_lifecycle_advised (before, CK_ADVICE_DUPLICATE_CONTENT, TRUE, &context);
  g_autoptr (CkChannelRecord) second = NULL;
  g_autoptr (CkChannelRecord) shared = NULL;
  g_autoptr (CkChannelRecord) again = NULL;

  g_assert_cmpuint (first->duplicates_at, ==, NOW);
  g_assert_cmpstr (first->advice[0], ==, CK_ADVICE_DUPLICATE_CONTENT);

  /* Each report begins the week anew. */
  context.now = NOW + 60;
  second = ck_lifecycle_advised (first, CK_ADVICE_DUPLICATE_CONTENT, TRUE, &context);
  g_assert_cmpuint (second->duplicates_at, ==, NOW + 60);

  shared = ck_lifecycle_advised (second, CK_ADVICE_SHARED_LOGIN, TRUE, &context);
  g_assert_cmpuint (g_strv_length (shared->advice), ==, 2);
  again = ck_lifecycle_advised (shared, CK_ADVICE_SHARED_LOGIN, TRUE, &context);
  g_assert_null (again);
  again = ck_lifecycle_advised (shared, CK_ADVICE_SHARED_LOGIN, FALSE, &context);
  g_assert_cmpuint (g_strv_length (again->advice), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lifecycle/failures", test_failures);
  g_test_add_func ("/lifecycle/advice", test_advice);
  g_test_add_func ("/lifecycle/renewal-failing", test_renewal_failing);
  g_test_add_func ("/lifecycle/advised", test_advised);
  g_test_add_func ("/lifecycle/unconfirmed", test_unconfirmed);
  g_test_add_func ("/lifecycle/client-confirmed", test_client_confirmed);
  g_test_add_func ("/lifecycle/unclassified", test_unclassified);
  g_test_add_func ("/lifecycle/doubt", test_doubt);
  g_test_add_func ("/lifecycle/granted", test_granted);
  g_test_add_func ("/lifecycle/granted-while-blocked", test_granted_while_blocked);
  g_test_add_func ("/lifecycle/scopes-replaced", test_scopes_replaced);
  g_test_add_func ("/lifecycle/reconnect-by", test_reconnect_by);
  g_test_add_func ("/lifecycle/renewed-while-expiring", test_renewed_while_expiring);
  g_test_add_func ("/lifecycle/wrong-account", test_wrong_account);
  g_test_add_func ("/lifecycle/verified", test_verified);
  g_test_add_func ("/lifecycle/verified-after-step", test_verified_after_step);

  return g_test_run ();
}
