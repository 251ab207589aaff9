/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "ck-clock.h"
#include "ck-error.h"
#include "ck-operations.h"
#include "sim/sim-world.h"

/*
 * Random sequences of calls, platform events, clocks, faults of the disk and kills against a small
 * model of what must hold (design, section 5): one renewal in flight for a grant; what is handed
 * out and announced is on disk; a refresh token that rotates is sent once, and once more only if
 * the answer was lost; a grant that the platform still takes is never called dead; nothing is ever
 * deleted; the sequence grows across restarts, and no event of the history goes unannounced; and when
 * all trouble is over every channel whose grant is alive works. A channel is excused from what the disk
 * refused to remember of it.
 *
 * CK_SOAK_SECONDS runs fresh sequences for so long; CK_SEED=N repeats one, of /rules/random or of
 * /rules/slow-disk, where a write may take five seconds.
 */

#define N_CHANNELS 9
#define N_STEPS 150
#define SHORT_RUN 3 /* seconds */
#define HOUR 3600
#define DAY (24 * HOUR)

typedef struct
{
  const char *id;
  const char *lines;
  guint64 lifetime;
  gboolean rotates;
  gboolean verifies;
} Kind;

static const Kind kinds[] = {
  { "rotating", "Rotation=yes\nVerifyEvery=6h", 2 * HOUR, TRUE, TRUE },
  { "blind", "Rotation=unknown\nVerifyEvery=1d", 4 * HOUR, TRUE, FALSE },
  { "lasting", "Rotation=no\nVerifyEvery=1h", HOUR, FALSE, TRUE },
};

/* Sequences that once broke a rule:
 * 2: a channel that only a renewal can probe stayed suspended, its one more try being spent;
 * 3: times of another clock, still to come, held a probe up for a year;
 * 1009: the clock was set back by a year while an answer was on its way;
 * 1400187505: a plan that was due in the middle of a turn expired what was being renewed;
 * 3752489612: asleep between a renewal and the verification behind it, that long that the new token
 * had run out: its refusal was taken for the second opinion about the grant;
 * 2465024229: the same, and the clock was set back as well. */
static const guint32 regressions[]
    = { 2, 3, 1009, 1400187505, 3752489612, 2465024229 };

typedef struct
{
  guint sent;
  const CkJob *job;  /* that used it last */
  gboolean answered; /* the answer is with the broker, and on disk as far as the disk allowed */
  gboolean forgotten; /* the disk refused what a next run had to know of it */
} Use;

typedef struct
{
  const Kind *kind;
  char id[16];
  guint serial;
  gint64 expires_at;
  gboolean revoked;     /* by the person, or since a used token came again */
  gboolean lose_answer; /* the next one */
  guint in_flight;      /* renewals the platform works on */
  GHashTable *uses;     /* refresh token to Use */
} Account;

typedef struct
{
  SimWorld world;
  GRand *chance;
  Account accounts[N_CHANNELS];
  gboolean network_down;
  gboolean server_down;
  gboolean client_wrong;
  gboolean disk_may_be_slow;
  guint n_handed_out;
} Rules;

/* The true time. */
static gint64
now (void)
{
  return SIM_EPOCH + sim_time_now () / G_USEC_PER_SEC;
}

static Account *
find_account (Rules *rules, const char *id)
{
  for (guint i = 0; i < N_CHANNELS; i++)
    {
      if (g_str_equal (rules->accounts[i].id, id))
        return &rules->accounts[i];
    }
  g_error ("no account %s", id);
}

static gboolean
one_in (Rules *rules, gint32 n)
{
  return g_rand_int_range (rules->chance, 0, n) == 0;
}

/* ---- the platform ---------------------------------------------------------------------------- */

static CkOutcome *
refuse (guint status, CkCause cause)
{
  return sim_outcome_new (CK_RESULT_CRED_EXPIRED, cause, status, NULL);
}

