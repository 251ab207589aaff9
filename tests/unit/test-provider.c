/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-provider.h"

#include <glib/gstdio.h>
#include <string.h>

#include "ck-error.h"
#include "ck-failure.h"

/* A folder of our own before a folder of the data. */
typedef struct
{
  char *own;
  char *data;
  const char *dirs[3];
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->own = g_dir_make_tmp ("ck-provider-XXXXXX", NULL);
  f->data = g_dir_make_tmp ("ck-provider-XXXXXX", NULL);
  f->dirs[0] = f->own;
  f->dirs[1] = f->data;
  f->dirs[2] = NULL;
}

static void
empty (char *dir)
{
  g_autoptr (GDir) handle = g_dir_open (dir, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (handle)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);

      g_assert_no_errno (g_unlink (path));
    }
  g_assert_no_errno (g_rmdir (dir));
  g_free (dir);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  empty (f->own);
  empty (f->data);
}

static void
put (const char *dir, const char *name, const char *content)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);

  g_assert_true (g_file_set_contents (path, content, -1, NULL));
}

static void
put_generic (Fixture *f)
{
  put (f->data, "oauth2.provider",
       "[Provider]\nName=Generic\nStack=oauth2\nDocumentation=https://generic.example/\n"
       "[OAuth2]\nPKCE=S256\nTokenType=Bearer\n"
       "[Lifetime]\nVerifyEvery=1d\nRenewal=ahead\n"
       "[Failure unknown-revoked]\nMatch=json:error=invalid_grant\n"
       "[Remedy expired]\nText=Generic words\n"
       "[Remedy network]\nText=Wait\n");
}

static CkProvider *
load (Fixture *f, const char *id)
{
  g_autoptr (GError) error = NULL;
  CkProvider *provider = ck_provider_load (f->dirs, id, CK_PROVIDER_FLAGS_NONE, &error);

  g_assert_no_error (error);

  return provider;
}

/* What a file says stands before what it inherits; what nobody says is not there. */
static void
test_inherits (Fixture *f, gconstpointer data)
{
  g_autoptr (CkProvider) provider = NULL;
  g_autofree char *failures = NULL;
  g_autofree char *advice = NULL;
  g_autofree char *settings = NULL;

  put_generic (f);
  put (f->own, "mine.provider",
       "[Provider]\nName=Mine\n"
       "[OAuth2]\nTokenEndpoint=https://Id.Mine.example:8443/token\nTokenType=\nPKCE=none\n"
       "[Failure expired]\nMatch=json:error=old\n"
       "[Failure revoked-by-user]\nMatch=json:error=removed\nMatch=status=410\n"
       "[Failure expired]\nMatch=json:error=older\n"
       "[Advice duplicate-content]\nMatch=json:errors.*.code=187\n"
       "[Remedy expired]\nText=My words\n");
  provider = load (f, "mine");

  g_assert_cmpstr (ck_provider_get_id (provider), ==, "mine");
  g_assert_cmpstr (ck_provider_get_name (provider), ==, "Mine");
  g_assert_cmpstr (ck_provider_get_stack (provider), ==, "oauth2");
  g_assert_cmpstr (ck_provider_get_documentation (provider), ==, "");
  g_assert_cmpstr (ck_provider_get_host (provider), ==, "id.mine.example");
  g_assert_true (g_str_has_prefix (ck_provider_get_file (provider), f->own));
  g_assert_cmpstr (ck_provider_get_setting (provider, "OAuth2.PKCE"), ==, "none");
  g_assert_null (ck_provider_get_setting (provider, "OAuth2.TokenType"));
  g_assert_cmpstr (ck_provider_get_remedy (provider, CK_CAUSE_EXPIRED), ==, "My words");
  g_assert_cmpstr (ck_provider_get_remedy (provider, CK_CAUSE_NETWORK), ==, "Wait");
  g_assert_cmpstr (ck_provider_get_remedy (provider, CK_CAUSE_WRONG_ACCOUNT), ==, "");

  failures = g_variant_print (ck_provider_get_failures (provider), FALSE);
  g_assert_cmpstr (failures, ==,
                   "[('expired', 'json:error=old'), ('revoked-by-user', 'json:error=removed'), "
                   "('revoked-by-user', 'status=410'), ('expired', 'json:error=older'), "
                   "('unknown-revoked', 'json:error=invalid_grant')]");
  advice = g_variant_print (ck_provider_get_advice (provider), FALSE);
  g_assert_cmpstr (advice, ==, "[('duplicate-content', 'json:errors.*.code=187')]");
  settings = g_variant_print (ck_provider_get_settings (provider), FALSE);
  g_assert_cmpstr (settings, ==,
                   "{'Lifetime.Renewal': 'ahead', 'Lifetime.VerifyEvery': '86400', "
                   "'OAuth2.PKCE': 'none', "
                   "'OAuth2.TokenEndpoint': 'https://Id.Mine.example:8443/token', "
                   "'Provider.Name': 'Mine', 'Provider.Stack': 'oauth2'}");
}

