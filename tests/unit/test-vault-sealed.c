/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-sealed-backend.h"
#include "vault-util.h"

/* What backend `sealed` promises beyond the contract of test-vault.c. */

#define N_CONCURRENT 500

static void
test_batches (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = vault_open (dir);
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
  store_remove_dir (dir);
}

/* The type of a secret's bytes; a Secret Service need not keep it. */
static void
test_content_type (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = vault_open (dir);
  g_autoptr (SecretValue) value = secret_value_new ("s", 1, "x/y");
  g_autoptr (SecretValue) found = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (vault_store_client (vault, "acme", value, &error));
  g_clear_object (&vault);
  vault = vault_open (dir);
  found = vault_lookup_client (vault, "acme", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (secret_value_get_content_type (found), ==, "x/y");

  g_clear_object (&vault);
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

/* After the end nothing is answered from memory. */
static void
test_closed (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = vault_open (dir);
  g_autoptr (GError) error = NULL;

  g_clear_object (&vault);
  g_assert_null (secret_password_lookup_sync (&schema, NULL, &error, "who", "bob", NULL));
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  store_remove_dir (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!ck_vault_select_backend (CK_VAULT_BACKEND_SEALED, NULL))
    return 1;

  g_test_add_func ("/vault/sealed/first-calls", test_first_calls);
  g_test_add_func ("/vault/sealed/batches", test_batches);
  g_test_add_func ("/vault/sealed/content-type", test_content_type);
  g_test_add_func ("/vault/sealed/closed", test_closed);

  return g_test_run ();
}
