/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sqlite3.h>
#include <string.h>

#include "ck-error.h"
#include "ck-names.h"
#include "ck-state-db.h"
#include "store-util.h"

static CkStateDb *
open_db (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "state.db", NULL);
  g_autoptr (GError) error = NULL;
  CkStateDb *db = ck_state_db_open (path, &error);

  g_assert_no_error (error);
  return db;
}

/* Closed first: a result that is still held holds the database. */
static CkStateDb *
reopen (CkStateDb *db, const char *dir)
{
  ck_state_db_close (db);
  g_object_unref (db);

  return open_db (dir);
}

static GPtrArray *
load_channels (CkStateDb *db, GError **error)
{
  g_autoptr (GPtrArray) records
      = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_channel_record_free);

  return ck_state_db_load_channels (db, store_on_found, records, error) ? g_steal_pointer (&records)
                                                                         : NULL;
}

static void
write_sync (CkStateDb *db, CkChannelRecord *record, GPtrArray *events)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ck_state_db_write_async (db, record, events, NULL, store_on_result, &result);
  g_assert_true (ck_state_db_write_finish (db, store_wait (&result), &error));
  g_assert_no_error (error);
}

static GPtrArray *
get_history (CkStateDb *db, const char *channel, guint64 since, guint limit)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *events;

  ck_state_db_get_history_async (db, channel, since, limit, NULL, store_on_result, &result);
  events = ck_state_db_get_history_finish (db, store_wait (&result), &error);
  g_assert_no_error (error);

  return events;
}

static GPtrArray *
one_event (guint64 sequence, guint64 time, const char *channel, const char *word)
{
  GPtrArray *events = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_event_free);
  GVariantDict details;

  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "user", "s", "ali'ce\n");
  g_variant_dict_insert (&details, "n", "t", sequence);
  g_ptr_array_add (events,
                   ck_event_new (sequence, time, channel, word, g_variant_dict_end (&details)));

  return events;
}

static GStrv
list_of (const char *a, const char *b)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  GStrv list;

  g_strv_builder_add_many (builder, a, b, NULL);
  list = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);

  return list;
}

static void
set_list (GStrv *list, const char *a, const char *b)
{
  g_strfreev (*list);
  *list = list_of (a, b);
}

static void
set_text (char **text, const char *value)
{
  g_free (*text);
  *text = g_strdup (value);
}

/* Every member has a value of its own, so that two mixed up are noticed. */
static CkChannelRecord *
make_full (const char *id)
{
  CkChannelRecord *record = ck_channel_record_new (id);

  set_text (&record->provider, "twitch");
  set_text (&record->client, "acme");
  set_text (&record->display_name, "Das große Spiel");
  set_text (&record->assigned_user, "alice");
  set_list (&record->allowed_users, "bob", "carol");
  set_list (&record->allowed_groups, "stream", NULL);
  set_list (&record->scopes, "a\nb", "");
  set_list (&record->required_scopes, "a", NULL);
  set_text (&record->pinned_account, "123");
  set_text (&record->account_name, "name");
  set_text (&record->owner_id, "owner");
  record->state = CK_STATE_SUSPENDED;
  record->cause = CK_CAUSE_UNKNOWN_REVOKED;
  set_text (&record->detail, "why");
  set_list (&record->granted_scopes, "g", NULL);
  set_list (&record->advice, "no-two-factor", "shared-login");
  record->generation = 11;
  record->issued_at = 12;
  record->expires_at = 13;
  record->renewable_until = 14;
  record->reconnect_by = CK_TIME_NEVER;
  record->last_renewal = 16;
  record->last_verified = 17;
  record->renewal_started = 18;
  record->adopting = 21;
  set_text (&record->adopting_user, "carol");
  record->in_doubt = TRUE;
  record->quarantined = TRUE;
  record->refused_count = G_MAXUINT;
  record->refused_since = 19;
  record->warned = 7;
  record->created_at = 20;

  return record;
}

