/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-schema.h"

#include <string.h>

#include "ck-advice.h"
#include "ck-answer-source.h"
#include "ck-channel-file.h"
#include "ck-failure.h"
#include "ck-state.h"
#include "ck-value.h"

/*
 * Each of these returns the value as it reads once checked, or NULL and, in @why, what would have
 * been right.
 */

static char *
check_one_of (const char *value, const char *words, char **why)
{
  g_auto (GStrv) list = ck_value_split (words);
  g_autofree char *shown = NULL;

  if (g_strv_contains ((const char *const *) list, value))
    return g_strdup (value);

  shown = g_strjoinv (", ", list);
  *why = g_strdup_printf ("“%s” is not one of: %s", value, shown);

  return NULL;
}

static char *
check_duration (const char *value, gboolean never_allowed, char **why)
{
  guint64 seconds;

  if (!ck_value_parse_duration (value, &seconds) || (seconds == G_MAXUINT64 && !never_allowed))
    {
      *why = g_strdup_printf ("“%s” is not a time such as 30s, 10min, 24h, 7d%s",
                              value,
                              never_allowed ? ", never" : "");
      return NULL;
    }

  return seconds == G_MAXUINT64 ? g_strdup ("never")
                                : g_strdup_printf ("%" G_GUINT64_FORMAT, seconds);
}

static char *
check_finite (const char *value, const char *detail, char **why)
{
  g_autofree char *seconds = check_duration (value, FALSE, why);
  g_auto (GStrv) range = ck_value_split (detail != NULL ? detail : "");
  guint64 least = 0;
  guint64 most = G_MAXUINT64;
  guint64 found;

  if (seconds == NULL || detail == NULL)
    return g_steal_pointer (&seconds);

  found = g_ascii_strtoull (seconds, NULL, 10);
  if (ck_value_parse_duration (range[0], &least) && ck_value_parse_duration (range[1], &most)
      && found >= least && found <= most)
    return g_steal_pointer (&seconds);
  *why = g_strdup_printf ("“%s” is not a time from %s to %s", value, range[0], range[1]);

  return NULL;
}

static char *
check_durations (const char *value, char **why)
{
  g_auto (GStrv) words = ck_value_split (value);

  for (char **word = words; *word != NULL; word++)
    {
      char *checked = check_duration (*word, FALSE, why);

      if (checked == NULL)
        return NULL;
      g_free (*word);
      *word = checked;
    }

  return g_strjoinv (" ", words);
}

static char *
check_ahead (const char *value, char **why)
{
  g_autofree char *number = NULL;
  guint percent;

  if (!g_str_has_suffix (value, "%"))
    return check_duration (value, FALSE, why);

  number = g_strndup (value, strlen (value) - 1);
  if (ck_value_parse_number (number, 1, 50, &percent))
    return g_strdup (value);
  *why = g_strdup_printf ("“%s” is not from 1%% to 50%%", value);

  return NULL;
}

static char *
check_number (const char *value, const char *detail, char **why)
{
  g_auto (GStrv) range = ck_value_split (detail);
  guint number;

  if (ck_value_parse_number (value,
                             (guint) g_ascii_strtoull (range[0], NULL, 10),
                             (guint) g_ascii_strtoull (range[1], NULL, 10),
                             &number))
    return g_strdup_printf ("%u", number);

  *why = g_strdup_printf ("“%s” is not a number from %s to %s", value, range[0], range[1]);

  return NULL;
}

static char *
check_boolean (const char *value, char **why)
{
  gboolean flag;

  if (ck_value_parse_boolean (value, &flag))
    return g_strdup (flag ? "yes" : "no");
  *why = g_strdup_printf ("“%s” is neither yes nor no", value);

  return NULL;
}

static gboolean
is_redirect_uri (const char *text)
{
  g_autoptr (GUri) uri = NULL;

  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c <= 0x20 || *c >= 0x7f)
        return FALSE;
    }
  uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);

  return uri != NULL && g_uri_get_fragment (uri) == NULL;
}

static char *
check_list (const char *value, const CkSchemaKey *key, char **why)
{
  g_auto (GStrv) words = ck_value_split (value);
  CkValueKind kind = key->kind;

  for (char **word = words; *word != NULL; word++)
    {
      g_autofree char *known
          = kind == CK_VALUE_WORDS ? check_one_of (*word, key->detail, why) : NULL;

      if (kind == CK_VALUE_WORDS && known == NULL)
        return NULL;
      if (kind == CK_VALUE_URIS && !is_redirect_uri (*word))
        *why = g_strdup_printf ("“%s” is not a redirect URI (absolute, without fragment)", *word);
      else if (kind == CK_VALUE_SOURCES && !ck_answer_source_check (*word, key->detail))
        *why = g_strdup_printf ("“%s” is none of header:NAME, header:NAME/PATH, json:PATH, maybe "
                                "with %s behind it",
                                *word,
                                key->detail);
      else
        continue;
      return NULL;
    }

  return g_strjoinv (" ", words);
}

