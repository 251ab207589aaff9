/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-worker-pool.h"

#include "ck-error.h"
#include "ck-worker-pool-private.h"

#define MAX_WAITING 131072
#define MAX_PER_HOST 8
#define IDLE_MILLISECONDS 30000

/* With so few jobs left to a worker, the one that takes its place is started. */
#define LAST_JOBS 4

G_DEFINE_FINAL_TYPE (CkWorkerPool, ck_worker_pool, G_TYPE_OBJECT)

static void start_cb (GObject *source, GAsyncResult *result, gpointer user_data);
static void run_cb (GObject *source, GAsyncResult *result, gpointer user_data);
static void dispatch (CkWorkerPool *self);

static void
ck_worker_pool_dispose (GObject *object)
{
  CkWorkerPool *self = CK_WORKER_POOL (object);

  /* A job's task holds the pool: none can be left here. */
  g_clear_pointer (&self->idle, ck_worker_idle_free);
  g_clear_pointer (&self->queue, ck_job_queue_free);

  G_OBJECT_CLASS (ck_worker_pool_parent_class)->dispose (object);
}

static void
ck_worker_pool_finalize (GObject *object)
{
  CkWorkerPool *self = CK_WORKER_POOL (object);

  g_free (self->socket_path);
  g_free (self->worker_path);

  G_OBJECT_CLASS (ck_worker_pool_parent_class)->finalize (object);
}

static void
ck_worker_pool_class_init (CkWorkerPoolClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = ck_worker_pool_dispose;
  object_class->finalize = ck_worker_pool_finalize;
}

static void
ck_worker_pool_init (CkWorkerPool *self)
{
  self->queue = ck_job_queue_new ();
  self->idle = ck_worker_idle_new (IDLE_MILLISECONDS);
  g_queue_init (&self->running);
  g_queue_init (&self->spares);
}

CkWorkerPool *
ck_worker_pool_new (const char *worker_path,
                    const char *socket_path,
                    guint max_workers,
                    guint max_attempts)
{
  CkWorkerPool *pool;

  g_return_val_if_fail (worker_path != NULL || socket_path != NULL, NULL);

  pool = g_object_new (CK_TYPE_WORKER_POOL, NULL);
  pool->worker_path = g_strdup (worker_path);
  pool->socket_path = g_strdup (socket_path);
  pool->max_workers = MAX (max_workers, 1);
  pool->max_attempts = MAX (max_attempts, 1);

  return pool;
}

/* ---- the life of a run ----------------------------------------------------------------------- */

static void
run_free (CkWorkerRun *run)
{
  if (run->cancellation != NULL)
    g_source_destroy (run->cancellation);
  g_clear_pointer (&run->cancellation, g_source_unref);
  g_clear_pointer (&run->job, ck_job_free);
  g_free (run);
}

/* No host takes more than half the workers. */
guint
ck_worker_pool_get_max_per_host (CkWorkerPool *self)
{
  return CLAMP (self->max_workers / 2, 1, MAX_PER_HOST);
}

static gboolean
is_cancelled (CkWorkerRun *run)
{
  return g_cancellable_is_cancelled (g_task_get_cancellable (run->task));
}

static void
begin (CkWorkerRun *run, CkWorkerPeer *worker)
{
  CkWorkerPool *self = run->pool;

  run->worker = worker;
  run->link.data = run;
  g_queue_push_tail_link (&self->running, &run->link);
  if (run->job->is_attempt)
    self->n_attempts++;
}

static void
spare_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWorkerPool) self = user_data;
  CkWorkerPeer *worker = CK_WORKER_PEER (source);
  g_autoptr (GError) error = NULL;

  g_queue_remove (&self->spares, worker);
  if (!ck_worker_peer_start_finish (worker, result, &error))
    g_debug ("%s", error->message);
  if (self->is_shut_down)
    ck_worker_peer_close (worker);
  ck_worker_idle_put (self->idle, worker);
  dispatch (self);
}

/* A slot would stand empty while its next worker starts; and those of a storm, which began together,
 * would all do so at once. */
static void
start_spare (CkWorkerPool *self, const char *client)
{
  CkWorkerPeer *worker;
  guint n_workers = self->running.length + self->spares.length
                    + ck_worker_idle_get_length (self->idle);

  if (ck_job_queue_get_n_waiting (self->queue) == 0 || n_workers >= self->max_workers)
    return;

  worker = ck_worker_peer_new (client);
  g_queue_push_tail (&self->spares, worker);
  self->n_started++;
  ck_worker_peer_start_async (worker, self->worker_path, self->socket_path, spare_cb,
                              g_object_ref (self));
}

void
ck_worker_pool_hand_over (CkWorkerRun *run)
{
  ck_worker_peer_run_async (run->worker, run->job, run_cb, run);
  if (ck_worker_peer_get_jobs_left (run->worker) == LAST_JOBS)
    start_spare (run->pool, run->job->client);
}

