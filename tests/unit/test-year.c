/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "ck-clock.h"
#include "ck-error.h"
#include "ck-names.h"
#include "ck-operations.h"
#include "sim/sim-world.h"

/*
 * 400 days of 50 channels at ten kinds of platform, with outages, restarts, kills, nights of sleep
 * and a person who reconnects what only a person can. Each renewal is judged by the platform when
 * it comes in, each warning when it is announced, and every channel once a day: nobody renewed too
 * early, too late or twice; every warning once and on time; no gap in validity that the platform
 * did not cause.
 */

#define DAYS 400
#define PER_KIND 5
#define HOUR G_GINT64_CONSTANT (3600)
#define DAY (24 * HOUR)
#define A_MOMENT 60
#define LAST_CALL (DAY - 5) /* all warnings have come */

typedef struct
{
  const char *id;
  const char *lifetime_lines;
  gint64 lifetime;    /* of an access token */
  gint64 min_age;     /* the platform refuses to renew a younger one */
  gint64 reconnect;   /* a person is needed so often; 0: never */
  gboolean renews;    /* without a person */
  gboolean on_demand; /* when an app asks */
  gboolean rotates;
  gint64 keep_alive; /* it dies when not renewed for so long */
  gboolean verifies;
} Kind;

static const Kind kinds[] = {
  { "four-hours", "VerifyEvery=6h\nRotation=no", 4 * HOUR, .renews = TRUE, .verifies = TRUE },
  { "two-hours", "Rotation=yes\nVerifyEvery=1d", 2 * HOUR, .renews = TRUE, .rotates = TRUE },
  { "on-demand", "Renewal=on-demand\nRotation=no\nVerifyEvery=1d\nKeepAlive=30d", HOUR,
    .renews = TRUE, .on_demand = TRUE, .keep_alive = 30 * DAY, .verifies = TRUE },
  { "on-demand-once", "Renewal=on-demand\nRotation=yes\nVerifyEvery=1d\nKeepAlive=10d", 2 * HOUR,
    .renews = TRUE, .on_demand = TRUE, .rotates = TRUE, .keep_alive = 12 * DAY },
  { "sixty-days", "MinAgeBeforeRenew=24h\nRotation=no\nVerifyEvery=1d", 60 * DAY, DAY,
    .renews = TRUE, .verifies = TRUE },
  { "a-day", "Rotation=yes\nVerifyEvery=1d\nReconnectEvery=100d", DAY, .reconnect = 100 * DAY,
    .renews = TRUE, .rotates = TRUE, .verifies = TRUE },
  { "person", "VerifyEvery=1d", 60 * DAY, .reconnect = 60 * DAY, .verifies = TRUE },
  { "thirty-days", "Rotation=unknown\nVerifyEvery=1d", 30 * DAY, .renews = TRUE, .rotates = TRUE },
  { "three-hours", "Rotation=no\nVerifyEvery=1d", 3 * HOUR, .renews = TRUE },
  { "own-lead", "RenewAhead=12h\nRotation=yes\nVerifyEvery=6h", 2 * DAY, .renews = TRUE,
    .rotates = TRUE, .verifies = TRUE },
};

static const gint64 warn_before[] = { 14 * DAY, 7 * DAY, DAY };

typedef struct
{
  const Kind *kind;
  char id[32];
  guint serial; /* of the tokens that are good */
  gint64 issued_at;
  gint64 expires_at;
  gint64 reconnect_by; /* 0: no such date */
  guint warned;        /* bit n: the n-th warning came */
  guint n_renewals;
  guint n_refused; /* by an outage, since the last renewal */
} Account;

typedef struct
{
  SimWorld world;
  Account accounts[G_N_ELEMENTS (kinds) * PER_KIND];
  gint64 outage[G_N_ELEMENTS (kinds)]; /* until when the platform is down */
  gint64 network;                      /* until when everything is */
  gint64 excuse[G_N_ELEMENTS (kinds)]; /* until when a late renewal is not the broker's fault */
  gint64 unheard;                      /* the same for all, while nobody has got through again */
  gint64 wrong_clock; /* until when anything may be renewed early, for times of our own */
  guint n_wrong_clocks;
  guint n_tokens;
  guint n_outages_met;
} Year;

/* The true time, whatever the machine's clock was set to. */
static gint64
now (void)
{
  return SIM_EPOCH + sim_time_now () / G_USEC_PER_SEC;
}

static guint
kind_index (const Account *account)
{
  return (guint) (account->kind - kinds);
}

/* ---- the platform ---------------------------------------------------------------------------- */

