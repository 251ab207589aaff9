/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-vault.h"

G_BEGIN_DECLS

/**
 * ck_grant_loader_run_async:
 * @schema: the name of the grants' schema
 *
 * Asks libsecret for every item of @schema and for its secret.
 *
 * Finishes with (transfer full) (element-type CkVaultGrant) what was found. A damaged item is in it
 * with its error; an item without the attributes of a grant is left out with a warning. An error that
 * is not %CK_ERROR comes from the service: then the whole is that error.
 */
void ck_grant_loader_run_async (const char *schema,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
GPtrArray *ck_grant_loader_run_finish (GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
