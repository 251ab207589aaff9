/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-record-field.h"

G_BEGIN_DECLS

/**
 * ck_record_to_variant:
 * @record: a record
 * @builder: of an a{sv}: each member is added under its column's name
 */
void ck_record_to_variant (const CkRecordType *type,
                           gconstpointer record,
                           GVariantBuilder *builder);

/**
 * ck_record_from_variant:
 * @dict: (transfer none): an a{sv}; a member that is missing is empty, one that is unknown is left out
 * @error: %CK_ERROR_INVALID_ARGUMENT: the key is missing or no id, or a member is no such thing
 *
 * Returns: (transfer full) (nullable): a record
 */
gpointer ck_record_from_variant (const CkRecordType *type, GVariant *dict, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
