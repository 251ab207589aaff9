/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-facts.h"

#include "ck-answer.h"

#define SAME_MOMENT 2 /* seconds */

/* What is counted down and up again is not the same second each time; that is no news, and a grant
 * with news is written to disk. */
static void
set_expires_at (CkTransaction *t, guint64 time)
{
  guint64 before = ck_transaction_get_grant_time (t, "expires-at");

  if (MAX (time, before) - MIN (time, before) > SAME_MOMENT)
    ck_transaction_set_grant_time (t, "expires-at", time);
}

void
ck_facts_take (CkTransaction *t, const CkFacts *facts, CkHttpResponse *response)
{
  JsonNode *json = ck_http_response_get_json (response);
  g_auto (GStrv) scopes = NULL;
  guint64 seconds = 0;

  /* Platforms write 0 for tokens without an end; unless the line says so, that is not said to be
   * for ever, only not known. */
  if (facts->expires != NULL && ck_answer_get_seconds (json, facts->expires, &seconds))
    {
      if (seconds > 0 || facts->zero_is_never)
        set_expires_at (t, seconds > 0 ? seconds : G_MAXUINT64);
    }
  else if (facts->expires_in != NULL && ck_answer_get_seconds (json, facts->expires_in, &seconds)
           && seconds > 0)
    set_expires_at (t, ck_http_response_get_sent_at (response) + seconds);

  if (facts->scopes != NULL)
    scopes = ck_answer_dup_scopes (json, facts->scopes);
  if (scopes != NULL)
    ck_transaction_set_grant_scopes (t, (const char *const *) scopes);
}
