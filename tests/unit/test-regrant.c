/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-regrant.h"
#include "sim/sim-world.h"

/* What the platform is asked when a channel gets the grant of a backup. */

#define HOUR 3600

typedef struct
{
  const char *name;
  gboolean verifies;    /* its stack can */
  gboolean has_run_out; /* the backup's access token */
  const char *asked;
} Case;

static const Case cases[] = {
  { "verified", TRUE, FALSE, "verify " },
  /* The refresh token may be spent: it is not tried before it is needed. */
  { "not-renewed", FALSE, FALSE, "" },
  { "run-out", FALSE, TRUE, "renew " },
};

static CkOutcome *
answer (CkJob *job, gboolean *lost, gpointer user_data)
{
  CkGrant *grant = NULL;

  g_string_append_printf (user_data, "%s ", job->operation);
  if (g_str_equal (job->operation, "renew"))
    grant = sim_grant_new ("at-new", "rt-new", 2 * HOUR);

  return sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200, grant);
}

static void
regranted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  const char *why;

  g_assert_true (ck_regrant_run_finish (result, &why, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (why, ==, NULL);
  *(gboolean *) user_data = TRUE;
}

static void
replace (char **target, const char *value)
{
  g_free (*target);
  *target = g_strdup (value);
}

static CkChannelRecord *
make_record (void)
{
  CkChannelRecord *record = ck_channel_record_new ("main");

  replace (&record->provider, "place");
  replace (&record->client, "place");
  replace (&record->pinned_account, "main");
  record->generation = 2;

  return record;
}

static void
test_asked (gconstpointer data)
{
  const Case *c = data;
  SimWorld world = { 0 };
  g_autoptr (GString) asked = g_string_new ("");
  g_autoptr (CkChannelRecord) record = make_record ();
  g_autoptr (CkGrant) grant = NULL;
  CkBackupChannel wanted = { record, NULL };
  CkChannel *channel;
  gboolean done = FALSE;

  sim_world_set_up (&world);
  sim_pool_set_platform (answer, asked);
  sim_world_add_provider (&world, "place", "Rotation=yes\nVerifyEvery=never", c->verifies);
  grant = sim_grant_new ("at", "rt", c->has_run_out ? 1 : 2 * HOUR);
  wanted.grant = grant;
  sim_world_add_channel (&world, "main", "place", "at-lost", "rt-lost", 2 * HOUR, 0);
  sim_time_run (60);
  sim_world_start (&world);
  channel = sim_world_get_channel (&world, "main");
  ck_channel_set_grant (channel, NULL, FALSE);

  ck_regrant_run_async (world.broker, channel, &wanted, "root", regranted_cb, &done);
  sim_time_run (HOUR / 2);
  g_assert_true (done);
  g_assert_cmpstr (asked->str, ==, c->asked);

  /* Then it is due, and the platform's answer ends the doubt. */
  sim_time_run (2 * HOUR);
  g_assert_nonnull (strstr (asked->str, "renew "));
  g_assert_false (sim_world_get_record (&world, "main")->in_doubt);

  sim_world_tear_down (&world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/regrant/%s", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_asked);
    }

  return g_test_run ();
}
