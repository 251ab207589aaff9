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

/* How many writes are under way. */
guint sim_disk_count_waiting (void);

/* Gone: what was queued was never written, but for the first @n_unheard: the disk has them, and the broker
 * never heard of it. Objects of a killed broker write nothing any more. */
void sim_disk_cut (guint n_unheard);

/* Every write of the vault, or of state.db, fails from now on, or works again. */
void sim_disk_fail (gboolean vault, gboolean state_db);

/* The key of the vault is missing at the next start, or is there again. */
void sim_disk_seal_vault (gboolean sealed);

/* From now on a write takes so long, in the order of the writes; 0: as at first. */
void sim_disk_be_slow (gint64 usec);

/* What was begun is written, however slow, as by a file that is closed; no time goes by. */
void sim_disk_settle (void);

/* What stands on the disk. (transfer none), nullable */
const CkChannelRecord *sim_disk_get_record (const char *channel);
CkGrant *sim_disk_get_grant (const char *channel, guint64 *generation);

/* Puts a connected channel there. @record: (transfer full) */
void sim_disk_put (CkChannelRecord *record, CkGrant *grant);

gboolean sim_disk_has_event (guint64 sequence);

/* (transfer none): the sequences, guint64, of the events that are there. */
GHashTable *sim_disk_get_history (void);

/* Whether a write of the channel was refused since it had the grant it has: what is remembered of it may
 * be of before. */
gboolean sim_disk_is_behind (const char *channel);

/* How often state.db was written, and the wall clock of the last time. */
guint64 sim_disk_get_time (void);
guint sim_disk_count_taken (void);

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
