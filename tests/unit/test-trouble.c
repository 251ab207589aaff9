/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim/sim-world.h"

/*
 * What is asked of the platforms in times of trouble, counted over hours of simulated time: neither
 * a platform that cannot be reached nor a clock that was set makes the broker ask all the time, or
 * never.
 */

#define HOUR 3600
#define DAY (24 * HOUR)
#define N_REACHED 20

typedef struct
{
  SimWorld world;
  guint n_asked; /* of the provider that the test is about */
} Fixture;

static CkOutcome *
answer (CkJob *job, gboolean *lost, gpointer user_data)
{
  Fixture *fixture = user_data;

  if (g_str_equal (job->provider, "reached"))
    return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200, NULL);

  fixture->n_asked++;
  if (g_str_equal (job->provider, "cut-off"))
    return sim_outcome_new (CK_RESULT_AUTHINFO_UNAVAIL, CK_CAUSE_NETWORK, 0, NULL);

  return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200, NULL);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  sim_world_set_up (&fixture->world);
  sim_pool_set_platform (answer, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  sim_world_tear_down (&fixture->world);
}

/* That others get through says nothing about a host that cannot be reached: it is tried again later
 * and later. */
static void
test_one_host_is_down (Fixture *fixture, gconstpointer data)
{
  sim_world_add_provider (&fixture->world, "cut-off", "Rotation=no", FALSE);
  sim_world_add_channel (&fixture->world, "waits", "cut-off", "at", "rt", HOUR, 0);
  sim_world_add_provider (&fixture->world, "reached", "Rotation=no\nVerifyEvery=60s", TRUE);
  for (guint i = 0; i < N_REACHED; i++)
    {
      g_autofree char *id = g_strdup_printf ("works-%u", i);

      sim_world_add_channel (&fixture->world, id, "reached", "at", "rt", 30 * DAY, 0);
    }
  sim_world_start (&fixture->world);

  sim_time_run (4 * HOUR);
  g_assert_cmpuint (fixture->n_asked, >=, 5);
  g_assert_cmpuint (fixture->n_asked, <=, 40);
}

/* VerifyAtStart= looks at when the broker started: by the clock that is right now. */
static void
test_clock_set_back (Fixture *fixture, gconstpointer data)
{
  sim_world_add_provider (&fixture->world, "hourly",
                          "Rotation=no\nVerifyEvery=1h\nVerifyAtStart=yes", TRUE);
  sim_world_add_channel (&fixture->world, "asked", "hourly", "at", "rt", 30 * DAY, 0);
  sim_time_run (60);
  sim_world_start (&fixture->world);
  sim_time_run (60);
  g_assert_cmpuint (fixture->n_asked, ==, 1);

  sim_time_step (-365 * DAY);
  sim_time_run (5 * HOUR);
  g_assert_cmpuint (fixture->n_asked, >=, 5);
  g_assert_cmpuint (fixture->n_asked, <=, 7);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/trouble/one-host-is-down", Fixture, NULL, set_up, test_one_host_is_down, tear_down);
  g_test_add ("/trouble/clock-set-back", Fixture, NULL, set_up, test_clock_set_back, tear_down);

  return g_test_run ();
}
