/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-access-log.h"
#include "ck-names.h"
#include "sim/sim-world.h"

/* Who may write how much into the history of channels by being refused. */

#define N_CHANNELS 600
#define PER_UID 500
#define DAY (24 * 60 * 60)

#define BOB 1001
#define CAROL 1002

typedef struct
{
  SimWorld world;
  CkAudit *audit;
  CkAccessLog *log;
  guint told[2]; /* of bob, of carol */
} Fixture;

static void
on_event (CkChannel *channel, const CkEvent *event, gpointer user_data)
{
  Fixture *fixture = user_data;
  guint uid = 0;

  g_assert_cmpstr (event->word, ==, "Refused");
  g_assert_true (g_variant_lookup (event->details, "uid", "u", &uid));
  fixture->told[uid - BOB]++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  sim_world_set_up (&fixture->world);
  fixture->world.on_event = on_event;
  fixture->world.user_data = fixture;
  sim_world_add_provider (&fixture->world, "one", "Rotation=no", FALSE);
  for (guint i = 0; i < N_CHANNELS; i++)
    {
      g_autofree char *id = g_strdup_printf ("ch-%u", i);

      sim_world_add_channel (&fixture->world, id, "one", "at", "rt", 60 * DAY, 0);
    }
  sim_world_start (&fixture->world);
  fixture->audit = ck_audit_new ();
  fixture->log = ck_access_log_new (fixture->world.broker, fixture->audit);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ck_access_log_free (fixture->log);
  ck_audit_free (fixture->audit);
  sim_world_tear_down (&fixture->world);
}

static void
refuse (Fixture *fixture, guint uid, guint channel, const char *action)
{
  g_autofree char *id = g_strdup_printf ("ch-%u", channel);
  const CkAuditEntry entry = {
    .channel = id,
    .caller = ":1.7",
    .uid = uid,
    .user = uid == BOB ? "bob" : "carol",
    .action = action,
    .outcome = "NotAuthorized",
    .message = "no",
  };

  ck_access_log_refused (fixture->log, &entry, sim_world_get_channel (&fixture->world, id));
  sim_time_settle ();
}

/* One who asks for everything everywhere fills his own share, and hides nobody else's refusal. */
static void
test_one_floods (Fixture *fixture, gconstpointer data)
{
  static const char *const actions[]
      = { CK_ACTION_USE_TOKEN, CK_ACTION_RECONNECT, CK_ACTION_INSPECT };

  for (guint i = 0; i < N_CHANNELS; i++)
    {
      for (gsize j = 0; j < G_N_ELEMENTS (actions); j++)
        refuse (fixture, BOB, i, actions[j]);
    }
  g_assert_cmpuint (fixture->told[0], ==, PER_UID);

  refuse (fixture, CAROL, 0, CK_ACTION_USE_TOKEN);
  refuse (fixture, CAROL, N_CHANNELS - 1, CK_ACTION_RECONNECT);
  g_assert_cmpuint (fixture->told[1], ==, 2);

  /* A day later it is news again. */
  sim_time_run (DAY);
  refuse (fixture, BOB, N_CHANNELS - 1, CK_ACTION_USE_TOKEN);
  g_assert_cmpuint (fixture->told[0], ==, PER_UID + 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/access-log/one-floods", Fixture, NULL, set_up, test_one_floods, tear_down);

  return g_test_run ();
}
