/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-transaction-private.h"

#include <stdarg.h>
#include <string.h>

#include "ck-advice.h"
#include "ck-clean.h"
#include "ck-rate-limit.h"
#include "ck-result.h"
#include "ck-retry-after.h"

#define MAX_DETAIL 1000
#define MAX_PLATFORM_MESSAGE 200
#define MAX_ERROR_CODE 64

/* Seconds to go easy on a platform that says how much is used, and not until when. */
#define LIMIT_WAIT (15 * 60)

/* How much of a platform's text is looked at: a secret that ends behind it is cut as a part. */
#define MAX_LOOKED_AT 1024

/*
 * The one table of what a module returns for a cause, so that a stack's [value=action] controls
 * mean the same everywhere.
 */
static const CkResult results[CK_N_CAUSES] = {
  [CK_CAUSE_NONE] = CK_RESULT_SERVICE_ERR,
  [CK_CAUSE_EXPIRED] = CK_RESULT_CRED_EXPIRED,
  [CK_CAUSE_REVOKED_BY_USER] = CK_RESULT_CRED_UNAVAIL,
  [CK_CAUSE_PASSWORD_CHANGED] = CK_RESULT_CRED_UNAVAIL,
  [CK_CAUSE_PERMISSION_LOST] = CK_RESULT_PERM_DENIED,
  [CK_CAUSE_SCOPE_CHANGED] = CK_RESULT_PERM_DENIED,
  [CK_CAUSE_ACCOUNT_CHECKPOINT] = CK_RESULT_ACCT_EXPIRED,
  [CK_CAUSE_WRONG_ACCOUNT] = CK_RESULT_USER_UNKNOWN,
  [CK_CAUSE_APP_SUSPENDED] = CK_RESULT_AUTH_ERR,
  [CK_CAUSE_CLIENT_MISCONFIGURED] = CK_RESULT_AUTH_ERR,
  [CK_CAUSE_RATE_LIMITED] = CK_RESULT_TRY_AGAIN,
  [CK_CAUSE_SERVER_ERROR] = CK_RESULT_AUTHINFO_UNAVAIL,
  [CK_CAUSE_NETWORK] = CK_RESULT_AUTHINFO_UNAVAIL,
  [CK_CAUSE_DISCONNECTED] = CK_RESULT_CRED_UNAVAIL,
  [CK_CAUSE_UNKNOWN_REVOKED] = CK_RESULT_CRED_UNAVAIL,
};

CkResult
ck_transaction_result_for_cause (CkCause cause)
{
  g_return_val_if_fail ((guint) cause < CK_N_CAUSES, CK_RESULT_SERVICE_ERR);

  return results[cause];
}

CkWords *
ck_words_new (const char *module)
{
  CkWords *words = g_new0 (CkWords, 1);

  words->module = g_strdup (module);

  return words;
}

void
ck_words_free (CkWords *words)
{
  g_free (words->module);
  g_free (words->detail);
  g_free (words->platform_message);
  g_free (words->error_code);
  g_free (words);
}

/* ---- what a module says ---------------------------------------------------------------------- */

/* The module that runs; before the first one and after the last, what is said about the whole. */
static CkWords *
speaker (CkTransaction *t)
{
  if (t->module != NULL)
    return t->module;
  if (t->balance == NULL)
    t->balance = ck_words_new ("");

  return t->balance;
}

static void
say (CkTransaction *t, CkCause cause, const char *detail)
{
  CkWords *words = speaker (t);
  g_autofree char *cut = ck_transaction_cut (t, detail);

  words->has_failed = TRUE;
  words->cause = cause;
  g_free (words->detail);
  words->detail = ck_clean_line (cut, MAX_DETAIL);
  g_clear_pointer (&words->platform_message, g_free);
  g_clear_pointer (&words->error_code, g_free);
  words->http_status = 0;
  words->retry_after = 0;
}

static CkResult
fail_valist (CkTransaction *t, CkCause cause, const char *format, va_list args)
{
  g_autofree char *detail = NULL;

  /*
   * A module that misses a setting says that the provider file is wrong; where the issuer could not
   * be asked, that, and no more, is why.
   */
  if (t->discovery_trouble != NULL && !speaker (t)->got_on
      && (cause == CK_CAUSE_NONE || cause == CK_CAUSE_CLIENT_MISCONFIGURED))
    {
      say (t, t->discovery_trouble->cause, t->discovery_trouble->detail);
      return results[t->discovery_trouble->cause];
    }

  detail = g_strdup_vprintf (format, args);
  say (t, cause, detail);

  return results[cause];
}

