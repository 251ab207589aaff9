/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-oauth1.h"

#include <string.h>

#include "ck-form-text.h"

#define METHOD "HMAC-SHA1"
#define SHA1_BYTES 20

/* A parameter, both sides encoded as they are signed. */
typedef struct
{
  char *name;
  char *value;
} Pair;

static void
pair_free (gpointer data)
{
  Pair *pair = data;

  ck_form_text_free (pair->name);
  ck_form_text_free (pair->value);
  g_free (pair);
}

static void
add_pair (GPtrArray *pairs, const char *name, const char *value)
{
  Pair *pair;

  if (value == NULL)
    return;

  pair = g_new (Pair, 1);
  pair->name = ck_form_escape (name);
  pair->value = ck_form_escape (value);
  g_ptr_array_add (pairs, pair);
}

static void
add_list (GPtrArray *pairs, const char *const *list)
{
  for (; list != NULL && list[0] != NULL; list += 2)
    add_pair (pairs, list[0], list[1]);
}

static gboolean
refuse (GError **error, const char *problem)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, problem);

  return FALSE;
}

/* Section 3.4.1.3.1: the query is read as a form. */
static gboolean
add_query (GPtrArray *pairs, const char *query, GError **error)
{
  char *name;
  char *value;

  while (query != NULL && ck_form_next (&query, &name, &value))
    {
      gboolean is_good = name != NULL && value != NULL;

      if (is_good)
        add_pair (pairs, name, value);
      ck_form_text_free (name);
      ck_form_text_free (value);
      if (!is_good)
        return refuse (error, "the address has a query that cannot be decoded");
    }

  return TRUE;
}

static void
add_protocol (GPtrArray *pairs, const CkOAuth1Request *request)
{
  g_autofree char *timestamp = g_strdup_printf ("%" G_GUINT64_FORMAT, request->timestamp);

  add_list (pairs, request->protocol);
  add_pair (pairs, "oauth_consumer_key", request->client_id);
  add_pair (pairs, "oauth_nonce", request->nonce);
  add_pair (pairs, "oauth_signature_method", METHOD);
  add_pair (pairs, "oauth_timestamp", timestamp);
  add_pair (pairs, "oauth_token", request->token);
  add_pair (pairs, "oauth_version", request->version);
}

/* Section 3.4.1.3.2: by name, then by value, as bytes, once they are encoded. */
static int
compare_pairs (gconstpointer a, gconstpointer b)
{
  const Pair *first = *(const Pair *const *) a;
  const Pair *second = *(const Pair *const *) b;
  int order = strcmp (first->name, second->name);

  return order != 0 ? order : strcmp (first->value, second->value);
}

/* Allocated once: a string that grows leaves copies of a secret behind. */
static char *
join_pairs (GPtrArray *pairs)
{
  gsize length = 1;
  char *joined;
  char *end;

  for (guint i = 0; i < pairs->len; i++)
    {
      const Pair *pair = g_ptr_array_index (pairs, i);

      length += strlen (pair->name) + strlen (pair->value) + 2;
    }

  joined = end = g_malloc0 (length);
  for (guint i = 0; i < pairs->len; i++)
    {
      const Pair *pair = g_ptr_array_index (pairs, i);

      if (i > 0)
        end = g_stpcpy (end, "&");
      end = g_stpcpy (end, pair->name);
      end = g_stpcpy (end, "=");
      end = g_stpcpy (end, pair->value);
    }

  return joined;
}

/* What section 3.4.1.2 makes of an address, and its query. */
typedef struct
{
  char *scheme;
  char *host;
  int port;
  char *path;
  char *query;
  char *fragment;
  char *base;
} Address;

static void
address_clear (Address *address)
{
  g_free (address->scheme);
  g_free (address->host);
  g_free (address->path);
  ck_form_text_free (address->query);
  g_free (address->fragment);
  g_free (address->base);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Address, address_clear)

static gboolean
is_visible_ascii (const char *text)
{
  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c <= 0x20 || *c >= 0x7f)
        return FALSE;
    }

  return TRUE;
}

static gboolean
is_default_port (const Address *address)
{
  return address->port == -1 || (address->port == 443 && g_str_equal (address->scheme, "https"))
         || (address->port == 80 && g_str_equal (address->scheme, "http"));
}

/* As it is sent: GUri writes the same path another way (%2F for %2f). */
static char *
dup_path (const char *uri)
{
  const char *authority = strstr (uri, "://") + strlen ("://");
  const char *path = authority + strcspn (authority, "/?#");
  gsize length = strcspn (path, "?#");

  return length > 0 ? g_strndup (path, length) : g_strdup ("/");
}

