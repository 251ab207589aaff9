/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-provider.h"
#include "fuzz-folder.h"
#include "fuzz.h"

/* A provider file, byte for byte; the generic one, so that it inherits from nothing. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  char *dir = fuzz_folder_make (CK_PROVIDER_GENERIC ".provider", data, size);
  const char *const dirs[] = { dir, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (CkProvider) provider
      = ck_provider_load (dirs, CK_PROVIDER_GENERIC, CK_PROVIDER_FLAGS_NONE, &error);

  g_assert_true ((provider == NULL) == (error != NULL));
  if (provider != NULL)
    {
      const char *endpoint = ck_provider_get_setting (provider, "OAuth2.TokenEndpoint");

      g_assert_true (endpoint == NULL || *endpoint == '\0'
                     || g_ascii_strncasecmp (endpoint, "https://", 8) == 0);
      g_assert_cmpint (*ck_provider_get_host (provider), !=, '\0');
      g_assert_nonnull (ck_provider_get_remedy (provider, CK_CAUSE_NONE));
    }
  fuzz_folder_remove (dir);

  return 0;
}
