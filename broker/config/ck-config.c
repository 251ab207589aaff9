/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-config.h"

#include <string.h>

#include "ck-config-stacks.h"
#include "ck-error.h"
#include "ck-settings.h"
#include "ck-trust.h"

struct _CkConfig
{
  gatomicrefcount ref_count;
  CkSettings *settings;
  CkConfigStacks *stacks;
  GPtrArray *problems;
  GPtrArray *providers;
  GPtrArray *clients;
  GPtrArray *channels;
  GHashTable *clients_by_id;
  GHashTable *channels_by_id;
  GHashTable *bad_providers; /* id to what is wrong with it */
};

G_DEFINE_BOXED_TYPE (CkConfig, ck_config, ck_config_ref, ck_config_unref)

CkConfig *
ck_config_ref (CkConfig *config)
{
  g_atomic_ref_count_inc (&config->ref_count);

  return config;
}

void
ck_config_unref (CkConfig *config)
{
  if (!g_atomic_ref_count_dec (&config->ref_count))
    return;

  g_clear_pointer (&config->bad_providers, g_hash_table_unref);
  g_clear_pointer (&config->channels_by_id, g_hash_table_unref);
  g_clear_pointer (&config->clients_by_id, g_hash_table_unref);
  g_clear_pointer (&config->channels, g_ptr_array_unref);
  g_clear_pointer (&config->clients, g_ptr_array_unref);
  g_clear_pointer (&config->providers, g_ptr_array_unref);
  g_clear_pointer (&config->problems, g_ptr_array_unref);
  g_clear_pointer (&config->stacks, ck_config_stacks_free);
  g_clear_pointer (&config->settings, ck_settings_free);
  g_free (config);
}

const CkSettings *
ck_config_get_settings (CkConfig *config)
{
  return config->settings;
}

GPtrArray *
ck_config_get_problems (CkConfig *config)
{
  return config->problems;
}

GPtrArray *
ck_config_get_providers (CkConfig *config)
{
  return config->providers;
}

GPtrArray *
ck_config_get_clients (CkConfig *config)
{
  return config->clients;
}

GPtrArray *
ck_config_get_channels (CkConfig *config)
{
  return config->channels;
}

static CkProvider *
find_provider (CkConfig *config, const char *id)
{
  for (guint i = 0; i < config->providers->len; i++)
    {
      CkProvider *provider = g_ptr_array_index (config->providers, i);

      if (g_str_equal (ck_provider_get_id (provider), id))
        return provider;
    }

  return NULL;
}

CkProvider *
ck_config_lookup_provider (CkConfig *config, const char *id, GError **error)
{
  CkProvider *provider = id != NULL ? find_provider (config, id) : NULL;
  const char *why = id != NULL ? g_hash_table_lookup (config->bad_providers, id) : NULL;

  if (provider != NULL)
    return provider;

  if (why != NULL)
    g_set_error (error,
                 CK_ERROR,
                 CK_ERROR_NO_SUCH_PROVIDER,
                 "the provider %s is disabled: %s",
                 id,
                 why);
  else if (ck_id_is_valid (id))
    g_set_error (error, CK_ERROR, CK_ERROR_NO_SUCH_PROVIDER, "there is no provider %s", id);
  else
    g_set_error_literal (error,
                         CK_ERROR,
                         CK_ERROR_NO_SUCH_PROVIDER,
                         "there is no provider of that name");

  return NULL;
}

GVariant *
ck_config_dup_stack (CkConfig *config, CkProvider *provider, const char *operation)
{
  GVariant *stack
      = ck_config_stacks_lookup (config->stacks, ck_provider_get_stack (provider), operation);

  return stack != NULL ? g_variant_ref (stack) : NULL;
}

const char *const *
ck_config_get_stack_modules (CkConfig *config, CkProvider *provider, const char *operation)
{
  return ck_config_stacks_get_modules (config->stacks, ck_provider_get_stack (provider), operation);
}

const CkClientFile *
ck_config_lookup_client (CkConfig *config, const char *id)
{
  return g_hash_table_lookup (config->clients_by_id, id);
}

const CkChannelFile *
ck_config_lookup_channel (CkConfig *config, const char *id)
{
  return g_hash_table_lookup (config->channels_by_id, id);
}

/* ---- loading --------------------------------------------------------------------------------- */

static void
take_problem (CkConfig *config, GError *problem)
{
  g_ptr_array_add (config->problems, problem);
}

static gboolean
load_provider (CkConfig *config, const char *const *dirs, const char *id, GError **error)
{
  g_autoptr (CkProvider) provider = NULL;

  provider = ck_provider_load (dirs,
                               id,
                               config->settings->allow_insecure_loopback
                                   ? CK_PROVIDER_FLAGS_INSECURE_LOOPBACK
                                   : CK_PROVIDER_FLAGS_NONE,
                               error);
  if (provider == NULL)
    return FALSE;

  if (!ck_config_stacks_add (config->stacks, ck_provider_get_stack (provider), error))
    {
      g_prefix_error (error, "%s: [Provider] Stack: ", ck_provider_get_file (provider));
      return FALSE;
    }
  g_ptr_array_add (config->providers, g_steal_pointer (&provider));

  return TRUE;
}

