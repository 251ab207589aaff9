/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "keyring-fixture.h"
#include "vault-util.h"

/* What every backend promises: CK_TEST_VAULT says which is tried. */

/* With a Secret Service each folder is a keyring, and each opening starts its daemon anew: what is found
 * then was stored. */
static CkVault *
open_vault (const char *dir)
{
  if (g_str_equal (vault_backend (), CK_VAULT_BACKEND_SERVICE))
    keyring_start (dir, KEYRING_PASSWORD);

  return vault_open (dir);
}

static void
test_round_trip (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = open_vault (dir);
  g_autoptr (GPtrArray) grants = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_OPEN);
  g_assert_cmpstr (ck_vault_get_reason (vault), ==, "");
  grants = vault_load (vault, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (grants->len, ==, 0);

  g_assert_true (vault_store (vault, "twitch-main", 1, "one", &error));
  g_assert_true (vault_store (vault, "twitch-main", 2, "two", &error));
  g_assert_true (vault_store (vault, "page", 1, "other", &error));
  vault_expect (vault, "twitch-main", 1, "one");
  vault_expect (vault, "twitch-main", 2, "two");

  g_clear_object (&vault);
  vault = open_vault (dir);
  vault_expect (vault, "twitch-main", 1, "one");
  vault_expect (vault, "twitch-main", 2, "two");
  vault_expect (vault, "page", 1, "other");

  g_assert_true (vault_clear (vault, "twitch-main", 1, &error));
  g_assert_true (vault_clear (vault, "twitch-main", 7, &error)); /* not there: as good */
  g_assert_no_error (error);
  g_assert_true (vault_store (vault, "page", 1, "replaced", &error));

  g_clear_object (&vault);
  vault = open_vault (dir);
  g_clear_pointer (&grants, g_ptr_array_unref);
  grants = vault_load (vault, &error);
  g_assert_cmpuint (grants->len, ==, 2);
  vault_expect (vault, "twitch-main", 2, "two");
  vault_expect (vault, "page", 1, "replaced");

  g_clear_object (&vault);
  store_remove_dir (dir);
}

