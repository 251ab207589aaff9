/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "ck-error.h"
#include "folder-util.h"
#include "ck-secret.h"
#include "ck-value.h"

/* A configuration folder, a data folder with the shipped generic provider, and a module folder. */
typedef struct
{
  char *top;
  char *confdir;
  char *datadir;
  char *moduledir;
} Fixture;

static void
put_shipped (Fixture *f, const char *name)
{
  g_autofree char *source = g_build_filename (g_getenv ("CK_TEST_PROVIDERS"), name, NULL);
  g_autofree char *target = g_build_filename ("providers", name, NULL);
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (source, &content, NULL, &error);
  g_assert_no_error (error);
  folder_put (f->datadir, target, content);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->top = g_dir_make_tmp ("ck-config-XXXXXX", NULL);
  f->confdir = g_build_filename (f->top, "etc", NULL);
  f->datadir = g_build_filename (f->top, "data", NULL);
  f->moduledir = g_build_filename (f->top, "modules", NULL);

  put_shipped (f, "oauth2.provider");
  folder_put (f->datadir, "stacks/oauth2",
              "connect required permit.so\nrenew required permit.so\n");
  folder_put (f->moduledir, "permit.so", "");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  folder_remove (f->top);
  g_free (f->top);
  g_free (f->confdir);
  g_free (f->datadir);
  g_free (f->moduledir);
}

static CkConfig *
load (Fixture *f)
{
  g_autoptr (GError) error = NULL;
  CkConfig *config = ck_config_load (f->confdir, f->datadir, f->moduledir, &error);

  g_assert_no_error (error);

  return config;
}