static void
begin_with_new_worker (CkWorkerRun *run)
{
  CkWorkerPool *self = run->pool;

  begin (run, ck_worker_peer_new (run->job->client));
  self->n_started++;
  ck_worker_peer_start_async (run->worker, self->worker_path, self->socket_path, start_cb, run);
}

static void
begin_with_old_worker (CkWorkerRun *run, CkWorkerPeer *worker)
{
  begin (run, worker);
  ck_worker_pool_hand_over (run);
}

static void
begin_run (CkWorkerRun *run)
{
  CkWorkerPool *self = run->pool;
  CkWorkerPeer *worker = ck_worker_idle_take (self->idle, run->job->client);
  guint places = self->max_workers + self->max_attempts;

  if (worker != NULL)
    {
      begin_with_old_worker (run, worker);
      return;
    }

  /* Room for a new one is made at the cost of those that nobody needs now. */
  ck_worker_idle_trim (self->idle,
                       places > self->running.length + 1 ? places - self->running.length - 1 : 0);
  begin_with_new_worker (run);
}

static void
dispatch (CkWorkerPool *self)
{
  guint per_host = ck_worker_pool_get_max_per_host (self);
  CkWorkerRun *run;

  if (self->is_shut_down)
    return;

  while (ck_job_queue_get_n_running (self->queue) < self->max_workers
         && (run = ck_job_queue_pop (self->queue, per_host)) != NULL)
    begin_run (run);
  for (GList *link = self->running.head; link != NULL; link = link->next)
    ck_worker_ahead_hand (link->data);
}

/* The job it waited behind has been answered: its own runs now. */
static void
promote (CkWorkerRun *run)
{
  CkWorkerPool *self = run->pool;

  ck_worker_ahead_unlink (run);
  ck_job_queue_begin (self->queue, run->place);
  begin (run, run->worker);
}

/* Ends what begin() or ck_worker_ahead_hand() began, but for the worker and the place. */
static void
leave (CkWorkerRun *run)
{
  CkWorkerPool *self = run->pool;

  if (run->before != NULL)
    ck_worker_ahead_unlink (run);
  if (ck_worker_ahead_has (run))
    return;

  g_queue_unlink (&self->running, &run->link);
  run->link.data = NULL;
  if (run->job->is_attempt)
    self->n_attempts--;
}

/* Its worker ended while it ran the job before, or it was taken back: nothing of it has happened. */
static void
wait_again (CkWorkerRun *run)
{
  leave (run);
  ck_job_queue_give_back (run->pool->queue, run->place);
  ck_job_queue_hurry (run->pool->queue, run->place, run->job->urgency);
  g_clear_object (&run->worker);
  dispatch (run->pool);
}

/*
 * @outcome: (transfer full) (nullable), @error: (transfer full) (nullable): one of them. The
 * worker's place is free before the callback is called, which may ask for it.
 */
static void
finish (CkWorkerRun *run, CkOutcome *outcome, GError *error)
{
  g_autoptr (GTask) task = run->task;
  g_autoptr (CkWorkerPool) self = g_object_ref (run->pool);

  if (ck_worker_ahead_has (run))
    {
      leave (run);
      ck_job_queue_remove (self->queue, run->place);
      g_clear_object (&run->worker);
    }
  else if (run->worker != NULL)
    {
      leave (run);
      if (*run->job->client == '\0' || self->is_shut_down)
        ck_worker_peer_close (run->worker);
      if (run->next != NULL)
        {
          promote (run->next);
          g_clear_object (&run->worker);
        }
      else
        ck_worker_idle_put (self->idle, g_steal_pointer (&run->worker));
      if (run->place != NULL)
        ck_job_queue_done (self->queue, run->place);
    }
  else if (run->place != NULL)
    ck_job_queue_remove (self->queue, run->place);

  run_free (run);
  dispatch (self);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, outcome, (GDestroyNotify) ck_outcome_free);
}

static GError *
shut_down_error (void)
{
  return g_error_new_literal (CK_ERROR, CK_ERROR_FAILED, "the broker is going down");
}

static GError *
cancelled_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "the transaction was given up");
}

/* Closing makes what is under way for a worker end, and run_cb() or start_cb() finish the run. */
static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  CkWorkerRun *run = user_data;

  if (run->worker != NULL)
    ck_worker_peer_close (run->worker);
  else
    finish (run, NULL, cancelled_error ());

  return G_SOURCE_REMOVE;
}

static void
watch_cancellable (CkWorkerRun *run)
{
  GCancellable *cancellable = g_task_get_cancellable (run->task);

  if (cancellable == NULL)
    return;

  run->cancellation = g_cancellable_source_new (cancellable);
  g_source_set_callback (run->cancellation, G_SOURCE_FUNC (on_cancelled), run, NULL);
  g_source_attach (run->cancellation, g_main_context_get_thread_default ());
}

