/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "module-bench.h"

#include <gmodule.h>
#include <string.h>

#include "bench-platform.h"
#include "ck-error.h"
#include "ck-secret.h"
#include "ck-stack.h"

struct _Bench
{
  BenchPlatform *platform;
  GHashTable *settings;
  GHashTable *arguments;
  GHashTable *items;
  const char *failure[2]; /* cause and match */
  GHashTable *extras;
  GHashTable *got;
  GVariantDict grant;
  char *scopes;
  char *secrets;
  guint timeout;
  BenchPerson person;
  gpointer person_data;
  CkTransaction *t;
  GVariant *details;
};

/* ---- the bench ------------------------------------------------------------------------------- */

static char *
expand (Bench *bench, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "@BASE@", -1);

  return g_strjoinv (bench_get_base (bench), parts);
}

Bench *
bench_new (void)
{
  static const char *const settings[][2] = {
    { "OAuth2.AuthorizationEndpoint", "@BASE@/authorize" },
    { "OAuth2.TokenEndpoint", "@BASE@/token" },
    { "OAuth2.DeviceAuthorizationEndpoint", "@BASE@/device" },
    { "OAuth2.RevocationEndpoint", "@BASE@/revoke" },
    { "OAuth2.IntrospectionEndpoint", "@BASE@/introspect" },
    { "OAuth2.UserinfoEndpoint", "@BASE@/userinfo" },
    /* What is said is not asked of the issuer's metadata. */
    { "OAuth2.PushedAuthorizationRequestEndpoint", "" },
    { "OAuth2.ClientAuthentication", "basic" },
    { "OAuth2.IssParameterSupported", "false" },
  };
  Bench *bench = g_new0 (Bench, 1);

  bench->platform = bench_platform_new ();
  bench->settings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  bench->arguments = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  bench->items = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  /* One that no answer fits. */
  bench_set_failure (bench, "none", "status=418");
  bench->extras = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  bench->got = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  bench->timeout = 30;
  g_variant_dict_init (&bench->grant, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    bench_set (bench, settings[i][0], settings[i][1]);
  bench_set_argument (bench, "client-id", "app");
  bench_set_argument (bench, "redirect-uri", "http://127.0.0.1:9/cb");
  bench_set_argument (bench, "flow", "browser");

  return bench;
}

void
bench_free (Bench *bench)
{
  bench_platform_free (bench->platform);
  g_clear_pointer (&bench->t, ck_transaction_free);
  g_clear_pointer (&bench->details, g_variant_unref);
  g_variant_dict_clear (&bench->grant);
  g_hash_table_unref (bench->settings);
  g_hash_table_unref (bench->arguments);
  g_hash_table_unref (bench->items);
  g_hash_table_unref (bench->extras);
  g_hash_table_unref (bench->got);
  g_free (bench->scopes);
  g_free (bench->secrets);
  g_free (bench);
}

const char *
bench_get_base (Bench *bench)
{
  return bench_platform_get_base (bench->platform);
}

static void
put (Bench *bench, GHashTable *table, const char *key, const char *value)
{
  if (value == NULL)
    g_hash_table_remove (table, key);
  else
    g_hash_table_replace (table, g_strdup (key), expand (bench, value));
}

void
bench_set (Bench *bench, const char *key, const char *value)
{
  put (bench, bench->settings, key, value);
}

void
bench_set_argument (Bench *bench, const char *key, const char *value)
{
  put (bench, bench->arguments, key, value);
}

void
bench_set_item (Bench *bench, const char *key, const char *value)
{
  put (bench, bench->items, key, value);
}

void
bench_set_scopes (Bench *bench, const char *scopes)
{
  g_free (bench->scopes);
  bench->scopes = g_strdup (scopes);
}

void
bench_set_secrets (Bench *bench, const char *secrets)
{
  g_free (bench->secrets);
  bench->secrets = g_strdup (secrets);
}

void
bench_set_timeout (Bench *bench, guint seconds)
{
  bench->timeout = seconds;
}

void
bench_set_grant (Bench *bench, const char *member, const char *value)
{
  g_autofree char *expanded = expand (bench, value);

  g_variant_dict_insert (&bench->grant, member, "s", expanded);
}

void
bench_set_grant_time (Bench *bench, const char *member, guint64 time)
{
  g_variant_dict_insert (&bench->grant, member, "t", time);
}

void
bench_set_got (Bench *bench, const char *member, const char *value)
{
  put (bench, bench->got, member, value);
}

void
bench_set_extra (Bench *bench, const char *key, const char *value)
{
  put (bench, bench->extras, key, value);
}

void
bench_answer (Bench *bench, guint status, const char *body)
{
  g_autofree char *expanded = expand (bench, body);

  bench_platform_answer (bench->platform, status, expanded);
}

void
bench_set_person (Bench *bench, BenchPerson person, gpointer user_data)
{
  bench->person = person;
  bench->person_data = user_data;
}

/* ---- a run ----------------------------------------------------------------------------------- */

static GVariant *
on_converse (const char *style,
             GVariant *details,
             gint64 deadline,
             SecretValue **secret,
             gpointer user_data,
             GError **error)
{
  Bench *bench = user_data;
  GVariant *answer = bench_ask_person (bench, style, details);

  const char *text = NULL;

  if (answer == NULL)
    g_set_error_literal (error, CK_ERROR, CK_ERROR_CANCELLED, "gone");
  else if (g_str_equal (style, "secret") && g_variant_lookup (answer, "secret", "&s", &text))
    *secret = secret_value_new (text, -1, "text/plain");

  return answer;
}

static void
on_log (const char *line, gpointer user_data)
{
  g_test_message ("log: %s", line);
}

static const CkTransactionHooks hooks = { .converse = on_converse, .log = on_log };

void
bench_set_failure (Bench *bench, const char *cause, const char *match)
{
  bench->failure[0] = cause;
  bench->failure[1] = match;
}

static GVariant *
make_failures (Bench *bench)
{
  return g_variant_new_parsed (
      "[(%s, %s),"
      " ('client-misconfigured', 'where=token json:error=invalid_client'),"
      " ('unknown-revoked', 'where=token json:error=invalid_grant'),"
      " ('none', 'where=redirect json:error=access_denied'),"
      " ('unknown-revoked', 'where=api status=401'),"
      " ('unknown-revoked', 'where=api status=200 json:data.active=false')]",
      bench->failure[0], bench->failure[1]);
}

static GVariant *
make_table (GHashTable *table)
{
  GVariantBuilder builder;
  GHashTableIter iter;
  const char *key, *value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, (gpointer *) &key, (gpointer *) &value))
    g_variant_builder_add (&builder, "{ss}", key, value);

  return g_variant_builder_end (&builder);
}