static char *
check_if (gboolean good, const char *value, const char *what, char **why)
{
  if (good)
    return g_strdup (value);
  *why = g_strdup_printf ("“%s” is not %s", value, what);

  return NULL;
}

/* What stands for the platform's instance is filled in later, with an id. */
static gboolean
is_endpoint (const char *value, gboolean insecure_loopback)
{
  g_auto (GStrv) parts = g_strsplit (value, "{instance}", -1);
  g_autofree char *filled = g_strjoinv ("instance", parts);

  return ck_value_is_endpoint (filled, insecure_loopback);
}

static gboolean
is_file_name (const char *name)
{
  return *name != '\0' && *name != '.' && strchr (name, '/') == NULL && strlen (name) <= 128;
}

static char *
check_match (const char *value, char **why)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CkFailureMatch) match = ck_failure_match_parse (value, &error);

  if (match != NULL)
    return g_strdup (value);
  *why = g_strdup (error->message);

  return NULL;
}

/* A header that a platform wants to see; those that say who asks, and what, are not a file's. */
static char *
check_header (const char *value, char **why)
{
  static const char *const reserved[] = { "authorization",  "content-length", "content-type",
                                          "connection",     "cookie",         "expect",
                                          "host",           "proxy-authorization",
                                          "transfer-encoding", NULL };
  const char *colon = strchr (value, ':');
  g_autofree char *name = colon != NULL ? g_ascii_strdown (value, colon - value) : g_strdup ("");

  if (*name != '\0' && strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == strlen (name)
      && colon[1] == ' ' && colon[2] != '\0' && g_str_is_ascii (value)
      && !g_strv_contains (reserved, name))
    return g_strdup (value);
  *why = g_strdup_printf ("“%s” is not a header “Name: value” that a file may set", value);

  return NULL;
}

static gboolean
is_repeatable (CkValueKind kind)
{
  return kind == CK_VALUE_LIST || kind == CK_VALUE_WORDS || kind == CK_VALUE_URIS
         || kind == CK_VALUE_HEADER || kind == CK_VALUE_SOURCES || kind == CK_VALUE_MATCH;
}

static gboolean
may_be_empty (CkValueKind kind)
{
  return is_repeatable (kind) ? kind != CK_VALUE_MATCH
                              : kind == CK_VALUE_TEXT || kind == CK_VALUE_ENDPOINT
                                    || kind == CK_VALUE_LINK || kind == CK_VALUE_PORT
                                    || kind == CK_VALUE_PATH;
}

static char *
check_value (const CkSchemaKey *key, const char *value, gboolean insecure_loopback, char **why)
{
  guint port;

  if (*value == '\0' && may_be_empty (key->kind))
    return g_strdup ("");
  if (*value == '\0' && key->kind != CK_VALUE_REFUSED)
    {
      *why = g_strdup ("has no value");
      return NULL;
    }

  switch (key->kind)
    {
    case CK_VALUE_TEXT:
      return g_strdup (value);
    case CK_VALUE_ID:
      return check_if (ck_id_is_valid (value), value, "an id ([a-z0-9][a-z0-9._-]{0,63})", why);
    case CK_VALUE_FILE_NAME:
      return check_if (is_file_name (value), value, "the name of a file", why);
    case CK_VALUE_WORD:
      return check_one_of (value, key->detail, why);
    case CK_VALUE_LIST:
    case CK_VALUE_WORDS:
    case CK_VALUE_URIS:
    case CK_VALUE_SOURCES:
      return check_list (value, key, why);
    case CK_VALUE_HEADER:
      return check_header (value, why);
    case CK_VALUE_ENDPOINT:
      return check_if (is_endpoint (value, insecure_loopback),
                       value,
                       "an https address without user and fragment",
                       why);
    case CK_VALUE_LINK:
      return check_if (ck_value_is_link (value), value, "a web address", why);
    case CK_VALUE_DURATION:
      return check_duration (value, TRUE, why);
    case CK_VALUE_FINITE:
      return check_finite (value, key->detail, why);
    case CK_VALUE_DURATIONS:
      return check_durations (value, why);
    case CK_VALUE_AHEAD:
      return check_ahead (value, why);
    case CK_VALUE_BOOLEAN:
      return check_boolean (value, why);
    case CK_VALUE_NUMBER:
      return check_number (value, key->detail, why);
    case CK_VALUE_PORT:
      return check_if (g_str_equal (value, "any") || ck_value_parse_number (value, 1, 65535, &port),
                       value,
                       "a port number or “any”",
                       why);
    case CK_VALUE_PATH:
      return check_if (g_path_is_absolute (value), value, "an absolute path", why);
    case CK_VALUE_MATCH:
      return check_match (value, why);
    case CK_VALUE_REFUSED:
      *why = g_strdup (key->detail);
      return NULL;
    default:
      g_return_val_if_reached (NULL);
    }
}

