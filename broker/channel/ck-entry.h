/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"

G_BEGIN_DECLS

/**
 * CkEntry:
 *
 * A renewal or a verification that stands in the line before its platform (ck-gate.h). What only the
 * plan has asked for is judged once more when its turn comes, by the same plan: meanwhile its client
 * may have been suspended, or the platform may have told others to wait. It is then not begun, and
 * planned anew.
 */
typedef struct _CkEntry CkEntry;

/**
 * CkEntryFunc:
 * @error: (nullable) (transfer none): why it is not to begin: %CK_ERROR_BUSY
 */
typedef void (*CkEntryFunc) (gpointer data, const GError *error);

/**
 * ck_entry_new:
 * @func: called once, maybe at once
 * @data: holds @broker and @channel, and is there until ck_entry_free()
 *
 * Within a turn (ck-turns.h), one at a time.
 *
 * Returns: (transfer full): given back by ck_entry_free() when the transaction is over
 */
CkEntry *ck_entry_new (CkBroker *broker, CkChannel *channel, CkEntryFunc func, gpointer data);

/**
 * ck_entry_go_on:
 * @entry: one that was let in
 * @func: called at once
 *
 * The next request of the same transaction does not go to the end of the line.
 */
void ck_entry_go_on (CkEntry *entry, CkEntryFunc func, gpointer data);

void ck_entry_free (CkEntry *entry); /* after @func */

G_END_DECLS
