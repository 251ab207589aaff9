/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-discovery.h"

#include <string.h>

#include "ck-json.h"
#include "ck-origin.h"
#include "ck-transaction-private.h"

#define GROUP "OAuth2"

typedef enum
{
  ISSUER,
  ENDPOINT,
  LIST,
  BOOLEAN,
  METHODS,
} Kind;

static const struct
{
  const char *member;
  const char *key;
  Kind kind;
} members[] = {
  { "issuer", "Issuer", ISSUER },
  { "authorization_endpoint", "AuthorizationEndpoint", ENDPOINT },
  { "token_endpoint", "TokenEndpoint", ENDPOINT },
  { "device_authorization_endpoint", "DeviceAuthorizationEndpoint", ENDPOINT },
  { "revocation_endpoint", "RevocationEndpoint", ENDPOINT },
  { "introspection_endpoint", "IntrospectionEndpoint", ENDPOINT },
  { "userinfo_endpoint", "UserinfoEndpoint", ENDPOINT },
  { "pushed_authorization_request_endpoint", "PushedAuthorizationRequestEndpoint", ENDPOINT },
  { "token_endpoint_auth_methods_supported", "ClientAuthentication", METHODS },
  { "authorization_response_iss_parameter_supported", "IssParameterSupported", BOOLEAN },
  { "scopes_supported", "ScopesSupported", LIST },
  { "code_challenge_methods_supported", "CodeChallengeMethods", LIST },
};

/* What came of asking at one place. */
typedef enum
{
  FOUND,
  ABSENT,  /* nothing there: the next place may have it */
  TROUBLE, /* the words have been said */
} Finding;

gboolean
ck_discovery_may_say (const char *group, const char *key)
{
  if (!g_str_equal (group, GROUP))
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      if (g_str_equal (members[i].key, key))
        return TRUE;
    }

  return FALSE;
}

/* ---- where it is ----------------------------------------------------------------------------- */

/* Scheme and authority of @issuer, and its path without the slash at the end. */
static gboolean
split_issuer (const char *issuer, char **base, char **path)
{
  const char *host = strstr (issuer, "://");
  const char *slash;
  gsize length;

  if (host == NULL || strpbrk (issuer, "?#") != NULL)
    return FALSE;

  slash = strchr (host + 3, '/');
  if (slash == NULL)
    slash = issuer + strlen (issuer);
  length = strlen (slash);
  if (length > 0 && slash[length - 1] == '/')
    length--;
  *base = g_strndup (issuer, (gsize) (slash - issuer));
  *path = g_strndup (slash, length);

  return TRUE;
}

char *
ck_discovery_uri_oauth (const char *issuer)
{
  g_autofree char *base = NULL, *path = NULL;

  if (!split_issuer (issuer, &base, &path))
    return NULL;

  return g_strconcat (base, "/.well-known/oauth-authorization-server", path, NULL);
}

char *
ck_discovery_uri_openid (const char *issuer)
{
  g_autofree char *base = NULL, *path = NULL;

  if (!split_issuer (issuer, &base, &path))
    return NULL;

  return g_strconcat (base, path, "/.well-known/openid-configuration", NULL);
}

/* ---- whether it can be trusted --------------------------------------------------------------- */

static char *
dup_endpoint_trouble (CkTransaction *t, JsonNode *document)
{
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      JsonNode *node = ck_json_walk (document, members[i].member);
      g_autoptr (CURLU) url = NULL;
      const char *why = "is not text";

      if (members[i].kind != ENDPOINT || node == NULL || JSON_NODE_HOLDS_NULL (node))
        continue;
      if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
        url = ck_origin_parse (json_node_get_string (node),
                               ck_transaction_allows_insecure_loopback (t),
                               &why);
      if (url == NULL)
        return g_strdup_printf ("its %s %s", members[i].member, why);
    }

  return NULL;
}

/* (transfer full) (nullable): why @document cannot be used */
static char *
dup_trouble (CkTransaction *t, JsonNode *document)
{
  const char *expected = ck_transaction_peek_setting (t, GROUP, "Issuer");
  g_autofree char *issuer = NULL;

  if (!JSON_NODE_HOLDS_OBJECT (document))
    return g_strdup ("it is not an object");

  issuer = ck_json_dup_text (ck_json_walk (document, "issuer"));
  if (issuer == NULL)
    return g_strdup ("it names no issuer");
  if (expected != NULL && !g_str_equal (expected, issuer))
    return g_strdup_printf ("its issuer is “%s”, not “%s”", issuer, expected);

  return dup_endpoint_trouble (t, document);
}

/* ---- what it says ---------------------------------------------------------------------------- */

static char *
dup_list (JsonNode *node)
{
  g_autoptr (GString) list = NULL;
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return NULL;

  list = g_string_new (NULL);
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      g_autofree char *word = ck_json_dup_text (json_array_get_element (array, i));

      if (word != NULL && *word != '\0' && strchr (word, ' ') == NULL)
        g_string_append_printf (list, "%s%s", list->len > 0 ? " " : "", word);
    }

  return g_string_free (g_steal_pointer (&list), FALSE);
}

