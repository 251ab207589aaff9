/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-error.h"
#include "ck-names.h"
#include "ck-vault.h"
#include "store-util.h"

/* The vault's calls, waited for. */

/* The backend under test: sealed where nothing else is said. */
static inline const char *
vault_backend (void)
{
  const char *backend = g_getenv ("CK_TEST_VAULT");

  return backend != NULL ? backend : CK_VAULT_BACKEND_SEALED;
}

static inline CkGrant *
vault_make_grant (const char *token, gsize padding)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *pad = g_strnfill (padding, 'p');
  GVariantDict dict;
  CkGrant *grant;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "access-token", "s", token);
  g_variant_dict_insert (&dict, "refresh-token", "s", pad);
  grant = ck_grant_new_from_members (g_variant_dict_end (&dict), &error);
  g_assert_no_error (error);

  return grant;
}

static inline CkVault *
vault_try_open (const char *dir, const char *credentials, GError **error)
{
  CkVault *vault = ck_vault_new (vault_backend (), dir, credentials);
  g_autoptr (GAsyncResult) result = NULL;

  g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_SEALED);
  ck_vault_open_async (vault, NULL, store_on_result, &result);
  if (!ck_vault_open_finish (vault, store_wait (&result), error))
    {
      g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_SEALED);
      g_assert_cmpstr (ck_vault_get_reason (vault), !=, "");
    }

  return vault;
}

static inline CkVault *
vault_open (const char *dir)
{
  g_autoptr (GError) error = NULL;
  CkVault *vault = vault_try_open (dir, NULL, &error);

  g_assert_no_error (error);
  return vault;
}

static inline gboolean
vault_store (CkVault *vault, const char *channel, guint64 generation, const char *token, GError **error)
{
  g_autoptr (CkGrant) grant = vault_make_grant (token, 100);
  g_autoptr (GAsyncResult) result = NULL;

  ck_vault_store_grant_async (vault, channel, generation, grant, NULL, store_on_result, &result);
  return ck_vault_store_grant_finish (vault, store_wait (&result), error);
}

static inline gboolean
vault_clear (CkVault *vault, const char *channel, guint64 generation, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ck_vault_clear_grant_async (vault, channel, generation, NULL, store_on_result, &result);
  return ck_vault_clear_grant_finish (vault, store_wait (&result), error);
}

static inline GPtrArray *
vault_load (CkVault *vault, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ck_vault_load_grants_async (vault, NULL, store_on_result, &result);
  return ck_vault_load_grants_finish (vault, store_wait (&result), error);
}

static inline CkVaultGrant *
vault_find (GPtrArray *grants, const char *channel, guint64 generation)
{
  for (guint i = 0; i < grants->len; i++)
    {
      CkVaultGrant *grant = grants->pdata[i];

      if (g_str_equal (grant->channel, channel) && grant->generation == generation)
        return grant;
    }

  return NULL;
}

/* Asserts that the vault holds that grant with that access token. */
static inline void
vault_expect (CkVault *vault, const char *channel, guint64 generation, const char *token)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) grants = vault_load (vault, &error);
  CkVaultGrant *grant;

  g_assert_no_error (error);
  grant = vault_find (grants, channel, generation);
  g_assert_nonnull (grant);
  g_assert_no_error (grant->error);
  g_assert_cmpstr (ck_grant_get_access_token (grant->grant), ==, token);
}

static inline SecretValue *
vault_lookup_client (CkVault *vault, const char *client, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ck_vault_lookup_client_async (vault, client, NULL, store_on_result, &result);
  return ck_vault_lookup_client_finish (vault, store_wait (&result), error);
}

static inline gboolean
vault_store_client (CkVault *vault, const char *client, SecretValue *value, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ck_vault_store_client_async (vault, client, value, NULL, store_on_result, &result);
  return ck_vault_store_client_finish (vault, store_wait (&result), error);
}