static GStrv
split (const char *text)
{
  return text != NULL ? g_strsplit (text, " ", -1) : g_new0 (char *, 1);
}

static GVariant *
make_arguments (Bench *bench, const char *operation)
{
  g_auto (GStrv) scopes = split (bench->scopes);
  GHashTableIter iter;
  GVariantDict dict;
  const char *key, *value;

  g_variant_dict_init (&dict, NULL);
  g_hash_table_iter_init (&iter, bench->arguments);
  while (g_hash_table_iter_next (&iter, (gpointer *) &key, (gpointer *) &value))
    g_variant_dict_insert (&dict, key, "s", value);
  g_variant_dict_insert (&dict, "operation", "s", operation);
  g_variant_dict_insert (&dict, "channel", "s", "test");
  g_variant_dict_insert (&dict, "scopes", "^as", scopes);
  g_variant_dict_insert (&dict, "timeout", "u", bench->timeout);
  g_variant_dict_insert (&dict, "allow-insecure-loopback", "b", TRUE);

  return g_variant_dict_end (&dict);
}

static SecretValue *
make_secrets (Bench *bench)
{
  g_auto (GStrv) client = split (bench->secrets);
  g_autoptr (GVariant) grant = NULL;
  g_autoptr (GVariant) all = NULL;
  GVariantDict dict;

  if (g_hash_table_size (bench->extras) > 0)
    g_variant_dict_insert_value (&bench->grant, "extras", make_table (bench->extras));
  grant = g_variant_ref_sink (g_variant_dict_end (&bench->grant));
  g_variant_dict_init (&bench->grant, grant);
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "client-secrets", "^as", client);
  g_variant_dict_insert_value (&dict, "grant", grant);
  all = g_variant_ref_sink (g_variant_dict_end (&dict));

  return ck_secret_from_variant (all);
}

static CkResult
call_module (CkTransaction *t, const char *operation, const char *module, char **argv)
{
  g_autofree char *path = g_strdup_printf ("%s/%s.so", g_getenv ("CK_TEST_MODULES"), module);
  g_autofree char *symbol = g_strconcat ("ck_sm_", operation, NULL);
  GModule *loaded = g_module_open (path, G_MODULE_BIND_LOCAL);
  CkResult (*function) (CkTransaction *, int, const char **) = NULL;
  CkResult result;

  if (loaded == NULL || !g_module_symbol (loaded, symbol, (gpointer *) &function))
    g_error ("%s: %s", module, g_module_error ());

  ck_transaction_begin_module (t, module, (const char *const *) argv);
  result = function (t, (int) g_strv_length (argv), (const char **) argv);
  ck_transaction_end_module (t, result);
  g_module_close (loaded);

  return result;
}

GVariant *
bench_make_call (Bench *bench, const char *operation, const char *stack)
{
  g_autofree char *dir
      = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "..", "..", "backends", "stacks", NULL);
  const char *const dirs[] = { dir, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (CkStack) loaded = ck_stack_load (dirs, stack, operation, &error);

  g_assert_no_error (error);

  return g_variant_new ("(v@a{ss}@a(ss)@a{sv}h)", ck_stack_to_variant (loaded),
                        make_table (bench->settings), make_failures (bench),
                        make_arguments (bench, operation), 0);
}