CkResult
ck_transaction_fail (CkTransaction *t, const char *cause_name, const char *format, ...)
{
  CkCause cause = CK_CAUSE_NONE;
  CkResult result;
  va_list args;

  /* A module's slip of the pen must not make up a cause. */
  if (!ck_cause_from_string (cause_name, &cause))
    g_warn_if_reached ();

  va_start (args, format);
  result = fail_valist (t, cause, format, args);
  va_end (args);

  return result;
}

CkResult
ck_transaction_fail_cause (CkTransaction *t, CkCause cause, const char *format, ...)
{
  CkResult result;
  va_list args;

  va_start (args, format);
  result = fail_valist (t, cause, format, args);
  va_end (args);

  return result;
}

/* The platform's own words, where platforms put them. */
static char *
dup_platform_message (CkTransaction *t, CkHttpResponse *response)
{
  static const char *const paths[] = {
    "error_description", "error.message", "errors.0.message", "error_message", "message", "detail",
    "error.status",      "error",         "title",
  };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *text = ck_http_response_dup_member (response, paths[i]);
      g_autofree char *cut = NULL;

      if (text == NULL || *text == '\0')
        continue;
      if (strlen (text) > MAX_LOOKED_AT)
        text[MAX_LOOKED_AT] = '\0';
      cut = ck_transaction_cut (t, text);
      return ck_clean_line (cut, MAX_PLATFORM_MESSAGE);
    }

  return g_strdup ("");
}

/* RFC 6749 section 5.2: a word, or nothing. */
static char *
dup_error_code (CkHttpResponse *response)
{
  g_autofree char *code = ck_http_response_dup_member (response, "error");

  if (code == NULL || strlen (code) > MAX_ERROR_CODE
      || strspn (code, "abcdefghijklmnopqrstuvwxyz_") != strlen (code))
    return NULL;

  return g_steal_pointer (&code);
}

static const char *
find_header (gpointer response, const char *name)
{
  return ck_http_response_get_header (response, name);
}

static CkFailureAnswer
make_answer (CkHttpResponse *response, const char *where)
{
  CkFailureAnswer answer = { .where = where,
                             .status = ck_http_response_get_status (response),
                             .json = ck_http_response_get_json (response),
                             .get_header = find_header,
                             .header_data = response };

  answer.body = ck_http_response_get_body (response, &answer.body_length);

  return answer;
}

const char *
ck_transaction_get_response_cause (CkTransaction *t, CkHttpResponse *response, const char *where)
{
  CkFailureAnswer answer = make_answer (response, where);
  CkCause cause;

  /* Whether a row says so or nothing better is known makes no difference here. */
  (void) ck_failure_table_lookup (t->failures, &answer, &cause);

  return ck_cause_to_string (cause);
}

static gboolean
is_refusal (CkCause cause)
{
  return cause == CK_CAUSE_EXPIRED || cause == CK_CAUSE_REVOKED_BY_USER
         || cause == CK_CAUSE_PASSWORD_CHANGED || cause == CK_CAUSE_UNKNOWN_REVOKED;
}

/* The setting SettleTime: not every server of the platform may know a new token yet. */
static gboolean
is_unsettled (CkTransaction *t, const char *where)
{
  const char *setting = ck_transaction_peek_setting (t, "Lifetime", "SettleTime");
  guint64 seconds = setting != NULL ? g_ascii_strtoull (setting, NULL, 10) : 0;
  guint64 issued_at = ck_draft_get_time (t->draft, "issued-at");
  guint64 now = (guint64) (g_get_real_time () / G_USEC_PER_SEC);

  return g_str_equal (where, "api") && issued_at <= now && now - issued_at < seconds;
}

/* Platforms write their windows into every answer: only where one is full do they count. */
static guint64
read_retry_after (CkTransaction *t, const CkFailureAnswer *answer, gboolean is_full)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  guint64 seconds
      = ck_retry_after_parse (answer->get_header (answer->header_data, "Retry-After"), now);

  if (!is_full)
    return seconds;

  return MAX (seconds,
              ck_retry_after_read (ck_transaction_peek_setting (t, "OAuth2", "RetryAfter"),
                                   answer,
                                   now));
}