/* A header has blanks in it: several of them are not joined by one. */
static void
test_headers (Fixture *f, gconstpointer data)
{
  g_autoptr (CkProvider) provider = NULL;

  put_generic (f);
  put (f->own,
       "mine.provider",
       "[OAuth2]\nRequestHeader=Client-Id: %c\nRequestHeader=User-Agent: a b, c\n"
       "RetryAfter=header:A  json:b.*\nRetryAfter=header:C/d@min\n");
  provider = load (f, "mine");
  g_assert_cmpstr (ck_provider_get_setting (provider, "OAuth2.RequestHeader"),
                   ==,
                   "Client-Id: %c\nUser-Agent: a b, c");
  g_assert_cmpstr (ck_provider_get_setting (provider, "OAuth2.RetryAfter"),
                   ==,
                   "header:A json:b.* header:C/d@min");
}

static void
test_policy (Fixture *f, gconstpointer data)
{
  g_autoptr (CkProvider) provider = NULL;
  const CkRenewalPolicy *policy;

  put_generic (f);
  put (f->own, "mine.provider",
       "[Lifetime]\nRenewal=on-demand\nRotation=yes\nRotationGrace=30s\nMinAgeBeforeRenew=24h\n"
       "VerifyEvery=never\nKeepAlive=30d\nRenewAhead=5min\nAccessToken=never\nRefreshToken=60d\n"
       "ReconnectEvery=365d\n");
  provider = load (f, "mine");
  policy = ck_provider_get_policy (provider);
  g_assert_cmpint (policy->renewal, ==, CK_RENEWAL_ON_DEMAND);
  g_assert_cmpint (policy->rotation, ==, CK_ROTATION_YES);
  g_assert_cmpuint (policy->rotation_grace, ==, 30);
  g_assert_cmpuint (policy->min_age_before_renew, ==, 86400);
  g_assert_cmpuint (policy->verify_every, ==, 0);
  g_assert_cmpuint (policy->keep_alive, ==, 30 * 86400);
  g_assert_cmpuint (policy->renew_ahead, ==, 300);
  g_assert_cmpuint (policy->access_lifetime, ==, G_MAXUINT64);
  g_assert_cmpuint (policy->refresh_lifetime, ==, 60 * 86400);
  g_assert_cmpuint (policy->reconnect_every, ==, 365 * 86400);
  g_clear_pointer (&provider, ck_provider_unref);

  put (f->own,
       "mine.provider",
       "[Lifetime]\nRotation=public\nRefreshToken=never\nPublicRefreshToken=30d\n"
       "VerifyAtStart=yes\n");
  provider = load (f, "mine");
  policy = ck_provider_get_policy (provider);
  g_assert_cmpint (policy->rotation, ==, CK_ROTATION_NO);
  g_assert_cmpuint (policy->refresh_lifetime, ==, G_MAXUINT64);
  g_assert_true (policy->verify_at_start);
  policy = ck_provider_get_public_policy (provider);
  g_assert_cmpint (policy->rotation, ==, CK_ROTATION_YES);
  g_assert_cmpuint (policy->refresh_lifetime, ==, 30 * 86400);
  g_assert_true (policy->verify_at_start);
  g_clear_pointer (&provider, ck_provider_unref);

  put (f->own, "mine.provider", "[Lifetime]\nRotation=no\n");
  provider = load (f, "mine");
  policy = ck_provider_get_policy (provider);
  g_assert_cmpint (policy->renewal, ==, CK_RENEWAL_AHEAD);
  g_assert_cmpint (policy->rotation, ==, CK_ROTATION_NO);
  g_assert_cmpuint (policy->verify_every, ==, 86400);
  g_assert_cmpuint (policy->access_lifetime, ==, 0);
  g_assert_cmpuint (policy->reconnect_every, ==, 0);
}

