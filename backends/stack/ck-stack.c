/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-stack-private.h"

#include <string.h>

#include "ck-error.h"
#include "ck-stack-parser.h"

#define HANDLER_TYPE "(ybssasai)"

static void
handler_free (gpointer data)
{
  CkStackHandler *handler = data;

  g_free (handler->module);
  g_free (handler->origin);
  g_strfreev (handler->argv);
  g_free (handler);
}

CkStack *
ck_stack_new (const char *name, const char *operation)
{
  CkStack *stack = g_new0 (CkStack, 1);

  g_atomic_ref_count_init (&stack->refs);
  stack->name = g_strdup (name);
  stack->operation = ck_stack_find_operation (operation);
  stack->handlers = g_ptr_array_new_with_free_func (handler_free);

  return stack;
}

CkStack *
ck_stack_ref (CkStack *stack)
{
  g_atomic_ref_count_inc (&stack->refs);

  return stack;
}

void
ck_stack_unref (CkStack *stack)
{
  if (!g_atomic_ref_count_dec (&stack->refs))
    return;

  g_free (stack->name);
  g_ptr_array_unref (stack->handlers);
  g_free (stack);
}

CkStackHandler *
ck_stack_append (
    CkStack *stack, guint level, const char *module, const char *origin, const char *const *argv)
{
  CkStackHandler *handler = g_new0 (CkStackHandler, 1);

  handler->level = level;
  handler->module = g_strdup (module);
  handler->origin = g_strdup (origin);
  handler->argv = g_strdupv ((GStrv) argv);
  g_ptr_array_add (stack->handlers, handler);

  return handler;
}

gboolean
ck_stack_handler_is_substack (const CkStackHandler *handler)
{
  return *handler->module == '\0';
}

static const CkStackHandler *
get_handler (CkStack *stack, guint index)
{
  g_return_val_if_fail (index < stack->handlers->len, NULL);

  return g_ptr_array_index (stack->handlers, index);
}

const char *
ck_stack_get_name (CkStack *stack)
{
  return stack->name;
}

const char *
ck_stack_get_operation (CkStack *stack)
{
  return stack->operation;
}

guint
ck_stack_get_n_handlers (CkStack *stack)
{
  return stack->handlers->len;
}

const char *
ck_stack_get_module (CkStack *stack, guint index)
{
  const CkStackHandler *handler = get_handler (stack, index);

  return handler != NULL ? handler->module : "";
}

guint
ck_stack_get_level (CkStack *stack, guint index)
{
  const CkStackHandler *handler = get_handler (stack, index);

  return handler != NULL ? handler->level : 0;
}

const char *const *
ck_stack_get_arguments (CkStack *stack, guint index)
{
  static const char *const none[] = { NULL };
  const CkStackHandler *handler = get_handler (stack, index);

  return handler != NULL ? (const char *const *) handler->argv : none;
}

const char *
ck_stack_get_origin (CkStack *stack, guint index)
{
  const CkStackHandler *handler = get_handler (stack, index);

  return handler != NULL ? handler->origin : "";
}

gboolean
ck_stack_has_modules (CkStack *stack)
{
  for (guint i = 0; i < stack->handlers->len; i++)
    {
      if (!ck_stack_handler_is_substack (g_ptr_array_index (stack->handlers, i)))
        return TRUE;
    }

  return FALSE;
}

static int
compare_words (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GStrv
ck_stack_list_modules (CkStack *stack)
{
  g_autoptr (GPtrArray) modules = g_ptr_array_new ();
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < stack->handlers->len; i++)
    {
      const CkStackHandler *handler = g_ptr_array_index (stack->handlers, i);

      if (!ck_stack_handler_is_substack (handler))
        g_ptr_array_add (modules, handler->module);
    }
  g_ptr_array_sort (modules, compare_words);

  for (guint i = 0; i < modules->len; i++)
    {
      const char *module = g_ptr_array_index (modules, i);

      if (i == 0 || strcmp (module, g_ptr_array_index (modules, i - 1)) != 0)
        g_strv_builder_add (builder, module);
    }

  return g_strv_builder_end (builder);
}

