/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "output.h"

#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ck-names.h"

/* U+FFFD, the sign for what cannot be shown */
#define REPLACEMENT "\xef\xbf\xbd"

gboolean
ck_output_is_terminal (void)
{
  return isatty (STDOUT_FILENO) == 1;
}

gboolean
ck_output_wants_colours (gboolean is_terminal, const char *no_color, const char *term)
{
  if (!is_terminal || (no_color != NULL && *no_color != '\0'))
    return FALSE;

  return term != NULL && *term != '\0' && strcmp (term, "dumb") != 0;
}

/* Marks and overrides that make a line read in another order than it is written. */
static gboolean
reorders (gunichar c)
{
  return c == 0x200e || c == 0x200f || c == 0x61c || (c >= 0x202a && c <= 0x202e)
         || (c >= 0x2066 && c <= 0x2069);
}

char *
ck_output_clean (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GString) clean = g_string_new (NULL);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '\n' || c == '\t' || c == 0x2028 || c == 0x2029)
        g_string_append_c (clean, ' ');
      else if (g_unichar_iscntrl (c) || reorders (c))
        g_string_append (clean, REPLACEMENT);
      else
        g_string_append_unichar (clean, c);
    }

  return g_string_free (g_steal_pointer (&clean), FALSE);
}

char *
ck_output_duration (guint64 seconds)
{
  static const struct
  {
    guint64 seconds;
    const char *unit;
  } units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" } };

  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    {
      if (seconds >= units[i].seconds)
        return g_strdup_printf ("%" G_GUINT64_FORMAT " %s", seconds / units[i].seconds,
                                units[i].unit);
    }

  return g_strdup_printf ("%" G_GUINT64_FORMAT " s", seconds);
}

char *
ck_output_time (guint64 time, gint64 now)
{
  g_autoptr (GDateTime) date = NULL;
  g_autofree char *distance = NULL;
  g_autofree char *local = NULL;
  gint64 t;

  if (time == CK_TIME_UNKNOWN)
    return g_strdup ("-");
  if (time >= CK_TIME_NEVER)
    return g_strdup (_ ("never"));

  t = (gint64) time;
  date = g_date_time_new_from_unix_local (t);
  if (date == NULL) /* beyond the year 9999 */
    return g_strdup_printf ("%" G_GUINT64_FORMAT, time);

  local = g_date_time_format (date, "%Y-%m-%d %H:%M:%S");
  distance = ck_output_duration ((guint64) (t > now ? t - now : now - t));

  return t > now ? g_strdup_printf (_ ("%s (in %s)"), local, distance)
                 : g_strdup_printf (_ ("%s (%s ago)"), local, distance);
}

char *
ck_output_details (GVariant *details)
{
  g_autoptr (GString) line = g_string_new (NULL);
  GVariantIter iter;
  const char *name;
  GVariant *child;

  g_variant_iter_init (&iter, details);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &child))
    {
      g_autoptr (GVariant) value = child;
      g_autofree char *text = NULL;

      if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
        text = g_variant_dup_string (value, NULL);
      else if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
        {
          g_autofree const char **words = g_variant_get_strv (value, NULL);

          text = g_strjoinv (",", (GStrv) words);
        }
      else
        text = g_variant_print (value, FALSE);
      if (*text != '\0')
        g_string_append_printf (line, "%s%s=%s", line->len > 0 ? " " : "", name, text);
    }

  return g_string_free (g_steal_pointer (&line), FALSE);
}

const char *
ck_output_state_colour (const char *state)
{
  static const struct
  {
    const char *state;
    const char *colour;
  } colours[] = {
    { "connected", "32" }, { "expiring", "33" },  { "interrupted", "33" },
    { "blocked", "31" },   { "expired", "31" },   { "revoked", "31" },
    { "locked", "31" },    { "suspended", "35" }, { "unconnected", "2" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (colours); i++)
    {
      if (g_strcmp0 (colours[i].state, state) == 0)
        return colours[i].colour;
    }

  return NULL;
}

/* The places a text takes on a terminal. */
static guint
width_of (const char *text)
{
  guint width = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (g_unichar_iszerowidth (c))
        continue;
      width += g_unichar_iswide (c) ? 2 : 1;
    }

  return width;
}

/* ---- paragraphs ------------------------------------------------------------------------------ */

/* A width for reading; a wider terminal has lines that the eye loses. */
#define MAX_WIDTH 100
#define MIN_WIDTH 30

guint
ck_output_get_width (void)
{
  struct winsize size = { 0 };

  if (!ck_output_is_terminal ())
    return 0;
  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return 80;

  return CLAMP (size.ws_col, MIN_WIDTH, MAX_WIDTH);
}

