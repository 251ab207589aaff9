/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-form-text.h"

#include <string.h>

void
ck_form_text_free (char *text)
{
  if (text == NULL)
    return;

  explicit_bzero (text, strlen (text));
  g_free (text);
}

char *
ck_form_escape (const char *text)
{
  static const char digits[] = "0123456789ABCDEF";
  char *escaped = g_malloc (3 * strlen (text) + 1);
  char *out = escaped;

  for (const char *c = text; *c != '\0'; c++)
    {
      guchar byte = (guchar) *c;

      if (g_ascii_isalnum (*c) || strchr ("-._~", *c) != NULL)
        {
          *out++ = *c;
          continue;
        }
      *out++ = '%';
      *out++ = digits[byte >> 4];
      *out++ = digits[byte & 15];
    }
  *out = '\0';

  return escaped;
}

/* Returns the end of what was written to @plain, or NULL. */
static char *
unescape_to (char *plain, const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    {
      int high;
      int low;

      if (text[i] != '%')
        {
          *plain++ = text[i] == '+' ? ' ' : text[i];
          continue;
        }
      if (length - i < 3)
        return NULL;
      high = g_ascii_xdigit_value (text[i + 1]);
      low = g_ascii_xdigit_value (text[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0))
        return NULL;
      *plain++ = (char) (high * 16 + low);
      i += 2;
    }

  return plain;
}

char *
ck_form_unescape (const char *text, gsize length)
{
  char *plain = g_malloc0 (length + 1);
  char *end = unescape_to (plain, text, length);

  if (end != NULL && g_utf8_validate (plain, end - plain, NULL))
    return plain;

  explicit_bzero (plain, length);
  g_free (plain);

  return NULL;
}

gboolean
ck_form_next (const char **cursor, char **name, char **value)
{
  const char *pair = *cursor + strspn (*cursor, "&");
  gsize length = strcspn (pair, "&");
  const char *equals = memchr (pair, '=', length);
  gsize name_length = equals != NULL ? (gsize) (equals - pair) : length;

  if (*pair == '\0')
    return FALSE;

  *cursor = pair + length;
  *name = ck_form_unescape (pair, name_length);
  *value = equals != NULL ? ck_form_unescape (equals + 1, length - name_length - 1) : g_strdup ("");

  return TRUE;
}