static Use *
note_use (Rules *rules, Account *account, const CkJob *job)
{
  const char *refresh = ck_grant_get_refresh_token (job->grant);
  Use *use = g_hash_table_lookup (account->uses, refresh);

  if (use == NULL)
    {
      use = g_new0 (Use, 1);
      g_hash_table_insert (account->uses, g_strdup (refresh), use);
    }
  use->sent++;
  use->job = job;
  use->forgotten |= sim_disk_is_behind (account->id);
  if (!account->kind->rotates || use->forgotten)
    return use;

  /* Rule 3. */
  g_assert_cmpuint (use->sent, <=, 2);
  g_assert_false (use->sent == 2 && use->answered);

  return use;
}

static CkOutcome *
renew (Rules *rules, Account *account, CkJob *job, gboolean *lost)
{
  const char *sent = ck_grant_get_refresh_token (job->grant);
  g_autofree char *current = g_strdup_printf ("rt-%s-%u", account->id, account->serial);
  g_autofree char *access = NULL;
  g_autofree char *refresh = NULL;

  if (rules->client_wrong)
    return refuse (401, CK_CAUSE_CLIENT_MISCONFIGURED);
  /* A dead grant may be asked about again. */
  if (account->revoked)
    return refuse (400, CK_CAUSE_UNKNOWN_REVOKED);
  note_use (rules, account, job);
  /* A used token came again: the whole family ends. */
  if (account->kind->rotates && !g_str_equal (sent, current))
    {
      account->revoked = TRUE;
      return refuse (400, CK_CAUSE_UNKNOWN_REVOKED);
    }

  account->serial++;
  account->expires_at = now () + (gint64) account->kind->lifetime;
  access = g_strdup_printf ("at-%s-%u", account->id, account->serial);
  refresh = g_strdup_printf ("rt-%s-%u", account->id, account->serial);
  *lost = account->lose_answer;
  account->lose_answer = FALSE;

  return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200,
                          sim_grant_new (access, refresh, account->kind->lifetime));
}

static CkOutcome *
verify (Account *account, CkJob *job)
{
  g_autofree char *access = g_strdup_printf ("at-%s-%u", account->id, account->serial);

  if (!account->revoked && now () < account->expires_at
      && g_str_equal (ck_grant_get_access_token (job->grant), access))
    return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200, NULL);

  return refuse (401, CK_CAUSE_UNKNOWN_REVOKED);
}

static CkOutcome *
platform (CkJob *job, gboolean *lost, gpointer user_data)
{
  Rules *rules = user_data;
  Account *account = find_account (rules, job->channel);
  Use *former = g_hash_table_lookup (account->uses, ck_grant_get_refresh_token (job->grant));

  /* This one may not get as far as the token, and its address may be that of one that did. */
  if (former != NULL)
    former->job = NULL;

  if (rules->network_down)
    return sim_outcome_new (CK_RESULT_AUTHINFO_UNAVAIL, CK_CAUSE_NETWORK, 0, NULL);
  if (rules->server_down)
    return sim_outcome_new (CK_RESULT_AUTHINFO_UNAVAIL, CK_CAUSE_SERVER_ERROR, 503, NULL);

  return g_str_equal (job->operation, "renew") ? renew (rules, account, job, lost)
                                               : verify (account, job);
}

static void
on_delivered (CkJob *job, gpointer user_data)
{
  Rules *rules = user_data;
  Use *use;

  if (!g_str_equal (job->operation, "renew"))
    return;
  use = g_hash_table_lookup (find_account (rules, job->channel)->uses,
                             ck_grant_get_refresh_token (job->grant));
  if (use != NULL && use->job == job)
    use->answered = TRUE;
}

/* ---- what must hold -------------------------------------------------------------------------- */

