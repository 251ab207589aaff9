/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-sealed-backend.h"

/* libsecret 0.20.5 installs this header, but secret.h does not include it, and it refuses to be
 * included otherwise. */
#define __SECRET_INSIDE_HEADER__
#include <libsecret/secret-backend.h>
#undef __SECRET_INSIDE_HEADER__

#include "ck-error.h"
#include "ck-sealed-retrievable.h"

struct _CkSealedBackend
{
  GObject parent_instance;

  SecretServiceFlags flags; /* libsecret wants them kept; they mean nothing to us */
};

enum
{
  PROP_FLAGS = 1,
};

static void backend_iface_init (SecretBackendInterface *iface);
static void async_initable_iface_init (GAsyncInitableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CkSealedBackend,
                               ck_sealed_backend,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_ASYNC_INITABLE,
                                                      async_initable_iface_init)
                                   G_IMPLEMENT_INTERFACE (SECRET_TYPE_BACKEND, backend_iface_init))

/* libsecret makes the instances and gives them nothing, so they must find the store by something
 * that is as global as the extension point itself: our own type, which carries it as data. GObject
 * locks that data, and no variable of ours holds it. */
static GQuark
store_quark (void)
{
  return g_quark_from_static_string ("ck-sealed-store");
}

void
ck_sealed_backend_attach (CkSealedStore *store)
{
  g_type_set_qdata (CK_TYPE_SEALED_BACKEND, store_quark (), store);
}

CkSealedStore *
ck_sealed_backend_get_attached (void)
{
  return g_type_get_qdata (CK_TYPE_SEALED_BACKEND, store_quark ());
}

void
ck_sealed_backend_register (void)
{
  g_io_extension_point_register (SECRET_BACKEND_EXTENSION_POINT_NAME);
  g_io_extension_point_implement (SECRET_BACKEND_EXTENSION_POINT_NAME,
                                  CK_TYPE_SEALED_BACKEND,
                                  CK_SEALED_BACKEND_NAME,
                                  0);
}

/* Returns: (nullable): the store; without one @task has been answered */
static CkSealedStore *
get_store (GTask *task)
{
  CkSealedStore *store = ck_sealed_backend_get_attached ();

  if (store == NULL)
    g_task_return_new_error (task, CK_ERROR, CK_ERROR_VAULT_SEALED, "the vault is sealed");

  return store;
}

static GBytes *
make_name (const SecretSchema *schema, GHashTable *attributes)
{
  return ck_item_name_new (schema != NULL ? schema->name : NULL, attributes);
}

/* Whether attributes of @schema name one item: all that an item of that schema can have are there. */
static gboolean
is_exact (const SecretSchema *schema, GHashTable *attributes)
{
  guint n_known = 0;

  if (schema == NULL || (schema->flags & SECRET_SCHEMA_DONT_MATCH_NAME) != 0)
    return FALSE;

  while (n_known < G_N_ELEMENTS (schema->attributes) && schema->attributes[n_known].name != NULL)
    {
      if (!g_hash_table_contains (attributes, schema->attributes[n_known].name))
        return FALSE;
      n_known++;
    }

  return TRUE;
}

