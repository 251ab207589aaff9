/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CkJobQueue:
 *
 * Who comes next: first come, first served, but for those whose host has as many running as it may.
 * It knows its entries by a place in the line that they give back, and nothing else of them.
 */
typedef struct _CkJobQueue CkJobQueue;
typedef struct _CkJobPlace CkJobPlace;

CkJobQueue *ck_job_queue_new (void);
void ck_job_queue_free (CkJobQueue *queue); /* must be empty, with nobody running */

/**
 * ck_job_queue_push:
 * @host: the host it counts for
 * @entry: what ck_job_queue_pop() gives back
 *
 * Returns: (transfer full): the place; given back by ck_job_queue_remove() or, after it was
 *   popped, by ck_job_queue_done()
 */
CkJobPlace *ck_job_queue_push (CkJobQueue *queue, const char *host, gpointer entry);

/**
 * ck_job_queue_pop:
 * @max_per_host: how many of a host may run
 *
 * The entry counts as running from now on.
 *
 * Returns: (transfer none) (nullable): the first entry that may run, %NULL if there is none
 */
gpointer ck_job_queue_pop (CkJobQueue *queue, guint max_per_host);

/**
 * ck_job_queue_peek:
 *
 * Returns: (transfer none) (nullable): the first that waits, whether it may run or not
 */
gpointer ck_job_queue_peek (CkJobQueue *queue);

/* Leaves the line. @place: (transfer full): one that waits */
void ck_job_queue_remove (CkJobQueue *queue, CkJobPlace *place);

/* No longer runs. @place: (transfer full): one that was popped */
void ck_job_queue_done (CkJobQueue *queue, CkJobPlace *place);

guint ck_job_queue_get_n_waiting (CkJobQueue *queue);
guint ck_job_queue_get_n_running (CkJobQueue *queue);

G_END_DECLS