static gboolean
split_address (const char *uri, Address *address, GError **error)
{
  g_autofree char *scheme = NULL;
  g_autofree char *host = NULL;
  g_autofree char *userinfo = NULL;
  g_autofree char *port = NULL;
  gboolean is_ipv6;

  if (!is_visible_ascii (uri))
    return refuse (error, "the address has characters that must be written as %XX");
  if (!g_uri_split (uri, G_URI_FLAGS_ENCODED, &scheme, &userinfo, &host, &address->port, NULL,
                    &address->query, &address->fragment, NULL)
      || scheme == NULL || host == NULL || *host == '\0')
    return refuse (error, "the address is no absolute URI");
  if (userinfo != NULL || address->fragment != NULL)
    return refuse (error, "the address has a user name or a fragment, which cannot be signed");

  address->scheme = g_ascii_strdown (scheme, -1);
  address->host = g_ascii_strdown (host, -1);
  address->path = dup_path (uri);
  is_ipv6 = strchr (host, ':') != NULL;
  port = is_default_port (address) ? g_strdup ("") : g_strdup_printf (":%d", address->port);
  address->base = g_strconcat (address->scheme, "://", is_ipv6 ? "[" : "", address->host,
                               is_ipv6 ? "]" : "", port, address->path, NULL);

  return TRUE;
}

char *
ck_oauth1_base_string (const CkOAuth1Request *request, GError **error)
{
  g_autoptr (GPtrArray) pairs = g_ptr_array_new_with_free_func (pair_free);
  g_auto (Address) address = { .port = -1 };
  g_autofree char *method = g_ascii_strup (request->method, -1);
  g_autofree char *escaped_method = ck_form_escape (method);
  g_autofree char *escaped_base = NULL;
  char *normalized;
  char *escaped;
  char *text;

  if (!split_address (request->uri, &address, error) || !add_query (pairs, address.query, error))
    return NULL;
  add_list (pairs, request->parameters);
  add_protocol (pairs, request);
  g_ptr_array_sort (pairs, compare_pairs);

  normalized = join_pairs (pairs);
  escaped = ck_form_escape (normalized);
  escaped_base = ck_form_escape (address.base);
  text = g_strconcat (escaped_method, "&", escaped_base, "&", escaped, NULL);
  ck_form_text_free (normalized);
  ck_form_text_free (escaped);

  return text;
}

static char *
make_signature (const CkOAuth1Request *request, const char *text)
{
  char *client_secret = ck_form_escape (request->client_secret);
  char *token_secret = ck_form_escape (request->token_secret != NULL ? request->token_secret : "");
  char *key = g_strconcat (client_secret, "&", token_secret, NULL);
  guint8 digest[SHA1_BYTES];
  gsize length = sizeof digest;
  GHmac *hmac = g_hmac_new (G_CHECKSUM_SHA1, (const guchar *) key, strlen (key));

  g_hmac_update (hmac, (const guchar *) text, -1);
  g_hmac_get_digest (hmac, digest, &length);
  g_hmac_unref (hmac);
  ck_form_text_free (key);
  ck_form_text_free (client_secret);
  ck_form_text_free (token_secret);

  return g_base64_encode (digest, length);
}

/* `OAuth a="b", c="d"`; the names and values have no quote: they are encoded. */
static char *
make_header (GPtrArray *pairs)
{
  gsize length = strlen ("OAuth ") + 1;
  char *header;
  char *end;

  for (guint i = 0; i < pairs->len; i++)
    {
      const Pair *pair = g_ptr_array_index (pairs, i);

      length += strlen (pair->name) + strlen (pair->value) + strlen (", =\"\"");
    }

  header = g_malloc0 (length);
  end = g_stpcpy (header, "OAuth ");
  for (guint i = 0; i < pairs->len; i++)
    {
      const Pair *pair = g_ptr_array_index (pairs, i);

      end = g_stpcpy (end, i > 0 ? ", " : "");
      end = g_stpcpy (end, pair->name);
      end = g_stpcpy (end, "=\"");
      end = g_stpcpy (end, pair->value);
      end = g_stpcpy (end, "\"");
    }

  return header;
}

char *
ck_oauth1_sign (const CkOAuth1Request *request, GError **error)
{
  g_autoptr (GPtrArray) pairs = g_ptr_array_new_with_free_func (pair_free);
  g_autofree char *signature = NULL;
  char *text = ck_oauth1_base_string (request, error);

  if (text == NULL)
    return NULL;

  signature = make_signature (request, text);
  ck_form_text_free (text);
  add_protocol (pairs, request);
  add_pair (pairs, "oauth_signature", signature);

  return make_header (pairs);
}
