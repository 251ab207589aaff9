/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-redactor.h"

#include <libsecret/secret.h>
#include <string.h>

struct _CkRedactor
{
  GPtrArray *secrets; /* of SecretValue */
};

CkRedactor *
ck_redactor_new (void)
{
  CkRedactor *redactor = g_new0 (CkRedactor, 1);

  redactor->secrets = g_ptr_array_new_with_free_func ((GDestroyNotify) secret_value_unref);

  return redactor;
}

void
ck_redactor_free (CkRedactor *redactor)
{
  g_clear_pointer (&redactor->secrets, g_ptr_array_unref);
  g_free (redactor);
}

void
ck_redactor_add (CkRedactor *redactor, const char *secret)
{
  gsize length = secret != NULL ? strlen (secret) : 0;

  if (length < CK_REDACTOR_MIN_LENGTH)
    return;

  for (guint i = 0; i < redactor->secrets->len; i++)
    {
      if (g_str_equal (secret_value_get_text (g_ptr_array_index (redactor->secrets, i)), secret))
        return;
    }
  g_ptr_array_add (redactor->secrets, secret_value_new (secret, (gssize) length, "text/plain"));
}

static gboolean
is_hex_of (const char *text, guchar byte)
{
  return g_ascii_isxdigit (text[0]) && g_ascii_isxdigit (text[1])
         && g_ascii_xdigit_value (text[0]) * 16 + g_ascii_xdigit_value (text[1]) == byte;
}

/*
 * The two bytes that begin an escape may stand for themselves, or be escaped once or twice. A text
 * does it one way throughout; this is which.
 */
#define N_LEVELS 3

static gsize
match_escape_byte (const char *text, char byte, guint level)
{
  static const char *const percents[N_LEVELS] = { "%", "%25", "%2525" };
  static const char *const backslashes[N_LEVELS] = { "\\", "\\\\", "%5c" };
  const char *form = byte == '%' ? percents[level] : backslashes[level];
  gsize length = strlen (form);

  return g_ascii_strncasecmp (text, form, length) == 0 ? length : 0;
}

/* How many bytes at @text stand for @byte of a secret; 0 if they do not. */
static gsize
match_byte (const char *text, char byte, guint level)
{
  gsize skip = 1;

  if (byte == '%' || byte == '\\')
    return match_escape_byte (text, byte, level);
  if (*text == byte || (*text == '+' && byte == ' '))
    return 1;
  if (*text == '%')
    {
      /* "%252F" is "%2F" encoded once more. */
      while (text[skip] == '2' && text[skip + 1] == '5' && g_ascii_isxdigit (text[skip + 2]))
        skip += 2;
      return is_hex_of (text + skip, (guchar) byte) ? skip + 2 : 0;
    }
  if (*text == '\\')
    {
      if (text[1] == 'u' && text[2] == '0' && text[3] == '0' && is_hex_of (text + 4, (guchar) byte))
        return 6;
      if (text[1] == byte && (byte == '"' || byte == '/'))
        return 2;
    }

  return 0;
}

/* How many bytes of @secret stand at @text, and how many bytes of @text they take. */
static gsize
match_level (const char *text, const char *secret, guint level, gsize *taken)
{
  gsize count = 0;

  *taken = 0;
  while (secret[count] != '\0' && text[*taken] != '\0')
    {
      gsize n = match_byte (text + *taken, secret[count], level);

      if (n == 0)
        break;
      *taken += n;
      count++;
    }

  return count;
}

static gsize
match_run (const char *text, const char *secret, gsize *taken)
{
  gsize count = match_level (text, secret, 0, taken);

  for (guint level = 1; level < N_LEVELS && strpbrk (secret, "%\\") != NULL; level++)
    {
      gsize other, other_count = match_level (text, secret, level, &other);

      if (other_count > count || (other_count == count && other > *taken))
        {
          count = other_count;
          *taken = other;
        }
    }

  return count;
}

/* How many bytes at @text are @secret, or a part of it that is too long to show. */
static gsize
match_secret (const char *text, const char *secret)
{
  gsize length = strlen (secret), longest = 0, taken;

  if (match_run (text, secret, &taken) == length)
    return taken;
  if (length <= CK_REDACTOR_MIN_PART)
    return 0;

  for (gsize from = 0; from + CK_REDACTOR_MIN_PART <= length; from++)
    {
      if (match_run (text, secret + from, &taken) >= CK_REDACTOR_MIN_PART && taken > longest)
        longest = taken;
    }

  return longest;
}

/* One byte for each of @text: whether it belongs to a secret. */
static gboolean *
mark_secrets (CkRedactor *redactor, const char *text, gboolean *any)
{
  gboolean *marks = g_new0 (gboolean, strlen (text) + 1);

  *any = FALSE;
  for (guint i = 0; i < redactor->secrets->len; i++)
    {
      const char *secret = secret_value_get_text (g_ptr_array_index (redactor->secrets, i));

      /* Every place is tried, also inside of what is already marked: secrets may overlap. */
      for (gsize at = 0; text[at] != '\0'; at++)
        {
          gsize taken = match_secret (text + at, secret);

          for (gsize j = 0; j < taken; j++)
            marks[at + j] = TRUE;
          *any = *any || taken > 0;
        }
    }

  return marks;
}

char *
ck_redactor_cut (CkRedactor *redactor, const char *text)
{
  gboolean any;
  g_autofree gboolean *marks = mark_secrets (redactor, text, &any);
  GString *cut;

  if (!any)
    return g_strdup (text);

  cut = g_string_new (NULL);
  for (gsize at = 0; text[at] != '\0'; at++)
    {
      if (!marks[at])
        g_string_append_c (cut, text[at]);
      else if (at == 0 || !marks[at - 1])
        g_string_append (cut, CK_REDACTOR_MARK);
    }

  return g_string_free (cut, FALSE);
}

gboolean
ck_redactor_finds (CkRedactor *redactor, const char *text)
{
  gboolean any;
  g_autofree gboolean *marks = mark_secrets (redactor, text, &any);

  return any;
}

gboolean
ck_redactor_text_has (const char *text, const char *secret)
{
  gsize length = strlen (secret), taken;

  if (text == NULL || length == 0)
    return FALSE;

  for (; *text != '\0'; text++)
    {
      if (match_run (text, secret, &taken) == length)
        return TRUE;
    }

  return FALSE;
}
