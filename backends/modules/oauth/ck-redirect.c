/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-redirect.h"

#include <string.h>

#include "ck-form.h"

#define MAX_REDIRECT_BYTES (16 * 1024)

void
ck_redirect_free (CkRedirect *redirect)
{
  ck_secret_text_free (redirect->code);
  g_free (redirect->error);
  g_free (redirect);
}

static gboolean
refuse (GError **error, const char *problem)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, problem);

  return FALSE;
}

typedef struct
{
  char *scheme;
  char *userinfo;
  char *host;
  int port;
  char *path;
  char *query;
  char *fragment;
} Parts;

static void
parts_clear (Parts *parts)
{
  g_free (parts->scheme);
  g_free (parts->userinfo);
  g_free (parts->host);
  g_free (parts->path);
  ck_secret_text_free (parts->query);
  g_free (parts->fragment);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Parts, parts_clear)

static gboolean
split_uri (const char *text, Parts *parts, GError **error)
{
  if (strlen (text) > MAX_REDIRECT_BYTES)
    return refuse (error, "it is too long");

  /* Not decoded and with its dot segments: what RFC 6749 section 3.1.2.3 compares as strings. */
  if (!g_uri_split (text, G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD, &parts->scheme,
                    &parts->userinfo, &parts->host, &parts->port, &parts->path, &parts->query,
                    &parts->fragment, NULL)
      || parts->scheme == NULL
      || (parts->host == NULL && g_ascii_strncasecmp (parts->scheme, "http", 4) == 0))
    return refuse (error, "it is no absolute URI");

  return TRUE;
}

static int
effective_port (const Parts *parts)
{
  if (parts->port != -1)
    return parts->port;

  return g_ascii_strcasecmp (parts->scheme, "https") == 0 ? 443 : 80;
}

/* A scheme of the app's own has none (RFC 8252 section 7.1). */
static gboolean
is_same_host (const char *came, const char *sent)
{
  if (came == NULL || sent == NULL)
    return came == sent;

  return g_ascii_strcasecmp (came, sent) == 0;
}

static gboolean
is_same_place (const Parts *came, const Parts *sent, GError **error)
{
  /* Browsers show the empty path as "/". */
  const char *came_path = *came->path == '\0' ? "/" : came->path;
  const char *sent_path = *sent->path == '\0' ? "/" : sent->path;

  if (g_ascii_strcasecmp (came->scheme, sent->scheme) != 0)
    return refuse (error, "its scheme is not that of the redirect URI");
  if (came->userinfo != NULL || !is_same_host (came->host, sent->host))
    return refuse (error, "its host is not that of the redirect URI");
  if (effective_port (came) != effective_port (sent))
    return refuse (error, "its port is not that of the redirect URI");
  if (!g_str_equal (came_path, sent_path))
    return refuse (error, "its path is not that of the redirect URI");
  if (came->fragment != NULL && *came->fragment != '\0')
    return refuse (error, "it has a fragment");

  return TRUE;
}

static gboolean
has_parameters_of (GHashTable *came, const char *sent_query, GError **error)
{
  g_autoptr (GHashTable) own = ck_form_parse (sent_query, NULL);
  GHashTableIter iter;
  const char *name;
  const char *value;

  if (own == NULL)
    return refuse (error, "the redirect URI that was sent has a query that cannot be decoded");

  g_hash_table_iter_init (&iter, own);
  while (g_hash_table_iter_next (&iter, (gpointer *) &name, (gpointer *) &value))
    {
      if (g_strcmp0 (g_hash_table_lookup (came, name), value) != 0)
        return refuse (error, "its query is not that of the redirect URI");
    }

  return TRUE;
}

static gboolean
is_ours (GHashTable *parameters, const CkRedirectExpected *expected, GError **error)
{
  const char *state = g_hash_table_lookup (parameters, "state");
  const char *issuer = g_hash_table_lookup (parameters, "iss");

  if (g_strcmp0 (state, expected->state) != 0)
    return refuse (error, "its state is not the one of this attempt: it belongs to another one");
  if (issuer != NULL && expected->issuer != NULL && !g_str_equal (issuer, expected->issuer))
    return refuse (error, "it comes from another issuer than the provider's");
  if (issuer == NULL && expected->issuer_required)
    return refuse (error, "it does not name its issuer, as this provider always does");

  return TRUE;
}

static CkRedirect *
take_answer (GHashTable *parameters, GError **error)
{
  g_autoptr (CkRedirect) redirect = g_new0 (CkRedirect, 1);
  const char *code = g_hash_table_lookup (parameters, "code");
  const char *word = g_hash_table_lookup (parameters, "error");

  if ((code == NULL) == (word == NULL))
    {
      refuse (error, "it must have either a code or an error");
      return NULL;
    }
  if (!ck_oauth_is_token (code != NULL ? code : word))
    {
      refuse (error, "its code or error is not printable ASCII");
      return NULL;
    }

  redirect->code = g_strdup (code);
  redirect->error = g_strdup (word);

  return g_steal_pointer (&redirect);
}

GHashTable *
ck_redirect_read (const char *redirected, const char *redirect_uri, GError **error)
{
  g_auto (Parts) came = { 0 };
  g_auto (Parts) sent = { 0 };
  g_autoptr (GHashTable) parameters = NULL;

  if (!split_uri (redirected, &came, error) || !split_uri (redirect_uri, &sent, error)
      || !is_same_place (&came, &sent, error))
    return NULL;

  parameters = ck_form_parse (came.query, error);
  if (parameters == NULL || !has_parameters_of (parameters, sent.query, error))
    return NULL;

  return g_steal_pointer (&parameters);
}

CkRedirect *
ck_redirect_parse (const char *redirected, const CkRedirectExpected *expected, GError **error)
{
  g_autoptr (GHashTable) parameters = ck_redirect_read (redirected, expected->redirect_uri, error);

  if (parameters == NULL || !is_ours (parameters, expected, error))
    return NULL;

  return take_answer (parameters, error);
}
