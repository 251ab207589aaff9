/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-sealed-item.h"

#include <string.h>

#include "ck-secret.h"

/* Says what kind of thing is sealed, so that no other sealed bytes pass for an item. */
#define BOUND_TO "channelkeeper vault item"

struct _CkSealedItem
{
  gatomicrefcount ref_count;
  GBytes *name;
  char *label;
  SecretValue *value;
  guint64 created;
  guint64 modified;
};

/* What stands before label, content type and secret in the plain bytes. Little-endian. */
typedef struct
{
  guint64 created;
  guint64 modified;
  guint32 label_size;
  guint32 type_size;
} Header;

static CkSealedItem *
item_alloc (GBytes *name)
{
  CkSealedItem *item = g_new0 (CkSealedItem, 1);

  g_atomic_ref_count_init (&item->ref_count);
  item->name = g_bytes_ref (name);

  return item;
}

CkSealedItem *
ck_sealed_item_new (GBytes *name,
                    const char *label,
                    SecretValue *value,
                    guint64 created,
                    guint64 modified)
{
  CkSealedItem *item = item_alloc (name);

  item->label = g_strdup (label != NULL ? label : "");
  item->value = secret_value_ref (value);
  item->created = created;
  item->modified = modified;

  return item;
}

CkSealedItem *
ck_sealed_item_ref (CkSealedItem *item)
{
  g_atomic_ref_count_inc (&item->ref_count);

  return item;
}

void
ck_sealed_item_unref (CkSealedItem *item)
{
  if (!g_atomic_ref_count_dec (&item->ref_count))
    return;

  g_bytes_unref (item->name);
  g_free (item->label);
  g_clear_pointer (&item->value, secret_value_unref);
  g_free (item);
}

static GBytes *
make_bound (guint64 id, GBytes *name)
{
  guint64 id_le = GUINT64_TO_LE (id);
  gsize name_size;
  const guint8 *name_data = g_bytes_get_data (name, &name_size);
  GByteArray *bound = g_byte_array_sized_new ((guint) (sizeof BOUND_TO + sizeof id_le + name_size));

  g_byte_array_append (bound, (const guint8 *) BOUND_TO, sizeof BOUND_TO);
  g_byte_array_append (bound, (const guint8 *) &id_le, sizeof id_le);
  g_byte_array_append (bound, name_data, (guint) name_size);

  return g_byte_array_free_to_bytes (bound);
}

GBytes *
ck_sealed_item_seal (CkSealedItem *item, guint64 id, CkVaultKey *key)
{
  gsize secret_size;
  const char *secret = secret_value_get (item->value, &secret_size);
  const char *type = secret_value_get_content_type (item->value);
  g_autoptr (GBytes) bound = make_bound (id, item->name);
  Header header = {
    GUINT64_TO_LE (item->created),
    GUINT64_TO_LE (item->modified),
    GUINT32_TO_LE ((guint32) strlen (item->label)),
    GUINT32_TO_LE ((guint32) strlen (type)),
  };
  gsize size = sizeof header + strlen (item->label) + strlen (type) + secret_size;
  guint8 *plain = g_malloc (size);
  guint8 *next = plain;
  GBytes *sealed;

  next = (guint8 *) mempcpy (next, &header, sizeof header);
  next = (guint8 *) mempcpy (next, item->label, strlen (item->label));
  next = (guint8 *) mempcpy (next, type, strlen (type));
  memcpy (next, secret, secret_size);

  sealed = ck_vault_key_seal (key, bound, plain, size);
  ck_secret_wipe (plain, size);
  g_free (plain);

  return sealed;
}

/* @plain has passed the seal, so only a bug of an older version could make this fail. */
static gboolean
unpack (CkSealedItem *item, const guint8 *plain, gsize size)
{
  g_autofree char *type = NULL;
  Header header;
  gsize label_size;
  gsize type_size;

  if (size < sizeof header)
    return FALSE;

  memcpy (&header, plain, sizeof header);
  plain += sizeof header;
  size -= sizeof header;
  label_size = GUINT32_FROM_LE (header.label_size);
  type_size = GUINT32_FROM_LE (header.type_size);
  if (label_size > size || type_size > size - label_size)
    return FALSE;

  item->created = GUINT64_FROM_LE (header.created);
  item->modified = GUINT64_FROM_LE (header.modified);
  item->label = g_strndup ((const char *) plain, label_size);
  type = g_strndup ((const char *) plain + label_size, type_size);
  item->value = secret_value_new ((const char *) plain + label_size + type_size,
                                  (gssize) (size - label_size - type_size),
                                  type);

  return TRUE;
}

CkSealedItem *
ck_sealed_item_new_unsealed (guint64 id,
                             GBytes *name,
                             const guint8 *sealed,
                             gsize size,
                             CkVaultKey *key)
{
  CkSealedItem *item = item_alloc (name);
  g_autoptr (GBytes) bound = make_bound (id, name);
  guint8 *plain = g_malloc0 (size + 1);

  if (!ck_vault_key_unseal (key, bound, sealed, size, plain)
      || !unpack (item, plain, size - CK_VAULT_SEAL_BYTES))
    g_clear_pointer (&item->value, secret_value_unref);

  if (item->label == NULL)
    item->label = g_strdup ("");
  ck_secret_wipe (plain, size);
  g_free (plain);

  return item;
}

GBytes *
ck_sealed_item_get_name (CkSealedItem *item)
{
  return item->name;
}

const char *
ck_sealed_item_get_label (CkSealedItem *item)
{
  return item->label;
}

guint64
ck_sealed_item_get_created (CkSealedItem *item)
{
  return item->created;
}

guint64
ck_sealed_item_get_modified (CkSealedItem *item)
{
  return item->modified;
}

SecretValue *
ck_sealed_item_get_value (CkSealedItem *item)
{
  return item->value;
}