static void
assert_same (const CkChannelRecord *a, const CkChannelRecord *b)
{
  g_assert_cmpstr (a->id, ==, b->id);
  g_assert_cmpstr (a->provider, ==, b->provider);
  g_assert_cmpstr (a->client, ==, b->client);
  g_assert_cmpstr (a->display_name, ==, b->display_name);
  g_assert_cmpstr (a->assigned_user, ==, b->assigned_user);
  g_assert_cmpstrv (a->allowed_users, b->allowed_users);
  g_assert_cmpstrv (a->allowed_groups, b->allowed_groups);
  g_assert_cmpstrv (a->scopes, b->scopes);
  g_assert_cmpstrv (a->required_scopes, b->required_scopes);
  g_assert_cmpstr (a->pinned_account, ==, b->pinned_account);
  g_assert_cmpstr (a->account_name, ==, b->account_name);
  g_assert_cmpstr (a->owner_id, ==, b->owner_id);
  g_assert_cmpint (a->state, ==, b->state);
  g_assert_cmpint (a->cause, ==, b->cause);
  g_assert_cmpstr (a->detail, ==, b->detail);
  g_assert_cmpstrv (a->granted_scopes, b->granted_scopes);
  g_assert_cmpstrv (a->advice, b->advice);
  g_assert_cmpuint (a->generation, ==, b->generation);
  g_assert_cmpuint (a->issued_at, ==, b->issued_at);
  g_assert_cmpuint (a->expires_at, ==, b->expires_at);
  g_assert_cmpuint (a->renewable_until, ==, b->renewable_until);
  g_assert_cmpuint (a->reconnect_by, ==, b->reconnect_by);
  g_assert_cmpuint (a->last_renewal, ==, b->last_renewal);
  g_assert_cmpuint (a->last_verified, ==, b->last_verified);
  g_assert_cmpint (a->renewal_started, ==, b->renewal_started);
  g_assert_cmpuint (a->adopting, ==, b->adopting);
  g_assert_cmpstr (a->adopting_user, ==, b->adopting_user);
  g_assert_cmpint (a->in_doubt, ==, b->in_doubt);
  g_assert_cmpint (a->doubt_tried, ==, b->doubt_tried);
  g_assert_cmpint (a->quarantined, ==, b->quarantined);
  g_assert_cmpuint (a->refused_count, ==, b->refused_count);
  g_assert_cmpuint (a->refused_since, ==, b->refused_since);
  g_assert_cmpuint (a->warned, ==, b->warned);
  g_assert_cmpuint (a->created_at, ==, b->created_at);
}

static void
test_channels (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkStateDb) db = open_db (dir);
  g_autoptr (CkChannelRecord) full = make_full ("full");
  g_autoptr (CkChannelRecord) empty = ck_channel_record_new ("empty");
  g_autoptr (GPtrArray) records = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  guint64 reserved;

  write_sync (db, ck_channel_record_copy (full), NULL);
  write_sync (db, ck_channel_record_copy (empty), NULL);
  full->state = CK_STATE_CONNECTED;
  full->doubt_tried = TRUE;
  write_sync (db, ck_channel_record_copy (full), NULL);

  db = reopen (db, dir);
  records = load_channels (db, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (records->len, ==, 2);
  assert_same (records->pdata[0], empty);
  assert_same (records->pdata[1], full);
  g_clear_pointer (&records, g_ptr_array_unref);

  write_sync (db, NULL, one_event (5, 100, "full", "removed-soon"));
  reserved = ck_state_db_skip_sequence (db, 0);
  g_assert_cmpuint (reserved, ==, CK_STATE_DB_RESERVED);
  ck_state_db_remove_channel_async (db, "full", reserved + 9, NULL, store_on_result, &result);
  g_assert_true (ck_state_db_remove_channel_finish (db, store_wait (&result), &error));
  g_assert_cmpuint (ck_state_db_skip_sequence (db, 0), ==, reserved + 9);

  /* What is told after the last write may never be on disk, and its number is not given again. */
  db = reopen (db, dir);
  g_assert_cmpuint (ck_state_db_skip_sequence (db, 0), ==, reserved + 9 + CK_STATE_DB_RESERVED);
  g_assert_cmpuint (ck_state_db_skip_sequence (db, 5), ==, reserved + 14 + CK_STATE_DB_RESERVED);
  records = load_channels (db, &error);
  g_assert_cmpuint (records->len, ==, 1);
  g_clear_pointer (&records, g_ptr_array_unref);
  records = get_history (db, "full", 0, 0);
  g_assert_cmpuint (records->len, ==, 0);
  g_clear_object (&db);
  store_remove_dir (dir);
}