/* The single problem of @config, its path cut down to the test's folder. */
static void
assert_problem (Fixture *f, CkConfig *config, const char *message)
{
  GPtrArray *problems = ck_config_get_problems (config);
  g_auto (GStrv) parts = NULL;
  g_autofree char *shown = NULL;
  GError *problem;

  g_assert_cmpuint (problems->len, ==, 1);
  problem = g_ptr_array_index (problems, 0);
  g_assert_error (problem, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  parts = g_strsplit (problem->message, f->top, -1);
  shown = g_strjoinv ("", parts);
  g_assert_cmpstr (shown, ==, message);
}

static void
test_defaults (Fixture *f, gconstpointer data)
{
  g_autoptr (CkConfig) config = load (f);
  const CkSettings *settings = ck_config_get_settings (config);

  g_assert_cmpuint (ck_config_get_problems (config)->len, ==, 0);
  g_assert_cmpstr (settings->default_assigned_user, ==, "");
  g_assert_cmpuint (settings->renew_ahead_percent, ==, 20);
  g_assert_cmpuint (settings->renew_ahead, ==, 0);
  g_assert_cmpuint (settings->warn_before[0], ==, 14 * 86400);
  g_assert_cmpuint (settings->warn_before[2], ==, 86400);
  g_assert_cmpuint (settings->warn_before[3], ==, 0);
  g_assert_cmpuint (settings->max_workers, ==, 16);
  g_assert_cmpuint (settings->max_attempts, ==, 16);
  g_assert_cmpuint (settings->attempt_timeout, ==, 600);
  g_assert_cmpuint (settings->min_check_interval, ==, 30);
  g_assert_cmpstr (settings->vault_backend, ==, "sealed");
  g_assert_cmpstr (settings->proxy, ==, "");
  g_assert_false (settings->allow_insecure_loopback);
  g_assert_cmpuint (ck_config_get_clients (config)->len, ==, 0);
  g_assert_cmpuint (ck_config_get_channels (config)->len, ==, 0);
}

static void
test_drop_ins (Fixture *f, gconstpointer data)
{
  g_autoptr (CkConfig) config = NULL;
  const CkSettings *settings;

  folder_put (f->confdir, "channelkeeper.conf",
              "[Broker]\nMaxWorkers=4\nRenewAhead=1h\nWarnBefore=1d 3d\nMinCheckInterval=0\n");
  folder_put (f->confdir, "channelkeeper.conf.d/20.conf", "[Broker]\nMaxWorkers=7\n");
  folder_put (f->confdir, "channelkeeper.conf.d/10.conf",
              "[Broker]\nMaxWorkers=5\nMaxAttempts=3\n");
  folder_put (f->confdir, "channelkeeper.conf.d/30.conf~", "[Nonsense]\n");

  config = load (f);
  settings = ck_config_get_settings (config);
  g_assert_cmpuint (settings->max_workers, ==, 7);
  g_assert_cmpuint (settings->max_attempts, ==, 3);
  g_assert_cmpuint (settings->renew_ahead_percent, ==, 0);
  g_assert_cmpuint (settings->renew_ahead, ==, 3600);
  g_assert_cmpuint (settings->min_check_interval, ==, 0);
  g_assert_cmpuint (settings->warn_before[0], ==, 3 * 86400);
  g_assert_cmpuint (settings->warn_before[1], ==, 86400);
  g_assert_cmpuint (settings->warn_before[2], ==, 0);
}

static void
test_bad_settings (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *content;
    const char *message;
  } cases[] = {
    { "[Broker]\nMaxWorker=4", ":2: [Broker] MaxWorker: there is no such key" },
    { "[Boker]\n", ":1: [Boker]: there is no such group" },
    { "[Broker]\nMaxWorkers=0", ":2: [Broker] MaxWorkers: “0” is not a number from 1 to 256" },
    { "[Broker]\nMaxWorkers=", ":2: [Broker] MaxWorkers: has no value" },
    { "[Broker]\nMaxWorkers=4\nMaxWorkers=5",
      ":3: [Broker] MaxWorkers: is here for the second time" },
    { "[Broker]\nRenewAhead=60%", ":2: [Broker] RenewAhead: “60%” is not from 1% to 50%" },
    { "[Broker]\nAttemptTimeout=never",
      ":2: [Broker] AttemptTimeout: “never” is not a time such as 30s, 10min, 24h, 7d" },
    { "[Broker]\nAttemptTimeout=31min",
      ":2: [Broker] AttemptTimeout: “31min” is not a time from 1s to 30min" },
    { "[Broker]\nAttemptTimeout=0",
      ":2: [Broker] AttemptTimeout: “0” is not a time from 1s to 30min" },
    { "[Vault]\nBackend=file", ":2: [Vault] Backend: “file” is not one of: sealed, service" },
    { "[Network]\nCaFile=ca.pem", ":2: [Network] CaFile: “ca.pem” is not an absolute path" },
    { "[Network]\nAllowInsecureLoopback=maybe",
      ":2: [Network] AllowInsecureLoopback: “maybe” is neither yes nor no" },
    { "[Network]\nProxy=http://me:pw@proxy",
      ":2: [Network] Proxy: “http://me:pw@proxy” is not a web address" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *expected
          = g_strconcat (f->confdir, "/channelkeeper.conf", cases[i].message, NULL);

      folder_put (f->confdir, "channelkeeper.conf", cases[i].content);
      g_assert_null (ck_config_load (f->confdir, f->datadir, f->moduledir, &error));
      g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
      g_assert_cmpstr (error->message, ==, expected);
    }
}

static void
test_bad_provider_is_alone (Fixture *f, gconstpointer data)
{
  g_autoptr (CkConfig) config = NULL;
  g_autoptr (GError) error = NULL;

  folder_put (f->confdir, "providers.d/bad.provider",
              "[OAuth2]\nTokenEndpont=https://x.example/\n");
  folder_put (f->confdir, "providers.d/good.provider",
              "[OAuth2]\nTokenEndpoint=https://x.example/\n");
  folder_put (f->confdir, "channels.d/c.channel", "[Channel]\nProvider=good\nAssignedUser=alice\n");

  config = load (f);
  assert_problem (f, config,
                  "/etc/providers.d/bad.provider:2: [OAuth2] TokenEndpont: there is no such key");
  g_assert_cmpuint (ck_config_get_providers (config)->len, ==, 2);
  g_assert_nonnull (ck_config_lookup_provider (config, "good", &error));
  g_assert_no_error (error);
  g_assert_nonnull (ck_config_lookup_channel (config, "c"));

  g_assert_null (ck_config_lookup_provider (config, "bad", &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_NO_SUCH_PROVIDER);
  g_assert_nonnull (strstr (error->message, "TokenEndpont"));
  g_clear_error (&error);
  g_assert_null (ck_config_lookup_provider (config, "absent", &error));
  g_assert_cmpstr (error->message, ==, "there is no provider absent");
  g_clear_error (&error);
  g_assert_null (ck_config_lookup_provider (config, "../x", &error));
  g_assert_cmpstr (error->message, ==, "there is no provider of that name");
  g_clear_error (&error);
  g_assert_null (ck_config_lookup_provider (config, NULL, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_NO_SUCH_PROVIDER);
}

static void
test_stacks (Fixture *f, gconstpointer data)
{
  g_autoptr (CkConfig) config = load (f);
  CkProvider *provider = ck_config_lookup_provider (config, "oauth2", NULL);
  g_autoptr (GVariant) connect = ck_config_dup_stack (config, provider, "connect");
  g_autoptr (GVariant) verify = ck_config_dup_stack (config, provider, "verify");

  g_assert_nonnull (connect);
  g_assert_null (verify);
}

static void
test_bad_stacks (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *stack;
    const char *message; /* NULL: nothing wrong */
  } cases[] = {
    { "connect required permit.so\nverify required unknown.so\n",
      ": there is no module unknown.so in /modules" },
    { "connect required permit.so\n-verify required unknown.so\n", NULL },
    { "connect required permit.so\nverify nonsense permit.so\n", ":2" },
    { "connect include nowhere\n", "nowhere" },
    { "# nothing\n", "the stack own has no line for any operation" },
  };

  folder_put (f->confdir, "providers.d/x.provider", "[Provider]\nStack=own\n");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (CkConfig) config = NULL;
      GPtrArray *problems;
      g_auto (GStrv) parts = NULL;
      g_autofree char *shown = NULL;

      folder_put (f->confdir, "stacks.d/own", cases[i].stack);
      config = load (f);
      problems = ck_config_get_problems (config);
      g_assert_cmpuint (problems->len, ==, cases[i].message != NULL ? 1 : 0);
      g_assert_true ((ck_config_lookup_provider (config, "x", NULL) == NULL)
                     == (cases[i].message != NULL));
      if (cases[i].message == NULL)
        continue;

      parts = g_strsplit (((GError *) g_ptr_array_index (problems, 0))->message, f->top, -1);
      shown = g_strjoinv ("", parts);
      g_assert_true (g_str_has_prefix (shown, "/etc/providers.d/x.provider: [Provider] Stack: "));
      g_assert_nonnull (strstr (shown, cases[i].message));
    }
}

static void
test_channel_file (Fixture *f, gconstpointer data)
{
  g_autoptr (CkConfig) config = NULL;
  const CkChannelFile *channel;

  folder_put (f->confdir, "channelkeeper.conf", "[Broker]\nDefaultAssignedUser=carol\n");
  folder_put (f->confdir, "channels.d/a.channel",
              "[Channel]\nProvider=oauth2\nScopes=one  two\nScopes=three\nRequiredScopes=three\n"
              "AllowedUsers=bob\n");
  folder_put (
      f->confdir, "channels.d/a-b.channel",
      "[Channel]\nProvider=oauth2\nDisplayName=The A and B\nAssignedUser=alice\nClient=mine\n"
      "AccountId=42\nAllowedGroups=tv radio\n");

  config = load (f);
  g_assert_cmpuint (ck_config_get_problems (config)->len, ==, 0);
  g_assert_cmpuint (ck_config_get_channels (config)->len, ==, 2);
  channel = g_ptr_array_index (ck_config_get_channels (config), 0);
  g_assert_cmpstr (channel->id, ==, "a");
  g_assert_cmpstr (channel->display_name, ==, "a");
  g_assert_cmpstr (channel->assigned_user, ==, "carol");
  g_assert_cmpuint (g_strv_length (channel->scopes), ==, 3);
  g_assert_cmpstr (channel->scopes[2], ==, "three");
  g_assert_cmpstr (channel->allowed_users[0], ==, "bob");
  g_assert_cmpuint (g_strv_length (channel->allowed_groups), ==, 0);

  channel = ck_config_lookup_channel (config, "a-b");
  g_assert_cmpstr (channel->display_name, ==, "The A and B");
  g_assert_cmpstr (channel->client, ==, "mine");
  g_assert_cmpstr (channel->account_id, ==, "42");
  g_assert_cmpstr (channel->assigned_user, ==, "alice");
}

static void
test_bad_channels_and_clients (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *file;
    const char *content;
    const char *message;
    gboolean kept;
  } cases[] = {
    { "channels.d/c.channel", "[Channel]\nProvider=oauth2\n",
      "/etc/channels.d/c.channel:1: [Channel] AssignedUser: is missing, and channelkeeper.conf has "
      "no DefaultAssignedUser",
      FALSE },
    { "channels.d/c.channel", "[Channel]\nAssignedUser=alice\n",
      "/etc/channels.d/c.channel:1: [Channel] Provider: is missing", FALSE },
    { "channels.d/c.channel", "[Channel]\nAssignedUser=alice\nProvider=none\n",
      "/etc/channels.d/c.channel: [Channel] Provider: there is no provider none", TRUE },
    { "channels.d/c.channel",
      "[Channel]\nAssignedUser=alice\nProvider=oauth2\nScopes=a\nRequiredScopes=b\n",
      "/etc/channels.d/c.channel:1: [Channel] RequiredScopes: “b” is not among Scopes", FALSE },
    { "channels.d/C D.channel", "[Channel]\nAssignedUser=alice\nProvider=oauth2\n",
      "/etc/channels.d/C D.channel:1: the file's name is not an id ([a-z0-9][a-z0-9._-]{0,63})",
      FALSE },
    { "clients.d/c.client", "[Client]\nProvider=oauth2\nClientId=x\nRedirectUris=nowhere\n",
      "/etc/clients.d/c.client:4: [Client] RedirectUris: “nowhere” is not a redirect URI "
      "(absolute, without fragment)",
      FALSE },
    { "clients.d/c.client", "[Client]\nProvider=oauth2\n",
      "/etc/clients.d/c.client:1: [Client] ClientId: is missing", FALSE },
    { "clients.d/c.client", "[Client]\nProvider=oauth2\nClientId=x\nSecretCredential=../shadow\n",
      "/etc/clients.d/c.client:1: [Client] SecretCredential: “../shadow” is not the name of a "
      "credential",
      FALSE },
    { "clients.d/c.client", "[Client]\nProvider=oauth2\nClientId=x\nLoopbackPort=70000\n",
      "/etc/clients.d/c.client:4: [Client] LoopbackPort: “70000” is not a port number or “any”",
      FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (CkConfig) config = NULL;
      g_autofree char *path = g_build_filename (f->confdir, cases[i].file, NULL);

      folder_put (f->confdir, cases[i].file, cases[i].content);
      config = load (f);
      assert_problem (f, config, cases[i].message);
      g_assert_cmpint (ck_config_lookup_channel (config, "c") != NULL, ==, cases[i].kept);
      g_assert_null (ck_config_lookup_client (config, "c"));
      g_assert_no_errno (g_unlink (path));
    }
}

/* The generic one too: everybody inherits from it. */
static void
test_bad_generic_is_alone (Fixture *f, gconstpointer data)
{
  g_autoptr (CkConfig) config = NULL;

  folder_put (f->confdir, "providers.d/oauth2.provider", "[Provider]\nStack=oauth2\n[OAuth2]\nPKCE=plain\n");
  folder_put (f->confdir, "providers.d/good.provider", "[OAuth2]\nTokenEndpoint=https://x.example/\n");

  config = load (f);
  assert_problem (f, config,
                  "/etc/providers.d/oauth2.provider:4: [OAuth2] PKCE: “plain” is not one of: S256, "
                  "S256-hex, none");
  g_assert_nonnull (ck_config_lookup_provider (config, "good", NULL));
  g_assert_null (ck_config_lookup_provider (config, "oauth2", NULL));
}

/* What the platform does not take is told; the client goes on, for a renewal redirects nobody. */
static void
test_redirect_rules (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *content;
    const char *message; /* nullable */
  } cases[] = {
    { "RedirectUris=https://a.example/cb\n", NULL },
    { "RedirectUris=http://localhost/cb\n",
      "“http://localhost/cb” cannot be a redirect URI at Strict, which takes https://… or "
      "http://127.0.0.1…. Register http://127.0.0.1/cb (RedirectUris= of the provider strict)" },
    { "RedirectUris=https://a.example/cb\nLoopbackPort=any\n",
      "“any” cannot be the loopback port at Strict, which takes a redirect to the very port that is "
      "registered: leave it out, and register the URI with its port (RedirectUris= of the provider "
      "strict has no any-port)" },
  };

  folder_put (f->confdir, "providers.d/strict.provider",
              "[Provider]\nName=Strict\nRedirectUris=https 127.0.0.1\n");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (CkConfig) config = NULL;
      g_autofree char *content
          = g_strconcat ("[Client]\nProvider=strict\nClientId=x\n", cases[i].content, NULL);
      g_autofree char *message
          = g_strconcat ("/etc/clients.d/c.client: [Client] RedirectUris: ", cases[i].message, NULL);

      folder_put (f->confdir, "clients.d/c.client", content);
      config = load (f);
      if (cases[i].message != NULL)
        assert_problem (f, config, message);
      else
        g_assert_cmpuint (ck_config_get_problems (config)->len, ==, 0);
      g_assert_nonnull (ck_config_lookup_client (config, "c"));
    }
}