static gboolean
group_fits (const char *pattern, const char *group)
{
  gsize length = strlen (pattern);

  return g_str_has_suffix (pattern, " *") ? strncmp (pattern, group, length - 1) == 0
                                          : g_str_equal (pattern, group);
}

/* The group's row, or the key's if there is a key. */
static const CkSchemaKey *
find_key (const CkSchema *schema, const CkIniEntry *entry)
{
  for (gsize i = 0; i < schema->n_keys; i++)
    {
      const CkSchemaKey *key = &schema->keys[i];

      if (group_fits (key->group, entry->group)
          && (entry->key == NULL || g_str_equal (key->key, entry->key)))
        return key;
    }

  return NULL;
}

static gboolean
check_group (const CkSchema *schema, CkIni *ini, const CkIniEntry *entry, GError **error)
{
  const CkSchemaKey *key = find_key (schema, entry);
  const char *space = strchr (entry->group, ' ');
  CkCause cause;

  if (key == NULL)
    {
      ck_ini_set_error (ini, entry, error, "there is no such group");
      return FALSE;
    }
  if (g_str_equal (key->group, "Advice *"))
    {
      if (ck_advice_is_known (space + 1))
        return TRUE;
      ck_ini_set_error (ini, entry, error, "“%s” is no advice", space + 1);
      return FALSE;
    }
  if (g_str_has_suffix (key->group, " *")
      && !ck_cause_from_string (space + 1, &cause))
    {
      ck_ini_set_error (ini, entry, error, "“%s” is not a cause", space + 1);
      return FALSE;
    }

  return TRUE;
}

static gboolean
check_entry (const CkSchema *schema,
             CkIni *ini,
             const CkIniEntry *entry,
             gboolean insecure_loopback,
             GHashTable *seen,
             GError **error)
{
  const CkSchemaKey *key = find_key (schema, entry);
  g_autofree char *name = g_strconcat (entry->group, ".", entry->key, NULL);
  g_autofree char *value = NULL;
  g_autofree char *why = NULL;
  const char *before = g_hash_table_lookup (seen, name);

  if (key == NULL)
    {
      ck_ini_set_error (ini, entry, error, "there is no such key");
      return FALSE;
    }
  if (before != NULL && !is_repeatable (key->kind))
    {
      ck_ini_set_error (ini, entry, error, "is here for the second time");
      return FALSE;
    }

  value = check_value (key, entry->value, insecure_loopback, &why);
  if (value == NULL)
    {
      ck_ini_set_error (ini, entry, error, "%s", why);
      return FALSE;
    }

  if (key->kind == CK_VALUE_MATCH)
    return TRUE;

  g_hash_table_insert (seen,
                       g_steal_pointer (&name),
                       before != NULL && *before != '\0' && *value != '\0'
                           ? g_strconcat (before, key->kind == CK_VALUE_HEADER ? "\n" : " ",
                                          value, NULL)
                           : g_steal_pointer (&value));

  return TRUE;
}

gboolean
ck_schema_read (const CkSchema *schema,
                CkIni *ini,
                gboolean insecure_loopback,
                GHashTable *values,
                GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  GHashTableIter iter;
  gpointer key;
  gpointer value;

  for (guint i = 0; i < ck_ini_get_n_entries (ini); i++)
    {
      const CkIniEntry *entry = ck_ini_get_entry (ini, i);

      if (entry->key == NULL ? !check_group (schema, ini, entry, error)
                             : !check_entry (schema, ini, entry, insecure_loopback, seen, error))
        return FALSE;
    }

  g_hash_table_iter_init (&iter, seen);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      g_hash_table_iter_steal (&iter);
      g_hash_table_replace (values, key, value);
    }

  return TRUE;
}

GStrv
ck_schema_get_list (GHashTable *values, const char *key)
{
  const char *value = g_hash_table_lookup (values, key);

  return ck_value_split (value != NULL ? value : "");
}

char *
ck_schema_dup_text (GHashTable *values, const char *key)
{
  const char *value = g_hash_table_lookup (values, key);

  return g_strdup (value != NULL ? value : "");
}
