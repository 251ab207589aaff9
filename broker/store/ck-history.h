/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sqlite3.h>

#include "ck-event.h"

G_BEGIN_DECLS

/* The table of events in state.db. All functions run where the connection lives and set
 * %CK_ERROR_STORE. */

gboolean ck_history_create_table (sqlite3 *db, GError **error);

/**
 * CkHistoryLimits:
 * @most: how many events of a channel are kept, and as many again of what is routine (`Renewed`,
 *   `TokenHandedOut`)
 * @oldest: how many seconds before its newest event they are kept for
 * @least: but so many are, however old: a clock that stepped must not empty a history
 */
typedef struct
{
  guint most;
  guint64 oldest;
  guint least;
} CkHistoryLimits;

/**
 * ck_history_write:
 * @event: one event; a row with its sequence is replaced
 * @limits: what remains of its channel's
 */
gboolean
ck_history_write (sqlite3 *db, const CkEvent *event, const CkHistoryLimits *limits, GError **error);

/**
 * ck_history_remove_channel:
 *
 * Deletes all events of that channel.
 */
gboolean ck_history_remove_channel (sqlite3 *db, const char *channel, GError **error);

/**
 * ck_history_read:
 * @since: Unix seconds: events of that time or later
 * @limit: at most so many, 0 for all
 *
 * Returns: (transfer full) (nullable) (element-type CkEvent): newest first
 */
GPtrArray *ck_history_read (sqlite3 *db,
                            const char *channel,
                            guint64 since,
                            guint limit,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_history_read_after:
 * @sequence: events with a higher one
 *
 * Returns: (transfer full) (nullable) (element-type CkEvent): of all channels, oldest first
 */
GPtrArray *
ck_history_read_after (sqlite3 *db, guint64 sequence, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
