/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <stdio.h>

#include "ck-names.h"
#include "json.h"
#include "monitor-event.h"
#include "monitor-exec.h"

typedef struct
{
  CkCtl *ctl;
  GStrv ids; /* empty: all */
  GMainLoop *loop;
  CkMonitorExec *exec; /* (nullable) */
  gboolean lost;
} Monitor;

static gint64
seconds_now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

/* Nobody reads any more: `channelctl monitor | head -1` ends. */
static void
stop_if_broken (Monitor *monitor)
{
  if (fflush (stdout) != 0 || ferror (stdout) != 0)
    g_main_loop_quit (monitor->loop);
}

static void
on_event (GDBusConnection *connection,
          const char *sender,
          const char *path,
          const char *interface,
          const char *signal,
          GVariant *parameters,
          gpointer user_data)
{
  Monitor *monitor = user_data;
  g_autofree char *id = NULL;
  g_autofree char *line = NULL;

  if (!ck_monitor_event_known (signal, parameters))
    return;
  if (g_str_equal (interface, CK_IFACE_BROKER))
    g_variant_get_child (parameters, 2, "s", &id);
  else
    id = ck_monitor_event_id (path);
  if (id == NULL
      || (*monitor->ids != NULL && !g_strv_contains ((const char *const *) monitor->ids, id)))
    return;

  if (monitor->exec != NULL)
    {
      ck_monitor_exec_run (monitor->exec, signal, id,
                           ck_monitor_event_to_json (signal, id, parameters, seconds_now ()));
      return;
    }
  if (ck_ctl_wants_json (monitor->ctl))
    ck_json_print_line (ck_monitor_event_to_json (signal, id, parameters, seconds_now ()));
  else
    {
      line = ck_monitor_event_to_line (signal, id, parameters, seconds_now ());
      g_print ("%s\n", line);
    }
  stop_if_broken (monitor);
}

static void
print_service (Monitor *monitor, const char *signal, const char *words)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = g_date_time_format (now, "%Y-%m-%d %H:%M:%S");

  if (monitor->exec != NULL)
    return;
  if (ck_ctl_wants_json (monitor->ctl))
    {
      JsonObject *object = json_object_new ();

      json_object_set_int_member (object, "time", seconds_now ());
      json_object_set_string_member (object, "signal", signal);
      ck_json_print_line (object);
    }
  else
    g_print ("%s  %s\n", time, words);
  stop_if_broken (monitor);
}

static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  print_service (user_data, "ServiceAppeared", _ ("the service is running"));
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  print_service (user_data, "ServiceVanished", _ ("the service is not running"));
}

static void
on_closed (GDBusConnection *connection, gboolean remote, GError *error, gpointer user_data)
{
  Monitor *monitor = user_data;

  monitor->lost = TRUE;
  g_main_loop_quit (monitor->loop);
}

static gboolean
on_interrupt (gpointer user_data)
{
  g_main_loop_quit (user_data);

  return G_SOURCE_CONTINUE;
}

/* A channel that does not exist would be waited for for ever. */
static gboolean
check_ids (CkCtl *ctl, GStrv ids, GError **error)
{
  for (guint i = 0; ids[i] != NULL; i++)
    {
      g_autofree char *path = ck_ctl_find_channel (ctl, ids[i], error);

      if (path == NULL)
        return FALSE;
    }
  ck_ctl_set_subject (ctl, NULL);

  return TRUE;
}

static void
listen_and_run (Monitor *monitor, GDBusConnection *connection)
{
  static const char *const interfaces[] = { CK_IFACE_CHANNEL, CK_IFACE_BROKER };
  guint subscriptions[G_N_ELEMENTS (interfaces)];
  guint interrupt = g_unix_signal_add (SIGINT, on_interrupt, monitor->loop);
  guint terminate = g_unix_signal_add (SIGTERM, on_interrupt, monitor->loop);
  guint watch;
  gulong closed = g_signal_connect (connection, "closed", G_CALLBACK (on_closed), monitor);

  /* By the well-known name: the bus follows it from one owner to the next. */
  for (gsize i = 0; i < G_N_ELEMENTS (interfaces); i++)
    subscriptions[i] = g_dbus_connection_signal_subscribe (
        connection, CK_BUS_NAME, interfaces[i], NULL, NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
        on_event, monitor, NULL);
  watch = g_bus_watch_name_on_connection (connection, CK_BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                          on_appeared, on_vanished, monitor, NULL);

  g_main_loop_run (monitor->loop);

  g_bus_unwatch_name (watch);
  for (gsize i = 0; i < G_N_ELEMENTS (interfaces); i++)
    g_dbus_connection_signal_unsubscribe (connection, subscriptions[i]);
  g_signal_handler_disconnect (connection, closed);
  g_source_remove (interrupt);
  g_source_remove (terminate);
}

gboolean
ck_cmd_monitor (CkCtl *ctl, GStrv *arguments, GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (CkMonitorExec) exec = NULL;
  g_autofree char *command = NULL;
  const GOptionEntry entries[] = {
    { "exec", 0, 0, G_OPTION_ARG_STRING, &command,
      N_ ("Run this for each event, instead of printing it"), "COMMAND" },
    { NULL },
  };
  Monitor monitor = { .ctl = ctl, .loop = loop };
  GDBusConnection *connection;

  if (!ck_ctl_parse (ctl, entries, arguments, error))
    return FALSE;
  if (command != NULL && (exec = ck_monitor_exec_new (command, error)) == NULL)
    return FALSE;
  monitor.exec = exec;
  monitor.ids = *arguments;
  if (!check_ids (ctl, monitor.ids, error))
    return FALSE;
  connection = ck_ctl_bus_get_connection (ck_ctl_get_bus (ctl), error);
  if (connection == NULL)
    return FALSE;

  listen_and_run (&monitor, connection);
  if (monitor.lost)
    g_set_error (error, CK_EXIT_ERROR, CK_EXIT_NO_SERVICE, _ ("the system bus has gone"));

  return !monitor.lost;
}
