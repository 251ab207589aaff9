/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-options.h"

#include "ck-argument.h"
#include "ck-error.h"

static const CkOptionSpec *
find_spec (const CkOptionSpec *known, const char *key)
{
  for (; known->key != NULL; known++)
    {
      if (g_str_equal (known->key, key))
        return known;
    }

  return NULL;
}

static char *
list_known (const CkOptionSpec *known)
{
  GString *list = g_string_new (NULL);

  for (; known->key != NULL; known++)
    g_string_append_printf (list, "%s%s", list->len > 0 ? ", " : "", known->key);

  return g_string_free (list, FALSE);
}

static gboolean
refuse_unknown (const char *key, const CkOptionSpec *known, GError **error)
{
  g_autofree char *list = list_known (known);
  g_autofree char *shown = ck_argument_show (key);

  g_set_error (error,
               CK_ERROR,
               CK_ERROR_INVALID_ARGUMENT,
               "there is no option “%s” here; known are: %s",
               shown,
               *list != '\0' ? list : "none");
  return FALSE;
}

/* A list may be as, a{ss} or anything else iterable; its strings are looked at one level down. */
static gboolean
check_size (const char *key, GVariant *value, GError **error)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return ck_argument_check_text (key, g_variant_get_string (value, NULL), CK_MAX_TEXT, error);

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    {
      g_autofree const char **strings = g_variant_get_strv (value, NULL);

      return ck_argument_check_strings (key, strings, error);
    }

  if (g_variant_is_container (value)
      && (g_variant_n_children (value) > CK_MAX_LIST
          || g_variant_get_size (value) > CK_MAX_LIST * CK_MAX_TEXT))
    {
      g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "%s is too large", key);
      return FALSE;
    }

  return TRUE;
}

gboolean
ck_options_check (GVariant *options, const CkOptionSpec *known, GError **error)
{
  GVariantIter iter;
  const char *key;
  GVariant *next;
  guint64 seen = 0;

  g_return_val_if_fail (g_variant_is_of_type (options, G_VARIANT_TYPE_VARDICT), FALSE);

  g_variant_iter_init (&iter, options);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &next))
    {
      g_autoptr (GVariant) value = next;
      const CkOptionSpec *spec = find_spec (known, key);
      guint64 bit;

      if (spec == NULL)
        return refuse_unknown (key, known, error);

      bit = G_GUINT64_CONSTANT (1) << (spec - known);
      if (seen & bit)
        {
          g_set_error (error,
                       CK_ERROR,
                       CK_ERROR_INVALID_ARGUMENT,
                       "option “%s” is given twice",
                       key);
          return FALSE;
        }
      seen |= bit;

      if (!g_variant_is_of_type (value, G_VARIANT_TYPE (spec->type)))
        {
          g_set_error (error,
                       CK_ERROR,
                       CK_ERROR_INVALID_ARGUMENT,
                       "option “%s” must be of type %s, not %s",
                       key,
                       spec->type,
                       g_variant_get_type_string (value));
          return FALSE;
        }
      if (!check_size (key, value, error))
        return FALSE;
    }

  return TRUE;
}

const char *
ck_options_get_string (GVariant *options, const char *key)
{
  const char *string = NULL;

  g_variant_lookup (options, key, "&s", &string);

  return string;
}

GStrv
ck_options_dup_strings (GVariant *options, const char *key)
{
  GStrv strings = NULL;

  g_variant_lookup (options, key, "^as", &strings);

  return strings;
}

gboolean
ck_options_get_boolean (GVariant *options, const char *key)
{
  gboolean value = FALSE;

  g_variant_lookup (options, key, "b", &value);

  return value;
}

guint
ck_options_get_uint (GVariant *options, const char *key, guint fallback)
{
  g_variant_lookup (options, key, "u", &fallback);

  return fallback;
}

guint64
ck_options_get_time (GVariant *options, const char *key)
{
  guint64 value = 0;

  g_variant_lookup (options, key, "t", &value);

  return value;
}
