/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-backup-file.h"
#include "ck-broker.h"

G_BEGIN_DECLS

/**
 * ck_regrant_run_async:
 * @wanted: (transfer none): what the backup has of @channel; lives until it is done
 * @by: the user who restores it
 *
 * Gives @channel the grant of a backup, in a turn of its own, if ck_restoration_judge() says so then.
 */
void ck_regrant_run_async (CkBroker *broker,
                           CkChannel *channel,
                           const CkBackupChannel *wanted,
                           const char *by,
                           GAsyncReadyCallback callback,
                           gpointer user_data);

/**
 * ck_regrant_run_finish:
 * @why: (out) (transfer none): why it was left as it is; %NULL if it has the grant now
 * @error: %CK_ERROR_STORE: the vault did not take it
 */
gboolean ck_regrant_run_finish (GAsyncResult *result, const char **why, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
