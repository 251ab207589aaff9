/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-channel-file.h"

#include "ck-config-schema.h"
#include "ck-error.h"

gboolean
ck_id_is_valid (const char *id)
{
  gsize length = 0;

  if (id == NULL || !(g_ascii_islower (*id) || g_ascii_isdigit (*id)))
    return FALSE;

  for (; id[length] != '\0'; length++)
    {
      char c = id[length];

      if (length >= 64
          || !(g_ascii_islower (c) || g_ascii_isdigit (c) || c == '.' || c == '_' || c == '-'))
        return FALSE;
    }

  return TRUE;
}

void
ck_channel_file_free (CkChannelFile *channel)
{
  g_free (channel->id);
  g_free (channel->provider);
  g_free (channel->display_name);
  g_free (channel->client);
  g_free (channel->assigned_user);
  g_strfreev (channel->allowed_users);
  g_strfreev (channel->allowed_groups);
  g_strfreev (channel->scopes);
  g_strfreev (channel->required_scopes);
  g_free (channel->account_id);
  g_free (channel);
}

CkChannelFile *
ck_channel_file_load (const char *path, const char *id, GError **error)
{
  g_autoptr (GHashTable) values = ck_config_schema_load (&ck_channel_schema, path, id, error);
  g_autoptr (CkChannelFile) channel = NULL;

  if (values == NULL)
    return NULL;

  channel = g_new0 (CkChannelFile, 1);
  channel->id = g_strdup (id);
  channel->provider = ck_schema_dup_text (values, "Channel.Provider");
  channel->display_name = ck_schema_dup_text (values, "Channel.DisplayName");
  channel->client = ck_schema_dup_text (values, "Channel.Client");
  channel->assigned_user = ck_schema_dup_text (values, "Channel.AssignedUser");
  channel->allowed_users = ck_schema_get_list (values, "Channel.AllowedUsers");
  channel->allowed_groups = ck_schema_get_list (values, "Channel.AllowedGroups");
  channel->scopes = ck_schema_get_list (values, "Channel.Scopes");
  channel->required_scopes = ck_schema_get_list (values, "Channel.RequiredScopes");
  channel->account_id = ck_schema_dup_text (values, "Channel.AccountId");

  if (*channel->provider == '\0')
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "%s:1: [Channel] Provider: is missing",
                   path);
      return NULL;
    }

  for (char **scope = channel->required_scopes; *scope != NULL; scope++)
    {
      if (!g_strv_contains ((const char *const *) channel->scopes, *scope))
        {
          g_set_error (error,
                       CK_ERROR,
                       CK_ERROR_INVALID_ARGUMENT,
                       "%s:1: [Channel] RequiredScopes: “%s” is not among Scopes",
                       path,
                       *scope);
          return NULL;
        }
    }

  if (*channel->display_name == '\0')
    {
      g_free (channel->display_name);
      channel->display_name = g_strdup (id);
    }

  return g_steal_pointer (&channel);
}
