/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-answer-source.h"

#include <math.h>
#include <string.h>

#include "ck-json.h"

/* One source, taken apart; the strings are owned. */
typedef struct
{
  char *header; /* (nullable) */
  char *path;   /* (nullable) */
  gboolean has_unit;
} Source;

static void
source_clear (Source *source)
{
  g_free (source->header);
  g_free (source->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Source, source_clear)

static gboolean
is_path (const char *path)
{
  return *path != '\0' && *path != '.' && !g_str_has_suffix (path, ".")
         && strstr (path, "..") == NULL && strchr (path, '@') == NULL;
}

static gboolean
parse_source (const char *text, const char *unit, Source *source)
{
  g_autofree char *word = g_strdup (text);
  char *slash;

  if (g_str_has_suffix (word, unit))
    {
      word[strlen (word) - strlen (unit)] = '\0';
      source->has_unit = TRUE;
    }

  if (g_str_has_prefix (word, "json:"))
    {
      source->path = g_strdup (word + strlen ("json:"));
      return is_path (source->path);
    }
  if (!g_str_has_prefix (word, "header:"))
    return FALSE;

  slash = strchr (word, '/');
  if (slash != NULL)
    {
      *slash = '\0';
      source->path = g_strdup (slash + 1);
    }
  source->header = g_strdup (word + strlen ("header:"));

  return *source->header != '\0' && strpbrk (source->header, ":@") == NULL
         && (source->path == NULL || is_path (source->path));
}

gboolean
ck_answer_source_check (const char *text, const char *unit)
{
  g_auto (Source) source = { 0 };

  return parse_source (text, unit, &source);
}

gboolean
ck_answer_source_parse_number (const char *text, double *number)
{
  char *end = NULL;
  double parsed;

  /* Not what else strtod() takes: hexadecimal, infinity, a sign. */
  if (!g_ascii_isdigit (*text) || strspn (text, "0123456789.") != strlen (text))
    return FALSE;
  parsed = g_ascii_strtod (text, &end);
  if (*end != '\0' || !isfinite (parsed))
    return FALSE;
  *number = parsed;

  return TRUE;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* What a search in a document needs. */
typedef struct
{
  gboolean has_unit;
  CkAnswerSourceFunc func;
  gpointer user_data;
} Search;

static void search_node (Search *search, JsonNode *node, const char *path);

static void
search_all (Search *search, JsonNode *node, const char *path)
{
  g_autoptr (GList) members = NULL;

  if (JSON_NODE_HOLDS_ARRAY (node))
    members = json_array_get_elements (json_node_get_array (node));
  else if (JSON_NODE_HOLDS_OBJECT (node))
    members = json_object_get_values (json_node_get_object (node));

  for (GList *link = members; link != NULL; link = link->next)
    search_node (search, link->data, path);
}

/* @path: what is left of it, maybe nothing */
static void
search_node (Search *search, JsonNode *node, const char *path)
{
  g_autofree char *step = NULL;
  const char *dot, *rest;

  if (*path == '\0')
    {
      g_autofree char *text = ck_json_dup_text (node);

      if (text != NULL)
        search->func (text, search->has_unit, search->user_data);
      return;
    }

  dot = strchr (path, '.');
  rest = dot != NULL ? dot + 1 : "";
  step = dot != NULL ? g_strndup (path, (gsize) (dot - path)) : g_strdup (path);
  if (g_str_equal (step, "*"))
    {
      search_all (search, node, rest);
      return;
    }

  node = ck_json_walk (node, step);
  if (node != NULL)
    search_node (search, node, rest);
}

static void
read_source (const Source *source, const CkFailureAnswer *answer, Search *search)
{
  g_autoptr (JsonNode) document = NULL;
  const char *value = NULL;

  if (source->header != NULL && answer->get_header != NULL)
    value = answer->get_header (answer->header_data, source->header);

  search->has_unit = source->has_unit;
  if (source->path == NULL)
    {
      if (value != NULL)
        search->func (value, search->has_unit, search->user_data);
      return;
    }
  if (source->header == NULL)
    document = answer->json != NULL ? json_node_ref (answer->json) : NULL;
  else if (value != NULL)
    document = ck_json_parse (value, strlen (value), NULL);
  if (document != NULL)
    search_node (search, document, source->path);
}

void
ck_answer_source_read (const char *sources,
                       const char *unit,
                       const CkFailureAnswer *answer,
                       CkAnswerSourceFunc func,
                       gpointer user_data)
{
  g_auto (GStrv) words = g_strsplit_set (sources != NULL ? sources : "", " \t", -1);
  Search search = { FALSE, func, user_data };

  for (char **word = words; *word != NULL; word++)
    {
      g_auto (Source) source = { 0 };

      if (**word != '\0' && parse_source (*word, unit, &source))
        read_source (&source, answer, &search);
    }
}
