/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-settings.h"

#include <string.h>

#include "ck-config-schema.h"
#include "ck-trust.h"

/* The public struct comes first: the one is the other. Its strings belong to values. */
typedef struct
{
  CkSettings public;
  GHashTable *values;
  guint64 *warn_before;
} SettingsFile;

void
ck_settings_free (CkSettings *settings)
{
  SettingsFile *file = (SettingsFile *) settings;

  g_clear_pointer (&file->values, g_hash_table_unref);
  g_clear_pointer (&file->warn_before, g_free);
  g_free (file);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GStrv
ck_settings_list_files (const char *dir, const char *suffix)
{
  g_autoptr (GDir) handle = g_dir_open (dir, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (handle != NULL && (name = g_dir_read_name (handle)) != NULL)
    {
      if (*name != '.' && g_str_has_suffix (name, suffix))
        g_ptr_array_add (names, g_strdup (name));
    }

  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);

  return (GStrv) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

/* What channelkeeper.conf(5) calls the defaults, in the form that ck_schema_read() gives. */
static void
set_defaults (GHashTable *values)
{
  static const char *const defaults[][2] = {
    { "Broker.DefaultAssignedUser", "" },
    { "Broker.RenewAhead", "20%" },
    { "Broker.WarnBefore", "1209600 604800 86400" },
    { "Broker.MaxWorkers", "16" },
    { "Broker.MaxAttempts", "16" },
    { "Broker.AttemptTimeout", "600" },
    { "Broker.MinCheckInterval", "30" },
    { "Broker.MaxChannels", "100000" },
    { "Vault.Backend", "sealed" },
    { "Network.Proxy", "" },
    { "Network.CaFile", "" },
    { "Network.AllowInsecureLoopback", "no" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (defaults); i++)
    g_hash_table_insert (values, g_strdup (defaults[i][0]), g_strdup (defaults[i][1]));
}

static gboolean
read_file (const char *path, GHashTable *values, GError **error)
{
  g_autoptr (CkIni) ini = ck_ini_load (path, error);

  return ini != NULL && ck_schema_read (&ck_settings_schema, ini, FALSE, values, error);
}

static gboolean
read_all (const char *confdir, GHashTable *values, GError **error)
{
  g_autofree char *main_file = g_build_filename (confdir, "channelkeeper.conf", NULL);
  g_autofree char *dir = g_build_filename (confdir, "channelkeeper.conf.d", NULL);
  g_auto (GStrv) names = ck_settings_list_files (dir, ".conf");

  if (ck_trust_is_there (main_file) && !read_file (main_file, values, error))
    return FALSE;

  for (char **name = names; *name != NULL; name++)
    {
      g_autofree char *path = g_build_filename (dir, *name, NULL);

      if (!read_file (path, values, error))
        return FALSE;
    }

  return TRUE;
}

static const char *
get_text (SettingsFile *file, const char *key)
{
  return g_hash_table_lookup (file->values, key);
}

static guint64
get_number (SettingsFile *file, const char *key)
{
  return g_ascii_strtoull (get_text (file, key), NULL, 10);
}

static int
compare_longest_first (gconstpointer a, gconstpointer b)
{
  guint64 left = *(const guint64 *) a;
  guint64 right = *(const guint64 *) b;

  return left < right ? 1 : left > right ? -1 : 0;
}

static guint64 *
make_warn_before (SettingsFile *file)
{
  g_auto (GStrv) words = ck_schema_get_list (file->values, "Broker.WarnBefore");
  g_autoptr (GArray) times = g_array_new (TRUE, TRUE, sizeof (guint64));

  for (char **word = words; *word != NULL; word++)
    {
      guint64 seconds = g_ascii_strtoull (*word, NULL, 10);

      if (seconds > 0)
        g_array_append_val (times, seconds);
    }
  g_array_sort (times, compare_longest_first);

  return (guint64 *) (gpointer) g_array_free (g_steal_pointer (&times), FALSE);
}

static void
fill_settings (SettingsFile *file)
{
  CkSettings *settings = &file->public;
  const char *ahead = get_text (file, "Broker.RenewAhead");

  if (g_str_has_suffix (ahead, "%"))
    settings->renew_ahead_percent = (guint) get_number (file, "Broker.RenewAhead");
  else
    settings->renew_ahead = get_number (file, "Broker.RenewAhead");

  file->warn_before = make_warn_before (file);
  settings->warn_before = file->warn_before;
  settings->default_assigned_user = get_text (file, "Broker.DefaultAssignedUser");
  settings->max_workers = (guint) get_number (file, "Broker.MaxWorkers");
  settings->max_attempts = (guint) get_number (file, "Broker.MaxAttempts");
  settings->attempt_timeout = (guint) get_number (file, "Broker.AttemptTimeout");
  settings->min_check_interval = (guint) get_number (file, "Broker.MinCheckInterval");
  settings->max_channels = (guint) get_number (file, "Broker.MaxChannels");
  settings->vault_backend = get_text (file, "Vault.Backend");
  settings->proxy = get_text (file, "Network.Proxy");
  settings->ca_file = get_text (file, "Network.CaFile");
  settings->allow_insecure_loopback
      = g_str_equal (get_text (file, "Network.AllowInsecureLoopback"), "yes");
}

CkSettings *
ck_settings_load (const char *confdir, GError **error)
{
  SettingsFile *file = g_new0 (SettingsFile, 1);
  g_autoptr (CkSettings) settings = &file->public;

  file->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  set_defaults (file->values);
  if (!read_all (confdir, file->values, error))
    return NULL;

  fill_settings (file);

  return g_steal_pointer (&settings);
}
