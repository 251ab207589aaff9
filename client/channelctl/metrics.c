/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "metrics.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

struct _CkMetrics
{
  GString *text;
  JsonArray *samples;
  char *header; /* of the family begun, until its first sample */
  char *sample; /* its samples' name */
};

CkMetrics *
ck_metrics_new (void)
{
  CkMetrics *metrics = g_new0 (CkMetrics, 1);

  metrics->text = g_string_new (NULL);
  metrics->samples = json_array_new ();

  return metrics;
}

void
ck_metrics_free (CkMetrics *metrics)
{
  g_string_free (metrics->text, TRUE);
  json_array_unref (metrics->samples);
  g_free (metrics->header);
  g_free (metrics->sample);
  g_free (metrics);
}

void
ck_metrics_begin (
    CkMetrics *metrics, const char *name, const char *type, const char *unit, const char *help)
{
  g_autofree char *unit_line
      = unit != NULL ? g_strdup_printf ("# UNIT %s %s\n", name, unit) : g_strdup ("");
  const char *suffix = strcmp (type, "counter") == 0 ? "_total"
                       : strcmp (type, "info") == 0  ? "_info"
                                                     : "";

  g_free (metrics->header);
  g_free (metrics->sample);
  metrics->header
      = g_strdup_printf ("# TYPE %s %s\n%s# HELP %s %s\n", name, type, unit_line, name, help);
  metrics->sample = g_strconcat (name, suffix, NULL);
}

static void
append_escaped (GString *text, const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);

  for (const char *p = valid; *p != '\0'; p++)
    {
      if (*p == '\n')
        g_string_append (text, "\\n");
      else if (*p == '"' || *p == '\\')
        g_string_append_printf (text, "\\%c", *p);
      else
        g_string_append_c (text, *p);
    }
}

static void
append_value (GString *text, double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (isinf (value))
    g_string_append (text, "+Inf");
  else
    g_string_append (text, g_ascii_formatd (buffer, sizeof buffer, "%.17g", value));
}

void
ck_metrics_add (CkMetrics *metrics, double value, ...)
{
  JsonObject *labels = json_object_new ();
  JsonObject *sample = json_object_new ();
  const char *label;
  gboolean first = TRUE;
  va_list args;

  if (metrics->header != NULL)
    g_string_append (metrics->text, metrics->header);
  g_clear_pointer (&metrics->header, g_free);

  g_string_append (metrics->text, metrics->sample);
  va_start (args, value);
  while ((label = va_arg (args, const char *)) != NULL)
    {
      const char *text = va_arg (args, const char *);

      g_string_append_printf (metrics->text, "%s%s=\"", first ? "{" : ",", label);
      append_escaped (metrics->text, text);
      g_string_append_c (metrics->text, '"');
      json_object_set_string_member (labels, label, text);
      first = FALSE;
    }
  va_end (args);
  g_string_append (metrics->text, first ? " " : "} ");
  append_value (metrics->text, value);
  g_string_append_c (metrics->text, '\n');

  json_object_set_string_member (sample, "name", metrics->sample);
  json_object_set_object_member (sample, "labels", labels);
  if (isinf (value))
    json_object_set_null_member (sample, "value");
  else
    json_object_set_double_member (sample, "value", value);
  json_array_add_object_element (metrics->samples, sample);
}

char *
ck_metrics_to_text (CkMetrics *metrics)
{
  return g_strconcat (metrics->text->str, "# EOF\n", NULL);
}

JsonNode *
ck_metrics_to_json (CkMetrics *metrics)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  json_node_set_array (node, metrics->samples);

  return node;
}
