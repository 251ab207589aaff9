/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <malloc.h>
#include <string.h>

#include "ck-backup-file.h"
#include "ck-names.h"
#include "ck-error.h"
#include "ck-lifecycle.h"
#include "ck-restoration.h"
#include "ck-secret.h"
#include "vault-util.h"

/* The file of a backup, and what is done with a channel that is in one. */

static const guint8 one_key[CK_VAULT_KEY_BYTES] = "the key of the backup, 32 bytes";
static const guint8 other_key[CK_VAULT_KEY_BYTES] = "another key, 32 bytes as well..";

static CkBackup *
make_backup (void)
{
  CkBackup *backup = ck_backup_new ();
  g_autoptr (CkClientRecord) client = ck_client_record_new ("studio");
  g_autoptr (CkChannelRecord) channel = ck_channel_record_new ("main");
  g_autoptr (CkChannelRecord) bare = ck_channel_record_new ("bare");
  g_autoptr (CkGrant) grant = vault_make_grant ("access-token", 40);
  g_autoptr (SecretValue) text = secret_value_new ("client secret", -1, "text/plain");
  g_autoptr (SecretValue) secrets = ck_secret_wrap_text (text);
  g_autoptr (SecretValue) none = ck_secret_wrap_text (NULL);

  client->redirect_uris = (g_strfreev (client->redirect_uris), g_strsplit ("a b", " ", -1));
  client->secret_set = TRUE;
  ck_backup_add_client (backup, client, secrets);
  g_free (client->id);
  client->id = g_strdup ("public");
  client->secret_set = FALSE;
  ck_backup_add_client (backup, client, none);

  g_free (channel->assigned_user);
  channel->assigned_user = g_strdup ("alice");
  channel->state = CK_STATE_BLOCKED;
  channel->cause = CK_CAUSE_PERMISSION_LOST;
  channel->generation = 7;
  channel->reconnect_by = CK_TIME_NEVER;
  channel->in_doubt = TRUE;
  channel->warned = 3;
  ck_backup_add_channel (backup, channel, grant);
  ck_backup_add_channel (backup, bare, NULL);

  return backup;
}

static GBytes *
seal (void)
{
  g_autoptr (CkBackup) backup = make_backup ();
  g_autoptr (CkVaultKey) key = ck_vault_key_new (one_key);

  return ck_backup_seal (backup, key);
}

static CkBackup *
unseal (const guint8 *data, gsize size, const guint8 *master, GError **error)
{
  g_autoptr (CkVaultKey) key = ck_vault_key_new (master);

  return ck_backup_unseal (data, size, key, error);
}

static void
test_round_trip (void)
{
  g_autoptr (GBytes) file = seal ();
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  g_autoptr (GError) error = NULL;
  g_autoptr (CkBackup) backup = unseal (data, size, one_key, &error);
  const CkBackupClient *client;
  const CkBackupChannel *channel;

  g_assert_no_error (error);
  g_assert_null (memmem (data, size, "alice", 5));
  g_assert_null (memmem (data, size, "access-token", 12));

  g_assert_cmpuint (backup->clients->len, ==, 2);
  client = backup->clients->pdata[0];
  g_assert_cmpstr (client->record->id, ==, "studio");
  g_assert_cmpstr (client->record->redirect_uris[1], ==, "b");
  g_assert_true (client->record->secret_set);
  g_assert_cmpstr (secret_value_get_text (client->secret), ==, "client secret");
  client = backup->clients->pdata[1];
  g_assert_null (client->secret);

  g_assert_cmpuint (backup->channels->len, ==, 2);
  channel = backup->channels->pdata[0];
  g_assert_cmpstr (channel->record->assigned_user, ==, "alice");
  g_assert_cmpint (channel->record->state, ==, CK_STATE_BLOCKED);
  g_assert_cmpint (channel->record->cause, ==, CK_CAUSE_PERMISSION_LOST);
  g_assert_cmpuint (channel->record->generation, ==, 7);
  g_assert_cmpuint (channel->record->reconnect_by, ==, CK_TIME_NEVER);
  g_assert_true (channel->record->in_doubt);
  g_assert_cmpuint (channel->record->warned, ==, 3);
  g_assert_cmpstr (ck_grant_get_access_token (channel->grant), ==, "access-token");
  channel = backup->channels->pdata[1];
  g_assert_null (channel->grant);
}

