/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-error.h"
#include "ck-names.h"
#include "state-util.h"

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
  g_test_add_func ("/state-db/closed", test_closed);

  return g_test_run ();
}
