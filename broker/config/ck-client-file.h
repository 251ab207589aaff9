/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <libsecret/secret.h>

#include "ck-provider.h"

G_BEGIN_DECLS

/**
 * CkClientFile:
 * @id: the file's name without `.client`
 * @provider: the provider's id
 * @client_id: as the platform knows it (RFC 6749 section 2.2)
 * @secrets: names of systemd credentials, tried in this order; empty: a public client, or one whose
 *   secret was given with AddClient
 * @redirect_uris: exact, as registered at the platform
 * @loopback_port: `any`, a port number, or empty
 *
 * An OAuth app registration that the administrator declares in `clients.d/ID.client`
 * (channelkeeper.conf(5)). No member is %NULL. It belongs to the configuration it came from.
 */
typedef struct
{
  char *id;
  char *provider;
  char *client_id;
  GStrv secrets;
  GStrv redirect_uris;
  char *loopback_port;
} CkClientFile;

/**
 * ck_client_file_load:
 * @path: the file
 * @id: the client's id
 * @error: %CK_ERROR_INVALID_ARGUMENT with file, line and key
 *
 * Returns: (transfer full) (nullable): the client
 */
CkClientFile *ck_client_file_load (const char *path,
                                   const char *id,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ck_client_file_free (CkClientFile *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkClientFile, ck_client_file_free)

/**
 * ck_client_file_check_redirects:
 * @path: the file it was loaded from
 * @provider: its provider
 * @error: %CK_ERROR_INVALID_ARGUMENT, as ck_redirect_rules_check()
 *
 * Returns: whether the platform takes its redirect URIs
 */
gboolean ck_client_file_check_redirects (const CkClientFile *client,
                                         const char *path,
                                         CkProvider *provider,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_client_file_load_secrets:
 * @credentials_dir: (nullable): `CREDENTIALS_DIRECTORY`
 * @error: %CK_ERROR_FAILED naming the credential that is not there
 *
 * Reads the credentials that the file names; a trailing line end is not part of a secret. They lie
 * in memory (systemd's credentials are a ramfs), so this does not wait for a disk.
 *
 * Returns: (transfer full) (nullable): a serialized `as`, empty for a public client
 */
SecretValue *ck_client_file_load_secrets (const CkClientFile *client,
                                          const char *credentials_dir,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
