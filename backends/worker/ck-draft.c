/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-transaction-private.h"

#include <string.h>

#include "ck-error.h"

static const char *const texts[] = { "access-token", "refresh-token", "token-type",
                                     "account-id",   "owner-id",      "account-name",
                                     "token-origin", NULL };
static const char *const times[] = { "issued-at",
                                     "expires-at",
                                     "renewable-until",
                                     "reconnect-by",
                                     NULL };

static SecretValue *
secret_of (const char *text)
{
  return secret_value_new (text, -1, "text/plain");
}

CkDraft *
ck_draft_new (void)
{
  CkDraft *draft = g_new0 (CkDraft, 1);

  draft->texts =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) secret_value_unref);
  draft->extras =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) secret_value_unref);
  draft->times = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  draft->scopes = g_new0 (char *, 1);

  return draft;
}

void
ck_draft_free (CkDraft *draft)
{
  g_clear_pointer (&draft->texts, g_hash_table_unref);
  g_clear_pointer (&draft->extras, g_hash_table_unref);
  g_clear_pointer (&draft->times, g_hash_table_unref);
  g_clear_pointer (&draft->scopes, g_strfreev);
  g_free (draft);
}

CkDraft *
ck_draft_new_from_members (GVariant *members, GError **error)
{
  g_autoptr (CkDraft) draft = ck_draft_new ();
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (members);
  g_autoptr (GVariant) extras = NULL;
  const char *key, *text;
  GVariantIter iter;
  GStrv scopes;
  guint64 time;

  if (!g_variant_is_normal_form (members))
    {
      g_set_error_literal (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "the grant is damaged");
      return NULL;
    }

  for (guint i = 0; texts[i] != NULL; i++)
    {
      if (g_variant_dict_lookup (&dict, texts[i], "&s", &text))
        ck_draft_set (draft, texts[i], text);
    }
  for (guint i = 0; times[i] != NULL; i++)
    {
      if (g_variant_dict_lookup (&dict, times[i], "t", &time))
        ck_draft_set_time (draft, times[i], time);
    }

  extras = g_variant_dict_lookup_value (&dict, "extras", G_VARIANT_TYPE ("a{ss}"));
  if (extras != NULL)
    {
      g_variant_iter_init (&iter, extras);
      while (g_variant_iter_next (&iter, "{&s&s}", &key, &text))
        g_hash_table_insert (draft->extras, g_strdup (key), secret_of (text));
    }
  if (g_variant_dict_lookup (&dict, "scopes", "^as", &scopes))
    {
      g_strfreev (draft->scopes);
      draft->scopes = scopes;
    }

  return g_steal_pointer (&draft);
}

static void
copy_secrets (GHashTable *to, GHashTable *from)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, from);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_hash_table_insert (to, g_strdup (key), secret_value_ref (value));
}

CkDraft *
ck_draft_copy (CkDraft *draft)
{
  CkDraft *copy = ck_draft_new ();

  copy_secrets (copy->texts, draft->texts);
  copy_secrets (copy->extras, draft->extras);
  for (guint i = 0; times[i] != NULL; i++)
    ck_draft_set_time (copy, times[i], ck_draft_get_time (draft, times[i]));
  g_strfreev (copy->scopes);
  copy->scopes = g_strdupv (draft->scopes);

  return copy;
}

const char *
ck_draft_get (CkDraft *draft, const char *member)
{
  SecretValue *value = g_hash_table_lookup (draft->texts, member);

  return value != NULL ? secret_value_get_text (value) : "";
}

void
ck_draft_set (CkDraft *draft, const char *member, const char *value)
{
  if (value == NULL || *value == '\0')
    g_hash_table_remove (draft->texts, member);
  else
    g_hash_table_replace (draft->texts, g_strdup (member), secret_of (value));
}

guint64
ck_draft_get_time (CkDraft *draft, const char *member)
{
  const guint64 *time = g_hash_table_lookup (draft->times, member);

  return time != NULL ? *time : 0;
}

void
ck_draft_set_time (CkDraft *draft, const char *member, guint64 time)
{
  if (time == 0)
    g_hash_table_remove (draft->times, member);
  else
    g_hash_table_replace (draft->times, g_strdup (member), g_memdup2 (&time, sizeof time));
}

static gboolean
equal_secrets (GHashTable *a, GHashTable *b)
{
  GHashTableIter iter;
  gpointer key, value;

  if (g_hash_table_size (a) != g_hash_table_size (b))
    return FALSE;

  g_hash_table_iter_init (&iter, a);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      SecretValue *other = g_hash_table_lookup (b, key);

      if (other == NULL
          || !g_str_equal (secret_value_get_text (value), secret_value_get_text (other)))
        return FALSE;
    }

  return TRUE;
}

gboolean
ck_draft_equal (CkDraft *a, CkDraft *b)
{
  for (guint i = 0; times[i] != NULL; i++)
    {
      if (ck_draft_get_time (a, times[i]) != ck_draft_get_time (b, times[i]))
        return FALSE;
    }

  return equal_secrets (a->texts, b->texts) && equal_secrets (a->extras, b->extras)
         && g_strv_equal ((const char *const *) a->scopes, (const char *const *) b->scopes);
}

gboolean
ck_draft_extra_is_secret (const char *key)
{
  static const char *const endings[] = { "token", "secret", "proof", "key" };

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      if (g_str_has_suffix (key, endings[i]))
        return TRUE;
    }

  return FALSE;
}

/* A string variant whose bytes are the secret's own: no copy of it is left in the heap. */
static GVariant *
string_of (SecretValue *value)
{
  gsize length;
  const char *text = secret_value_get (value, &length);

  return g_variant_new_from_data (G_VARIANT_TYPE_STRING,
                                  text,
                                  length + 1,
                                  TRUE,
                                  (GDestroyNotify) secret_value_unref,
                                  secret_value_ref (value));
}

static GVariant *
extras_of (CkDraft *draft)
{
  GVariantBuilder builder;
  GHashTableIter iter;
  gpointer key, value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  g_hash_table_iter_init (&iter, draft->extras);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_variant_builder_add_value (
        &builder,
        g_variant_new_dict_entry (g_variant_new_string (key), string_of (value)));

  return g_variant_builder_end (&builder);
}

GVariant *
ck_draft_to_members (CkDraft *draft)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; texts[i] != NULL; i++)
    {
      SecretValue *value = g_hash_table_lookup (draft->texts, texts[i]);

      if (value != NULL)
        g_variant_builder_add (&builder, "{sv}", texts[i], string_of (value));
    }
  for (guint i = 0; times[i] != NULL; i++)
    {
      if (ck_draft_get_time (draft, times[i]) != 0)
        g_variant_builder_add (&builder,
                               "{sv}",
                               times[i],
                               g_variant_new_uint64 (ck_draft_get_time (draft, times[i])));
    }
  g_variant_builder_add (&builder,
                         "{sv}",
                         "scopes",
                         g_variant_new_strv ((const char *const *) draft->scopes, -1));
  if (g_hash_table_size (draft->extras) > 0)
    g_variant_builder_add (&builder, "{sv}", "extras", extras_of (draft));

  return g_variant_builder_end (&builder);
}
