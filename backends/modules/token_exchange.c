/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-arguments.h"
#include "ck-request.h"

#define MODULE "token_exchange"
#define WHAT "exchanging the token for one that lives longer"

CK_MODULE_DECLARE_ABI;

typedef struct
{
  const char *uri;
  const char *endpoint;
  const char *grant_type;
  const char *parameter; /* what the request calls the token it presents */
  const char *method;
  const char *extra; /* (nullable): the grant's extra that is exchanged, not its access token */
  gboolean sends_id;
  gboolean sends_secret;
} Arguments;

static CkResult
parse_arguments (CkTransaction *t, int argc, const char **argv, Arguments *arguments)
{
  const CkArgument table[] = {
    { "uri", &arguments->uri, NULL },
    { "endpoint", &arguments->endpoint, NULL },
    { "grant-type", &arguments->grant_type, NULL },
    { "token", &arguments->parameter, NULL },
    { "method", &arguments->method, NULL },
    { "extra", &arguments->extra, NULL },
    { "client-id", NULL, &arguments->sends_id },
    { "client-secret", NULL, &arguments->sends_secret },
  };
  const char *problem = NULL;
  CkResult result = ck_arguments_parse (t, MODULE, argc, argv, table, G_N_ELEMENTS (table));

  if (result != CK_RESULT_SUCCESS)
    return result;

  if (arguments->grant_type == NULL || arguments->parameter == NULL)
    problem = "grant-type= and token= must say what the request calls the exchange and the token";
  else if (arguments->method != NULL && !g_str_equal (arguments->method, "GET")
           && !g_str_equal (arguments->method, "POST"))
    problem = "method= is GET or POST";
  else if (arguments->extra != NULL && !g_str_has_suffix (arguments->extra, "secret"))
    problem = "extra= must end in \"secret\", or every app would be handed that token";
  if (problem == NULL)
    return CK_RESULT_SUCCESS;

  ck_transaction_fail (t, "none", "the stack's line for " MODULE " is wrong: %s", problem);

  return CK_RESULT_SERVICE_ERR;
}

/* What is presented, and until when it can be: both kinds of token end their own exchange. */
static const char *
get_presented (CkTransaction *t, const Arguments *arguments, guint64 *until)
{
  const char *token;

  if (arguments->extra == NULL)
    {
      *until = ck_transaction_get_grant_time (t, "expires-at");
      return ck_transaction_get_grant (t, "access-token");
    }

  *until = ck_transaction_get_grant_time (t, "renewable-until");
  token = ck_transaction_get_grant_extra (t, arguments->extra);

  return token != NULL ? token : "";
}

static CkResult
send_once (CkTransaction *t,
           const Arguments *arguments,
           const char *uri,
           const char *presented,
           CkHttpResponse **response)
{
  static const char *const headers[] = { "Accept: application/json", NULL };
  g_autoptr (CkForm) form = ck_form_new ();
  g_auto (CkSecretText) address = NULL;
  CkHttpRequest request = { "GET", uri, headers, NULL, NULL, FALSE };

  ck_form_add (form, "grant_type", arguments->grant_type);
  if (arguments->sends_id)
    ck_form_add (form, "client_id", ck_transaction_get_client_id (t));
  if (arguments->sends_secret)
    ck_form_add (form, "client_secret", ck_transaction_get_client_secret (t));
  ck_form_add (form, arguments->parameter, presented);

  if (g_strcmp0 (arguments->method, "POST") == 0)
    {
      request.method = "POST";
      request.body = ck_form_get_text (form);
    }
  else
    request.uri = address = ck_form_append_to_uri (form, uri);

  return ck_transaction_http (t, &request, response);
}

static gboolean
is_token (CkHttpResponse *response)
{
  guint status = ck_http_response_get_status (response);
  JsonNode *json = ck_http_response_get_json (response);

  return status >= 200 && status <= 299 && json != NULL && !ck_token_is_error (json);
}

/* Whether the platform exchanges none that is so new. */
static gboolean
is_too_young (CkTransaction *t)
{
  const char *setting = ck_transaction_get_setting (t, "Lifetime", "MinAgeBeforeRenew");
  guint64 min_age = setting != NULL ? g_ascii_strtoull (setting, NULL, 10) : 0;

  return g_str_equal (ck_transaction_get_operation (t), "renew")
         && ck_transaction_get_grant_time (t, "issued-at") + min_age
                > (guint64) (g_get_real_time () / G_USEC_PER_SEC);
}

