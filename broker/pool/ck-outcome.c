/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-outcome.h"

#include <string.h>
#include <unistd.h>

#include "ck-error.h"
#include "ck-outcome-private.h"
#include "ck-result.h"
#include "ck-secret.h"

#define MAX_DETAIL 1024
#define MAX_PLATFORM_MESSAGE 512
#define MAX_ERROR_CODE 64
#define MAX_MODULE 128
#define MAX_METADATA (256 * 1024)
#define MAX_ADVICE 16
#define MAX_ADVICE_WORD 64
#define MAX_RETRY_AFTER (G_GUINT64_CONSTANT (30) * 86400)
#define MAX_LIMIT_WAIT 3600

void
ck_outcome_free (CkOutcome *outcome)
{
  g_clear_pointer (&outcome->grant, ck_grant_unref);
  g_free (outcome->deciding_module);
  g_free (outcome->metadata);
  g_strfreev (outcome->settled_advice);
  g_strfreev (outcome->advice);
  g_free (outcome->error_code);
  g_free (outcome->platform_message);
  g_free (outcome->detail);
  g_free (outcome);
}

CkOutcome *
ck_outcome_new_broken (CkResult result, gboolean in_doubt, const char *detail)
{
  CkOutcome *outcome = g_new0 (CkOutcome, 1);

  outcome->result = result;
  outcome->timed_out = result == CK_RESULT_AUTHINFO_UNAVAIL;
  outcome->cause = outcome->timed_out ? CK_CAUSE_NETWORK : CK_CAUSE_SERVER_ERROR;
  outcome->in_doubt = in_doubt;
  outcome->detail = g_strdup (detail);
  outcome->platform_message = g_strdup ("");
  outcome->deciding_module = g_strdup ("");
  outcome->advice = g_new0 (char *, 1);
  outcome->settled_advice = g_new0 (char *, 1);

  return outcome;
}

char *
ck_outcome_clean_text (const char *text, gsize max_bytes)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GString) clean = g_string_new (NULL);

  for (const char *c = valid; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);
      gsize length = (gsize) (g_utf8_next_char (c) - c);

      if (clean->len + length > max_bytes)
        break;
      /* Format characters would turn the direction of a terminal's line, or hide parts of it. */
      if (g_unichar_iscntrl (character) || g_unichar_type (character) == G_UNICODE_FORMAT
          || g_unichar_type (character) == G_UNICODE_LINE_SEPARATOR
          || g_unichar_type (character) == G_UNICODE_PARAGRAPH_SEPARATOR)
        g_string_append_c (clean, ' ');
      else
        g_string_append_len (clean, c, (gssize) length);
    }

  return g_strstrip (g_string_free (g_steal_pointer (&clean), FALSE));
}

static gboolean
refuse (GError **error, const char *what)
{
  g_set_error (error,
               CK_ERROR,
               CK_ERROR_INVALID_ARGUMENT,
               "the worker answered nonsense: %s",
               what);

  return FALSE;
}

/* Every known member must have its type; unknown ones are a worker newer than the broker. */
static gboolean
check_types (GVariantDict *details, GError **error)
{
  static const struct
  {
    const char *key;
    const char *type;
  } members[] = {
    { "cause", "s" },           { "detail", "s" },   { "platform-message", "s" },
    { "http-status", "u" },     { "in-doubt", "b" }, { "retry-after", "t" },
    { "advice", "as" },         { "metadata", "s" }, { "deciding-module", "s" },
    { "settled-advice", "as" }, { "error-code", "s" }, { "client-secret", "u" },
    { "limit-wait", "t" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      g_autoptr (GVariant) value = g_variant_dict_lookup_value (details, members[i].key, NULL);

      if (value != NULL && !g_variant_is_of_type (value, G_VARIANT_TYPE (members[i].type)))
        return refuse (error, members[i].key);
    }

  return TRUE;
}

static const char *
lookup_text (GVariantDict *details, const char *key)
{
  const char *text = "";

  g_variant_dict_lookup (details, key, "&s", &text);

  return text;
}

static gboolean
is_advice (const char *word)
{
  for (const char *c = word; *c != '\0'; c++)
    {
      if (!g_ascii_islower (*c) && !g_ascii_isdigit (*c) && *c != '-')
        return FALSE;
    }

  return *word != '\0' && strlen (word) <= MAX_ADVICE_WORD;
}

static GStrv
take_advice (GVariantDict *details, const char *key)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree const char **words = NULL;
  guint n_taken = 0;

  if (g_variant_dict_lookup (details, key, "^a&s", &words))
    {
      for (gsize i = 0; words[i] != NULL && n_taken < MAX_ADVICE; i++)
        {
          if (!is_advice (words[i]))
            continue;
          g_strv_builder_add (builder, words[i]);
          n_taken++;
        }
    }

  return g_strv_builder_end (builder);
}