static gboolean
is_excused (const Year *year, const Account *account)
{
  return now () <= MAX (year->excuse[kind_index (account)], year->unheard);
}

static Account *
find_account (Year *year, const char *id)
{
  for (guint i = 0; i < G_N_ELEMENTS (year->accounts); i++)
    {
      if (g_str_equal (year->accounts[i].id, id))
        return &year->accounts[i];
    }
  g_error ("no account %s", id);
}

/* Seconds before its end at which a token of that kind may be renewed at the earliest. */
static gint64
earliest_lead (const Kind *kind)
{
  gint64 lead = strstr (kind->lifetime_lines, "RenewAhead=12h") != NULL
                    ? 12 * HOUR
                    : CLAMP (kind->lifetime / 5, 300, 7 * DAY);

  return MIN (lead + lead / 10 + 1, kind->lifetime / 2 + 1);
}

static void
judge_renewal (Year *year, Account *account, const char *refresh)
{
  const Kind *kind = account->kind;
  gint64 left = account->expires_at - now ();
  gint64 age = now () - account->issued_at;
  g_autofree char *wanted = g_strdup_printf ("rt-%s-%u", account->id, account->serial);

  /* Twice: a token that rotates is good once. */
  if (kind->rotates)
    g_assert_cmpstr (refresh, ==, wanted);
  /* Too early. */
  g_assert_cmpint (age, >=, kind->min_age);
  g_assert_cmpint (age, >=, MIN (30, kind->lifetime / 2));
  if (now () < year->wrong_clock)
    ;
  else if (!kind->on_demand)
    g_assert_cmpint (left, <=, earliest_lead (kind));
  else
    g_assert_true (left <= 0 || age >= kind->keep_alive / 2);
  /* Too late. */
  if (kind->keep_alive > 0 && !is_excused (year, account))
    g_assert_cmpint (age, <, kind->keep_alive);
  if (!kind->on_demand && !is_excused (year, account))
    g_assert_cmpint (left, >, 0);
}

static CkOutcome *
renew (Year *year, Account *account, CkJob *job)
{
  g_autofree char *access = NULL;
  g_autofree char *refresh = NULL;

  judge_renewal (year, account, ck_grant_get_refresh_token (job->grant));
  account->serial++;
  account->n_renewals++;
  account->n_refused = 0;
  account->issued_at = now ();
  account->expires_at = now () + account->kind->lifetime;
  access = g_strdup_printf ("at-%s-%u", account->id, account->serial);
  refresh = g_strdup_printf ("rt-%s-%u", account->id, account->serial);

  return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200,
                          sim_grant_new (access, refresh, (guint64) account->kind->lifetime));
}

static CkOutcome *
verify (Account *account, CkJob *job)
{
  g_autofree char *access = g_strdup_printf ("at-%s-%u", account->id, account->serial);

  if (g_str_equal (ck_grant_get_access_token (job->grant), access) && now () < account->expires_at)
    return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200, NULL);

  return sim_outcome_new (CK_RESULT_CRED_EXPIRED, CK_CAUSE_UNKNOWN_REVOKED, 401, NULL);
}

static CkOutcome *
platform (CkJob *job, gboolean *lost, gpointer user_data)
{
  Year *year = user_data;
  Account *account = find_account (year, job->channel);
  CkOutcome *outcome;

  if (now () < year->network)
    {
      year->n_outages_met++;
      return sim_outcome_new (CK_RESULT_AUTHINFO_UNAVAIL, CK_CAUSE_NETWORK, 0, NULL);
    }
  if (now () < year->outage[kind_index (account)])
    {
      outcome = sim_outcome_new (CK_RESULT_AUTHINFO_UNAVAIL, CK_CAUSE_SERVER_ERROR, 503, NULL);
      year->n_outages_met++;
      outcome->retry_after = account->n_refused++ % 3 == 0 ? 120 : 0;
      return outcome;
    }

  outcome = g_str_equal (job->operation, "renew") ? renew (year, account, job)
                                                  : verify (account, job);
  /* The first that gets through is the news: all the others try at once. */
  year->unheard = MIN (year->unheard, now () + A_MOMENT);

  return outcome;
}

/* ---- what is announced ----------------------------------------------------------------------- */

