/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-worker-pool.h"

/*
 * A worker pool without workers: these files define ck_worker_pool_*(). A job reaches the test's
 * platform after half its round trip and the answer comes after the other half: what is killed or
 * cut off in between is an answer that is lost on the wire.
 */

/**
 * SimPlatformFunc:
 * @lost: (out): the platform has done it, but the answer never comes
 *
 * The platform answers, at the time it is asked.
 *
 * Returns: (transfer full): what the worker makes of it
 */
typedef CkOutcome *(*SimPlatformFunc) (CkJob *job, gboolean *lost, gpointer user_data);

void sim_pool_set_platform (SimPlatformFunc platform, gpointer user_data);

/* Called when an answer of the platform reaches a broker that still runs. */
void sim_pool_set_delivered (void (*delivered) (CkJob *job, gpointer user_data));

/* Microseconds of a round trip. */
void sim_pool_set_round_trip (gint64 round_trip);

/* The broker was killed: its jobs end, what is on the wire goes on. */
void sim_pool_cut (void);

/* How many jobs are under way. */
guint sim_pool_count_running (void);

/* An outcome with all its texts. @grant: (transfer full) (nullable) */
CkOutcome *sim_outcome_new (CkResult result, CkCause cause, guint http_status, CkGrant *grant);
