/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-provider.h"

/*
 * docs/platforms.md has a section for each shipped provider: a heading, below it one line of facts,
 * which is made here from the provider file, and then words for people.
 */

static char *
dup_facts (CkProvider *provider)
{
  const char *reach = ck_provider_get_setting (provider, "OAuth2.RevocationReach");
  const char *ends = "nothing there, it is forgotten here";
  const char *rules = ck_provider_get_setting (provider, "Provider.RedirectUris");
  gboolean unattended
      = g_strcmp0 (ck_provider_get_setting (provider, "Provider.DefaultFlow"), "none") == 0;
  g_auto (GStrv) words = g_strsplit (rules != NULL && !unattended ? rules : "", " ", -1);
  g_autofree char *taken = g_strjoinv (", ", words);

  if (g_strcmp0 (reach, "owner") == 0)
    ends = "all that the person gave the app";
  else if (ck_provider_get_setting (provider, "OAuth2.RevocationEndpoint") != NULL
           || ck_provider_get_setting (provider, "OAuth1.RevocationEndpoint") != NULL)
    ends = "that channel's access";

  return g_strdup_printf ("`%s`%s%s · giving back ends: %s", ck_provider_get_id (provider),
                          *taken != '\0' ? " · redirect URIs: " : "", taken, ends);
}

static void
test_page (void)
{
  const char *const dirs[] = { g_getenv ("CK_TEST_PROVIDERS"), NULL };
  g_autofree char *path
      = g_build_filename (g_getenv ("CK_TEST_SOURCE"), "docs", "platforms.md", NULL);
  g_auto (GStrv) ids = ck_provider_list_ids (dirs);
  g_autofree char *page = NULL;

  g_file_get_contents (path, &page, NULL, NULL);
  g_assert_nonnull (page);
  for (char **id = ids; *id != NULL; id++)
    {
      g_autoptr (CkProvider) provider = ck_provider_load (dirs, *id, CK_PROVIDER_FLAGS_NONE, NULL);
      g_autofree char *facts = dup_facts (provider);
      g_autofree char *section
          = g_strdup_printf ("\n## [%s](%s)\n\n%s\n\n", ck_provider_get_name (provider),
                             ck_provider_get_documentation (provider), facts);

      /* What the others are made of. */
      if (g_str_equal (*id, CK_PROVIDER_GENERIC) || g_str_equal (*id, "oidc"))
        continue;
      if (strstr (page, section) != NULL)
        continue;
      g_test_message ("docs/platforms.md lacks:%s", section);
      g_test_fail ();
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_set_nonfatal_assertions ();
  g_test_add_func ("/platforms-page/facts", test_page);

  return g_test_run ();
}
