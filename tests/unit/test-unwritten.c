/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-clock.h"
#include "ck-error.h"
#include "ck-operations.h"
#include "sim/sim-world.h"

/*
 * What an administrator changes is answered when state.db has it, or refuses it; and what it refused
 * is written again until it has it.
 */

#define DAY (24 * G_GINT64_CONSTANT (3600))
#define N_CHANNELS 20

typedef struct
{
  SimWorld world;
  guint n_warnings;
  guint n_answers;
  GError *error; /* of the last answer */
} Fixture;

static CkOutcome *
answer (CkJob *job, gboolean *lost, gpointer user_data)
{
  return sim_outcome_new (CK_RESULT_AUTHINFO_UNAVAIL, CK_CAUSE_NETWORK, 0, NULL);
}

static void
on_event (CkChannel *channel, const CkEvent *event, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_warnings += g_str_equal (event->word, "Expiring");
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  sim_world_set_up (&fixture->world);
  sim_pool_set_platform (answer, fixture);
  fixture->world.on_event = on_event;
  fixture->world.user_data = fixture;
  sim_world_add_provider (&fixture->world, "lasting", "Rotation=no", FALSE);
  for (guint i = 0; i < N_CHANNELS; i++)
    {
      g_autofree char *id = g_strdup_printf ("ch-%u", i);

      /* The first warning comes in a day. */
      sim_world_add_channel (&fixture->world, id, "lasting", "at", "rt", 300 * DAY,
                             ck_clock_now () + 15 * DAY);
    }
  sim_world_start (&fixture->world);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  sim_world_tear_down (&fixture->world);
  g_clear_error (&fixture->error);
}

static void
refuse (Fixture *fixture)
{
  sim_disk_fail (FALSE, TRUE);
}

/* One warning of the journal for each channel, not one every time. */
static void
expect_refusals (guint n)
{
  for (guint i = 0; i < n; i++)
    g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING,
                           "*announced though it could not be written: the simulated disk*");
}

static void
modified_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_answers++;
  g_clear_error (&fixture->error);
  ck_broker_modify_channel_finish (CK_BROKER (source), result, &fixture->error);
}

static void
assign (Fixture *fixture, const char *id, const char *user)
{
  CkChannel *channel = sim_world_get_channel (&fixture->world, id);
  CkChannelRecord *record = ck_channel_record_copy (ck_channel_get_record (channel));

  g_free (record->assigned_user);
  record->assigned_user = g_strdup (user);
  ck_broker_modify_channel_async (fixture->world.broker, channel, record, "Assigned", "root",
                                  modified_cb, fixture);
}

static void
test_answered_when_written (Fixture *fixture, gconstpointer data)
{
  sim_disk_be_slow (5 * G_USEC_PER_SEC);
  assign (fixture, "ch-0", "bob");
  sim_time_run (4);
  g_assert_cmpuint (fixture->n_answers, ==, 0);
  g_assert_cmpstr (sim_disk_get_record ("ch-0")->assigned_user, ==, "alice");

  sim_time_run (2);
  g_assert_cmpuint (fixture->n_answers, ==, 1);
  g_assert_no_error (fixture->error);
  g_assert_cmpstr (sim_disk_get_record ("ch-0")->assigned_user, ==, "bob");
}

/* In force at once, said to be nowhere else, and there as soon as the disk takes it. */
static void
test_refused_and_written_later (Fixture *fixture, gconstpointer data)
{
  refuse (fixture);
  expect_refusals (1);
  assign (fixture, "ch-0", "bob");
  sim_time_run (60);
  g_assert_cmpuint (fixture->n_answers, ==, 1);
  g_assert_error (fixture->error, CK_ERROR, CK_ERROR_STORE);
  g_assert_true (g_str_has_prefix (fixture->error->message,
                                   "ch-0: the change is in force but not on disk"));
  g_assert_true (g_str_has_suffix (fixture->error->message, "the simulated disk refuses"));
  g_assert_cmpstr (sim_world_get_record (&fixture->world, "ch-0")->assigned_user, ==, "bob");
  g_assert_cmpstr (sim_disk_get_record ("ch-0")->assigned_user, ==, "alice");
  g_test_assert_expected_messages ();

  sim_disk_fail (FALSE, FALSE);
  sim_time_run (6);
  g_assert_cmpstr (sim_disk_get_record ("ch-0")->assigned_user, ==, "bob");
  sim_world_kill (&fixture->world);
  sim_world_start (&fixture->world);
  g_assert_cmpstr (sim_world_get_record (&fixture->world, "ch-0")->assigned_user, ==, "bob");
}

