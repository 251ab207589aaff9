/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-secret-service.h"

/* libsecret 0.20.5 installs this header, but secret.h does not include it, and it refuses to be
 * included otherwise. */
#define __SECRET_INSIDE_HEADER__
#include <libsecret/secret-backend.h>
#undef __SECRET_INSIDE_HEADER__

#include "ck-error.h"

struct _CkSecretService
{
  SecretService parent_instance;
};

G_DEFINE_FINAL_TYPE (CkSecretService, ck_secret_service, SECRET_TYPE_SERVICE)

/* libsecret makes the instances and gives them nothing: they find the connection as our other backend
 * finds its store, as data of the type. */
static GQuark
bus_quark (void)
{
  return g_quark_from_static_string ("ck-secret-service-bus");
}

void
ck_secret_service_attach (GDBusConnection *bus)
{
  GDBusConnection *former = g_type_get_qdata (CK_TYPE_SECRET_SERVICE, bus_quark ());

  g_type_set_qdata (CK_TYPE_SECRET_SERVICE, bus_quark (), g_object_ref (bus));
  g_clear_object (&former);
  secret_service_disconnect ();
}

void
ck_secret_service_register (void)
{
  g_io_extension_point_register (SECRET_BACKEND_EXTENSION_POINT_NAME);
  g_io_extension_point_implement (SECRET_BACKEND_EXTENSION_POINT_NAME,
                                  CK_TYPE_SECRET_SERVICE,
                                  CK_SECRET_SERVICE_NAME,
                                  0);
}

/* SecretService sets its own bus here, so this is where another one can be set. */
static GObject *
ck_secret_service_constructor (GType type, guint n_properties, GObjectConstructParam *properties)
{
  GObjectClass *parent_class = G_OBJECT_CLASS (ck_secret_service_parent_class);
  GObject *object = parent_class->constructor (type, n_properties, properties);
  GDBusConnection *bus = g_type_get_qdata (CK_TYPE_SECRET_SERVICE, bus_quark ());

  if (bus != NULL)
    g_object_set (object, "g-bus-type", G_BUS_TYPE_NONE, "g-connection", bus, NULL);

  return object;
}

static void
ck_secret_service_prompt (SecretService *service,
                          SecretPrompt *prompt,
                          const GVariantType *return_type,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (service, cancellable, callback, user_data);

  g_task_set_source_tag (task, ck_secret_service_prompt);
  g_dbus_proxy_call (G_DBUS_PROXY (prompt), "Dismiss", NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL,
                     NULL);
  g_task_return_new_error (task, CK_ERROR, CK_ERROR_STORE,
                           "it asks for a password, and nobody is here to type it: unlock the keyring");
}

static GVariant *
ck_secret_service_prompt_finish (SecretService *service, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, service), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
ck_secret_service_class_init (CkSecretServiceClass *klass)
{
  SecretServiceClass *service_class = SECRET_SERVICE_CLASS (klass);

  G_OBJECT_CLASS (klass)->constructor = ck_secret_service_constructor;
  service_class->prompt_async = ck_secret_service_prompt;
  service_class->prompt_finish = ck_secret_service_prompt_finish;
}

static void
ck_secret_service_init (CkSecretService *self)
{
}
