/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-world.h"

#include <glib/gstdio.h>

#include "ck-clock.h"
#include "ck-error.h"

static void
write_file (SimWorld *world, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (world->dir, name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_no_errno (g_mkdir_with_parents (folder, 0755));
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* A year of them would be most of the test's time. */
static void
say_nothing (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
}

void
sim_world_set_up (SimWorld *world)
{
  g_autofree char *generic
      = g_build_filename (g_getenv ("CK_TEST_PROVIDERS"), "oauth2.provider", NULL);
  g_autofree char *text = NULL;

  g_log_set_handler (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG,
                     say_nothing, NULL);
  *world = (SimWorld){ .dir = g_dir_make_tmp ("ck-sim-XXXXXX", NULL) };
  world->announced = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_assert_true (g_file_get_contents (generic, &text, NULL, NULL));
  write_file (world, "data/providers/oauth2.provider", text);
  write_file (world, "data/stacks/oauth2", "renew required refresh_token.so\n");
  write_file (world, "modules/refresh_token.so", "");
  write_file (world, "modules/http_check.so", "");
  write_file (world, "etc/clients.d/.keep", "");
  sim_time_reset ();
  sim_disk_reset ();
  sim_disk_put_client (NULL);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      if (g_unlink (file) != 0)
        remove_tree (file);
    }
  g_assert_no_errno (g_rmdir (path));
}

void
sim_world_tear_down (SimWorld *world)
{
  if (world->broker != NULL)
    sim_world_stop (world);
  /* What is on the wire still arrives, at nobody. */
  sim_time_run (300);
  remove_tree (world->dir);
  g_hash_table_unref (world->announced);
  g_free (world->dir);
}

void
sim_world_add_provider (SimWorld *world, const char *id, const char *lifetime, gboolean verifies)
{
  g_autofree char *provider = g_strdup_printf (
      "[Provider]\nName=%s\nStack=%s\n\n[OAuth2]\nTokenEndpoint=https://%s.example/token\n\n"
      "[Lifetime]\n%s\n",
      id, id, id, lifetime);
  g_autofree char *client = g_strdup_printf ("[Client]\nProvider=%s\nClientId=%s\n", id, id);
  g_autofree char *provider_name = g_strdup_printf ("etc/providers.d/%s.provider", id);
  g_autofree char *stack_name = g_strdup_printf ("etc/stacks.d/%s", id);
  g_autofree char *client_name = g_strdup_printf ("etc/clients.d/%s.client", id);

  write_file (world, provider_name, provider);
  write_file (world, stack_name,
              verifies ? "verify required http_check.so uri=https://x.example/\n"
                         "renew required refresh_token.so\n"
                       : "renew required refresh_token.so\n");
  write_file (world, client_name, client);
}

CkGrant *
sim_grant_new (const char *access, const char *refresh, guint64 lifetime)
{
  g_autoptr (GError) error = NULL;
  GVariantDict dict;
  CkGrant *grant;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "access-token", "s", access);
  g_variant_dict_insert (&dict, "refresh-token", "s", refresh);
  g_variant_dict_insert (&dict, "issued-at", "t", ck_clock_now ());
  if (lifetime > 0)
    g_variant_dict_insert (&dict, "expires-at", "t", ck_clock_now () + lifetime);
  grant = ck_grant_new_from_members (g_variant_dict_end (&dict), &error);
  g_assert_no_error (error);

  return grant;
}

static void
replace (char **target, const char *value)
{
  g_free (*target);
  *target = g_strdup (value);
}

void
sim_world_add_channel (SimWorld *world,
                       const char *id,
                       const char *provider,
                       const char *access,
                       const char *refresh,
                       guint64 lifetime,
                       guint64 reconnect_by)
{
  CkChannelRecord *record = ck_channel_record_new (id);
  const CkChannelRecord *former = sim_disk_get_record (id);
  g_autoptr (CkGrant) grant = sim_grant_new (access, refresh, lifetime);

  replace (&record->provider, provider);
  replace (&record->client, provider);
  replace (&record->assigned_user, "alice");
  replace (&record->pinned_account, id);
  record->state = CK_STATE_CONNECTED;
  record->generation = former != NULL ? former->generation + 1 : 1;
  record->issued_at = ck_clock_now ();
  record->expires_at = lifetime > 0 ? ck_clock_now () + lifetime : 0;
  record->reconnect_by = reconnect_by;
  record->last_verified = ck_clock_now ();
  sim_disk_put (record, grant);
}

/* The numbers of a run grow, from beyond those of every former run; a number that comes again, before
 * anything new, is the same event. */
static void
check_event (SimWorld *world, CkChannel *channel, const CkEvent *event)
{
  gpointer what = GUINT_TO_POINTER (g_str_hash (event->channel) ^ g_str_hash (event->word));
  gpointer former = g_hash_table_lookup (world->announced, &event->sequence);

  g_assert_cmpuint (event->sequence, >, world->run_sequence);
  if (former != NULL)
    g_assert_true (former == what);
  else
    g_assert_cmpuint (event->sequence, >, world->sequence);
  if (!sim_disk_is_behind (ck_channel_get_id (channel)))
    g_assert_true (sim_disk_has_event (event->sequence));

  world->run_sequence = event->sequence;
  world->sequence = MAX (world->sequence, event->sequence);
  g_hash_table_insert (world->announced,
                       g_memdup2 (&event->sequence, sizeof event->sequence), what);
}