static void
test_bad_files (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *content;
    const char *message;
  } cases[] = {
    { "[OAuth2]\nTokenEndpoint=http://a.example/\n",
      ":2: [OAuth2] TokenEndpoint: “http://a.example/” is not an https address without user and "
      "fragment" },
    { "[OAuth2]\nTokenEndpoint=http://127.0.0.1/\n",
      ":2: [OAuth2] TokenEndpoint: “http://127.0.0.1/” is not an https address without user and "
      "fragment" },
    { "[OAuth]\n", ":1: [OAuth]: there is no such group" },
    { "[OAuth2 x]\n", ":1: [OAuth2 x]: there is no such group" },
    { "[OAuth2]\nPKCE=plain\n", ":2: [OAuth2] PKCE: “plain” is not one of: S256, S256-hex, none" },
    { "[OAuth2]\nPKCE=S256\n\nPKCE=S256\n", ":4: [OAuth2] PKCE: is here for the second time" },
    { "[Failure bad-luck]\nMatch=status=400\n",
      ":1: [Failure bad-luck]: “bad-luck” is not a cause" },
    { "[Failure]\nMatch=status=400\n", ":1: [Failure]: there is no such group" },
    { "[Advice drink-water]\nMatch=status=400\n",
      ":1: [Advice drink-water]: “drink-water” is no advice" },
    { "[Advice duplicate-content]\nMatch=status=quick\n",
      ":2: [Advice duplicate-content] Match: the condition “status=quick” is no HTTP status such "
      "as "
      "400, 4xx or 500-599" },
    { "[Failure expired]\nMatsh=status=400\n",
      ":2: [Failure expired] Matsh: there is no such key" },
    { "[Failure expired]\nMatch=\n", ":2: [Failure expired] Match: has no value" },
    { "[Lifetime]\nVerifyEvery=sometimes\n",
      ":2: [Lifetime] VerifyEvery: “sometimes” is not a time such as 30s, 10min, 24h, 7d, never" },
    { "[Provider]\nStack=../etc\n", ":2: [Provider] Stack: “../etc” is not the name of a file" },
    { "[Provider]\nStack=.hidden\n", ":2: [Provider] Stack: “.hidden” is not the name of a file" },
    { "[Provider]\nBase=bad\n", ":2: [Provider] Base: it would inherit from itself" },
    { "[Provider]\nBase=nowhere\n", ":2: [Provider] Base: there is no provider “nowhere”" },
    { "[Provider]\nBase=../bad\n", ":2: [Provider] Base: there is no provider “../bad”" },
    { "[Provider]\nBase=\n", ":2: [Provider] Base: there is no provider “”" },
    { "[OAuth2]\nTokenEndpoint=https://{instance}/token\n", ":1: [OAuth2] Instance: is missing" },
    { "[OAuth2]\nTokenEndpoint={instance}/token\n",
      ":2: [OAuth2] TokenEndpoint: “{instance}/token” is not an https address without user and "
      "fragment" },
    { "[OAuth2]\nInstance=a.example/../b\n",
      ":2: [OAuth2] Instance: “a.example/../b” is not an id ([a-z0-9][a-z0-9._-]{0,63})" },
    { "[OAuth2]\nClientIdParameter=client key\n",
      ":2: [OAuth2] ClientIdParameter: “client key” is not an id ([a-z0-9][a-z0-9._-]{0,63})" },
    { "[OAuth2]\nRequestHeader=Client-Id\n",
      ":2: [OAuth2] RequestHeader: “Client-Id” is not a header “Name: value” that a file may set" },
    { "[OAuth2]\nRequestHeader=Authorization: Basic x\n",
      ":2: [OAuth2] RequestHeader: “Authorization: Basic x” is not a header “Name: value” that a "
      "file may set" },
    { "[OAuth2]\nRetryAfter=header:A\nRetryAfter=cookie:B\n",
      ":3: [OAuth2] RetryAfter: “cookie:B” is none of header:NAME, header:NAME/PATH, json:PATH, maybe "
      "with @min behind it" },
    { "[OAuth2]\nRetryAfter=json:a..b\n",
      ":2: [OAuth2] RetryAfter: “json:a..b” is none of header:NAME, header:NAME/PATH, json:PATH, maybe "
      "with @min behind it" },
    { "[OAuth2]\nRateLimit=header:A@min\n",
      ":2: [OAuth2] RateLimit: “header:A@min” is none of header:NAME, header:NAME/PATH, json:PATH, "
      "maybe with @percent behind it" },
    { "[Provider]\nRedirectUris=https\nRedirectUris=127.0.0.2\n",
      ":3: [Provider] RedirectUris: “127.0.0.2” is not one of: https, 127.0.0.1, [::1], localhost, "
      "scheme, any-port, no-query" },
    { "[Provider]\nMaxRedirectUris=0\n",
      ":2: [Provider] MaxRedirectUris: “0” is not a number from 1 to 1000" },
    { "[Provider]\nDocumentation=nowhere\n",
      ":2: [Provider] Documentation: “nowhere” is not a web address" },
  };

  put_generic (f);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *expected = g_strconcat (f->own, "/bad.provider", cases[i].message, NULL);
      g_autoptr (GError) error = NULL;

      put (f->own, "bad.provider", cases[i].content);
      g_assert_null (ck_provider_load (f->dirs, "bad", CK_PROVIDER_FLAGS_NONE, &error));
      g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
      g_assert_cmpstr (error->message, ==, expected);
    }
}

