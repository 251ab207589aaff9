/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-bus-service-private.h"
#include "ck-channel-view.h"
#include "ck-error.h"
#include "ck-names.h"

static GError *
too_many (void)
{
  return g_error_new_literal (CK_ERROR,
                              CK_ERROR_LIMIT_EXCEEDED,
                              "there are too many channels for one reply: use ListChannels, which "
                              "has pages");
}

static void
handle_get_managed_objects (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  GPtrArray *channels = ck_bus_service_get_channels (self);
  GVariantBuilder objects;
  gsize size = 0;

  if (channels->len > CK_MAX_MANAGED)
    {
      ck_call_fail (call, too_many ());
      return;
    }

  g_variant_builder_init (&objects, G_VARIANT_TYPE ("a{oa{sa{sv}}}"));
  for (guint i = 0; i < channels->len; i++)
    {
      g_autofree char *path = ck_channel_path (channels->pdata[i]);
      g_autoptr (GVariant) properties
          = g_variant_ref_sink (ck_channel_view_get_all (self->broker, channels->pdata[i]));

      /* D-Bus pads more than GVariant: half as much again is plenty. */
      size += g_variant_get_size (properties) * 3 / 2 + strlen (path) + 64;
      if (size > CK_MAX_REPLY)
        {
          g_variant_builder_clear (&objects);
          ck_call_fail (call, too_many ());
          return;
        }
      g_variant_builder_open (&objects, G_VARIANT_TYPE ("{oa{sa{sv}}}"));
      g_variant_builder_add (&objects, "o", path);
      g_variant_builder_open (&objects, G_VARIANT_TYPE ("a{sa{sv}}"));
      g_variant_builder_add (&objects, "{s@a{sv}}", CK_IFACE_CHANNEL, properties);
      g_variant_builder_close (&objects);
      g_variant_builder_close (&objects);
    }

  ck_call_return (call, g_variant_new ("(a{oa{sa{sv}}})", &objects));
}

const CkMethod *
ck_object_manager_methods_get (void)
{
  static const CkMethod methods[] = {
    { "GetManagedObjects", handle_get_managed_objects, CK_SUBJECT_NONE, NULL },
    { NULL },
  };

  return methods;
}