void
ck_transaction_note_limit (CkTransaction *t, CkHttpResponse *response)
{
  const char *sources = ck_transaction_peek_setting (t, "OAuth2", "RateLimit");
  CkFailureAnswer answer;
  guint64 wait;

  if (sources == NULL)
    return;
  answer = make_answer (response, "");
  if (!ck_rate_limit_is_near (sources, &answer))
    return;

  wait = read_retry_after (t, &answer, TRUE);
  t->limit_wait = MAX (t->limit_wait, wait != 0 ? wait : LIMIT_WAIT);
}

CkResult
ck_transaction_fail_response (CkTransaction *t,
                              CkHttpResponse *response,
                              const char *where,
                              const char *what)
{
  CkFailureAnswer answer = make_answer (response, where);
  guint status = answer.status;
  g_autofree char *detail = NULL;
  gboolean known;
  CkCause cause;

  known = ck_failure_table_lookup (t->failures, &answer, &cause);
  if (is_refusal (cause) && is_unsettled (t, where))
    cause = CK_CAUSE_SERVER_ERROR;

  detail = g_str_equal (where, "redirect")
               ? g_strdup_printf ("%s failed: the platform refused", what)
               : g_strdup_printf ("%s failed: the platform answered with status %u", what, status);
  say (t, cause, detail);
  speaker (t)->http_status = status;
  speaker (t)->platform_message = dup_platform_message (t, response);
  speaker (t)->error_code = dup_error_code (response);
  speaker (t)->retry_after = read_retry_after (t, &answer, cause == CK_CAUSE_RATE_LIMITED);

  if (cause != CK_CAUSE_NONE)
    return results[cause];

  /* The table's `none` is a person's no; an answer nobody knows is a refusal for no known reason. */
  return known ? CK_RESULT_CONV_ERR : CK_RESULT_AUTH_ERR;
}

void
ck_transaction_begin_module (CkTransaction *t, const char *module, const char *const *argv)
{
  g_clear_pointer (&t->module, ck_words_free);
  t->module = ck_words_new (module);
  t->debug = argv != NULL && g_strv_contains (argv, "debug");
}

void
ck_transaction_end_module (CkTransaction *t, CkResult result)
{
  g_return_if_fail (t->module != NULL);

  t->module->result = result;
  t->debug = FALSE;
  g_ptr_array_add (t->words, g_steal_pointer (&t->module));
}

/* ---- the balance ----------------------------------------------------------------------------- */

static CkWords *
find_deciding (CkTransaction *t, CkResult verdict, const char *deciding)
{
  CkWords *any = NULL;

  for (guint i = 0; i < t->words->len; i++)
    {
      CkWords *words = g_ptr_array_index (t->words, i);

      if (!g_str_equal (words->module, deciding) || words->result == CK_RESULT_SUCCESS)
        continue;
      if (words->result == verdict)
        return words;
      if (any == NULL)
        any = words;
    }

  return any;
}

/* (transfer full): the scopes asked for that were not granted, in @wanted's order */
static char *
dup_missing (CkTransaction *t, GStrv wanted)
{
  g_autoptr (GString) missing = g_string_new (NULL);

  for (guint i = 0; wanted[i] != NULL; i++)
    {
      if (!g_strv_contains ((const char *const *) t->draft->scopes, wanted[i]))
        g_string_append_printf (missing, "%s%s", missing->len > 0 ? ", " : "", wanted[i]);
    }

  return missing->len > 0 ? g_string_free (g_steal_pointer (&missing), FALSE) : NULL;
}

static CkResult
weigh_scopes (CkTransaction *t)
{
  g_autofree char *missing = NULL, *required = NULL;

  /* An answer without `scope` granted what was asked for (RFC 6749 section 5.1). */
  if (g_str_equal (t->operation, "connect") && !t->scopes_set)
    ck_transaction_set_grant_scopes (t, (const char *const *) t->scopes);
  if (!t->scopes_set)
    return CK_RESULT_SUCCESS;

  required = dup_missing (t, t->required_scopes);
  if (required != NULL)
    return ck_transaction_fail_cause (t,
                                      CK_CAUSE_SCOPE_CHANGED,
                                      "the channel needs permissions that are not granted: %s. "
                                      "Reconnect it and leave them ticked",
                                      required);

  missing = dup_missing (t, t->scopes);
  if (missing != NULL)
    ck_transaction_add_advice (t, CK_ADVICE_SCOPES_MISSING);
  else
    ck_transaction_settle_advice (t, CK_ADVICE_SCOPES_MISSING);

  return CK_RESULT_SUCCESS;
}