/* The language of matches is checked when the file is read, not when a platform fails. */
static void
test_bad_match (Fixture *f, gconstpointer data)
{
  g_autofree char *place = g_strconcat (f->own, "/bad.provider:2: [Failure expired] Match: ", NULL);
  g_autoptr (GError) error = NULL;

  put_generic (f);
  put (f->own, "bad.provider", "[Failure expired]\nMatch=status=fourhundred\n");
  g_assert_null (ck_provider_load (f->dirs, "bad", CK_PROVIDER_FLAGS_NONE, &error));
  g_assert_true (g_str_has_prefix (error->message, place));
  g_assert_nonnull (strstr (error->message, "fourhundred"));
}

static const char *
first_match (CkProvider *provider, guint index)
{
  const char *match;

  g_variant_get_child (ck_provider_get_failures (provider), index, "(&s&s)", NULL, &match);

  return match;
}

/* Three files, each with its own word for some keys: the nearest wins. */
static void
test_base (Fixture *f, gconstpointer data)
{
  g_autoptr (CkProvider) provider = NULL;
  gsize n_generic;

  put_generic (f);
  put (f->data, "shore.provider",
       "[Provider]\nName=Shore\nStack=shore\nDocumentation=https://shore.example/\n"
       "[OAuth2]\nInstance=shore.example\nTokenEndpoint=https://{instance}/token\n"
       "UserinfoEndpoint=https://api.example/{instance}/{instance}\n"
       "[Lifetime]\nVerifyEvery=2d\nKeepAlive=5d\n"
       "[Failure expired]\nMatch=status=411\n[Remedy expired]\nText=Shore\n");
  put (f->own, "harbour.provider",
       "[Provider]\nName=Harbour\nBase=shore\n[OAuth2]\nInstance=harbour.example\n");
  put (f->own, "boat.provider",
       "[Provider]\nBase=harbour\n[Lifetime]\nKeepAlive=6d\n"
       "[Failure expired]\nMatch=status=412\n");

  provider = load (f, CK_PROVIDER_GENERIC);
  n_generic = g_variant_n_children (ck_provider_get_failures (provider));
  g_clear_pointer (&provider, ck_provider_unref);

  provider = load (f, "boat");
  g_assert_cmpstr (ck_provider_get_name (provider), ==, "boat");
  g_assert_cmpstr (ck_provider_get_documentation (provider), ==, "");
  g_assert_cmpstr (ck_provider_get_stack (provider), ==, "shore");
  g_assert_cmpstr (ck_provider_get_host (provider), ==, "harbour.example");
  g_assert_cmpstr (ck_provider_get_setting (provider, "OAuth2.UserinfoEndpoint"), ==,
                   "https://api.example/harbour.example/harbour.example");
  g_assert_cmpuint (ck_provider_get_policy (provider)->verify_every, ==, 2 * 86400);
  g_assert_cmpuint (ck_provider_get_policy (provider)->keep_alive, ==, 6 * 86400);
  g_assert_cmpstr (ck_provider_get_remedy (provider, CK_CAUSE_EXPIRED), ==, "Shore");
  g_assert_cmpuint (g_variant_n_children (ck_provider_get_failures (provider)), ==, n_generic + 2);
  g_assert_cmpstr (first_match (provider, 0), ==, "status=412");
  g_assert_cmpstr (first_match (provider, 1), ==, "status=411");
}

