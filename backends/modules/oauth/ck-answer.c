/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-answer.h"

#include "ck-json.h"

#define MAX_EXACT G_GUINT64_CONSTANT (9007199254740991)

JsonNode *
ck_answer_find (JsonNode *root, const char *path)
{
  JsonNode *node = ck_json_walk (root, path);

  return node == NULL || JSON_NODE_HOLDS_NULL (node) ? NULL : node;
}

const char *
ck_answer_get_string (JsonNode *root, const char *path)
{
  JsonNode *node = ck_answer_find (root, path);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;

  return json_node_get_string (node);
}

gboolean
ck_answer_get_seconds (JsonNode *root, const char *path, guint64 *seconds)
{
  JsonNode *node = ck_answer_find (root, path);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return FALSE;

  switch (json_node_get_value_type (node))
    {
    case G_TYPE_STRING:
      return g_ascii_string_to_unsigned (json_node_get_string (node), 10, 0, MAX_EXACT, seconds,
                                         NULL);
    case G_TYPE_INT64:
      if (json_node_get_int (node) < 0 || (guint64) json_node_get_int (node) > MAX_EXACT)
        return FALSE;
      *seconds = (guint64) json_node_get_int (node);
      return TRUE;
    case G_TYPE_DOUBLE:
      if (!(json_node_get_double (node) >= 0) || json_node_get_double (node) > (double) MAX_EXACT)
        return FALSE;
      *seconds = (guint64) json_node_get_double (node);
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
append_scopes (GPtrArray *scopes, JsonNode *node)
{
  g_auto (GStrv) words = NULL;

  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return FALSE;

  words = g_strsplit_set (json_node_get_string (node), " ,", -1);
  for (gsize i = 0; words[i] != NULL; i++)
    {
      if (*words[i] != '\0')
        g_ptr_array_add (scopes, g_strdup (words[i]));
    }

  return TRUE;
}

GStrv
ck_answer_dup_scopes (JsonNode *root, const char *path)
{
  JsonNode *node = ck_answer_find (root, path);
  g_autoptr (GPtrArray) scopes = g_ptr_array_new_with_free_func (g_free);

  if (node == NULL)
    return NULL;

  if (JSON_NODE_HOLDS_ARRAY (node))
    {
      JsonArray *array = json_node_get_array (node);

      for (guint i = 0; i < json_array_get_length (array); i++)
        {
          if (!append_scopes (scopes, json_array_get_element (array, i)))
            return NULL;
        }
    }
  else if (!append_scopes (scopes, node))
    return NULL;

  g_ptr_array_add (scopes, NULL);
  return (GStrv) g_ptr_array_free (g_steal_pointer (&scopes), FALSE);
}
