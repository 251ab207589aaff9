/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-keyring.h"
#include "ck-vault-private.h"

G_BEGIN_DECLS

/**
 * CkVaultQueue:
 *
 * The calls to a Secret Service, one after the other, each with a deadline.
 */
typedef struct _CkVaultQueue CkVaultQueue;

/**
 * ck_vault_queue_new:
 * @vault: (transfer none): outlives the queue; ck_vault_check_open() is asked before each start
 * @keyring: (transfer none): is checked after a failure, and nothing starts meanwhile
 */
CkVaultQueue *ck_vault_queue_new (CkVault *vault, CkKeyring *keyring) G_GNUC_WARN_UNUSED_RESULT;

void ck_vault_queue_free (CkVaultQueue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkVaultQueue, ck_vault_queue_free)

/**
 * ck_vault_queue_add:
 *
 * See ck_vault_start_call().
 */
void ck_vault_queue_add (CkVaultQueue *queue, GTask *task, guint deadline, CkVaultStart start);

/**
 * ck_vault_queue_end:
 *
 * See ck_vault_end_call().
 */
gboolean ck_vault_queue_end (CkVaultQueue *queue, GTask *task, const GError *error);

/**
 * ck_vault_queue_run:
 *
 * The keyring changed: starts what can be started, answers the rest.
 */
void ck_vault_queue_run (CkVaultQueue *queue);

/**
 * ck_vault_queue_cut:
 *
 * Answers the call under way with %CK_ERROR_VAULT_SEALED: what comes of it, nobody will know.
 */
void ck_vault_queue_cut (CkVaultQueue *queue);

G_END_DECLS
