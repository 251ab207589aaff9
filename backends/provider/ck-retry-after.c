/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-retry-after.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ck-json.h"

#define DAY (24 * 60 * 60)
#define MINUTES_SUFFIX "@min"

/* No platform asks to wait for thirty years: a larger number is a point in time. */
#define FIRST_TIME 1e9

/* One source, taken apart; the strings are owned. */
typedef struct
{
  char *header; /* (nullable) */
  char *path;   /* (nullable) */
  guint64 unit; /* seconds */
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
         && strstr (path, "..") == NULL;
}

static gboolean
parse_source (const char *text, Source *source)
{
  g_autofree char *word = g_strdup (text);
  char *slash;

  source->unit = 1;
  if (g_str_has_suffix (word, MINUTES_SUFFIX))
    {
      word[strlen (word) - strlen (MINUTES_SUFFIX)] = '\0';
      source->unit = 60;
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

  return *source->header != '\0' && strchr (source->header, ':') == NULL
         && (source->path == NULL || is_path (source->path));
}

gboolean
ck_retry_after_check (const char *text)
{
  g_auto (Source) source = { 0 };

  return parse_source (text, &source);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* IMF-fixdate, the one form a server may send (RFC 9110 section 5.6.7). */
static GDateTime *
parse_http_date (const char *value)
{
  static const char *const months[]
      = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  int day, year, hour, minute, second, used = 0;
  char name[4];

  if (sscanf (value, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &day, name, &year, &hour,
              &minute, &second, &used)
          != 6
      || used == 0)
    return NULL;

  for (int month = 0; month < (int) G_N_ELEMENTS (months); month++)
    {
      if (g_str_equal (name, months[month]))
        return g_date_time_new_utc (year, month + 1, day, hour, minute, second);
    }

  return NULL;
}

static gboolean
parse_number (const char *text, double *number)
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

static guint64
parse_value (const char *value, gint64 now, guint64 unit)
{
  g_autofree char *text = g_strstrip (g_strdup (value));
  g_autoptr (GDateTime) date = NULL;
  double number = 0;

  if (parse_number (text, &number))
    {
      if (number >= FIRST_TIME)
        number -= (double) now;
      else
        number *= (double) unit;
    }
  else
    {
      date = parse_http_date (text);
      if (date == NULL)
        date = g_date_time_new_from_iso8601 (text, NULL);
      if (date != NULL)
        number = (double) (g_date_time_to_unix (date) - now);
    }

  if (number <= 0)
    return 0;
  number = MIN (number, (double) DAY);

  return (guint64) number + ((double) (guint64) number < number ? 1 : 0);
}

guint64
ck_retry_after_parse (const char *value, gint64 now)
{
  return value != NULL ? parse_value (value, now, 1) : 0;
}

/* ---- sources --------------------------------------------------------------------------------- */

/* What a search in a document needs. */
typedef struct
{
  gint64 now;
  guint64 unit;
  guint64 longest;
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
        search->longest = MAX (search->longest, parse_value (text, search->now, search->unit));
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

static guint64
read_source (const Source *source, const CkFailureAnswer *answer, gint64 now)
{
  Search search = { now, source->unit, 0 };
  g_autoptr (JsonNode) document = NULL;
  const char *value = NULL;

  if (source->header != NULL && answer->get_header != NULL)
    value = answer->get_header (answer->header_data, source->header);

  if (source->path == NULL)
    return value != NULL ? parse_value (value, now, source->unit) : 0;
  if (source->header == NULL)
    document = answer->json != NULL ? json_node_ref (answer->json) : NULL;
  else if (value != NULL)
    document = ck_json_parse (value, strlen (value), NULL);
  if (document != NULL)
    search_node (&search, document, source->path);

  return search.longest;
}

guint64
ck_retry_after_read (const char *sources, const CkFailureAnswer *answer, gint64 now)
{
  g_auto (GStrv) words = g_strsplit_set (sources != NULL ? sources : "", " \t", -1);
  guint64 longest = 0;

  for (char **word = words; *word != NULL; word++)
    {
      g_auto (Source) source = { 0 };

      if (**word != '\0' && parse_source (*word, &source))
        longest = MAX (longest, read_source (&source, answer, now));
    }

  return longest;
}
