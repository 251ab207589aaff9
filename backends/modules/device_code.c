/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-answer.h"
#include "ck-arguments.h"
#include "ck-request.h"

#define MODULE "device_code"
#define GRANT_TYPE "urn:ietf:params:oauth:grant-type:device_code"

#define DEFAULT_INTERVAL 5  /* RFC 8628 section 3.2 */
#define SLOW_DOWN_SECONDS 5 /* RFC 8628 section 3.5 */
#define MAX_INTERVAL 60
#define DEFAULT_LIFETIME 600 /* expires_in is required; some leave it out */

CK_MODULE_DECLARE_ABI;

typedef struct
{
  CkSecretText device_code;
  char *user_code;
  char *verification_uri;
  char *verification_uri_complete;
  guint64 sent_at;
  guint64 lifetime;
  guint64 interval;
} Device;

static void
device_clear (Device *device)
{
  ck_secret_text_free (device->device_code);
  g_free (device->user_code);
  g_free (device->verification_uri);
  g_free (device->verification_uri_complete);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Device, device_clear)

static gboolean
is_web_uri (const char *text)
{
  const char *scheme = text != NULL && ck_oauth_is_token (text) ? g_uri_peek_scheme (text) : NULL;

  return g_strcmp0 (scheme, "https") == 0 || g_strcmp0 (scheme, "http") == 0;
}

/* What the platform calls `device_code`. */
static const char *
get_code_parameter (CkTransaction *t)
{
  const char *setting = ck_transaction_get_setting (t, "OAuth2", "DeviceCodeParameter");

  return setting != NULL && *setting != '\0' ? setting : "device_code";
}

/* NULL: the client shows who it is as everywhere. Else what it shows here, which is no secret. */
static const char *
get_client_token (CkTransaction *t)
{
  const char *setting = ck_transaction_get_setting (t, "OAuth2", "DeviceClientToken");

  return setting != NULL && *setting != '\0' ? setting : NULL;
}

static CkResult
post (CkTransaction *t, const char *uri, CkForm *form, CkHttpResponse **response)
{
  static const char *const headers[] = { "Accept: application/json", NULL };
  CkHttpRequest request = { "POST", uri, headers, NULL, NULL, FALSE };
  g_autofree char *token = NULL;

  if (get_client_token (t) == NULL)
    return ck_request_post (t, uri, form, CK_REQUEST_NAMES_CLIENT, response);

  token = g_strdup_printf ("%s|%s", ck_transaction_get_client_id (t), get_client_token (t));
  ck_form_add (form, "access_token", token);
  request.body = ck_form_get_text (form);

  return ck_transaction_http (t, &request, response);
}

/* A person will open these links and type this code: nothing but what they can be is passed on. */
static gboolean
read_device (CkTransaction *t, CkHttpResponse *response, Device *device)
{
  JsonNode *json = ck_http_response_get_json (response);
  const char *device_code = ck_answer_get_string (json, get_code_parameter (t));
  const char *user_code = ck_answer_get_string (json, "user_code");
  const char *uri = ck_answer_get_string (json, "verification_uri");
  const char *complete = ck_answer_get_string (json, "verification_uri_complete");

  /* As drafts of RFC 8628 had it, and some platforms have it still. */
  if (uri == NULL)
    uri = ck_answer_get_string (json, "verification_url");
  if (device_code == NULL || !ck_oauth_is_token (device_code) || user_code == NULL
      || !ck_oauth_is_token (user_code) || !is_web_uri (uri))
    return FALSE;

  device->device_code = g_strdup (device_code);
  device->user_code = g_strdup (user_code);
  device->verification_uri = g_strdup (uri);
  device->verification_uri_complete = g_strdup (is_web_uri (complete) ? complete : "");
  device->sent_at = ck_http_response_get_sent_at (response);
  if (!ck_answer_get_seconds (json, "expires_in", &device->lifetime) || device->lifetime == 0)
    device->lifetime = DEFAULT_LIFETIME;
  if (!ck_answer_get_seconds (json, "interval", &device->interval))
    device->interval = DEFAULT_INTERVAL;
  device->interval = CLAMP (device->interval, 1, MAX_INTERVAL);

  return TRUE;
}

