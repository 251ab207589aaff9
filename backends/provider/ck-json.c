/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-json.h"

#include <math.h>
#include <string.h>

#include "ck-error.h"

/*
 * The text is checked here in one pass before json-glib sees it: json-glib recurses without a
 * limit, takes the last of two members of one name, and accepts what is not JSON.
 */
typedef struct
{
  const char *at;
  const char *end;
  guint depth;
} Scanner;

static gboolean scan_value (Scanner *s);

static void
skip_space (Scanner *s)
{
  while (s->at < s->end && strchr (" \t\r\n", *s->at) != NULL)
    s->at++;
}

static gboolean
scan_char (Scanner *s, char c)
{
  skip_space (s);
  if (s->at == s->end || *s->at != c)
    return FALSE;
  s->at++;

  return TRUE;
}

static gboolean
scan_hex4 (Scanner *s, gunichar *unit)
{
  gunichar value = 0;

  if (s->end - s->at < 4)
    return FALSE;

  for (guint i = 0; i < 4; i++, s->at++)
    {
      if (!g_ascii_isxdigit (*s->at))
        return FALSE;
      value = value * 16 + (gunichar) g_ascii_xdigit_value (*s->at);
    }
  *unit = value;

  return TRUE;
}

/* Behind the "\u": one character, from one unit or from a pair of surrogates. */
static gboolean
scan_unicode_escape (Scanner *s, GString *text)
{
  gunichar c, low;

  if (!scan_hex4 (s, &c) || c == 0 || (c >= 0xdc00 && c <= 0xdfff))
    return FALSE;

  if (c >= 0xd800 && c <= 0xdbff)
    {
      if (s->end - s->at < 6 || s->at[0] != '\\' || s->at[1] != 'u')
        return FALSE;
      s->at += 2;
      if (!scan_hex4 (s, &low) || low < 0xdc00 || low > 0xdfff)
        return FALSE;
      c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
  if (text != NULL)
    g_string_append_unichar (text, c);

  return TRUE;
}

static gboolean
scan_escape (Scanner *s, GString *text)
{
  static const char escapes[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  const char *found;
  char c;

  if (s->at == s->end)
    return FALSE;

  c = *s->at++;
  if (c == 'u')
    return scan_unicode_escape (s, text);

  found = c != '\0' ? strchr (escapes, c) : NULL;
  if (found == NULL)
    return FALSE;
  if (text != NULL)
    g_string_append_c (text, meanings[found - escapes]);

  return TRUE;
}

/* @text: (nullable): where the string goes, without its escapes */
static gboolean
scan_string (Scanner *s, GString *text)
{
  if (!scan_char (s, '"'))
    return FALSE;

  while (s->at < s->end)
    {
      char c = *s->at++;

      if (c == '"')
        return TRUE;
      if (g_ascii_iscntrl (c) && c != 0x7f)
        break;
      if (c == '\\')
        {
          if (!scan_escape (s, text))
            break;
        }
      else if (text != NULL)
        g_string_append_c (text, c);
    }

  return FALSE;
}

static gboolean
scan_digits (Scanner *s)
{
  const char *start = s->at;

  while (s->at < s->end && g_ascii_isdigit (*s->at))
    s->at++;

  return s->at > start;
}

static gboolean
scan_number (Scanner *s)
{
  g_autofree char *text = NULL;
  const char *start = s->at, *digits;
  gboolean whole = TRUE;

  if (s->at < s->end && *s->at == '-')
    s->at++;
  digits = s->at;
  if (!scan_digits (s) || (*digits == '0' && s->at - digits > 1))
    return FALSE;

  if (s->at < s->end && *s->at == '.')
    {
      s->at++;
      whole = FALSE;
      if (!scan_digits (s))
        return FALSE;
    }
  if (s->at < s->end && (*s->at == 'e' || *s->at == 'E'))
    {
      s->at++;
      whole = FALSE;
      if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
        s->at++;
      if (!scan_digits (s))
        return FALSE;
    }

  /* An id that does not fit would become another id. */
  text = g_strndup (start, (gsize) (s->at - start));
  if (whole)
    return g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, NULL, NULL);

  return isfinite (g_ascii_strtod (text, NULL));
}

static gboolean
scan_word (Scanner *s)
{
  static const char *const words[] = { "true", "false", "null" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      gsize length = strlen (words[i]);

      if ((gsize) (s->end - s->at) >= length && memcmp (s->at, words[i], length) == 0)
        {
          s->at += length;
          return TRUE;
        }
    }

  return FALSE;
}

static gboolean
scan_member (Scanner *s, GHashTable *names)
{
  g_autoptr (GString) name = g_string_new (NULL);

  if (!scan_string (s, name))
    return FALSE;
  if (!g_hash_table_add (names, g_strdup (name->str)))
    return FALSE;

  return scan_char (s, ':') && scan_value (s);
}

static gboolean
scan_object (Scanner *s)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  if (scan_char (s, '}'))
    return TRUE;
  do
    {
      if (!scan_member (s, names))
        return FALSE;
    }
  while (scan_char (s, ','));

  return scan_char (s, '}');
}