/* What is wrong with a base is said of the base. */
static void
test_bad_base (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  put_generic (f);
  put (f->own, "a.provider", "[Provider]\nBase=b\n");
  put (f->own, "b.provider", "[Provider]\nBase=c\n");
  put (f->own, "c.provider", "\n[Provider]\nBase=a\n");
  g_assert_null (ck_provider_load (f->dirs, "a", CK_PROVIDER_FLAGS_NONE, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_str_has_suffix (error->message,
                                   "/c.provider:3: [Provider] Base: it would inherit from itself"));
  g_clear_error (&error);

  put (f->own, "c.provider", "[OAuth2]\nPKCE=plain\n");
  g_assert_null (ck_provider_load (f->dirs, "a", CK_PROVIDER_FLAGS_NONE, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "/c.provider:2: [OAuth2] PKCE: "));
  g_clear_error (&error);

  for (guint i = 0; i < 9; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.provider", i);
      g_autofree char *content = g_strdup_printf ("[Provider]\nBase=n%u\n", i + 1);

      put (f->own, name, content);
    }
  put (f->own, "n9.provider", "");
  g_assert_null (ck_provider_load (f->dirs, "n0", CK_PROVIDER_FLAGS_NONE, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "more than 8 files"));
}

/* A bad file disables its own provider; what inherits from it has the one that it hides. */
static void
test_bad_override (Fixture *f, gconstpointer data)
{
  static const char *const bad[] = { "[OAuth2]\nPKCE=plain\n", "nonsense", "[Provider]\nBase=lost\n" };
  g_autofree char *shipped = g_build_filename (f->data, "b.provider", NULL);

  put_generic (f);
  put (f->data, "b.provider", "[Provider]\nName=Shipped\n[OAuth2]\nTokenType=Shipped\n");
  put (f->own, "child.provider", "[Provider]\nBase=b\n");
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (CkProvider) child = NULL;
      g_autoptr (GError) error = NULL;

      put (f->own, "b.provider", bad[i]);
      child = load (f, "child");
      g_assert_cmpstr (ck_provider_get_setting (child, "OAuth2.TokenType"), ==, "Shipped");
      g_assert_null (ck_provider_load (f->dirs, "b", CK_PROVIDER_FLAGS_NONE, &error));
      g_assert_nonnull (strstr (error->message, f->own));
    }

  /* Nothing is behind it: then it is what is wrong with the child. */
  g_assert_no_errno (g_unlink (shipped));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      put (f->own, "b.provider", bad[i]);
      g_assert_null (ck_provider_load (f->dirs, "child", CK_PROVIDER_FLAGS_NONE, &error));
      g_assert_nonnull (strstr (error->message, f->own));
    }
}