/* NULL: only the first request names the scopes, as RFC 8628 has it. A platform with a name of its
 * own for them wants to see them again when it is polled. */
static const char *
get_scope_parameter (CkTransaction *t)
{
  const char *setting = ck_transaction_get_setting (t, "OAuth2", "DeviceScopeParameter");

  return setting != NULL && *setting != '\0' ? setting : NULL;
}

static CkResult
request_code (CkTransaction *t, Device *device)
{
  g_autoptr (CkForm) form = ck_form_new ();
  g_autoptr (CkHttpResponse) response = NULL;
  g_autofree char *scope = ck_request_dup_scope (t);
  const char *endpoint = NULL;
  CkResult result = ck_request_endpoint (t, MODULE, "DeviceAuthorizationEndpoint", &endpoint);

  if (result != CK_RESULT_SUCCESS)
    return result;

  ck_form_add (form, get_scope_parameter (t) != NULL ? get_scope_parameter (t) : "scope", scope);
  result = post (t, endpoint, form, &response);
  if (result != CK_RESULT_SUCCESS)
    return result;

  if (ck_http_response_get_status (response) != 200
      || ck_token_is_error (ck_http_response_get_json (response)))
    return ck_transaction_fail_response (t, response, "device", "asking for a device code");
  if (!read_device (t, response, device))
    return ck_transaction_fail (t, "server-error",
                                "asking for a device code failed: the answer has no device_code, "
                                "no user_code, or no verification_uri that can be opened");
  ck_transaction_add_secret (t, device->device_code);

  return CK_RESULT_SUCCESS;
}

static CkResult
show_code (CkTransaction *t, const Device *device)
{
  GVariantDict details;

  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "user-code", "s", device->user_code);
  g_variant_dict_insert (&details, "verification-uri", "s", device->verification_uri);
  if (*device->verification_uri_complete != '\0')
    g_variant_dict_insert (&details, "verification-uri-complete", "s",
                           device->verification_uri_complete);
  g_variant_dict_insert (&details, "expires-at", "t", device->sent_at + device->lifetime);

  return ck_transaction_converse (t, "show-code", g_variant_dict_end (&details), NULL);
}

typedef enum
{
  POLL_DONE,      /* a token */
  POLL_PENDING,   /* go on */
  POLL_SLOW_DOWN, /* go on, more slowly from now on */
  POLL_TROUBLE,   /* go on: the platform or the network is at fault */
  POLL_REFUSED,   /* the person said no */
  POLL_LATE,      /* the code has run out */
  POLL_FAILED,
} Poll;

/* The RFC's word for the platform's own: DeviceErrors is a list of `theirs=word`. (transfer full)
 */
static char *
dup_word (CkTransaction *t, CkHttpResponse *response)
{
  const char *member = ck_transaction_get_setting (t, "OAuth2", "DeviceErrorMember");
  const char *setting = ck_transaction_get_setting (t, "OAuth2", "DeviceErrors");
  g_auto (GStrv) words = g_strsplit (setting != NULL ? setting : "", " ", -1);
  g_autofree char *theirs = ck_http_response_dup_member (
      response, member != NULL && *member != '\0' ? member : "error");

  for (char **word = words; theirs != NULL && *word != NULL; word++)
    {
      const char *equals = strchr (*word, '=');

      if (equals != NULL && strlen (theirs) == (gsize) (equals - *word)
          && g_str_has_prefix (*word, theirs))
        return g_strdup (equals + 1);
    }

  return g_steal_pointer (&theirs);
}

static Poll
judge_answer (CkTransaction *t, CkHttpResponse *response)
{
  static const struct
  {
    const char *word;
    Poll poll;
  } words[] = {
    { "authorization_pending", POLL_PENDING },
    { "slow_down", POLL_SLOW_DOWN },
    { "access_denied", POLL_REFUSED },
    { "expired_token", POLL_LATE },
  };
  JsonNode *json = ck_http_response_get_json (response);
  guint status = ck_http_response_get_status (response);
  g_autofree char *word = dup_word (t, response);
  const char *message = ck_answer_get_string (json, "message");

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (g_strcmp0 (word, words[i].word) == 0 || g_strcmp0 (message, words[i].word) == 0)
        return words[i].poll;
    }
  if (status == 429)
    return POLL_SLOW_DOWN;
  if (status >= 500 || status == 408)
    return POLL_TROUBLE;

  return status == 200 && json != NULL && !ck_token_is_error (json) ? POLL_DONE : POLL_FAILED;
}

