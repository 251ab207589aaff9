/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-state-db.h"
#include "ck-vault.h"

/*
 * state.db and the vault in memory: these files define ck_state_db_*() and ck_vault_*(). What is
 * written is on "disk" one turn of the main loop later, and only then the writer hears of it, so
 * that a broker can be killed in between. The disk outlives the brokers.
 */

/* An empty disk. */
void sim_disk_reset (void);

/* Gone: what was queued was never written. Objects of a killed broker write nothing any more. */
void sim_disk_cut (void);

/* Every write of the vault, or of state.db, fails from now on, or works again. */
void sim_disk_fail (gboolean vault, gboolean state_db);

/* From now on a write takes so long, in the order of the writes; 0: as at first. */
void sim_disk_be_slow (gint64 usec);

/* What was begun is written, however slow, as by a file that is closed; no time goes by. */
void sim_disk_settle (void);

/* What stands on the disk. (transfer none), nullable */
const CkChannelRecord *sim_disk_get_record (const char *channel);
CkGrant *sim_disk_get_grant (const char *channel, guint64 *generation);

/* Puts a connected channel there. @record: (transfer full) */
void sim_disk_put (CkChannelRecord *record, CkGrant *grant);

guint64 sim_disk_get_sequence (void);

/* How many items the vault holds of @channel. */
guint sim_disk_count_grants (const char *channel);

/* How many writes failed since the reset. */
guint sim_disk_count_refused (void);

/* A sealed one that opens, or the other way round. */
void sim_vault_set_state (CkVault *vault, CkVaultState state);

/* The one client that was added over the bus. (transfer full) (nullable): none, as after a reset */
void sim_disk_put_client (CkClientRecord *client);

/* At the next start the service manager has kept @grant, and the vault is sealed when it is asked for a
 * client's secret the first time. */
void sim_vault_leave (const char *channel, guint64 generation, CkGrant *grant);
