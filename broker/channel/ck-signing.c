/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-signing.h"

#include <string.h>

#include "ck-clock.h"
#include "ck-error.h"
#include "ck-form-text.h"
#include "ck-oauth1.h"
#include "ck-random-id.h"
#include "ck-secret.h"

#define MAX_METHOD 32
#define MAX_URI 8192
#define MAX_PARAMETERS 256
#define MAX_PARAMETER_BYTES (64 * 1024)

static gboolean
refuse (GError **error, const char *problem)
{
  g_set_error_literal (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, problem);

  return FALSE;
}

static gboolean
check_method (const char *method, GError **error)
{
  gsize length = strlen (method);

  if (length == 0 || length > MAX_METHOD)
    return refuse (error, "method: it must have 1 to 32 characters");
  for (const char *c = method; *c != '\0'; c++)
    {
      if (!g_ascii_isalnum (*c) && strchr ("!#$%&'*+-.^_`|~", *c) == NULL)
        return refuse (error, "method: it is no HTTP method, such as GET");
    }

  return TRUE;
}

/* What is signed must be what the platform reads: two parameters of one of these names are not. */
static gboolean
is_protocol_parameter (const char *name)
{
  return g_str_has_prefix (name, "oauth_");
}

static gboolean
check_query (const char *uri, GError **error)
{
  const char *query = strchr (uri, '?');
  char *name;
  char *value;

  if (query == NULL)
    return TRUE;

  query++;
  while (ck_form_next (&query, &name, &value))
    {
      gboolean is_ours = name != NULL && is_protocol_parameter (name);

      g_free (name);
      g_free (value);
      if (is_ours)
        return refuse (error, "uri: parameters that begin with oauth_ are set by the signature");
    }

  return TRUE;
}

/* The rest of the address is checked where it is taken apart. */
static gboolean
check_uri (const char *uri, GError **error)
{
  const CkOAuth1Request trial
      = { .method = "GET", .uri = uri, .client_id = "", .client_secret = "", .nonce = "" };
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;

  if (strlen (uri) > MAX_URI)
    return refuse (error, "uri: it is longer than 8192 bytes");
  if (g_ascii_strncasecmp (uri, "https://", strlen ("https://")) != 0)
    return refuse (error, "uri: it must begin with https://");

  text = ck_oauth1_base_string (&trial, &local);
  if (text == NULL)
    {
      g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "uri: %s", local->message);
      return FALSE;
    }

  return check_query (uri, error);
}

static gboolean
check_parameters (const char *const *parameters, GError **error)
{
  gsize size = 0;
  guint n = 0;

  for (; parameters[0] != NULL; parameters += 2)
    {
      if (*parameters[0] == '\0')
        return refuse (error, "parameters: one has no name");
      if (is_protocol_parameter (parameters[0]))
        return refuse (error, "parameters: names that begin with oauth_ are set by the signature");
      size += strlen (parameters[0]) + strlen (parameters[1]);
      n++;
    }

  if (n > MAX_PARAMETERS || size > MAX_PARAMETER_BYTES)
    return refuse (error, "parameters: more than 256 of them, or more than 64 KiB");

  return TRUE;
}

gboolean
ck_signing_check (const CkSigningRequest *request, GError **error)
{
  return check_method (request->method, error) && check_uri (request->uri, error)
         && check_parameters (request->parameters, error);
}

gboolean
ck_signing_is_for (CkGrant *grant)
{
  return *ck_grant_get_extra (grant, CK_OAUTH1_TOKEN_SECRET) != '\0';
}

char *
ck_signing_sign (CkBroker *broker,
                 CkChannel *channel,
                 CkGrant *grant,
                 const CkSigningRequest *request,
                 GError **error)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  const CkClientRecord *client = ck_broker_lookup_client (broker, record->client, error);
  SecretValue *secrets = ck_broker_get_client_secrets (broker, record->client);
  g_autofree char *nonce = NULL;
  g_autoptr (GVariant) list = NULL;
  g_autofree const char **texts = NULL;
  gsize n_texts = 0;
  CkOAuth1Request signing;

  if (client == NULL)
    return NULL;
  if (!ck_signing_is_for (grant))
    {
      g_set_error (error, CK_ERROR, CK_ERROR_NOT_SUPPORTED,
                   "%s has no OAuth 1.0a grant to sign with: send its access token", record->id);
      return NULL;
    }

  if (secrets != NULL)
    list = g_variant_ref_sink (ck_secret_to_variant (secrets, G_VARIANT_TYPE_STRING_ARRAY));
  texts = list != NULL ? g_variant_get_strv (list, &n_texts) : NULL;
  if (n_texts == 0)
    {
      g_set_error (error, CK_ERROR, CK_ERROR_SUSPENDED,
                   "%s cannot be signed for: the client %s has no secret; the administrator sets "
                   "it anew",
                   record->id, record->client);
      return NULL;
    }

  nonce = ck_random_id_new ();
  signing = (CkOAuth1Request){
    .method = request->method,
    .uri = request->uri,
    .parameters = request->parameters,
    .client_id = client->client_id,
    .client_secret = texts[MIN (ck_channel_get_activity (channel)->client_secret, n_texts - 1)],
    .token = ck_grant_get_access_token (grant),
    .token_secret = ck_grant_get_extra (grant, CK_OAUTH1_TOKEN_SECRET),
    .nonce = nonce,
    .timestamp = ck_clock_now (),
    .version = "1.0",
  };

  return ck_oauth1_sign (&signing, error);
}