/* Whether the platform would still take what the broker holds. */
static gboolean
is_alive (Account *account, const CkChannelRecord *record, CkGrant *grant)
{
  g_autofree char *refresh = g_strdup_printf ("rt-%s-%u", account->id, account->serial);

  /* Rule 3: once more, and then a person is asked, whatever the platform thinks. */
  return !account->revoked && !record->doubt_tried
         && (!account->kind->rotates || g_str_equal (ck_grant_get_refresh_token (grant), refresh));
}

static void
check (Rules *rules)
{
  for (guint i = 0; i < N_CHANNELS; i++)
    {
      Account *account = &rules->accounts[i];
      const CkChannelRecord *record = sim_world_get_record (&rules->world, account->id);
      CkGrant *held = ck_channel_get_grant (sim_world_get_channel (&rules->world, account->id));

      /* Rule 5. */
      g_assert_cmpuint (sim_disk_count_grants (account->id), >=, 1);
      if (held == NULL && sim_disk_is_behind (account->id))
        continue; /* killed while memory alone held it */
      g_assert_nonnull (held);
      /* Rule 4. */
      if (is_alive (account, record, held)
          && (record->state == CK_STATE_REVOKED || record->state == CK_STATE_EXPIRED
              || record->state == CK_STATE_LOCKED))
        g_error ("%s is %s (%s), and the platform takes its grant", account->id,
                 ck_state_to_string (record->state), record->detail);
    }
}

static void
token_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Rules *rules = user_data;
  const char *id = ck_channel_get_id (CK_CHANNEL (source));
  g_autoptr (GError) error = NULL;
  guint64 generation = 0;
  gboolean unsaved = FALSE;
  g_autoptr (CkGrant) grant = ck_channel_get_token_finish (result, &generation, &unsaved, &error);
  guint64 on_disk = 0;

  /* Nobody hears what a killed broker says while it unwinds. */
  if (grant == NULL || rules->world.broker == NULL)
    return;

  /* Rule 2. */
  rules->n_handed_out++;
  g_assert_nonnull (sim_disk_get_grant (id, &on_disk));
  if (!unsaved)
    g_assert_cmpuint (on_disk, >=, generation);
  else
    g_assert_true (sim_disk_is_behind (id));
}

static void
on_event (CkChannel *channel, const CkEvent *event, gpointer user_data)
{
  guint64 generation = 0;
  guint64 on_disk = 0;

  if (!g_variant_lookup (event->details, "generation", "t", &generation)
      || sim_disk_is_behind (ck_channel_get_id (channel)))
    return;
  sim_disk_get_grant (ck_channel_get_id (channel), &on_disk);
  g_assert_cmpuint (on_disk, >=, generation);
}

/* ---- what happens ---------------------------------------------------------------------------- */

static void
call_something (Rules *rules)
{
  CkBroker *broker = rules->world.broker;
  Account *account = &rules->accounts[g_rand_int_range (rules->chance, 0, N_CHANNELS)];
  CkChannel *channel = sim_world_get_channel (&rules->world, account->id);

  switch (g_rand_int_range (rules->chance, 0, 5))
    {
    case 0:
    case 1:
      ck_channel_get_token_async (broker, channel,
                                  (guint) g_rand_int_range (rules->chance, 0, 2 * HOUR), NULL, NULL,
                                  token_cb, rules);
      break;
    case 2:
      ck_channel_renew_async (broker, channel, TRUE, NULL, NULL, NULL);
      break;
    case 3:
      ck_channel_verify_async (broker, channel, TRUE, NULL, NULL, NULL);
      break;
    default:
      ck_channel_renew_async (broker, channel, FALSE, NULL, NULL, NULL);
      break;
    }
}

