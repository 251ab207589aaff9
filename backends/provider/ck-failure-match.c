/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-failure-private.h"

#include <string.h>

#include "ck-error.h"
#include "ck-json.h"

typedef enum
{
  SUBJECT_STATUS,
  SUBJECT_WHERE,
  SUBJECT_JSON,
  SUBJECT_HEADER,
  SUBJECT_BODY,
} Subject;

typedef enum
{
  OPERATOR_EXISTS,
  OPERATOR_EQUALS,
  OPERATOR_CONTAINS,
} Operator;

typedef struct
{
  char *text;
  gboolean is_range;
  gint64 low;
  gint64 high;
} Alternative;

typedef struct
{
  Subject subject;
  Operator operator;
  gboolean negated;
  char *name; /* the path, or the header's name */
  GPtrArray *alternatives;
} Condition;

struct _CkFailureMatch
{
  GPtrArray *conditions;
};

static void
alternative_free (Alternative *alternative)
{
  g_free (alternative->text);
  g_free (alternative);
}

static void
condition_free (Condition *condition)
{
  g_free (condition->name);
  g_clear_pointer (&condition->alternatives, g_ptr_array_unref);
  g_free (condition);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Condition, condition_free)

void
ck_failure_match_free (CkFailureMatch *match)
{
  g_clear_pointer (&match->conditions, g_ptr_array_unref);
  g_free (match);
}

/* ---- reading --------------------------------------------------------------------------------- */

static gboolean
parse_range (const char *text, Alternative *alternative)
{
  g_auto (GStrv) ends = NULL;

  if (!g_ascii_isdigit (*text))
    return FALSE;

  ends = g_strsplit (text, "-", 2);
  if (ends[1] == NULL)
    return FALSE;

  return g_ascii_string_to_signed (ends[0], 10, 0, G_MAXINT64, &alternative->low, NULL)
         && g_ascii_string_to_signed (ends[1], 10, 0, G_MAXINT64, &alternative->high, NULL);
}

/* One alternative, up to a comma outside of quotes; @at moves behind it. */
static Alternative *
parse_alternative (const char **at)
{
  g_autoptr (GString) text = g_string_new (NULL);
  Alternative *alternative;
  gboolean quoted = FALSE, inside = FALSE;

  for (; **at != '\0' && (inside || **at != ','); (*at)++)
    {
      if (**at == '"')
        {
          quoted = TRUE;
          inside = !inside;
          continue;
        }
      if (inside && **at == '\\' && ((*at)[1] == '"' || (*at)[1] == '\\'))
        (*at)++;
      g_string_append_c (text, **at);
    }

  alternative = g_new0 (Alternative, 1);
  alternative->text = g_string_free (g_steal_pointer (&text), FALSE);
  alternative->is_range = !quoted && parse_range (alternative->text, alternative);

  return alternative;
}

static GPtrArray *
parse_alternatives (const char *text)
{
  g_autoptr (GPtrArray) list =
      g_ptr_array_new_with_free_func ((GDestroyNotify) alternative_free);
  const char *at = text;

  while (TRUE)
    {
      Alternative *alternative = parse_alternative (&at);

      g_ptr_array_add (list, alternative);
      if (*alternative->text == '\0')
        return NULL;
      if (*at == '\0')
        return g_steal_pointer (&list);
      at++;
    }
}

/* 400, 4xx or 400-404: each becomes a range. */
static gboolean
check_status (Alternative *alternative)
{
  const char *text = alternative->text;
  gint64 status;

  if (strlen (text) == 3 && g_ascii_isdigit (text[0]) && g_str_equal (text + 1, "xx"))
    {
      alternative->low = (text[0] - '0') * 100;
      alternative->high = alternative->low + 99;
    }
  else if (g_ascii_string_to_signed (text, 10, 100, 599, &status, NULL))
    alternative->low = alternative->high = status;
  else if (!alternative->is_range)
    return FALSE;
  alternative->is_range = TRUE;

  return alternative->low >= 100 && alternative->high <= 599
         && alternative->low <= alternative->high;
}

static gboolean
is_one_of (const char *word, const char *const *words)
{
  return g_strv_contains (words, word);
}

