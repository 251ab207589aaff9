/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-config-stacks.h"

#include "ck-error.h"
#include "ck-stack.h"
#include "ck-stack-parser.h"

struct _CkConfigStacks
{
  GStrv dirs;
  char *moduledir;
  GHashTable *good; /* name/operation to GVariant; name to NULL once all operations are there */
  GHashTable *modules; /* name/operation to GStrv */
};

static void
unref_nullable (gpointer variant)
{
  if (variant != NULL)
    g_variant_unref (variant);
}

CkConfigStacks *
ck_config_stacks_new (const char *const *dirs, const char *moduledir)
{
  CkConfigStacks *stacks = g_new0 (CkConfigStacks, 1);

  stacks->dirs = g_strdupv ((char **) dirs);
  stacks->moduledir = g_strdup (moduledir);
  stacks->good = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, unref_nullable);
  stacks->modules
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_strfreev);

  return stacks;
}

void
ck_config_stacks_free (CkConfigStacks *stacks)
{
  g_clear_pointer (&stacks->good, g_hash_table_unref);
  g_clear_pointer (&stacks->modules, g_hash_table_unref);
  g_free (stacks->moduledir);
  g_strfreev (stacks->dirs);
  g_free (stacks);
}

/* The worker checks owner and mode when it loads; here it is enough that a typo is found early. */
static gboolean
check_modules (CkConfigStacks *stacks, GVariant *compiled, GError **error)
{
  g_autoptr (GVariantIter) iter = NULL;
  const char *module;
  const char *origin;
  gboolean silent;

  g_variant_get (compiled, "(&s&sa(ybssasai))", NULL, NULL, &iter);
  while (g_variant_iter_loop (iter, "(yb&s&sasai)", NULL, &silent, &module, &origin, NULL, NULL))
    {
      g_autofree char *path = g_build_filename (stacks->moduledir, module, NULL);

      if (silent || *module == '\0' || g_file_test (path, G_FILE_TEST_IS_REGULAR))
        continue;
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "%s: there is no module %s in %s",
                   origin,
                   module,
                   stacks->moduledir);
      return FALSE;
    }

  return TRUE;
}

static char *
make_key (const char *name, const char *operation)
{
  return g_strconcat (name, "/", operation, NULL);
}

/* *@compiled stays NULL if the stack has nothing for the operation. */
static gboolean
compile (CkConfigStacks *stacks,
         const char *name,
         const char *operation,
         GVariant **compiled,
         GError **error)
{
  g_autoptr (CkStack) stack = NULL;
  g_autoptr (GVariant) variant = NULL;

  stack = ck_stack_load ((const char *const *) stacks->dirs, name, operation, error);
  if (stack == NULL)
    return FALSE;
  if (!ck_stack_has_modules (stack))
    return TRUE;

  variant = g_variant_ref_sink (ck_stack_to_variant (stack));
  if (!check_modules (stacks, variant, error))
    return FALSE;
  *compiled = g_steal_pointer (&variant);
  g_hash_table_replace (stacks->modules, make_key (name, operation), ck_stack_list_modules (stack));

  return TRUE;
}

gboolean
ck_config_stacks_check (CkConfigStacks *stacks, const char *name, GError **error)
{
  for (const char *const *operation = ck_stack_list_operations (); *operation != NULL; operation++)
    {
      g_autoptr (GVariant) compiled = NULL;

      if (!compile (stacks, name, *operation, &compiled, error))
        return FALSE;
    }

  return TRUE;
}

gboolean
ck_config_stacks_add (CkConfigStacks *stacks, const char *name, GError **error)
{
  static const char *const operations[] = { "connect", "verify", "renew", "revoke" };
  gboolean any = FALSE;

  if (g_hash_table_contains (stacks->good, name))
    return TRUE;

  for (gsize i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      g_autoptr (GVariant) compiled = NULL;

      if (!compile (stacks, name, operations[i], &compiled, error))
        return FALSE;
      if (compiled == NULL)
        continue;
      any = TRUE;
      g_hash_table_replace (stacks->good, make_key (name, operations[i]),
                            g_steal_pointer (&compiled));
    }

  if (!any)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "the stack %s has no line for any operation",
                   name);
      return FALSE;
    }
  g_hash_table_insert (stacks->good, g_strdup (name), NULL);

  return TRUE;
}

GVariant *
ck_config_stacks_lookup (CkConfigStacks *stacks, const char *name, const char *operation)
{
  g_autofree char *key = make_key (name, operation);

  return g_hash_table_lookup (stacks->good, key);
}

const char *const *
ck_config_stacks_get_modules (CkConfigStacks *stacks, const char *name, const char *operation)
{
  g_autofree char *key = make_key (name, operation);

  return g_hash_table_lookup (stacks->modules, key);
}
