/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-backup-file.h"
#include "ck-broker.h"

G_BEGIN_DECLS

/**
 * CkRestored:
 * @kind: `client` or `channel`
 * @outcome: `added`: it was not here; `restored`: it was here and has the backup's grant or secret
 *   now; `left`: left as it is here; `failed`
 * @why: a sentence for people; empty where the outcome says all
 *
 * What became of one entry of a backup.
 */
typedef struct
{
  const char *kind;
  char *id;
  const char *outcome;
  char *why;
} CkRestored;

/**
 * ck_restoration_judge:
 * @here: the channel as it is here
 * @has_grant: whether it holds a grant
 * @wanted: what the backup has of it
 *
 * A restoration never takes the place of something that is newer, or works.
 *
 * Returns: (transfer none) (nullable): why the channel is left as it is; %NULL: it gets the grant
 */
const char *ck_restoration_judge (const CkChannelRecord *here,
                                  gboolean has_grant,
                                  const CkBackupChannel *wanted);

/**
 * ck_restoration_run_async:
 * @fd: (transfer full): a sealed memfd with a backup
 * @key: (transfer none): the text of its key
 * @by: the user who restores it
 *
 * Reads the whole backup first; then clients and channels that are not here are added, and channels
 * without a good grant get the backup's, each by itself: stored, announced, then verified with the
 * platform. A refresh token that may rotate may have been used since and is in doubt (rule 3).
 *
 * Errors, with nothing changed: %CK_ERROR_VAULT_SEALED, %CK_ERROR_BUSY while another one is under
 * way, %CK_ERROR_INVALID_ARGUMENT as ck_backup_unseal().
 */
void ck_restoration_run_async (CkBroker *broker,
                               int fd,
                               SecretValue *key,
                               const char *by,
                               GAsyncReadyCallback callback,
                               gpointer user_data);

/**
 * ck_restoration_run_finish:
 *
 * Returns: (transfer full) (nullable) (element-type CkRestored): what became of each
 */
GPtrArray *ck_restoration_run_finish (GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
