/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"
#include "ck-gate.h"
#include "ck-planner.h"

G_BEGIN_DECLS

/* For the files of CkBroker alone: ck-broker.c, ck-broker-start.c, ck-broker-commit.c,
 * ck-broker-channels.c, ck-broker-clients.c. */

struct _CkBroker
{
  GObject parent;

  CkConfig *config;
  char *confdir;
  char *datadir;
  char *moduledir;
  char *credentials_dir;
  CkVault *vault;
  CkStateDb *state_db;
  CkWorkerPool *pool;
  CkPlanner *planner;
  GHashTable *channels;  /* id to CkChannel */
  GHashTable *clients;   /* id to CkBrokerClient */
  GHashTable *metadata;  /* client id to its provider's discovery document */
  GHashTable *suspected; /* client id to when it was called misconfigured, guint64 */
  GHashTable *refused;   /* client id to when the platform last took offence at it, guint64 */
  GHashTable *limits;    /* host and client_id to what is known of their rate limit */
  GPtrArray *cut_off;    /* CkChannel: those the network failed since anything got through */
  CkGate *gate;
  GHashTable *saves;     /* CkSave, owned, that waits to be tried again */
  GPtrArray *attempts;   /* of CkAttempt; ck-attempt.c keeps it */
  GPtrArray *unproved;   /* of CkVaultGrant: what a reconnect had stored when the former run ended */
  GPtrArray *unannounced; /* CkEvent of the former run; NULL once that is settled */
  guint64 sequence;
  guint64 last_time;   /* the wall clock of the former run's last write */
  gint64 clock_offset; /* what the wall clock is ahead of CLOCK_BOOTTIME, microseconds */
  gboolean started;
  gboolean reading; /* the vault */
  gboolean read;    /* all that is in it */
  guint read_again; /* the source that tries once more */
  gboolean stopped;
  gboolean restoring;
  gboolean disk_refuses; /* the last write of a channel to state.db failed */
  guint64 started_at; /* Unix seconds; 0: the grants have not been read yet */
};

typedef struct
{
  CkClientRecord *record;
  SecretValue *secrets; /* nullable: a serialized `as` */
  gboolean declared;
} CkBrokerClient;

enum
{
  CK_BROKER_CHANNEL_ADDED,
  CK_BROKER_CHANNEL_REMOVED,
  CK_BROKER_CHANNEL_CHANGED,
  CK_BROKER_CHANGED,
  CK_BROKER_N_SIGNALS
};

/* Varargs fronts of g_signal_emit(). */
void ck_broker_emit_channel_added (CkBroker *self, CkChannel *channel);
void ck_broker_emit_channel_removed (CkBroker *self, CkChannel *channel, guint64 sequence);
void ck_broker_emit_channel_changed (CkBroker *self,
                                     CkChannel *channel,
                                     const CkChannelRecord *before,
                                     const CkChannelRecord *after,
                                     GPtrArray *events);
void ck_broker_emit_changed (CkBroker *self);

/* Makes @config the one in force: its declared clients, with the secrets their credentials hold, and
 * channels replace those of the former one. Nothing has changed if it fails. */
gboolean ck_broker_apply_config (CkBroker *self, CkConfig *config, GError **error);
GHashTable *ck_broker_limits_new (void);
void ck_broker_client_free (CkBrokerClient *client);

/* The channels part of it. */
void ck_broker_apply_channels (CkBroker *self);

/* Rule 9: when state.db is open (the sequence begins there, too); for each grant read at start; when the wall
 * clock was set. */
void ck_broker_clock_begin (CkBroker *self);
void ck_broker_clock_judge (CkBroker *self, CkChannel *channel);
void ck_broker_clock_set (CkBroker *self);

/* Announces with their numbers what the former run may have written and not announced. */
void ck_broker_announce_again (CkBroker *self);

/* Writes again the channels that state.db does not have as they are: when it is time to, and at the
 * end. */
void ck_broker_write_unwritten (CkBroker *self);

/* The planner's callback. */
void ck_broker_on_due (gpointer key, gpointer user_data);

GPtrArray *ck_broker_get_attempts (CkBroker *self);

G_END_DECLS
