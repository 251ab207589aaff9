/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-answer.h"
#include "ck-arguments.h"
#include "ck-facts.h"
#include "ck-request.h"
#include "ck-resource.h"

#define MODULE "http_check"
#define WHAT "asking the platform whether the access token is good"

CK_MODULE_DECLARE_ABI;

typedef struct
{
  const char *uri;
  const char *endpoint;
  const char *method;
  const char *scheme;
  const char *header;
  CkFacts facts;
  const char *active;       /* where it says whether the token is good, in an answer that is 200 */
  const char *reconnect_by; /* where it says until when a person need not come back */
  gboolean introspect;
} Arguments;

static CkResult
parse_arguments (CkTransaction *t, int argc, const char **argv, Arguments *arguments)
{
  const CkArgument table[] = {
    { "uri", &arguments->uri, NULL },
    { "endpoint", &arguments->endpoint, NULL },
    { "method", &arguments->method, NULL },
    { "scheme", &arguments->scheme, NULL },
    { "header", &arguments->header, NULL },
    { "expires", &arguments->facts.expires, NULL },
    { "expires-in", &arguments->facts.expires_in, NULL },
    { "scopes", &arguments->facts.scopes, NULL },
    { "client", &arguments->facts.client, NULL },
    { "active", &arguments->active, NULL },
    { "reconnect-by", &arguments->reconnect_by, NULL },
    { "zero-is-never", NULL, &arguments->facts.zero_is_never },
    { "introspect", NULL, &arguments->introspect },
  };
  const char *problem = NULL;
  CkResult result = ck_arguments_parse (t, MODULE, argc, argv, table, G_N_ELEMENTS (table));

  if (result != CK_RESULT_SUCCESS)
    return result;

  if (arguments->method != NULL && !g_str_equal (arguments->method, "GET")
      && !g_str_equal (arguments->method, "POST"))
    problem = "method= is GET or POST";
  if (arguments->introspect
      && (arguments->method != NULL || arguments->scheme != NULL || arguments->header != NULL
          || arguments->active != NULL))
    problem = "introspect asks in the client's name: method=, scheme=, header= and active= have no "
              "meaning";
  if (problem == NULL)
    return CK_RESULT_SUCCESS;

  ck_transaction_fail (t, "none", "the stack's line for " MODULE " is wrong: %s", problem);

  return CK_RESULT_SERVICE_ERR;
}

/* RFC 7662 section 2.1. */
static CkResult
introspect (CkTransaction *t, const char *uri, CkHttpResponse **response)
{
  g_autoptr (CkForm) form = ck_form_new ();

  if (*ck_transaction_get_grant (t, "access-token") == '\0')
    {
      ck_transaction_fail (t, "none", "there is no access token to ask the platform about");
      return CK_RESULT_CRED_UNAVAIL;
    }

  ck_form_add (form, "token", ck_transaction_get_grant (t, "access-token"));
  ck_form_add (form, "token_type_hint", "access_token");

  return ck_request_post (t, uri, form, CK_REQUEST_PLAIN, response);
}

static gboolean
is_past (CkTransaction *t, JsonNode *json, guint64 now)
{
  guint64 expires = ck_transaction_get_grant_time (t, "expires-at");

  if (ck_answer_get_seconds (json, "exp", &expires))
    return expires <= now;

  return expires != 0 && expires <= now;
}

/*
 * RFC 7662 section 2.2: an inactive token comes without a reason. Some platforms say one in a
 * member `status`; else it has run out if its time was over, and if not, the platform took it back.
 */
static CkResult
fail_inactive (CkTransaction *t, CkHttpResponse *response)
{
  JsonNode *json = ck_http_response_get_json (response);
  const char *status = ck_answer_get_string (json, "status");
  const char *cause = "unknown-revoked";

  if (g_strcmp0 (status, "revoked") == 0)
    cause = "revoked-by-user";
  else if (g_strcmp0 (status, "expired") == 0
           || is_past (t, json, ck_http_response_get_sent_at (response)))
    cause = "expired";

  return ck_transaction_fail (t, cause, "%s: it is not active any more", WHAT);
}

