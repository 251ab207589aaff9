/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-discovery.h"
#include "ck-origin.h"
#include "ck-secret.h"
#include "ck-transaction.h"
#include "fuzz.h"

/* Where a secret or a person is sent is https, whatever the document says. */
static void
check_endpoints (CkTransaction *t)
{
  static const char *const keys[] = {
    "AuthorizationEndpoint",  "TokenEndpoint",         "DeviceAuthorizationEndpoint",
    "RevocationEndpoint",     "IntrospectionEndpoint", "UserinfoEndpoint",
    "PushedAuthorizationRequestEndpoint",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      const char *endpoint = ck_transaction_get_setting (t, "OAuth2", keys[i]);
      g_autofree char *origin = endpoint != NULL ? ck_origin_dup (endpoint) : NULL;

      g_assert_true (endpoint == NULL || g_str_has_prefix (origin, "https://"));
    }
}

/* An issuer's metadata, as it comes from the network and back from the broker; and the same bytes as
 * an issuer. The one asked for is not https, so that nobody is asked. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree char *document = g_utf8_make_valid (text, -1);
  g_autofree char *oauth = ck_discovery_uri_oauth (text);
  g_autofree char *openid = ck_discovery_uri_openid (text);
  g_autoptr (GVariant) settings = g_variant_ref_sink (
      g_variant_new_parsed ("{'OAuth2.Issuer': 'http://as.example'}"));
  g_autoptr (GVariant) failures = g_variant_ref_sink (g_variant_new_parsed ("@a(ss) []"));
  g_autoptr (GVariant) arguments = g_variant_ref_sink (
      g_variant_new_parsed ("{'operation': <'verify'>, 'metadata': <%s>}", document));
  g_autoptr (GVariant) nothing = g_variant_ref_sink (g_variant_new_parsed ("@a{sv} {}"));
  g_autoptr (SecretValue) secrets = ck_secret_from_variant (nothing);
  g_autoptr (CkTransaction) t = ck_transaction_new (settings, failures, arguments, secrets, NULL);

  g_assert_true ((oauth == NULL) == (openid == NULL));
  check_endpoints (t);

  return 0;
}
