/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-http.h"

#include <string.h>

#include "ck-json.h"
#include "ck-secret.h"

struct _CkHttpResponse
{
  guint status;
  GPtrArray *names;
  GPtrArray *values;
  GString *body;
  guint64 sent_at;
  gboolean json_tried;
  JsonNode *json;
};

static void
add_headers (CkHttpResponse *response, const char *headers)
{
  g_auto (GStrv) lines = g_strsplit (headers, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *colon = strchr (lines[i], ':');

      if (colon == NULL)
        continue;
      g_ptr_array_add (response->names, g_strndup (lines[i], (gsize) (colon - lines[i])));
      g_ptr_array_add (response->values, g_strstrip (g_strdup (colon + 1)));
    }
}

CkHttpResponse *
ck_http_response_new (guint status, const char *headers, GString *body, guint64 sent_at)
{
  CkHttpResponse *response = g_new0 (CkHttpResponse, 1);

  response->status = status;
  response->names = g_ptr_array_new_with_free_func (g_free);
  response->values = g_ptr_array_new_with_free_func (g_free);
  response->body = body != NULL ? body : g_string_new (NULL);
  response->sent_at = sent_at;
  if (headers != NULL)
    add_headers (response, headers);

  return response;
}

CkHttpResponse *
ck_http_response_new_from_redirect (const char *uri)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_ENCODED_QUERY, NULL);
  g_autoptr (GError) error = NULL;
  CkHttpResponse *response;
  GUriParamsIter iter;
  char *name, *value;

  if (parsed == NULL)
    return NULL;

  json_builder_begin_object (builder);
  g_uri_params_iter_init (&iter,
                          g_uri_get_query (parsed) != NULL ? g_uri_get_query (parsed) : "",
                          -1,
                          "&",
                          G_URI_PARAMS_WWW_FORM);
  while (g_uri_params_iter_next (&iter, &name, &value, &error))
    {
      gboolean is_new = g_hash_table_add (seen, name);

      /* "Parameters MUST NOT be included more than once" (RFC 6749 section 3.1). */
      if (!is_new || !g_utf8_validate (name, -1, NULL) || !g_utf8_validate (value, -1, NULL))
        {
          g_free (value);
          return NULL;
        }
      json_builder_set_member_name (builder, name);
      json_builder_add_string_value (builder, value);
      ck_secret_wipe (value, strlen (value));
      g_free (value);
    }
  if (error != NULL)
    return NULL;
  json_builder_end_object (builder);

  response = ck_http_response_new (302, NULL, NULL, 0);
  response->json_tried = TRUE;
  response->json = json_builder_get_root (builder);

  return response;
}

void
ck_http_response_free (CkHttpResponse *response)
{
  if (response == NULL)
    return;

  ck_secret_wipe (response->body->str, response->body->allocated_len);
  g_string_free (response->body, TRUE);
  g_clear_pointer (&response->names, g_ptr_array_unref);
  g_clear_pointer (&response->values, g_ptr_array_unref);
  g_clear_pointer (&response->json, json_node_unref);
  g_free (response);
}

guint
ck_http_response_get_status (CkHttpResponse *response)
{
  return response->status;
}

const char *
ck_http_response_get_body (CkHttpResponse *response, gsize *length)
{
  if (length != NULL)
    *length = response->body->len;

  return response->body->str;
}

const char *
ck_http_response_get_header (CkHttpResponse *response, const char *name)
{
  for (guint i = 0; i < response->names->len; i++)
    {
      if (g_ascii_strcasecmp (g_ptr_array_index (response->names, i), name) == 0)
        return g_ptr_array_index (response->values, i);
    }

  return NULL;
}

guint64
ck_http_response_get_sent_at (CkHttpResponse *response)
{
  return response->sent_at;
}

JsonNode *
ck_http_response_get_json (CkHttpResponse *response)
{
  if (!response->json_tried)
    {
      response->json_tried = TRUE;
      response->json = ck_json_parse (response->body->str, response->body->len, NULL);
    }

  return response->json;
}

char *
ck_http_response_dup_member (CkHttpResponse *response, const char *path)
{
  return ck_json_dup_text (ck_json_walk (ck_http_response_get_json (response), path));
}
