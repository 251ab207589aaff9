/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>
#include <stdlib.h>

/* echo: the least that a GDBus service can do, as the measure of what ours does: a method that
 * gives back what it was given. */

static const char xml[] = "<node><interface name='org.channelkeeper.Bench'>"
                          "<method name='Echo'><arg type='s' direction='in'/>"
                          "<arg type='s' direction='out'/></method></interface></node>";

static void
on_method_call (GDBusConnection *connection,
                const char *sender,
                const char *path,
                const char *interface,
                const char *method,
                GVariant *parameters,
                GDBusMethodInvocation *invocation,
                gpointer user_data)
{
  g_dbus_method_invocation_return_value (invocation, parameters);
}

static const GDBusInterfaceVTable vtable = { .method_call = on_method_call };

static void
on_name_lost (GDBusConnection *connection, const char *name, gpointer user_data)
{
  g_printerr ("echo: cannot own %s\n", name);
  exit (EXIT_FAILURE);
}

int
main (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (xml, NULL);
  g_autoptr (GDBusConnection) connection = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, &error);

  if (connection == NULL
      || g_dbus_connection_register_object (connection, "/bench", info->interfaces[0], &vtable,
                                            NULL, NULL, &error)
             == 0)
    {
      g_printerr ("echo: %s\n", error->message);
      return EXIT_FAILURE;
    }
  g_bus_own_name_on_connection (connection, "org.channelkeeper.Bench", G_BUS_NAME_OWNER_FLAGS_NONE,
                                NULL, on_name_lost, NULL, NULL);
  g_main_loop_run (loop);

  return EXIT_SUCCESS;
}