static void
test_clients (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkStateDb) db = open_db (dir);
  CkClientRecord *record = ck_client_record_new ("acme");
  g_autoptr (GPtrArray) records
      = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_client_record_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) written = NULL;
  g_autoptr (GAsyncResult) removed = NULL;
  CkClientRecord *found;

  set_text (&record->provider, "twitch");
  set_text (&record->client_id, "abc123");
  set_list (&record->redirect_uris, "http://127.0.0.1/cb", "https://example.org/");
  set_text (&record->loopback_port, "any");
  record->secret_set = TRUE;
  ck_state_db_write_client_async (db, record, NULL, store_on_result, &written);
  g_assert_true (ck_state_db_write_client_finish (db, store_wait (&written), &error));

  db = reopen (db, dir);
  g_assert_true (ck_state_db_load_clients (db, store_on_found, records, &error));
  g_assert_cmpuint (records->len, ==, 1);
  found = records->pdata[0];
  g_assert_cmpstr (found->id, ==, "acme");
  g_assert_cmpstr (found->provider, ==, "twitch");
  g_assert_cmpstr (found->client_id, ==, "abc123");
  g_assert_cmpstr (found->redirect_uris[1], ==, "https://example.org/");
  g_assert_cmpstr (found->loopback_port, ==, "any");
  g_assert_true (found->secret_set);
  g_ptr_array_set_size (records, 0);

  ck_state_db_remove_client_async (db, "acme", NULL, store_on_result, &removed);
  g_assert_true (ck_state_db_remove_client_finish (db, store_wait (&removed), &error));
  db = reopen (db, dir);
  g_assert_true (ck_state_db_load_clients (db, store_on_found, records, &error));
  g_assert_cmpuint (records->len, ==, 0);
  g_clear_object (&db);
  store_remove_dir (dir);
}

/* What is older than a year and a month goes, but never all of it. */
static void
test_history_age (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkStateDb) db = open_db (dir);
  const guint64 now = CK_STATE_DB_HISTORY_AGE + 1000;
  g_autoptr (GPtrArray) events = NULL;
  CkEvent *event;

  /* 300 old ones of each, one of them on the day before the limit */
  for (guint i = 1; i <= 300; i++)
    {
      ck_state_db_write_async (db, NULL, one_event (3 * i, i, "busy", "old"), NULL, NULL, NULL);
      ck_state_db_write_async (db, NULL, one_event (3 * i + 1, i, "quiet", "old"), NULL, NULL,
                               NULL);
    }
  write_sync (db, NULL, one_event (2000, 1000, "busy", "just"));
  for (guint i = 0; i < CK_STATE_DB_HISTORY_LEAST; i++)
    write_sync (db, NULL, one_event (2001 + i, now, "busy", "new"));

  events = get_history (db, "busy", 0, 0);
  g_assert_cmpuint (events->len, ==, CK_STATE_DB_HISTORY_LEAST + 1);
  event = events->pdata[events->len - 1];
  g_assert_cmpstr (event->word, ==, "just");
  g_clear_pointer (&events, g_ptr_array_unref);

  /* a clock that stepped far ahead leaves the newest */
  write_sync (db, NULL, one_event (5000, 100 * now, "quiet", "far"));
  events = get_history (db, "quiet", 0, 0);
  g_assert_cmpuint (events->len, ==, CK_STATE_DB_HISTORY_LEAST);

  g_clear_object (&db);
  store_remove_dir (dir);
}

/* A channel renewed every hour for months still says who reconnected it. */
static void
test_history_routine (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkStateDb) db = open_db (dir);
  g_autoptr (GPtrArray) events = NULL;
  guint n_routine = 0;

  write_sync (db, NULL, one_event (1, 1, "busy", "Reconnected"));
  for (guint i = 2; i <= CK_STATE_DB_HISTORY_LIMIT + 50; i++)
    ck_state_db_write_async (
        db, NULL, one_event (i, i, "busy", i % 2 == 0 ? "Renewed" : "TokenHandedOut"), NULL, NULL,
        NULL);

  events = get_history (db, "busy", 0, 0);
  for (guint i = 0; i < events->len; i++)
    n_routine += !g_str_equal (((const CkEvent *) events->pdata[i])->word, "Reconnected");
  g_assert_cmpuint (n_routine, ==, CK_STATE_DB_HISTORY_LIMIT);
  g_assert_cmpuint (events->len, ==, CK_STATE_DB_HISTORY_LIMIT + 1);

  g_clear_object (&db);
  store_remove_dir (dir);
}