/* Why @condition makes no sense, or %NULL. */
static const char *
check_condition (Condition *condition)
{
  static const char *const wheres[] = { "token", "api", "redirect", "device", "revoke", NULL };
  static const char *const bodies[] = { "json", "not-json", "empty", NULL };

  if ((condition->subject == SUBJECT_STATUS || condition->subject == SUBJECT_WHERE)
      && condition->operator != OPERATOR_EQUALS)
    return "needs =";
  if (condition->subject == SUBJECT_BODY && condition->operator == OPERATOR_EXISTS)
    return "needs = or ~";

  for (guint i = 0; condition->alternatives != NULL && i < condition->alternatives->len; i++)
    {
      Alternative *alternative = g_ptr_array_index (condition->alternatives, i);

      if (condition->subject == SUBJECT_STATUS && !check_status (alternative))
        return "is no HTTP status such as 400, 4xx or 500-599";
      if (condition->subject == SUBJECT_WHERE && !is_one_of (alternative->text, wheres))
        return "knows token, api, redirect, device, revoke";
      if (condition->subject == SUBJECT_BODY && condition->operator == OPERATOR_EQUALS
          && !is_one_of (alternative->text, bodies))
        return "knows json, not-json, empty";
      if (alternative->is_range && alternative->low > alternative->high)
        return "has a range that ends before it begins";
    }

  return NULL;
}

static gboolean
parse_subject (const char *word, Condition *condition)
{
  if (g_str_equal (word, "status"))
    condition->subject = SUBJECT_STATUS;
  else if (g_str_equal (word, "where"))
    condition->subject = SUBJECT_WHERE;
  else if (g_str_equal (word, "body"))
    condition->subject = SUBJECT_BODY;
  else if (g_str_has_prefix (word, "json:"))
    condition->subject = SUBJECT_JSON;
  else if (g_str_has_prefix (word, "header:"))
    condition->subject = SUBJECT_HEADER;
  else
    return FALSE;

  if (condition->subject == SUBJECT_JSON || condition->subject == SUBJECT_HEADER)
    {
      condition->name = g_strdup (strchr (word, ':') + 1);
      return *condition->name != '\0' && strstr (condition->name, "..") == NULL
             && *condition->name != '.' && !g_str_has_suffix (condition->name, ".");
    }

  return TRUE;
}

static gboolean
fail (const char *word, const char *why, GError **error)
{
  g_set_error (error,
               CK_ERROR,
               CK_ERROR_INVALID_ARGUMENT,
               "the condition “%s” %s",
               word,
               why);

  return FALSE;
}

static gboolean
parse_condition (CkFailureMatch *match, const char *word, GError **error)
{
  g_autoptr (Condition) condition = g_new0 (Condition, 1);
  g_autofree char *subject = NULL;
  const char *start = word, *why;
  gsize length;

  if (*start == '!')
    {
      condition->negated = TRUE;
      start++;
    }

  length = strcspn (start, "=~");
  subject = g_strndup (start, length);
  if (!parse_subject (subject, condition))
    return fail (word, "is none of status, where, json:PATH, header:NAME, body", error);

  condition->operator = OPERATOR_EXISTS;
  if (start[length] != '\0')
    {
      condition->operator = start[length] == '=' ? OPERATOR_EQUALS : OPERATOR_CONTAINS;
      condition->alternatives = parse_alternatives (start + length + 1);
      if (condition->alternatives == NULL)
        return fail (word, "has an empty value", error);
    }

  why = check_condition (condition);
  if (why != NULL)
    return fail (word, why, error);

  g_ptr_array_add (match->conditions, g_steal_pointer (&condition));

  return TRUE;
}

/* The next word, up to a space outside of quotes; (transfer full); %NULL at the end. */
static char *
next_word (const char **at, gboolean *unbalanced)
{
  const char *start;
  gboolean inside = FALSE;

  while (g_ascii_isspace (**at))
    (*at)++;
  start = *at;

  for (; **at != '\0' && (inside || !g_ascii_isspace (**at)); (*at)++)
    {
      if (**at == '"')
        inside = !inside;
      else if (inside && **at == '\\' && ((*at)[1] == '"' || (*at)[1] == '\\'))
        (*at)++;
    }
  *unbalanced = inside;

  return *at > start ? g_strndup (start, (gsize) (*at - start)) : NULL;
}

CkFailureMatch *
ck_failure_match_parse (const char *text, GError **error)
{
  g_autoptr (CkFailureMatch) match = g_new0 (CkFailureMatch, 1);
  const char *at = text;

  match->conditions = g_ptr_array_new_with_free_func ((GDestroyNotify) condition_free);

  while (TRUE)
    {
      gboolean unbalanced;
      g_autofree char *word = next_word (&at, &unbalanced);

      if (word == NULL)
        break;
      if (unbalanced)
        {
          fail (word, "has a quote that does not end", error);
          return NULL;
        }
      if (!parse_condition (match, word, error))
        return NULL;
    }

  if (match->conditions->len == 0)
    {
      g_set_error_literal (error,
                           CK_ERROR,
                           CK_ERROR_INVALID_ARGUMENT,
                           "a match needs at least one condition");
      return NULL;
    }

  return g_steal_pointer (&match);
}

