/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-ini.h"
#include "ck-provider-schema.h"
#include "fuzz.h"

/* A provider file, byte for byte, as far as it is read alone. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GHashTable) values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (CkIni) ini = ck_ini_parse ("fuzz", (const char *) data, size, &error);
  gboolean good;

  g_assert_true ((ini == NULL) == (error != NULL));
  if (ini == NULL)
    return 0;

  good = ck_schema_read (&ck_provider_schema, ini, FALSE, values, &error);
  g_assert_true (good == (error == NULL));

  return 0;
}
