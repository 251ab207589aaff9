/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-origin.h"

#include <gio/gio.h>
#include <string.h>

typedef char CurlString;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CurlString, curl_free)

static CurlString *
get_part (CURLU *url, CURLUPart part)
{
  char *text = NULL;

  return curl_url_get (url, part, &text, 0) == CURLUE_OK ? text : NULL;
}

gboolean
ck_origin_is_loopback (const char *host)
{
  g_autofree char *bare = NULL;
  g_autoptr (GInetAddress) address = NULL;

  if (g_ascii_strcasecmp (host, "localhost") == 0)
    return TRUE;

  bare = g_strdup (*host == '[' ? host + 1 : host);
  if (g_str_has_suffix (bare, "]"))
    bare[strlen (bare) - 1] = '\0';
  address = g_inet_address_new_from_string (bare);

  return address != NULL && g_inet_address_get_is_loopback (address);
}

CURLU *
ck_origin_parse (const char *uri, gboolean allow_insecure_loopback, const char **why)
{
  g_autoptr (CURLU) url = curl_url ();
  g_autoptr (CurlString) scheme = NULL;
  g_autoptr (CurlString) host = NULL;
  g_autoptr (CurlString) user = NULL;
  g_autoptr (CurlString) fragment = NULL;
  const char *slashes = strstr (uri, "://");

  /* libcurl makes do with one slash, and with three. */
  *why = "is not a URI";
  if (slashes == NULL || slashes[3] == '/')
    return NULL;
  if (url == NULL || curl_url_set (url, CURLUPART_URL, uri, 0) != CURLUE_OK)
    return NULL;

  scheme = get_part (url, CURLUPART_SCHEME);
  host = get_part (url, CURLUPART_HOST);
  user = get_part (url, CURLUPART_USER);
  fragment = get_part (url, CURLUPART_FRAGMENT);
  if (scheme == NULL || host == NULL || *host == '\0')
    return NULL;

  *why = "has a user name or a fragment in it";
  if (user != NULL || fragment != NULL)
    return NULL;

  *why = "is not https";
  if (!g_str_equal (scheme, "https")
      && !(g_str_equal (scheme, "http") && allow_insecure_loopback && ck_origin_is_loopback (host)))
    return NULL;

  return g_steal_pointer (&url);
}

char *
ck_origin_dup (const char *uri)
{
  g_autoptr (CURLU) url = curl_url ();
  g_autoptr (CurlString) scheme = NULL;
  g_autoptr (CurlString) host = NULL;
  g_autoptr (CurlString) port = NULL;
  g_autofree char *lower = NULL;

  if (url == NULL || curl_url_set (url, CURLUPART_URL, uri, 0) != CURLUE_OK)
    return NULL;

  scheme = get_part (url, CURLUPART_SCHEME);
  host = get_part (url, CURLUPART_HOST);
  port = get_part (url, CURLUPART_PORT);
  if (scheme == NULL || host == NULL || *host == '\0'
      || !(g_str_equal (scheme, "https") || g_str_equal (scheme, "http")))
    return NULL;

  lower = g_ascii_strdown (host, -1);
  if (port == NULL || g_str_equal (port, g_str_equal (scheme, "https") ? "443" : "80"))
    return g_strdup_printf ("%s://%s", scheme, lower);

  return g_strdup_printf ("%s://%s:%s", scheme, lower, port);
}