static gboolean
scan_array (Scanner *s)
{
  if (scan_char (s, ']'))
    return TRUE;
  do
    {
      if (!scan_value (s))
        return FALSE;
    }
  while (scan_char (s, ','));

  return scan_char (s, ']');
}

static gboolean
scan_value (Scanner *s)
{
  gboolean good;

  skip_space (s);
  if (s->at == s->end)
    return FALSE;
  if (*s->at == '"')
    return scan_string (s, NULL);
  if (*s->at == '-' || g_ascii_isdigit (*s->at))
    return scan_number (s);
  if (*s->at != '{' && *s->at != '[')
    return scan_word (s);
  if (s->depth == CK_JSON_MAX_DEPTH)
    return FALSE;

  s->depth++;
  good = *s->at++ == '{' ? scan_object (s) : scan_array (s);
  s->depth--;

  return good;
}

JsonNode *
ck_json_parse (const char *data, gsize length, GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (GError) local_error = NULL;
  Scanner scanner = { data, data + length, 0 };
  gboolean good;

  if (length > G_MAXSSIZE || !g_utf8_validate_len (data, length, NULL))
    {
      g_set_error_literal (error,
                           CK_ERROR,
                           CK_ERROR_PROVIDER_ERROR,
                           "the answer is not valid UTF-8 text");
      return NULL;
    }

  good = scan_value (&scanner);
  skip_space (&scanner);
  if (!good || scanner.at != scanner.end)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_PROVIDER_ERROR,
                   "the answer is not JSON that can be trusted (byte %" G_GSIZE_FORMAT ")",
                   (gsize) (scanner.at - data));
      return NULL;
    }

  parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, data, (gssize) length, &local_error))
    {
      /* json-glib's message may quote the text, and with it a token. */
      g_set_error_literal (error,
                           CK_ERROR,
                           CK_ERROR_PROVIDER_ERROR,
                           "the answer is not JSON that can be read");
      return NULL;
    }

  return json_parser_steal_root (parser);
}

static JsonNode *
step (JsonNode *node, const char *name)
{
  guint64 index;

  if (JSON_NODE_HOLDS_OBJECT (node))
    return json_object_get_member (json_node_get_object (node), name);

  if (JSON_NODE_HOLDS_ARRAY (node)
      && g_ascii_string_to_unsigned (name, 10, 0, G_MAXINT, &index, NULL))
    {
      JsonArray *array = json_node_get_array (node);

      if (index < json_array_get_length (array))
        return json_array_get_element (array, (guint) index);
    }

  return NULL;
}

JsonNode *
ck_json_walk (JsonNode *root, const char *path)
{
  g_auto (GStrv) names = g_strsplit (path, ".", -1);
  JsonNode *node = root;

  for (guint i = 0; node != NULL && names[i] != NULL; i++)
    node = step (node, names[i]);

  return node;
}

static char *
dup_double (double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  /* The shortest text that means the same number. */
  for (int digits = 15; digits <= 17; digits++)
    {
      char format[8];

      g_snprintf (format, sizeof format, "%%.%dg", digits);
      g_ascii_formatd (buffer, sizeof buffer, format, value);
      if (!(g_ascii_strtod (buffer, NULL) < value) && !(g_ascii_strtod (buffer, NULL) > value))
        break;
    }

  return g_strdup (buffer);
}

char *
ck_json_dup_text (JsonNode *node)
{
  GType type;

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return NULL;

  type = json_node_get_value_type (node);
  if (type == G_TYPE_STRING)
    return json_node_dup_string (node);
  if (type == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  if (type == G_TYPE_DOUBLE)
    return dup_double (json_node_get_double (node));
  if (type == G_TYPE_BOOLEAN)
    return g_strdup (json_node_get_boolean (node) ? "true" : "false");

  return NULL;
}
