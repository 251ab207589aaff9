/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"
#include "sim-pool.h"
#include "sim-store.h"
#include "sim-time.h"

/*
 * The real broker — planner, schedule, lifecycle, turns, renewals, verifications, reconciling —
 * over a simulated time, disk and platform.
 */
typedef struct
{
  CkBroker *broker; /* NULL: it does not run */
  char *dir;
  guint64 sequence;      /* of the last event announced by any broker */
  guint64 run_sequence;  /* by this one */
  GHashTable *announced; /* sequence to a hash of what it was */
  gint64 started;        /* sim_time_now() and the wall clock of the last start, microseconds */
  gint64 started_wall;
  guint n_taken;         /* by state.db before that */
  void (*on_event) (CkChannel *channel, const CkEvent *event, gpointer user_data);
  void (*on_change) (const CkChannelRecord *before,
                     const CkChannelRecord *after,
                     GPtrArray *events,
                     gpointer user_data);
  gpointer user_data;
} SimWorld;

void sim_world_set_up (SimWorld *world);
void sim_world_tear_down (SimWorld *world);

/* A provider that only renews, and only by a refresh token. @lifetime: lines of [Lifetime];
 * @verifies: its stack can verify as well. Before the first start. */
void
sim_world_add_provider (SimWorld *world, const char *id, const char *lifetime, gboolean verifies);

/* A connected channel as it stands on the disk, or a person's reconnect of one while the broker is
 * down. @refresh: empty: nothing renews it */
void sim_world_add_channel (SimWorld *world,
                            const char *id,
                            const char *provider,
                            const char *access,
                            const char *refresh,
                            guint64 lifetime,
                            guint64 reconnect_by);

void sim_world_start (SimWorld *world);
void sim_world_stop (SimWorld *world);

/* kill -9: what was not on disk is gone, what was on the wire goes on. @n_unheard: of sim_disk_cut() */
void sim_world_kill (SimWorld *world);
void sim_world_kill_unheard (SimWorld *world, guint n_unheard);

/* Asserts that every event on the disk was announced, in this run or a former one. */
void sim_world_check_announced (SimWorld *world);

/* (transfer none): asserts that it is there. */
CkChannel *sim_world_get_channel (SimWorld *world, const char *id);
const CkChannelRecord *sim_world_get_record (SimWorld *world, const char *id);

/* (transfer full): a grant as the worker would make it, issued now. */
CkGrant *sim_grant_new (const char *access, const char *refresh, guint64 lifetime);
