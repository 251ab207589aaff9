/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib-unix.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "ck-authority.h"
#include "ck-broker.h"
#include "ck-bus-service.h"
#include "ck-error.h"
#include "ck-names.h"

/* How long a stop waits for what is under way, and how often it looks, in milliseconds. */
#define DRAIN_TIME 10000
#define DRAIN_STEP 50

#define WORKER_SOCKET "/run/channelkeeper-worker.socket"

typedef struct
{
  GMainLoop *loop;
  CkBroker *broker;
  guint drained; /* milliseconds waited since we were told to stop */
  int status;
} Daemon;

/* No core, no ptrace by others, no file for anyone else: before the first secret is read. */
static gboolean
seal_process (void)
{
  const struct rlimit none = { 0, 0 };

  umask (0077);

  return setrlimit (RLIMIT_CORE, &none) == 0 && prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

static const char *
from_environment (const char *variable, const char *fallback)
{
  const char *value = g_getenv (variable);

  return value != NULL && *value != '\0' ? value : fallback;
}

/* Empty, as the unit has it: workers come by the socket, and never as a child of ours. */
static const char *
get_worker (void)
{
  const char *value = g_getenv ("CHANNELKEEPER_WORKER");

  if (value == NULL)
    return CK_WORKER;

  return *value != '\0' ? value : NULL;
}

static void
fill_paths (CkBrokerPaths *paths)
{
  paths->confdir = from_environment ("CONFIGURATION_DIRECTORY", CK_CONFDIR);
  paths->datadir = from_environment ("CHANNELKEEPER_DATADIR", CK_DATADIR);
  paths->moduledir = from_environment ("CHANNELKEEPER_MODULEDIR", CK_MODULEDIR);
  paths->state_dir = from_environment ("STATE_DIRECTORY", CK_STATEDIR);
  paths->credentials_dir = g_getenv ("CREDENTIALS_DIRECTORY");
  paths->worker = get_worker ();
  paths->worker_socket = WORKER_SOCKET;
}

static void
quit (Daemon *daemon, int status)
{
  daemon->status = status;
  g_main_loop_quit (daemon->loop);
}

static gboolean
on_drain (gpointer user_data)
{
  Daemon *daemon = user_data;

  daemon->drained += DRAIN_STEP;
  if (!ck_broker_is_idle (daemon->broker) && daemon->drained < DRAIN_TIME)
    return G_SOURCE_CONTINUE;

  quit (daemon, EXIT_SUCCESS);
  return G_SOURCE_REMOVE;
}

static gboolean
on_terminate (gpointer user_data)
{
  Daemon *daemon = user_data;

  ck_broker_drain (daemon->broker);
  if (ck_broker_is_idle (daemon->broker))
    quit (daemon, EXIT_SUCCESS);
  else if (daemon->drained == 0)
    g_timeout_add (DRAIN_STEP, on_drain, daemon);

  return G_SOURCE_CONTINUE;
}

static void
on_bus_closed (GDBusConnection *connection,
               gboolean remote_peer_vanished,
               GError *error,
               gpointer user_data)
{
  g_warning ("the bus connection is lost: %s", error != NULL ? error->message : "closed");
  quit (user_data, EXIT_FAILURE);
}

static void
on_name_lost (GDBusConnection *connection, const char *name, gpointer user_data)
{
  g_warning ("cannot own %s on the bus: another broker runs, or the bus policy forbids it", name);
  quit (user_data, EXIT_FAILURE);
}

static void
started_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  /* A sealed vault was logged where it was found; the broker runs on and says so. */
  if (ck_broker_start_finish (CK_BROKER (source), result, &error))
    g_message ("%u channels", ck_broker_count_channels (CK_BROKER (source)));
}

static void
on_name_acquired (GDBusConnection *connection, const char *name, gpointer user_data)
{
  Daemon *daemon = user_data;

  ck_broker_start_async (daemon->broker, NULL, started_cb, NULL);
}

static CkConfig *
load_config (const CkBrokerPaths *paths, GError **error)
{
  CkConfig *config = ck_config_load (paths->confdir, paths->datadir, paths->moduledir, error);
  GPtrArray *problems = config != NULL ? ck_config_get_problems (config) : NULL;

  for (guint i = 0; problems != NULL && i < problems->len; i++)
    g_warning ("%s", ((const GError *) g_ptr_array_index (problems, i))->message);

  return config;
}

static int
run (Daemon *daemon, GError **error)
{
  CkBrokerPaths paths;
  g_autoptr (CkConfig) config = NULL;
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (CkAuthority) authority = NULL;
  g_autoptr (CkBusService) service = NULL;
  guint owner;

  fill_paths (&paths);
  config = load_config (&paths, error);
  /* Before any thread: it sets an environment variable. */
  if (config == NULL
      || !ck_vault_select_backend (ck_config_get_settings (config)->vault_backend, error))
    return EXIT_FAILURE;
  /* This makes GLib's first thread. */
  g_unix_signal_add (SIGTERM, on_terminate, daemon);
  g_unix_signal_add (SIGINT, on_terminate, daemon);

  daemon->broker = ck_broker_new (config, &paths, error);
  if (daemon->broker == NULL)
    return EXIT_FAILURE;

  connection = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, error);
  if (connection == NULL)
    return EXIT_FAILURE;
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  g_signal_connect (connection, "closed", G_CALLBACK (on_bus_closed), daemon);

  authority = ck_authority_new (connection);
  service = ck_bus_service_new (connection, daemon->broker, authority, error);
  if (service == NULL)
    return EXIT_FAILURE;

  owner = g_bus_own_name_on_connection (connection,
                                        CK_BUS_NAME,
                                        G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE,
                                        on_name_acquired,
                                        on_name_lost,
                                        daemon,
                                        NULL);
  g_main_loop_run (daemon->loop);
  g_bus_unown_name (owner);
  g_signal_handlers_disconnect_by_data (connection, daemon);
  ck_bus_service_flush (service);
  ck_broker_stop (daemon->broker);

  return daemon->status;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  Daemon daemon = { 0 };
  int status;

  setlocale (LC_ALL, "");
  if (argc > 1)
    {
      g_printerr ("channelkeeperd %s takes no arguments; see channelkeeperd(8)\n", PACKAGE_VERSION);
      return argc == 2 && g_str_equal (argv[1], "--version") ? EXIT_SUCCESS : EXIT_FAILURE;
    }
  if (!seal_process ())
    {
      g_printerr ("channelkeeperd: cannot forbid core dumps\n");
      return EXIT_FAILURE;
    }

  /* What the threads have freed: malloc_trim () keeps the end of all arenas but the main one. A single
   * one would have the bus thread wait for the main loop: a tenth of what 64 callers get. */
  mallopt (M_ARENA_MAX, 2);
  daemon.loop = g_main_loop_new (NULL, FALSE);
  status = run (&daemon, &error);
  if (error != NULL)
    g_printerr ("channelkeeperd: %s\n", error->message);
  g_clear_object (&daemon.broker);
  g_main_loop_unref (daemon.loop);

  return status;
}
