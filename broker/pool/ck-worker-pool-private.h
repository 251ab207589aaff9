/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-job-queue.h"
#include "ck-worker-idle.h"
#include "ck-worker-peer.h"
#include "ck-worker-pool.h"

G_BEGIN_DECLS

/* One call of ck_worker_pool_run_async(), until its callback. */
typedef struct _CkWorkerRun CkWorkerRun;
struct _CkWorkerRun
{
  CkWorkerPool *pool; /* not owned: the task does */
  GTask *task;
  CkJob *job;
  CkWorkerPeer *worker;  /* NULL while it waits */
  CkJobPlace *place;     /* NULL for an attempt */
  GSource *cancellation; /* NULL if it cannot be cancelled */
  GList link;            /* in running; without data if it is not there */
  CkWorkerRun *next;     /* its worker has that one's job already; NULL if none */
  CkWorkerRun *before;   /* the one whose next it is, until that is done */
  GSource *patience;     /* while it is the next of another */
};

struct _CkWorkerPool
{
  GObject parent;
  char *worker_path;
  char *socket_path;
  guint max_workers;
  guint max_attempts;
  CkJobQueue *queue; /* CkWorkerRun */
  GQueue running;    /* CkWorkerRun, both kinds, with a worker each */
  guint n_attempts;
  GQueue spares; /* CkWorkerPeer, being started for nobody's job yet; not owned */
  CkWorkerIdle *idle;
  guint64 n_started;
  gboolean is_shut_down;
};

guint ck_worker_pool_get_max_per_host (CkWorkerPool *self);

/* Gives the job of @run to its worker, which may still run another. */
void ck_worker_pool_hand_over (CkWorkerRun *run);

/* ---- ck-worker-ahead.c: what lies ready at a worker ------------------------------------------- */

/**
 * ck_worker_ahead_hand:
 * @run: one that runs
 *
 * Hands its worker the job that would come after it, if there is one that may lie ready.
 */
void ck_worker_ahead_hand (CkWorkerRun *run);

/* Returns: (nullable): the one of @channel that lies ready at a worker */
CkWorkerRun *ck_worker_ahead_find (CkWorkerPool *self, const char *channel);

/* Returns: whether its job is with a worker that does not run it */
gboolean ck_worker_ahead_has (CkWorkerRun *run);

/* @run: one that is the next of another; it is no longer. */
void ck_worker_ahead_unlink (CkWorkerRun *run);

/* Another worker is to have its job, unless this one has begun it: then nothing changes. */
void ck_worker_ahead_take_back (CkWorkerRun *run);

G_END_DECLS
