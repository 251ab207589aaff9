/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-form.h"

#include <string.h>

#include "ck-oauth-text.h"

struct _CkForm
{
  char *text;
  gsize length;
  gsize allocated;
};

CkForm *
ck_form_new (void)
{
  CkForm *form = g_new0 (CkForm, 1);

  form->allocated = 1024;
  form->text = g_malloc0 (form->allocated);

  return form;
}

static void
append (CkForm *form, const char *text)
{
  gsize length = strlen (text);

  if (form->length + length >= form->allocated)
    {
      /* Not g_realloc(): it may leave a copy of a secret behind. */
      gsize allocated = 2 * (form->length + length + 1);
      char *grown = g_malloc0 (allocated);

      memcpy (grown, form->text, form->length);
      explicit_bzero (form->text, form->allocated);
      g_free (form->text);
      form->text = grown;
      form->allocated = allocated;
    }

  memcpy (form->text + form->length, text, length + 1);
  form->length += length;
}

CkForm *
ck_form_copy (CkForm *form)
{
  CkForm *copy = ck_form_new ();

  append (copy, form->text);

  return copy;
}

void
ck_form_free (CkForm *form)
{
  explicit_bzero (form->text, form->allocated);
  g_free (form->text);
  g_free (form);
}

void
ck_form_add (CkForm *form, const char *name, const char *value)
{
  g_auto (CkSecretText) escaped = NULL;
  g_autofree char *escaped_name = NULL;

  if (value == NULL || *value == '\0')
    return;

  escaped = ck_form_escape (value);
  escaped_name = ck_form_escape (name);
  if (form->length > 0)
    append (form, "&");
  append (form, escaped_name);
  append (form, "=");
  append (form, escaped);
}

void
ck_form_add_words (CkForm *form, const char *name, const char *const *words)
{
  for (gsize i = 0; words[i] != NULL; i++)
    {
      g_auto (CkSecretText) escaped = ck_form_escape (words[i]);

      if (i == 0)
        ck_form_add (form, name, words[i]);
      else
        {
          append (form, "+");
          append (form, escaped);
        }
    }
}

const char *
ck_form_get_text (CkForm *form)
{
  return form->text;
}

static void
append_json_string (CkForm *json, const char *text, gsize length)
{
  g_auto (CkSecretText) plain = ck_form_unescape (text, length);

  append (json, "\"");
  for (const char *c = plain; c != NULL && *c != '\0'; c++)
    {
      char plain_character[] = { *c, '\0' };
      char escaped[8];

      if (*c != '"' && *c != '\\' && (guchar) *c >= 0x20)
        {
          append (json, plain_character);
          continue;
        }
      g_snprintf (escaped, sizeof escaped, "\\u%04x", (guchar) *c);
      append (json, escaped);
    }
  append (json, "\"");
}

char *
ck_form_to_json (CkForm *form)
{
  g_autoptr (CkForm) json = ck_form_new ();
  const char *at = form->text;

  append (json, "{");
  while (*at != '\0')
    {
      gsize length = strcspn (at, "&");
      gsize name = strcspn (at, "=");

      if (at != form->text)
        append (json, ",");
      append_json_string (json, at, name);
      append (json, ":");
      append_json_string (json, at + name + 1, length - name - 1);
      at += length;
      at += *at == '&' ? 1 : 0;
    }
  append (json, "}");

  return g_strdup (json->text);
}

char *
ck_form_append_to_uri (CkForm *form, const char *uri)
{
  return g_strconcat (uri, strchr (uri, '?') == NULL ? "?" : "&", form->text, NULL);
}

GHashTable *
ck_form_parse (const char *text, GError **error)
{
  g_autoptr (GHashTable) parameters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                                             (GDestroyNotify) ck_secret_text_free);
  char *decoded_name;
  char *decoded_value;

  while (text != NULL && ck_form_next (&text, &decoded_name, &decoded_value))
    {
      g_autofree char *name = decoded_name;
      g_auto (CkSecretText) value = decoded_value;

      if (name == NULL || value == NULL)
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                               "a parameter in it cannot be decoded");
          return NULL;
        }
      if (*name == '\0')
        continue;
      if (g_hash_table_contains (parameters, name))
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                               "a parameter in it is there twice");
          return NULL;
        }
      g_hash_table_insert (parameters, g_steal_pointer (&name), g_steal_pointer (&value));
    }

  return g_steal_pointer (&parameters);
}
