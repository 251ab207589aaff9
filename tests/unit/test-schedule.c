/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-names.h"
#include "ck-schedule.h"

#define T G_GUINT64_CONSTANT (1800000000)
#define HOUR 3600
#define DAY (24 * HOUR)

/* Those without a jitter come back in the middle of five minutes. */
#define SPREAD 150

static const guint64 warn_before[] = { 14 * DAY, 7 * DAY, DAY, 0 };
static const CkSettings settings = { .renew_ahead_percent = 20, .warn_before = warn_before };

typedef struct
{
  const char *what;
  guint64 lifetime;
  CkRenewalPolicy policy;
  gboolean can_renew;
  gboolean in_doubt;
  gboolean doubt_tried;
  CkState state;
  guint64 not_before;
  guint64 started_at;
  guint n_channels;
  guint64 renewable; /* after T; 0: not known */
  guint64 limited_until;
  gboolean first; /* there was no grant before */
  CkDue due;
  guint64 when; /* after T */
} Row;

static const Row rows[] = {
  { "an hour: a fifth left, at least 5 min",
    HOUR,
    { 0 },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .due = CK_DUE_RENEW,
    .when = HOUR - 720 },
  { "ten minutes: 5 min left",
    600,
    { 0 },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .due = CK_DUE_RENEW,
    .when = 300 },
  { "a minute: never more than half",
    60,
    { 0 },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .due = CK_DUE_RENEW,
    .when = 30 },
  { "60 days: at most 7 days ahead",
    60 * DAY,
    { 0 },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .due = CK_DUE_RENEW,
    .when = 53 * DAY },
  { "a minimum age",
    2 * HOUR,
    { .min_age_before_renew = 2 * HOUR - 60 },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .due = CK_DUE_RENEW,
    .when = 2 * HOUR - 60 },
  { "on demand: nothing",
    HOUR,
    { .renewal = CK_RENEWAL_ON_DEMAND },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .due = CK_DUE_NOTHING },
  { "on demand, kept alive",
    HOUR,
    { .renewal = CK_RENEWAL_ON_DEMAND, .keep_alive = 30 * DAY },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .due = CK_DUE_RENEW,
    .when = 30 * DAY },
  { "on demand, verified",
    HOUR,
    { .renewal = CK_RENEWAL_ON_DEMAND, .verify_every = DAY },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .due = CK_DUE_VERIFY,
    .when = DAY },
  { "nobody renews it: it ends",
    HOUR,
    { 0 },
    FALSE,
    .state = CK_STATE_CONNECTED,
    .due = CK_DUE_EXPIRE,
    .when = HOUR },
  { "in doubt: a minute before the end",
    HOUR,
    { 0 },
    TRUE,
    TRUE,
    .state = CK_STATE_CONNECTED,
    .due = CK_DUE_RENEW,
    .when = HOUR - 60 },
  { "in doubt, tried: it ends",
    HOUR,
    { 0 },
    TRUE,
    TRUE,
    TRUE,
    .state = CK_STATE_CONNECTED,
    .due = CK_DUE_EXPIRE,
    .when = HOUR },
  { "interrupted: as soon as allowed",
    HOUR,
    { 0 },
    TRUE,
    .state = CK_STATE_INTERRUPTED,
    .not_before = T + 2 * HOUR,
    .due = CK_DUE_RENEW,
    .when = 2 * HOUR },
  { "interrupted on demand: not when it would be kept alive, but now",
    HOUR,
    { .renewal = CK_RENEWAL_ON_DEMAND, .keep_alive = 30 * DAY },
    TRUE,
    .state = CK_STATE_INTERRUPTED,
    .due = CK_DUE_RENEW,
    .when = 0 },
  { "failing, next try after the end: interrupted at the end",
    HOUR,
    { 0 },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .not_before = T + 2 * HOUR,
    .due = CK_DUE_INTERRUPT,
    .when = HOUR },
  { "an app's own token: fetched at once",
    HOUR,
    { .unattended = TRUE },
    FALSE,
    .state = CK_STATE_UNCONNECTED,
    .first = TRUE,
    .due = CK_DUE_CONNECT,
    .not_before = T + 60,
    .when = 60 },
  { "it was there: a person disconnected it",
    HOUR,
    { .unattended = TRUE },
    FALSE,
    .state = CK_STATE_UNCONNECTED,
    .due = CK_DUE_NOTHING },
  { "a person's: not without the person",
    HOUR,
    { 0 },
    FALSE,
    .state = CK_STATE_UNCONNECTED,
    .first = TRUE,
    .due = CK_DUE_NOTHING },
  { "verified when the broker starts",
    4 * HOUR,
    { .verify_every = HOUR, .verify_at_start = TRUE },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .started_at = T + 60,
    .due = CK_DUE_VERIFY,
    .when = 60 },
  { "as many others: in the minutes after",
    4 * HOUR,
    { .verify_every = HOUR, .verify_at_start = TRUE },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .started_at = T + 60,
    .n_channels = 10000,
    .due = CK_DUE_VERIFY,
    .when = 60 + SPREAD },
  { "the fewer they are, the sooner",
    4 * HOUR,
    { .verify_every = HOUR, .verify_at_start = TRUE },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .started_at = T + 60,
    .n_channels = 40,
    .due = CK_DUE_VERIFY,
    .when = 65 },
  { "and none after the platform's interval",
    4 * HOUR,
    { .verify_every = HOUR, .verify_at_start = TRUE },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .started_at = T + HOUR - 60,
    .n_channels = 10000,
    .due = CK_DUE_VERIFY,
    .when = HOUR - 30 },
  { "which is over: at once",
    4 * HOUR,
    { .verify_every = HOUR, .verify_at_start = TRUE },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .started_at = T + 2 * HOUR,
    .n_channels = 10000,
    .due = CK_DUE_VERIFY,
    .when = 2 * HOUR },
  { "an interval that is only ours",
    30 * DAY,
    { .renewal = CK_RENEWAL_ON_DEMAND, .verify_every = DAY },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .started_at = T + 3 * DAY,
    .n_channels = 10000,
    .due = CK_DUE_VERIFY,
    .when = 3 * DAY + SPREAD },
  { "a renewal with time to spare when the broker starts",
    60 * DAY,
    { 0 },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .started_at = T + 54 * DAY,
    .n_channels = 10000,
    .due = CK_DUE_RENEW,
    .when = 54 * DAY + SPREAD },
  { "with less of it",
    HOUR,
    { 0 },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .started_at = T + HOUR - 400,
    .n_channels = 10000,
    .due = CK_DUE_RENEW,
    .when = HOUR - 350 },
  { "with none: at once",
    HOUR,
    { 0 },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .started_at = T + HOUR - 300,
    .n_channels = 10000,
    .due = CK_DUE_RENEW,
    .when = HOUR - 720 },
  { "the refresh token ends",
    60 * DAY,
    { 0 },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .started_at = T + 54 * DAY,
    .renewable = 54 * DAY + 100,
    .n_channels = 10000,
    .due = CK_DUE_RENEW,
    .when = 53 * DAY },
  { "interrupted when the broker starts",
    60 * DAY,
    { 0 },
    TRUE,
    .state = CK_STATE_INTERRUPTED,
    .started_at = T + 54 * DAY,
    .n_channels = 10000,
    .due = CK_DUE_RENEW,
    .when = 0 },
  { "connected since: not again",
    4 * HOUR,
    { .verify_every = HOUR, .verify_at_start = TRUE },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .started_at = T,
    .due = CK_DUE_VERIFY,
    .when = HOUR },
  { "no platform that wants it",
    4 * HOUR,
    { .verify_every = HOUR },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .started_at = T + 60,
    .due = CK_DUE_VERIFY,
    .when = HOUR },
  { "revoked: nothing",
    HOUR,
    { .verify_every = DAY },
    TRUE,
    .state = CK_STATE_REVOKED,
    .due = CK_DUE_NOTHING },
  { "unconnected: nothing",
    HOUR,
    { .verify_every = DAY },
    TRUE,
    .state = CK_STATE_UNCONNECTED,
    .due = CK_DUE_NOTHING },
  { "blocked: probed",
    HOUR,
    { .verify_every = DAY },
    TRUE,
    .state = CK_STATE_BLOCKED,
    .due = CK_DUE_VERIFY,
    .when = 6 * HOUR },
  { "little left of the limit: a verification waits",
    30 * DAY,
    { .renewal = CK_RENEWAL_ON_DEMAND, .verify_every = HOUR },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .limited_until = T + HOUR + 900,
    .due = CK_DUE_VERIFY,
    .when = HOUR + 900 + SPREAD },
  { "the limit is good again before it is due",
    30 * DAY,
    { .renewal = CK_RENEWAL_ON_DEMAND, .verify_every = HOUR },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .limited_until = T + 900,
    .due = CK_DUE_VERIFY,
    .when = HOUR },
  { "it waits no longer than its interval",
    30 * DAY,
    { .renewal = CK_RENEWAL_ON_DEMAND, .verify_every = 600 },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .limited_until = T + HOUR,
    .due = CK_DUE_VERIFY,
    .when = 1200 },
  { "little left, and at the start everything is to be verified",
    30 * DAY,
    { .renewal = CK_RENEWAL_ON_DEMAND, .verify_every = HOUR, .verify_at_start = TRUE },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .started_at = T + 60,
    .limited_until = T + 900,
    .due = CK_DUE_VERIFY,
    .when = 900 + SPREAD },
  { "a probe waits as well",
    30 * DAY,
    { 0 },
    FALSE,
    .state = CK_STATE_BLOCKED,
    .limited_until = T + 7 * HOUR,
    .due = CK_DUE_VERIFY,
    .when = 7 * HOUR + SPREAD },
  { "a renewal with time to spare waits",
    60 * DAY,
    { 0 },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .limited_until = T + 53 * DAY + HOUR,
    .due = CK_DUE_RENEW,
    .when = 53 * DAY + HOUR + SPREAD },
  { "but for half of the time at most that is left",
    600,
    { 0 },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .limited_until = T + HOUR,
    .due = CK_DUE_RENEW,
    .when = 450 },
  { "one that keeps a grant alive waits",
    HOUR,
    { .renewal = CK_RENEWAL_ON_DEMAND, .keep_alive = 30 * DAY },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .limited_until = T + 30 * DAY + HOUR,
    .due = CK_DUE_RENEW,
    .when = 30 * DAY + HOUR + SPREAD },
  { "but not for ever, as it would without an end of the token to count from",
    CK_TIME_NEVER - T,
    { .keep_alive = 7 * DAY },
    TRUE,
    .state = CK_STATE_CONNECTED,
    .limited_until = T + 60 * DAY,
    .due = CK_DUE_RENEW,
    .when = 8 * DAY },
  { "no token: nothing waits",
    HOUR,
    { 0 },
    TRUE,
    .state = CK_STATE_INTERRUPTED,
    .limited_until = T + HOUR,
    .due = CK_DUE_RENEW,
    .when = 0 },
  { "in doubt: nothing waits",
    HOUR,
    { 0 },
    TRUE,
    TRUE,
    .state = CK_STATE_CONNECTED,
    .limited_until = T + 2 * HOUR,
    .due = CK_DUE_RENEW,
    .when = HOUR - 60 },
};