/* RFC 8414 section 2: client_secret_basic where the document does not say. */
static char *
dup_client_authentication (CkTransaction *t, JsonNode *node)
{
  g_autofree char *list = node != NULL ? dup_list (node) : NULL;
  g_auto (GStrv) words = NULL;

  if (*ck_transaction_get_client_secret (t) == '\0')
    return g_strdup ("none");
  if (list == NULL)
    return g_strdup ("basic");

  words = g_strsplit (list, " ", -1);
  if (g_strv_contains ((const char *const *) words, "client_secret_basic"))
    return g_strdup ("basic");
  if (g_strv_contains ((const char *const *) words, "client_secret_post"))
    return g_strdup ("post");

  return NULL;
}

static char *
dup_value (CkTransaction *t, Kind kind, JsonNode *node)
{
  if (kind == METHODS)
    return dup_client_authentication (t, node);
  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return NULL;

  return kind == LIST ? dup_list (node) : ck_json_dup_text (node);
}

static void
take_document (CkTransaction *t, JsonNode *document)
{
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      g_autofree char *value = NULL;

      /* What the administrator or the provider file says stands. */
      if (ck_transaction_peek_setting (t, GROUP, members[i].key) != NULL)
        continue;
      value = dup_value (t, members[i].kind, ck_json_walk (document, members[i].member));
      if (value != NULL)
        g_hash_table_insert (t->settings,
                             g_strconcat (GROUP ".", members[i].key, NULL),
                             g_steal_pointer (&value));
    }
}

/* The members that are used here, and no others: what the broker is to keep. */
static char *
dup_digest (JsonNode *document)
{
  g_autoptr (JsonNode) digest = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      JsonNode *node = ck_json_walk (document, members[i].member);

      if (node != NULL)
        json_object_set_member (object, members[i].member, json_node_copy (node));
    }
  json_node_take_object (digest, object);

  return json_to_string (digest, FALSE);
}

/* ---- getting it ------------------------------------------------------------------------------ */

static Finding
fetch (CkTransaction *t, const char *uri)
{
  CkHttpRequest request = { .method = "GET", .uri = uri };
  g_autoptr (CkHttpResponse) response = NULL;
  g_autofree char *trouble = NULL;
  JsonNode *document;
  guint status;

  if (ck_transaction_http (t, &request, &response) != CK_RESULT_SUCCESS)
    return TROUBLE;

  status = ck_http_response_get_status (response);
  if (status == 429 || status >= 500)
    {
      ck_transaction_fail_response (t, response, "api", "reading the issuer's metadata");
      return TROUBLE;
    }
  document = status == 200 ? ck_http_response_get_json (response) : NULL;
  if (document == NULL)
    return ABSENT;

  trouble = dup_trouble (t, document);
  if (trouble != NULL)
    {
      ck_transaction_fail_cause (t,
                                 CK_CAUSE_CLIENT_MISCONFIGURED,
                                 "the metadata at %s cannot be used: %s",
                                 uri,
                                 trouble);
      return TROUBLE;
    }

  take_document (t, document);
  t->fetched_metadata = dup_digest (document);

  return FOUND;
}

static gboolean
take_cached (CkTransaction *t)
{
  const char *cached = ck_transaction_get_argument (t, "metadata");
  g_autoptr (JsonNode) document = NULL;
  g_autofree char *trouble = NULL;

  if (*cached == '\0')
    return FALSE;

  document = ck_json_parse (cached, strlen (cached), NULL);
  if (document == NULL)
    return FALSE;
  /* The provider file may name another issuer since. */
  trouble = dup_trouble (t, document);
  if (trouble != NULL)
    return FALSE;

  take_document (t, document);

  return TRUE;
}

static Finding
search (CkTransaction *t, const char *issuer, const char *metadata)
{
  g_autofree char *oauth = NULL, *openid = NULL;
  Finding finding;

  if (metadata != NULL)
    return fetch (t, metadata);

  oauth = ck_discovery_uri_oauth (issuer);
  openid = ck_discovery_uri_openid (issuer);
  if (oauth == NULL || openid == NULL)
    return ABSENT;

  finding = fetch (t, oauth);

  return finding == ABSENT ? fetch (t, openid) : finding;
}

void
ck_discovery_fill (CkTransaction *t)
{
  const char *issuer = ck_transaction_peek_setting (t, GROUP, "Issuer");
  const char *metadata = ck_transaction_peek_setting (t, GROUP, "Metadata");
  CkWords *before;
  Finding finding;

  if (t->discovered || (issuer == NULL && metadata == NULL))
    return;
  t->discovered = TRUE;
  if (take_cached (t))
    return;

  /* What is said meanwhile is kept apart: the module may do without the setting. */
  before = t->module;
  t->module = ck_words_new (before != NULL ? before->module : "");
  finding = search (t, issuer, metadata);
  if (finding == ABSENT)
    ck_transaction_fail_cause (t,
                               CK_CAUSE_SERVER_ERROR,
                               "the issuer %s has no metadata (RFC 8414)",
                               issuer != NULL ? issuer : metadata);
  if (finding == FOUND)
    ck_words_free (t->module);
  else
    t->discovery_trouble = t->module;
  t->module = before;
}
