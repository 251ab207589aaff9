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

static void
on_changed (CkBroker *broker,
            CkChannel *channel,
            const CkChannelRecord *before,
            const CkChannelRecord *after,
            GPtrArray *events,
            gpointer user_data)
{
  SimWorld *world = user_data;

  for (guint i = 0; i < events->len; i++)
    {
      const CkEvent *event = events->pdata[i];

      /* A killed broker that unwinds announces nothing. */
      if (broker != world->broker)
        return;
      if (!world->disk_failed)
        {
          g_assert_cmpuint (event->sequence, >, world->sequence);
          g_assert_cmpuint (event->sequence, <=, sim_disk_get_sequence ());
        }
      world->sequence = event->sequence;
      if (world->on_event != NULL)
        world->on_event (channel, event, world->user_data);
    }
}

static void
started_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!ck_broker_start_finish (CK_BROKER (source), result, &error))
    g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED); /* sim_vault_leave() */
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
sim_world_kill (SimWorld *world)
{
  sim_disk_cut ();
  sim_pool_cut ();
  g_signal_handlers_disconnect_by_data (world->broker, world);
  end (world);
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
