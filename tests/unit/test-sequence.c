/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-clock.h"
#include "ck-lifecycle.h"
#include "ck-operations.h"
#include "sim/sim-world.h"

/*
 * The numbers of the events, and what becomes of an event when the broker ends between the disk and
 * the bus. What holds for every announcement, sim-world.c asserts.
 */

#define HOUR 3600
#define DAY (24 * HOUR)
#define FSYNC (5 * G_USEC_PER_SEC)

typedef struct
{
  SimWorld world;
  GString *told;    /* each event */
  GString *changes; /* what ChannelStateChanged tells, with the event whose number it has */
  guint64 removed;  /* the removal's number */
} Fixture;

static void
on_event (CkChannel *channel, const CkEvent *event, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_string_append_printf (fixture->told, "%s:%s ", event->channel, event->word);
}

static void
on_change (const CkChannelRecord *before,
           const CkChannelRecord *after,
           GPtrArray *events,
           gpointer user_data)
{
  Fixture *fixture = user_data;

  if (before->state == after->state && before->cause == after->cause)
    return;
  g_string_append_printf (fixture->changes, "%s: %s/%s, %s/%s; ",
                          ((CkEvent *) events->pdata[events->len - 1])->word,
                          ck_state_to_string (before->state), ck_cause_to_string (before->cause),
                          ck_state_to_string (after->state), ck_cause_to_string (after->cause));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  sim_world_set_up (&fixture->world);
  fixture->world.on_event = on_event;
  fixture->world.on_change = on_change;
  fixture->world.user_data = fixture;
  fixture->told = g_string_new (NULL);
  fixture->changes = g_string_new (NULL);
  sim_world_add_provider (&fixture->world, "one", "Rotation=no", FALSE);
  sim_world_add_channel (&fixture->world, "a", "one", "at", "rt", DAY, 0);
  sim_world_add_channel (&fixture->world, "b", "one", "at", "rt", DAY, 0);
  sim_world_start (&fixture->world);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  sim_world_check_announced (&fixture->world);
  sim_world_tear_down (&fixture->world);
  g_string_free (fixture->told, TRUE);
  g_string_free (fixture->changes, TRUE);
}

/* Changes nothing, and has a number. */
static guint64
note (Fixture *fixture, const char *id)
{
  return ck_broker_note (fixture->world.broker, sim_world_get_channel (&fixture->world, id),
                         ck_event_new (0, 0, id, "Refused", NULL));
}

/* What is done from here on reaches the disk, and the broker is killed before it hears of that. */
static void
begin_unheard (void)
{
  sim_time_settle ();
  sim_disk_be_slow (FSYNC);
}

static void
kill_unheard (Fixture *fixture)
{
  sim_world_kill_unheard (&fixture->world, sim_disk_count_waiting ());
  sim_disk_be_slow (0);
}

/* ---- the numbers ----------------------------------------------------------------------------- */

/* A caller was told of it and the disk never had it: no other event gets its number, even if the clock
 * was set back meanwhile. */
static void
test_told_and_not_written (Fixture *fixture, gconstpointer data)
{
  guint64 told;

  note (fixture, "a");
  begin_unheard ();
  told = note (fixture, "a");
  g_assert_cmpuint (ck_broker_get_sequence (fixture->world.broker), ==, told);
  sim_world_kill (&fixture->world);
  sim_disk_be_slow (0);
  sim_time_set_silently (GPOINTER_TO_INT (data));
  sim_world_start (&fixture->world);
  g_assert_cmpuint (note (fixture, "a"), >, told);
}

/* Full for three runs, and mended while none runs: each begins beyond what the former one told. */
static void
test_full_disk (Fixture *fixture, gconstpointer data)
{
  sim_disk_fail (FALSE, TRUE);
  for (guint i = 0; i < 3; i++)
    {
      guint64 last = fixture->world.sequence;

      note (fixture, "a");
      note (fixture, "a");
      sim_time_settle ();
      g_assert_cmpuint (fixture->world.sequence, >=, last + 2);
      if (i < 2)
        sim_world_kill (&fixture->world);
      else
        sim_world_stop (&fixture->world);
      sim_disk_fail (FALSE, i < 2);
      sim_world_start (&fixture->world);
    }
  g_assert_cmpuint (note (fixture, "a"), >, fixture->world.sequence);
  sim_time_settle ();
}

static void
on_removed (CkBroker *broker, CkChannel *channel, guint64 sequence, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpuint (sequence, >, fixture->world.sequence);
  fixture->removed = sequence;
}

/* The removal is on its way to the disk while others have events: it has its own number, and the
 * signals come in the order of theirs. */
static void
test_removal (Fixture *fixture, gconstpointer data)
{
  CkBroker *broker = fixture->world.broker;
  CkChannel *channel = sim_world_get_channel (&fixture->world, "a");
  guint64 own, next;

  g_signal_connect (broker, "channel-removed", G_CALLBACK (on_removed), fixture);
  begin_unheard ();
  ck_broker_remove_channel_async (broker, channel, TRUE, NULL, NULL, NULL);
  while (!ck_channel_get_activity (channel)->removing)
    sim_time_run_usec (G_USEC_PER_SEC / 10);
  own = ck_broker_get_sequence (broker);
  next = note (fixture, "b");
  note (fixture, "b");
  while (fixture->removed == 0)
    sim_time_run_usec (G_USEC_PER_SEC / 10);
  g_assert_cmpuint (fixture->removed, ==, own);
  sim_time_run (60);
  g_assert_cmpuint (fixture->world.sequence, >, next);
  g_signal_handlers_disconnect_by_data (broker, fixture);
}

