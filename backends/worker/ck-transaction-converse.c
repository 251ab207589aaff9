/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-transaction-private.h"

#include "ck-error.h"

static gboolean
is_style (const char *style)
{
  static const char *const styles[] = { "open-uri", "show-code", "choose", "info", NULL };

  return g_strv_contains (styles, style);
}

/* Whether any string within @value holds a token or a client secret. */
static gboolean
shows_secret (CkTransaction *t, GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return ck_redactor_finds (t->strong, g_variant_get_string (value, NULL));
  if (!g_variant_is_container (value))
    return FALSE;

  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

      if (shows_secret (t, child))
        return TRUE;
    }

  return FALSE;
}

/*
 * Links and codes must reach the person as they are, though a module may have called a part of them
 * (a state, a plain code challenge) its secret; what is only read is cut.
 */
static gboolean
is_exact (const char *member)
{
  return g_str_has_suffix (member, "uri") || g_str_equal (member, "verification-uri-complete")
         || g_str_equal (member, "user-code");
}

static GVariant *
cut_details (CkTransaction *t, GVariant *details)
{
  GVariantBuilder builder;
  GVariantIter iter;
  const char *member;
  GVariant *value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, details);
  while (g_variant_iter_loop (&iter, "{&sv}", &member, &value))
    {
      if (!is_exact (member) && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
        g_variant_builder_add (
            &builder,
            "{sv}",
            member,
            g_variant_new_take_string (
                ck_transaction_cut (t, g_variant_get_string (value, NULL))));
      else
        g_variant_builder_add (&builder, "{sv}", member, value);
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static CkResult
fail_converse (CkTransaction *t, const GError *error)
{
  const char *why = error->message;

  if (g_error_matches (error, CK_ERROR, CK_ERROR_CANCELLED))
    why = "the person gave up";
  else if (g_error_matches (error, CK_ERROR, CK_ERROR_NOT_SUPPORTED))
    why = "nobody is there to be asked";
  else if (g_error_matches (error, CK_ERROR, CK_ERROR_TIMED_OUT))
    why = "the person did not answer in time";
  ck_transaction_fail_cause (t, CK_CAUSE_NONE, "%s", why);

  return CK_RESULT_CONV_ERR;
}

static CkResult
ask (CkTransaction *t,
     const char *style,
     GVariant *details,
     GVariant **answer,
     SecretValue **secret)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (details);
  g_autoptr (GVariant) cut = NULL;
  g_autoptr (GVariant) got = NULL;
  g_autoptr (GError) error = NULL;

  g_return_val_if_fail (g_variant_is_of_type (sunk, G_VARIANT_TYPE_VARDICT), CK_RESULT_SYSTEM_ERR);

  if (shows_secret (t, sunk))
    return ck_transaction_fail_cause (t,
                                      CK_CAUSE_NONE,
                                      "a module would show a secret to the person: it is wrong");
  if (t->hooks == NULL || t->hooks->converse == NULL)
    {
      error = g_error_new_literal (CK_ERROR, CK_ERROR_NOT_SUPPORTED, "");
      return fail_converse (t, error);
    }

  /* Whoever asks a person has what it needs; a no is then the person's. */
  if (t->module != NULL)
    t->module->got_on = TRUE;
  cut = cut_details (t, sunk);
  got = t->hooks->converse (style, cut, t->deadline, secret, t->hooks_data, &error);
  if (got == NULL)
    return fail_converse (t, error);
  if (answer != NULL)
    *answer = g_steal_pointer (&got);

  return CK_RESULT_SUCCESS;
}

CkResult
ck_transaction_converse (CkTransaction *t,
                         const char *style,
                         GVariant *details,
                         GVariant **answer)
{
  g_autoptr (SecretValue) unasked = NULL;

  g_return_val_if_fail (is_style (style), CK_RESULT_SERVICE_ERR);

  return ask (t, style, details, answer, &unasked);
}

static gboolean
is_text (SecretValue *value)
{
  gsize length;
  const char *text = secret_value_get (value, &length);

  return length > 0 && g_utf8_validate_len (text, length, NULL);
}

CkResult
ck_transaction_converse_secret (CkTransaction *t, const char *message, char **secret)
{
  g_autoptr (SecretValue) value = NULL;
  GVariantDict details;
  gsize length;
  CkResult result;

  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "message", "s", message);
  result = ask (t, "secret", g_variant_dict_end (&details), NULL, &value);
  if (result != CK_RESULT_SUCCESS)
    return result;

  if (value == NULL || !is_text (value))
    {
      ck_transaction_fail_cause (t, CK_CAUSE_NONE, "what was entered is empty or is not text");
      return CK_RESULT_CONV_ERR;
    }

  *secret = g_strdup (secret_value_get (value, &length));
  ck_transaction_add_strong_secret (t, *secret);

  return CK_RESULT_SUCCESS;
}
