/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-module-loader.h"

#include <errno.h>
#include <gmodule.h>
#include <string.h>
#include <sys/stat.h>

#include "ck-error.h"

struct _CkModuleLoader
{
  char *directory;
  uid_t owner;
  GHashTable *modules; /* file name to GModule */
};

static void
close_module (GModule *module)
{
  g_module_close (module);
}

CkModuleLoader *
ck_module_loader_new (const char *directory, uid_t owner)
{
  CkModuleLoader *loader = g_new0 (CkModuleLoader, 1);

  loader->directory = g_strdup (directory);
  loader->owner = owner;
  loader->modules =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) close_module);

  return loader;
}

void
ck_module_loader_free (CkModuleLoader *loader)
{
  g_clear_pointer (&loader->modules, g_hash_table_unref);
  g_free (loader->directory);
  g_free (loader);
}

static gboolean
refuse (GError **error, const char *name, const char *why)
{
  g_set_error (error, CK_ERROR, CK_ERROR_NOT_SUPPORTED, "the module %s %s", name, why);

  return FALSE;
}

static gboolean
is_plain_name (const char *name)
{
  gsize length = strspn (name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-");

  return length > 0 && g_str_equal (name + length, ".so");
}

static gboolean
is_trusted (CkModuleLoader *loader, const struct stat *st)
{
  return (st->st_uid == 0 || st->st_uid == loader->owner) && (st->st_mode & 022) == 0;
}

static gboolean
check_file (CkModuleLoader *loader, const char *name, const char *path, GError **error)
{
  struct stat directory, file;

  if (lstat (path, &file) < 0)
    return refuse (error, name, errno == ENOENT ? "is not installed" : "cannot be looked at");
  if (!S_ISREG (file.st_mode))
    return refuse (error, name, "is not a regular file");
  if (!is_trusted (loader, &file))
    return refuse (error, name, "is not root's, or others may write to it");
  if (stat (loader->directory, &directory) < 0 || !is_trusted (loader, &directory))
    return refuse (error, name, "lies in a directory that is not root's, or others may write to");

  return TRUE;
}

static GModule *
load (CkModuleLoader *loader, const char *name, GError **error)
{
  g_autofree char *path = NULL;
  GModule *module;
  const guint *abi = NULL;

  if (!is_plain_name (name))
    {
      refuse (error, name, "is no file name of a module: NAME.so, no path");
      return NULL;
    }

  path = g_build_filename (loader->directory, name, NULL);
  if (!check_file (loader, name, path, error))
    return NULL;

  /* Bound at once: a symbol that is missing shows now, not in the middle of a renewal. */
  module = g_module_open (path, G_MODULE_BIND_LOCAL);
  if (module == NULL)
    {
      g_autofree char *why = g_strdup_printf ("cannot be loaded: %s", g_module_error ());

      refuse (error, name, why);
      return NULL;
    }
  if (!g_module_symbol (module, "ck_module_abi", (gpointer *) &abi) || abi == NULL
      || *abi != CK_MODULE_ABI)
    {
      refuse (error, name, "was made for another version of Channelkeeper: rebuild it");
      g_module_close (module);
      return NULL;
    }
  g_hash_table_insert (loader->modules, g_strdup (name), module);

  return module;
}

CkModuleFunc
ck_module_loader_find (CkModuleLoader *loader,
                       const char *name,
                       const char *operation,
                       GError **error)
{
  GModule *module = g_hash_table_lookup (loader->modules, name);
  g_autofree char *symbol = g_strconcat ("ck_sm_", operation, NULL);
  gpointer function = NULL;

  if (module == NULL)
    module = load (loader, name, error);
  if (module == NULL)
    return NULL;

  if (!g_module_symbol (module, symbol, &function) || function == NULL)
    {
      g_autofree char *why = g_strdup_printf ("does not serve %s", operation);

      refuse (error, name, why);
      return NULL;
    }

  return (CkModuleFunc) function;
}