static void
on_event (CkChannel *channel, const CkEvent *event, gpointer user_data)
{
  Year *year = user_data;
  Account *account = find_account (year, ck_channel_get_id (channel));
  gint64 left = account->reconnect_by - now ();

  if (g_str_equal (event->word, "Expiring"))
    {
      guint step = 0;

      /* The nearest step that is reached. */
      g_assert_cmpint (account->reconnect_by, >, 0);
      while (step + 1 < G_N_ELEMENTS (warn_before) && left <= warn_before[step + 1])
        step++;
      g_assert_cmpint (left, <=, warn_before[step]);
      if (!is_excused (year, account))
        g_assert_cmpint (left, >=, warn_before[step] - 2);
      g_assert_cmpuint (account->warned & (1u << step), ==, 0);
      account->warned |= 1u << step;
      return;
    }

  /* Only an outage longer than the token may show. */
  if (!g_str_equal (event->word, "Renewed") && !g_str_equal (event->word, "Resumed")
      && !is_excused (year, account))
    g_error ("%s: %s with nothing to excuse it", account->id, event->word);
}

/* ---- an app ---------------------------------------------------------------------------------- */

static void
token_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Year *year = user_data;
  Account *account = find_account (year, ck_channel_get_id (CK_CHANNEL (source)));
  g_autoptr (GError) error = NULL;
  g_autoptr (CkGrant) grant = ck_channel_get_token_finish (result, NULL, NULL, &error);
  g_autofree char *access = g_strdup_printf ("at-%s-%u", account->id, account->serial);

  if (is_excused (year, account))
    return;
  g_assert_no_error (error);
  g_assert_cmpstr (ck_grant_get_access_token (grant), ==, access);
  g_assert_cmpint (account->expires_at, >, now ());
  year->n_tokens++;
}

static void
ask_for_tokens (Year *year)
{
  for (guint i = 0; i < G_N_ELEMENTS (year->accounts); i++)
    {
      /* The last of its kind is asked for so seldom that only KeepAlive= keeps it. */
      if (year->accounts[i].kind->on_demand && i % PER_KIND == PER_KIND - 1)
        continue;
      ck_channel_get_token_async (year->world.broker,
                                  sim_world_get_channel (&year->world, year->accounts[i].id), 0,
                                  NULL, NULL, token_cb, year);
    }
  sim_time_run (5);
}

/* ---- the person ------------------------------------------------------------------------------ */

static void
connect_account (Year *year, Account *account)
{
  g_autofree char *access = NULL;
  g_autofree char *refresh = NULL;

  account->serial++;
  account->issued_at = now ();
  account->expires_at = now () + account->kind->lifetime;
  account->reconnect_by = account->kind->reconnect > 0 ? now () + account->kind->reconnect : 0;
  account->warned = 0;
  access = g_strdup_printf ("at-%s-%u", account->id, account->serial);
  refresh = account->kind->renews ? g_strdup_printf ("rt-%s-%u", account->id, account->serial)
                                  : g_strdup ("");
  sim_world_add_channel (
      &year->world, account->id, account->kind->id, access, refresh,
      (guint64) account->kind->lifetime,
      account->reconnect_by > 0 ? ck_clock_now () + (guint64) account->kind->reconnect : 0);
}

/* Reconnects, with the broker stopped, whoever has less than a day left: all three warnings have
 * come.
 */
static void
reconnect (Year *year)
{
  gboolean any = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (year->accounts); i++)
    {
      Account *account = &year->accounts[i];

      if (account->reconnect_by == 0 || account->reconnect_by - now () > LAST_CALL)
        continue;
      g_assert_cmpuint (account->warned, ==, 7);
      g_assert_cmpint (sim_world_get_record (&year->world, account->id)->state, ==,
                       CK_STATE_EXPIRING);
      any = TRUE;
    }
  if (!any)
    return;

  sim_world_stop (&year->world);
  for (guint i = 0; i < G_N_ELEMENTS (year->accounts); i++)
    {
      Account *account = &year->accounts[i];

      if (account->reconnect_by != 0 && account->reconnect_by - now () <= LAST_CALL)
        connect_account (year, account);
    }
  sim_world_start (&year->world);
}

/* ---- trouble --------------------------------------------------------------------------------- */

/* Until the trouble is over and the longest back-off has gone by. */
static void
excuse (Year *year, guint kind, gint64 seconds)
{
  year->excuse[kind] = MAX (year->excuse[kind], now () + seconds);
}

static void
excuse_all (Year *year, gint64 seconds)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    excuse (year, i, seconds);
}

/* The wall clock is set; lifetimes go on. */
static const gint64 steps[] = { HOUR, -HOUR, 365 * DAY, -365 * DAY };

