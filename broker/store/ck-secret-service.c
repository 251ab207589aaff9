/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-secret-service.h"

/* libsecret 0.20.5 installs this header, but secret.h does not include it, and it refuses to be
 * included otherwise. */
#define __SECRET_INSIDE_HEADER__
#include <libsecret/secret-backend.h>
#undef __SECRET_INSIDE_HEADER__

#include <string.h>

#include "ck-error.h"

#define ITEM_INTERFACE "org.freedesktop.Secret.Item"
/* An item is read once, and keeps what was read even when the service leaves. */
#define ITEM_FLAGS (G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS | G_DBUS_PROXY_FLAGS_NO_MATCH_RULE)
#define SCHEMA_ATTRIBUTE "xdg:schema"
#define NO_PROMPT "/"
#define ASKS "it asks for a password, and nobody is here to type it: unlock the keyring"

/* So many items are asked for at a time. */
#define WINDOW 64

struct _CkSecretService
{
  SecretService parent_instance;
};

static void backend_iface_init (SecretBackendInterface *iface);

/* What is not overridden stays libsecret's. */
G_DEFINE_FINAL_TYPE_WITH_CODE (CkSecretService,
                               ck_secret_service,
                               SECRET_TYPE_SERVICE,
                               G_IMPLEMENT_INTERFACE (SECRET_TYPE_BACKEND, backend_iface_init))

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

/* ---- search and clear: the items' paths → one after the other, some at a time -------------------
 *
 * libsecret's own (0.20.5) ask for all at once, and answer their task anew for each that fails: as often
 * GLib logs something critical.
 */

typedef struct
{
  char *owner;  /* of the service's name: what answered the search is what is asked */
  GQueue paths; /* utf8: not asked for yet */
  guint limit;
  void (*ask) (GTask *task, const char *path); /* on_answer() follows */
  guint n_asked; /* and not answered */
  gboolean any;
  GList *items;  /* SecretItem */
  GError *error; /* the first */
} Work;

static void
work_free (Work *work)
{
  g_free (work->owner);
  g_queue_clear_full (&work->paths, g_free);
  g_list_free_full (work->items, g_object_unref);
  g_clear_error (&work->error);
  g_free (work);
}

static void
proceed (GTask *task)
{
  Work *work = g_task_get_task_data (task);

  while (work->error == NULL && work->n_asked < WINDOW && !g_queue_is_empty (&work->paths))
    {
      g_autofree char *path = g_queue_pop_head (&work->paths);

      work->n_asked++;
      work->ask (task, path);
    }
  if (work->n_asked > 0)
    return;

  if (work->error == NULL)
    {
      g_task_return_boolean (task, work->any);
      return;
    }
  g_dbus_error_strip_remote_error (work->error);
  g_task_return_error (task, g_steal_pointer (&work->error));
}

/* @error: (nullable) (transfer full) */
static void
on_answer (GTask *task, GError *error)
{
  Work *work = g_task_get_task_data (task);

  work->n_asked--;
  work->any |= error == NULL;
  if (work->error == NULL)
    work->error = error;
  else
    g_clear_error (&error);
  proceed (task);
}

static void
on_paths (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Work *work = g_task_get_task_data (task);
  g_autoptr (GVariant) reply
      = g_dbus_proxy_call_finish (G_DBUS_PROXY (source), result, &work->error);

  work->owner = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (source));
  if (work->owner == NULL && work->error == NULL)
    work->error = g_error_new_literal (SECRET_ERROR, SECRET_ERROR_PROTOCOL, "the service went away");
  for (gsize i = 0; reply != NULL && i < 2; i++) /* the unlocked, the locked */
    {
      g_autoptr (GVariant) list = g_variant_get_child_value (reply, i);
      GVariantIter iter;
      char *path;

      g_variant_iter_init (&iter, list);
      while (work->paths.length < work->limit && g_variant_iter_next (&iter, "o", &path))
        g_queue_push_tail (&work->paths, path);
    }
  proceed (task);
}

static GVariant *
make_attributes (const SecretSchema *schema, GHashTable *attributes)
{
  GVariantBuilder builder;
  GHashTableIter iter;
  const char *name;
  const char *value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  g_hash_table_iter_init (&iter, attributes);
  while (g_hash_table_iter_next (&iter, (gpointer *) &name, (gpointer *) &value))
    g_variant_builder_add (&builder, "{ss}", name, value);
  if (schema != NULL && (schema->flags & SECRET_SCHEMA_DONT_MATCH_NAME) == 0)
    g_variant_builder_add (&builder, "{ss}", SCHEMA_ATTRIBUTE, schema->name);

  return g_variant_new ("(a{ss})", &builder);
}

