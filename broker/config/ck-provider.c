/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-provider.h"

#include <string.h>

#include "ck-error.h"
#include "ck-provider-chain.h"
#include "ck-provider-schema.h"

#define FAILURE_PREFIX "Failure "
#define ADVICE_PREFIX "Advice "
#define REMEDY_PREFIX "Remedy "
#define MAX_FAILURES 1024

/* What an address may leave to Instance=. */
#define PLACEHOLDER "{instance}"

struct _CkProvider
{
  gatomicrefcount ref_count;
  char *id;
  char *file;
  char *host;
  GHashTable *values; /* Group.Key to value: what the getters point into */
  GVariant *settings;
  GVariant *failures;
  GVariant *advice;
  char *remedies[CK_N_CAUSES];
  CkRenewalPolicy policy;
  CkRenewalPolicy public_policy;
};

G_DEFINE_BOXED_TYPE (CkProvider, ck_provider, ck_provider_ref, ck_provider_unref)

CkProvider *
ck_provider_ref (CkProvider *provider)
{
  g_atomic_ref_count_inc (&provider->ref_count);

  return provider;
}

void
ck_provider_unref (CkProvider *provider)
{
  if (!g_atomic_ref_count_dec (&provider->ref_count))
    return;

  for (guint i = 0; i < CK_N_CAUSES; i++)
    g_free (provider->remedies[i]);
  g_clear_pointer (&provider->advice, g_variant_unref);
  g_clear_pointer (&provider->failures, g_variant_unref);
  g_clear_pointer (&provider->settings, g_variant_unref);
  g_clear_pointer (&provider->values, g_hash_table_unref);
  g_free (provider->host);
  g_free (provider->file);
  g_free (provider->id);
  g_free (provider);
}

const char *
ck_provider_get_setting (CkProvider *provider, const char *key)
{
  return g_hash_table_lookup (provider->values, key);
}

static const char *
get_text (CkProvider *provider, const char *key)
{
  const char *value = ck_provider_get_setting (provider, key);

  return value != NULL ? value : "";
}

const char *
ck_provider_get_id (CkProvider *provider)
{
  return provider->id;
}

const char *
ck_provider_get_name (CkProvider *provider)
{
  const char *name = get_text (provider, "Provider.Name");

  return *name != '\0' ? name : provider->id;
}

const char *
ck_provider_get_stack (CkProvider *provider)
{
  return get_text (provider, "Provider.Stack");
}

const char *
ck_provider_get_documentation (CkProvider *provider)
{
  return get_text (provider, "Provider.Documentation");
}

const char *
ck_provider_get_file (CkProvider *provider)
{
  return provider->file;
}

GVariant *
ck_provider_get_settings (CkProvider *provider)
{
  return provider->settings;
}

GVariant *
ck_provider_get_failures (CkProvider *provider)
{
  return provider->failures;
}

GVariant *
ck_provider_get_advice (CkProvider *provider)
{
  return provider->advice;
}

const char *
ck_provider_get_remedy (CkProvider *provider, CkCause cause)
{
  g_return_val_if_fail (cause < CK_N_CAUSES, "");

  return provider->remedies[cause] != NULL ? provider->remedies[cause] : "";
}

const CkRenewalPolicy *
ck_provider_get_policy (CkProvider *provider)
{
  return &provider->policy;
}

const CkRenewalPolicy *
ck_provider_get_public_policy (CkProvider *provider)
{
  return &provider->public_policy;
}

const char *
ck_provider_get_host (CkProvider *provider)
{
  return provider->host;
}

/* ---- making one ------------------------------------------------------------------------------ */

/* The words behind the prefix name a cause: the schema has seen to that. */
static CkCause
group_cause (const char *group, const char *prefix)
{
  CkCause cause = CK_CAUSE_NONE;

  if (!ck_cause_from_string (group + strlen (prefix), &cause))
    g_return_val_if_reached (CK_CAUSE_NONE);

  return cause;
}

/* Both tables are rows of a word, the group's second one, and a match. A file's own rows stand
 * before what it inherits. */
static gboolean
add_matches (
    GVariantBuilder *rows, CkIni *ini, const char *prefix, guint *n_matches, GError **error)
{
  for (guint i = 0; i < ck_ini_get_n_entries (ini); i++)
    {
      const CkIniEntry *entry = ck_ini_get_entry (ini, i);

      if (entry->key == NULL || !g_str_has_prefix (entry->group, prefix))
        continue;
      if (++*n_matches > MAX_FAILURES)
        {
          ck_ini_set_error (ini, entry, error, "more than %u matches", MAX_FAILURES);
          return FALSE;
        }
      g_variant_builder_add (rows, "(ss)", entry->group + strlen (prefix), entry->value);
    }

  return TRUE;
}

