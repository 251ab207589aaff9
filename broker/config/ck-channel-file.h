/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * CkChannelFile:
 * @id: the file's name without `.channel`
 * @provider: the provider's id
 * @display_name: for people; the id if not said
 * @client: the client's id; empty: the only one of that provider
 * @assigned_user: who may reconnect it; empty: `DefaultAssignedUser=`
 * @allowed_users: who else may use its tokens
 * @allowed_groups: groups whose members may
 * @scopes: to ask for
 * @required_scopes: without which a connect fails
 * @account_id: the account it is pinned to; empty: the first connect pins
 *
 * A channel that the administrator declares in `channels.d/ID.channel` (channelkeeper.conf(5)): the
 * keys are AddChannel's options. No member is %NULL. It belongs to the configuration it came from.
 */
typedef struct
{
  char *id;
  char *provider;
  char *display_name;
  char *client;
  char *assigned_user;
  GStrv allowed_users;
  GStrv allowed_groups;
  GStrv scopes;
  GStrv required_scopes;
  char *account_id;
} CkChannelFile;

/**
 * ck_channel_file_load:
 * @path: the file
 * @id: the channel's id
 * @error: %CK_ERROR_INVALID_ARGUMENT with file, line and key
 *
 * Returns: (transfer full) (nullable): the channel
 */
CkChannelFile *ck_channel_file_load (const char *path,
                                     const char *id,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ck_channel_file_free (CkChannelFile *channel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkChannelFile, ck_channel_file_free)

/**
 * ck_id_is_valid:
 * @id: (nullable): a name from outside
 *
 * Returns: whether it is `[a-z0-9][a-z0-9._-]{0,63}`, as the ids of channels, clients and providers
 *   must be
 */
gboolean ck_id_is_valid (const char *id);

G_END_DECLS
