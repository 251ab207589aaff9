/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-provider-chain.h"

#include "ck-channel-file.h"
#include "ck-error.h"
#include "ck-provider.h"

static char *
find_file (const char *const *dirs, const char *id)
{
  g_autofree char *name = g_strconcat (id, CK_PROVIDER_SUFFIX, NULL);

  for (; ck_id_is_valid (id) && *dirs != NULL; dirs++)
    {
      g_autofree char *path = g_build_filename (*dirs, name, NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        return g_steal_pointer (&path);
    }

  return NULL;
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

static char *
find_next (const char *const *dirs, GPtrArray *chain, GError **error)
{
  CkIni *last = g_ptr_array_index (chain, chain->len - 1);
  const CkIniEntry *base = find_base (last);
  const char *id = base != NULL ? base->value : CK_PROVIDER_GENERIC;
  g_autofree char *path = find_file (dirs, id);

  if (path == NULL && base == NULL)
    g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT,
                 "%s:1: inherits from %s, which is not installed", ck_ini_get_file (last),
                 CK_PROVIDER_GENERIC CK_PROVIDER_SUFFIX);
  else if (path == NULL)
    ck_ini_set_error (last, base, error, "there is no provider “%s”", id);
  else if (is_in_chain (chain, path))
    ck_ini_set_error (last, base, error, "it would inherit from itself");
  else if (chain->len == CK_PROVIDER_MAX_CHAIN)
    ck_ini_set_error (last, base, error, "more than %u files inherit from each other",
                      CK_PROVIDER_MAX_CHAIN);
  else
    return g_steal_pointer (&path);

  return NULL;
}

GPtrArray *
ck_provider_chain_load (const char *const *dirs, const char *id, GError **error)
{
  g_autoptr (GPtrArray) chain = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_ini_free);
  g_autofree char *generic = find_file (dirs, CK_PROVIDER_GENERIC);
  g_autofree char *path = find_file (dirs, id);

  if (path == NULL)
    {
      g_set_error_literal (error, CK_ERROR, CK_ERROR_NO_SUCH_PROVIDER,
                           "there is no provider of that name");
      return NULL;
    }

  while (path != NULL)
    {
      gboolean is_generic = g_strcmp0 (path, generic) == 0;
      CkIni *ini = ck_ini_load (path, error);

      if (ini == NULL)
        return NULL;
      g_ptr_array_add (chain, ini);
      if (is_generic)
        return g_steal_pointer (&chain);

      g_free (path);
      path = find_next (dirs, chain, error);
    }

  return NULL;
}