static void
test_insecure_loopback (Fixture *f, gconstpointer data)
{
  g_autoptr (CkProvider) provider = NULL;
  g_autoptr (GError) error = NULL;

  put_generic (f);
  put (f->own, "local.provider", "[OAuth2]\nIssuer=http://127.0.0.1:8080/x\n");
  provider = ck_provider_load (f->dirs, "local", CK_PROVIDER_FLAGS_INSECURE_LOOPBACK, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (ck_provider_get_host (provider), ==, "127.0.0.1");

  put (f->own, "local.provider", "[OAuth2]\nIssuer=http://a.example/x\n");
  g_assert_null (ck_provider_load (f->dirs, "local", CK_PROVIDER_FLAGS_INSECURE_LOOPBACK, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
}

/* An administrator's file hides a shipped one of the same name, the generic one included. */
static void
test_search_path (Fixture *f, gconstpointer data)
{
  g_autoptr (CkProvider) provider = NULL;
  g_auto (GStrv) ids = NULL;

  put_generic (f);
  put (f->data, "b.provider", "[Provider]\nName=Shipped\n");
  put (f->own, "b.provider", "[Provider]\nName=Own\n");
  put (f->own, "a.provider", "");
  put (f->own, "a.provider~", "[Nonsense]\n");
  put (f->own, "oauth2.provider", "[Provider]\nStack=own\n");

  ids = ck_provider_list_ids (f->dirs);
  g_assert_cmpuint (g_strv_length (ids), ==, 3);
  g_assert_cmpstr (ids[0], ==, "a");
  g_assert_cmpstr (ids[1], ==, "b");
  g_assert_cmpstr (ids[2], ==, "oauth2");

  provider = load (f, "b");
  g_assert_cmpstr (ck_provider_get_name (provider), ==, "Own");
  g_assert_cmpstr (ck_provider_get_stack (provider), ==, "own");
  g_clear_pointer (&provider, ck_provider_unref);

  provider = load (f, "a");
  g_assert_cmpstr (ck_provider_get_name (provider), ==, "a");
  g_assert_cmpstr (ck_provider_get_host (provider), ==, "a");
}

static void
test_not_there (Fixture *f, gconstpointer data)
{
  static const char *const ids[] = { "nowhere", "", "../x", "A", "a/b" };
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_assert_null (ck_provider_load (f->dirs, ids[i], CK_PROVIDER_FLAGS_NONE, &error));
      g_assert_error (error, CK_ERROR, CK_ERROR_NO_SUCH_PROVIDER);
      g_clear_error (&error);
    }

  put (f->own, "lonely.provider", "[Provider]\nStack=x\n");
  g_assert_null (ck_provider_load (f->dirs, "lonely", CK_PROVIDER_FLAGS_NONE, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "inherits from oauth2.provider"));
  g_clear_error (&error);

  put (f->data, "oauth2.provider", "[Provider]\nName=Generic\n");
  g_assert_null (ck_provider_load (f->dirs, "oauth2", CK_PROVIDER_FLAGS_NONE, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "[Provider] Stack: is missing"));
}

/* Every file that is shipped can be read, has a word for every cause, and a table that compiles. */
static void
test_shipped (void)
{
  const char *dirs[] = { g_getenv ("CK_TEST_PROVIDERS"), NULL };
  g_auto (GStrv) ids = ck_provider_list_ids (dirs);

  g_assert_true (g_strv_contains ((const char *const *) ids, "oauth2"));
  g_assert_true (g_strv_contains ((const char *const *) ids, "oidc"));
  for (char **id = ids; *id != NULL; id++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CkProvider) provider
          = ck_provider_load (dirs, *id, CK_PROVIDER_FLAGS_NONE, &error);
      g_autoptr (CkFailureTable) table = NULL;

      g_assert_no_error (error);
      g_assert_cmpstr (ck_provider_get_name (provider), !=, *id);
      table = ck_failure_table_new (ck_provider_get_failures (provider), &error);
      g_assert_no_error (error);
      for (guint cause = CK_CAUSE_NONE + 1; cause < CK_N_CAUSES; cause++)
        g_assert_cmpstr (ck_provider_get_remedy (provider, cause), !=, "");
    }
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/provider/inherits", test_inherits);
  ADD ("/provider/policy", test_policy);
  ADD ("/provider/headers", test_headers);
  ADD ("/provider/bad-files", test_bad_files);
  ADD ("/provider/bad-match", test_bad_match);
  ADD ("/provider/base", test_base);
  ADD ("/provider/bad-base", test_bad_base);
  ADD ("/provider/bad-override", test_bad_override);
  ADD ("/provider/insecure-loopback", test_insecure_loopback);
  ADD ("/provider/search-path", test_search_path);
  ADD ("/provider/not-there", test_not_there);
  g_test_add_func ("/provider/shipped", test_shipped);

  return g_test_run ();
}
