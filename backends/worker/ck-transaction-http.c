/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-transaction-private.h"

#include <string.h>

#include "ck-http.h"
#include "ck-origin.h"

/* What the hook needs while a request is under way. */
typedef struct
{
  CkTransaction *t;
  gboolean spends;
} Sending;

static gboolean
on_sending (gpointer user_data)
{
  Sending *sending = user_data;
  CkTransaction *t = sending->t;

  if (t->hooks == NULL || t->hooks->sending == NULL)
    return TRUE;

  return t->hooks->sending (sending->spends, t->hooks_data);
}

static gboolean
request_has (const CkHttpRequest *request, const char *secret)
{
  for (guint i = 0; request->headers != NULL && request->headers[i] != NULL; i++)
    {
      if (ck_redactor_text_has (request->headers[i], secret))
        return TRUE;
    }

  return ck_redactor_text_has (request->uri, secret) || ck_redactor_text_has (request->body, secret);
}

/*
 * A refresh token goes to the server that issued it and to no other, whatever a provider file or a
 * metadata document has come to say since.
 */
static gboolean
may_go_there (CkDraft *grant, const CkHttpRequest *request)
{
  const char *token = ck_draft_get (grant, "refresh-token");
  const char *home = ck_draft_get (grant, "token-origin");
  g_autofree char *origin = NULL;

  if (*token == '\0' || *home == '\0' || !request_has (request, token))
    return TRUE;

  origin = ck_origin_dup (request->uri);

  return g_strcmp0 (origin, home) == 0;
}

static gboolean
is_method (const char *method)
{
  static const char *const methods[] = { "GET", "POST", "DELETE", NULL };

  return g_strv_contains (methods, method);
}

static gboolean
is_success (guint status)
{
  return status >= 200 && status < 300;
}

/* Whether an answer to a request that spends leaves it open what became of the token. */
static gboolean
leaves_doubt (const CkHttpOutcome *outcome, CkHttpResponse *response)
{
  switch (outcome->trouble)
    {
    case CK_HTTP_TROUBLE_NONE:
      /* A success that cannot be read: the new token was in it, and is lost. */
      return is_success (outcome->status) && ck_http_response_get_json (response) == NULL;
    case CK_HTTP_TROUBLE_NO_STATUS:
      return TRUE;
    case CK_HTTP_TROUBLE_NO_BODY:
    case CK_HTTP_TROUBLE_TOO_LARGE:
      return outcome->status < 200 || is_success (outcome->status);
    case CK_HTTP_TROUBLE_URI:
    case CK_HTTP_TROUBLE_CONNECT:
    default:
      return FALSE;
    }
}

static CkResult
fail_outcome (CkTransaction *t, const CkHttpOutcome *outcome)
{
  CkCause cause = CK_CAUSE_NETWORK;

  if (outcome->trouble == CK_HTTP_TROUBLE_URI)
    cause = CK_CAUSE_CLIENT_MISCONFIGURED;
  else if (outcome->trouble == CK_HTTP_TROUBLE_TOO_LARGE)
    cause = CK_CAUSE_SERVER_ERROR;

  return ck_transaction_fail_cause (t, cause, "%s", outcome->message);
}

static const char *
get_argument_or_null (CkTransaction *t, const char *member)
{
  const char *value = ck_transaction_get_argument (t, member);

  return *value != '\0' ? value : NULL;
}

CkResult
ck_transaction_http (CkTransaction *t, const CkHttpRequest *request, CkHttpResponse **response)
{
  g_autoptr (CkHttpResponse) got = NULL;
  g_auto (CkHttpOutcome) outcome = { CK_HTTP_TROUBLE_NONE, 0, NULL };
  Sending sending = { t, request->spends };
  CkHttpRules rules = {
    .proxy = get_argument_or_null (t, "proxy"),
    .ca_file = get_argument_or_null (t, "ca-file"),
    .allow_insecure_loopback = ck_transaction_allows_insecure_loopback (t),
    .deadline = t->deadline,
    .sending = on_sending,
    .sending_data = &sending,
  };

  if (!is_method (request->method))
    return ck_transaction_fail_cause (t,
                                      CK_CAUSE_NONE,
                                      "a module sends %s, which is none of GET, POST, DELETE",
                                      request->method);
  if (!may_go_there (t->current, request) || !may_go_there (t->draft, request))
    {
      g_autofree char *origin = ck_origin_dup (request->uri);

      return ck_transaction_fail_cause (t,
                                        CK_CAUSE_CLIENT_MISCONFIGURED,
                                        "the refresh token was issued by %s and is not sent to %s: "
                                        "if the platform has moved, reconnect the channel",
                                        ck_draft_get (t->current, "token-origin"),
                                        origin != NULL ? origin : "another place");
    }

  got = ck_http_send (request, &rules, &outcome);
  if (request->spends && leaves_doubt (&outcome, got))
    t->in_doubt = TRUE;
  else if (request->spends && got != NULL && is_success (outcome.status))
    t->in_doubt = FALSE; /* what was in doubt has been answered by this one */
  if (got == NULL)
    return fail_outcome (t, &outcome);

  ck_transaction_debug (t,
                        "%s %s: status %u",
                        request->method,
                        request->uri,
                        ck_http_response_get_status (got));
  if (t->module != NULL)
    t->module->got_on = TRUE;
  ck_transaction_note_limit (t, got);
  *response = g_steal_pointer (&got);

  return CK_RESULT_SUCCESS;
}