static void
test_history (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkStateDb) db = open_db (dir);
  g_autoptr (GPtrArray) events = NULL;
  const guint extra = 50;
  CkEvent *event;
  guint64 n;

  for (guint i = 1; i <= CK_STATE_DB_HISTORY_LIMIT + extra; i++)
    ck_state_db_write_async (db, NULL, one_event (2 * i, i, "busy", "renewed"), NULL, NULL, NULL);
  write_sync (db, NULL, one_event (7, 7, "quiet", "connected"));

  /* the oldest are gone, of this channel alone; the newest come first */
  events = get_history (db, "busy", 0, 0);
  g_assert_cmpuint (events->len, ==, CK_STATE_DB_HISTORY_LIMIT);
  event = events->pdata[0];
  g_assert_cmpuint (event->sequence, ==, 2 * (CK_STATE_DB_HISTORY_LIMIT + extra));
  g_assert_cmpstr (event->channel, ==, "busy");
  g_assert_cmpstr (event->word, ==, "renewed");
  g_assert_true (g_variant_lookup (event->details, "n", "t", &n));
  g_assert_cmpuint (n, ==, event->sequence);
  event = events->pdata[events->len - 1];
  g_assert_cmpuint (event->sequence, ==, 2 * (extra + 1));
  g_clear_pointer (&events, g_ptr_array_unref);

  events = get_history (db, "quiet", 0, 0);
  g_assert_cmpuint (events->len, ==, 1);
  g_clear_pointer (&events, g_ptr_array_unref);
  events = get_history (db, "busy", CK_STATE_DB_HISTORY_LIMIT + extra - 2, 0);
  g_assert_cmpuint (events->len, ==, 3);
  g_clear_pointer (&events, g_ptr_array_unref);
  events = get_history (db, "busy", 0, 10);
  g_assert_cmpuint (events->len, ==, 10);
  g_clear_pointer (&events, g_ptr_array_unref);

  /* a repeated announcement is the same event */
  write_sync (db, NULL, one_event (7, 8, "quiet", "connected"));
  events = get_history (db, "quiet", 0, 0);
  g_assert_cmpuint (events->len, ==, 1);
  event = events->pdata[0];
  g_assert_cmpuint (event->time, ==, 8);

  g_assert_cmpuint (ck_state_db_skip_sequence (db, 0), ==, 2 * (CK_STATE_DB_HISTORY_LIMIT + extra));
  db = reopen (db, dir);
  g_assert_cmpuint (ck_state_db_skip_sequence (db, 0), ==,
                    2 * (CK_STATE_DB_HISTORY_LIMIT + extra) + CK_STATE_DB_RESERVED);
  g_clear_object (&db);
  store_remove_dir (dir);
}

static void
test_last_time (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkStateDb) db = open_db (dir);

  g_assert_cmpuint (ck_state_db_get_last_time (db), ==, 0);
  ck_state_db_set_last_time (db, 1000);
  g_assert_cmpuint (ck_state_db_get_last_time (db), ==, 1000);
  write_sync (db, NULL, NULL);
  g_clear_object (&db);

  db = open_db (dir);
  g_assert_cmpuint (ck_state_db_get_last_time (db), ==, 1000);
  ck_state_db_set_last_time (db, 2000);
  ck_state_db_close (db); /* writes it, though nothing else was written */
  g_clear_object (&db);

  db = open_db (dir);
  g_assert_cmpuint (ck_state_db_get_last_time (db), ==, 2000);
  g_clear_object (&db);
  store_remove_dir (dir);
}