static void
load_providers (CkConfig *config, const char *const *dirs)
{
  g_auto (GStrv) ids = ck_provider_list_ids (dirs);

  for (char **id = ids; *id != NULL; id++)
    {
      GError *problem = NULL;

      if (load_provider (config, dirs, *id, &problem))
        continue;
      g_hash_table_insert (config->bad_providers, g_strdup (*id), g_strdup (problem->message));
      take_problem (config, problem);
    }
}

/* (transfer none) (nullable) */
static CkProvider *
check_reference (CkConfig *config, const char *path, const char *group, const char *id)
{
  g_autoptr (GError) error = NULL;
  CkProvider *provider = ck_config_lookup_provider (config, id, &error);

  if (provider != NULL)
    return provider;

  take_problem (config,
                g_error_new (CK_ERROR,
                             CK_ERROR_INVALID_ARGUMENT,
                             "%s: [%s] Provider: %s",
                             path,
                             group,
                             error->message));

  return NULL;
}

static gboolean
load_client (CkConfig *config, const char *path, const char *id, GError **error)
{
  CkClientFile *client = ck_client_file_load (path, id, error);
  CkProvider *provider;

  if (client == NULL)
    return FALSE;
  g_ptr_array_add (config->clients, client);
  g_hash_table_insert (config->clients_by_id, client->id, client);
  provider = check_reference (config, path, "Client", client->provider);

  /* It stays: what it holds is renewed without a redirect. */
  return provider == NULL || ck_client_file_check_redirects (client, path, provider, error);
}

static gboolean
load_channel (CkConfig *config, const char *path, const char *id, GError **error)
{
  g_autoptr (CkChannelFile) channel = ck_channel_file_load (path, id, error);

  if (channel == NULL)
    return FALSE;

  if (*channel->assigned_user == '\0')
    {
      g_free (channel->assigned_user);
      channel->assigned_user = g_strdup (config->settings->default_assigned_user);
    }
  if (*channel->assigned_user == '\0')
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "%s:1: [Channel] AssignedUser: is missing, and channelkeeper.conf has no "
                   "DefaultAssignedUser",
                   path);
      return FALSE;
    }
  check_reference (config, path, "Channel", channel->provider);
  g_hash_table_insert (config->channels_by_id, channel->id, channel);
  g_ptr_array_add (config->channels, g_steal_pointer (&channel));

  return TRUE;
}

typedef gboolean (*LoadFunc) (CkConfig *, const char *path, const char *id, GError **);

static void
load_folder (CkConfig *config,
             const char *confdir,
             const char *folder,
             const char *suffix,
             LoadFunc load)
{
  g_autofree char *dir = g_build_filename (confdir, folder, NULL);
  g_auto (GStrv) names = ck_settings_list_files (dir, suffix);

  for (char **name = names; *name != NULL; name++)
    {
      g_autofree char *path = g_build_filename (dir, *name, NULL);
      g_autofree char *id = g_strndup (*name, strlen (*name) - strlen (suffix));
      GError *problem = NULL;

      if (!load (config, path, id, &problem))
        take_problem (config, problem);
    }
}

/* In the order of ids, which is not that of file names: "a-b.client" comes before "a.client". */
static int
compare_clients (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const CkClientFile *const *) a)->id, (*(const CkClientFile *const *) b)->id);
}

static int
compare_channels (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const CkChannelFile *const *) a)->id, (*(const CkChannelFile *const *) b)->id);
}

static gboolean
check_folders (const char *confdir, GError **error)
{
  static const char *const names[]
      = { ".", "channelkeeper.conf.d", "providers.d", "stacks.d", "clients.d", "channels.d" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (confdir, names[i], NULL);
      const char *fault = ck_trust_find_folder_fault (path);

      if (fault != NULL)
        {
          g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "%s %s", path, fault);
          return FALSE;
        }
    }

  return TRUE;
}

CkConfig *
ck_config_load (const char *confdir, const char *datadir, const char *moduledir, GError **error)
{
  g_autofree char *own_providers = g_build_filename (confdir, "providers.d", NULL);
  g_autofree char *own_stacks = g_build_filename (confdir, "stacks.d", NULL);
  g_autofree char *shipped_providers = g_build_filename (datadir, "providers", NULL);
  g_autofree char *shipped_stacks = g_build_filename (datadir, "stacks", NULL);
  const char *provider_dirs[] = { own_providers, shipped_providers, NULL };
  const char *stack_dirs[] = { own_stacks, shipped_stacks, NULL };
  g_autoptr (CkSettings) settings = NULL;
  g_autoptr (CkConfig) config = NULL;

  if (!check_folders (confdir, error))
    return NULL;
  settings = ck_settings_load (confdir, error);
  if (settings == NULL)
    return NULL;

  config = g_new0 (CkConfig, 1);
  g_atomic_ref_count_init (&config->ref_count);
  config->settings = g_steal_pointer (&settings);
  config->stacks = ck_config_stacks_new (stack_dirs, moduledir);
  config->problems = g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free);
  config->providers = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_provider_unref);
  config->clients = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_client_file_free);
  config->channels = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_channel_file_free);
  config->clients_by_id = g_hash_table_new (g_str_hash, g_str_equal);
  config->channels_by_id = g_hash_table_new (g_str_hash, g_str_equal);
  config->bad_providers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  load_providers (config, provider_dirs);
  load_folder (config, confdir, "clients.d", ".client", load_client);
  load_folder (config, confdir, "channels.d", ".channel", load_channel);
  g_ptr_array_sort (config->clients, compare_clients);
  g_ptr_array_sort (config->channels, compare_channels);

  return g_steal_pointer (&config);
}
