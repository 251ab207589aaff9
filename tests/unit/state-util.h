/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-state-db.h"
#include "store-util.h"

/* What the tests of state.db have in common. */

static inline CkStateDb *
open_db (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "state.db", NULL);
  g_autoptr (GError) error = NULL;
  CkStateDb *db = ck_state_db_open (path, &error);

  g_assert_no_error (error);
  return db;
}

/* Closed first: a result that is still held holds the database. */
static inline CkStateDb *
reopen (CkStateDb *db, const char *dir)
{
  ck_state_db_close (db);
  g_object_unref (db);

  return open_db (dir);
}

static inline GPtrArray *
load_channels (CkStateDb *db, GError **error)
{
  g_autoptr (GPtrArray) records
      = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_channel_record_free);

  return ck_state_db_load_channels (db, store_on_found, records, error) ? g_steal_pointer (&records)
                                                                         : NULL;
}

static inline void
write_sync (CkStateDb *db, CkChannelRecord *record, GPtrArray *events)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ck_state_db_write_async (db, record, events, NULL, store_on_result, &result);
  g_assert_true (ck_state_db_write_finish (db, store_wait (&result), &error));
  g_assert_no_error (error);
}

static inline GPtrArray *
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

static inline GPtrArray *
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

static inline GStrv
list_of (const char *a, const char *b)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  GStrv list;

  g_strv_builder_add_many (builder, a, b, NULL);
  list = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);

  return list;
}

static inline void
set_list (GStrv *list, const char *a, const char *b)
{
  g_strfreev (*list);
  *list = list_of (a, b);
}

static inline void
set_text (char **text, const char *value)
{
  g_free (*text);
  *text = g_strdup (value);
}

/* Every member has a value of its own, so that two mixed up are noticed. */
static inline CkChannelRecord *
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
  record->duplicates_at = 22;

  return record;
}

static inline void
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
  g_assert_cmpuint (a->duplicates_at, ==, b->duplicates_at);
}
