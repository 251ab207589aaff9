/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-retry-after.h"

#include <stdio.h>
#include <string.h>

#include "ck-answer-source.h"

#define DAY (24 * 60 * 60)

/* No platform asks to wait for thirty years: a larger number is a point in time. */
#define FIRST_TIME 1e9

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

static guint64
parse_value (const char *value, gint64 now, guint64 unit)
{
  g_autofree char *text = g_strstrip (g_strdup (value));
  g_autoptr (GDateTime) date = NULL;
  double number = 0;

  if (ck_answer_source_parse_number (text, &number))
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

typedef struct
{
  gint64 now;
  guint64 longest;
} Reading;

static void
take_longest (const char *value, gboolean in_minutes, gpointer user_data)
{
  Reading *reading = user_data;

  reading->longest
      = MAX (reading->longest, parse_value (value, reading->now, in_minutes ? 60 : 1));
}

guint64
ck_retry_after_read (const char *sources, const CkFailureAnswer *answer, gint64 now)
{
  Reading reading = { now, 0 };

  ck_answer_source_read (sources, CK_RETRY_AFTER_UNIT, answer, take_longest, &reading);

  return reading.longest;
}