static void
test_clients (void)
{
  static const char bytes[] = "s\0cret\n\xff"; /* not text */
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = open_vault (dir);
  g_autoptr (SecretValue) value = secret_value_new (bytes, sizeof bytes, "x/y");
  g_autoptr (SecretValue) found = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_assert_null (vault_lookup_client (vault, "acme", &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_NO_SUCH_CLIENT);
  g_clear_error (&error);

  g_assert_true (vault_store_client (vault, "acme", value, &error));
  g_clear_object (&vault);
  vault = open_vault (dir);

  found = vault_lookup_client (vault, "acme", &error);
  g_assert_no_error (error);
  g_assert_cmpmem (secret_value_get (found, &size), size, bytes, sizeof bytes);

  ck_vault_clear_client_async (vault, "acme", NULL, store_on_result, &result);
  g_assert_true (ck_vault_clear_client_finish (vault, store_wait (&result), &error));
  g_assert_null (vault_lookup_client (vault, "acme", &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_NO_SUCH_CLIENT);

  g_clear_object (&vault);
  store_remove_dir (dir);
}

/* Calls for one item take effect in their order, also when they are queued together. */
static void
test_order (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = open_vault (dir);
  g_autoptr (CkGrant) first = vault_make_grant ("first", 0);
  g_autoptr (CkGrant) second = vault_make_grant ("second", 0);
  GAsyncResult *results[4] = { NULL };
  g_autoptr (GPtrArray) grants = NULL;
  g_autoptr (GError) error = NULL;

  ck_vault_store_grant_async (vault, "a", 1, first, NULL, store_on_result, &results[0]);
  ck_vault_store_grant_async (vault, "a", 1, second, NULL, store_on_result, &results[1]);
  ck_vault_store_grant_async (vault, "b", 1, first, NULL, store_on_result, &results[2]);
  ck_vault_clear_grant_async (vault, "b", 1, NULL, store_on_result, &results[3]);
  for (guint i = 0; i < 4; i++)
    {
      ck_vault_store_grant_finish (vault, store_wait (&results[i]), &error);
      g_assert_no_error (error);
      g_clear_object (&results[i]);
    }

  vault_expect (vault, "a", 1, "second");
  grants = vault_load (vault, &error);
  g_assert_cmpuint (grants->len, ==, 1);

  g_clear_object (&vault);
  vault = open_vault (dir);
  vault_expect (vault, "a", 1, "second");
  g_clear_object (&vault);
  store_remove_dir (dir);
}

/* Many in flight: each is stored, and none as another. */
#define N_CONCURRENT 100

static void
test_concurrent_stores (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = open_vault (dir);
  g_autoptr (GPtrArray) grants = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *results[N_CONCURRENT] = { NULL };

  for (guint i = 0; i < N_CONCURRENT; i++)
    {
      g_autofree char *channel = g_strdup_printf ("c%u", i);
      g_autoptr (CkGrant) grant = vault_make_grant (channel, 1000);

      ck_vault_store_grant_async (vault, channel, i, grant, NULL, store_on_result, &results[i]);
    }
  for (guint i = 0; i < N_CONCURRENT; i++)
    {
      g_assert_true (ck_vault_store_grant_finish (vault, store_wait (&results[i]), &error));
      g_assert_no_error (error);
      g_clear_object (&results[i]);
    }

  g_clear_object (&vault);
  vault = open_vault (dir);
  grants = vault_load (vault, &error);
  g_assert_cmpuint (grants->len, ==, N_CONCURRENT);
  for (guint i = 0; i < N_CONCURRENT; i++)
    {
      g_autofree char *channel = g_strdup_printf ("c%u", i);
      CkVaultGrant *grant = vault_find (grants, channel, i);

      g_assert_nonnull (grant);
      g_assert_cmpstr (ck_grant_get_access_token (grant->grant), ==, channel);
    }
  g_clear_object (&vault);
  store_remove_dir (dir);
}

static void
test_generations (void)
{
  static const guint64 generations[] = { 0, 1, G_MAXUINT32, (guint64) G_MAXUINT32 + 1, G_MAXINT64 };
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = open_vault (dir);
  g_autoptr (GPtrArray) grants = NULL;
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (generations); i++)
    {
      g_autofree char *token = g_strdup_printf ("token-%" G_GSIZE_FORMAT, i);

      g_assert_true (vault_store (vault, "a", generations[i], token, &error));
    }
  g_assert_true (vault_clear (vault, "a", G_MAXUINT32, &error));

  g_clear_object (&vault);
  vault = open_vault (dir);
  grants = vault_load (vault, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (grants->len, ==, G_N_ELEMENTS (generations) - 1);
  for (gsize i = 0; i < G_N_ELEMENTS (generations); i++)
    {
      g_autofree char *token = g_strdup_printf ("token-%" G_GSIZE_FORMAT, i);
      CkVaultGrant *grant = vault_find (grants, "a", generations[i]);

      if (generations[i] == G_MAXUINT32)
        g_assert_null (grant);
      else
        g_assert_cmpstr (ck_grant_get_access_token (grant->grant), ==, token);
    }

  g_clear_object (&vault);
  store_remove_dir (dir);
}

static SecretValue *
make_bytes (gsize size)
{
  g_autofree guint8 *bytes = g_malloc0 (size + 1);

  for (gsize i = 0; i < size; i++)
    bytes[i] = (guint8) (i * 31 + i / 256);

  return secret_value_new ((const char *) bytes, (gssize) size, "application/octet-stream");
}

/* Every byte there is, none at all, and as much as a platform may ever answer. */
static void
test_sizes (void)
{
  static const gsize sizes[] = { 0, 1, 15, 16, 17, 4096, 64 * 1024, 1024 * 1024 };
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = open_vault (dir);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *client = g_strdup_printf ("c%" G_GSIZE_FORMAT, i);
      g_autoptr (SecretValue) value = make_bytes (sizes[i]);

      g_assert_true (vault_store_client (vault, client, value, &error));
      g_assert_no_error (error);
    }

  g_clear_object (&vault);
  vault = open_vault (dir);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *client = g_strdup_printf ("c%" G_GSIZE_FORMAT, i);
      g_autoptr (SecretValue) value = make_bytes (sizes[i]);
      g_autoptr (SecretValue) found = vault_lookup_client (vault, client, &error);
      gsize size;
      const char *bytes;

      g_assert_no_error (error);
      bytes = secret_value_get (found, &size);
      g_assert_cmpmem (bytes, size, secret_value_get (value, NULL), sizes[i]);
    }

  g_clear_object (&vault);
  store_remove_dir (dir);
}

