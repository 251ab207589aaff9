/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transaction-fixture.h"

#include "ck-secret.h"

static GVariant *
parse (const char *type, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariantType) wanted = g_variant_type_new (type);
  GVariant *value = g_variant_parse (wanted, text != NULL ? text : "{}", NULL, NULL, &error);

  g_assert_no_error (error);

  return g_variant_ref_sink (value);
}

CkTransaction *
transaction_make (const char *operation,
                  const char *settings,
                  const char *arguments,
                  const char *secrets)
{
  g_autoptr (GVariant) settings_value = parse ("a{ss}", settings);
  g_autoptr (GVariant) arguments_value = parse ("a{sv}", arguments);
  g_autoptr (GVariant) secrets_value = parse ("a{sv}", secrets);
  g_autoptr (GVariant) failures = parse ("a(ss)",
                                         "[('unknown-revoked', 'json:error=invalid_grant'),"
                                         " ('none', 'json:error=access_denied')]");
  g_autoptr (SecretValue) bytes = ck_secret_from_variant (secrets_value);
  g_autoptr (GError) error = NULL;
  CkTransaction *t;
  GVariantDict dict;

  g_variant_dict_init (&dict, arguments_value);
  g_variant_dict_insert (&dict, "operation", "s", operation);
  g_variant_dict_insert (&dict, "channel", "s", "test-channel");
  g_variant_dict_insert (&dict, "client-id", "s", "client-1");
  g_variant_dict_insert (&dict, "allow-insecure-loopback", "b", TRUE);
  t = ck_transaction_new (settings_value, failures, g_variant_dict_end (&dict), bytes, &error);
  g_assert_no_error (error);

  return t;
}

static GVariant *
get_details (CkTransaction *t)
{
  return g_variant_ref_sink (ck_transaction_dup_details (t));
}

char *
transaction_finish (CkTransaction *t, CkResult verdict, const char *member)
{
  g_autoptr (GVariant) details = NULL;
  char *value = NULL;

  (void) ck_transaction_finish (t, verdict, "module.so");
  details = get_details (t);
  if (!g_variant_lookup (details, member, "s", &value))
    value = g_strdup ("");

  return value;
}

guint64
transaction_get_number (CkTransaction *t, const char *member)
{
  g_autoptr (GVariant) details = get_details (t);
  g_autoptr (GVariant) value = g_variant_lookup_value (details, member, NULL);

  if (value == NULL)
    return 0;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return g_variant_get_boolean (value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32))
    return g_variant_get_uint32 (value);

  return g_variant_get_uint64 (value);
}
