/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>

#include "ck-error.h"
#include "ck-state-db.h"
#include "ck-vault.h"

/*
 * seed STATE-DIR COUNT PROVIDER CLIENT SECONDS SIZE: writes COUNT connected channels into a new
 * state directory, as the broker itself would have: their grants have access tokens of SIZE bytes
 * that run out in SECONDS (less than 0: they have run out). Run it as the broker's user.
 */

#define IN_FLIGHT 256

typedef struct
{
  CkVault *vault;
  CkStateDb *db;
  const char *provider;
  const char *client;
  gint64 seconds;
  gsize size;
  guint64 now;
  guint count;
  guint begun;
  guint open; /* writes that have not come back */
} Seed;

static void
check (gboolean good, const GError *error)
{
  if (good)
    return;
  g_printerr ("seed: %s\n", error != NULL ? error->message : "failed");
  exit (EXIT_FAILURE);
}

static CkGrant *
make_grant (Seed *seed, const char *channel)
{
  static const char *const scopes[] = { "publish", "chat", NULL };
  g_autofree char *padding = g_strnfill (seed->size, 'a');
  g_autofree char *refresh = g_strdup_printf ("rt-%s-1", channel);
  g_autoptr (GError) error = NULL;
  GVariantDict dict;
  CkGrant *grant;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "access-token", "s", padding);
  g_variant_dict_insert (&dict, "refresh-token", "s", refresh);
  g_variant_dict_insert (&dict, "token-type", "s", "Bearer");
  g_variant_dict_insert (&dict, "scopes", "^as", scopes);
  g_variant_dict_insert (&dict, "issued-at", "t", seed->now - 3600);
  g_variant_dict_insert (&dict, "expires-at", "t", (guint64) ((gint64) seed->now + seed->seconds));
  g_variant_dict_insert (&dict, "account-id", "s", channel);
  g_variant_dict_insert (&dict, "token-origin", "s", "http://127.0.0.1:18091");
  grant = ck_grant_new_from_members (g_variant_dict_end (&dict), &error);
  check (grant != NULL, error);

  return grant;
}

static CkChannelRecord *
make_record (Seed *seed, const char *channel)
{
  CkChannelRecord *record = ck_channel_record_new (channel);

  g_free (record->provider);
  record->provider = g_strdup (seed->provider);
  g_free (record->client);
  record->client = g_strdup (seed->client);
  g_free (record->assigned_user);
  record->assigned_user = g_strdup ("alice");
  g_strfreev (record->allowed_users);
  record->allowed_users = g_strsplit ("studio", " ", 0);
  g_strfreev (record->scopes);
  record->scopes = g_strsplit ("publish chat", " ", 0);
  g_strfreev (record->granted_scopes);
  record->granted_scopes = g_strsplit ("publish chat", " ", 0);
  g_free (record->pinned_account);
  record->pinned_account = g_strdup (channel);
  record->state = CK_STATE_CONNECTED;
  record->generation = 1;
  record->issued_at = seed->now - 3600;
  record->expires_at = (guint64) ((gint64) seed->now + seed->seconds);
  record->last_verified = seed->now;
  record->created_at = seed->now;

  return record;
}

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Seed *seed = user_data;
  g_autoptr (GError) error = NULL;

  check (ck_vault_store_grant_finish (seed->vault, result, &error), error);
  seed->open--;
}

static void
written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Seed *seed = user_data;
  g_autoptr (GError) error = NULL;

  check (ck_state_db_write_finish (seed->db, result, &error), error);
  seed->open--;
}

static void
add_one (Seed *seed)
{
  g_autofree char *channel = g_strdup_printf ("ch-%06u", seed->begun++);
  g_autoptr (CkGrant) grant = make_grant (seed, channel);

  seed->open += 2;
  ck_vault_store_grant_async (seed->vault, channel, 1, grant, NULL, stored_cb, seed);
  ck_state_db_write_async (seed->db, make_record (seed, channel), NULL, NULL, written_cb, seed);
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
open_vault (Seed *seed, const char *dir)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  seed->vault = ck_vault_new (CK_VAULT_BACKEND_SEALED, dir, NULL);
  ck_vault_open_async (seed->vault, NULL, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  check (ck_vault_open_finish (seed->vault, result, &error), error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  Seed seed = { 0 };

  if (argc != 7)
    {
      g_printerr ("usage: seed STATE-DIR COUNT PROVIDER CLIENT SECONDS SIZE\n");
      return EXIT_FAILURE;
    }

  seed.count = (guint) g_ascii_strtoull (argv[2], NULL, 10);
  seed.provider = argv[3];
  seed.client = argv[4];
  seed.seconds = g_ascii_strtoll (argv[5], NULL, 10);
  seed.size = (gsize) g_ascii_strtoull (argv[6], NULL, 10);
  seed.now = (guint64) (g_get_real_time () / G_USEC_PER_SEC);
  path = g_build_filename (argv[1], "state.db", NULL);

  check (ck_vault_select_backend (CK_VAULT_BACKEND_SEALED, &error), error);
  open_vault (&seed, argv[1]);
  seed.db = ck_state_db_open (path, &error);
  check (seed.db != NULL, error);

  while (seed.begun < seed.count || seed.open > 0)
    {
      while (seed.begun < seed.count && seed.open < 2 * IN_FLIGHT)
        add_one (&seed);
      g_main_context_iteration (NULL, TRUE);
    }

  ck_state_db_close (seed.db);
  ck_vault_close (seed.vault);
  g_object_unref (seed.db);
  g_object_unref (seed.vault);

  return EXIT_SUCCESS;
}