static void
let_time_pass (Rules *rules)
{
  static const gint64 steps[] = { HOUR, -HOUR, 365 * DAY, -365 * DAY };

  switch (g_rand_int_range (rules->chance, 0, 8))
    {
    case 0:
    case 1:
      /* Into the middle of a round trip. */
      sim_time_run_usec (g_rand_int_range (rules->chance, 1, 60000));
      break;
    case 2:
    case 3:
      sim_time_run (g_rand_int_range (rules->chance, 1, 120));
      break;
    case 4:
    case 5:
      sim_time_run (g_rand_int_range (rules->chance, 1, 5 * HOUR));
      break;
    case 6:
      sim_time_suspend (g_rand_int_range (rules->chance, 1, 9 * HOUR));
      break;
    default:
      sim_time_step (steps[g_rand_int_range (rules->chance, 0, G_N_ELEMENTS (steps))]);
      break;
    }
}

static void
be_hostile (Rules *rules)
{
  Account *account = &rules->accounts[g_rand_int_range (rules->chance, 0, N_CHANNELS)];
  gboolean vault = FALSE;
  gboolean state_db = FALSE;

  switch (g_rand_int_range (rules->chance, 0, rules->disk_may_be_slow ? 13 : 12))
    {
    case 12:
      sim_disk_be_slow (one_in (rules, 2) ? 5 * G_USEC_PER_SEC : 0);
      break;
    case 0:
    case 1:
    case 2:
      rules->network_down = !rules->network_down;
      break;
    case 3:
    case 4:
    case 5:
      rules->server_down = !rules->server_down;
      break;
    case 6:
    case 7:
      account->lose_answer = TRUE;
      break;
    case 8:
      account->revoked |= one_in (rules, 4);
      break;
    case 9:
    case 10:
      rules->client_wrong = !rules->client_wrong && one_in (rules, 2);
      break;
    default:
      vault = one_in (rules, 4);
      state_db = one_in (rules, 8);
      sim_disk_fail (vault, state_db);
      break;
    }
}

/* What a slow disk had not taken yet was never there. */
static void
forget_answers (Rules *rules)
{
  for (guint i = 0; i < N_CHANNELS && rules->disk_may_be_slow; i++)
    {
      CkGrant *grant = sim_disk_get_grant (rules->accounts[i].id, NULL);
      Use *use = g_hash_table_lookup (rules->accounts[i].uses, ck_grant_get_refresh_token (grant));

      if (use != NULL)
        use->answered = FALSE;
    }
}

static void
start_anew (Rules *rules)
{
  if (one_in (rules, 3))
    {
      sim_world_stop (&rules->world);
    }
  else
    {
      guint n = sim_disk_count_waiting ();

      if (rules->disk_may_be_slow)
        n = (guint) g_rand_int_range (rules->chance, 0, (gint32) n + 1);
      else
        n = 0;
      sim_world_kill_unheard (&rules->world, n);
      forget_answers (rules);
    }
  if (one_in (rules, 2))
    sim_time_run (g_rand_int_range (rules->chance, 0, HOUR));
  sim_world_start (&rules->world);
}

/* All trouble is over: within the longest back-off and the longest probe everything works that can.
 */
static void
come_to_rest (Rules *rules)
{
  rules->network_down = rules->server_down = rules->client_wrong = FALSE;
  sim_disk_fail (FALSE, FALSE);
  sim_disk_be_slow (0);
  for (guint i = 0; i < N_CHANNELS; i++)
    rules->accounts[i].lose_answer = FALSE;
  sim_time_run (7 * HOUR);
  check (rules);
  sim_world_check_announced (&rules->world);

  for (guint i = 0; i < N_CHANNELS; i++)
    {
      Account *account = &rules->accounts[i];
      CkChannel *channel = sim_world_get_channel (&rules->world, account->id);
      const CkChannelRecord *record = ck_channel_get_record (channel);

      if (ck_channel_get_grant (channel) == NULL
          || !is_alive (account, record, ck_channel_get_grant (channel)))
        continue;
      if (!ck_channel_may_hand_out (channel, ck_clock_now ()) || account->expires_at <= now ())
        g_error ("%s is %s (%s) when all trouble is over", account->id,
                 ck_state_to_string (record->state), record->detail);
    }
}

