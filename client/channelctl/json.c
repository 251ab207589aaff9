/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "json.h"

#include <stdio.h>

char *
ck_json_name (const char *name)
{
  g_autoptr (GString) json = g_string_new (NULL);

  for (const char *p = name; *p != '\0'; p++)
    {
      if (g_ascii_isupper (*p) && p != name && g_ascii_islower (p[-1]))
        g_string_append_c (json, '_');
      g_string_append_c (json, *p == '-' ? '_' : g_ascii_tolower (*p));
    }

  return g_string_free (g_steal_pointer (&json), FALSE);
}

static JsonNode *
from_dictionary (GVariant *value)
{
  JsonObject *object = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  GVariantIter iter;
  GVariant *entry;

  g_variant_iter_init (&iter, value);
  while ((entry = g_variant_iter_next_value (&iter)) != NULL)
    {
      g_autoptr (GVariant) owned = entry;
      g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
      g_autoptr (GVariant) member = g_variant_get_child_value (entry, 1);
      g_autofree char *name = ck_json_name (g_variant_get_string (key, NULL));

      json_object_set_member (object, name, ck_json_from_variant (member));
    }
  json_node_take_object (node, object);

  return node;
}

static JsonNode *
from_children (GVariant *value)
{
  JsonArray *array = json_array_new ();
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

      json_array_add_element (array, ck_json_from_variant (child));
    }
  json_node_take_array (node, array);

  return node;
}

static JsonNode *
from_number (gint64 number)
{
  JsonNode *node = json_node_new (JSON_NODE_VALUE);

  json_node_set_int (node, number);

  return node;
}

JsonNode *
ck_json_from_variant (GVariant *value)
{
  JsonNode *node;

  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      node = json_node_new (JSON_NODE_VALUE);
      json_node_set_boolean (node, g_variant_get_boolean (value));
      return node;
    case G_VARIANT_CLASS_BYTE:
      return from_number (g_variant_get_byte (value));
    case G_VARIANT_CLASS_INT16:
      return from_number (g_variant_get_int16 (value));
    case G_VARIANT_CLASS_UINT16:
      return from_number (g_variant_get_uint16 (value));
    case G_VARIANT_CLASS_INT32:
      return from_number (g_variant_get_int32 (value));
    case G_VARIANT_CLASS_UINT32:
      return from_number (g_variant_get_uint32 (value));
    case G_VARIANT_CLASS_INT64:
      return from_number (g_variant_get_int64 (value));
    case G_VARIANT_CLASS_UINT64:
      return from_number ((gint64) g_variant_get_uint64 (value));
    case G_VARIANT_CLASS_DOUBLE:
      node = json_node_new (JSON_NODE_VALUE);
      json_node_set_double (node, g_variant_get_double (value));
      return node;
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      node = json_node_new (JSON_NODE_VALUE);
      json_node_set_string (node, g_variant_get_string (value, NULL));
      return node;
    case G_VARIANT_CLASS_VARIANT:
      {
        g_autoptr (GVariant) inner = g_variant_get_variant (value);

        return ck_json_from_variant (inner);
      }
    case G_VARIANT_CLASS_ARRAY:
      if (g_variant_is_of_type (value, G_VARIANT_TYPE ("a{s*}")))
        return from_dictionary (value);
      return from_children (value);
    case G_VARIANT_CLASS_TUPLE:
    case G_VARIANT_CLASS_DICT_ENTRY:
      return from_children (value);
    case G_VARIANT_CLASS_HANDLE:
    case G_VARIANT_CLASS_MAYBE:
    default:
      return json_node_new (JSON_NODE_NULL);
    }
}

JsonObject *
ck_json_from_row (GVariant *row, const char *const *names)
{
  JsonObject *object = json_object_new ();
  gsize n = g_variant_n_children (row);

  for (gsize i = 0; i < n && names[i] != NULL; i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (row, i);

      json_object_set_member (object, names[i], ck_json_from_variant (child));
    }

  return object;
}

JsonNode *
ck_json_from_rows (GVariant *rows, const char *const *names)
{
  JsonArray *array = json_array_new ();
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  for (gsize i = 0; i < g_variant_n_children (rows); i++)
    {
      g_autoptr (GVariant) row = g_variant_get_child_value (rows, i);

      json_array_add_object_element (array, ck_json_from_row (row, names));
    }
  json_node_take_array (node, array);

  return node;
}

void
ck_json_print (JsonNode *node)
{
  g_autoptr (JsonNode) owned = node;
  g_autofree char *text = json_to_string (owned, TRUE);

  /* Not g_print(): JSON is UTF-8 whatever the locale. */
  puts (text);
}

char *
ck_json_to_string (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, object);

  return json_to_string (node, FALSE);
}

void
ck_json_print_line (JsonObject *object)
{
  g_autofree char *text = ck_json_to_string (object);

  puts (text);
  fflush (stdout);
}
