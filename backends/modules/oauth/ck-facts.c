/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-facts.h"

#include "ck-answer.h"
#include "ck-oauth-text.h"

#define MAX_SHOWN_CHARS 128
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

/* A good token that the platform gave to somebody else: its API would not take it from this client. */
static CkResult
check_client (CkTransaction *t, const CkFacts *facts, CkHttpResponse *response)
{
  g_autofree char *client
      = facts->client != NULL ? ck_http_response_dup_member (response, facts->client) : NULL;
  g_autofree char *shown = NULL;

  if (client == NULL || g_str_equal (client, ck_transaction_get_client_id (t)))
    return CK_RESULT_SUCCESS;

  shown = ck_oauth_clean (client, MAX_SHOWN_CHARS);

  return ck_transaction_fail (t, "client-misconfigured",
                              "the grant is that of another client: the platform gave the token to "
                              "%s, and the client here is %s. Set its id right, or reconnect the "
                              "channel",
                              shown, ck_transaction_get_client_id (t));
}

CkResult
ck_facts_take (CkTransaction *t, const CkFacts *facts, CkHttpResponse *response)
{
  JsonNode *json = ck_http_response_get_json (response);
  g_auto (GStrv) scopes = NULL;
  guint64 seconds = 0;
  CkResult result = check_client (t, facts, response);

  if (result != CK_RESULT_SUCCESS)
    return result;

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

  return CK_RESULT_SUCCESS;
}
