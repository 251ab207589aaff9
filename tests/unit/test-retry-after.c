/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-answer-source.h"
#include "ck-json.h"
#include "ck-rate-limit.h"
#include "ck-retry-after.h"

#include <string.h>

/* When a platform wants to be asked again, and how much of its rate limit is used. */

#define NOW 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define LATER 1764160000

static void
test_values (void)
{
  static const struct
  {
    const char *value;
    guint64 seconds;
  } table[] = {
    { NULL, 0 },
    { "", 0 },
    { "120", 120 },
    { " 120 ", 120 },
    { "64.57", 65 },
    { "0", 0 },
    { "0.0", 0 },
    { "-5", 0 },
    { "+5", 0 },
    { "12x", 0 },
    { "0x10", 0 },
    { "1.2.3", 0 },
    { ".", 0 },
    { "inf", 0 },
    { "nan", 0 },
    { "86401", 86400 },
    { "999999999999", 86400 },
    { "1000000000", 86400 },
    { "Sun, 06 Nov 1994 08:50:37 GMT", 60 },
    { "Sun, 06 Nov 1994 08:49:37 GMT", 0 },
    { "Sun, 06 Nov 1994 08:49:36 GMT", 0 },
    { "Sun, 06 Nov 2094 08:49:37 GMT", 86400 },
    { "Sun, 06 Xxx 2094 08:49:37 GMT", 0 },
    { "Sun, 99 Nov 2094 08:49:37 GMT", 0 },
    { "Sun, 06 Nov 2094 08:49:37", 0 },
    { "Sunday, 06-Nov-94 08:49:37 GMT", 0 },
    { "1994-11-06T08:50:00Z", 23 },
    { "1994-11-06T08:50:00.500Z", 23 },
    { "1994-11-06T09:50:00+01:00", 23 },
    { "1994-11-06T08:49:00Z", 0 },
    { "1994-11-06", 0 },
    { "soon", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_test_message ("%s", table[i].value);
      g_assert_cmpuint (ck_retry_after_parse (table[i].value, NOW), ==, table[i].seconds);
    }

  /* A time in Unix seconds, of our own days. */
  g_assert_cmpuint (ck_retry_after_parse ("1764160030", LATER), ==, 30);
  g_assert_cmpuint (ck_retry_after_parse ("1764159999", LATER), ==, 0);
}

static const char *
get_header (gpointer data, const char *name)
{
  static const char *const headers[][2] = {
    { "Ratelimit-Reset", "1764160023" },
    { "X-Ratelimit-Reset", "598" },
    { "X-Usage",
      "{\"17\":[{\"type\":\"pages\",\"wait\":3},{\"wait\":19}],\"18\":[{\"wait\":\"x\"}]}" },
    { "X-Broken", "{\"17\":" },
    { "Remaining-0", " 0 " },
    { "Remaining-Half", "0.5" },
    { "Remaining-1", "1" },
    { "Remaining-Less", "-1" },
    { "Remaining-Word", "none" },
    { "X-App-Usage", "{\"call_count\":28,\"total_time\":89.9,\"total_cputime\":25}" },
    { "X-Business",
      "{\"17\":[{\"type\":\"pages\",\"call_count\":12,\"total_time\":90},{\"call_count\":\"101\"}]}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    {
      if (g_ascii_strcasecmp (headers[i][0], name) == 0)
        return headers[i][1];
    }

  return NULL;
}

static void
test_sources (void)
{
  static const char body[]
      = "{\"retry_after\":64.57,\"parameters\":{\"retry_after\":7},\"a\":[1,2]}";
  static const struct
  {
    const char *sources;
    guint64 seconds;
  } table[] = {
    { NULL, 0 },
    { "", 0 },
    { "header:Ratelimit-Reset", 23 },
    { "header:ratelimit-reset", 23 },
    { "header:X-Ratelimit-Reset", 598 },
    { "header:X-Ratelimit-Reset header:Ratelimit-Reset", 598 },
    { "header:X-Missing", 0 },
    { "json:retry_after", 65 },
    { "json:parameters.retry_after", 7 },
    { "json:parameters", 0 },
    { "json:parameters.retry_after.x", 0 },
    { "json:a.1", 2 },
    { "json:a.*", 2 },
    { "json:*", 65 },
    { "json:*.retry_after", 7 },
    { "header:X-Usage/*.*.wait@min", 19 * 60 },
    { "header:X-Usage/17.0.wait", 3 },
    { "header:X-Usage/18.0.wait", 0 },
    { "header:X-Usage", 0 },
    { "header:X-Broken/17", 0 },
    { "header:X-Missing/17", 0 },
  };
  g_autoptr (JsonNode) json = ck_json_parse (body, strlen (body), NULL);
  CkFailureAnswer answer = { "api", 429, json, body, strlen (body), get_header, NULL };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_test_message ("%s", table[i].sources);
      g_assert_cmpuint (ck_retry_after_read (table[i].sources, &answer, LATER), ==,
                        table[i].seconds);
    }

  answer.json = NULL;
  answer.get_header = NULL;
  g_assert_cmpuint (ck_retry_after_read ("json:retry_after header:A header:B/c", &answer, LATER),
                    ==, 0);
}

static void
test_check (void)
{
  static const char *const good[] = {
    "header:A", "header:A/b.*.0", "header:A/b@min", "json:a", "json:*.a@min",
  };
  static const char *const bad[] = {
    "",        "A",       "header:",   "header:/a", "header:A/", "header:a:b", "json:",
    "json:.a", "json:a.", "json:a..b", "@min",      "json:@min", "cookie:a",
    "header:A@percent", "json:a@percent", "json:a@min@min",
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (ck_answer_source_check (good[i], CK_RETRY_AFTER_UNIT));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (ck_answer_source_check (bad[i], CK_RETRY_AFTER_UNIT));
}

static void
test_rate_limit (void)
{
  static const struct
  {
    const char *sources;
    gboolean near;
  } table[] = {
    { NULL, FALSE },
    { "", FALSE },
    { "header:Missing", FALSE },
    { "header:Remaining-0", TRUE },
    { "header:Remaining-Half", TRUE },
    { "header:Remaining-1", FALSE },
    { "header:Remaining-Less", FALSE },
    { "header:Remaining-Word", FALSE },
    { "header:Remaining-1 header:Remaining-0", TRUE },
    { "header:Remaining-0 header:Remaining-1", TRUE },
    { "header:X-App-Usage/*@percent", FALSE },
    { "header:X-App-Usage/call_count@percent", FALSE },
    { "header:X-Business/*.*.call_count@percent", TRUE },
    { "header:X-Business/*.*.total_time@percent", TRUE },
    { "header:X-Business/*.*.type@percent", FALSE },
    { "header:X-Business/*.0.call_count@percent", FALSE },
    { "header:X-Business/*.*.estimated@percent", FALSE },
    { "header:X-Broken/*@percent", FALSE },
    { "json:left", TRUE },
    { "json:used@percent", TRUE },
  };
  static const char body[] = "{\"left\":0,\"used\":\"100\"}";
  g_autoptr (JsonNode) json = ck_json_parse (body, strlen (body), NULL);
  CkFailureAnswer answer = { "api", 200, json, body, strlen (body), get_header, NULL };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_test_message ("%s", table[i].sources);
      g_assert_cmpint (ck_rate_limit_is_near (table[i].sources, &answer), ==, table[i].near);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/retry-after/values", test_values);
  g_test_add_func ("/retry-after/sources", test_sources);
  g_test_add_func ("/retry-after/check", test_check);
  g_test_add_func ("/retry-after/rate-limit", test_rate_limit);

  return g_test_run ();
}
