/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-worker-peer.h"

G_BEGIN_DECLS

/**
 * CkWorkerIdle:
 *
 * The workers with nothing to do: kept for the next job of their client, let go after a while. Its
 * one timer exists only while there are some.
 */
typedef struct _CkWorkerIdle CkWorkerIdle;

/**
 * ck_worker_idle_new:
 * @milliseconds: how long each is kept
 */
CkWorkerIdle *ck_worker_idle_new (guint milliseconds);
void ck_worker_idle_free (CkWorkerIdle *idle);

void ck_worker_idle_set_time (CkWorkerIdle *idle, guint milliseconds);

/* @worker: (transfer full): closed at once if it cannot be used again */
void ck_worker_idle_put (CkWorkerIdle *idle, CkWorkerPeer *worker);

/* Returns: (transfer full) (nullable): one of @client that can be used */
CkWorkerPeer *ck_worker_idle_take (CkWorkerIdle *idle, const char *client);

/* Closes those that have waited longest, until @n are left. */
void ck_worker_idle_trim (CkWorkerIdle *idle, guint n);

guint ck_worker_idle_get_length (CkWorkerIdle *idle);

G_END_DECLS