/* Killed before it is written: nobody was told that it is. */
static void
test_killed_before_written (Fixture *fixture, gconstpointer data)
{
  expect_refusals (1);
  assign (fixture, "ch-0", "bob");
  sim_world_kill (&fixture->world);
  g_test_assert_expected_messages ();
  g_assert_error (fixture->error, CK_ERROR, CK_ERROR_STORE);
  sim_world_start (&fixture->world);
  g_assert_cmpstr (sim_world_get_record (&fixture->world, "ch-0")->assigned_user, ==, "alice");
}

static void
disconnected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_answers++;
  g_assert_cmpstr (ck_channel_disconnect_finish (result, NULL), ==, "forgotten");
  g_assert_cmpint (sim_disk_get_record ("ch-0")->state, ==, CK_STATE_UNCONNECTED);
}

/* Else a kill would make of it one that lost its grant, and call for a person. */
static void
test_disconnected_when_written (Fixture *fixture, gconstpointer data)
{
  sim_disk_be_slow (5 * G_USEC_PER_SEC);
  ck_channel_disconnect_async (fixture->world.broker, sim_world_get_channel (&fixture->world, "ch-0"),
                               "alice", TRUE, NULL, disconnected_cb, fixture);
  sim_time_run (30);
  g_assert_cmpuint (fixture->n_answers, ==, 1);
}

/* A disk that is full for long is asked by one channel, not by all; then all are written, and nothing
 * is tried any more. */
static void
test_many_unwritten (Fixture *fixture, gconstpointer data)
{
  guint n_refused;
  guint n_rings;

  refuse (fixture);
  expect_refusals (N_CHANNELS);
  for (guint i = 0; i < N_CHANNELS; i++)
    {
      g_autofree char *id = g_strdup_printf ("ch-%u", i);

      assign (fixture, id, "bob");
    }
  sim_time_run (1);
  n_refused = sim_disk_count_refused ();
  g_assert_cmpuint (n_refused, ==, N_CHANNELS);
  sim_time_run (3600);
  g_assert_cmpuint (sim_disk_count_refused () - n_refused, >=, 600);
  g_assert_cmpuint (sim_disk_count_refused () - n_refused, <=, 720);

  sim_disk_fail (FALSE, FALSE);
  sim_time_run (6);
  for (guint i = 0; i < N_CHANNELS; i++)
    {
      g_autofree char *id = g_strdup_printf ("ch-%u", i);

      g_assert_cmpstr (sim_disk_get_record (id)->assigned_user, ==, "bob");
    }
  n_rings = sim_time_count_rings ();
  sim_time_run (3600);
  g_assert_cmpuint (sim_time_count_rings (), ==, n_rings);
}

/* Each warning once, across a full disk and a restart. */
static void
test_warned_once (Fixture *fixture, gconstpointer data)
{
  refuse (fixture);
  expect_refusals (N_CHANNELS);
  sim_time_run (DAY + 60);
  g_assert_cmpuint (fixture->n_warnings, ==, N_CHANNELS);
  g_assert_cmpuint (sim_disk_get_record ("ch-0")->warned, ==, 0);

  sim_disk_fail (FALSE, FALSE);
  sim_time_run (6);
  sim_world_kill (&fixture->world);
  sim_world_start (&fixture->world);
  sim_time_run (DAY);
  g_assert_cmpuint (fixture->n_warnings, ==, N_CHANNELS);
}

/* It ends before the next try, in order: all is there. */
static void
test_written_at_the_end (Fixture *fixture, gconstpointer data)
{
  refuse (fixture);
  expect_refusals (2);
  assign (fixture, "ch-0", "bob");
  assign (fixture, "ch-1", "bob");
  sim_time_run (1);
  sim_disk_fail (FALSE, FALSE);
  sim_world_stop (&fixture->world);
  g_assert_cmpstr (sim_disk_get_record ("ch-0")->assigned_user, ==, "bob");
  g_assert_cmpstr (sim_disk_get_record ("ch-1")->assigned_user, ==, "bob");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/unwritten/answered-when-written", Fixture, NULL, set_up, test_answered_when_written,
              tear_down);
  g_test_add ("/unwritten/refused-and-written-later", Fixture, NULL, set_up,
              test_refused_and_written_later, tear_down);
  g_test_add ("/unwritten/killed-before-written", Fixture, NULL, set_up, test_killed_before_written,
              tear_down);
  g_test_add ("/unwritten/disconnected-when-written", Fixture, NULL, set_up,
              test_disconnected_when_written, tear_down);
  g_test_add ("/unwritten/many", Fixture, NULL, set_up, test_many_unwritten, tear_down);
  g_test_add ("/unwritten/warned-once", Fixture, NULL, set_up, test_warned_once, tear_down);
  g_test_add ("/unwritten/written-at-the-end", Fixture, NULL, set_up, test_written_at_the_end,
              tear_down);

  return g_test_run ();
}
