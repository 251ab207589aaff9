/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-outcome-private.h"
#include "fuzz.h"

/* What a worker answers, as GDBus hands it over: of the right type and in normal form. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const char *const operations[] = { "connect", "verify", "renew", "revoke" };
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GVariant) raw = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE ("(sa{sv}ah)"), bytes, FALSE));
  g_autoptr (GVariant) reply = g_variant_get_normal_form (raw);

  for (gsize i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CkOutcome) outcome
          = ck_outcome_new_from_reply (operations[i], reply, NULL, &error);

      g_assert_true ((outcome == NULL) == (error != NULL));
      if (outcome == NULL)
        continue;
      g_assert_true (g_utf8_validate (outcome->detail, -1, NULL));
      g_assert_true (g_utf8_validate (outcome->platform_message, -1, NULL));
      g_assert_null (outcome->grant);
    }

  return 0;
}
