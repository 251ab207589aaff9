/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-clean.h"

char *
ck_clean_line (const char *text, guint max_chars)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *clean = g_string_new (NULL);
  gboolean space = FALSE;
  guint n = 0;

  for (const char *c = valid; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar u = g_utf8_get_char (c);
      GUnicodeType type = g_unichar_type (u);

      if (g_unichar_isspace (u) || type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT
          || type == G_UNICODE_LINE_SEPARATOR || type == G_UNICODE_PARAGRAPH_SEPARATOR)
        {
          space = clean->len > 0;
          continue;
        }
      if (n + (space ? 2 : 1) >= max_chars)
        {
          g_string_append (clean, "…");
          break;
        }
      if (space)
        g_string_append_c (clean, ' ');
      n += space ? 2 : 1;
      g_string_append_unichar (clean, u);
      space = FALSE;
    }

  return g_string_free (clean, FALSE);
}
