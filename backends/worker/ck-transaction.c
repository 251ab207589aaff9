/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-transaction-private.h"

#include <string.h>

#include "ck-discovery.h"
#include "ck-error.h"
#include "ck-secret.h"

#define DEFAULT_TIMEOUT 60
#define MAX_TIMEOUT (60 * 60)

static gboolean
invalid (GError **error, const char *what)
{
  g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "%s is not what Run expects", what);

  return FALSE;
}

const char *
ck_transaction_get_argument (CkTransaction *t, const char *member)
{
  const char *value = "";

  g_variant_dict_lookup (t->arguments, member, "&s", &value);

  return value;
}

static GStrv
dup_list (GVariantDict *dict, const char *member)
{
  GStrv list = NULL;

  if (!g_variant_dict_lookup (dict, member, "^as", &list))
    list = g_new0 (char *, 1);

  return list;
}

/* ---- making one ------------------------------------------------------------------------------ */

static void
take_settings (CkTransaction *t, GVariant *settings)
{
  const char *key, *value;
  GVariantIter iter;

  t->settings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_variant_iter_init (&iter, settings);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &value))
    g_hash_table_insert (t->settings, g_strdup (key), g_strdup (value));
}

static gboolean
take_arguments (CkTransaction *t, GVariant *arguments, GError **error)
{
  static const char *const operations[] = { "connect", "verify", "renew", "revoke", NULL };
  g_autoptr (GVariant) sunk = g_variant_ref_sink (arguments);
  guint32 timeout = 0;
  gint64 margin;

  t->arguments = g_variant_dict_new (sunk);
  t->operation = ck_transaction_get_argument (t, "operation");
  t->flow = ck_transaction_get_argument (t, "flow");
  t->channel = ck_transaction_get_argument (t, "channel");
  t->scopes = dup_list (t->arguments, "scopes");
  t->required_scopes = dup_list (t->arguments, "required-scopes");
  if (!g_strv_contains (operations, t->operation))
    return invalid (error, "the operation");

  g_variant_dict_lookup (t->arguments, "timeout", "u", &timeout);
  if (timeout == 0)
    timeout = DEFAULT_TIMEOUT;
  timeout = MIN (timeout, MAX_TIMEOUT);
  /* The answer must have arrived by then, not only be on its way. */
  margin = MIN (G_USEC_PER_SEC, timeout * G_USEC_PER_SEC / 10);
  t->last_moment = g_get_monotonic_time () + timeout * G_USEC_PER_SEC;
  t->deadline = t->last_moment - margin;

  return TRUE;
}

static void
add_basic_form (CkTransaction *t, const char *secret)
{
  /* RFC 6749 section 2.3.1: as both are sent in the Authorization header. */
  g_autofree char *id = g_uri_escape_string (ck_transaction_get_client_id (t), NULL, FALSE);
  char *escaped = g_uri_escape_string (secret, NULL, FALSE);
  char *pair = g_strconcat (id, ":", escaped, NULL);
  char *basic = g_base64_encode ((const guchar *) pair, strlen (pair));

  ck_transaction_add_strong_secret (t, basic);
  ck_secret_wipe (basic, strlen (basic));
  ck_secret_wipe (pair, strlen (pair));
  ck_secret_wipe (escaped, strlen (escaped));
  g_free (basic);
  g_free (pair);
  g_free (escaped);
}

static void
take_client_secrets (CkTransaction *t, GVariant *list)
{
  GVariantIter iter;
  const char *secret;

  g_variant_iter_init (&iter, list);
  while (g_variant_iter_next (&iter, "&s", &secret))
    {
      g_ptr_array_add (t->client_secrets, secret_value_new (secret, -1, "text/plain"));
      ck_transaction_add_strong_secret (t, secret);
      add_basic_form (t, secret);
    }
}

static void
add_grant_secrets (CkTransaction *t)
{
  GHashTableIter iter;
  gpointer key, value;

  ck_transaction_add_strong_secret (t, ck_draft_get (t->current, "access-token"));
  ck_transaction_add_strong_secret (t, ck_draft_get (t->current, "refresh-token"));
  g_hash_table_iter_init (&iter, t->current->extras);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      if (ck_draft_extra_is_secret (key))
        ck_transaction_add_strong_secret (t, secret_value_get_text (value));
    }
}