static void
test_next (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const Row *row = &rows[i];
      g_autoptr (CkChannelRecord) record = ck_channel_record_new ("x");
      CkScheduleInput input = { .record = record,
                                .policy = &row->policy,
                                .settings = &settings,
                                .can_renew = row->can_renew,
                                .started_at = row->started_at,
                                .n_channels = row->n_channels,
                                .limited_until = row->limited_until,
                                .not_before = row->not_before };
      guint64 when;

      g_test_message ("%s", row->what);
      record->generation = row->first ? 0 : 1;
      record->issued_at = T;
      record->expires_at = T + row->lifetime;
      record->renewable_until = row->renewable != 0 ? T + row->renewable : CK_TIME_UNKNOWN;
      record->in_doubt = row->in_doubt;
      record->doubt_tried = row->doubt_tried;
      record->state = row->state;
      g_assert_cmpint (ck_schedule_next (&input, &when), ==, row->due);
      if (row->due != CK_DUE_NOTHING)
        g_assert_cmpuint (when - T, ==, row->when);
    }
}

/* Each row had a channel that nobody would ever have looked at again, or looked at without end. */
static void
test_never_forgotten (void)
{
  static const struct
  {
    const char *what;
    CkState state;
    CkCause cause;
    guint64 lifetime; /* 0: not known */
    guint64 renewable;
    guint64 keep_alive;
    gboolean can_renew;
    gboolean unaskable;
    gboolean doubt_tried;
    guint refused_count;
    guint64 last_refused;
    CkDue due;
    guint64 when;
  } table[] = {
    { "interrupted, and nothing renews it any more", CK_STATE_INTERRUPTED, CK_CAUSE_NETWORK, HOUR,
      .due = CK_DUE_EXPIRE, .when = HOUR },
    { "interrupted, the one more try is spent", CK_STATE_INTERRUPTED, CK_CAUSE_NETWORK, HOUR,
      .can_renew = TRUE, .doubt_tried = TRUE, .due = CK_DUE_EXPIRE, .when = HOUR },
    { "on demand: the time to renew goes by", CK_STATE_CONNECTED, CK_CAUSE_NONE, HOUR,
      .renewable = 7 * DAY, .can_renew = TRUE, .due = CK_DUE_EXPIRE, .when = 7 * DAY },
    { "kept alive though its end is not known", CK_STATE_CONNECTED, CK_CAUSE_NONE, 0,
      .keep_alive = 30 * DAY, .can_renew = TRUE, .due = CK_DUE_RENEW, .when = 30 * DAY },
    { "suspended, to be asked by a renewal alone", CK_STATE_SUSPENDED,
      CK_CAUSE_CLIENT_MISCONFIGURED, HOUR, .can_renew = TRUE, .unaskable = TRUE,
      .due = CK_DUE_VERIFY, .when = HOUR },
    { "suspended, nothing to ask", CK_STATE_SUSPENDED, CK_CAUSE_CLIENT_MISCONFIGURED, HOUR,
      .unaskable = TRUE, .due = CK_DUE_NOTHING },
    { "blocked: the next probe counts from the last", CK_STATE_BLOCKED, CK_CAUSE_PERMISSION_LOST,
      HOUR, .can_renew = TRUE, .last_refused = 9 * HOUR, .due = CK_DUE_VERIFY,
      .when = 15 * HOUR },
    { "revoked for reasons unknown: daily", CK_STATE_REVOKED, CK_CAUSE_UNKNOWN_REVOKED, HOUR,
      .last_refused = DAY, .due = CK_DUE_VERIFY, .when = 2 * DAY },
    { "refused once: asked again", CK_STATE_CONNECTED, CK_CAUSE_NONE, HOUR, .can_renew = TRUE,
      .refused_count = 1, .due = CK_DUE_VERIFY, .when = 450 },
    { "refused twice: the third is after 15 minutes", CK_STATE_CONNECTED, CK_CAUSE_NONE, HOUR,
      .can_renew = TRUE, .refused_count = 2, .due = CK_DUE_VERIFY, .when = 900 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (CkChannelRecord) record = ck_channel_record_new ("x");
      const CkRenewalPolicy policy
          = { .renewal = CK_RENEWAL_ON_DEMAND, .keep_alive = table[i].keep_alive };
      CkScheduleInput input = { .record = record,
                                .policy = &policy,
                                .settings = &settings,
                                .can_renew = table[i].can_renew,
                                .unaskable = table[i].unaskable };
      guint64 when;

      g_test_message ("%s", table[i].what);
      record->generation = 1;
      record->issued_at = T;
      record->state = table[i].state;
      record->cause = table[i].cause;
      record->expires_at = table[i].lifetime != 0 ? T + table[i].lifetime : CK_TIME_UNKNOWN;
      record->renewable_until = table[i].renewable != 0 ? T + table[i].renewable : 0;
      record->in_doubt = record->doubt_tried = table[i].doubt_tried;
      record->refused_count = table[i].refused_count;
      record->refused_since = table[i].refused_count != 0 ? T : 0;
      input.last_refused = table[i].last_refused != 0 ? T + table[i].last_refused : 0;
      g_assert_cmpint (ck_schedule_next (&input, &when), ==, table[i].due);
      if (table[i].due != CK_DUE_NOTHING)
        g_assert_cmpuint (when - T, ==, table[i].when);
    }
}

/* A platform that refuses the app is not asked about what has no token to lose; it is interrupted then. */
static void
test_refused (void)
{
  static const CkRenewalPolicy policy = { .verify_every = HOUR };
  g_autoptr (CkChannelRecord) record = ck_channel_record_new ("x");
  CkScheduleInput input = { .record = record,
                            .policy = &policy,
                            .settings = &settings,
                            .can_renew = TRUE,
                            .now = T + 3 * HOUR,
                            .refused_until = T + 3 * HOUR + 300 };
  guint64 when;

  record->generation = 1;
  record->state = CK_STATE_CONNECTED;
  record->issued_at = T;
  record->expires_at = T + 4 * HOUR;
  g_assert_cmpuint (ck_schedule_next_renewal (&input), ==, T + 4 * HOUR - 4 * 720);
  g_assert_cmpint (ck_schedule_next (&input, &when), ==, CK_DUE_VERIFY);
  g_assert_cmpuint (when, ==, T + 3 * HOUR + 300 + SPREAD);

  record->expires_at = T + 2 * HOUR;
  g_assert_cmpint (ck_schedule_next (&input, &when), ==, CK_DUE_INTERRUPT);
  record->state = CK_STATE_INTERRUPTED;
  g_assert_cmpint (ck_schedule_next (&input, &when), ==, CK_DUE_RENEW);
  g_assert_cmpuint (when, ==, T + 3 * HOUR + 300 + SPREAD);
}

static void
test_jitter (void)
{
  static const CkRenewalPolicy policy = { 0 };
  g_autoptr (CkChannelRecord) record = ck_channel_record_new ("x");
  CkScheduleInput input
      = { .record = record, .policy = &policy, .settings = &settings, .can_renew = TRUE };

  record->generation = 1;
  record->state = CK_STATE_CONNECTED;
  record->issued_at = T;
  record->expires_at = T + HOUR;
  for (int i = -10; i <= 10; i++)
    {
      input.jitter = i / 10.0;
      g_assert_cmpuint (ck_schedule_next_renewal (&input), >=, T + HOUR - 792);
      g_assert_cmpuint (ck_schedule_next_renewal (&input), <=, T + HOUR - 648);
    }
}

/* Walks the 60 days of a grant that nobody renews: each warning comes once, in its time. */
static void
test_warnings (void)
{
  static const CkRenewalPolicy policy = { 0 };
  static const guint64 expected[] = { 46 * DAY, 53 * DAY, 59 * DAY };
  g_autoptr (CkChannelRecord) record = ck_channel_record_new ("x");
  CkScheduleInput input = { .record = record, .policy = &policy, .settings = &settings };
  guint64 when;

  record->generation = 1;
  record->state = CK_STATE_CONNECTED;
  record->issued_at = T;
  record->expires_at = record->reconnect_by = T + 60 * DAY;

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_assert_cmpint (ck_schedule_next (&input, &when), ==, CK_DUE_WARN);
      g_assert_cmpuint (when - T, ==, expected[i]);
      g_assert_cmpint (ck_schedule_warning (record, &settings, when - 1), ==, -1);
      g_assert_cmpint (ck_schedule_warning (record, &settings, when), ==, (int) i);
      record->warned |= (2u << i) - 1;
      record->state = CK_STATE_EXPIRING;
      g_assert_cmpint (ck_schedule_warning (record, &settings, when), ==, -1);
    }
  g_assert_cmpint (ck_schedule_next (&input, &when), ==, CK_DUE_EXPIRE);
  g_assert_cmpuint (when - T, ==, 60 * DAY);
}

static void
test_backoff (void)
{
  for (guint failures = 1; failures < 40; failures++)
    {
      guint64 ceiling = MIN (5ull << MIN (failures - 1, 20), HOUR);

      for (guint i = 0; i < 50; i++)
        {
          g_assert_cmpuint (ck_schedule_backoff (failures, 0), <=, ceiling);
          g_assert_cmpuint (ck_schedule_backoff (failures, 0), >=, 1);
        }
    }
  g_assert_cmpuint (ck_schedule_backoff (1, 7200), >=, 7200);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/schedule/next", test_next);
  g_test_add_func ("/schedule/never-forgotten", test_never_forgotten);
  g_test_add_func ("/schedule/refused", test_refused);
  g_test_add_func ("/schedule/jitter", test_jitter);
  g_test_add_func ("/schedule/warnings", test_warnings);
  g_test_add_func ("/schedule/backoff", test_backoff);

  return g_test_run ();
}
