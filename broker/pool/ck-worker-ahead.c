/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-worker-pool-private.h"

static gboolean
on_out_of_patience (gpointer user_data)
{
  ck_worker_ahead_take_back (user_data);

  return G_SOURCE_REMOVE;
}

static void
link_ahead (CkWorkerRun *run, CkWorkerRun *before)
{
  before->next = run;
  run->before = before;
  run->patience = g_timeout_source_new_seconds (CK_WORKER_PEER_USUAL_SECONDS);
  g_source_set_callback (run->patience, on_out_of_patience, run, NULL);
  g_source_attach (run->patience, g_main_context_get_thread_default ());
}

void
ck_worker_ahead_unlink (CkWorkerRun *run)
{
  run->before->next = NULL;
  run->before = NULL;
  g_source_destroy (run->patience);
  g_clear_pointer (&run->patience, g_source_unref);
}

/*
 * A worker that gets its next job before it has answered the one it runs goes on at once: to be
 * handed one only then would cost it, and the platform's slot, two ways through the broker's loop.
 * It is the job that would have come anyway: nobody else loses a turn by it. One that may be
 * cancelled waits, as that ends the worker; and one that is urgent waits for whichever worker is
 * free first, as this one's job may hang. If it does, or a caller comes, the job is taken back.
 */
void
ck_worker_ahead_hand (CkWorkerRun *run)
{
  CkWorkerPool *self = run->pool;
  CkWorkerRun *next;

  if (run->place == NULL || run->next != NULL || !ck_worker_peer_takes_another (run->worker))
    return;
  next = ck_job_queue_peek_after (self->queue, run->place, ck_worker_pool_get_max_per_host (self));
  if (next == NULL || next->job->urgency != CK_URGENCY_ROUTINE || next->cancellation != NULL
      || *next->job->client == '\0'
      || !g_str_equal (next->job->client, run->job->client))
    return;

  ck_job_queue_reserve (self->queue, next->place);
  link_ahead (next, run);
  next->worker = g_object_ref (run->worker);
  ck_worker_pool_hand_over (next);
}

CkWorkerRun *
ck_worker_ahead_find (CkWorkerPool *self, const char *channel)
{
  for (GList *link = self->running.head; link != NULL; link = link->next)
    {
      CkWorkerRun *next = ((CkWorkerRun *) link->data)->next;

      if (next != NULL && g_str_equal (next->job->channel, channel))
        return next;
    }

  return NULL;
}

gboolean
ck_worker_ahead_has (CkWorkerRun *run)
{
  return run->worker != NULL && run->link.data == NULL;
}

/* Unlinked first: its callback, which puts it into the line again, may be called from within. */
void
ck_worker_ahead_take_back (CkWorkerRun *run)
{
  CkWorkerRun *before = run->before;

  ck_worker_ahead_unlink (run);
  if (!ck_worker_peer_take_back (run->worker))
    link_ahead (run, before);
}