/* Returns: (transfer full) (nullable): why not */
static GError *
refuse_job (CkWorkerPool *self, CkJob *job)
{
  if (self->is_shut_down)
    return shut_down_error ();
  if (job->is_attempt && self->n_attempts >= self->max_attempts)
    return g_error_new (CK_ERROR,
                        CK_ERROR_LIMIT_EXCEEDED,
                        "%u attempts are under way, more are not allowed (MaxAttempts=)",
                        self->n_attempts);
  if (!job->is_attempt && ck_job_queue_get_n_waiting (self->queue) >= MAX_WAITING)
    return g_error_new_literal (CK_ERROR,
                                CK_ERROR_LIMIT_EXCEEDED,
                                "too many transactions wait for a worker");

  return NULL;
}

void
ck_worker_pool_run_async (CkWorkerPool *pool,
                          CkJob *job,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  CkWorkerRun *run = g_new0 (CkWorkerRun, 1);
  GError *error;

  run->pool = pool;
  run->job = job;
  run->task = g_task_new (pool, cancellable, callback, user_data);
  g_task_set_source_tag (run->task, ck_worker_pool_run_async);
  /* A grant that has come is not thrown away because somebody lost interest meanwhile. */
  g_task_set_check_cancellable (run->task, FALSE);

  error = refuse_job (pool, job);
  if (error == NULL && is_cancelled (run))
    error = cancelled_error ();
  if (error != NULL)
    {
      finish (run, NULL, error);
      return;
    }

  watch_cancellable (run);
  if (job->is_attempt)
    begin_run (run);
  else
    {
      run->place = ck_job_queue_push (pool->queue, job->host, job->urgency, run);
      dispatch (pool);
    }
}

static void
start_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  CkWorkerRun *run = user_data;
  GError *error = NULL;

  if (ck_worker_peer_start_finish (run->worker, result, &error))
    {
      ck_worker_pool_hand_over (run);
      ck_worker_ahead_hand (run);
      return;
    }

  if (is_cancelled (run))
    {
      g_clear_error (&error);
      error = cancelled_error ();
    }
  finish (run, NULL, error);
}

static void
run_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  CkWorkerRun *run = user_data;
  GError *error = NULL;
  CkOutcome *outcome = ck_worker_peer_run_finish (run->worker, result, &error);
  gboolean not_begun = g_error_matches (error, CK_ERROR, CK_ERROR_BUSY);
  gboolean broken = outcome != NULL && outcome->result == CK_RESULT_SYSTEM_ERR
                    && *outcome->deciding_module == '\0' && outcome->grant == NULL;

  /* We closed the connection ourselves: that says nothing about the platform. */
  if ((broken || not_begun) && (is_cancelled (run) || run->pool->is_shut_down))
    {
      g_clear_error (&error);
      g_clear_pointer (&outcome, ck_outcome_free);
      error = is_cancelled (run) ? cancelled_error () : shut_down_error ();
    }
  else if (not_begun)
    {
      g_error_free (error);
      wait_again (run);
      return;
    }

  finish (run, outcome, error);
}

CkOutcome *
ck_worker_pool_run_finish (CkWorkerPool *pool, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- the whole of it ------------------------------------------------------------------------- */

static gboolean
is_of_channel (gpointer entry, gpointer channel)
{
  return g_str_equal (((CkWorkerRun *) entry)->job->channel, channel);
}

void
ck_worker_pool_hurry (CkWorkerPool *pool, const char *channel)
{
  CkWorkerRun *run = ck_worker_ahead_find (pool, channel);

  if (run == NULL)
    run = ck_job_queue_find (pool->queue, is_of_channel, (gpointer) channel);
  if (run == NULL)
    return;

  run->job->urgency = CK_URGENCY_AWAITED;
  if (ck_worker_ahead_has (run))
    ck_worker_ahead_take_back (run);
  else
    ck_job_queue_hurry (pool->queue, run->place, CK_URGENCY_AWAITED);
}

void
ck_worker_pool_set_limits (CkWorkerPool *pool, guint max_workers, guint max_attempts)
{
  pool->max_workers = MAX (max_workers, 1);
  pool->max_attempts = MAX (max_attempts, 1);
  dispatch (pool);
}

void
ck_worker_pool_set_idle_time (CkWorkerPool *pool, guint milliseconds)
{
  ck_worker_idle_set_time (pool->idle, milliseconds);
}

void
ck_worker_pool_shutdown (CkWorkerPool *pool)
{
  g_autoptr (CkWorkerPool) keep = g_object_ref (pool);
  CkWorkerRun *run;

  pool->is_shut_down = TRUE;
  ck_worker_idle_trim (pool->idle, 0);
  for (GList *link = pool->running.head; link != NULL; link = link->next)
    ck_worker_peer_close (((CkWorkerRun *) link->data)->worker);
  for (GList *link = pool->spares.head; link != NULL; link = link->next)
    ck_worker_peer_close (link->data);
  while ((run = ck_job_queue_peek (pool->queue)) != NULL)
    finish (run, NULL, shut_down_error ());
}

void
ck_worker_pool_get_stats (CkWorkerPool *pool, CkWorkerPoolStats *stats)
{
  stats->waiting = ck_job_queue_get_n_waiting (pool->queue);
  stats->running = pool->running.length;
  stats->idle = ck_worker_idle_get_length (pool->idle);
  stats->started = pool->n_started;
}