/* ---- between the disk and the bus ------------------------------------------------------------ */

/* The vault stays sealed, and somebody is refused: what the former run had not told comes first. */
static void
test_before_anything_new (Fixture *fixture, gconstpointer data)
{
  begin_unheard ();
  note (fixture, "a");
  note (fixture, "b");
  kill_unheard (fixture);
  g_assert_cmpstr (fixture->told->str, ==, "");

  sim_disk_seal_vault (TRUE);
  sim_world_start (&fixture->world);
  note (fixture, "b");
  sim_time_settle ();
  g_assert_cmpstr (fixture->told->str, ==, "a:Refused b:Refused b:Refused ");
}

/* The start has something to tell by itself, as the vault is ahead of state.db. */
static void
test_before_what_the_start_tells (Fixture *fixture, gconstpointer data)
{
  g_autoptr (CkGrant) newer = sim_grant_new ("newer", "rt", DAY);
  CkClientRecord *client = ck_client_record_new ("secretive");

  client->secret_set = TRUE;
  sim_disk_put_client (client);
  begin_unheard ();
  note (fixture, "b");
  kill_unheard (fixture);
  sim_vault_leave ("a", 2, newer);
  sim_world_start (&fixture->world);
  sim_vault_set_state (ck_broker_get_vault (fixture->world.broker), CK_VAULT_OPEN);
  sim_time_settle ();
  g_assert_cmpstr (fixture->told->str, ==, "b:Refused a:Renewed ");
}

static void
fail (Fixture *fixture, CkCause cause)
{
  CkChannel *channel = sim_world_get_channel (&fixture->world, "a");
  g_autoptr (CkOutcome) outcome = sim_outcome_new (CK_RESULT_PERM_DENIED, cause, 403, NULL);
  GPtrArray *events = ck_event_list_new ();
  CkLifecycleContext context;
  CkChannelRecord *next;

  ck_operations_fill_context (fixture->world.broker, channel, &context);
  next = ck_lifecycle_failed (ck_channel_get_record (channel), "verify", outcome, &context, events);
  ck_broker_commit (fixture->world.broker, channel, next, events);
}

/* A change of state, one of the cause alone, and two events of one commit. */
static void
live_through (Fixture *fixture)
{
  CkChannel *channel = sim_world_get_channel (&fixture->world, "a");
  GPtrArray *events = ck_event_list_new ();
  CkLifecycleContext context;

  fail (fixture, CK_CAUSE_PERMISSION_LOST);
  fail (fixture, CK_CAUSE_ACCOUNT_CHECKPOINT);
  ck_operations_fill_context (fixture->world.broker, channel, &context);
  ck_broker_commit (fixture->world.broker, channel,
                    ck_lifecycle_granted (ck_channel_get_record (channel),
                                          ck_channel_get_grant (channel), 1, NULL, NULL, &context,
                                          events),
                    events);
}

static void
test_as_it_was (Fixture *fixture, gconstpointer data)
{
  static const char told[] = "a:Blocked a:Blocked a:Renewed a:Resumed ";
  static const char changes[]
      = "Blocked: connected/none, blocked/permission-lost; "
        "Blocked: blocked/permission-lost, blocked/account-checkpoint; "
        "Resumed: blocked/account-checkpoint, connected/none; ";

  live_through (fixture);
  sim_time_settle ();
  g_assert_cmpstr (fixture->told->str, ==, told);
  g_assert_cmpstr (fixture->changes->str, ==, changes);

  g_string_truncate (fixture->told, 0);
  g_string_truncate (fixture->changes, 0);
  note (fixture, "b");
  begin_unheard ();
  live_through (fixture);
  kill_unheard (fixture);
  sim_world_start (&fixture->world);
  g_assert_cmpstr (fixture->told->str, ==, "b:Refused a:Blocked a:Blocked a:Renewed a:Resumed ");
  g_assert_cmpstr (fixture->changes->str, ==, changes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* A disk that fails and a vault that stays sealed are worth a warning, and here they are meant to. */
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);

  g_test_add ("/sequence/told-and-not-written", Fixture, GINT_TO_POINTER (0), set_up,
              test_told_and_not_written, tear_down);
  g_test_add ("/sequence/and-the-clock-set-back", Fixture, GINT_TO_POINTER (-DAY),
              set_up, test_told_and_not_written, tear_down);
  g_test_add ("/sequence/full-disk", Fixture, NULL, set_up, test_full_disk, tear_down);
  g_test_add ("/sequence/removal", Fixture, NULL, set_up, test_removal, tear_down);
  g_test_add ("/sequence/before-anything-new", Fixture, NULL, set_up, test_before_anything_new,
              tear_down);
  g_test_add ("/sequence/before-what-the-start-tells", Fixture, NULL, set_up,
              test_before_what_the_start_tells, tear_down);
  g_test_add ("/sequence/as-it-was", Fixture, NULL, set_up, test_as_it_was, tear_down);

  return g_test_run ();
}