/* "12." */
static gboolean
is_step (const char *word)
{
  const char *end = word;

  while (g_ascii_isdigit (*end))
    end++;

  return end > word && end - word <= 2 && strcmp (end, ".") == 0;
}

char *
ck_output_wrap (const char *text, guint indent, guint width)
{
  g_autofree char *clean = ck_output_clean (text);
  g_auto (GStrv) words = g_strsplit (clean, " ", -1);
  g_autoptr (GString) lines = g_string_new (NULL);
  guint column = 0;
  guint step = 0;
  guint hang = 0;

  for (char **word = words; *word != NULL; word++)
    {
      guint place = width_of (*word);
      gboolean begins_step = is_step (*word) && (guint) atoi (*word) == step + 1 && word[1] != NULL;

      if (place == 0)
        continue;
      if (column > 0 && (begins_step || (width > 0 && column + 1 + place > width)))
        {
          g_string_append_c (lines, '\n');
          column = 0;
        }
      if (begins_step)
        {
          step++;
          hang = 0;
        }
      g_string_append_printf (lines, "%*s", column > 0 ? 1 : (int) (indent + hang), "");
      column += column > 0 ? 1 : indent + hang;
      g_string_append (lines, *word);
      column += place;
      /* What is left of a step stands below its beginning, not below its number. */
      if (begins_step)
        hang = place + 1;
    }
  g_string_append_c (lines, '\n');

  return g_string_free (g_steal_pointer (&lines), FALSE);
}

/* ---- tables -----------------------------------------------------------------------------------
 */

struct _CkTable
{
  GStrv headings;
  guint n_columns;
  GPtrArray *rows; /* of GStrv */
};

CkTable *
ck_table_new (const char *const *headings)
{
  CkTable *table = g_new0 (CkTable, 1);

  table->headings = g_strdupv ((GStrv) headings);
  table->n_columns = g_strv_length (table->headings);
  table->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);

  return table;
}

void
ck_table_free (CkTable *table)
{
  g_strfreev (table->headings);
  g_ptr_array_unref (table->rows);
  g_free (table);
}

void
ck_table_add (CkTable *table, const char *const *cells)
{
  GStrv row = g_new0 (char *, table->n_columns + 1);

  for (guint i = 0; i < table->n_columns; i++)
    row[i] = *cells[i] == '\0' ? g_strdup ("-") : ck_output_clean (cells[i]);

  g_ptr_array_add (table->rows, row);
}

static void
append_line (GString *string, CkTable *table, GStrv cells, const guint *widths, gboolean colours)
{
  for (guint i = 0; i < table->n_columns; i++)
    {
      const char *colour = NULL;

      if (colours && strcmp (table->headings[i], "STATE") == 0)
        colour = ck_output_state_colour (cells[i]);
      if (colour != NULL)
        g_string_append_printf (string, "\x1b[%sm%s\x1b[0m", colour, cells[i]);
      else
        g_string_append (string, cells[i]);

      if (i + 1 < table->n_columns)
        g_string_append_printf (string, "%*s", (int) (widths[i] - width_of (cells[i]) + 2), "");
    }
  g_string_append_c (string, '\n');
}

char *
ck_table_to_string (CkTable *table, gboolean aligned, gboolean colours)
{
  g_autoptr (GString) string = g_string_new (NULL);
  g_autofree guint *widths = g_new0 (guint, table->n_columns);
  g_auto (GStrv) headings = g_new0 (char *, table->n_columns + 1);

  if (!aligned)
    {
      for (guint r = 0; r < table->rows->len; r++)
        {
          g_autofree char *line = g_strjoinv ("\t", table->rows->pdata[r]);

          g_string_append_printf (string, "%s\n", line);
        }
      return g_string_free (g_steal_pointer (&string), FALSE);
    }

  for (guint i = 0; i < table->n_columns; i++)
    {
      headings[i] = g_strdup (_ (table->headings[i]));
      widths[i] = width_of (headings[i]);
      for (guint r = 0; r < table->rows->len; r++)
        widths[i] = MAX (widths[i], width_of (((GStrv) table->rows->pdata[r])[i]));
    }
  append_line (string, table, headings, widths, FALSE);
  for (guint r = 0; r < table->rows->len; r++)
    append_line (string, table, table->rows->pdata[r], widths, colours);

  return g_string_free (g_steal_pointer (&string), FALSE);
}

void
ck_table_print (CkTable *table)
{
  gboolean terminal = ck_output_is_terminal ();
  gboolean colours = ck_output_wants_colours (terminal, g_getenv ("NO_COLOR"), g_getenv ("TERM"));
  g_autofree char *text = ck_table_to_string (table, terminal, colours);

  g_print ("%s", text);
}
