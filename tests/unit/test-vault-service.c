/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <signal.h>
#include <string.h>

#include "keyring-fixture.h"
#include "vault-util.h"

/* A Secret Service that is not there, is locked, goes away and comes back. */

#define PATIENCE (15 * G_USEC_PER_SEC)

static void
wait_for_state (CkVault *vault, CkVaultState state)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (ck_vault_get_state (vault) != state && g_get_monotonic_time () < end)
    {
      g_usleep (1000);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpstr (ck_vault_state_to_string (ck_vault_get_state (vault)),
                   ==,
                   ck_vault_state_to_string (state));
}

static void
wait_until_lost (CkVault *vault)
{
  for (int i = 0; ck_vault_get_state (vault) == CK_VAULT_OPEN && i < 10000; i++)
    {
      g_usleep (1000);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpint (ck_vault_get_state (vault), !=, CK_VAULT_OPEN);
}

static void
expect_reason (CkVault *vault, const char *part)
{
  const char *reason = ck_vault_get_reason (vault);

  if (strstr (reason, part) == NULL)
    g_error ("\"%s\" is not in the reason: %s", part, reason);
  /* What to do. */
  g_assert_nonnull (strstr (reason, "; see SECRET SERVICE in channelkeeperd(8)"));
}

static void
clear_up (CkVault **vault, const char *dir)
{
  g_clear_object (vault);
  keyring_signal (SIGKILL);
  store_remove_dir (dir);
}

/* Returns: (transfer full): a vault that could not be opened */
static CkVault *
fail_to_open (const char *dir, const char *reason)
{
  g_autoptr (GError) error = NULL;
  CkVault *vault = vault_try_open (dir, NULL, &error);

  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  expect_reason (vault, reason);
  g_assert_nonnull (strstr (error->message, reason));

  return vault;
}

static void
expect_refusal (CkVault *vault)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (vault_store (vault, "refused", 1, "token", &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  g_clear_error (&error);
  g_assert_null (vault_load (vault, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  g_clear_error (&error);
  g_assert_null (vault_lookup_client (vault, "acme", &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
}

static void
expect_use (CkVault *vault)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (vault_store (vault, "a", 1, "one", &error));
  g_assert_no_error (error);
  vault_expect (vault, "a", 1, "one");
}

static void
test_no_bus (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *address = g_strdup (g_getenv ("DBUS_SESSION_BUS_ADDRESS"));
  g_autoptr (CkVault) vault = NULL;

  g_unsetenv ("DBUS_SESSION_BUS_ADDRESS");
  vault = fail_to_open (dir, "name one in DBUS_SESSION_BUS_ADDRESS");
  g_clear_object (&vault);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent", TRUE);
  vault = fail_to_open (dir, "the session bus does not answer");
  expect_refusal (vault);

  g_setenv ("DBUS_SESSION_BUS_ADDRESS", address, TRUE);
  keyring_start (dir, KEYRING_PASSWORD);
  wait_for_state (vault, CK_VAULT_OPEN);
  expect_use (vault);

  clear_up (&vault, dir);
}

static void
test_not_there (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = fail_to_open (dir, "no Secret Service is on the session bus");

  expect_refusal (vault);
  keyring_start (dir, KEYRING_PASSWORD);
  wait_for_state (vault, CK_VAULT_OPEN);
  g_assert_cmpstr (ck_vault_get_reason (vault), ==, "");
  expect_use (vault);

  clear_up (&vault, dir);
}

static void
test_no_keyring (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = NULL;

  keyring_start (dir, NULL);
  vault = fail_to_open (dir, "has no default keyring");
  keyring_start (dir, KEYRING_PASSWORD);
  wait_for_state (vault, CK_VAULT_OPEN);

  clear_up (&vault, dir);
}

/* Nothing that is in a locked keyring may pass for lost. */
static void
test_locked_at_start (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = NULL;

  keyring_start (dir, KEYRING_PASSWORD);
  vault = vault_open (dir);
  expect_use (vault);
  g_clear_object (&vault);

  keyring_start (dir, "wrong");
  vault = fail_to_open (dir, "the default keyring is locked");
  expect_refusal (vault);
  keyring_start (dir, KEYRING_PASSWORD);
  wait_for_state (vault, CK_VAULT_OPEN);
  vault_expect (vault, "a", 1, "one");

  clear_up (&vault, dir);
}

static void
test_goes_and_comes (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = NULL;

  keyring_start (dir, KEYRING_PASSWORD);
  vault = vault_open (dir);
  expect_use (vault);
  for (int i = 0; i < 3; i++)
    {
      keyring_signal (SIGKILL);
      wait_for_state (vault, CK_VAULT_DEGRADED);
      expect_reason (vault, "no Secret Service is on the session bus");
      expect_refusal (vault);
      keyring_start (dir, KEYRING_PASSWORD);
      wait_for_state (vault, CK_VAULT_OPEN);
      vault_expect (vault, "a", 1, "one");
      expect_use (vault);
    }

  clear_up (&vault, dir);
}

/* Before the grants were read once, nothing is held that could be handed out. */
static void
test_gone_unread (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = NULL;

  keyring_start (dir, KEYRING_PASSWORD);
  vault = vault_open (dir);
  keyring_signal (SIGKILL);
  wait_for_state (vault, CK_VAULT_SEALED);

  g_clear_object (&vault);
  store_remove_dir (dir);
}

static void
test_locked_meanwhile (void)
{
  static const SecretSchema schema = {
    "org.example.Locked",
    SECRET_SCHEMA_NONE,
    { { "who", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
  };
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = NULL;
  g_autoptr (GError) error = NULL;
  gint64 begin;

  keyring_start (dir, KEYRING_PASSWORD);
  vault = vault_open (dir);
  expect_use (vault);
  keyring_lock ();

  /* Even a call that gets through to it does not wait for a person. */
  begin = g_get_monotonic_time ();
  g_assert_false (secret_password_store_sync (&schema, NULL, "x", "x", NULL, &error, "who", "x", NULL));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  g_assert_nonnull (strstr (error->message, "unlock the keyring"));
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 5 * G_USEC_PER_SEC);

  wait_for_state (vault, CK_VAULT_DEGRADED);
  expect_reason (vault, "the default keyring is locked");
  expect_refusal (vault);
  keyring_start (dir, KEYRING_PASSWORD);
  wait_for_state (vault, CK_VAULT_OPEN);
  vault_expect (vault, "a", 1, "one");

  clear_up (&vault, dir);
}

#define N_STORES 50

/* It ends with calls under way: each is answered, and what was called stored is there. */
static void
test_killed_while_storing (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = NULL;
  g_autoptr (GPtrArray) grants = NULL;
  GAsyncResult *results[N_STORES] = { NULL };
  gboolean stored[N_STORES];
  guint n_stored = 0;

  keyring_start (dir, KEYRING_PASSWORD);
  vault = vault_open (dir);
  expect_use (vault);
  for (guint i = 0; i < N_STORES; i++)
    {
      g_autoptr (CkGrant) grant = vault_make_grant ("token", 100);

      ck_vault_store_grant_async (vault, "b", i, grant, NULL, store_on_result, &results[i]);
    }
  store_wait (&results[4]);
  keyring_signal (SIGKILL);
  for (guint i = 0; i < N_STORES; i++)
    {
      stored[i] = ck_vault_store_grant_finish (vault, store_wait (&results[i]), NULL);
      n_stored += stored[i] ? 1 : 0;
      g_clear_object (&results[i]);
    }
  g_assert_cmpuint (n_stored, >=, 5);
  g_assert_cmpuint (n_stored, <, N_STORES);

  keyring_start (dir, KEYRING_PASSWORD);
  wait_for_state (vault, CK_VAULT_OPEN);
  grants = vault_load (vault, NULL);
  g_assert_nonnull (grants);
  for (guint i = 0; i < N_STORES; i++)
    {
      if (stored[i])
        g_assert_nonnull (vault_find (grants, "b", i));
    }

  clear_up (&vault, dir);
}

/* It ends at any moment of a read and a removal: an error or the whole, never a part of it, and nothing
 * that GLib calls critical. */
static void
test_killed_while_reading (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = NULL;

  keyring_start (dir, KEYRING_PASSWORD);
  vault = vault_open (dir);
  for (guint i = 0; i < N_STORES; i++)
    g_assert_true (vault_store (vault, "b", i, "token", NULL));

  for (guint turns = 0; turns < 100; turns += 7)
    {
      g_autoptr (GAsyncResult) loaded = NULL;
      g_autoptr (GAsyncResult) cleared = NULL;
      g_autoptr (GPtrArray) grants = NULL;

      g_assert_true (vault_store (vault, "cleared", 1, "token", NULL));
      ck_vault_clear_grant_async (vault, "cleared", 1, NULL, store_on_result, &cleared);
      ck_vault_load_grants_async (vault, NULL, store_on_result, &loaded);
      for (guint i = 0; i < turns; i++)
        {
          g_usleep (100);
          g_main_context_iteration (NULL, FALSE);
        }
      keyring_signal (SIGKILL);
      store_wait (&cleared);
      grants = ck_vault_load_grants_finish (vault, store_wait (&loaded), NULL);
      g_assert_true (grants == NULL || grants->len == N_STORES);
      wait_until_lost (vault);
      keyring_start (dir, KEYRING_PASSWORD);
      wait_for_state (vault, CK_VAULT_OPEN);
      g_clear_pointer (&grants, g_ptr_array_unref);
      g_assert_true (vault_clear (vault, "cleared", 1, NULL));
      grants = vault_load (vault, NULL);
      g_assert_cmpuint (grants->len, ==, N_STORES);
    }

  clear_up (&vault, dir);
}

/* It does not answer: the call's deadline, then the check's. */
static void
test_hangs (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = NULL;
  g_autoptr (GError) error = NULL;

  keyring_start (dir, KEYRING_PASSWORD);
  vault = vault_open (dir);
  expect_use (vault);
  keyring_signal (SIGSTOP);
  g_assert_false (vault_store (vault, "a", 2, "two", &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  wait_for_state (vault, CK_VAULT_DEGRADED);
  expect_reason (vault, "the Secret Service does not answer");

  keyring_signal (SIGCONT);
  wait_for_state (vault, CK_VAULT_OPEN);
  g_clear_error (&error);
  g_assert_true (vault_store (vault, "a", 2, "two", &error));
  vault_expect (vault, "a", 2, "two");

  clear_up (&vault, dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!ck_vault_select_backend (vault_backend (), NULL))
    return 1;

  g_test_add_func ("/vault/service/no-bus", test_no_bus);
  g_test_add_func ("/vault/service/not-there", test_not_there);
  g_test_add_func ("/vault/service/no-keyring", test_no_keyring);
  g_test_add_func ("/vault/service/locked-at-start", test_locked_at_start);
  g_test_add_func ("/vault/service/goes-and-comes", test_goes_and_comes);
  g_test_add_func ("/vault/service/gone-unread", test_gone_unread);
  g_test_add_func ("/vault/service/locked-meanwhile", test_locked_meanwhile);
  g_test_add_func ("/vault/service/killed-while-storing", test_killed_while_storing);
  g_test_add_func ("/vault/service/killed-while-reading", test_killed_while_reading);
  g_test_add_func ("/vault/service/hangs", test_hangs);

  return g_test_run ();
}
