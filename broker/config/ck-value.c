/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-value.h"

#include <gio/gio.h>
#include <string.h>

#define MAX_DURATION (G_GUINT64_CONSTANT (10) * 366 * 24 * 3600)

static gboolean
unit_seconds (const char *unit, guint64 *seconds)
{
  static const struct
  {
    const char *unit;
    guint64 seconds;
  } units[] = {
    { "", 1 }, { "s", 1 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 }, { "w", 7 * 86400 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    {
      if (g_str_equal (unit, units[i].unit))
        {
          *seconds = units[i].seconds;
          return TRUE;
        }
    }

  return FALSE;
}

static gboolean
parse_one_duration (const char *word, guint64 *seconds)
{
  g_autofree char *digits = NULL;
  gsize n_digits = strspn (word, "0123456789");
  guint64 number;
  guint64 unit;

  digits = g_strndup (word, n_digits);
  if (!g_ascii_string_to_unsigned (digits, 10, 0, MAX_DURATION, &number, NULL)
      || !unit_seconds (word + n_digits, &unit) || number * unit > MAX_DURATION)
    return FALSE;

  *seconds = number * unit;

  return TRUE;
}

gboolean
ck_value_parse_duration (const char *text, guint64 *seconds)
{
  g_auto (GStrv) words = ck_value_split (text);
  guint64 sum = 0;

  if (g_str_equal (text, "never"))
    {
      *seconds = G_MAXUINT64;
      return TRUE;
    }

  for (char **word = words; *word != NULL; word++)
    {
      guint64 one;

      if (!parse_one_duration (*word, &one))
        return FALSE;
      sum += one;
      if (sum > MAX_DURATION)
        return FALSE;
    }

  if (words[0] == NULL)
    return FALSE;
  *seconds = sum;

  return TRUE;
}

gboolean
ck_value_parse_boolean (const char *text, gboolean *value)
{
  static const char *const yes[] = { "yes", "true", "1", NULL };
  static const char *const no[] = { "no", "false", "0", NULL };

  if (g_strv_contains (yes, text))
    *value = TRUE;
  else if (g_strv_contains (no, text))
    *value = FALSE;
  else
    return FALSE;

  return TRUE;
}

gboolean
ck_value_parse_number (const char *text, guint min, guint max, guint *value)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (text, 10, min, max, &number, NULL))
    return FALSE;
  *value = (guint) number;

  return TRUE;
}

GStrv
ck_value_split (const char *text)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) words = g_strsplit_set (text, " \t", -1);

  for (char **word = words; *word != NULL; word++)
    {
      if (**word != '\0')
        g_strv_builder_add (builder, *word);
    }

  return g_strv_builder_end (builder);
}

gboolean
ck_value_is_loopback_host (const char *host)
{
  g_autoptr (GInetAddress) address = NULL;

  if (host == NULL)
    return FALSE;
  if (g_ascii_strcasecmp (host, "localhost") == 0)
    return TRUE;

  address = g_inet_address_new_from_string (host);

  return address != NULL && g_inet_address_get_is_loopback (address);
}

/* (transfer full) (nullable): an absolute URI with a host, and neither user nor fragment. */
static GUri *
parse_web_uri (const char *text)
{
  g_autoptr (GUri) uri = NULL;
  const char *host;

  /* GUri lets a space or a quote pass in places; an address in a file needs neither. */
  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c <= 0x20 || *c >= 0x7f || strchr ("\"<>\\^`{|}", *c) != NULL)
        return NULL;
    }

  uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  host = uri != NULL ? g_uri_get_host (uri) : NULL;
  if (host == NULL || *host == '\0' || g_uri_get_userinfo (uri) != NULL
      || g_uri_get_fragment (uri) != NULL)
    return NULL;

  return g_steal_pointer (&uri);
}

gboolean
ck_value_is_endpoint (const char *text, gboolean insecure_loopback)
{
  g_autoptr (GUri) uri = parse_web_uri (text);

  if (uri == NULL)
    return FALSE;
  if (g_str_equal (g_uri_get_scheme (uri), "https"))
    return TRUE;

  return insecure_loopback && g_str_equal (g_uri_get_scheme (uri), "http")
         && ck_value_is_loopback_host (g_uri_get_host (uri));
}

gboolean
ck_value_is_link (const char *text)
{
  g_autoptr (GUri) uri = parse_web_uri (text);

  return uri != NULL
         && (g_str_equal (g_uri_get_scheme (uri), "https")
             || g_str_equal (g_uri_get_scheme (uri), "http"));
}
