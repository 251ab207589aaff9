/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "lint-files.h"

#include <string.h>

#include "ck-config-schema.h"
#include "ck-config-stacks.h"
#include "ck-config.h"
#include "ck-error.h"
#include "ck-settings.h"

static const char *
from_environment (const char *variable, const char *fallback)
{
  const char *value = g_getenv (variable);

  return value != NULL && *value != '\0' ? value : fallback;
}

void
ck_lint_paths_init (CkLintPaths *paths)
{
  paths->confdir = from_environment ("CONFIGURATION_DIRECTORY", CK_CONFDIR);
  paths->datadir = from_environment ("CHANNELKEEPER_DATADIR", CK_DATADIR);
  paths->moduledir = from_environment ("CHANNELKEEPER_MODULEDIR", CK_MODULEDIR);
}

/* (transfer full): the search path of `providers` or `stacks`; @beside comes first, if it is one */
static GStrv
make_dirs (const CkLintPaths *paths, const char *what, const char *beside)
{
  g_autoptr (GStrvBuilder) dirs = g_strv_builder_new ();
  g_autofree char *folder = g_strconcat (what, ".d", NULL);
  g_autofree char *own = g_build_filename (paths->confdir, folder, NULL);
  g_autofree char *shipped = g_build_filename (paths->datadir, what, NULL);

  if (beside != NULL)
    g_strv_builder_add (dirs, beside);
  g_strv_builder_add (dirs, own);
  g_strv_builder_add (dirs, shipped);

  return g_strv_builder_end (dirs);
}

/* ---- everything -------------------------------------------------------------------------------
 */

/* A bad stack is a problem of each provider that uses it, and named there. */
static gboolean
is_told (GPtrArray *problems, const char *message)
{
  for (guint i = 0; i < problems->len; i++)
    {
      if (strstr (problems->pdata[i], message) != NULL)
        return TRUE;
    }

  return FALSE;
}

/* The administrator's stacks that no provider uses yet, or that others include. */
static void
lint_stacks (const CkLintPaths *paths, GPtrArray *problems)
{
  g_auto (GStrv) dirs = make_dirs (paths, "stacks", NULL);
  g_auto (GStrv) names = ck_settings_list_files (dirs[0], "");
  g_autoptr (CkConfigStacks) stacks
      = ck_config_stacks_new ((const char *const *) dirs, paths->moduledir);

  for (char **name = names; *name != NULL; name++)
    {
      g_autoptr (GError) error = NULL;

      if (!ck_config_stacks_check (stacks, *name, &error) && !is_told (problems, error->message))
        g_ptr_array_add (problems, g_strdup (error->message));
    }
}

GPtrArray *
ck_lint_all (const CkLintPaths *paths)
{
  GPtrArray *problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (CkConfig) config
      = ck_config_load (paths->confdir, paths->datadir, paths->moduledir, &error);

  if (config == NULL)
    g_ptr_array_add (problems, g_strdup (error->message));
  for (guint i = 0; config != NULL && i < ck_config_get_problems (config)->len; i++)
    {
      const GError *problem = ck_config_get_problems (config)->pdata[i];

      g_ptr_array_add (problems, g_strdup (problem->message));
    }
  lint_stacks (paths, problems);

  return problems;
}

/* ---- one file ---------------------------------------------------------------------------------
 */

/* The administrator's word on plain http for tests, if it can be read. */
static CkProviderFlags
get_flags (const CkLintPaths *paths)
{
  g_autoptr (CkSettings) settings = ck_settings_load (paths->confdir, NULL);

  return settings != NULL && settings->allow_insecure_loopback ? CK_PROVIDER_FLAGS_INSECURE_LOOPBACK
                                                               : CK_PROVIDER_FLAGS_NONE;
}