static void
on_changed (CkBroker *broker,
            CkChannel *channel,
            const CkChannelRecord *before,
            const CkChannelRecord *after,
            GPtrArray *events,
            gpointer user_data)
{
  SimWorld *world = user_data;

  /* What changed without an event would be announced without a number. */
  g_assert_true ((before->state == after->state && before->cause == after->cause) || events->len > 0);
  /* A killed broker that unwinds announces nothing. */
  if (broker != world->broker)
    return;
  for (guint i = 0; i < events->len; i++)
    {
      const CkEvent *event = events->pdata[i];

      check_event (world, channel, event);
      if (world->on_event != NULL)
        world->on_event (channel, event, world->user_data);
    }
  if (world->on_change != NULL)
    world->on_change (before, after, events, world->user_data);
  if (events->len > 0)
    ck_broker_set_announced (broker, ((CkEvent *) events->pdata[events->len - 1])->sequence);
}

static void
started_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!ck_broker_start_finish (CK_BROKER (source), result, &error))
    g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED); /* sim_vault_leave() */
}

void
sim_world_check_announced (SimWorld *world)
{
  GHashTableIter iter;
  gpointer sequence;

  g_hash_table_iter_init (&iter, sim_disk_get_history ());
  while (g_hash_table_iter_next (&iter, &sequence, NULL))
    {
      if (!g_hash_table_contains (world->announced, sequence))
        g_error ("event %" G_GUINT64_FORMAT " was never announced", *(guint64 *) sequence);
    }
}

static gboolean
is_not_on_disk (gpointer sequence, gpointer what, gpointer user_data)
{
  return !sim_disk_has_event (*(guint64 *) sequence);
}

/* It takes a moment; and where neither the disk nor the clock, which was set back, knows of the former run,
 * its numbers may be given again. */
static void
begin_run (SimWorld *world)
{
  if (world->started_wall != 0 && sim_time_now () < world->started + 1000)
    sim_time_run_usec (1000);
  if (sim_disk_count_taken () == world->n_taken
      && (ck_clock_real () < world->started_wall || ck_clock_now () < sim_disk_get_time ()))
    {
      world->sequence = 0;
      g_hash_table_foreach_remove (world->announced, is_not_on_disk, NULL);
    }
  world->run_sequence = 0;
  world->n_taken = sim_disk_count_taken ();
  world->started = sim_time_now ();
  world->started_wall = ck_clock_real ();
}

void
sim_world_start (SimWorld *world)
{
  g_autofree char *confdir = g_build_filename (world->dir, "etc", NULL);
  g_autofree char *datadir = g_build_filename (world->dir, "data", NULL);
  g_autofree char *moduledir = g_build_filename (world->dir, "modules", NULL);
  CkBrokerPaths paths = { .confdir = confdir,
                          .datadir = datadir,
                          .moduledir = moduledir,
                          .state_dir = world->dir,
                          .worker = "/nonexistent" };
  g_autoptr (GError) error = NULL;
  g_autoptr (CkConfig) config = ck_config_load (confdir, datadir, moduledir, &error);

  begin_run (world);
  g_assert_no_error (error);
  for (guint i = 0; i < ck_config_get_problems (config)->len; i++)
    g_assert_no_error ((GError *) ck_config_get_problems (config)->pdata[i]);
  world->broker = ck_broker_new (config, &paths, &error);
  g_assert_no_error (error);
  g_signal_connect (world->broker, "channel-changed", G_CALLBACK (on_changed), world);
  ck_broker_start_async (world->broker, NULL, started_cb, NULL);
  sim_time_settle ();
  g_assert_true (ck_broker_is_started (world->broker));
}

static void
end (SimWorld *world)
{
  CkBroker *broker = g_steal_pointer (&world->broker);

  ck_broker_stop (broker);
  sim_disk_settle ();
  g_assert_finalize_object (broker);
}

void
sim_world_stop (SimWorld *world)
{
  ck_broker_drain (world->broker);
  for (guint i = 0; i < 120 && !ck_broker_is_idle (world->broker); i++)
    sim_time_run (1);
  end (world);
}

void
sim_world_kill_unheard (SimWorld *world, guint n_unheard)
{
  sim_disk_cut (n_unheard);
  sim_pool_cut ();
  g_signal_handlers_disconnect_by_data (world->broker, world);
  end (world);
}

void
sim_world_kill (SimWorld *world)
{
  sim_world_kill_unheard (world, 0);
}

CkChannel *
sim_world_get_channel (SimWorld *world, const char *id)
{
  CkChannel *channel = ck_broker_lookup_channel (world->broker, id, NULL);

  g_assert_nonnull (channel);

  return channel;
}

const CkChannelRecord *
sim_world_get_record (SimWorld *world, const char *id)
{
  return ck_channel_get_record (sim_world_get_channel (world, id));
}