static void
trouble (Year *year, guint day)
{
  if (day % 23 == 7)
    {
      guint kind = day % G_N_ELEMENTS (kinds);

      year->outage[kind] = now () + 3 * HOUR;
      excuse (year, kind, 3 * HOUR + HOUR + 10);
    }
  if (day % 13 == 5)
    {
      year->network = now () + 40 * 60;
      year->unheard = year->network + HOUR + 10;
    }
  /* An answer that a kill loses on the wire is test-rules.c's subject. */
  while (sim_pool_count_running () > 0)
    sim_time_run (1);
  if (day % 17 == 3)
    sim_world_kill (&year->world);
  else if (day % 19 == 11)
    sim_world_stop (&year->world);
  if (year->world.broker == NULL)
    {
      excuse_all (year, 2 * 600 + 70);
      sim_time_run (600);
      /* The battery of the clock is empty, and it is set right when the network is there. */
      if (day % 3 == 0)
        {
          sim_time_set_silently (-3 * DAY);
          year->wrong_clock = now () + 600;
          year->n_wrong_clocks++;
        }
      sim_world_start (&year->world);
      sim_time_run (600);
      if (day % 3 == 0)
        sim_time_step (3 * DAY);
    }
  if (day % 29 == 9)
    sim_time_step (steps[day / 29 % G_N_ELEMENTS (steps)]);
  if (day % 11 == 8)
    {
      /* The night: what ran out meanwhile is renewed when the lid opens. */
      excuse_all (year, 9 * HOUR + 10);
      sim_time_suspend (9 * HOUR);
    }
}

/* ---- day by day ------------------------------------------------------------------------------ */

static void
check_day (Year *year)
{
  for (guint i = 0; i < G_N_ELEMENTS (year->accounts); i++)
    {
      Account *account = &year->accounts[i];
      CkChannel *channel = sim_world_get_channel (&year->world, account->id);
      const CkChannelRecord *record = ck_channel_get_record (channel);
      g_autofree char *access = g_strdup_printf ("at-%s-%u", account->id, account->serial);
      guint64 next = ck_channel_get_next_renewal (year->world.broker, channel);
      guint64 generation = 0;

      if (is_excused (year, account))
        continue;
      if (record->state != CK_STATE_CONNECTED && record->state != CK_STATE_EXPIRING)
        g_error ("%s is %s (%s) with nothing to excuse it", account->id,
                 ck_state_to_string (record->state), record->detail);
      g_assert_true (account->kind->on_demand || account->expires_at > now ());
      g_assert_cmpstr (ck_grant_get_access_token (ck_channel_get_grant (channel)), ==, access);
      g_assert_cmpstr (ck_grant_get_access_token (sim_disk_get_grant (account->id, &generation)),
                       ==, access);
      g_assert_cmpuint (generation, ==, record->generation);
      g_assert_cmpuint (sim_disk_count_grants (account->id), ==, 1);
      g_assert_true ((next != 0) == (account->kind->renews));
      if (next != 0)
        g_assert_cmpuint (next, >=, ck_clock_now ());
    }
}

static void
test_year (void)
{
  g_autofree Year *year = g_new0 (Year, 1);
  SimWorld *world = &year->world;

  sim_world_set_up (world);
  sim_pool_set_platform (platform, year);
  world->on_event = on_event;
  world->user_data = year;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    sim_world_add_provider (world, kinds[i].id, kinds[i].lifetime_lines, kinds[i].verifies);
  for (guint i = 0; i < G_N_ELEMENTS (year->accounts); i++)
    {
      Account *account = &year->accounts[i];

      account->kind = &kinds[i / PER_KIND];
      g_snprintf (account->id, sizeof account->id, "%s-%u", account->kind->id, i % PER_KIND);
      connect_account (year, account);
    }
  sim_world_start (world);

  for (guint day = 0; day < DAYS; day++)
    {
      for (guint quarter = 0; quarter < 4; quarter++)
        {
          sim_time_run (DAY / 4 - 5);
          ask_for_tokens (year);
        }
      check_day (year);
      reconnect (year);
      trouble (year, day);
    }

  for (guint i = 0; i < G_N_ELEMENTS (year->accounts); i++)
    {
      Account *account = &year->accounts[i];

      g_test_message ("%s: renewed %u times", account->id, account->n_renewals);
      if (account->kind->renews && !account->kind->on_demand)
        {
          guint most
              = (guint) (DAYS * DAY / (account->kind->lifetime - earliest_lead (account->kind)));

          if (account->kind->min_age == 0)
            most += year->n_wrong_clocks;
          g_assert_cmpuint (account->n_renewals, <=, most);
        }
    }
  g_test_message ("%u tokens, %u requests met an outage", year->n_tokens, year->n_outages_met);
  g_assert_cmpuint (year->n_outages_met, >, 100);
  sim_world_tear_down (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/keeper/400-days", test_year);

  return g_test_run ();
}