static gboolean
check_provider (const CkLintPaths *paths, const char *dir, const char *id, GError **error)
{
  g_auto (GStrv) dirs = make_dirs (paths, "providers", dir);
  g_auto (GStrv) stack_dirs = make_dirs (paths, "stacks", dir);
  g_autoptr (CkConfigStacks) stacks
      = ck_config_stacks_new ((const char *const *) stack_dirs, paths->moduledir);
  g_autoptr (CkProvider) provider
      = ck_provider_load ((const char *const *) dirs, id, get_flags (paths), error);

  if (provider == NULL)
    return FALSE;
  if (ck_config_stacks_add (stacks, ck_provider_get_stack (provider), error))
    return TRUE;

  g_prefix_error (error, "%s: [Provider] Stack: ", ck_provider_get_file (provider));

  return FALSE;
}

static gboolean
check_stack (const CkLintPaths *paths, const char *dir, const char *name, GError **error)
{
  g_auto (GStrv) dirs = make_dirs (paths, "stacks", dir);
  g_autoptr (CkConfigStacks) stacks
      = ck_config_stacks_new ((const char *const *) dirs, paths->moduledir);

  return ck_config_stacks_check (stacks, name, error);
}

static gboolean
check_channel (const char *file, const char *id, GError **error)
{
  g_autoptr (CkChannelFile) channel = ck_channel_file_load (file, id, error);

  return channel != NULL;
}

/* Its provider's file may not be installed yet. */
static gboolean
check_client (const CkLintPaths *paths, const char *dir, const char *file, const char *id, GError **error)
{
  g_autoptr (CkClientFile) client = ck_client_file_load (file, id, error);
  g_auto (GStrv) dirs = make_dirs (paths, "providers", dir);
  g_autoptr (CkProvider) provider = NULL;

  if (client == NULL)
    return FALSE;
  provider = ck_provider_load ((const char *const *) dirs, client->provider, get_flags (paths), NULL);

  return provider == NULL || ck_client_file_check_redirects (client, file, provider, error);
}

static gboolean
check_settings (const char *file, GError **error)
{
  g_autoptr (GHashTable) values = ck_config_schema_load (&ck_settings_schema, file, NULL, error);

  return values != NULL;
}

char *
ck_lint_file (const CkLintPaths *paths, const char *file)
{
  g_autofree char *dir = g_path_get_dirname (file);
  g_autofree char *name = g_path_get_basename (file);
  const char *dot = strrchr (name, '.');
  g_autofree char *id = g_strndup (name, dot != NULL ? (gsize) (dot - name) : strlen (name));
  g_autoptr (GError) error = NULL;
  gboolean good;

  if (!g_file_test (file, G_FILE_TEST_EXISTS))
    return g_strdup_printf ("%s: there is no such file", file);

  if (g_str_has_suffix (name, ".provider"))
    good = check_provider (paths, dir, id, &error);
  else if (g_str_has_suffix (name, ".channel"))
    good = check_channel (file, id, &error);
  else if (g_str_has_suffix (name, ".client"))
    good = check_client (paths, dir, file, id, &error);
  else if (g_str_has_suffix (name, ".conf"))
    good = check_settings (file, &error);
  else
    good = check_stack (paths, dir, name, &error);

  return good ? NULL : g_strdup (error->message);
}

/* ---- for the dry run --------------------------------------------------------------------------
 */

CkStack *
ck_lint_load_stack (const CkLintPaths *paths,
                    const char *name,
                    const char *operation,
                    GError **error)
{
  g_auto (GStrv) provider_dirs = make_dirs (paths, "providers", NULL);
  g_auto (GStrv) dirs = make_dirs (paths, "stacks", NULL);
  g_autoptr (GError) local = NULL;
  g_autoptr (CkProvider) provider
      = ck_provider_load ((const char *const *) provider_dirs, name, get_flags (paths), &local);

  if (provider == NULL && !g_error_matches (local, CK_ERROR, CK_ERROR_NO_SUCH_PROVIDER))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }

  return ck_stack_load ((const char *const *) dirs,
                        provider != NULL ? ck_provider_get_stack (provider) : name, operation,
                        error);
}
