/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-rate-limit.h"

#include "ck-answer-source.h"

/* What is left is for requests that somebody waits for. */
#define NEAR_PERCENT 90

static void
judge (const char *value, gboolean in_percent, gpointer user_data)
{
  gboolean *near = user_data;
  g_autofree char *text = g_strstrip (g_strdup (value));
  double number = 0;

  if (ck_answer_source_parse_number (text, &number))
    *near |= in_percent ? number >= NEAR_PERCENT : number < 1;
}

gboolean
ck_rate_limit_is_near (const char *sources, const CkFailureAnswer *answer)
{
  gboolean near = FALSE;

  ck_answer_source_read (sources, CK_RATE_LIMIT_UNIT, answer, judge, &near);

  return near;
}
