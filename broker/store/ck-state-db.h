/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-channel-record.h"
#include "ck-client-record.h"
#include "ck-event.h"
#include "ck-record-field.h"

G_BEGIN_DECLS

/**
 * CK_STATE_DB_HISTORY_LIMIT: how many events of one channel are kept, and as many again of what is
 * routine (`Renewed`, `TokenHandedOut`); older ones are trimmed as new ones are written
 */
#define CK_STATE_DB_HISTORY_LIMIT 1000

/**
 * CK_STATE_DB_HISTORY_AGE: for how many seconds an event is kept: a year and a month, so that last
 * year's reconnect can be looked up. The newest CK_STATE_DB_HISTORY_LEAST of a channel stay
 * whatever their age
 */
#define CK_STATE_DB_HISTORY_AGE (G_GUINT64_CONSTANT (400) * 24 * 60 * 60)
#define CK_STATE_DB_HISTORY_LEAST 100

/**
 * CkStateDb:
 *
 * state.db: the channels, the clients and the history. No secrets. The grant in the vault is the
 * truth; this follows it.
 *
 * Opening and the two load functions are synchronous, for start-up. Everything else is queued to
 * one writer thread in the order of the calls; calls waiting together are one transaction and one
 * fsync, each is on disk before its callback runs, and each succeeds or fails for itself (but a
 * failed commit fails all calls in it). Callbacks come in the order of the calls. A write that has
 * begun is not cancelled: its result is the truth.
 *
 * Use from one thread. Every asynchronous function fails with %CK_ERROR_STORE, the message naming
 * the file and SQLite's words, if the disk refuses it, and with %G_IO_ERROR_CANCELLED if it was
 * cancelled before it began.
 */
#define CK_TYPE_STATE_DB (ck_state_db_get_type ())
G_DECLARE_FINAL_TYPE (CkStateDb, ck_state_db, CK, STATE_DB, GObject)

/**
 * ck_state_db_open:
 * @path: the file, in an existing directory that only we may write to
 * @error: %CK_ERROR_STORE: not ours, readable by others, damaged, truncated, of a newer version,
 *   in use by another process, or SQLite's words; the file is left as it was
 *
 * Opens the file, makes it (0600) where there is none.
 *
 * Returns: (transfer full) (nullable): the database
 */
CkStateDb *ck_state_db_open (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_state_db_load_channels:
 * @found: called with each CkChannelRecord, by id
 * @error: %CK_ERROR_STORE if a row cannot be understood; the message names the channel
 *
 * Synchronous: for start-up, before the first asynchronous call.
 *
 * Returns: whether @found was called for all channels
 */
gboolean ck_state_db_load_channels (CkStateDb *db,
                                    CkRecordFound found,
                                    gpointer user_data,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_state_db_load_clients:
 * @found: called with each CkClientRecord, by id
 * @error: %CK_ERROR_STORE if a row cannot be understood; the message names the client
 *
 * As ck_state_db_load_channels().
 *
 * Returns: whether @found was called for all clients
 */
gboolean ck_state_db_load_clients (CkStateDb *db,
                                   CkRecordFound found,
                                   gpointer user_data,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * CK_STATE_DB_RESERVED: how many numbers each write of anything reserves for the events behind it: the
 * next run leaves them out, for some may have been told and never written
 */
#define CK_STATE_DB_RESERVED G_GUINT64_CONSTANT (1000000)

/**
 * ck_state_db_skip_sequence:
 * @n: so many numbers are left out
 *
 * Returns: the highest event sequence that is used, reserved or left out; the next event's is one more
 */
guint64 ck_state_db_skip_sequence (CkStateDb *db, guint64 n);

/**
 * ck_state_db_get_last_time:
 *
 * Returns: the wall clock as last told by ck_state_db_set_last_time(), in this run or an earlier
 *   one (Unix seconds, 0: never): an earlier wall clock is not to be trusted
 */
guint64 ck_state_db_get_last_time (CkStateDb *db);

/**
 * ck_state_db_set_last_time:
 * @now: the wall clock, Unix seconds
 *
 * Remembered at once, on disk with the next write of anything (it costs none of its own).
 */
void ck_state_db_set_last_time (CkStateDb *db, guint64 now);

/**
 * ck_state_db_set_announced:
 * @sequence: every event up to this one has been announced
 *
 * Remembered at once, on disk with the next write of anything (it costs none of its own).
 */
void ck_state_db_set_announced (CkStateDb *db, guint64 sequence);

/**
 * ck_state_db_load_unannounced:
 *
 * Synchronous: for start-up, before the first asynchronous call.
 *
 * Returns: (transfer full) (nullable) (element-type CkEvent): what is on disk and may not have been
 *   announced before the former run ended, oldest first
 */
GPtrArray *ck_state_db_load_unannounced (CkStateDb *db, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_state_db_write_async:
 * @record: (transfer full) (nullable): a copy of the channel's record as it shall be on disk
 * @events: (transfer full) (nullable) (element-type CkEvent): events, numbered by the caller
 * @cancellable: (nullable): stops it only before it has begun
 * @callback: called in the thread-default main context of the caller
 *
 * Writes record and events in one transaction, and keeps the highest sequence seen. An event whose
 * sequence is on disk already replaces that row (a repeated announcement).
 */
void ck_state_db_write_async (CkStateDb *db,
                              CkChannelRecord *record,
                              GPtrArray *events,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean ck_state_db_write_finish (CkStateDb *db, GAsyncResult *result, GError **error);

/**
 * ck_state_db_remove_channel_async:
 * @channel: the channel's id; one that is not there is a success
 * @sequence: the sequence of the removal's announcement, 0 for none: kept, though the event is not
 *
 * Deletes the record and the history: a later channel of the same id shall not show it.
 */
void ck_state_db_remove_channel_async (CkStateDb *db,
                                       const char *channel,
                                       guint64 sequence,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean ck_state_db_remove_channel_finish (CkStateDb *db, GAsyncResult *result, GError **error);

/**
 * ck_state_db_write_client_async:
 * @record: (transfer full): a copy of the client's record as it shall be on disk
 */
void ck_state_db_write_client_async (CkStateDb *db,
                                     CkClientRecord *record,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean ck_state_db_write_client_finish (CkStateDb *db, GAsyncResult *result, GError **error);

/**
 * ck_state_db_remove_client_async:
 * @client: the client's id; one that is not there is a success
 */
void ck_state_db_remove_client_async (CkStateDb *db,
                                      const char *client,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
gboolean ck_state_db_remove_client_finish (CkStateDb *db, GAsyncResult *result, GError **error);

/**
 * ck_state_db_get_history_async:
 * @channel: the channel's id
 * @since: Unix seconds: only events of that time or later; 0 for all
 * @limit: at most so many; 0 for all that are kept
 *
 * Finishes with (transfer full) (element-type CkEvent) the events, newest first; what was queued
 * before is in it.
 */
void ck_state_db_get_history_async (CkStateDb *db,
                                    const char *channel,
                                    guint64 since,
                                    guint limit,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
GPtrArray *ck_state_db_get_history_finish (CkStateDb *db, GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_state_db_close:
 *
 * For shutdown: writes what is queued, the last time included, ends the thread, closes the file.
 * Waits for the disk. Callbacks still come when the main context runs; later calls fail
 * %CK_ERROR_STORE. The last unref closes the file too, but does not write the time.
 */
void ck_state_db_close (CkStateDb *db);

G_END_DECLS
