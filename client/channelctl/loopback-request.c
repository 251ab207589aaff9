/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "loopback-request.h"

#include <string.h>

/* The value of the only header @name among @lines; NULL if there is none or more than one. */
static const char *
find_header (GStrv lines, const char *name)
{
  gsize length = strlen (name);
  const char *value = NULL;

  for (guint i = 1; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      if (g_ascii_strncasecmp (lines[i], name, length) != 0 || lines[i][length] != ':')
        continue;
      if (value != NULL)
        return NULL;
      value = lines[i] + length + 1;
      while (*value == ' ' || *value == '\t')
        value++;
    }

  return value;
}

static gboolean
is_visible_ascii (const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p <= 0x20 || *p >= 0x7f)
        return FALSE;
    }

  return TRUE;
}

/* Whether the query is the platform's answer to this attempt. */
static gboolean
is_answer (const char *query, const char *state)
{
  g_autoptr (GHashTable) params = NULL;

  params = g_uri_parse_params (query, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);
  if (params == NULL)
    return FALSE;
  if (state != NULL)
    {
      /* In OAuth 1.0a the request token tells the attempts apart; X's way to say no has it too. */
      static const char *const names[] = { "state", "oauth_token", "denied" };

      for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
        {
          if (g_strcmp0 (g_hash_table_lookup (params, names[i]), state) == 0)
            return TRUE;
        }
      return FALSE;
    }

  return g_hash_table_contains (params, "code") || g_hash_table_contains (params, "error");
}

static guint
check_target (const char *wanted, const char *path, const char *state)
{
  const char *query = strchr (wanted, '?');
  gsize path_length = query != NULL ? (gsize) (query - wanted) : strlen (wanted);

  if (!is_visible_ascii (wanted) || strchr (wanted, '#') != NULL)
    return 400;
  if (strlen (path) != path_length || strncmp (wanted, path, path_length) != 0 || query == NULL)
    return 404;

  return is_answer (query + 1, state) ? 200 : 404;
}

guint
ck_loopback_request_check (const char *head,
                           gsize size,
                           const char *host,
                           const char *path,
                           const char *state,
                           char **target)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_auto (GStrv) words = NULL;
  guint status;

  if (memchr (head, '\0', size) != NULL)
    return 400;
  text = g_strndup (head, size);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    g_strchomp (lines[i]);
  words = g_strsplit (lines[0] != NULL ? lines[0] : "", " ", -1);
  if (g_strv_length (words) != 3 || !g_str_has_prefix (words[2], "HTTP/1."))
    return 400;
  if (g_strcmp0 (find_header (lines, "Host"), host) != 0)
    return 400;
  if (strcmp (words[0], "GET") != 0)
    return 405;

  status = check_target (words[1], path, state);
  if (status == 200)
    *target = g_strdup (words[1]);

  return status;
}

#define PAGE(title, text)                                                                          \
  "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" title                 \
  "</title></head>\n<body><h1>" title "</h1><p>" text "</p></body></html>\n"

static const struct
{
  guint status;
  const char *reason;
  const char *page;
} answers[] = {
  { 200, "OK",
    PAGE ("You can close this window",
          "Channelkeeper has received the platform's answer. The terminal where you started says "
          "whether the channel is connected.") },
  { 404, "Not Found", PAGE ("Nothing here", "This is not the page you are looking for.") },
  { 405, "Method Not Allowed", PAGE ("Not allowed", "Only GET is understood here.") },
  { 431, "Request Header Fields Too Large", PAGE ("Too large", "The request is too large.") },
  { 400, "Bad Request", PAGE ("Bad request", "The request is not understood.") },
};

char *
ck_loopback_request_answer (guint status)
{
  gsize i = 0;

  while (i < G_N_ELEMENTS (answers) - 1 && answers[i].status != status)
    i++;

  return g_strdup_printf ("HTTP/1.1 %u %s\r\n"
                          "Content-Type: text/html; charset=utf-8\r\n"
                          "Content-Length: %zu\r\n"
                          "Cache-Control: no-store\r\n"
                          "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; "
                          "base-uri 'none'; form-action 'none'\r\n"
                          "Cross-Origin-Resource-Policy: same-origin\r\n"
                          "Referrer-Policy: no-referrer\r\n"
                          "X-Content-Type-Options: nosniff\r\n"
                          "X-Frame-Options: DENY\r\n"
                          "Connection: close\r\n"
                          "\r\n"
                          "%s",
                          answers[i].status, answers[i].reason, strlen (answers[i].page),
                          answers[i].page);
}
