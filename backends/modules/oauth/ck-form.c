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

const char *
ck_form_get_text (CkForm *form)
{
  return form->text;
}

char *
ck_form_append_to_uri (CkForm *form, const char *uri)
{
  return g_strconcat (uri, strchr (uri, '?') == NULL ? "?" : "&", form->text, NULL);
}

char *
ck_form_escape (const char *text)
{
  static const char digits[] = "0123456789ABCDEF";
  char *escaped = g_malloc (3 * strlen (text) + 1);
  char *out = escaped;

  for (const char *c = text; *c != '\0'; c++)
    {
      guchar byte = (guchar) *c;

      if (g_ascii_isalnum (*c) || strchr ("-._~", *c) != NULL)
        {
          *out++ = *c;
          continue;
        }
      *out++ = '%';
      *out++ = digits[byte >> 4];
      *out++ = digits[byte & 15];
    }
  *out = '\0';

  return escaped;
}

char *
ck_form_unescape (const char *text, gsize length)
{
  g_auto (CkSecretText) plain = g_malloc0 (length + 1);
  char *out = plain;

  for (gsize i = 0; i < length; i++)
    {
      int high;
      int low;

      if (text[i] != '%')
        {
          *out++ = text[i] == '+' ? ' ' : text[i];
          continue;
        }
      if (length - i < 3)
        return NULL;
      high = g_ascii_xdigit_value (text[i + 1]);
      low = g_ascii_xdigit_value (text[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0))
        return NULL;
      *out++ = (char) (high * 16 + low);
      i += 2;
    }
  if (!g_utf8_validate (plain, out - plain, NULL))
    return NULL;

  return g_steal_pointer (&plain);
}