/* A message about a secret that stands where it must not never quotes it. */
static void
test_secret_in_a_file (Fixture *f, gconstpointer data)
{
  g_autoptr (CkConfig) config = NULL;
  const char *message;

  folder_put (f->confdir, "clients.d/c.client",
              "[Client]\nProvider=oauth2\nClientId=x\nSecret=hunter2-hunter2\n");
  config = load (f);
  g_assert_cmpuint (ck_config_get_problems (config)->len, ==, 1);
  message = ((GError *) g_ptr_array_index (ck_config_get_problems (config), 0))->message;
  g_assert_nonnull (strstr (message, "c.client:4: [Client] Secret: a secret does not belong"));
  g_assert_null (strstr (message, "hunter2"));
}

static void
test_client_secrets (Fixture *f, gconstpointer data)
{
  g_autoptr (CkConfig) config = NULL;
  g_autoptr (SecretValue) secrets = NULL;
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *credentials = g_build_filename (f->top, "credentials", NULL);
  const CkClientFile *client;
  const char *secret;

  folder_put (f->confdir, "clients.d/c.client",
              "[Client]\nProvider=oauth2\nClientId=x\nSecretCredential=new old\n"
              "RedirectUris=https://a.example/cb http://127.0.0.1/cb\nLoopbackPort=any\n");
  folder_put (f->confdir, "clients.d/public.client", "[Client]\nProvider=oauth2\nClientId=y\n");
  folder_put (credentials, "new", "first secret\n");
  config = load (f);
  g_assert_cmpuint (ck_config_get_problems (config)->len, ==, 0);
  client = ck_config_lookup_client (config, "c");
  g_assert_cmpuint (g_strv_length (client->redirect_uris), ==, 2);
  g_assert_cmpstr (client->loopback_port, ==, "any");

  g_assert_null (ck_client_file_load_secrets (client, credentials, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_FAILED);
  g_assert_true (g_str_has_prefix (error->message, "client c: the credential old is not there"));
  g_clear_error (&error);
  g_assert_null (ck_client_file_load_secrets (client, NULL, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_FAILED);
  g_clear_error (&error);

  folder_put (credentials, "old", "second");
  secrets = ck_client_file_load_secrets (client, credentials, &error);
  g_assert_no_error (error);
  list = g_variant_ref_sink (ck_secret_to_variant (secrets, G_VARIANT_TYPE_STRING_ARRAY));
  g_assert_true (g_variant_is_normal_form (list));
  g_assert_cmpuint (g_variant_n_children (list), ==, 2);
  g_variant_get_child (list, 0, "&s", &secret);
  g_assert_cmpstr (secret, ==, "first secret");
  g_variant_get_child (list, 1, "&s", &secret);
  g_assert_cmpstr (secret, ==, "second");

  g_clear_pointer (&list, g_variant_unref);
  g_clear_pointer (&secrets, secret_value_unref);
  secrets = ck_client_file_load_secrets (ck_config_lookup_client (config, "public"), NULL, &error);
  g_assert_no_error (error);
  list = g_variant_ref_sink (ck_secret_to_variant (secrets, G_VARIANT_TYPE_STRING_ARRAY));
  g_assert_cmpuint (g_variant_n_children (list), ==, 0);
}

static void
test_values (void)
{
  static const struct
  {
    const char *text;
    guint64 seconds; /* 1: not a duration */
  } durations[] = {
    { "90", 90 },
    { "30s", 30 },
    { "10min", 600 },
    { "24h", 86400 },
    { "7d", 604800 },
    { "2w", 1209600 },
    { "1h 30min", 5400 },
    { "never", G_MAXUINT64 },
    { "0", 0 },
    { "", 1 },
    { "h", 1 },
    { "10 m", 1 },
    { "-5s", 1 },
    { "1e3", 1 },
    { "99999999999999d", 1 },
    { "3660d", 316224000 },
    { "3661d", 1 },
    { "3660d 1s", 1 },
  };
  static const struct
  {
    const char *uri;
    gboolean https;
    gboolean loopback;
  } endpoints[] = {
    { "https://a.example/x?y=z", TRUE, TRUE },
    { "https://a.example:8443/", TRUE, TRUE },
    { "http://a.example/", FALSE, FALSE },
    { "http://127.0.0.1:80/x", FALSE, TRUE },
    { "http://127.9.9.9/x", FALSE, TRUE },
    { "http://[::1]:80/x", FALSE, TRUE },
    { "http://localhost/", FALSE, TRUE },
    { "http://127.0.0.1.a.example/", FALSE, FALSE },
    { "http://localhost.a.example/", FALSE, FALSE },
    { "http://127.0.0.1@a.example/", FALSE, FALSE },
    { "https://me:pw@a.example/", FALSE, FALSE },
    { "https://a.example/#f", FALSE, FALSE },
    { "https://a.example/a b", FALSE, FALSE },
    { "https:///x", FALSE, FALSE },
    { "ftp://a.example/", FALSE, FALSE },
    { "a.example/x", FALSE, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (durations); i++)
    {
      guint64 seconds = 1;

      g_test_message ("%s", durations[i].text);
      g_assert_cmpint (ck_value_parse_duration (durations[i].text, &seconds), ==,
                       durations[i].seconds != 1);
      g_assert_cmpuint (seconds, ==, durations[i].seconds);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (endpoints); i++)
    {
      g_test_message ("%s", endpoints[i].uri);
      g_assert_cmpint (ck_value_is_endpoint (endpoints[i].uri, FALSE), ==, endpoints[i].https);
      g_assert_cmpint (ck_value_is_endpoint (endpoints[i].uri, TRUE), ==, endpoints[i].loopback);
    }
}

static void
test_ids (void)
{
  g_autofree char *longest = g_strnfill (64, 'a');
  g_autofree char *longer = g_strnfill (65, 'a');

  g_assert_true (ck_id_is_valid ("a"));
  g_assert_true (ck_id_is_valid ("0.a_b-c"));
  g_assert_true (ck_id_is_valid (longest));
  g_assert_false (ck_id_is_valid (longer));
  g_assert_false (ck_id_is_valid (NULL));
  g_assert_false (ck_id_is_valid (""));
  g_assert_false (ck_id_is_valid (".a"));
  g_assert_false (ck_id_is_valid ("-a"));
  g_assert_false (ck_id_is_valid ("A"));
  g_assert_false (ck_id_is_valid ("a/b"));
  g_assert_false (ck_id_is_valid ("a b"));
  g_assert_false (ck_id_is_valid ("ä"));
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/values", test_values);
  g_test_add_func ("/config/ids", test_ids);
  ADD ("/config/defaults", test_defaults);
  ADD ("/config/drop-ins", test_drop_ins);
  ADD ("/config/bad-settings", test_bad_settings);
  ADD ("/config/bad-provider-is-alone", test_bad_provider_is_alone);
  ADD ("/config/stacks", test_stacks);
  ADD ("/config/bad-stacks", test_bad_stacks);
  ADD ("/config/channel-file", test_channel_file);
  ADD ("/config/bad-channels-and-clients", test_bad_channels_and_clients);
  ADD ("/config/secret-in-a-file", test_secret_in_a_file);
  ADD ("/config/redirect-rules", test_redirect_rules);
  ADD ("/config/bad-generic-is-alone", test_bad_generic_is_alone);
  ADD ("/config/client-secrets", test_client_secrets);

  return g_test_run ();
}
