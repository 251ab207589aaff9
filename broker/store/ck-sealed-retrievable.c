/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-sealed-retrievable.h"

#include "ck-error.h"

struct _CkSealedRetrievable
{
  GObject parent_instance;

  CkSealedItem *item;
};

enum
{
  PROP_ATTRIBUTES = 1,
  PROP_LABEL,
  PROP_CREATED,
  PROP_MODIFIED,
};

static void retrievable_iface_init (SecretRetrievableInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CkSealedRetrievable,
                               ck_sealed_retrievable,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SECRET_TYPE_RETRIEVABLE,
                                                      retrievable_iface_init))

CkSealedRetrievable *
ck_sealed_retrievable_new (CkSealedItem *item)
{
  CkSealedRetrievable *retrievable = g_object_new (CK_TYPE_SEALED_RETRIEVABLE, NULL);

  retrievable->item = ck_sealed_item_ref (item);

  return retrievable;
}

static void
retrieve_secret (SecretRetrievable *retrievable,
                 GCancellable *cancellable,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
  CkSealedItem *item = CK_SEALED_RETRIEVABLE (retrievable)->item;
  g_autoptr (GTask) task = g_task_new (retrievable, cancellable, callback, user_data);
  SecretValue *value = ck_sealed_item_get_value (item);
  g_autofree char *name = NULL;

  if (value != NULL)
    {
      g_task_return_pointer (task, secret_value_ref (value), secret_value_unref);
      return;
    }

  name = ck_item_name_to_string (ck_sealed_item_get_name (item));
  g_task_return_new_error (task, CK_ERROR, CK_ERROR_STORE, CK_SEALED_DAMAGED_FORMAT, name);
}

static SecretValue *
retrieve_secret_finish (SecretRetrievable *retrievable, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, retrievable), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
retrievable_iface_init (SecretRetrievableInterface *iface)
{
  iface->retrieve_secret = retrieve_secret;
  iface->retrieve_secret_finish = retrieve_secret_finish;
}

static void
ck_sealed_retrievable_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  CkSealedItem *item = CK_SEALED_RETRIEVABLE (object)->item;

  switch (id)
    {
    case PROP_ATTRIBUTES:
      g_value_take_boxed (value, ck_item_name_dup_attributes (ck_sealed_item_get_name (item)));
      break;
    case PROP_LABEL:
      g_value_set_string (value, ck_sealed_item_get_label (item));
      break;
    case PROP_CREATED:
      g_value_set_uint64 (value, ck_sealed_item_get_created (item));
      break;
    case PROP_MODIFIED:
      g_value_set_uint64 (value, ck_sealed_item_get_modified (item));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

/* The interface has them writable; a result of a search is not. */
static void
ck_sealed_retrievable_set_property (GObject *object,
                                    guint id,
                                    const GValue *value,
                                    GParamSpec *pspec)
{
  g_warning ("%s of an item in the vault is changed by storing it anew", pspec->name);
}

static void
ck_sealed_retrievable_finalize (GObject *object)
{
  g_clear_pointer (&CK_SEALED_RETRIEVABLE (object)->item, ck_sealed_item_unref);

  G_OBJECT_CLASS (ck_sealed_retrievable_parent_class)->finalize (object);
}

static void
ck_sealed_retrievable_class_init (CkSealedRetrievableClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = ck_sealed_retrievable_get_property;
  object_class->set_property = ck_sealed_retrievable_set_property;
  object_class->finalize = ck_sealed_retrievable_finalize;

  g_object_class_override_property (object_class, PROP_ATTRIBUTES, "attributes");
  g_object_class_override_property (object_class, PROP_LABEL, "label");
  g_object_class_override_property (object_class, PROP_CREATED, "created");
  g_object_class_override_property (object_class, PROP_MODIFIED, "modified");
}

static void
ck_sealed_retrievable_init (CkSealedRetrievable *retrievable)
{
}
