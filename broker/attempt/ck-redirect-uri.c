/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-redirect-uri.h"

#include "ck-error.h"

/* IANA's dynamic ports. */
#define FIRST_DYNAMIC_PORT 49152
#define LAST_DYNAMIC_PORT 65535

static gboolean
is_loopback (GUri *uri)
{
  const char *host = g_uri_get_host (uri);

  return g_strcmp0 (g_uri_get_scheme (uri), "http") == 0
         && (g_strcmp0 (host, "127.0.0.1") == 0 || g_strcmp0 (host, "::1") == 0
             || g_strcmp0 (host, "localhost") == 0);
}

static char *
with_port (GUri *uri, int port)
{
  return g_uri_join (G_URI_FLAGS_NONE,
                     g_uri_get_scheme (uri),
                     NULL,
                     g_uri_get_host (uri),
                     port,
                     g_uri_get_path (uri),
                     g_uri_get_query (uri),
                     NULL);
}

/* The same but for the port: both written with one and the same port read the same. */
static gboolean
differs_in_port_only (const char *registered, const char *wanted)
{
  g_autoptr (GUri) first = g_uri_parse (registered, G_URI_FLAGS_NONE, NULL);
  g_autoptr (GUri) second = g_uri_parse (wanted, G_URI_FLAGS_NONE, NULL);
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;

  if (first == NULL || second == NULL || !is_loopback (first) || !is_loopback (second)
      || g_uri_get_userinfo (second) != NULL || g_uri_get_fragment (second) != NULL)
    return FALSE;

  a = with_port (first, FIRST_DYNAMIC_PORT);
  b = with_port (second, FIRST_DYNAMIC_PORT);

  return g_str_equal (a, b);
}

static char *
choose_first (const CkClientRecord *client)
{
  const char *registered = client->redirect_uris[0];
  g_autoptr (GUri) uri = g_uri_parse (registered, G_URI_FLAGS_NONE, NULL);

  if (g_strcmp0 (client->loopback_port, "any") != 0 || uri == NULL || !is_loopback (uri)
      || g_uri_get_port (uri) > 0)
    return g_strdup (registered);

  return with_port (uri, g_random_int_range (FIRST_DYNAMIC_PORT, LAST_DYNAMIC_PORT + 1));
}

char *
ck_redirect_uri_choose (const CkClientRecord *client, const char *wanted, GError **error)
{
  if (client->redirect_uris[0] == NULL)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_NOT_SUPPORTED,
                   "the client %s has no redirect URI: connect with another flow, or have the "
                   "administrator register one",
                   client->id);
      return NULL;
    }
  if (wanted == NULL)
    return choose_first (client);

  for (char **uri = client->redirect_uris; *uri != NULL; uri++)
    {
      if (g_str_equal (*uri, wanted)
          || (g_strcmp0 (client->loopback_port, "any") == 0
              && differs_in_port_only (*uri, wanted)))
        return g_strdup (wanted);
    }

  g_set_error (error,
               CK_ERROR,
               CK_ERROR_INVALID_ARGUMENT,
               "%.256s is none of the redirect URIs of client %s",
               wanted,
               client->id);
  return NULL;
}