/* At once, before anything else has been asked. */
static void
test_concurrent_lookups (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = open_vault (dir);
  g_autoptr (SecretValue) value = make_bytes (100);
  g_autoptr (GError) error = NULL;
  GAsyncResult *results[64] = { NULL };

  g_assert_true (vault_store_client (vault, "acme", value, &error));
  g_clear_object (&vault);
  vault = open_vault (dir);
  for (gsize i = 0; i < G_N_ELEMENTS (results); i++)
    ck_vault_lookup_client_async (vault, "acme", NULL, store_on_result, &results[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (SecretValue) found
          = ck_vault_lookup_client_finish (vault, store_wait (&results[i]), &error);

      g_assert_no_error (error);
      g_assert_nonnull (found);
      g_clear_object (&results[i]);
    }

  g_clear_object (&vault);
  store_remove_dir (dir);
}

static void
test_sealed_refuses (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = ck_vault_new (vault_backend (), dir, NULL);
  g_autoptr (SecretValue) value = secret_value_new ("x", 1, "text/plain");
  g_autoptr (GError) error = NULL;

  g_assert_false (vault_store (vault, "a", 1, "t", &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  g_clear_error (&error);
  g_assert_false (vault_clear (vault, "a", 1, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  g_clear_error (&error);
  g_assert_null (vault_load (vault, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  g_clear_error (&error);
  g_assert_false (vault_store_client (vault, "a", value, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  g_clear_error (&error);
  g_assert_null (vault_lookup_client (vault, "a", &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);

  store_remove_dir (dir); /* which is empty */
}

static void
on_changed (CkVault *vault, guint *n_changes)
{
  (*n_changes)++;
}

static void
test_close (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = open_vault (dir);
  g_autoptr (CkGrant) grant = vault_make_grant ("late", 0);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  guint n_changes = 0;

  g_signal_connect (vault, "changed", G_CALLBACK (on_changed), &n_changes);
  ck_vault_store_grant_async (vault, "a", 1, grant, NULL, store_on_result, &result);
  ck_vault_close (vault);
  g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_SEALED);
  g_assert_cmpuint (n_changes, ==, 1);

  /* Queued before: either it was stored, or its caller hears that it was not. */
  if (!ck_vault_store_grant_finish (vault, store_wait (&result), &error))
    g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  else
    {
      g_autoptr (CkVault) again = open_vault (dir);

      vault_expect (again, "a", 1, "late");
    }

  store_remove_dir (dir);
}

static const SecretSchema schema = {
  "org.example.Contract",
  SECRET_SCHEMA_NONE,
  {
      { "who", SECRET_SCHEMA_ATTRIBUTE_STRING },
      { "what", SECRET_SCHEMA_ATTRIBUTE_STRING },
      { NULL, 0 },
  },
};

static char *
look_up (const char *who, const char *what)
{
  g_autoptr (GError) error = NULL;
  char *password = what != NULL
                       ? secret_password_lookup_sync (&schema, NULL, &error, "who", who, "what", what, NULL)
                       : secret_password_lookup_sync (&schema, NULL, &error, "who", who, NULL);

  g_assert_no_error (error);
  return password;
}

static void
expect_password (const char *who, const char *what, const char *expected)
{
  char *password = look_up (who, what);

  g_assert_cmpstr (password, ==, expected);
  secret_password_free (password);
}

static void
put (const char *who, const char *what, const char *password)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (secret_password_store_sync (&schema,
                                             NULL,
                                             "a label",
                                             password,
                                             NULL,
                                             &error,
                                             "who",
                                             who,
                                             "what",
                                             what,
                                             NULL));
  g_assert_no_error (error);
}

/* libsecret's own rules, through its plain password API. */
static void
test_contract (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = open_vault (dir);
  g_autoptr (GError) error = NULL;

  expect_password ("alice", "door", NULL);
  put ("alice", "door", "one");
  put ("alice", "car", "two");
  put ("bob", "door", "three");
  expect_password ("alice", "door", "one");
  expect_password ("bob", NULL, "three"); /* part of the attributes is enough */
  put ("alice", "door", "four");          /* the same attributes: replaced */
  expect_password ("alice", "door", "four");

  g_assert_true (secret_password_clear_sync (&schema, NULL, &error, "who", "alice", NULL));
  expect_password ("alice", "door", NULL);
  expect_password ("alice", "car", NULL);
  expect_password ("bob", "door", "three");
  g_assert_false (secret_password_clear_sync (&schema, NULL, &error, "who", "alice", NULL));
  g_assert_no_error (error);

  g_clear_object (&vault);
  g_assert_null (secret_password_lookup_sync (&schema, NULL, &error, "who", "bob", NULL));
  g_assert_nonnull (error);
  store_remove_dir (dir);
}

/* Not its synchronous form: what GDBusProxy frees later has a main context to be freed in. */
static GList *
search (SecretSearchFlags flags, const char *who)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GList *items;

  secret_password_search (&schema, flags, NULL, store_on_result, &result, "who", who, NULL);
  items = secret_password_search_finish (store_wait (&result), &error);
  g_assert_no_error (error);

  return items;
}

static void
test_contract_search (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = open_vault (dir);
  g_autoptr (GError) error = NULL;
  guint64 now = (guint64) (g_get_real_time () / G_USEC_PER_SEC);
  GList *items;

  put ("alice", "door", "one");
  put ("alice", "car", "two");
  put ("bob", "door", "three");

  items = search (SECRET_SEARCH_ALL, "alice");
  g_assert_cmpuint (g_list_length (items), ==, 2);
  for (GList *l = items; l != NULL; l = l->next)
    {
      g_autoptr (GHashTable) attributes = secret_retrievable_get_attributes (l->data);
      g_autofree char *label = secret_retrievable_get_label (l->data);
      g_autoptr (SecretValue) value = secret_retrievable_retrieve_secret_sync (l->data, NULL, &error);
      const char *what = g_hash_table_lookup (attributes, "what");

      g_assert_cmpstr (g_hash_table_lookup (attributes, "who"), ==, "alice");
      g_assert_cmpstr (g_hash_table_lookup (attributes, "xdg:schema"), ==, schema.name);
      g_assert_cmpstr (label, ==, "a label");
      g_assert_cmpstr (secret_value_get_text (value), ==, g_str_equal (what, "door") ? "one" : "two");
      g_assert_cmpuint (secret_retrievable_get_created (l->data), >=, now);
      g_assert_cmpuint (secret_retrievable_get_modified (l->data), <=, now + 60);
    }
  g_list_free_full (items, g_object_unref);

  items = search (SECRET_SEARCH_NONE, "alice");
  g_assert_cmpuint (g_list_length (items), ==, 1);
  g_list_free_full (items, g_object_unref);
  items = search (SECRET_SEARCH_ALL, "eve");
  g_assert_null (items);

  g_clear_object (&vault);
  store_remove_dir (dir);
}

static void
test_names (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (ck_vault_state_to_string (CK_VAULT_SEALED), ==, "sealed");
  g_assert_cmpstr (ck_vault_state_to_string (CK_VAULT_OPEN), ==, "open");
  g_assert_cmpstr (ck_vault_state_to_string (CK_VAULT_DEGRADED), ==, "degraded");
  g_assert_false (ck_vault_select_backend ("file", &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!ck_vault_select_backend (vault_backend (), NULL))
    return 1;

  g_test_add_func ("/vault/round-trip", test_round_trip);
  g_test_add_func ("/vault/clients", test_clients);
  g_test_add_func ("/vault/order", test_order);
  g_test_add_func ("/vault/concurrent-stores", test_concurrent_stores);
  g_test_add_func ("/vault/concurrent-lookups", test_concurrent_lookups);
  g_test_add_func ("/vault/generations", test_generations);
  g_test_add_func ("/vault/sizes", test_sizes);
  g_test_add_func ("/vault/sealed-refuses", test_sealed_refuses);
  g_test_add_func ("/vault/close", test_close);
  g_test_add_func ("/vault/contract", test_contract);
  g_test_add_func ("/vault/contract/search", test_contract_search);
  g_test_add_func ("/vault/names", test_names);

  return g_test_run ();
}
