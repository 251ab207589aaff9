/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-channel.h"
#include "ck-config.h"
#include "ck-gate.h"
#include "ck-state-db.h"
#include "ck-vault.h"
#include "ck-worker-pool.h"

G_BEGIN_DECLS

/**
 * CkBroker:
 *
 * Owns everything: configuration, channels, clients, vault, state database, worker pool, planner.
 * It knows nothing of the public bus; dbus/ projects it there.
 *
 * Signals, each after what it tells is on disk:
 * - `channel-added` (CkChannel), `channel-removed` (CkChannel, guint64 sequence of its event)
 * - `channel-changed` (CkChannel, const CkChannelRecord *before, const CkChannelRecord *after, GPtrArray
 *   *events of CkEvent):
 *   the record changed from @before to @after, and these events happened, in order; the details
 *   of each have `old-state` and `new-state`
 * - `broker-changed`: a property of the root object changed
 */
#define CK_TYPE_BROKER (ck_broker_get_type ())
G_DECLARE_FINAL_TYPE (CkBroker, ck_broker, CK, BROKER, GObject)

/**
 * CkBrokerPaths:
 * @confdir: channelkeeper.conf, clients.d, channels.d, providers.d, stacks.d
 * @datadir: the shipped providers and stacks
 * @moduledir: the modules
 * @state_dir: state.db and the vault
 * @credentials_dir: (nullable): `$CREDENTIALS_DIRECTORY`
 * @worker: (nullable): the worker's executable; %NULL: workers come by the socket alone
 * @worker_socket: (nullable): systemd's socket for workers; used where it is there
 *
 * Where everything is; copied.
 */
typedef struct
{
  const char *confdir;
  const char *datadir;
  const char *moduledir;
  const char *state_dir;
  const char *credentials_dir;
  const char *worker;
  const char *worker_socket;
} CkBrokerPaths;

/**
 * ck_broker_new:
 * @config: (transfer none): the configuration, loaded from @paths
 * @error: %CK_ERROR_STORE if state.db cannot be opened; a sealed vault is no error
 *
 * Loads channels and clients from state.db, synchronously.
 */
