/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-stack-control.h"

#include <string.h>

#include "ck-error.h"

/* Not an action: no one has said yet what to do with this result. */
#define UNSET G_MININT32

static const struct
{
  const char *word;
  gint32 action;
} action_words[] = {
  { "ignore", CK_STACK_IGNORE }, { "ok", CK_STACK_OK },   { "done", CK_STACK_DONE },
  { "bad", CK_STACK_BAD },       { "die", CK_STACK_DIE }, { "reset", CK_STACK_RESET },
};

/* pam.conf(5) defines the simple controls by these. */
static const struct
{
  const char *word;
  gint32 on_success;
  gint32 on_ignore;
  gint32 otherwise;
} keywords[] = {
  { "required", CK_STACK_OK, CK_STACK_IGNORE, CK_STACK_BAD },
  { "requisite", CK_STACK_OK, CK_STACK_IGNORE, CK_STACK_DIE },
  { "sufficient", CK_STACK_DONE, CK_STACK_IGNORE, CK_STACK_IGNORE },
  { "optional", CK_STACK_OK, CK_STACK_IGNORE, CK_STACK_IGNORE },
};

static void
fill_unset (CkStackActions *actions, gint32 action)
{
  for (guint i = 0; i < CK_N_RESULTS; i++)
    {
      if (actions->by_result[i] == UNSET)
        actions->by_result[i] = action;
    }
}

static const char *
skip_space (const char *s)
{
  while (g_ascii_isspace (*s))
    s++;

  return s;
}

static gboolean
refuse (GError **error, const char *expected, const char *found)
{
  g_autofree char *shown = g_utf8_substring (found, 0, MIN (g_utf8_strlen (found, -1), 40));

  if (*shown == '\0')
    g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT,
                 "expected %s, found the end of the control", expected);
  else
    g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "expected %s, found “%s”", expected,
                 shown);

  return FALSE;
}

/* Sets @index to the result's number, or CK_N_RESULTS for `default`. */
static gboolean
parse_value (const char **s, guint *index, GError **error)
{
  gsize length = strspn (*s, "abcdefghijklmnopqrstuvwxyz_");
  g_autofree char *word = g_strndup (*s, length);
  CkResult result = 0;

  if (strcmp (word, "default") == 0)
    *index = CK_N_RESULTS;
  else if (ck_result_from_string (word, &result))
    *index = result;
  else
    return refuse (error, "a return value such as success, or default", *s);
  *s += length;

  return TRUE;
}

static gboolean
parse_jump (const char **s, gint32 *action, GError **error)
{
  gsize length = strspn (*s, "0123456789");
  g_autofree char *digits = g_strndup (*s, length);
  guint64 jump = g_ascii_strtoull (digits, NULL, 10);

  if (length == 0)
    return refuse (error,
                   "an action: ignore, ok, done, bad, die, reset, or how many modules to jump over",
                   *s);
  if (jump == 0)
    return refuse (error, "a jump over at least one module (the word for none is ignore)", *s);
  if (jump > CK_STACK_MAX_JUMP)
    return refuse (error, "a jump over at most " G_STRINGIFY (CK_STACK_MAX_JUMP) " modules", *s);
  *action = (gint32) jump;
  *s += length;

  return TRUE;
}

static gboolean
parse_action (const char **s, gint32 *action, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (action_words); i++)
    {
      /* libpam wants nothing between an action and the next value: `[success=okdefault=bad]` */
      if (g_str_has_prefix (*s, action_words[i].word))
        {
          *action = action_words[i].action;
          *s += strlen (action_words[i].word);
          return TRUE;
        }
    }

  return parse_jump (s, action, error);
}

static gboolean
parse_pairs (CkStackActions *actions, const char *s, GError **error)
{
  for (s = skip_space (s); *s != '\0'; s = skip_space (s))
    {
      guint index = 0;
      gint32 action = 0;

      if (!parse_value (&s, &index, error))
        return FALSE;
      s = skip_space (s);
      if (*s != '=')
        return refuse (error, "“=” and an action after a return value", s);
      s = skip_space (s + 1);
      if (!parse_action (&s, &action, error))
        return FALSE;

      if (index == CK_N_RESULTS)
        fill_unset (actions, action);
      else
        actions->by_result[index] = action;
    }

  return TRUE;
}

gboolean
ck_stack_actions_parse (CkStackActions *actions, const char *control, GError **error)
{
  CkStackActions parsed;

  for (guint i = 0; i < CK_N_RESULTS; i++)
    parsed.by_result[i] = UNSET;

  for (guint i = 0; i < G_N_ELEMENTS (keywords); i++)
    {
      if (g_ascii_strcasecmp (control, keywords[i].word) != 0)
        continue;

      parsed.by_result[CK_RESULT_SUCCESS] = keywords[i].on_success;
      parsed.by_result[CK_RESULT_NEW_AUTHTOK_REQD] = keywords[i].on_success;
      parsed.by_result[CK_RESULT_IGNORE] = keywords[i].on_ignore;
      fill_unset (&parsed, keywords[i].otherwise);
      *actions = parsed;
      return TRUE;
    }

  if (!parse_pairs (&parsed, control, error))
    return FALSE;
  fill_unset (&parsed, CK_STACK_BAD);
  *actions = parsed;

  return TRUE;
}

gboolean
ck_stack_action_is_valid (gint32 action)
{
  return action >= CK_STACK_RESET && action <= CK_STACK_MAX_JUMP;
}
