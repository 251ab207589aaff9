/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-urgency.h"

G_BEGIN_DECLS

/**
 * CkJobQueue:
 *
 * Who comes next: the most urgent, and among those first come, first served; but not those whose
 * host has as many running as it may, and after eight urgent ones of a host in a row the one of it
 * that came first, however urgent. It knows its entries by a place in the line that they give
 * back, and nothing else of them.
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
CkJobPlace *
ck_job_queue_push (CkJobQueue *queue, const char *host, CkUrgency urgency, gpointer entry);

/**
 * CkJobFunc:
 * @entry: of one that waits
 *
 * Returns: whether it is the one
 */
typedef gboolean (*CkJobFunc) (gpointer entry, gpointer user_data);

/* Returns: (transfer none) (nullable): the entry of the one, if it waits */
gpointer ck_job_queue_find (CkJobQueue *queue, CkJobFunc func, gpointer user_data);

/**
 * ck_job_queue_hurry:
 *
 * One that waits becomes more urgent: behind those that are so already. Of one that does not wait
 * any more, or is as urgent, nothing changes.
 */
void ck_job_queue_hurry (CkJobQueue *queue, CkJobPlace *place, CkUrgency urgency);

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

/**
 * ck_job_queue_peek_after:
 * @place: one that runs
 *
 * Returns: (transfer none) (nullable): the entry that ck_job_queue_pop() would give if @place were
 *   done, as far as it is of the same host
 */
gpointer
ck_job_queue_peek_after (CkJobQueue *queue, const CkJobPlace *place, guint max_per_host);

/* One that waits leaves the line without running yet; it still counts as one that waits. */
void ck_job_queue_reserve (CkJobQueue *queue, CkJobPlace *place);

/* A reserved one runs from now on. */
void ck_job_queue_begin (CkJobQueue *queue, CkJobPlace *place);

/* A reserved one, or one that runs, is the first of the line again. */
void ck_job_queue_give_back (CkJobQueue *queue, CkJobPlace *place);

/* Leaves the line. @place: (transfer full): one that waits or is reserved */
void ck_job_queue_remove (CkJobQueue *queue, CkJobPlace *place);

/* No longer runs. @place: (transfer full): one that was popped or begun */
void ck_job_queue_done (CkJobQueue *queue, CkJobPlace *place);

guint ck_job_queue_get_n_waiting (CkJobQueue *queue);
guint ck_job_queue_get_n_running (CkJobQueue *queue);

G_END_DECLS
