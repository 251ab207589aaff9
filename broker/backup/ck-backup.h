/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"

G_BEGIN_DECLS

/**
 * ck_backup_make_async:
 * @key: (transfer none): the text of the key to seal it with
 *
 * Backs up the channels with the grants they hold, and the clients that were added on the bus, as
 * they all are at this moment; sealing is a thread's work. Errors: %CK_ERROR_VAULT_SEALED,
 * %CK_ERROR_BUSY, %CK_ERROR_INVALID_ARGUMENT: @key is none, or the vault's own.
 */
void ck_backup_make_async (CkBroker *broker,
                           SecretValue *key,
                           GAsyncReadyCallback callback,
                           gpointer user_data);

/**
 * ck_backup_make_finish:
 * @n_channels: (out): how many channels are in it
 * @n_clients: (out): how many clients
 *
 * Returns: a sealed memfd with the backup, or -1
 */
int ck_backup_make_finish (GAsyncResult *result,
                           guint *n_channels,
                           guint *n_clients,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
