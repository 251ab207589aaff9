/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-interfaces.h"

#include "ck-interface-files.h"
#include "ck-names.h"

#define RESOURCE_PATH "/org/channelkeeper/dbus/"

static const char *const files[] = {
  CK_IFACE_BROKER,
  CK_IFACE_CHANNEL,
  CK_IFACE_ATTEMPT,
  CK_IFACE_VAULT,
  CK_IFACE_OBJECT_MANAGER,
};

struct _CkInterfaces
{
  GDBusNodeInfo *nodes[G_N_ELEMENTS (files)];
};

CkInterfaces *
ck_interfaces_new (void)
{
  CkInterfaces *self = g_new0 (CkInterfaces, 1);

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_strconcat (RESOURCE_PATH, files[i], ".xml", NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) xml = g_resource_lookup_data (ck_interface_files_get_resource (),
                                                       path,
                                                       G_RESOURCE_LOOKUP_FLAGS_NONE,
                                                       &error);

      /* The files are part of the program: there is nothing to do without them. */
      if (xml == NULL)
        g_error ("%s", error->message);
      self->nodes[i] = g_dbus_node_info_new_for_xml (g_bytes_get_data (xml, NULL), &error);
      if (self->nodes[i] == NULL)
        g_error ("%s: %s", path, error->message);
    }

  return self;
}

void
ck_interfaces_free (CkInterfaces *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    g_dbus_node_info_unref (self->nodes[i]);
  g_free (self);
}

GDBusInterfaceInfo *
ck_interfaces_lookup (CkInterfaces *self, const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      if (g_str_equal (files[i], name))
        return g_dbus_node_info_lookup_interface (self->nodes[i], name);
    }

  return NULL;
}

const char *
ck_interfaces_get_action (GDBusMethodInfo *method)
{
  return g_dbus_annotation_info_lookup (method->annotations, CK_ANNOTATION_ACTION);
}
