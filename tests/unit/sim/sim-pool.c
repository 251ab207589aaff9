/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-pool.h"

#include "sim-time.h"

struct _CkWorkerPool
{
  GObject parent;
  gboolean is_shut_down;
};

G_DEFINE_FINAL_TYPE (CkWorkerPool, ck_worker_pool, G_TYPE_OBJECT)

typedef struct
{
  CkJob *job;
  GTask *task; /* NULL: nobody waits any more */
  CkOutcome *outcome;
} Run;

static SimPlatformFunc ask;
static gpointer ask_data;
static void (*tell_delivered) (CkJob *job, gpointer user_data);
static gint64 half_trip = G_USEC_PER_SEC / 20;
static GPtrArray *runs;

static void
ck_worker_pool_class_init (CkWorkerPoolClass *klass)
{
}

static void
ck_worker_pool_init (CkWorkerPool *pool)
{
}

CkWorkerPool *
ck_worker_pool_new (const char *worker_path,
                    const char *socket_path,
                    guint max_workers,
                    guint max_attempts)
{
  if (runs == NULL)
    runs = g_ptr_array_new ();

  return g_object_new (CK_TYPE_WORKER_POOL, NULL);
}

void
sim_pool_set_platform (SimPlatformFunc platform, gpointer user_data)
{
  ask = platform;
  ask_data = user_data;
}

void
sim_pool_set_delivered (void (*delivered) (CkJob *job, gpointer user_data))
{
  tell_delivered = delivered;
}

void
sim_pool_set_round_trip (gint64 round_trip)
{
  half_trip = round_trip / 2;
}

guint
sim_pool_count_running (void)
{
  guint n = 0;

  for (guint i = 0; runs != NULL && i < runs->len; i++)
    n += ((Run *) runs->pdata[i])->task != NULL;

  return n;
}

static void
arrive (gpointer data)
{
  Run *run = data;
  g_autoptr (GTask) task = g_steal_pointer (&run->task);

  g_ptr_array_remove_fast (runs, run);
  if (task != NULL && tell_delivered != NULL && !run->outcome->in_doubt)
    tell_delivered (run->job, ask_data);
  if (task != NULL)
    g_task_return_pointer (task, g_steal_pointer (&run->outcome), (GDestroyNotify) ck_outcome_free);
  g_clear_pointer (&run->outcome, ck_outcome_free);
  g_clear_pointer (&run->job, ck_job_free);
  g_free (run);
}

/* Rule 3: request bytes were sent and no HTTP status came back. */
static CkOutcome *
lost_outcome (void)
{
  CkOutcome *outcome = sim_outcome_new (CK_RESULT_AUTHINFO_UNAVAIL, CK_CAUSE_NETWORK, 0, NULL);

  outcome->in_doubt = TRUE;

  return outcome;
}

static void
reach_platform (gpointer data)
{
  Run *run = data;
  gint64 wait = half_trip;
  gboolean lost = FALSE;

  run->outcome = ask (run->job, &lost, ask_data);
  if (lost)
    {
      g_clear_pointer (&run->outcome, ck_outcome_free);
      run->outcome = lost_outcome ();
      wait = run->job->timeout * G_USEC_PER_SEC;
    }
  sim_time_after (wait, arrive, run);
}

void
ck_worker_pool_run_async (CkWorkerPool *pool,
                          CkJob *job,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (pool, NULL, callback, user_data);
  Run *run;

  if (pool->is_shut_down)
    {
      ck_job_free (job);
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "the broker is going down");
      return;
    }

  run = g_new0 (Run, 1);
  run->job = job;
  run->task = g_steal_pointer (&task);
  g_ptr_array_add (runs, run);
  sim_time_after (half_trip, reach_platform, run);
}

/* Nothing waits in line here. */
void
ck_worker_pool_hurry (CkWorkerPool *pool, const char *channel)
{
}

CkOutcome *
ck_worker_pool_run_finish (CkWorkerPool *pool, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
sim_pool_cut (void)
{
  for (guint i = 0; runs != NULL && i < runs->len; i++)
    {
      Run *run = runs->pdata[i];
      g_autoptr (GTask) task = g_steal_pointer (&run->task);

      if (task != NULL)
        g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "the broker was killed");
    }
}

void
ck_worker_pool_shutdown (CkWorkerPool *pool)
{
  pool->is_shut_down = TRUE;
  sim_pool_cut ();
}

void
ck_worker_pool_set_limits (CkWorkerPool *pool, guint max_workers, guint max_attempts)
{
}

CkOutcome *
sim_outcome_new (CkResult result, CkCause cause, guint http_status, CkGrant *grant)
{
  CkOutcome *outcome = g_new0 (CkOutcome, 1);

  outcome->result = result;
  outcome->cause = cause;
  outcome->http_status = http_status;
  outcome->grant = grant;
  outcome->detail = g_strdup ("");
  outcome->platform_message = g_strdup ("");
  outcome->advice = g_new0 (char *, 1);
  outcome->settled_advice = g_new0 (char *, 1);
  outcome->metadata = g_strdup ("");
  outcome->deciding_module = g_strdup ("refresh_token.so");

  return outcome;
}