static void
fill_details (CkOutcome *outcome, GVariantDict *details)
{
  const char *metadata = lookup_text (details, "metadata");
  const char *code = lookup_text (details, "error-code");
  guint32 status = 0;

  g_variant_dict_lookup (details, "client-secret", "u", &outcome->client_secret);
  if (*code != '\0')
    outcome->error_code = ck_outcome_clean_text (code, MAX_ERROR_CODE);
  outcome->detail = ck_outcome_clean_text (lookup_text (details, "detail"), MAX_DETAIL);
  outcome->platform_message
      = ck_outcome_clean_text (lookup_text (details, "platform-message"), MAX_PLATFORM_MESSAGE);
  outcome->deciding_module
      = ck_outcome_clean_text (lookup_text (details, "deciding-module"), MAX_MODULE);
  outcome->advice = take_advice (details, "advice");
  outcome->settled_advice = take_advice (details, "settled-advice");
  if (*metadata != '\0' && strlen (metadata) <= MAX_METADATA)
    outcome->metadata = g_strdup (metadata);

  g_variant_dict_lookup (details, "http-status", "u", &status);
  outcome->http_status = status >= 100 && status <= 599 ? status : 0;
  g_variant_dict_lookup (details, "retry-after", "t", &outcome->retry_after);
  outcome->retry_after = MIN (outcome->retry_after, MAX_RETRY_AFTER);
  g_variant_dict_lookup (details, "limit-wait", "t", &outcome->limit_wait);
  outcome->limit_wait = MIN (outcome->limit_wait, MAX_LIMIT_WAIT);
  g_variant_dict_lookup (details, "in-doubt", "b", &outcome->in_doubt);
}

/* A connect makes a grant by succeeding, or as another account, to be discarded; a failed renewal
 * may have changed the old one. */
static gboolean
may_have_grant (const char *operation, const CkOutcome *outcome)
{
  if (g_str_equal (operation, "renew") || g_str_equal (operation, "verify"))
    return TRUE;

  return g_str_equal (operation, "connect")
         && (outcome->result == CK_RESULT_SUCCESS || outcome->cause == CK_CAUSE_WRONG_ACCOUNT);
}

static gboolean
take_grant (CkOutcome *outcome,
            const char *operation,
            GVariant *handles,
            GUnixFDList *fds,
            GError **error)
{
  g_autoptr (SecretValue) value = NULL;
  gsize n_handles = g_variant_n_children (handles);
  gint32 handle;
  int fd;

  if (n_handles == 0)
    return TRUE;
  if (n_handles > 1 || !may_have_grant (operation, outcome))
    return refuse (error, "a grant that nobody asked for");

  g_variant_get_child (handles, 0, "h", &handle);
  if (fds == NULL || handle < 0 || handle >= g_unix_fd_list_get_length (fds))
    return refuse (error, "a grant without its file descriptor");

  fd = g_unix_fd_list_get (fds, handle, error);
  if (fd < 0)
    return FALSE;
  value = ck_secret_from_memfd (fd, CK_OUTCOME_MAX_GRANT, error);
  close (fd);
  if (value == NULL)
    return FALSE;

  outcome->grant = ck_grant_new (value, error);

  return outcome->grant != NULL;
}

CkOutcome *
ck_outcome_new_from_reply (const char *operation,
                           GVariant *reply,
                           GUnixFDList *fds,
                           GError **error)
{
  g_autoptr (CkOutcome) outcome = g_new0 (CkOutcome, 1);
  g_autoptr (GVariant) members = NULL;
  g_autoptr (GVariant) handles = NULL;
  g_auto (GVariantDict) details = G_VARIANT_DICT_INIT (NULL);
  const char *result;
  const char *cause;

  /* A dictionary: to look up a member of the variant would walk over all of them each time. */
  g_variant_get (reply, "(&s@a{sv}@ah)", &result, &members, &handles);
  g_variant_dict_init (&details, members);
  if (!check_types (&details, error))
    return NULL;

  cause = lookup_text (&details, "cause");
  if (!ck_result_from_string (result, &outcome->result))
    refuse (error, "an unknown verdict");
  else if (*cause != '\0' && !ck_cause_from_string (cause, &outcome->cause))
    refuse (error, "an unknown cause");
  else
    {
      fill_details (outcome, &details);
      if (outcome->result == CK_RESULT_SUCCESS)
        {
          outcome->cause = CK_CAUSE_NONE;
          outcome->in_doubt = FALSE;
        }
      if (take_grant (outcome, operation, handles, fds, error))
        return g_steal_pointer (&outcome);
    }

  return NULL;
}