int
bench_make_secrets (Bench *bench)
{
  g_autoptr (SecretValue) secrets = make_secrets (bench);
  g_autoptr (GError) error = NULL;
  int fd = ck_secret_to_memfd (secrets, &error);

  g_assert_no_error (error);

  return fd;
}

GVariant *
bench_ask_person (Bench *bench, const char *style, GVariant *details)
{
  GVariant *answer
      = bench->person != NULL ? bench->person (style, details, bench->person_data) : NULL;

  return answer != NULL ? g_variant_ref_sink (answer) : NULL;
}

void
bench_take_grant (Bench *bench, GVariant *grant)
{
  g_variant_dict_clear (&bench->grant);
  g_variant_dict_init (&bench->grant, grant);
}

void
bench_forget_requests (Bench *bench)
{
  g_ptr_array_set_size (bench_platform_get_requests (bench->platform), 0);
}

CkResult
bench_run (Bench *bench, const char *operation, const char *module, const char *line)
{
  g_autoptr (SecretValue) secrets = make_secrets (bench);
  g_autoptr (GVariant) settings = g_variant_ref_sink (make_table (bench->settings));
  g_autoptr (GVariant) failures = g_variant_ref_sink (make_failures (bench));
  g_auto (GStrv) argv = line != NULL ? g_strsplit (line, "|", -1) : g_new0 (char *, 1);
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  const char *key, *value;
  CkResult result;

  for (char **argument = argv; *argument != NULL; argument++)
    {
      char *expanded = expand (bench, *argument);

      g_free (*argument);
      *argument = expanded;
    }

  g_clear_pointer (&bench->t, ck_transaction_free);
  g_clear_pointer (&bench->details, g_variant_unref);
  bench_forget_requests (bench);
  bench->t
      = ck_transaction_new (settings, failures, make_arguments (bench, operation), secrets, &error);
  g_assert_no_error (error);
  ck_transaction_set_hooks (bench->t, &hooks, bench);
  g_hash_table_iter_init (&iter, bench->items);
  while (g_hash_table_iter_next (&iter, (gpointer *) &key, (gpointer *) &value))
    ck_transaction_set_item (bench->t, key, value);
  g_hash_table_iter_init (&iter, bench->got);
  while (g_hash_table_iter_next (&iter, (gpointer *) &key, (gpointer *) &value))
    g_assert_true (ck_transaction_set_grant (bench->t, key, value));

  result = call_module (bench->t, operation, module, argv);
  ck_transaction_finish (bench->t, result, module);
  bench->details = g_variant_ref_sink (ck_transaction_dup_details (bench->t));

  return result;
}

/* ---- what came of it ------------------------------------------------------------------------- */

guint
bench_count_requests (Bench *bench)
{
  return bench_platform_get_requests (bench->platform)->len;
}

const char *
bench_get_request (Bench *bench, guint index)
{
  g_assert_cmpuint (index, <, bench_platform_get_requests (bench->platform)->len);

  return g_ptr_array_index (bench_platform_get_requests (bench->platform), index);
}

char *
bench_dup_parameter (Bench *bench, guint index, const char *name)
{
  const char *body = strstr (bench_get_request (bench, index), "\r\n\r\n");
  g_autoptr (GHashTable) parameters
      = g_uri_parse_params (body + 4, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);

  return parameters != NULL ? g_strdup (g_hash_table_lookup (parameters, name)) : NULL;
}

static const char *
get_detail (Bench *bench, const char *key)
{
  const char *value = "";

  g_variant_lookup (bench->details, key, "&s", &value);

  return value;
}

const char *
bench_get_cause (Bench *bench)
{
  return get_detail (bench, "cause");
}

const char *
bench_get_detail (Bench *bench)
{
  return get_detail (bench, "detail");
}

gboolean
bench_has_word (Bench *bench, const char *key, const char *word)
{
  g_autofree const char **words = NULL;

  return g_variant_lookup (bench->details, key, "^a&s", &words) && g_strv_contains (words, word);
}

gboolean
bench_is_in_doubt (Bench *bench)
{
  gboolean in_doubt = FALSE;

  g_variant_lookup (bench->details, "in-doubt", "b", &in_doubt);

  return in_doubt;
}

const char *
bench_get_item (Bench *bench, const char *key)
{
  return ck_transaction_get_item (bench->t, key);
}

const char *
bench_get (Bench *bench, const char *member)
{
  return ck_transaction_get_grant (bench->t, member);
}

guint64
bench_get_time (Bench *bench, const char *member)
{
  return ck_transaction_get_grant_time (bench->t, member);
}

char *
bench_dup_scopes (Bench *bench)
{
  return g_strjoinv (" ", (char **) ck_transaction_get_grant_scopes (bench->t));
}

guint64
bench_now (void)
{
  return (guint64) (g_get_real_time () / G_USEC_PER_SEC);
}

const char *
bench_get_extra (Bench *bench, const char *key)
{
  return ck_transaction_get_grant_extra (bench->t, key);
}