static Poll
poll_once (CkTransaction *t,
           const char *endpoint,
           const Device *device,
           CkHttpResponse **response,
           CkResult *result)
{
  g_autoptr (CkForm) form = ck_form_new ();
  g_autofree char *scope = ck_request_dup_scope (t);

  if (get_client_token (t) == NULL)
    ck_form_add (form, "grant_type", GRANT_TYPE);
  ck_form_add (form, get_code_parameter (t), device->device_code);
  if (get_scope_parameter (t) != NULL)
    ck_form_add (form, get_scope_parameter (t), scope);
  *result = ck_request_add_token_parameters (t, form);
  if (*result == CK_RESULT_SUCCESS)
    *result = post (t, endpoint, form, response);
  if (*result == CK_RESULT_AUTHINFO_UNAVAIL)
    return POLL_TROUBLE;

  return *result == CK_RESULT_SUCCESS ? judge_answer (t, *response) : POLL_FAILED;
}

static CkResult
fail_late (CkTransaction *t)
{
  ck_transaction_fail (t, "none", "the code was not entered in time: start again");

  return CK_RESULT_CONV_ERR;
}

static CkResult
accept_token (CkTransaction *t, CkHttpResponse *response)
{
  g_autoptr (CkToken) token = NULL;
  CkResult result = ck_request_accept_token (t, response, "fetching the token", &token);

  return result == CK_RESULT_SUCCESS ? ck_request_accept_id_token (t, response, token, NULL)
                                     : result;
}

/* @response may be %NULL: then @result is what the request ended with. */
static CkResult
finish (CkTransaction *t, Poll poll, CkHttpResponse *response, CkResult result)
{
  switch (poll)
    {
    case POLL_DONE:
      return accept_token (t, response);
    case POLL_REFUSED:
      ck_transaction_fail (t, "none", "the authorization was not given: access_denied");
      return CK_RESULT_CONV_ERR;
    case POLL_LATE:
      return fail_late (t);
    default:
      if (response == NULL)
        return result;
      return ck_transaction_fail_response (t, response, "device",
                                           "waiting for the code to be entered");
    }
}

static CkResult
wait_for_token (CkTransaction *t, const char *endpoint, const Device *device)
{
  guint64 interval = device->interval;
  guint64 backoff = 0;

  for (guint64 waited = 0; waited + interval + backoff <= device->lifetime;)
    {
      g_autoptr (CkHttpResponse) response = NULL;
      CkResult result = CK_RESULT_SUCCESS;
      Poll poll;

      if (!ck_transaction_sleep (t, (guint) (interval + backoff)))
        return fail_late (t);
      waited += interval + backoff;

      poll = poll_once (t, endpoint, device, &response, &result);
      backoff = poll == POLL_TROUBLE ? MIN (2 * backoff + interval, MAX_INTERVAL) : 0;
      if (poll == POLL_SLOW_DOWN)
        interval += SLOW_DOWN_SECONDS;
      else if (poll != POLL_PENDING && poll != POLL_TROUBLE)
        return finish (t, poll, response, result);
    }

  return fail_late (t);
}

CkResult
ck_sm_connect (CkTransaction *t, int argc, const char **argv)
{
  g_auto (Device) device = { 0 };
  const char *endpoint = ck_transaction_get_setting (t, "OAuth2", "DeviceTokenEndpoint");
  CkResult result = ck_arguments_parse (t, MODULE, argc, argv, NULL, 0);

  if (result != CK_RESULT_SUCCESS)
    return result;
  if (g_strcmp0 (ck_transaction_get_flow (t), "device") != 0)
    return CK_RESULT_IGNORE;

  if (endpoint == NULL || *endpoint == '\0')
    result = ck_request_endpoint (t, MODULE, "TokenEndpoint", &endpoint);
  if (result == CK_RESULT_SUCCESS)
    result = request_code (t, &device);
  if (result == CK_RESULT_SUCCESS)
    result = show_code (t, &device);
  if (result == CK_RESULT_SUCCESS)
    result = wait_for_token (t, endpoint, &device);

  return result;
}
