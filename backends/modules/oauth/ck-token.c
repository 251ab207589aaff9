/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-token.h"

#include <string.h>

#include "ck-answer.h"

void
ck_token_free (CkToken *token)
{
  ck_secret_text_free (token->access_token);
  ck_secret_text_free (token->refresh_token);
  ck_secret_text_free (token->id_token);
  g_free (token->token_type);
  g_strfreev (token->scopes);
  g_free (token);
}

static gboolean
refuse (GError **error, const char *problem)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, problem);

  return FALSE;
}

static gboolean
take_type (CkToken *token, JsonNode *json, const char *allowed_types, GError **error)
{
  g_auto (GStrv) allowed = g_strsplit_set (allowed_types != NULL ? allowed_types : "Bearer", " \t", -1);
  const char *type = ck_answer_get_string (json, "token_type");

  if (type == NULL && allowed_types != NULL && allowed[0] != NULL)
    type = allowed[0];
  if (type == NULL)
    return refuse (error, "the answer has no token_type");

  for (gsize i = 0; allowed[i] != NULL; i++)
    {
      if (*allowed[i] != '\0' && g_ascii_strcasecmp (type, allowed[i]) == 0)
        {
          token->token_type = g_strdup (allowed[i]);
          return TRUE;
        }
    }

  return refuse (error, "the answer has a token_type that is not known here");
}

static gboolean
take_refresh_token (CkToken *token, JsonNode *json, GError **error)
{
  const char *refresh_token = ck_answer_get_string (json, "refresh_token");

  if (refresh_token == NULL && ck_answer_find (json, "refresh_token") != NULL)
    return refuse (error, "the answer's refresh_token is no string");
  if (refresh_token == NULL || *refresh_token == '\0')
    return TRUE;
  if (!ck_oauth_is_token (refresh_token))
    return refuse (error, "the answer's refresh_token has characters that no token may have");

  token->refresh_token = g_strdup (refresh_token);

  return TRUE;
}

static void
take_lifetimes (CkToken *token, JsonNode *json)
{
  /* FALSE means that the answer does not say, or nothing that can be read: not known, 0. */
  if (!ck_answer_get_seconds (json, "expires_in", &token->expires_in))
    token->expires_in = 0;
  if (!ck_answer_get_seconds (json, "refresh_token_expires_in", &token->refresh_expires_in)
      && !ck_answer_get_seconds (json, "refresh_expires_in", &token->refresh_expires_in))
    token->refresh_expires_in = 0;
}

JsonNode *
ck_token_find (JsonNode *json, const char *member)
{
  JsonNode *inner = member != NULL && *member != '\0' ? ck_answer_find (json, member) : NULL;

  return inner != NULL && JSON_NODE_HOLDS_OBJECT (inner) ? inner : json;
}

CkToken *
ck_token_parse (JsonNode *answer, const CkTokenShape *shape, GError **error)
{
  g_autoptr (CkToken) token = g_new0 (CkToken, 1);
  JsonNode *json = ck_token_find (answer, shape->member);
  const char *access_token;

  if (json == NULL || !JSON_NODE_HOLDS_OBJECT (json))
    {
      refuse (error, "the answer is no JSON object");
      return NULL;
    }

  access_token = ck_answer_get_string (json, "access_token");
  if (access_token == NULL || *access_token == '\0')
    {
      refuse (error, "the answer has no access_token");
      return NULL;
    }
  if (!ck_oauth_is_token (access_token))
    {
      refuse (error, "the answer's access_token has characters that no token may have");
      return NULL;
    }
  token->access_token = g_strdup (access_token);

  if (!take_type (token, json, shape->types, error) || !take_refresh_token (token, json, error))
    return NULL;

  token->id_token = g_strdup (ck_answer_get_string (json, "id_token"));
  if (shape->scope_member != NULL)
    token->scopes = ck_answer_dup_scopes (json, shape->scope_member);
  if (token->scopes == NULL)
    token->scopes = ck_answer_dup_scopes (json, "scope");
  take_lifetimes (token, json);

  return g_steal_pointer (&token);
}

gboolean
ck_token_is_error (JsonNode *json)
{
  JsonNode *member = ck_answer_find (json, "error");
  const char *code;

  if (member == NULL)
    return FALSE;

  if (JSON_NODE_HOLDS_OBJECT (member))
    {
      /* An envelope may carry its error object even in success, saying "ok" there. */
      code = ck_answer_get_string (member, "code");
      return g_strcmp0 (code, "ok") != 0;
    }
  if (!JSON_NODE_HOLDS_VALUE (member))
    return TRUE;
  if (json_node_get_value_type (member) == G_TYPE_STRING)
    return *json_node_get_string (member) != '\0';
  if (json_node_get_value_type (member) == G_TYPE_BOOLEAN)
    return json_node_get_boolean (member);

  return json_node_get_int (member) != 0;
}