/* Whatever byte is changed, and wherever it is cut off: nothing of it is used. */
static void
test_damage (void)
{
  g_autoptr (GBytes) file = seal ();
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  g_autofree guint8 *copy = g_memdup2 (data, size);

  for (gsize i = 0; i < size; i++)
    {
      g_autoptr (GError) flipped = NULL;
      g_autoptr (GError) cut = NULL;

      copy[i] ^= 0x10;
      g_assert_null (unseal (copy, size, one_key, &flipped));
      g_assert_error (flipped, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
      copy[i] ^= 0x10;
      g_assert_null (unseal (data, i, one_key, &cut));
      g_assert_error (cut, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
    }
}

static void
expect_refused (const guint8 *data, gsize size, const guint8 *key, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (unseal (data, size, key, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  if (strstr (error->message, words) == NULL)
    g_error ("'%s' does not say '%s'", error->message, words);
}

static void
test_foreign (void)
{
  g_autoptr (GBytes) file = seal ();
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  g_autofree guint8 *copy = g_memdup2 (data, size);
  guint32 version = GUINT32_SWAP_LE_BE (1);

  expect_refused (data, size, other_key, "another key");
  expect_refused ((const guint8 *) "", 0, one_key, "no backup");
  expect_refused ((const guint8 *) "SQLite format 3", 16, one_key, "no backup");
  memcpy (copy + 8, &version, sizeof version);
  expect_refused (copy, size, one_key, "byte order");
  version = 2;
  memcpy (copy + 8, &version, sizeof version);
  expect_refused (copy, size, one_key, "newer version");
}

/* As trees of GVariants the records would take ten times the file. */
static void
test_memory (void)
{
  g_autoptr (CkBackup) backup = ck_backup_new ();
  g_autoptr (CkChannelRecord) channel = ck_channel_record_new ("main");
  g_autoptr (CkGrant) grant = vault_make_grant ("access-token", 1000);
  g_autoptr (CkVaultKey) key = ck_vault_key_new (one_key);
  g_autoptr (GBytes) file = NULL;
  gsize before;

  for (guint i = 0; i < 500; i++)
    ck_backup_add_channel (backup, channel, grant);

  /* Nothing is given back meanwhile: the heap grows to what is needed at most. */
  mallopt (M_TRIM_THRESHOLD, G_MAXINT);
  malloc_trim (0);
  before = mallinfo2 ().arena;
  file = ck_backup_seal (backup, key);
  g_test_message ("%" G_GSIZE_FORMAT " bytes for a file of %" G_GSIZE_FORMAT,
                  mallinfo2 ().arena - before, g_bytes_get_size (file));
  g_assert_cmpuint (mallinfo2 ().arena - before, <, 5 * g_bytes_get_size (file));
}

/* ---- what is done with a channel ------------------------------------------------------------- */

typedef struct
{
  const char *name;
  CkState state;
  CkCause cause;
  guint64 generation; /* here; the backup's is 5 */
  gboolean has_grant;
  gboolean quarantined;
  const char *provider;
  const char *pinned;
  const char *why; /* NULL: it gets the grant */
} Case;

static const Case cases[] = {
  { "never connected", CK_STATE_UNCONNECTED, CK_CAUSE_NONE, 0, FALSE, FALSE, "lumen", "", NULL },
  { "pinned to the same", CK_STATE_UNCONNECTED, CK_CAUSE_NONE, 0, FALSE, FALSE, "lumen", "me", NULL },
  { "pinned to another", CK_STATE_UNCONNECTED, CK_CAUSE_NONE, 0, FALSE, FALSE, "lumen", "you",
    "another account" },
  { "another provider", CK_STATE_UNCONNECTED, CK_CAUSE_NONE, 0, FALSE, FALSE, "other", "",
    "another provider" },
  { "good, older", CK_STATE_CONNECTED, CK_CAUSE_NONE, 3, TRUE, FALSE, "lumen", "me", "of its own" },
  { "good, the same", CK_STATE_CONNECTED, CK_CAUSE_NONE, 5, TRUE, FALSE, "lumen", "me",
    "of its own" },
  { "good, newer", CK_STATE_EXPIRING, CK_CAUSE_NONE, 9, TRUE, FALSE, "lumen", "me", "of its own" },
  { "blocked", CK_STATE_BLOCKED, CK_CAUSE_PERMISSION_LOST, 5, TRUE, FALSE, "lumen", "me",
    "of its own" },
  { "interrupted", CK_STATE_INTERRUPTED, CK_CAUSE_NETWORK, 5, TRUE, FALSE, "lumen", "me",
    "of its own" },
  { "lost, the same", CK_STATE_EXPIRED, CK_CAUSE_NONE, 5, FALSE, TRUE, "lumen", "me", NULL },
  { "lost, newer", CK_STATE_EXPIRED, CK_CAUSE_NONE, 9, FALSE, TRUE, "lumen", "me", NULL },
  { "dead, older", CK_STATE_REVOKED, CK_CAUSE_REVOKED_BY_USER, 4, TRUE, TRUE, "lumen", "me", NULL },
  { "dead, the same", CK_STATE_REVOKED, CK_CAUSE_REVOKED_BY_USER, 5, TRUE, TRUE, "lumen", "me",
    "as new or newer" },
  { "dead, newer", CK_STATE_EXPIRED, CK_CAUSE_EXPIRED, 6, TRUE, TRUE, "lumen", "me",
    "as new or newer" },
  { "disconnected since", CK_STATE_UNCONNECTED, CK_CAUSE_DISCONNECTED, 5, FALSE, FALSE, "lumen",
    "me", "disconnected" },
  { "disconnected before", CK_STATE_UNCONNECTED, CK_CAUSE_DISCONNECTED, 2, FALSE, FALSE, "lumen",
    "me", NULL },
};

static void
replace (char **text, const char *value)
{
  g_free (*text);
  *text = g_strdup (value);
}

static void
test_judge (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (CkChannelRecord) here = ck_channel_record_new ("main");
  g_autoptr (CkChannelRecord) record = ck_channel_record_new ("main");
  g_autoptr (CkGrant) grant = vault_make_grant ("token", 10);
  CkBackupChannel wanted = { record, grant };
  const char *why;

  replace (&here->provider, c->provider);
  replace (&here->pinned_account, c->pinned);
  here->state = c->state;
  here->cause = c->cause;
  here->generation = c->generation;
  here->quarantined = c->quarantined;
  replace (&record->provider, "lumen");
  replace (&record->pinned_account, "me");
  record->generation = 5;

  why = ck_restoration_judge (here, c->has_grant, &wanted);
  if (c->why == NULL)
    g_assert_cmpstr (why, ==, NULL);
  else
    g_assert_nonnull (strstr (why != NULL ? why : "", c->why));

  wanted.grant = NULL;
  g_assert_nonnull (ck_restoration_judge (here, c->has_grant, &wanted));
}

static void
test_lifecycle (gconstpointer data)
{
  const gboolean rotates = GPOINTER_TO_INT (data);
  CkRenewalPolicy policy = { .rotation = rotates ? CK_ROTATION_YES : CK_ROTATION_NO };
  CkLifecycleContext context = { .now = 1000, .policy = &policy, .can_renew = TRUE };
  g_autoptr (CkChannelRecord) before = ck_channel_record_new ("main");
  g_autoptr (CkChannelRecord) after = NULL;
  g_autoptr (CkGrant) grant = vault_make_grant ("token", 10);
  g_autoptr (GPtrArray) events = ck_event_list_new ();
  const CkEvent *event;
  gboolean restored = FALSE;

  before->state = CK_STATE_EXPIRED;
  before->quarantined = TRUE;
  after = ck_lifecycle_restored (before, grant, 8, 5000, "root", &context, events);
  g_assert_cmpint (after->state, ==, CK_STATE_CONNECTED);
  g_assert_cmpuint (after->generation, ==, 8);
  g_assert_cmpuint (after->reconnect_by, ==, 5000);
  g_assert_cmpint (after->in_doubt, ==, rotates);
  g_assert_false (after->doubt_tried || after->quarantined);
  event = events->pdata[0];
  g_assert_cmpstr (event->word, ==, "Reconnected");
  g_assert_true (g_variant_lookup (event->details, "restored", "b", &restored) && restored);
  g_assert_cmpstr (((CkEvent *) events->pdata[1])->word, ==, "Resumed");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/backup/round-trip", test_round_trip);
  g_test_add_func ("/backup/damage", test_damage);
  g_test_add_func ("/backup/foreign", test_foreign);
  g_test_add_func ("/backup/memory", test_memory);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/backup/judge/%s", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_judge);
    }
  g_test_add_data_func ("/backup/restored/rotating", GINT_TO_POINTER (TRUE), test_lifecycle);
  g_test_add_data_func ("/backup/restored/lasting", GINT_TO_POINTER (FALSE), test_lifecycle);

  return g_test_run ();
}