static void
on_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ck_sealed_store_put_finish (CK_SEALED_STORE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
backend_store (SecretBackend *backend,
               const SecretSchema *schema,
               GHashTable *attributes,
               const char *collection,
               const char *label,
               SecretValue *value,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (backend, cancellable, callback, user_data);
  g_autoptr (GBytes) name = make_name (schema, attributes);
  CkSealedStore *store = get_store (task);

  if (store == NULL)
    return;

  g_task_set_check_cancellable (task, FALSE);
  ck_sealed_store_put_async (store,
                             name,
                             label,
                             value,
                             cancellable,
                             on_stored,
                             g_steal_pointer (&task));
}

static gboolean
backend_boolean_finish (SecretBackend *backend, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, backend), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Several items may match part of their attributes; any is as good, but not a damaged one. */
static SecretValue *
choose_value (GPtrArray *items, GError **error)
{
  g_autofree char *name = NULL;

  for (guint i = 0; i < items->len; i++)
    {
      if (ck_sealed_item_get_value (items->pdata[i]) != NULL)
        return secret_value_ref (ck_sealed_item_get_value (items->pdata[i]));
    }
  if (items->len == 0)
    return NULL;

  name = ck_item_name_to_string (ck_sealed_item_get_name (items->pdata[0]));
  g_set_error (error, CK_ERROR, CK_ERROR_STORE, CK_SEALED_DAMAGED_FORMAT, name);

  return NULL;
}

static void
backend_lookup (SecretBackend *backend,
                const SecretSchema *schema,
                GHashTable *attributes,
                GCancellable *cancellable,
                GAsyncReadyCallback callback,
                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (backend, cancellable, callback, user_data);
  g_autoptr (GBytes) name = make_name (schema, attributes);
  g_autoptr (GPtrArray) items = NULL;
  CkSealedStore *store = get_store (task);
  SecretValue *value;
  GError *error = NULL;

  if (store == NULL)
    return;

  items = ck_sealed_store_search (store, name, is_exact (schema, attributes), 0);
  value = choose_value (items, &error);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, value, secret_value_unref);
}

static SecretValue *
backend_lookup_finish (SecretBackend *backend, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, backend), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  gboolean cleared = ck_sealed_store_remove_finish (CK_SEALED_STORE (source), result, &error);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, cleared);
}

static void
backend_clear (SecretBackend *backend,
               const SecretSchema *schema,
               GHashTable *attributes,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (backend, cancellable, callback, user_data);
  g_autoptr (GBytes) name = make_name (schema, attributes);
  CkSealedStore *store = get_store (task);

  if (store == NULL)
    return;

  g_task_set_check_cancellable (task, FALSE);
  ck_sealed_store_remove_async (store,
                                name,
                                is_exact (schema, attributes),
                                cancellable,
                                on_cleared,
                                g_steal_pointer (&task));
}

static void
retrievables_free (gpointer list)
{
  g_list_free_full (list, g_object_unref);
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
  g_autoptr (GTask) task = g_task_new (backend, cancellable, callback, user_data);
  g_autoptr (GBytes) name = make_name (schema, attributes);
  g_autoptr (GPtrArray) items = NULL;
  CkSealedStore *store = get_store (task);
  guint limit = (flags & SECRET_SEARCH_ALL) != 0 ? 0 : 1;
  GList *list = NULL;

  if (store == NULL)
    return;

  items = ck_sealed_store_search (store, name, is_exact (schema, attributes), limit);
  for (guint i = 0; i < items->len; i++)
    list = g_list_prepend (list, ck_sealed_retrievable_new (items->pdata[i]));
  g_task_return_pointer (task, list, retrievables_free);
}

static GList *
backend_search_finish (SecretBackend *backend, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, backend), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
backend_iface_init (SecretBackendInterface *iface)
{
  iface->store = backend_store;
  iface->store_finish = backend_boolean_finish;
  iface->lookup = backend_lookup;
  iface->lookup_finish = backend_lookup_finish;
  iface->clear = backend_clear;
  iface->clear_finish = backend_boolean_finish;
  iface->search = backend_search;
  iface->search_finish = backend_search_finish;
}

static void
backend_init_async (GAsyncInitable *initable,
                    int io_priority,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (initable, cancellable, callback, user_data);

  g_task_return_boolean (task, TRUE);
}

static gboolean
backend_init_finish (GAsyncInitable *initable, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, initable), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
async_initable_iface_init (GAsyncInitableIface *iface)
{
  iface->init_async = backend_init_async;
  iface->init_finish = backend_init_finish;
}

static void
ck_sealed_backend_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_FLAGS)
    g_value_set_flags (value, CK_SEALED_BACKEND (object)->flags);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ck_sealed_backend_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_FLAGS)
    CK_SEALED_BACKEND (object)->flags = g_value_get_flags (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ck_sealed_backend_class_init (CkSealedBackendClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = ck_sealed_backend_get_property;
  object_class->set_property = ck_sealed_backend_set_property;
  g_object_class_override_property (object_class, PROP_FLAGS, "flags");
}

static void
ck_sealed_backend_init (CkSealedBackend *backend)
{
}
