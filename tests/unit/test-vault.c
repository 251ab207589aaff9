/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-sealed-backend.h"
#include "vault-util.h"

static void
test_round_trip (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = vault_open (dir);
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
  vault = vault_open (dir);
  vault_expect (vault, "twitch-main", 1, "one");
  vault_expect (vault, "twitch-main", 2, "two");
  vault_expect (vault, "page", 1, "other");

  g_assert_true (vault_clear (vault, "twitch-main", 1, &error));
  g_assert_true (vault_clear (vault, "twitch-main", 7, &error)); /* not there: as good */
  g_assert_no_error (error);
  g_assert_true (vault_store (vault, "page", 1, "replaced", &error));

  g_clear_object (&vault);
  vault = vault_open (dir);
  g_clear_pointer (&grants, g_ptr_array_unref);
  grants = vault_load (vault, &error);
  g_assert_cmpuint (grants->len, ==, 2);
  vault_expect (vault, "twitch-main", 2, "two");
  vault_expect (vault, "page", 1, "replaced");

  g_clear_object (&vault);
  store_remove_dir (dir);
}

static SecretValue *
lookup_client (CkVault *vault, const char *client, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ck_vault_lookup_client_async (vault, client, NULL, store_on_result, &result);
  return ck_vault_lookup_client_finish (vault, store_wait (&result), error);
}

static gboolean
store_client (CkVault *vault, const char *client, SecretValue *value, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ck_vault_store_client_async (vault, client, value, NULL, store_on_result, &result);
  return ck_vault_store_client_finish (vault, store_wait (&result), error);
}