static gboolean
take_secrets (CkTransaction *t, SecretValue *secrets, GError **error)
{
  g_autoptr (GVariant) dict =
      g_variant_ref_sink (ck_secret_to_variant (secrets, G_VARIANT_TYPE_VARDICT));
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GVariant) grant = NULL;

  if (!g_variant_is_normal_form (dict))
    return invalid (error, "the secrets' memfd");

  list = g_variant_lookup_value (dict, "client-secrets", G_VARIANT_TYPE_STRING_ARRAY);
  if (list != NULL)
    take_client_secrets (t, list);

  grant = g_variant_lookup_value (dict, "grant", G_VARIANT_TYPE_VARDICT);
  t->current = grant != NULL ? ck_draft_new_from_members (grant, error) : ck_draft_new ();
  if (t->current == NULL)
    return FALSE;
  add_grant_secrets (t);

  /* A refresh token is kept where the answer has none (RFC 6749 section 6): a copy, not afresh. */
  t->draft =
      g_str_equal (t->operation, "connect") ? ck_draft_new () : ck_draft_copy (t->current);

  return TRUE;
}

CkTransaction *
ck_transaction_new (GVariant *settings,
                    GVariant *failures,
                    GVariant *transaction,
                    SecretValue *secrets,
                    GError **error)
{
  g_autoptr (CkTransaction) t = g_new0 (CkTransaction, 1);

  t->redactor = ck_redactor_new ();
  t->strong = ck_redactor_new ();
  t->client_secrets = g_ptr_array_new_with_free_func ((GDestroyNotify) secret_value_unref);
  t->items =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) secret_value_unref);
  t->advice = g_ptr_array_new_with_free_func (g_free);
  t->settled = g_ptr_array_new_with_free_func (g_free);
  t->words = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_words_free);
  t->verdict = CK_RESULT_PERM_DENIED;
  t->deciding_module = g_strdup ("");

  if (!g_variant_is_of_type (settings, G_VARIANT_TYPE ("a{ss}"))
      || !g_variant_is_of_type (failures, G_VARIANT_TYPE ("a(ss)"))
      || !g_variant_is_of_type (transaction, G_VARIANT_TYPE_VARDICT))
    {
      invalid (error, "the type of an argument");
      return NULL;
    }

  take_settings (t, settings);
  t->failures = ck_failure_table_new (failures, error);
  if (t->failures == NULL || !take_arguments (t, transaction, error)
      || !take_secrets (t, secrets, error))
    return NULL;

  return g_steal_pointer (&t);
}

void
ck_transaction_free (CkTransaction *t)
{
  g_clear_pointer (&t->settings, g_hash_table_unref);
  g_clear_pointer (&t->fetched_metadata, g_free);
  g_clear_pointer (&t->discovery_trouble, ck_words_free);
  g_clear_pointer (&t->failures, ck_failure_table_free);
  g_clear_pointer (&t->arguments, g_variant_dict_unref);
  g_clear_pointer (&t->scopes, g_strfreev);
  g_clear_pointer (&t->required_scopes, g_strfreev);
  g_clear_pointer (&t->client_secrets, g_ptr_array_unref);
  g_clear_pointer (&t->current, ck_draft_free);
  g_clear_pointer (&t->draft, ck_draft_free);
  g_clear_pointer (&t->items, g_hash_table_unref);
  g_clear_pointer (&t->advice, g_ptr_array_unref);
  g_clear_pointer (&t->settled, g_ptr_array_unref);
  g_clear_pointer (&t->redactor, ck_redactor_free);
  g_clear_pointer (&t->strong, ck_redactor_free);
  g_clear_pointer (&t->module, ck_words_free);
  g_clear_pointer (&t->words, g_ptr_array_unref);
  g_clear_pointer (&t->balance, ck_words_free);
  g_clear_pointer (&t->deciding_module, g_free);
  g_free (t);
}

void
ck_transaction_set_hooks (CkTransaction *t, const CkTransactionHooks *hooks, gpointer user_data)
{
  t->hooks = hooks;
  t->hooks_data = user_data;
}

gint64
ck_transaction_get_deadline (CkTransaction *t)
{
  return t->deadline;
}

gint64
ck_transaction_get_last_moment (CkTransaction *t)
{
  return t->last_moment;
}

const char *
ck_transaction_get_channel (CkTransaction *t)
{
  return t->channel;
}

CkResult
ck_transaction_get_verdict (CkTransaction *t)
{
  return t->verdict;
}

/* ---- what it is about ------------------------------------------------------------------------ */

const char *
ck_transaction_peek_setting (CkTransaction *t, const char *group, const char *key)
{
  g_autofree char *name = g_strconcat (group, ".", key, NULL);

  return g_hash_table_lookup (t->settings, name);
}

