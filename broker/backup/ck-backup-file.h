/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-channel-record.h"
#include "ck-client-record.h"
#include "ck-grant.h"
#include "ck-vault-key.h"

G_BEGIN_DECLS

/*
 * A backup: what is needed to have the channels back, on this machine or another, whatever backend
 * keeps the vault there. 32 bytes of header (magic, version, the id of its key), then one sealed
 * piece that the header is bound to: nothing of it can be changed, missing or cut off unnoticed.
 */

/* What is read at most. */
#define CK_BACKUP_MAX_BYTES ((gsize) 256 * 1024 * 1024)

/**
 * CkBackupClient:
 * @secret: (nullable): as text; %NULL: a public client
 *
 * A client that was added on the bus; those of clients.d are their files' and credentials' affair.
 */
typedef struct
{
  CkClientRecord *record;
  SecretValue *secret;
} CkBackupClient;

/**
 * CkBackupChannel:
 * @grant: (nullable): the grant it holds, unless that is dead
 */
typedef struct
{
  CkChannelRecord *record;
  CkGrant *grant;
} CkBackupChannel;

typedef struct
{
  GPtrArray *clients;  /* CkBackupClient */
  GPtrArray *channels; /* CkBackupChannel */
} CkBackup;

/**
 * ck_backup_new:
 *
 * Returns: (transfer full): an empty one
 */
CkBackup *ck_backup_new (void) G_GNUC_WARN_UNUSED_RESULT;
void ck_backup_free (CkBackup *backup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkBackup, ck_backup_free)

/**
 * ck_backup_add_client:
 * @secrets: (transfer none) (nullable): as ck_broker_get_client_secrets()
 */
void ck_backup_add_client (CkBackup *backup, const CkClientRecord *record, SecretValue *secrets);

/**
 * ck_backup_add_channel:
 * @grant: (transfer none) (nullable)
 */
void ck_backup_add_channel (CkBackup *backup, const CkChannelRecord *record, CkGrant *grant);

/**
 * ck_backup_seal:
 * @key: not the vault's
 *
 * Returns: (transfer full): the file's bytes
 */
GBytes *ck_backup_seal (CkBackup *backup, CkVaultKey *key) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_backup_unseal:
 * @data: the file's bytes, not trusted
 * @size: how many
 * @error: %CK_ERROR_INVALID_ARGUMENT: no backup, of a newer version, sealed with another key,
 *   damaged or cut off
 *
 * Returns: (transfer full) (nullable): what is in it
 */
CkBackup *ck_backup_unseal (const guint8 *data, gsize size, CkVaultKey *key, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