/* A refusal that nobody knows and that has a reason here: it says nothing about the token. */
static CkResult
fail_refused (CkTransaction *t, CkHttpResponse *answer)
{
  if (is_too_young (t)
      && g_str_equal (ck_transaction_get_response_cause (t, answer, "token"), "none"))
    return ck_transaction_fail (t, "server-error",
                                "the token is too new to be exchanged; it is tried again later");

  return ck_transaction_fail_response (t, answer, "token", WHAT);
}

/*
 * The token that is presented stays good, so nothing is spent: an exchange whose answer was lost is
 * made again. Refused, it is made with the next of the client's secrets, once each: platforms have
 * no one word for a secret that is wrong.
 */
static CkResult
exchange (CkTransaction *t,
          const Arguments *arguments,
          const char *uri,
          const char *presented,
          CkHttpResponse **response)
{
  for (;;)
    {
      g_autoptr (CkHttpResponse) answer = NULL;
      CkResult result = send_once (t, arguments, uri, presented, &answer);

      if (result != CK_RESULT_SUCCESS)
        return result;
      if (is_token (answer))
        {
          *response = g_steal_pointer (&answer);
          return CK_RESULT_SUCCESS;
        }

      result = fail_refused (t, answer);
      if (result != CK_RESULT_AUTH_ERR || !arguments->sends_secret
          || !ck_transaction_next_client_secret (t))
        return result;
      ck_transaction_debug (t, "the exchange was refused; trying the client's next secret");
    }
}

/* An extra is a token as well, and when it ends nothing can be renewed with it any more. */
static CkResult
accept_extra (CkTransaction *t, const Arguments *arguments, CkHttpResponse *response)
{
  g_auto (CkSecretText) token = ck_http_response_dup_member (response, "access_token");
  g_autofree char *lifetime = ck_http_response_dup_member (response, "expires_in");
  guint64 seconds = 0;

  if (token == NULL || !ck_oauth_is_token (token))
    return ck_transaction_fail (t, "server-error", "%s failed: the answer has no access_token",
                                WHAT);

  ck_transaction_set_grant_extra (t, arguments->extra, token);
  if (lifetime != NULL && g_ascii_string_to_unsigned (lifetime, 10, 1, G_MAXINT64, &seconds, NULL))
    ck_transaction_set_grant_time (t, "renewable-until",
                                   ck_http_response_get_sent_at (response) + seconds);

  return CK_RESULT_SUCCESS;
}

static CkResult
accept_token (CkTransaction *t, CkHttpResponse *response)
{
  CkResult result = ck_request_accept_token (t, response, WHAT, NULL);

  if (result == CK_RESULT_SUCCESS)
    ck_transaction_set_grant_time (t, "renewable-until",
                                   ck_transaction_get_grant_time (t, "expires-at"));

  return result;
}

static CkResult
fail_expired (CkTransaction *t)
{
  return ck_transaction_fail (t, "expired",
                              "the token has run out, and the platform exchanges none that has: "
                              "reconnect the channel");
}

/* An exchange beside the access token is no condition of the grant: without its token it is not
 * this grant's affair. */
static CkResult
run (CkTransaction *t, int argc, const char **argv)
{
  g_autoptr (CkHttpResponse) response = NULL;
  g_auto (CkSecretText) presented = NULL;
  Arguments arguments = { 0 };
  const char *uri = NULL;
  guint64 until = 0;
  CkResult result = parse_arguments (t, argc, argv, &arguments);

  if (result == CK_RESULT_SUCCESS)
    result = ck_arguments_pick_endpoint (t, MODULE, arguments.uri, arguments.endpoint, &uri);
  if (result != CK_RESULT_SUCCESS)
    return result;

  presented = g_strdup (get_presented (t, &arguments, &until));
  if (*presented == '\0')
    return CK_RESULT_IGNORE;
  if (uri == NULL)
    return ck_request_endpoint (t, MODULE, arguments.endpoint, &uri);
  if (until != 0 && until <= (guint64) (g_get_real_time () / G_USEC_PER_SEC))
    return fail_expired (t);

  result = exchange (t, &arguments, uri, presented, &response);
  if (result != CK_RESULT_SUCCESS)
    return result;

  return arguments.extra != NULL ? accept_extra (t, &arguments, response)
                                 : accept_token (t, response);
}

CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
  return run (t, argc, argv);
}

CkResult
ck_sm_renew (CkTransaction *t, int argc, const char **argv)
{
  return run (t, argc, argv);
}
