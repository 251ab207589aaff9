/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsecret/secret.h>

#include "ck-sealed-item.h"

G_BEGIN_DECLS

/* What is said of an item that did not pass its seal; takes the item's name for people. */
#define CK_SEALED_DAMAGED_FORMAT "the stored item %s is damaged: connect it again or restore a backup"

/**
 * CkSealedRetrievable:
 *
 * A search result of our backend: a #SecretRetrievable over one item.
 */
#define CK_TYPE_SEALED_RETRIEVABLE (ck_sealed_retrievable_get_type ())
G_DECLARE_FINAL_TYPE (CkSealedRetrievable, ck_sealed_retrievable, CK, SEALED_RETRIEVABLE, GObject)

/**
 * ck_sealed_retrievable_new:
 * @item: (transfer none): the item; retrieving a damaged one's secret fails with %CK_ERROR_STORE
 *
 * Returns: (transfer full): the result
 */
CkSealedRetrievable *ck_sealed_retrievable_new (CkSealedItem *item) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