/* @task: (transfer full) */
static void
begin (GTask *task,
       const SecretSchema *schema,
       GHashTable *attributes,
       guint limit,
       void (*ask) (GTask *task, const char *path))
{
  Work *work = g_new0 (Work, 1);

  work->limit = limit;
  work->ask = ask;
  g_task_set_task_data (task, work, (GDestroyNotify) work_free);
  g_dbus_proxy_call (g_task_get_source_object (task), "SearchItems",
                     make_attributes (schema, attributes), G_DBUS_CALL_FLAGS_NONE, -1,
                     g_task_get_cancellable (task), on_paths, task);
}

static void
on_item (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Work *work = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GObject) item
      = g_async_initable_new_finish (G_ASYNC_INITABLE (source), result, &error);
  g_autoptr (GVariant) attributes
      = item != NULL ? g_dbus_proxy_get_cached_property (G_DBUS_PROXY (item), "Attributes") : NULL;

  if (attributes != NULL)
    work->items = g_list_prepend (work->items, g_steal_pointer (&item));
  else if (error == NULL)
    error = g_error_new_literal (SECRET_ERROR, SECRET_ERROR_PROTOCOL, "an item went away");
  on_answer (task, error);
}

static void
ask_for_item (GTask *task, const char *path)
{
  GDBusProxy *proxy = g_task_get_source_object (task);
  const Work *work = g_task_get_task_data (task);

  g_async_initable_new_async (SECRET_TYPE_ITEM, G_PRIORITY_DEFAULT, g_task_get_cancellable (task),
                              on_item, g_object_ref (task),
                              "g-flags", ITEM_FLAGS,
                              "g-name", work->owner,
                              "g-connection", g_dbus_proxy_get_connection (proxy),
                              "g-object-path", path,
                              "g-interface-name", ITEM_INTERFACE,
                              "service", proxy,
                              NULL);
}

static void
backend_search (SecretBackend *backend,
                const SecretSchema *schema,
                GHashTable *attributes,
                SecretSearchFlags flags,
                GCancellable *cancellable,
                GAsyncReadyCallback callback,
                gpointer user_data)
{
  GTask *task = g_task_new (backend, cancellable, callback, user_data);

  g_task_set_source_tag (task, backend_search);
  begin (task, schema, attributes, (flags & SECRET_SEARCH_ALL) != 0 ? G_MAXUINT : 1, ask_for_item);
}

static GList *
backend_search_finish (SecretBackend *backend, GAsyncResult *result, GError **error)
{
  Work *work = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) own_error = NULL;

  g_task_propagate_boolean (G_TASK (result), &own_error);
  if (own_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&own_error));
      return NULL;
    }

  return g_list_reverse (g_steal_pointer (&work->items));
}

static void
on_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  const char *prompt = NO_PROMPT;

  if (reply != NULL)
    g_variant_get (reply, "(&o)", &prompt);
  if (strcmp (prompt, NO_PROMPT) != 0)
    error = g_error_new_literal (CK_ERROR, CK_ERROR_STORE, ASKS);
  on_answer (task, error);
}

static void
ask_to_delete (GTask *task, const char *path)
{
  GDBusProxy *proxy = g_task_get_source_object (task);
  const Work *work = g_task_get_task_data (task);

  g_dbus_connection_call (g_dbus_proxy_get_connection (proxy), work->owner, path, ITEM_INTERFACE,
                          "Delete", NULL, G_VARIANT_TYPE ("(o)"), G_DBUS_CALL_FLAGS_NONE, -1,
                          g_task_get_cancellable (task), on_deleted, g_object_ref (task));
}

static void
backend_clear (SecretBackend *backend,
               const SecretSchema *schema,
               GHashTable *attributes,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  GTask *task = g_task_new (backend, cancellable, callback, user_data);

  g_task_set_source_tag (task, backend_clear);
  begin (task, schema, attributes, G_MAXUINT, ask_to_delete);
}

static gboolean
backend_clear_finish (SecretBackend *backend, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
backend_iface_init (SecretBackendInterface *iface)
{
  iface->search = backend_search;
  iface->search_finish = backend_search_finish;
  iface->clear = backend_clear;
  iface->clear_finish = backend_clear_finish;
}

/* ---- the service without a screen --------------------------------------------------------------- */

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
  g_task_return_new_error (task, CK_ERROR, CK_ERROR_STORE, "%s", ASKS);
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
