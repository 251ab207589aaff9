/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-provider-chain.h"

#include "ck-channel-file.h"
#include "ck-error.h"
#include "ck-provider-schema.h"
#include "ck-provider.h"
#include "ck-trust.h"

typedef struct
{
  const char *const *dirs;
  gboolean insecure_loopback;
  GPtrArray *chain;
} Loader;

/* (transfer full): the files of that name, first the one that hides the others; maybe none */
static GStrv
find_files (const char *const *dirs, const char *id)
{
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();
  g_autofree char *name = g_strconcat (id, CK_PROVIDER_SUFFIX, NULL);

  for (; ck_id_is_valid (id) && *dirs != NULL; dirs++)
    {
      g_autofree char *path = g_build_filename (*dirs, name, NULL);

      if (ck_trust_is_there (path))
        g_strv_builder_add (paths, path);
    }

  return g_strv_builder_end (paths);
}

/* The line that says what @ini inherits from, or NULL: the generic one. */
static const CkIniEntry *
find_base (CkIni *ini)
{
  for (guint i = 0; i < ck_ini_get_n_entries (ini); i++)
    {
      const CkIniEntry *entry = ck_ini_get_entry (ini, i);

      if (g_strcmp0 (entry->group, "Provider") == 0 && g_strcmp0 (entry->key, "Base") == 0)
        return entry;
    }

  return NULL;
}

static gboolean
is_in_chain (GPtrArray *chain, const char *path)
{
  for (guint i = 0; i < chain->len; i++)
    {
      if (g_str_equal (ck_ini_get_file (g_ptr_array_index (chain, i)), path))
        return TRUE;
    }

  return FALSE;
}

static gboolean
check_base (Loader *loader, const CkIniEntry *base, const char *id, GStrv paths, GError **error)
{
  GPtrArray *chain = loader->chain;
  CkIni *last = g_ptr_array_index (chain, chain->len - 1);

  if (paths[0] == NULL && base == NULL)
    g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT,
                 "%s:1: inherits from %s, which is not installed", ck_ini_get_file (last),
                 CK_PROVIDER_GENERIC CK_PROVIDER_SUFFIX);
  else if (paths[0] == NULL)
    ck_ini_set_error (last, base, error, "there is no provider “%s”", id);
  else if (is_in_chain (chain, paths[0]))
    ck_ini_set_error (last, base, error, "it would inherit from itself");
  else if (chain->len == CK_PROVIDER_MAX_CHAIN)
    ck_ini_set_error (last, base, error, "more than %u files inherit from each other",
                      CK_PROVIDER_MAX_CHAIN);
  else
    return TRUE;

  return FALSE;
}

/* A file that hides another one must be good in itself to be inherited from. */
static gboolean
is_good (Loader *loader, CkIni *ini, GError **error)
{
  g_autoptr (GHashTable) values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return ck_schema_read (&ck_provider_schema, ini, loader->insecure_loopback, values, error);
}

static gboolean add_base (Loader *loader, CkIni *ini, GError **error);

/* The file and what it inherits from; the chain is as before if that fails. */
static gboolean
add_file (Loader *loader, const char *path, const char *id, gboolean hides_another, GError **error)
{
  CkIni *ini = ck_ini_load (path, error);
  guint length = loader->chain->len;

  if (ini == NULL)
    return FALSE;
  g_ptr_array_add (loader->chain, ini);

  if ((!hides_another || is_good (loader, ini, error))
      && (g_str_equal (id, CK_PROVIDER_GENERIC) || add_base (loader, ini, error)))
    return TRUE;
  g_ptr_array_set_size (loader->chain, (int) length);

  return FALSE;
}

/* A bad file disables the provider it describes; whoever inherits from that one inherits from the file
 * that it hides. */
static gboolean
add_base (Loader *loader, CkIni *ini, GError **error)
{
  const CkIniEntry *base = find_base (ini);
  const char *id = base != NULL ? base->value : CK_PROVIDER_GENERIC;
  g_auto (GStrv) paths = find_files (loader->dirs, id);
  g_autoptr (GError) first = NULL;

  if (!check_base (loader, base, id, paths, error))
    return FALSE;

  for (char **path = paths; *path != NULL; path++)
    {
      if (add_file (loader, *path, id, path[1] != NULL, first == NULL ? &first : NULL))
        return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&first));

  return FALSE;
}

GPtrArray *
ck_provider_chain_load (const char *const *dirs,
                        const char *id,
                        gboolean insecure_loopback,
                        GError **error)
{
  g_autoptr (GPtrArray) chain = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_ini_free);
  g_auto (GStrv) paths = find_files (dirs, id);
  Loader loader = { dirs, insecure_loopback, chain };

  if (paths[0] == NULL)
    {
      g_set_error_literal (error, CK_ERROR, CK_ERROR_NO_SUCH_PROVIDER,
                           "there is no provider of that name");
      return NULL;
    }

  return add_file (&loader, paths[0], id, FALSE, error) ? g_steal_pointer (&chain) : NULL;
}
