/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-oauth-text.h"

#include <string.h>

void
ck_secret_text_free (CkSecretText text)
{
  if (text == NULL)
    return;

  explicit_bzero (text, strlen (text));
  g_free (text);
}

gboolean
ck_oauth_is_token (const char *text)
{
  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c < 0x20 || *c > 0x7e)
        return FALSE;
    }

  return *text != '\0';
}

char *
ck_oauth_clean (const char *text, gsize max_chars)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *clean = g_string_new (NULL);
  gsize n = 0;

  for (const char *c = valid; *c != '\0' && n < max_chars; c = g_utf8_next_char (c), n++)
    {
      gunichar character = g_utf8_get_char (c);

      /* Format characters too: a text that turns the reading direction lies to its reader. */
      if (g_unichar_iscntrl (character) || g_unichar_type (character) == G_UNICODE_FORMAT)
        g_string_append_c (clean, ' ');
      else
        g_string_append_unichar (clean, character);
    }

  return g_strstrip (g_string_free (clean, FALSE));
}

static gboolean
is_one_of (const char *const *words, const char *setting)
{
  for (gsize i = 0; setting != NULL && words[i] != NULL; i++)
    {
      if (g_ascii_strcasecmp (setting, words[i]) == 0)
        return TRUE;
    }

  return FALSE;
}

gboolean
ck_setting_is_yes (const char *setting)
{
  static const char *const words[] = { "true", "yes", "on", "1", NULL };

  return is_one_of (words, setting);
}

gboolean
ck_setting_is_no (const char *setting)
{
  static const char *const words[] = { "false", "no", "off", "0", NULL };

  return is_one_of (words, setting);
}

char *
ck_base64url_encode (const guchar *data, gsize length)
{
  char *text = g_base64_encode (data, length);
  char *end = strchr (text, '=');

  if (end != NULL)
    *end = '\0';
  for (char *c = text; *c != '\0'; c++)
    {
      if (*c == '+')
        *c = '-';
      else if (*c == '/')
        *c = '_';
    }

  return text;
}

guchar *
ck_base64url_decode (const char *text, gsize length, gsize *decoded_length)
{
  g_auto (CkSecretText) padded = NULL;
  guchar *decoded;
  gint state = 0;
  guint save = 0;

  if (length % 4 == 1)
    return NULL;

  padded = g_malloc0 (length + 4);
  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isalnum (text[i]) && text[i] != '-' && text[i] != '_')
        return NULL;
      padded[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    }
  memcpy (padded + length, "===", (4 - length % 4) % 4);

  /* As much as g_base64_decode_step() asks for, and the NUL. */
  decoded = g_malloc0 (strlen (padded) / 4 * 3 + 4);
  *decoded_length = g_base64_decode_step (padded, strlen (padded), decoded, &state, &save);

  return decoded;
}