CkBroker *ck_broker_new (CkConfig *config,
                         const CkBrokerPaths *paths,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_broker_start_async:
 *
 * Opens the vault, reconciles its grants with state.db by generation, and begins to renew. Called
 * after the bus name is owned; until it is done a token request is answered `Busy`.
 */
void ck_broker_start_async (CkBroker *self,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean ck_broker_start_finish (CkBroker *self, GAsyncResult *result, GError **error);

/**
 * ck_broker_drain:
 *
 * Begins nothing new and cancels the attempts. What is under way goes on: a renewal whose answer is
 * on the wire is worth waiting for, until ck_broker_is_idle().
 */
void ck_broker_drain (CkBroker *self);
gboolean ck_broker_is_idle (CkBroker *self);

/**
 * ck_broker_stop:
 *
 * Ends whatever is under way and flushes the databases: what was announced is on disk.
 */
void ck_broker_stop (CkBroker *self);

/**
 * ck_broker_is_started:
 *
 * Returns: whether the start is over: every grant is in memory, or the vault is sealed
 */
gboolean ck_broker_is_started (CkBroker *self);

/**
 * ck_broker_check_open:
 * @error: %CK_ERROR_BUSY while it starts or ends, %CK_ERROR_VAULT_SEALED with the reason and what to
 *   do
 *
 * Returns: whether grants can be read and written
 */
gboolean ck_broker_check_open (CkBroker *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- what it owns (transfer none) ------------------------------------------------------------ */

CkConfig *ck_broker_get_config (CkBroker *self);
CkVault *ck_broker_get_vault (CkBroker *self);
CkStateDb *ck_broker_get_state_db (CkBroker *self);
CkWorkerPool *ck_broker_get_pool (CkBroker *self);
CkGate *ck_broker_get_gate (CkBroker *self);

/* Unix seconds when the grants had been read and planning began; 0 before that. */
guint64 ck_broker_get_started_at (CkBroker *self);

/* ---- channels -------------------------------------------------------------------------------- */

/**
 * ck_broker_lookup_channel:
 * @id: an id
 * @error: %CK_ERROR_NO_SUCH_CHANNEL
 *
 * Returns: (transfer none) (nullable): the channel
 */
CkChannel *ck_broker_lookup_channel (CkBroker *self, const char *id, GError **error);

/**
 * ck_broker_dup_channels:
 *
 * Returns: (transfer full) (element-type CkChannel): all channels, sorted by id
 */
GPtrArray *ck_broker_dup_channels (CkBroker *self);

guint ck_broker_count_channels (CkBroker *self);

/**
 * ck_broker_get_sequence:
 *
 * Returns: the sequence number of the last event
 */
guint64 ck_broker_get_sequence (CkBroker *self);

/**
 * ck_broker_commit:
 * @channel: a channel
 * @record: (transfer full): its new record
 * @events: (transfer full) (nullable) (element-type CkEvent): what happened; their sequence numbers
 *   are set here
 *
 * The only way a channel changes (one that is being removed changes no more): writes record and
 * events in one transaction, then announces by `channel-changed`. The record counts at once for
 * decisions; it is announced when it is on disk, and should the disk refuse, announced all the same
 * with a log entry (silence would be worse). The record is then written again until the disk takes
 * it; the events stay out of the history.
 */
void ck_broker_commit (CkBroker *self,
                       CkChannel *channel,
                       CkChannelRecord *record,
                       GPtrArray *events);

/**
 * ck_broker_set_announced:
 * @sequence: of the last event of a `channel-changed` that the bus has
 *
 * To be called by whoever announces: what it has not is announced again after a crash, with its number.
 */
void ck_broker_set_announced (CkBroker *self, guint64 sequence);

/**
 * ck_broker_commit_async:
 * @callback: (nullable): called when it has been announced
 *
 * The same, for one who wants to know whether it is on disk. Errors: %CK_ERROR_STORE if the disk
 * refused it, %CK_ERROR_NO_SUCH_CHANNEL if the channel is being removed.
 */
void ck_broker_commit_async (CkBroker *self,
                             CkChannel *channel,
                             CkChannelRecord *record,
                             GPtrArray *events,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean ck_broker_commit_finish (CkBroker *self, GAsyncResult *result, GError **error);

/**
 * ck_broker_note:
 * @event: (transfer full): what happened; one with a sequence replaces the event of that number
 *
 * Writes a row of the channel's history about something that changes nothing. As after every
 * commit, a record got before is no longer valid.
 *
 * Returns: the event's sequence; 0 if the channel is being removed
 */
guint64 ck_broker_note (CkBroker *self, CkChannel *channel, CkEvent *event);

/**
 * ck_broker_add_channel_async:
 * @record: (transfer full): id, provider, client, assigned_user and what else was given; the rest
 *   empty
 *
 * Errors: %CK_ERROR_EXISTS, %CK_ERROR_NO_SUCH_PROVIDER, %CK_ERROR_NO_SUCH_CLIENT,
 * %CK_ERROR_INVALID_ARGUMENT (no assigned user and no default), %CK_ERROR_LIMIT_EXCEEDED
 * (MaxChannels), %CK_ERROR_STORE.
 */
void ck_broker_add_channel_async (CkBroker *self,
                                  CkChannelRecord *record,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
CkChannel *ck_broker_add_channel_finish (CkBroker *self, GAsyncResult *result, GError **error);

/**
 * ck_broker_remove_channel_async:
 * @keep_grant: do not tell the platform
 *
 * Disconnects (where the platform may be told) and forgets the channel. Errors:
 * %CK_ERROR_NOT_SUPPORTED for a declared channel, %CK_ERROR_STORE.
 */
void ck_broker_remove_channel_async (CkBroker *self,
                                     CkChannel *channel,
                                     gboolean keep_grant,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean ck_broker_remove_channel_finish (CkBroker *self, GAsyncResult *result, GError **error);

/**
 * ck_broker_modify_channel_async:
 * @record: (transfer full): a changed copy: assigned user, access lists or pinned account
 * @what: the event's word: `Assigned`, `AccessChanged`, `AccountPinned`
 * @by: the user who did it
 *
 * Done when it is on disk. Errors: %CK_ERROR_NOT_SUPPORTED for a declared channel; %CK_ERROR_STORE if
 * the disk refused it: it is in force all the same, so that nobody keeps a token for want of room,
 * and is written again until the disk takes it; a broker that ends before knows nothing of it.
 */
void ck_broker_modify_channel_async (CkBroker *self,
                                     CkChannel *channel,
                                     CkChannelRecord *record,
                                     const char *what,
                                     const char *by,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean ck_broker_modify_channel_finish (CkBroker *self, GAsyncResult *result, GError **error);

typedef struct _CkSave CkSave;

/**
 * ck_broker_save_later:
 * @save: (transfer full): given to ck_save_retry() in some seconds, or freed if the broker ends
 * first
 */
void ck_broker_save_later (CkBroker *self, CkSave *save);

/**
 * ck_broker_replan:
 *
 * Plans anew what the channel needs next with nobody asking. Called after whatever the plan depends
 * on has changed outside of its record (ck_broker_commit() does it itself).
 */
void ck_broker_replan (CkBroker *self, CkChannel *channel);

/* ---- clients --------------------------------------------------------------------------------- */

/**
 * ck_broker_lookup_client:
 * @error: %CK_ERROR_NO_SUCH_CLIENT
 *
 * Returns: (transfer none) (nullable): a client, declared or added on the bus
 */
const CkClientRecord *ck_broker_lookup_client (CkBroker *self, const char *id, GError **error);

/**
 * ck_broker_dup_clients:
 *
 * Returns: (transfer container) (element-type CkClientRecord): all clients, sorted by id
 */
GPtrArray *ck_broker_dup_clients (CkBroker *self);

/**
 * ck_broker_is_client_declared:
 *
 * Returns: whether a file in clients.d declares it
 */
gboolean ck_broker_is_client_declared (CkBroker *self, const char *client);

/**
 * ck_broker_get_client_secrets:
 *
 * Returns: (transfer none) (nullable): a serialized `as` (ck_secret_from_variant()): the secrets,
 *   tried in order; %NULL for a public client
 */
SecretValue *ck_broker_get_client_secrets (CkBroker *self, const char *client);

/**
 * ck_broker_add_client_async:
 * @record: (transfer full): the client
 * @secret: (transfer none) (nullable): its secret as text; %NULL or empty: a public client
 *
 * The secret is in the vault before the client is in state.db. Replaces the secret of a client of
 * the same id, provider and client_id; else %CK_ERROR_EXISTS. Also %CK_ERROR_VAULT_SEALED,
 * %CK_ERROR_NO_SUCH_PROVIDER, %CK_ERROR_STORE.
 */
void ck_broker_add_client_async (CkBroker *self,
                                 CkClientRecord *record,
                                 SecretValue *secret,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean ck_broker_add_client_finish (CkBroker *self, GAsyncResult *result, GError **error);

/**
 * ck_broker_remove_client_async:
 *
 * Errors: %CK_ERROR_NO_SUCH_CLIENT, %CK_ERROR_BUSY while a channel uses it (it names one),
 * %CK_ERROR_NOT_SUPPORTED for a declared client.
 */
void ck_broker_remove_client_async (CkBroker *self,
                                    const char *id,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
gboolean ck_broker_remove_client_finish (CkBroker *self, GAsyncResult *result, GError **error);

/**
 * ck_broker_suspect_client:
 * @client: a client the platform called misconfigured at the token endpoint
 *
 * One bad answer is none (rule 4): the second within an hour, by a retry of the same channel or by
 * another one, confirms it.
 *
 * Returns: whether it is confirmed now
 */
gboolean ck_broker_suspect_client (CkBroker *self, const char *client);

/**
 * ck_broker_clear_suspicion:
 *
 * The platform took the client's word.
 */
void ck_broker_clear_suspicion (CkBroker *self, const char *client);

/**
 * ck_broker_note_client_refused:
 * @client: one whose channels are suspended, because its platform has just taken offence at it
 *
 * That is the answer to all of them: what probes them waits from now on.
 */
void ck_broker_note_client_refused (CkBroker *self, const char *client);

/* Returns: Unix seconds of the last time; 0 if there was none, or it is not known any more */
guint64 ck_broker_get_client_refused (CkBroker *self, const char *client);

/**
 * ck_broker_note_limit:
 * @channel: one whose platform has just said that a rate limit is nearly used up
 * @seconds: until when
 *
 * The limit is one of the app: it counts for all channels with its client id at that host.
 */
void ck_broker_note_limit (CkBroker *self, CkChannel *channel, guint64 seconds);

/**
 * ck_broker_note_limited:
 * @channel: one whose request was refused for a rate limit
 * @seconds: for how long the platform does not want to be asked
 *
 * What can wait of the app waits, as for ck_broker_note_limit(), for an hour at most. When a second
 * channel is told the same meanwhile it is no limit of one account: all that nobody waits for does, for
 * five minutes at most, until the next two are told.
 */
void ck_broker_note_limited (CkBroker *self, CkChannel *channel, guint64 seconds);

/* The platform did what was asked for @channel: nobody but the one that was refused has to wait. */
void ck_broker_note_served (CkBroker *self, CkChannel *channel);

/**
 * ck_broker_get_limit:
 * @until: (out): Unix seconds until which what can wait of @channel waits; 0 if nothing is known
 * @refused_until: (out): and what nobody waits for; 0 if its platform still serves others
 */
void ck_broker_get_limit (CkBroker *self,
                          CkChannel *channel,
                          guint64 *until,
                          guint64 *refused_until);

/**
 * ck_broker_note_cut_off:
 * @channel: a channel that did not get through to its platform
 */
void ck_broker_note_cut_off (CkBroker *self, CkChannel *channel);

/**
 * ck_broker_note_reached:
 *
 * A platform has answered. The broker has no network of its own to watch: this is how it learns
 * that the network is back. All that are cut off are tried at once, whatever their back-off; but one
 * for which that was in vain less and less often, up to an hour, so that one dead platform among
 * good ones keeps its back-off.
 */
void ck_broker_note_reached (CkBroker *self);

/**
 * ck_broker_set_restoring:
 * @restoring: whether a backup is being restored from now on
 *
 * Returns: %FALSE if that was so already: one at a time
 */
gboolean ck_broker_set_restoring (CkBroker *self, gboolean restoring);

/**
 * ck_broker_get_metadata:
 * @client: its id. A worker that was taken over says what it likes: that goes to workers of the
 *   same client, and never decides where another's secrets are sent
 *
 * Returns: (transfer none) (nullable): the discovery document of the client's provider, not older
 *   than 24 h
 */
const char *ck_broker_get_metadata (CkBroker *self, const char *client);
void ck_broker_set_metadata (CkBroker *self, const char *client, const char *metadata);

/**
 * ck_broker_reload:
 * @error: the first bad file, line and key: nothing has changed then
 *
 * Reads the configuration again and swaps it in as a whole. Synchronous: small files, at an
 * administrator's word.
 */
gboolean ck_broker_reload (CkBroker *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