static void
set_up (Rules *rules, guint32 seed)
{
  sim_world_set_up (&rules->world);
  g_random_set_seed (seed);
  rules->chance = g_rand_new_with_seed (seed);
  rules->world.on_event = on_event;
  rules->world.user_data = rules;
  sim_pool_set_platform (platform, rules);
  sim_pool_set_delivered (on_delivered);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    sim_world_add_provider (&rules->world, kinds[i].id, kinds[i].lines, kinds[i].verifies);
  for (guint i = 0; i < N_CHANNELS; i++)
    {
      Account *account = &rules->accounts[i];
      g_autofree char *access = NULL;
      g_autofree char *refresh = NULL;

      account->kind = &kinds[i % G_N_ELEMENTS (kinds)];
      account->serial = 1;
      account->expires_at = now () + (gint64) account->kind->lifetime;
      account->uses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
      g_snprintf (account->id, sizeof account->id, "ch-%u", i);
      access = g_strdup_printf ("at-%s-1", account->id);
      refresh = g_strdup_printf ("rt-%s-1", account->id);
      sim_world_add_channel (&rules->world, account->id, account->kind->id, access, refresh,
                             account->kind->lifetime, 0);
    }
  sim_world_start (&rules->world);
}

static guint
run_sequence (guint32 seed, gboolean disk_may_be_slow)
{
  g_autofree Rules *rules = g_new0 (Rules, 1);
  guint n;

  g_test_message ("CK_SEED=%u", seed);
  rules->disk_may_be_slow = disk_may_be_slow;
  set_up (rules, seed);
  for (guint step = 0; step < N_STEPS; step++)
    {
      gint32 what = g_rand_int_range (rules->chance, 0, 100);

      if (what < 50)
        call_something (rules);
      else if (what < 80)
        let_time_pass (rules);
      else if (what < 93)
        be_hostile (rules);
      else
        start_anew (rules);
      check (rules);
    }
  come_to_rest (rules);

  n = rules->n_handed_out;
  sim_world_tear_down (&rules->world);
  g_rand_free (rules->chance);
  for (guint i = 0; i < N_CHANNELS; i++)
    g_hash_table_unref (rules->accounts[i].uses);

  return n;
}

static void
test_regressions (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (regressions); i++)
    run_sequence (regressions[i], FALSE);
}

static void
test_random (gconstpointer data)
{
  gboolean disk_may_be_slow = GPOINTER_TO_INT (data);
  const char *seconds = g_getenv ("CK_SOAK_SECONDS");
  const char *seed = g_getenv ("CK_SEED");
  gint64 until
      = g_get_monotonic_time ()
        + (seconds != NULL ? g_ascii_strtoll (seconds, NULL, 10) : SHORT_RUN) * G_USEC_PER_SEC;
  guint n_sequences = 0;
  guint n = 0;

  if (seed != NULL)
    {
      run_sequence ((guint32) g_ascii_strtoull (seed, NULL, 10), disk_may_be_slow);
      return;
    }

  do
    {
      /* What everybody runs is the same each time; what is new is for the soak. */
      n += run_sequence (seconds != NULL ? (guint32) g_test_rand_int () : 1000 + n_sequences,
                         disk_may_be_slow);
      n_sequences++;
    }
  while (g_get_monotonic_time () < until);
  g_test_message ("%u sequences, %u tokens handed out", n_sequences, n);
  g_assert_cmpuint (n, >, n_sequences);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* A disk that fails is worth a warning, and here it is meant to. */
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  g_test_add_func ("/rules/regressions", test_regressions);
  g_test_add_data_func ("/rules/random", GINT_TO_POINTER (FALSE), test_random);
  g_test_add_data_func ("/rules/slow-disk", GINT_TO_POINTER (TRUE), test_random);

  return g_test_run ();
}
