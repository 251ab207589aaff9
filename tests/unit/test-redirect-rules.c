/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-error.h"
#include "ck-redirect-rules.h"

#define OOB "urn:ietf:wg:oauth:2.0:oob"

static CkProvider *
load (const char *id)
{
  const char *const dirs[] = { g_getenv ("CK_TEST_PROVIDERS"), NULL };
  g_autoptr (GError) error = NULL;
  CkProvider *provider = ck_provider_load (dirs, id, CK_PROVIDER_FLAGS_NONE, &error);

  g_assert_no_error (error);

  return provider;
}

/* What each platform is known to take, as its own documents have it, and the refusal's advice. */
static const struct
{
  const char *provider;
  const char *uri;
  const char *instead; /* NULL: it is taken */
} rows[] = {
  { "facebook", "https://studio.example.org/cb?a=b", NULL },
  { "facebook", "http://localhost:18998/cb", "Register an https address there" },
  { "facebook", "http://127.0.0.1:18998/cb", "Register an https address there" },
  { "facebook", "org.example.app:/cb", "Register an https address there" },
  { "instagram-facebook", "http://localhost/cb", "(RedirectUris= of the provider instagram-facebook)" },
  { "instagram", "http://localhost:18998/cb", "Instagram, which takes https://…. Register" },
  { "threads", "http://[::1]:18998/cb", "Threads, which takes https://…. Register" },
  { "youtube", "http://127.0.0.1/cb", NULL },
  { "youtube", "http://localhost:1/cb", NULL },
  { "youtube", "org.example.app:/cb", "https://… or http://127.0.0.1…" },
  { "youtube", OOB, "Register an https address there" },
  { "x", "http://127.0.0.1:18998/cb", NULL },
  { "x", "http://localhost:18998/cb/", "Register http://127.0.0.1:18998/cb/ " },
  { "x-oauth1", "http://localhost:18998/cb", "Register http://127.0.0.1:18998/cb " },
  { "linkedin", "https://studio.example.org/cb", NULL },
  { "twitch", "http://localhost:18998/cb", NULL },
  { "twitch", "http://127.0.0.1:18998/cb", "Register http://localhost:18998/cb " },
  { "twitch", "http://studio.example.org/cb", "Register http://localhost/cb " },
  { "kick", "http://localhost:18998/cb", NULL },
  { "kick", "http://127.0.0.1:18998/cb", "Register http://localhost:18998/cb " },
  { "tiktok", "http://127.0.0.1:18998/cb", NULL },
  { "tiktok", "http://[::1]:18998/cb", "Register http://127.0.0.1:18998/cb " },
  { "tiktok", "https://studio.example.org/cb?a=b", "without what begins at “?”" },
  { "entra", "http://localhost", NULL },
  { "entra", "http://[::1]/cb", "Register http://127.0.0.1/cb " },
  { "discord", "http://127.0.0.1:18998/cb", NULL },
  { "mastodon", "org.example.app:/cb", NULL },
  { "oauth2", "https://studio.example.org/cb", NULL },
  { "oauth2", "http://127.0.0.1/cb", NULL },
  { "oidc", "http://[::1]:1/cb", NULL },
  { "oidc", "http://localhost/cb", NULL },
  { "oidc", "org.example.app:/cb", NULL },
  { "oidc", "app:/cb", "org.example.app:/" },
  { "oidc", "javascript:alert(1)", "Register" },
  { "oidc", "http://studio.example.org/cb", "Register http://127.0.0.1/cb " },
  { "oidc", "http://127.0.0.2/cb", "Register http://127.0.0.1/cb " },
  { "oidc", "http:/cb", "Register" },
  { "oidc", "https:/cb", "Register" },
  { "oidc", "not an address", "Register" },
  { "oidc", "", "Register" },
  { "oidc", OOB, "Register" },
  { "oidc", "https://studio.example.org/cb#here", "without what begins at “#”" },
};

static void
test_platforms (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (CkProvider) provider = load (rows[i].provider);
      const char *const uris[] = { "https://good.example/", rows[i].uri, NULL };
      g_autoptr (GError) error = NULL;
      gboolean taken = ck_redirect_rules_check (provider, uris, "", &error);

      g_test_message ("%s: %s: %s", rows[i].provider, rows[i].uri, taken ? "" : error->message);
      g_assert_cmpint (taken, ==, rows[i].instead == NULL);
      if (taken)
        continue;
      g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (error->message, rows[i].uri));
      g_assert_nonnull (strstr (error->message, ck_provider_get_name (provider)));
      g_assert_nonnull (strstr (error->message, rows[i].instead));
    }
}

/* Where the very port is compared there is no free one. */
static void
test_any_port (void)
{
  static const char *const exact[] = { "x", "x-oauth1", "twitch", "kick", "discord", "reddit",
                                       "pinterest", "linkedin", "facebook", "instagram", "threads" };
  static const char *const any[] = { "youtube", "tiktok", "entra", "mastodon", "oidc", "oauth2" };

  for (gsize i = 0; i < G_N_ELEMENTS (exact); i++)
    {
      g_autoptr (CkProvider) provider = load (exact[i]);
      g_autoptr (GError) error = NULL;

      g_assert_true (ck_redirect_rules_check (provider, NULL, "18998", NULL));
      g_assert_false (ck_redirect_rules_check (provider, NULL, "any", &error));
      g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (error->message, "register the URI with its port"));
    }

  for (gsize i = 0; i < G_N_ELEMENTS (any); i++)
    {
      g_autoptr (CkProvider) provider = load (any[i]);

      g_assert_true (ck_redirect_rules_check (provider, NULL, "any", NULL));
    }
}

static void
test_number (void)
{
  g_autoptr (CkProvider) x = load ("x");
  g_autoptr (CkProvider) oidc = load ("oidc");
  g_autoptr (GError) error = NULL;
  const char *uris[12] = { NULL };

  for (guint i = 0; i < 10; i++)
    uris[i] = "https://studio.example.org/cb";
  g_assert_true (ck_redirect_rules_check (x, uris, "", NULL));

  uris[10] = uris[0];
  g_assert_true (ck_redirect_rules_check (oidc, uris, "", NULL));
  g_assert_false (ck_redirect_rules_check (x, uris, "", &error));
  g_assert_cmpstr (error->message, ==,
                   "X takes at most 10 redirect URIs, not 11: leave out those that are not registered "
                   "there (MaxRedirectUris= of the provider x)");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/redirect-rules/platforms", test_platforms);
  g_test_add_func ("/redirect-rules/any-port", test_any_port);
  g_test_add_func ("/redirect-rules/number", test_number);

  return g_test_run ();
}