static void
test_clients (void)
{
  static const char bytes[] = "s\0cret\n\xff"; /* not text */
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = vault_open (dir);
  g_autoptr (SecretValue) value = secret_value_new (bytes, sizeof bytes, "x/y");
  g_autoptr (SecretValue) found = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_assert_null (lookup_client (vault, "acme", &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_NO_SUCH_CLIENT);
  g_clear_error (&error);

  g_assert_true (store_client (vault, "acme", value, &error));
  g_clear_object (&vault);
  vault = vault_open (dir);

  found = lookup_client (vault, "acme", &error);
  g_assert_no_error (error);
  g_assert_cmpmem (secret_value_get (found, &size), size, bytes, sizeof bytes);
  g_assert_cmpstr (secret_value_get_content_type (found), ==, "x/y");

  ck_vault_clear_client_async (vault, "acme", NULL, store_on_result, &result);
  g_assert_true (ck_vault_clear_client_finish (vault, store_wait (&result), &error));
  g_assert_null (lookup_client (vault, "acme", &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_NO_SUCH_CLIENT);

  g_clear_object (&vault);
  store_remove_dir (dir);
}

/* Calls for one item take effect in their order, also when they are queued together. */
static void
test_order (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = vault_open (dir);
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
  vault = vault_open (dir);
  vault_expect (vault, "a", 1, "second");
  g_clear_object (&vault);
  store_remove_dir (dir);
}

#define N_CONCURRENT 500

static void
test_concurrent_stores (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = vault_open (dir);
  g_autoptr (GPtrArray) grants = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *results[N_CONCURRENT] = { NULL };
  guint64 commits = ck_sealed_store_get_n_commits (ck_sealed_backend_get_attached ());

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

  /* Together, not one by one: the bar of 64 in flight leaves no other way. */
  commits = ck_sealed_store_get_n_commits (ck_sealed_backend_get_attached ()) - commits;
  g_test_message ("%u stores in %" G_GUINT64_FORMAT " commits", N_CONCURRENT, commits);
  g_assert_cmpuint (commits, >=, 1);
  g_assert_cmpuint (commits, <=, N_CONCURRENT / 10);

  g_clear_object (&vault);
  vault = vault_open (dir);
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
test_sealed_refuses (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = ck_vault_new (CK_VAULT_BACKEND_SEALED, dir, NULL);
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
  g_assert_false (store_client (vault, "a", value, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  g_clear_error (&error);
  g_assert_null (lookup_client (vault, "a", &error));
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
  g_autoptr (CkVault) vault = vault_open (dir);
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
      g_autoptr (CkVault) again = vault_open (dir);

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
  g_autoptr (CkVault) vault = vault_open (dir);
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
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  store_remove_dir (dir);
}

static void
test_contract_search (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = vault_open (dir);
  g_autoptr (GError) error = NULL;
  guint64 now = (guint64) (g_get_real_time () / G_USEC_PER_SEC);
  GList *items;

  put ("alice", "door", "one");
  put ("alice", "car", "two");
  put ("bob", "door", "three");

  items = secret_password_search_sync (&schema, SECRET_SEARCH_ALL, NULL, &error, "who", "alice", NULL);
  g_assert_no_error (error);
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

  items = secret_password_search_sync (&schema, SECRET_SEARCH_NONE, NULL, &error, "who", "alice", NULL);
  g_assert_cmpuint (g_list_length (items), ==, 1);
  g_list_free_full (items, g_object_unref);
  items = secret_password_search_sync (&schema, SECRET_SEARCH_ALL, NULL, &error, "who", "eve", NULL);
  g_assert_no_error (error);
  g_assert_null (items);

  g_clear_object (&vault);
  store_remove_dir (dir);
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  char *password = secret_password_lookup_finish (result, &error);
  guint *n_right = user_data;

  g_assert_no_error (error);
  g_assert_cmpstr (password, ==, "one");
  secret_password_free (password);
  (*n_right)++;
}

/* libsecret 0.20.5 makes a backend instance for each first call that is under way: all of them have
 * to answer from the one store. Runs in a process of its own, or the calls would not be first. */
static void
test_first_calls (void)
{
  g_autofree char *dir = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (CkSealedStore) store = NULL;
  g_autoptr (GHashTable) attributes = NULL;
  g_autoptr (GBytes) name = NULL;
  g_autoptr (SecretValue) value = NULL;
  g_autoptr (GAsyncResult) stored = NULL;
  guint n_right = 0;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, 0);
      g_test_trap_assert_passed ();
      return;
    }

  dir = store_make_dir ();
  ck_sealed_store_open_async (dir, NULL, NULL, store_on_result, &result);
  store = ck_sealed_store_open_finish (store_wait (&result), NULL);
  g_assert_nonnull (store);
  ck_sealed_backend_attach (store);

  attributes = g_hash_table_new (g_str_hash, g_str_equal);
  g_hash_table_insert (attributes, (gpointer) "who", (gpointer) "alice");
  g_hash_table_insert (attributes, (gpointer) "what", (gpointer) "door");
  name = ck_item_name_new (schema.name, attributes);
  value = secret_value_new ("one", -1, "text/plain");
  ck_sealed_store_put_async (store, name, NULL, value, NULL, store_on_result, &stored);
  g_assert_true (ck_sealed_store_put_finish (store, store_wait (&stored), NULL));

  for (guint i = 0; i < 64; i++)
    secret_password_lookup (&schema, NULL, on_looked_up, &n_right, "who", "alice", "what", "door", NULL);
  while (n_right < 64)
    g_main_context_iteration (NULL, TRUE);

  ck_sealed_backend_attach (NULL);
  g_clear_object (&store);
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
  if (!ck_vault_select_backend (CK_VAULT_BACKEND_SEALED, NULL))
    return 1;

  g_test_add_func ("/vault/first-calls", test_first_calls);
  g_test_add_func ("/vault/round-trip", test_round_trip);
  g_test_add_func ("/vault/clients", test_clients);
  g_test_add_func ("/vault/order", test_order);
  g_test_add_func ("/vault/concurrent-stores", test_concurrent_stores);
  g_test_add_func ("/vault/sealed-refuses", test_sealed_refuses);
  g_test_add_func ("/vault/close", test_close);
  g_test_add_func ("/vault/contract", test_contract);
  g_test_add_func ("/vault/contract/search", test_contract_search);
  g_test_add_func ("/vault/names", test_names);

  return g_test_run ();
}