/* ---- testing --------------------------------------------------------------------------------- */

static gboolean
contains_no_case (const char *text, gsize length, const char *part)
{
  gsize n = strlen (part);

  for (gsize i = 0; i + n <= length; i++)
    {
      if (g_ascii_strncasecmp (text + i, part, n) == 0)
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_in_range (const char *text, const Alternative *alternative)
{
  gint64 number;

  return g_ascii_string_to_signed (text, 10, alternative->low, alternative->high, &number, NULL);
}

static gboolean
test_text (const Condition *condition, const char *text)
{
  if (condition->operator == OPERATOR_EXISTS)
    return TRUE;

  for (guint i = 0; i < condition->alternatives->len; i++)
    {
      const Alternative *alternative = g_ptr_array_index (condition->alternatives, i);

      if (condition->operator == OPERATOR_CONTAINS)
        {
          if (contains_no_case (text, strlen (text), alternative->text))
            return TRUE;
        }
      else if (g_str_equal (text, alternative->text)
               || (alternative->is_range && is_in_range (text, alternative)))
        return TRUE;
    }

  return FALSE;
}

static gboolean
test_value (const Condition *condition, JsonNode *node)
{
  g_autofree char *text = NULL;

  if (condition->operator == OPERATOR_EXISTS)
    return !JSON_NODE_HOLDS_NULL (node);

  text = ck_json_dup_text (node);

  return text != NULL && test_text (condition, text);
}

static gboolean
test_json (const Condition *condition, JsonNode *node, const char *path)
{
  const char *star = g_str_has_prefix (path, "*") ? path : strstr (path, ".*");
  g_autofree char *before = NULL;
  const char *after;
  JsonArray *array;

  if (star == NULL)
    {
      node = ck_json_walk (node, path);
      return node != NULL && test_value (condition, node);
    }

  if (star != path)
    {
      before = g_strndup (path, (gsize) (star - path));
      node = ck_json_walk (node, before);
      star++;
    }
  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;

  after = star[1] == '.' ? star + 2 : "";
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);

      if (*after == '\0' ? test_value (condition, element) : test_json (condition, element, after))
        return TRUE;
    }

  return FALSE;
}

static gboolean
test_status (const Condition *condition, guint status)
{
  for (guint i = 0; i < condition->alternatives->len; i++)
    {
      const Alternative *alternative = g_ptr_array_index (condition->alternatives, i);

      if (status >= alternative->low && status <= alternative->high)
        return TRUE;
    }

  return FALSE;
}

static gboolean
test_body (const Condition *condition, const CkFailureAnswer *answer)
{
  for (guint i = 0; i < condition->alternatives->len; i++)
    {
      const char *text = ((Alternative *) g_ptr_array_index (condition->alternatives, i))->text;

      if (condition->operator == OPERATOR_CONTAINS
              ? contains_no_case (answer->body, answer->body_length, text)
              : (g_str_equal (text, "json") && answer->json != NULL)
                    || (g_str_equal (text, "not-json") && answer->json == NULL)
                    || (g_str_equal (text, "empty") && answer->body_length == 0))
        return TRUE;
    }

  return FALSE;
}

static gboolean
test_header (const Condition *condition, const CkFailureAnswer *answer)
{
  const char *value = NULL;

  if (answer->get_header != NULL)
    value = answer->get_header (answer->header_data, condition->name);

  return value != NULL && test_text (condition, value);
}

static gboolean
test_condition (const Condition *condition, const CkFailureAnswer *answer)
{
  switch (condition->subject)
    {
    case SUBJECT_STATUS:
      return test_status (condition, answer->status);
    case SUBJECT_WHERE:
      return test_text (condition, answer->where);
    case SUBJECT_JSON:
      return answer->json != NULL && test_json (condition, answer->json, condition->name);
    case SUBJECT_HEADER:
      return test_header (condition, answer);
    case SUBJECT_BODY:
      return test_body (condition, answer);
    default:
      g_return_val_if_reached (FALSE);
    }
}

gboolean
ck_failure_match_test (CkFailureMatch *match, const CkFailureAnswer *answer)
{
  for (guint i = 0; i < match->conditions->len; i++)
    {
      const Condition *condition = g_ptr_array_index (match->conditions, i);

      if (test_condition (condition, answer) == condition->negated)
        return FALSE;
    }

  return TRUE;
}

gboolean
ck_failure_match_asks_header (CkFailureMatch *match)
{
  for (guint i = 0; i < match->conditions->len; i++)
    {
      const Condition *condition = g_ptr_array_index (match->conditions, i);

      if (condition->subject == SUBJECT_HEADER && !condition->negated
          && condition->operator != OPERATOR_EXISTS)
        return TRUE;
    }

  return FALSE;
}
