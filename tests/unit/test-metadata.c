/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-operations.h"
#include "sim/sim-world.h"

/* Where secrets are sent is what the workers of the same client have found out, and no others. */

#define DAY (24 * 60 * 60)

typedef struct
{
  SimWorld world;
  char *told; /* the metadata that the last job came with */
} Fixture;

static CkOutcome *
answer (CkJob *job, gboolean *lost, gpointer user_data)
{
  Fixture *fixture = user_data;
  CkOutcome *outcome = sim_outcome_new (CK_RESULT_SUCCESS, CK_CAUSE_NONE, 200, NULL);

  g_free (fixture->told);
  g_assert_true (g_variant_lookup (job->extras, "metadata", "s", &fixture->told));
  g_free (outcome->metadata);
  outcome->metadata = g_strdup_printf ("found for %s", job->client);

  return outcome;
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
  g_free (fixture->told);
}

/* A channel of another client of the provider. */
static void
add_of_another_client (Fixture *fixture)
{
  static const char file[] = "[Client]\nProvider=platform\nClientId=another\n";
  g_autofree char *path = g_build_filename (fixture->world.dir, "etc/clients.d/another.client", NULL);
  g_autoptr (CkGrant) grant = sim_grant_new ("at", "rt", 30 * DAY);
  CkChannelRecord *record;

  g_assert_true (g_file_set_contents (path, file, -1, NULL));
  sim_world_add_channel (&fixture->world, "theirs", "platform", "at", "rt", 30 * DAY, 0);
  record = ck_channel_record_copy (sim_disk_get_record ("theirs"));
  g_free (record->client);
  record->client = g_strdup ("another");
  sim_disk_put (record, grant);
}

static void
verify (Fixture *fixture, const char *id, const char *told)
{
  ck_channel_verify_async (fixture->world.broker,
                           sim_world_get_channel (&fixture->world, id),
                           FALSE,
                           NULL,
                           NULL,
                           NULL);
  sim_time_run (1);
  g_assert_cmpstr (fixture->told, ==, told);
}

static void
test_of_one_client (Fixture *fixture, gconstpointer data)
{
  sim_world_add_provider (&fixture->world, "platform", "Rotation=no", TRUE);
  sim_world_add_channel (&fixture->world, "mine", "platform", "at", "rt", 30 * DAY, 0);
  sim_world_add_channel (&fixture->world, "mine-too", "platform", "at", "rt", 30 * DAY, 0);
  add_of_another_client (fixture);
  sim_world_start (&fixture->world);

  verify (fixture, "mine", "");
  verify (fixture, "theirs", "");
  verify (fixture, "mine-too", "found for platform");
  verify (fixture, "theirs", "found for another");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/metadata/of-one-client", Fixture, NULL, set_up, test_of_one_client, tear_down);

  return g_test_run ();
}