const char *
ck_transaction_get_setting (CkTransaction *t, const char *group, const char *key)
{
  const char *value = ck_transaction_peek_setting (t, group, key);

  if (value != NULL || !ck_discovery_may_say (group, key))
    return value;

  ck_discovery_fill (t);

  return ck_transaction_peek_setting (t, group, key);
}

const char *
ck_transaction_get_operation (CkTransaction *t)
{
  return t->operation;
}

const char *
ck_transaction_get_flow (CkTransaction *t)
{
  return t->flow;
}

const char *
ck_transaction_get_client_id (CkTransaction *t)
{
  return ck_transaction_get_argument (t, "client-id");
}

const char *
ck_transaction_get_client_secret (CkTransaction *t)
{
  if (t->current_secret >= t->client_secrets->len)
    return "";

  return secret_value_get_text (g_ptr_array_index (t->client_secrets, t->current_secret));
}

gboolean
ck_transaction_next_client_secret (CkTransaction *t)
{
  if (t->current_secret + 1 >= t->client_secrets->len)
    return FALSE;
  t->current_secret++;

  return TRUE;
}

const char *
ck_transaction_get_redirect_uri (CkTransaction *t)
{
  return ck_transaction_get_argument (t, "redirect-uri");
}

const char *
ck_transaction_get_pinned_account (CkTransaction *t)
{
  return ck_transaction_get_argument (t, "pinned-account");
}

const char *const *
ck_transaction_get_scopes (CkTransaction *t)
{
  return (const char *const *) t->scopes;
}

gboolean
ck_transaction_allows_insecure_loopback (CkTransaction *t)
{
  gboolean allowed = FALSE;

  g_variant_dict_lookup (t->arguments, "allow-insecure-loopback", "b", &allowed);

  return allowed;
}

/* ---- notes, secrets, time -------------------------------------------------------------------- */

void
ck_transaction_set_item (CkTransaction *t, const char *key, const char *value)
{
  if (value == NULL)
    g_hash_table_remove (t->items, key);
  else
    g_hash_table_replace (t->items, g_strdup (key), secret_value_new (value, -1, "text/plain"));
}

const char *
ck_transaction_get_item (CkTransaction *t, const char *key)
{
  SecretValue *value = g_hash_table_lookup (t->items, key);

  return value != NULL ? secret_value_get_text (value) : NULL;
}

void
ck_transaction_add_secret (CkTransaction *t, const char *secret)
{
  ck_redactor_add (t->redactor, secret);
}

void
ck_transaction_add_strong_secret (CkTransaction *t, const char *secret)
{
  ck_redactor_add (t->redactor, secret);
  ck_redactor_add (t->strong, secret);
}

char *
ck_transaction_cut (CkTransaction *t, const char *text)
{
  return ck_redactor_cut (t->redactor, text);
}

/* The last word on an advice counts. */
static void
move_advice (GPtrArray *to, GPtrArray *from, const char *advice)
{
  guint index;

  if (g_ptr_array_find_with_equal_func (from, advice, g_str_equal, &index))
    g_ptr_array_remove_index (from, index);
  if (!g_ptr_array_find_with_equal_func (to, advice, g_str_equal, NULL))
    g_ptr_array_add (to, g_strdup (advice));
}

void
ck_transaction_add_advice (CkTransaction *t, const char *advice)
{
  move_advice (t->advice, t->settled, advice);
}

void
ck_transaction_settle_advice (CkTransaction *t, const char *advice)
{
  move_advice (t->settled, t->advice, advice);
}

gboolean
ck_transaction_sleep (CkTransaction *t, guint seconds)
{
  gint64 until = g_get_monotonic_time () + seconds * G_USEC_PER_SEC;

  if (until >= t->deadline)
    return FALSE;
  while (g_get_monotonic_time () < until)
    g_usleep ((gulong) MAX (until - g_get_monotonic_time (), 1));

  return TRUE;
}

void
ck_transaction_debug (CkTransaction *t, const char *format, ...)
{
  g_autofree char *text = NULL, *cut = NULL, *line = NULL;
  va_list args;

  if (!t->debug || t->hooks == NULL || t->hooks->log == NULL)
    return;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  cut = ck_transaction_cut (t, text);
  line = g_strdup_printf ("%s: %s: %s",
                          t->channel,
                          t->module != NULL ? t->module->module : t->operation,
                          cut);
  t->hooks->log (line, t->hooks_data);
}