static void
test_closed (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkStateDb) db = open_db (dir);
  g_autoptr (GAsyncResult) queued = NULL;
  g_autoptr (GAsyncResult) late = NULL;
  g_autoptr (GAsyncResult) cancelled_result = NULL;
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancelled);
  ck_state_db_write_async (db, NULL, NULL, cancelled, store_on_result, &cancelled_result);
  ck_state_db_write_async (db, make_full ("a"), NULL, NULL, store_on_result, &queued);
  ck_state_db_close (db);
  ck_state_db_write_async (db, make_full ("b"), NULL, NULL, store_on_result, &late);

  g_assert_false (ck_state_db_write_finish (db, store_wait (&cancelled_result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_true (ck_state_db_write_finish (db, store_wait (&queued), &error));
  g_assert_false (ck_state_db_write_finish (db, store_wait (&late), &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  g_assert_nonnull (strstr (error->message, "state.db"));

  g_clear_object (&db);
  store_remove_dir (dir);
}

typedef struct
{
  const char *name;
  const char *sql;
  const char *words;
} BadRow;

static const BadRow bad_rows[] = {
  { "state", "UPDATE channel SET state = 'undead'", "channel a has no readable state" },
  { "list", "UPDATE channel SET scopes = x'6161'", "channel a has no readable scopes" },
  { "text", "UPDATE channel SET detail = CAST (x'ff' AS TEXT)", "no readable detail" },
  { "flag", "UPDATE channel SET in_doubt = 2", "no readable in_doubt" },
  { "count", "UPDATE channel SET warned = -1", "no readable warned" },
};

static void
tamper (const char *dir, const char *sql)
{
  g_autofree char *path = g_build_filename (dir, "state.db", NULL);
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}

/* What nothing depends on may be gone; the sequence may not, or it would begin anew. */
static void
test_lost_numbers (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *path = g_build_filename (dir, "state.db", NULL);
  g_autoptr (CkStateDb) db = open_db (dir);
  g_autoptr (GPtrArray) unannounced = NULL;
  g_autoptr (GError) error = NULL;

  write_sync (db, NULL, one_event (7, 1, "main", "Renewed"));
  g_clear_object (&db);
  tamper (dir, "DELETE FROM meta WHERE key IN ('announced', 'last-time')");
  db = open_db (dir);
  g_assert_cmpuint (ck_state_db_skip_sequence (db, 0), ==, 7 + CK_STATE_DB_RESERVED);
  unannounced = ck_state_db_load_unannounced (db, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (unannounced->len, ==, 0);
  g_clear_object (&db);

  tamper (dir, "DELETE FROM meta WHERE key = 'sequence'");
  g_assert_null (ck_state_db_open (path, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  g_assert_nonnull (strstr (error->message, "no sequence. Restore it from a backup"));
  store_remove_dir (dir);
}

static void
test_bad_row (gconstpointer data)
{
  const BadRow *bad = data;
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkStateDb) db = open_db (dir);
  g_autoptr (GError) error = NULL;

  write_sync (db, make_full ("a"), NULL);
  g_clear_object (&db);
  tamper (dir, bad->sql);
  db = open_db (dir);
  g_assert_null (load_channels (db, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  if (strstr (error->message, bad->words) == NULL)
    g_error ("'%s' does not say '%s'", error->message, bad->words);
  g_clear_object (&db);
  store_remove_dir (dir);
}

static void
test_bad_event (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkStateDb) db = open_db (dir);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  write_sync (db, NULL, one_event (1, 1, "a", "connected"));
  g_clear_object (&db);
  tamper (dir, "UPDATE history SET details = '{'");
  db = open_db (dir);
  ck_state_db_get_history_async (db, "a", 0, 0, NULL, store_on_result, &result);
  g_assert_null (ck_state_db_get_history_finish (db, store_wait (&result), &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  write_sync (db, NULL, one_event (2, 2, "a", "connected"));
  g_clear_object (&db);
  store_remove_dir (dir);
}

/* Whatever byte is changed, reading ends with an error or with records; never with a crash, and
 * never with a change to the file. */
static void
test_flips (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *path = g_build_filename (dir, "state.db", NULL);
  g_autofree char *content = NULL;
  g_autoptr (CkStateDb) db = open_db (dir);
  gsize size;
  guint n_refused = 0;

  write_sync (db, make_full ("a"), one_event (1, 1, "a", "connected"));
  g_clear_object (&db);
  g_assert_true (g_file_get_contents (path, &content, &size, NULL));

  for (gsize i = 0; i < size; i += i < 100 ? 1 : 31)
    {
      g_autofree char *after = NULL;
      g_autoptr (GPtrArray) records = NULL;
      gsize after_size;

      content[i] = (char) (content[i] ^ 0x40);
      g_assert_true (g_file_set_contents (path, content, (gssize) size, NULL));
      g_assert_cmpint (g_chmod (path, 0600), ==, 0);
      db = ck_state_db_open (path, NULL);
      records = db != NULL ? load_channels (db, NULL) : NULL;
      n_refused += records == NULL;
      g_clear_object (&db);
      g_assert_true (g_file_get_contents (path, &after, &after_size, NULL));
      g_assert_cmpmem (after, after_size, content, size);
      content[i] = (char) (content[i] ^ 0x40);
    }

  g_assert_cmpuint (n_refused, >, 0);
  store_remove_dir (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/state-db/channels", test_channels);
  g_test_add_func ("/state-db/clients", test_clients);
  g_test_add_func ("/state-db/history", test_history);
  g_test_add_func ("/state-db/history-routine", test_history_routine);
  g_test_add_func ("/state-db/history-age", test_history_age);
  g_test_add_func ("/state-db/last-time", test_last_time);
  g_test_add_func ("/state-db/lost-numbers", test_lost_numbers);
  g_test_add_func ("/state-db/closed", test_closed);
  for (guint i = 0; i < G_N_ELEMENTS (bad_rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/state-db/bad-row/%s", bad_rows[i].name);

      g_test_add_data_func (path, &bad_rows[i], test_bad_row);
    }
  g_test_add_func ("/state-db/bad-event", test_bad_event);
  g_test_add_func ("/state-db/flips", test_flips);

  return g_test_run ();
}