static CkResult
judge_introspection (CkTransaction *t, CkHttpResponse *response)
{
  JsonNode *active = ck_answer_find (ck_http_response_get_json (response), "active");

  /* 401 is about the client, not about the token (RFC 7662 section 2.3); one without a secret has
   * nothing to show, and what is not open to it says nothing. */
  if (ck_http_response_get_status (response) == 401
      && *ck_transaction_get_client_secret (t) == '\0')
    return CK_RESULT_IGNORE;
  if (ck_http_response_get_status (response) == 401)
    return ck_transaction_fail_response (t, response, "token", WHAT);
  if (!ck_resource_is_good (response))
    return ck_transaction_fail_response (t, response, "api", WHAT);
  if (active == NULL || !JSON_NODE_HOLDS_VALUE (active)
      || json_node_get_value_type (active) != G_TYPE_BOOLEAN)
    return ck_transaction_fail (t, "server-error",
                                "%s failed: the answer does not say whether it is active", WHAT);

  return json_node_get_boolean (active) ? CK_RESULT_SUCCESS : fail_inactive (t, response);
}

/* A platform that says of a dead token in a good answer that it is dead: why, its table knows. */
static gboolean
is_good (const Arguments *arguments, CkHttpResponse *response)
{
  JsonNode *active;

  if (!ck_resource_is_good (response))
    return FALSE;
  if (arguments->active == NULL)
    return TRUE;

  active = ck_answer_find (ck_http_response_get_json (response), arguments->active);

  return active != NULL && JSON_NODE_HOLDS_VALUE (active)
         && json_node_get_value_type (active) == G_TYPE_BOOLEAN && json_node_get_boolean (active);
}

/* The token may live on, but the platform does nothing more for it until the person comes back. */
static CkResult
take_reconnect_by (CkTransaction *t, const Arguments *arguments, CkHttpResponse *response)
{
  guint64 until = 0;

  if (arguments->reconnect_by == NULL
      || !ck_answer_get_seconds (ck_http_response_get_json (response), arguments->reconnect_by,
                                 &until)
      || until == 0)
    return CK_RESULT_SUCCESS;
  if (until <= ck_http_response_get_sent_at (response))
    return ck_transaction_fail (t, "permission-lost",
                                "the app may no longer use the account's data: the platform wants "
                                "the person to sign in again. Reconnect the channel");

  ck_transaction_set_grant_time (t, "reconnect-by", until);

  return CK_RESULT_SUCCESS;
}

/* In a connect it is about what the modules before this one got. */
static gboolean
nobody_connected (CkTransaction *t)
{
  return g_str_equal (ck_transaction_get_operation (t), "connect")
         && *ck_transaction_get_grant (t, "access-token") == '\0';
}

static CkResult
check (CkTransaction *t, int argc, const char **argv)
{
  g_autoptr (CkHttpResponse) response = NULL;
  Arguments arguments = { 0 };
  const char *uri = NULL;
  CkResult result = parse_arguments (t, argc, argv, &arguments);

  if (result == CK_RESULT_SUCCESS)
    result = ck_arguments_pick_endpoint (t, MODULE, arguments.uri, arguments.endpoint, &uri);
  if (result != CK_RESULT_SUCCESS)
    return result;
  if (uri == NULL || nobody_connected (t))
    return CK_RESULT_IGNORE;
  /* An app that has no secret cannot ask in its own name. */
  if (g_strcmp0 (arguments.scheme, CK_RESOURCE_APP) == 0
      && *ck_transaction_get_client_secret (t) == '\0')
    return CK_RESULT_IGNORE;

  if (arguments.introspect)
    result = introspect (t, uri, &response);
  else
    {
      CkResource resource = { uri, arguments.method, arguments.scheme, arguments.header };

      result = ck_resource_ask (t, &resource, &response);
    }
  if (result != CK_RESULT_SUCCESS)
    return result;

  if (arguments.introspect)
    result = judge_introspection (t, response);
  else if (!is_good (&arguments, response))
    result = ck_transaction_fail_response (t, response, "api", WHAT);
  if (result != CK_RESULT_SUCCESS)
    return result;

  result = ck_facts_take (t, &arguments.facts, response);

  return result == CK_RESULT_SUCCESS ? take_reconnect_by (t, &arguments, response) : result;
}

CkResult
ck_sm_verify (CkTransaction *t, int argc, const char **argv)
{
  return check (t, argc, argv);
}

CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
  return check (t, argc, argv);
}

CkResult
ck_sm_renew (CkTransaction *t, int argc, const char **argv)
{
  return check (t, argc, argv);
}
