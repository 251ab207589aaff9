/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-redirect-rules.h"

#include <string.h>

#include "ck-error.h"
#include "ck-value.h"

/* RFC 8252 section 7. */
#define PLAIN_RULES "https 127.0.0.1 [::1] localhost scheme any-port"

typedef struct
{
  const char *word;
  const char *host; /* (nullable): of plain http to this machine */
  const char *shown;
} Kind;

static const Kind kinds[] = {
  { "https", NULL, "https://…" },
  { "127.0.0.1", "127.0.0.1", "http://127.0.0.1…" },
  { "[::1]", "::1", "http://[::1]…" },
  { "localhost", "localhost", "http://localhost…" },
  { "scheme", NULL, "a scheme of the app's own, such as org.example.app:/…" },
};

static GStrv
get_rules (CkProvider *provider)
{
  const char *rules = ck_provider_get_setting (provider, "Provider.RedirectUris");

  return ck_value_split (rules != NULL ? rules : PLAIN_RULES);
}

static gboolean
has (GStrv rules, const char *word)
{
  return g_strv_contains ((const char *const *) rules, word);
}

static gboolean
is_kind (const Kind *kind, const char *scheme, const char *host)
{
  if (g_str_equal (scheme, "http"))
    return kind->host != NULL && g_str_equal (kind->host, host);
  if (g_str_equal (scheme, "https"))
    return g_str_equal (kind->word, "https") && *host != '\0';

  return g_str_equal (kind->word, "scheme") && strchr (scheme, '.') != NULL;
}

/* (nullable): NULL: plain http to another machine, or no address at all */
static const Kind *
find_kind (GUri *uri)
{
  const char *host = g_uri_get_host (uri);

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      if (is_kind (&kinds[i], g_uri_get_scheme (uri), host != NULL ? host : ""))
        return &kinds[i];
    }

  return NULL;
}

/* ---- words for a refusal --------------------------------------------------------------------- */

/* (transfer full): what the platform takes, for people */
static char *
describe (GStrv rules)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) shown = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      if (has (rules, kinds[i].word))
        g_strv_builder_add (builder, kinds[i].shown);
    }
  shown = g_strv_builder_end (builder);

  return shown[0] != NULL ? g_strjoinv (" or ", shown) : g_strdup ("none at all");
}

/* (transfer full): the nearest thing to @uri that the platform takes */
static char *
suggest (GUri *uri, GStrv rules)
{
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : "";

  for (gsize i = 0; g_str_equal (scheme, "http") && i < G_N_ELEMENTS (kinds); i++)
    {
      if (kinds[i].host != NULL && has (rules, kinds[i].word))
        return g_uri_join (G_URI_FLAGS_ENCODED, "http", NULL, kinds[i].host, g_uri_get_port (uri),
                           g_uri_get_path (uri), NULL, NULL);
    }

  return g_strdup (has (rules, "https")
                       ? "an https address there, of any site of yours: whoever reconnects copies "
                         "the address that the browser arrives at"
                       : "one of those");
}

static void
refuse_kind (CkProvider *provider, const char *text, GUri *uri, GStrv rules, GError **error)
{
  g_autofree char *taken = describe (rules);
  g_autofree char *instead = suggest (uri, rules);

  g_set_error (error,
               CK_ERROR,
               CK_ERROR_INVALID_ARGUMENT,
               "“%.128s” cannot be a redirect URI at %s, which takes %s. Register %s "
               "(RedirectUris= of the provider %s)",
               text,
               ck_provider_get_name (provider),
               taken,
               instead,
               ck_provider_get_id (provider));
}

static void
refuse_part (CkProvider *provider, const char *text, const char *part, const char *sign, GError **error)
{
  g_set_error (error,
               CK_ERROR,
               CK_ERROR_INVALID_ARGUMENT,
               "“%.128s” cannot be a redirect URI at %s: it may have no %s. Register it without what "
               "begins at “%s”",
               text,
               ck_provider_get_name (provider),
               part,
               sign);
}

/* ---- the rules ------------------------------------------------------------------------------- */

static gboolean
check_uri (CkProvider *provider, const char *text, GStrv rules, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_ENCODED, NULL);
  const Kind *kind = uri != NULL ? find_kind (uri) : NULL;

  if (kind == NULL || !has (rules, kind->word))
    refuse_kind (provider, text, uri, rules, error);
  else if (g_uri_get_fragment (uri) != NULL)
    refuse_part (provider, text, "fragment", "#", error);
  else if (g_uri_get_query (uri) != NULL && has (rules, "no-query"))
    refuse_part (provider, text, "query", "?", error);
  else
    return TRUE;

  return FALSE;
}

static gboolean
check_number (CkProvider *provider, guint n_uris, GError **error)
{
  const char *most = ck_provider_get_setting (provider, "Provider.MaxRedirectUris");

  if (most == NULL || n_uris <= g_ascii_strtoull (most, NULL, 10))
    return TRUE;

  g_set_error (error,
               CK_ERROR,
               CK_ERROR_INVALID_ARGUMENT,
               "%s takes at most %s redirect URIs, not %u: leave out those that are not registered "
               "there (MaxRedirectUris= of the provider %s)",
               ck_provider_get_name (provider),
               most,
               n_uris,
               ck_provider_get_id (provider));

  return FALSE;
}

static gboolean
check_port (CkProvider *provider, const char *loopback_port, GStrv rules, GError **error)
{
  if (!g_str_equal (loopback_port, "any") || has (rules, "any-port"))
    return TRUE;

  g_set_error (error,
               CK_ERROR,
               CK_ERROR_INVALID_ARGUMENT,
               "“any” cannot be the loopback port at %s, which takes a redirect to the very port that "
               "is registered: leave it out, and register the URI with its port (RedirectUris= of the "
               "provider %s has no any-port)",
               ck_provider_get_name (provider),
               ck_provider_get_id (provider));

  return FALSE;
}

gboolean
ck_redirect_rules_check (CkProvider *provider,
                         const char *const *uris,
                         const char *loopback_port,
                         GError **error)
{
  g_auto (GStrv) rules = get_rules (provider);
  guint n_uris = uris != NULL ? g_strv_length ((GStrv) uris) : 0;

  for (guint i = 0; i < n_uris; i++)
    {
      if (!check_uri (provider, uris[i], rules, error))
        return FALSE;
    }

  return check_number (provider, n_uris, error)
         && check_port (provider, loopback_port, rules, error);
}
