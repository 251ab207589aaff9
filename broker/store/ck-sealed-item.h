/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <libsecret/secret.h>

#include "ck-vault-key.h"

G_BEGIN_DECLS

/* The attribute in which libsecret's services keep a schema's name. */
#define CK_SCHEMA_ATTRIBUTE "xdg:schema"

/**
 * ck_item_name_new:
 * @schema: (nullable): the schema's name
 * @attributes: (element-type utf8 utf8): what the item is found by; a member %CK_SCHEMA_ATTRIBUTE
 *   is the schema's name if @schema is %NULL
 *
 * An item's name: schema and attributes in one order, each string with its NUL. Equal names, equal
 * items. It is the part of an item that is not secret.
 *
 * Returns: (transfer full): the name
 */
GBytes *ck_item_name_new (const char *schema, GHashTable *attributes) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_item_name_matches:
 * @name: an item's name
 * @wanted: a name with some of the attributes; an empty schema matches any
 *
 * Returns: whether @name has all that @wanted has
 */
gboolean ck_item_name_matches (GBytes *name, GBytes *wanted);

/**
 * ck_item_name_dup_attributes:
 *
 * Returns: (transfer full) (element-type utf8 utf8): the attributes, the schema as
 *   %CK_SCHEMA_ATTRIBUTE among them
 */
GHashTable *ck_item_name_dup_attributes (GBytes *name) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_item_name_to_string:
 *
 * Returns: (transfer full): for people, such as `org.channelkeeper.Grant channel=x generation=3`
 */
char *ck_item_name_to_string (GBytes *name) G_GNUC_WARN_UNUSED_RESULT;

/**
 * CkSealedItem:
 *
 * One item of the sealed vault, opened. Read-only, reference counted, for any thread.
 */
typedef struct _CkSealedItem CkSealedItem;

/**
 * ck_sealed_item_new:
 * @name: (transfer none): its name
 * @label: (nullable): for people
 * @value: (transfer none): the secret
 * @created: Unix seconds
 * @modified: Unix seconds
 *
 * Returns: (transfer full): an item
 */
CkSealedItem *ck_sealed_item_new (GBytes *name,
                                  const char *label,
                                  SecretValue *value,
                                  guint64 created,
                                  guint64 modified) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_sealed_item_new_unsealed:
 * @id: of the row the item was found in
 * @name: (transfer none): as found
 * @sealed: bytes from ck_sealed_item_seal(), not trusted
 * @size: how many
 * @key: the vault's key
 *
 * Returns: (transfer full): the item; one without a value if anything of it was changed
 */
CkSealedItem *ck_sealed_item_new_unsealed (guint64 id,
                                           GBytes *name,
                                           const guint8 *sealed,
                                           gsize size,
                                           CkVaultKey *key) G_GNUC_WARN_UNUSED_RESULT;

CkSealedItem *ck_sealed_item_ref (CkSealedItem *item);
void ck_sealed_item_unref (CkSealedItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkSealedItem, ck_sealed_item_unref)

/**
 * ck_sealed_item_seal:
 * @id: of the row it goes to; with the name, what the sealed bytes are bound to
 * @key: the vault's key
 *
 * Returns: (transfer full): label, times and secret, sealed
 */
GBytes *ck_sealed_item_seal (CkSealedItem *item, guint64 id, CkVaultKey *key)
    G_GNUC_WARN_UNUSED_RESULT;

GBytes *ck_sealed_item_get_name (CkSealedItem *item);
const char *ck_sealed_item_get_label (CkSealedItem *item);
guint64 ck_sealed_item_get_created (CkSealedItem *item);
guint64 ck_sealed_item_get_modified (CkSealedItem *item);

/**
 * ck_sealed_item_get_value:
 *
 * Returns: (transfer none) (nullable): the secret; %NULL: the item is damaged
 */
SecretValue *ck_sealed_item_get_value (CkSealedItem *item);

G_END_DECLS
