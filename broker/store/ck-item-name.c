/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-sealed-item.h"

static void
append (GByteArray *bytes, const char *string)
{
  g_byte_array_append (bytes, (const guint8 *) string, (guint) strlen (string) + 1);
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (a, b);
}

GBytes *
ck_item_name_new (const char *schema, GHashTable *attributes)
{
  g_autoptr (GList) keys = g_list_sort (g_hash_table_get_keys (attributes), compare_strings);
  GByteArray *bytes = g_byte_array_new ();

  if (schema == NULL)
    schema = g_hash_table_lookup (attributes, CK_SCHEMA_ATTRIBUTE);

  append (bytes, schema != NULL ? schema : "");
  for (GList *l = keys; l != NULL; l = l->next)
    {
      if (strcmp (l->data, CK_SCHEMA_ATTRIBUTE) == 0)
        continue;
      append (bytes, l->data);
      append (bytes, g_hash_table_lookup (attributes, l->data));
    }

  return g_byte_array_free_to_bytes (bytes);
}

/* The next string of a name, or NULL at its end. A name read from a damaged file ends where it no
 * longer is a row of strings. */
static const char *
next_string (const char **position, const char *end)
{
  const char *string = *position;
  gsize length;

  if (string == end)
    return NULL;
  length = strnlen (string, (gsize) (end - string));
  if (string + length == end)
    return NULL;

  *position = string + length + 1;
  return string;
}

/* Where the strings of @name begin; that of no bytes at all is nowhere, and nothing is added to it. */
static const char *
first_string (GBytes *name, const char **end)
{
  gsize size;
  const char *data = g_bytes_get_data (name, &size);

  if (data == NULL)
    data = "";
  *end = data + size;

  return data;
}

static const char *
find_value (GBytes *name, const char *wanted)
{
  const char *end;
  const char *position = first_string (name, &end);
  const char *key;

  if (next_string (&position, end) == NULL)
    return NULL;
  while ((key = next_string (&position, end)) != NULL)
    {
      const char *value = next_string (&position, end);

      if (value == NULL || strcmp (key, wanted) == 0)
        return value;
    }

  return NULL;
}

gboolean
ck_item_name_matches (GBytes *name, GBytes *wanted)
{
  const char *end, *own_end;
  const char *position = first_string (wanted, &end);
  const char *own_position = first_string (name, &own_end);
  const char *schema = next_string (&position, end);
  const char *own_schema = next_string (&own_position, own_end);
  const char *key;

  if (schema == NULL || own_schema == NULL)
    return FALSE;
  if (*schema != '\0' && strcmp (schema, own_schema) != 0)
    return FALSE;

  while ((key = next_string (&position, end)) != NULL)
    {
      const char *value = next_string (&position, end);

      if (g_strcmp0 (find_value (name, key), value) != 0)
        return FALSE;
    }

  return TRUE;
}

GHashTable *
ck_item_name_dup_attributes (GBytes *name)
{
  GHashTable *attributes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  const char *end;
  const char *position = first_string (name, &end);
  const char *schema = next_string (&position, end);
  const char *key;

  if (schema != NULL && *schema != '\0')
    g_hash_table_insert (attributes, g_strdup (CK_SCHEMA_ATTRIBUTE), g_strdup (schema));
  while (schema != NULL && (key = next_string (&position, end)) != NULL)
    {
      const char *value = next_string (&position, end);

      if (value == NULL)
        break;
      g_hash_table_insert (attributes, g_strdup (key), g_strdup (value));
    }

  return attributes;
}

char *
ck_item_name_to_string (GBytes *name)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const char *end;
  const char *position = first_string (name, &end);
  const char *schema = next_string (&position, end);
  const char *key;

  g_string_append (text, schema != NULL ? schema : "(no name)");
  while (schema != NULL && (key = next_string (&position, end)) != NULL)
    {
      const char *value = next_string (&position, end);

      g_string_append_printf (text, " %s=%s", key, value != NULL ? value : "?");
    }

  return g_utf8_make_valid (text->str, -1);
}
