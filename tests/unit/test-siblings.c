/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <time.h>

#include "ck-advice.h"
#include "ck-clock.h"
#include "ck-siblings.h"
#include "sim/sim-world.h"

#define LIFETIME (30 * 86400)
#define MANY 5000

/* A platform at which asking for other scopes ends the owner's other grants. */
#define ENDS_OTHERS "VerifyEvery=never\n[OAuth2]\nScopeChangeReach=owner"

static void
replace (char **target, const char *value)
{
  g_free (*target);
  *target = g_strdup (value);
}

static void
put (const char *id, const char *client, const char *owner, const char *scopes, CkState state)
{
  CkChannelRecord *record = ck_channel_record_new (id);
  g_autoptr (CkGrant) grant = sim_grant_new ("at", "rt", LIFETIME);

  replace (&record->provider, "place");
  replace (&record->client, client);
  replace (&record->assigned_user, "alice");
  replace (&record->pinned_account, id);
  replace (&record->owner_id, owner);
  g_strfreev (record->scopes);
  record->scopes = g_strsplit (scopes, " ", -1);
  record->state = state;
  record->generation = 1;
  record->issued_at = record->last_verified = ck_clock_now ();
  record->expires_at = record->issued_at + LIFETIME;
  sim_disk_put (record, grant);
}

static gboolean
is_advised (const CkChannelRecord *record)
{
  return g_strv_contains ((const char *const *) record->advice, CK_ADVICE_SIBLING_SCOPE_CONFLICT);
}

/* ---- whom it is said of ------------------------------------------------------------------------ */

static const char *const clients[] = { "one", "two" };
static const char *const owners[] = { "", "bea", "carl", "dora" };
static const char *const states[] = { "connected", "unconnected" };
/* Two spellings of one set, and others. */
static const char *const scope_sets[] = { "post read", "read post read", "read", "" };
static const guint spelling_of[] = { 0, 0, 1, 2 };

typedef struct
{
  guint client, owner, state, scopes;
} Choice;

static gboolean
expect_conflict (const Choice *choices, guint n, guint self)
{
  for (guint i = 0; i < n; i++)
    {
      if (i != self && choices[i].state == 0 && choices[i].client == choices[self].client
          && (choices[i].owner == 0 || choices[self].owner == 0
              || choices[i].owner == choices[self].owner)
          && spelling_of[choices[i].scopes] != spelling_of[choices[self].scopes])
        return TRUE;
    }

  return FALSE;
}

/* Each channel compared with each other one is the judge of the index. */
static void
test_conflicts (void)
{
  guint n_conflicts = 0, n_good = 0;

  for (guint round = 0; round < 60; round++)
    {
      SimWorld world = { 0 };
      Choice choices[12];
      guint n = (guint) g_test_rand_int_range (1, G_N_ELEMENTS (choices) + 1);

      sim_world_set_up (&world);
      sim_world_add_provider (&world, "place", ENDS_OTHERS, FALSE);
      for (guint i = 0; i < n; i++)
        {
          g_autofree char *id = g_strdup_printf ("ch-%u", i);
          CkState state;

          choices[i] = (Choice){ (guint) g_test_rand_int_range (0, G_N_ELEMENTS (clients)),
                                 (guint) g_test_rand_int_range (0, G_N_ELEMENTS (owners)),
                                 (guint) g_test_rand_int_range (0, G_N_ELEMENTS (states)),
                                 (guint) g_test_rand_int_range (0, G_N_ELEMENTS (scope_sets)) };
          g_assert_true (ck_state_from_string (states[choices[i].state], &state));
          put (id, clients[choices[i].client], owners[choices[i].owner], scope_sets[choices[i].scopes],
               state);
        }
      sim_world_start (&world);
      ck_siblings_review (world.broker, "place");

      for (guint i = 0; i < n; i++)
        {
          g_autofree char *id = g_strdup_printf ("ch-%u", i);
          gboolean expected = expect_conflict (choices, n, i);

          g_assert_cmpint (is_advised (sim_world_get_record (&world, id)), ==, expected);
          n_conflicts += expected;
          n_good += !expected;
        }
      sim_world_tear_down (&world);
    }
  g_assert_cmpuint (n_conflicts, >, 50);
  g_assert_cmpuint (n_good, >, 50);
}

/* ---- what it costs ---------------------------------------------------------------------------- */

/* Processor time, milliseconds: the machine may be busy. */
static double
time_of_review (guint n_channels)
{
  SimWorld world = { 0 };
  clock_t began, took;

  sim_world_set_up (&world);
  sim_world_add_provider (&world, "place", ENDS_OTHERS, FALSE);
  for (guint i = 0; i < n_channels; i++)
    {
      g_autofree char *id = g_strdup_printf ("ch-%u", i);
      g_autofree char *owner = g_strdup_printf ("owner-%u", i);

      put (id, "one", owner, "openid profile w_member_social", CK_STATE_CONNECTED);
    }
  sim_world_start (&world);

  began = clock ();
  ck_siblings_review (world.broker, "place");
  took = clock () - began;
  g_assert_false (is_advised (sim_world_get_record (&world, "ch-0")));
  sim_world_tear_down (&world);

  return (double) took * 1000 / CLOCKS_PER_SEC;
}

/* Nobody waits for it: it runs on the main loop, after each connect. */
static void
test_many (void)
{
  double took = time_of_review (MANY);

  g_test_message ("%u channels of one client: %.0f ms", MANY, took);
  /* Each compared with each other one it was 2.4 s. */
  g_assert_cmpfloat (took, <, 1000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/siblings/conflicts", test_conflicts);
  g_test_add_func ("/siblings/many", test_many);

  return g_test_run ();
}
