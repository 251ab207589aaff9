/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-error.h"
#include "ck-sealed-store.h"
#include "ck-vault.h"

G_BEGIN_DECLS

/* Between ck-vault.c, which opens and watches the vault, and the files which use it. */

extern const SecretSchema ck_vault_client_schema;

#define CK_VAULT_GRANT_SCHEMA "org.channelkeeper.Grant"

/**
 * ck_vault_grant_attributes:
 *
 * Returns: (transfer full) (element-type utf8 utf8): what the grant's item is found by
 */
GHashTable *ck_vault_grant_attributes (const char *channel, guint64 generation)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_vault_look_up_first:
 *
 * The lookup that makes libsecret's one backend instance, of a client that is not there. Finishes with
 * secret_password_lookup_binary_finish().
 */
void ck_vault_look_up_first (GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);

/**
 * ck_vault_get_store:
 *
 * Returns: (transfer none) (nullable): the file, if the backend is ours and it is open
 */
CkSealedStore *ck_vault_get_store (CkVault *vault);

/**
 * ck_vault_dup_key:
 *
 * Returns: (transfer full) (nullable): the key of the sealed backend while it is open, or the one that a
 *   Secret Service holds for us once it has been found
 */
CkVaultKey *ck_vault_dup_key (CkVault *vault) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_vault_find_kept_key_async:
 *
 * Looks for the key that the Secret Service holds for what it could not take (ck-fd-store.h), and has it
 * store a new one if there is none. Finishes with it (transfer full).
 */
void ck_vault_find_kept_key_async (GAsyncReadyCallback callback, gpointer user_data);
CkVaultKey *ck_vault_find_kept_key_finish (GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_vault_make_task:
 *
 * Returns: (transfer full): a task that tells the truth even if it was cancelled meanwhile
 */
GTask *ck_vault_make_task (CkVault *vault,
                           gpointer tag,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);

/**
 * ck_vault_check_open:
 *
 * Returns: whether @task may go on; if not (sealed, or cancelled) it has been answered
 */
gboolean ck_vault_check_open (CkVault *vault, GTask *task);

/**
 * ck_vault_note_write:
 * @error: (nullable): why a write failed, %NULL if it did not
 *
 * What a write tells about the vault: the disk takes writes, or it does not.
 */
void ck_vault_note_write (CkVault *vault, const GError *error);

/**
 * ck_vault_note_read:
 * @key: (transfer none) (nullable): found with them in a Secret Service
 *
 * The grants have been read: without its Secret Service the vault is degraded from now on, not sealed.
 */
void ck_vault_note_read (CkVault *vault, CkVaultKey *key);

/**
 * CkVaultStart:
 *
 * Begins a call of libsecret whose callback gets @task, and asks ck_vault_end_call() before it answers.
 */
typedef void (*CkVaultStart) (CkVault *vault, GTask *task);

/**
 * ck_vault_start_call:
 * @task: (transfer full): of ck_vault_make_task()
 * @deadline: seconds from its start
 *
 * Runs @start at once, or has answered @task if the vault is sealed. A Secret Service gets one call
 * after the other: libsecret's calls are several messages each and would overtake one another.
 */
void ck_vault_start_call (CkVault *vault, GTask *task, guint deadline, CkVaultStart start);

/**
 * ck_vault_end_call:
 * @error: (nullable): what libsecret said
 *
 * Returns: whether @task is to be answered; %FALSE: it was, its deadline is over
 */
gboolean ck_vault_end_call (CkVault *vault, GTask *task, const GError *error);

/**
 * ck_vault_get_kept:
 *
 * Returns: (transfer none) (element-type utf8 GBytes): what the service manager keeps for us, sealed, by
 * its names
 */
GHashTable *ck_vault_get_kept (CkVault *vault);

/**
 * ck_vault_note_unkept:
 *
 * The vault could not take a grant, and the service manager keeps as many as it can. Says so once, in
 * the log and the vault's reason, until a write succeeds.
 */
void ck_vault_note_unkept (CkVault *vault);

/**
 * ck_vault_own_error:
 * @error: (transfer full): from libsecret; a Secret Service speaks other domains than ours
 * @code: what to call those
 *
 * Returns: (transfer full): %CK_ERROR, or %G_IO_ERROR_CANCELLED
 */
GError *ck_vault_own_error (GError *error, CkError code);

/**
 * ck_vault_keep_for_next_key:
 * @next: a key that the vault may have at the next start
 *
 * Has the service manager keep what it keeps sealed with @next as well: whichever key the vault has
 * then, it opens one of the two.
 *
 * Returns: whether there is room for that
 */
gboolean ck_vault_keep_for_next_key (CkVault *vault, CkVaultKey *next) G_GNUC_WARN_UNUSED_RESULT;

gboolean ck_vault_boolean_finish (CkVault *vault, GAsyncResult *result, GError **error);

/* What ck_vault_keep_grant() hands over, and how it is read when it comes back: (transfer full)
 * (nullable), %NULL if @name is none of ours, without a grant and with an error if @sealed is. */
GBytes *ck_vault_seal_kept (CkVaultKey *key,
                            const char *channel,
                            guint64 generation,
                            SecretValue *grant) G_GNUC_WARN_UNUSED_RESULT;
CkVaultGrant *ck_vault_read_kept (CkVaultKey *key, const char *name, GBytes *sealed)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
