/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-client-file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ck-config-schema.h"
#include "ck-error.h"
#include "ck-redirect-rules.h"
#include "ck-secret.h"

#define MAX_SECRET (64 * 1024)

void
ck_client_file_free (CkClientFile *client)
{
  g_free (client->id);
  g_free (client->provider);
  g_free (client->client_id);
  g_strfreev (client->secrets);
  g_strfreev (client->redirect_uris);
  g_free (client->loopback_port);
  g_free (client);
}

/* A credential is a file in one folder: a name that leads elsewhere is none. */
static gboolean
check_names (CkClientFile *client, const char *path, GError **error)
{
  for (char **name = client->secrets; *name != NULL; name++)
    {
      if (**name == '.' || strchr (*name, '/') != NULL || strlen (*name) > 255)
        {
          g_set_error (error,
                       CK_ERROR,
                       CK_ERROR_INVALID_ARGUMENT,
                       "%s:1: [Client] SecretCredential: “%s” is not the name of a credential",
                       path,
                       *name);
          return FALSE;
        }
    }

  return TRUE;
}

CkClientFile *
ck_client_file_load (const char *path, const char *id, GError **error)
{
  g_autoptr (GHashTable) values = ck_config_schema_load (&ck_client_schema, path, id, error);
  g_autoptr (CkClientFile) client = NULL;

  if (values == NULL)
    return NULL;

  client = g_new0 (CkClientFile, 1);
  client->id = g_strdup (id);
  client->provider = ck_schema_dup_text (values, "Client.Provider");
  client->client_id = ck_schema_dup_text (values, "Client.ClientId");
  client->secrets = ck_schema_get_list (values, "Client.SecretCredential");
  client->redirect_uris = ck_schema_get_list (values, "Client.RedirectUris");
  client->loopback_port = ck_schema_dup_text (values, "Client.LoopbackPort");

  if (*client->client_id == '\0' || *client->provider == '\0')
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "%s:1: [Client] %s: is missing",
                   path,
                   *client->provider == '\0' ? "Provider" : "ClientId");
      return NULL;
    }

  return check_names (client, path, error) ? g_steal_pointer (&client) : NULL;
}

gboolean
ck_client_file_check_redirects (const CkClientFile *client,
                                const char *path,
                                CkProvider *provider,
                                GError **error)
{
  if (ck_redirect_rules_check (provider, (const char *const *) client->redirect_uris,
                               client->loopback_port, error))
    return TRUE;
  g_prefix_error (error, "%s: [Client] RedirectUris: ", path);

  return FALSE;
}

/* Into a buffer that is wiped: the caller's, of MAX_SECRET + 1 bytes. -1 if it cannot be read. */
static gssize
read_credential (const char *dir, const char *name, char *buffer)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  gssize size = 0;
  gssize n = -1;

  if (fd < 0)
    return -1;
  while (size < MAX_SECRET + 1 && (n = read (fd, buffer + size, MAX_SECRET + 1 - size)) > 0)
    size += n;
  close (fd);

  if (n < 0 || size > MAX_SECRET)
    return -1;
  while (size > 0 && (buffer[size - 1] == '\n' || buffer[size - 1] == '\r'))
    size--;
  buffer[size] = '\0';

  return g_utf8_validate_len (buffer, (gsize) size, NULL) ? size : -1;
}

static GVariant *
make_string (SecretValue *secret)
{
  gsize size;
  const char *data = secret_value_get (secret, &size);

  /* The bytes of a serialized string are itself with its NUL, which a SecretValue keeps. */
  return g_variant_new_from_data (G_VARIANT_TYPE_STRING,
                                  data,
                                  size + 1,
                                  TRUE,
                                  (GDestroyNotify) secret_value_unref,
                                  secret_value_ref (secret));
}

static GVariant *
read_secret (const char *dir, const char *name, GError **error)
{
  g_autoptr (SecretValue) secret = NULL;
  char *buffer = g_malloc (MAX_SECRET + 1);
  gssize size = dir != NULL ? read_credential (dir, name, buffer) : -1;

  if (size > 0)
    secret = secret_value_new (buffer, size, "text/plain");
  ck_secret_wipe (buffer, MAX_SECRET + 1);
  g_free (buffer);

  if (secret == NULL)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_FAILED,
                   "the credential %s is not there, is empty, or is not a text of at most 64 KiB",
                   name);
      return NULL;
    }

  return make_string (secret);
}

SecretValue *
ck_client_file_load_secrets (const CkClientFile *client,
                             const char *credentials_dir,
                             GError **error)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_STRING_ARRAY);
  g_autoptr (GVariant) list = NULL;

  for (char **name = client->secrets; *name != NULL; name++)
    {
      GVariant *secret = read_secret (credentials_dir, *name, error);

      if (secret == NULL)
        {
          g_prefix_error (error, "client %s: ", client->id);
          return NULL;
        }
      g_variant_builder_add_value (&builder, secret);
    }

  /* The list is a tree of values that share locked memory until it is stored, in one piece, there. */
  list = g_variant_ref_sink (g_variant_builder_end (&builder));

  return ck_secret_from_variant (list);
}
