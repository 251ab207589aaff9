/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libsecret/secret.h>

G_BEGIN_DECLS

/*
 * The vault's key as a systemd credential, encrypted for this machine: only root reads and writes it,
 * by systemd-creds(1). Errors are of the domain %CK_EXIT_ERROR.
 */

#define CK_CREDENTIAL_FOLDER "/etc/credstore.encrypted"
#define CK_CREDENTIAL_KEY "channelkeeper.vault-key"
#define CK_CREDENTIAL_NEXT_KEY "channelkeeper.vault-key.next"

/**
 * ck_credential_exists:
 * @name: one of the above
 */
gboolean ck_credential_exists (const char *name);

/**
 * ck_credential_lock:
 *
 * Returns: what keeps others from rotating the key as well, until it is closed; or -1
 */
int ck_credential_lock (GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_credential_read:
 *
 * Returns: (transfer full) (nullable): the key
 */
SecretValue *ck_credential_read (const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_credential_can_decrypt:
 * @name: any credential's
 * @path: its file
 *
 * Whether this machine can, and it was made for that name; nothing of it is kept or shown.
 */
gboolean ck_credential_can_decrypt (const char *name, const char *path);

/**
 * ck_credential_write:
 * @key: (transfer none): in the place of what is there
 */
gboolean ck_credential_write (const char *name, SecretValue *key, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_credential_remove:
 */
gboolean ck_credential_remove (const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
