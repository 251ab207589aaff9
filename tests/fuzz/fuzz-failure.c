/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-failure.h"
#include "ck-json.h"
#include "ck-rate-limit.h"
#include "ck-retry-after.h"
#include "fuzz.h"

/* Every other header has what the first line of the body has. */
static const char *
get_header (gpointer data, const char *name)
{
  return g_ascii_strcasecmp (name, "WWW-Authenticate") == 0 ? "Bearer error=\"invalid_token\"" : data;
}

/* A line of a match or of places to read a time from, then the body it is tried on. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree char *line = g_strndup (text, strcspn (text, "\n"));
  const char *body = text + strlen (line) + (text[strlen (line)] == '\n' ? 1 : 0);
  g_autoptr (JsonNode) json = ck_json_parse (body, strlen (body), NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (CkFailureMatch) match = ck_failure_match_parse (line, &error);
  g_autofree char *header = g_strndup (body, strcspn (body, "\n"));
  CkFailureAnswer answer = { "api", 401, json, body, strlen (body), get_header, header };

  g_assert_true ((match == NULL) == (error != NULL));
  if (match != NULL)
    (void) ck_failure_match_test (match, &answer);
  g_assert_cmpuint (ck_retry_after_parse (line, 0), <=, 24 * 60 * 60);
  g_assert_cmpuint (ck_retry_after_read (line, &answer, 0), <=, 24 * 60 * 60);
  (void) ck_rate_limit_is_near (line, &answer);

  return 0;
}