static CkResult
weigh (CkTransaction *t)
{
  if (g_str_equal (t->operation, "revoke"))
    return CK_RESULT_SUCCESS;

  if (*ck_draft_get (t->draft, "access-token") == '\0')
    return ck_transaction_fail_cause (t,
                                      CK_CAUSE_NONE,
                                      "the stack succeeded, but none of its modules got an access "
                                      "token: its %s lines are wrong",
                                      t->operation);

  return weigh_scopes (t);
}

CkResult
ck_transaction_finish (CkTransaction *t, CkResult verdict, const char *deciding)
{
  t->verdict = verdict;
  g_free (t->deciding_module);
  t->deciding_module = g_strdup (deciding);

  if (verdict == CK_RESULT_SUCCESS)
    {
      g_clear_pointer (&t->balance, ck_words_free);
      t->verdict = weigh (t);
      t->deciding = t->verdict != CK_RESULT_SUCCESS ? t->balance : NULL;
    }
  else
    t->deciding = find_deciding (t, verdict, deciding);

  return t->verdict;
}

static char *
dup_detail (CkTransaction *t)
{
  if (t->verdict == CK_RESULT_SUCCESS)
    return g_strdup ("");
  if (t->deciding != NULL && t->deciding->has_failed)
    return g_strdup (t->deciding->detail);
  if (*t->deciding_module != '\0')
    return g_strdup_printf ("the module %s says %s",
                            t->deciding_module,
                            ck_result_to_string (t->verdict));

  return g_strdup ("no module of the stack had a say");
}

/* Cut once more: a secret may have become known after the words were said. */
static GVariant *
text_variant (CkTransaction *t, const char *text)
{
  return g_variant_new_take_string (ck_transaction_cut (t, text));
}

GVariant *
ck_transaction_dup_details (CkTransaction *t)
{
  const CkWords *words = t->deciding;
  gboolean failed = t->verdict != CK_RESULT_SUCCESS && words != NULL && words->has_failed;
  g_autofree char *detail = dup_detail (t);
  GVariantBuilder b;

  g_variant_builder_init (&b, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&b,
                         "{sv}",
                         "cause",
                         g_variant_new_string (
                             ck_cause_to_string (failed ? words->cause : CK_CAUSE_NONE)));
  g_variant_builder_add (&b, "{sv}", "detail", text_variant (t, detail));
  g_variant_builder_add (&b, "{sv}", "in-doubt", g_variant_new_boolean (t->in_doubt));
  g_variant_builder_add (&b,
                         "{sv}",
                         "advice",
                         g_variant_new_strv ((const char *const *) t->advice->pdata,
                                             (gssize) t->advice->len));
  g_variant_builder_add (
      &b, "{sv}", "settled-advice",
      g_variant_new_strv ((const char *const *) t->settled->pdata, (gssize) t->settled->len));
  g_variant_builder_add (&b,
                         "{sv}",
                         "deciding-module",
                         g_variant_new_string (t->deciding_module));
  if (failed && words->platform_message != NULL)
    g_variant_builder_add (&b,
                           "{sv}",
                           "platform-message",
                           text_variant (t, words->platform_message));
  if (!failed && t->current_secret != 0)
    g_variant_builder_add (&b, "{sv}", "client-secret", g_variant_new_uint32 (t->current_secret));
  if (failed && words->error_code != NULL)
    g_variant_builder_add (&b, "{sv}", "error-code", text_variant (t, words->error_code));
  if (failed && words->http_status != 0)
    g_variant_builder_add (&b, "{sv}", "http-status", g_variant_new_uint32 (words->http_status));
  if (failed && words->retry_after != 0)
    g_variant_builder_add (&b, "{sv}", "retry-after", g_variant_new_uint64 (words->retry_after));
  if (t->limit_wait != 0)
    g_variant_builder_add (&b, "{sv}", "limit-wait", g_variant_new_uint64 (t->limit_wait));
  /* A public document; one that knows our secrets is not passed on. */
  if (t->fetched_metadata != NULL && !ck_redactor_finds (t->redactor, t->fetched_metadata))
    g_variant_builder_add (&b, "{sv}", "metadata", g_variant_new_string (t->fetched_metadata));

  return g_variant_builder_end (&b);
}