/* (transfer full) (nullable): the rows of all files in @chain, the provider's own first. */
static GVariant *
make_matches (GPtrArray *chain, const char *prefix, GError **error)
{
  g_auto (GVariantBuilder) rows = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ss)"));
  guint n_matches = 0;

  for (guint i = 0; i < chain->len; i++)
    {
      if (!add_matches (&rows, g_ptr_array_index (chain, i), prefix, &n_matches, error))
        return NULL;
    }

  return g_variant_ref_sink (g_variant_builder_end (&rows));
}

static void
add_remedies (CkProvider *provider, CkIni *ini)
{
  for (guint i = 0; i < ck_ini_get_n_entries (ini); i++)
    {
      const CkIniEntry *entry = ck_ini_get_entry (ini, i);
      CkCause cause;

      if (entry->key == NULL || !g_str_has_prefix (entry->group, REMEDY_PREFIX))
        continue;
      cause = group_cause (entry->group, REMEDY_PREFIX);
      g_free (provider->remedies[cause]);
      provider->remedies[cause] = g_strdup (entry->value);
    }
}

/* What is said of one file only. */
static gboolean
is_inherited (const char *key)
{
  return !g_str_equal (key, "Provider.Name") && !g_str_equal (key, "Provider.Documentation")
         && !g_str_equal (key, "Provider.Base");
}

static gboolean
is_setting (const char *key, const char *value)
{
  return *value != '\0' && !g_str_has_prefix (key, REMEDY_PREFIX);
}

static gboolean
drop_unset (gpointer key, gpointer value, gpointer user_data)
{
  return !is_setting (key, value);
}

static gboolean
drop_private (gpointer key, gpointer value, gpointer user_data)
{
  return !is_inherited (key);
}

static GVariant *
make_settings (GHashTable *values)
{
  g_autoptr (GList) keys = g_list_sort (g_hash_table_get_keys (values), (GCompareFunc) strcmp);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  for (GList *link = keys; link != NULL; link = link->next)
    g_variant_builder_add (&builder, "{ss}", link->data, g_hash_table_lookup (values, link->data));

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static guint64
get_seconds (CkProvider *provider, const char *key, guint64 never)
{
  const char *value = get_text (provider, key);

  return g_str_equal (value, "never") ? never : g_ascii_strtoull (value, NULL, 10);
}

static void
fill_policy (CkProvider *provider)
{
  CkRenewalPolicy *policy = &provider->policy;
  const char *rotation = get_text (provider, "Lifetime.Rotation");

  policy->renewal = g_str_equal (get_text (provider, "Lifetime.Renewal"), "on-demand")
                        ? CK_RENEWAL_ON_DEMAND
                        : CK_RENEWAL_AHEAD;
  policy->rotation = g_str_equal (rotation, "yes") ? CK_ROTATION_YES
                     : g_str_equal (rotation, "no") || g_str_equal (rotation, "public")
                         ? CK_ROTATION_NO
                         : CK_ROTATION_UNKNOWN;
  policy->rotation_grace = get_seconds (provider, "Lifetime.RotationGrace", 0);
  policy->min_age_before_renew = get_seconds (provider, "Lifetime.MinAgeBeforeRenew", 0);
  policy->verify_every = get_seconds (provider, "Lifetime.VerifyEvery", 0);
  policy->unattended = g_str_equal (get_text (provider, "Provider.DefaultFlow"), "none");
  policy->verify_at_start = g_str_equal (get_text (provider, "Lifetime.VerifyAtStart"), "yes");
  policy->keep_alive = get_seconds (provider, "Lifetime.KeepAlive", 0);
  policy->renew_ahead = get_seconds (provider, "Lifetime.RenewAhead", 0);
  policy->access_lifetime = get_seconds (provider, "Lifetime.AccessToken", G_MAXUINT64);
  policy->refresh_lifetime = get_seconds (provider, "Lifetime.RefreshToken", G_MAXUINT64);
  policy->reconnect_every = get_seconds (provider, "Lifetime.ReconnectEvery", 0);

  provider->public_policy = *policy;
  if (g_str_equal (rotation, "public"))
    provider->public_policy.rotation = CK_ROTATION_YES;
  if (*get_text (provider, "Lifetime.PublicRefreshToken") != '\0')
    provider->public_policy.refresh_lifetime
        = get_seconds (provider, "Lifetime.PublicRefreshToken", G_MAXUINT64);
}

static char *
find_host (CkProvider *provider)
{
  static const char *const keys[]
      = { "OAuth2.TokenEndpoint", "OAuth2.Issuer", "OAuth2.Metadata", "OAuth1.AccessTokenEndpoint" };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GUri) uri = g_uri_parse (get_text (provider, keys[i]), G_URI_FLAGS_NONE, NULL);

      if (uri != NULL)
        return g_ascii_strdown (g_uri_get_host (uri), -1);
    }

  return g_strdup (provider->id);
}

