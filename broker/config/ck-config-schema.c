/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-config-schema.h"

#include "ck-channel-file.h"
#include "ck-error.h"

static const CkSchemaKey settings_keys[] = {
  { "Broker", "DefaultAssignedUser", CK_VALUE_TEXT, NULL },
  { "Broker", "RenewAhead", CK_VALUE_AHEAD, NULL },
  { "Broker", "WarnBefore", CK_VALUE_DURATIONS, NULL },
  { "Broker", "MaxWorkers", CK_VALUE_NUMBER, "1 256" },
  { "Broker", "MaxAttempts", CK_VALUE_NUMBER, "1 256" },
  { "Broker", "AttemptTimeout", CK_VALUE_FINITE, "1s 30min" },
  { "Broker", "MinCheckInterval", CK_VALUE_FINITE, NULL },
  { "Broker", "MaxChannels", CK_VALUE_NUMBER, "1 1000000" },

  { "Vault", "Backend", CK_VALUE_WORD, "sealed service" },

  { "Network", "Proxy", CK_VALUE_LINK, NULL },
  { "Network", "CaFile", CK_VALUE_PATH, NULL },
  { "Network", "AllowInsecureLoopback", CK_VALUE_BOOLEAN, NULL },
};

static const CkSchemaKey client_keys[] = {
  { "Client", "Provider", CK_VALUE_ID, NULL },
  { "Client", "ClientId", CK_VALUE_TEXT, NULL },
  { "Client", "SecretCredential", CK_VALUE_LIST, NULL },
  { "Client", "RedirectUris", CK_VALUE_URIS, NULL },
  { "Client", "LoopbackPort", CK_VALUE_PORT, NULL },
  { "Client", "Secret", CK_VALUE_REFUSED,
    "a secret does not belong in a file: name a systemd credential in SecretCredential=, or use "
    "AddClient; and replace this secret at the platform, for others may have read it here" },
};

static const CkSchemaKey channel_keys[] = {
  { "Channel", "Provider", CK_VALUE_ID, NULL },
  { "Channel", "DisplayName", CK_VALUE_TEXT, NULL },
  { "Channel", "Client", CK_VALUE_ID, NULL },
  { "Channel", "AssignedUser", CK_VALUE_TEXT, NULL },
  { "Channel", "AllowedUsers", CK_VALUE_LIST, NULL },
  { "Channel", "AllowedGroups", CK_VALUE_LIST, NULL },
  { "Channel", "Scopes", CK_VALUE_LIST, NULL },
  { "Channel", "RequiredScopes", CK_VALUE_LIST, NULL },
  { "Channel", "AccountId", CK_VALUE_TEXT, NULL },
};

const CkSchema ck_settings_schema = { settings_keys, G_N_ELEMENTS (settings_keys) };
const CkSchema ck_client_schema = { client_keys, G_N_ELEMENTS (client_keys) };
const CkSchema ck_channel_schema = { channel_keys, G_N_ELEMENTS (channel_keys) };

GHashTable *
ck_config_schema_load (const CkSchema *schema, const char *path, const char *id, GError **error)
{
  g_autoptr (GHashTable) values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (CkIni) ini = NULL;

  if (id != NULL && !ck_id_is_valid (id))
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "%s:1: the file's name is not an id ([a-z0-9][a-z0-9._-]{0,63})",
                   path);
      return NULL;
    }

  ini = ck_ini_load (path, error);
  if (ini == NULL || !ck_schema_read (schema, ini, FALSE, values, error))
    return NULL;

  return g_steal_pointer (&values);
}
