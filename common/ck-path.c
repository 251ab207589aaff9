/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-path.h"

#include <string.h>

#define HEX "0123456789abcdef"

static gboolean
stays (const char *start, const char *c)
{
  return g_ascii_isalpha (*c) || (g_ascii_isdigit (*c) && c != start);
}

char *
ck_path_encode (const char *prefix, const char *id)
{
  GString *path = g_string_sized_new (strlen (prefix) + strlen (id) * 2 + 2);

  g_string_append (path, prefix);
  g_string_append_c (path, '/');

  if (*id == '\0')
    g_string_append_c (path, '_');

  for (const char *c = id; *c != '\0'; c++)
    {
      if (stays (id, c))
        {
          g_string_append_c (path, *c);
          continue;
        }
      g_string_append_c (path, '_');
      g_string_append_c (path, HEX[(guchar) *c >> 4]);
      g_string_append_c (path, HEX[(guchar) *c & 0xf]);
    }

  return g_string_free (path, FALSE);
}

/* One byte out of "_xx", or -1: upper-case digits are not our spelling. */
static int
decode_byte (const char *escape)
{
  const char *high = strchr (HEX, escape[1]);
  const char *low = escape[1] != '\0' ? strchr (HEX, escape[2]) : NULL;

  if (escape[1] == '\0' || escape[2] == '\0' || high == NULL || low == NULL)
    return -1;

  return (int) ((high - HEX) << 4 | (low - HEX));
}

char *
ck_path_decode (const char *node)
{
  g_autoptr (GString) id = NULL;

  if (node == NULL || *node == '\0')
    return NULL;

  id = g_string_sized_new (strlen (node));
  if (strcmp (node, "_") == 0)
    return g_strdup ("");

  for (const char *c = node; *c != '\0'; c++)
    {
      int byte;
      char plain;

      if (*c != '_')
        {
          if (!stays (node, c))
            return NULL;
          g_string_append_c (id, *c);
          continue;
        }

      byte = decode_byte (c);
      plain = (char) byte;
      if (byte <= 0 || stays (c == node ? &plain : NULL, &plain))
        return NULL;
      g_string_append_c (id, plain);
      c += 2;
    }

  return g_strdup (id->str);
}