static gboolean
fail_missing (CkProvider *provider, const char *key, GError **error)
{
  g_set_error (error,
               CK_ERROR,
               CK_ERROR_INVALID_ARGUMENT,
               "%s:1: %s: is missing",
               provider->file,
               key);

  return FALSE;
}

/* From what is inherited to the provider's own. */
static gboolean
read_values (CkProvider *provider, GPtrArray *chain, gboolean insecure, GError **error)
{
  for (guint i = chain->len; i > 0; i--)
    {
      CkIni *ini = g_ptr_array_index (chain, i - 1);

      g_hash_table_foreach_remove (provider->values, drop_private, NULL);
      if (!ck_schema_read (&ck_provider_schema, ini, insecure, provider->values, error))
        return FALSE;
      add_remedies (provider, ini);
    }
  g_hash_table_foreach_remove (provider->values, drop_unset, NULL);

  return TRUE;
}

/* An instance is an id: whatever it stands for, the address stays one. */
static gboolean
fill_addresses (CkProvider *provider, GError **error)
{
  const char *instance = ck_provider_get_setting (provider, "OAuth2.Instance");
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, provider->values);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      g_auto (GStrv) parts = NULL;

      if (!g_str_has_prefix (key, "OAuth2.") || strstr (value, PLACEHOLDER) == NULL)
        continue;
      if (instance == NULL)
        return fail_missing (provider, "[OAuth2] Instance", error);
      parts = g_strsplit (value, PLACEHOLDER, -1);
      g_hash_table_iter_replace (&iter, g_strjoinv (instance, parts));
    }

  return TRUE;
}

/* @chain: its own file and those it inherits from. */
static CkProvider *
make_provider (const char *id, GPtrArray *chain, gboolean insecure, GError **error)
{
  g_autoptr (CkProvider) provider = g_new0 (CkProvider, 1);

  g_atomic_ref_count_init (&provider->ref_count);
  provider->id = g_strdup (id);
  provider->file = g_strdup (ck_ini_get_file (g_ptr_array_index (chain, 0)));
  provider->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  if (!read_values (provider, chain, insecure, error))
    return NULL;
  if (ck_provider_get_setting (provider, "Provider.Stack") == NULL
      && !fail_missing (provider, "[Provider] Stack", error))
    return NULL;
  if (!fill_addresses (provider, error))
    return NULL;

  provider->failures = make_matches (chain, FAILURE_PREFIX, error);
  provider->advice
      = provider->failures != NULL ? make_matches (chain, ADVICE_PREFIX, error) : NULL;
  if (provider->advice == NULL)
    return NULL;

  provider->settings = make_settings (provider->values);
  provider->host = find_host (provider);
  fill_policy (provider);

  return g_steal_pointer (&provider);
}

CkProvider *
ck_provider_load (const char *const *dirs, const char *id, CkProviderFlags flags, GError **error)
{
  gboolean insecure = (flags & CK_PROVIDER_FLAGS_INSECURE_LOOPBACK) != 0;
  g_autoptr (GPtrArray) chain = ck_provider_chain_load (dirs, id, insecure, error);

  return chain != NULL ? make_provider (id, chain, insecure, error) : NULL;
}

GStrv
ck_provider_list_ids (const char *const *dirs)
{
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GList) sorted = NULL;

  for (; *dirs != NULL; dirs++)
    {
      g_autoptr (GDir) dir = g_dir_open (*dirs, 0, NULL);
      const char *name;

      while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
        {
          if (g_str_has_suffix (name, CK_PROVIDER_SUFFIX) && *name != '.')
            g_hash_table_add (ids, g_strndup (name, strlen (name) - strlen (CK_PROVIDER_SUFFIX)));
        }
    }

  sorted = g_list_sort (g_hash_table_get_keys (ids), (GCompareFunc) strcmp);
  for (GList *link = sorted; link != NULL; link = link->next)
    g_strv_builder_add (builder, link->data);

  return g_strv_builder_end (builder);
}