GVariant *
ck_stack_to_variant (CkStack *stack)
{
  GVariantBuilder handlers;

  g_variant_builder_init (&handlers, G_VARIANT_TYPE ("a" HANDLER_TYPE));
  for (guint i = 0; i < stack->handlers->len; i++)
    {
      const CkStackHandler *handler = g_ptr_array_index (stack->handlers, i);
      gsize n_actions = ck_stack_handler_is_substack (handler) ? 0 : CK_N_RESULTS;

      g_variant_builder_add (&handlers, "(ybss^as@ai)", (guchar) handler->level, handler->silent,
                             handler->module, handler->origin, handler->argv,
                             g_variant_new_fixed_array (G_VARIANT_TYPE_INT32,
                                                        handler->actions.by_result, n_actions,
                                                        sizeof (gint32)));
    }

  return g_variant_new ("(ssa" HANDLER_TYPE ")", stack->name, stack->operation, &handlers);
}

static gboolean
refuse (GError **error, gsize index, const char *what)
{
  g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT,
               "compiled stack: handler %" G_GSIZE_FORMAT ": %s", index, what);

  return FALSE;
}

/* A handler is at most as deep as the one before, or begins the substack marked there. */
static gboolean
check_level (CkStack *stack, guint level)
{
  const CkStackHandler *previous;

  if (stack->handlers->len == 0)
    return level == 0;
  previous = g_ptr_array_index (stack->handlers, stack->handlers->len - 1);

  return level < CK_STACK_MAX_DEPTH
         && level <= previous->level + (ck_stack_handler_is_substack (previous) ? 1 : 0);
}

static gboolean
copy_actions (CkStackActions *actions, GVariant *variant)
{
  gsize n_actions;
  const gint32 *values = g_variant_get_fixed_array (variant, &n_actions, sizeof (gint32));

  if (n_actions != CK_N_RESULTS)
    return FALSE;
  for (gsize i = 0; i < n_actions; i++)
    {
      if (!ck_stack_action_is_valid (values[i]))
        return FALSE;
      actions->by_result[i] = values[i];
    }

  return TRUE;
}

static gboolean
append_variant (CkStack *stack, GVariant *variant, gsize index, GError **error)
{
  g_autoptr (GVariant) actions = NULL;
  g_autofree const char **argv = NULL;
  CkStackHandler *handler;
  const char *module;
  const char *origin;
  gboolean silent;
  guchar level;

  g_variant_get (variant, "(yb&s&s^a&s@ai)", &level, &silent, &module, &origin, &argv, &actions);
  if (!check_level (stack, level))
    return refuse (error, index, "its level does not follow from the one before");
  if (*module != '\0' && !ck_stack_module_is_valid (module))
    return refuse (error, index, "not a module's name");
  if (g_strv_length ((GStrv) argv) > CK_STACK_MAX_LINE)
    return refuse (error, index, "too many arguments");

  handler = ck_stack_append (stack, level, module, origin, argv);
  handler->silent = silent;
  if (ck_stack_handler_is_substack (handler))
    {
      if (g_variant_n_children (actions) != 0 || *argv != NULL)
        return refuse (error, index, "a substack has neither actions nor arguments");
    }
  else if (!copy_actions (&handler->actions, actions))
    return refuse (error, index, "expected one valid action for each result");

  return TRUE;
}

CkStack *
ck_stack_new_from_variant (GVariant *variant, GError **error)
{
  g_autoptr (CkStack) stack = NULL;
  g_autoptr (GVariant) handlers = NULL;
  const char *name;
  const char *operation;
  gsize n_handlers;

  if (!g_variant_is_of_type (variant, G_VARIANT_TYPE (CK_STACK_VARIANT_TYPE))
      || !g_variant_is_normal_form (variant))
    {
      g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT,
                   "compiled stack: expected the type " CK_STACK_VARIANT_TYPE);
      return NULL;
    }

  g_variant_get (variant, "(&s&s@a" HANDLER_TYPE ")", &name, &operation, &handlers);
  n_handlers = g_variant_n_children (handlers);
  if (!ck_stack_name_is_valid (name) || !g_strv_contains (ck_stack_list_operations (), operation)
      || n_handlers > CK_STACK_MAX_HANDLERS)
    {
      g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT,
                   "compiled stack: expected a stack's name, an operation and at most %d handlers",
                   CK_STACK_MAX_HANDLERS);
      return NULL;
    }

  stack = ck_stack_new (name, operation);
  for (gsize i = 0; i < n_handlers; i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (handlers, i);

      if (!append_variant (stack, child, i, error))
        return NULL;
    }

  return g_steal_pointer (&stack);
}
