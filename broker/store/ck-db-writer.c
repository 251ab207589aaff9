/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-db-writer.h"

#include <errno.h>

#include "ck-background.h"
#include "ck-db-file.h"
#include "ck-db-statement.h"
#include "ck-error.h"

/* One transaction takes so many jobs at most, so that the first of them does not wait for ever. */
#define BATCH_LIMIT 1024

typedef struct
{
  CkDbFunc func;
  void (*committed) (gpointer data);
  gpointer data;
  GDestroyNotify destroy;
  GTask *task;
  GError *error; /* set: the job failed */
} Job;

struct _CkDbWriter
{
  GObject parent_instance;

  char *path;
  sqlite3 *db; /* of the thread, once there is one */

  GMutex lock; /* guards what follows */
  GCond wake;
  GQueue queue; /* Job */
  GThread *thread;
  gboolean closing;
  guint64 n_commits;
};

G_DEFINE_FINAL_TYPE (CkDbWriter, ck_db_writer, G_TYPE_OBJECT)

static void
job_free (Job *job)
{
  if (job->destroy != NULL)
    job->destroy (job->data);
  g_clear_error (&job->error);
  g_clear_object (&job->task);
  g_free (job);
}

/* The data goes first: when the callback runs, what the job held is given back. */
static void
job_complete (Job *job)
{
  g_autoptr (GTask) task = g_steal_pointer (&job->task);
  g_autoptr (GError) error = g_steal_pointer (&job->error);

  job_free (job);
  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_boolean (task, TRUE);
}

/* SQLite forgets the errno of a COMMIT that fails; its files remember theirs. */
static int
find_errno (sqlite3 *db)
{
  sqlite3_file *log = NULL;
  int found = sqlite3_system_errno (db);

  if (found == 0
      && sqlite3_file_control (db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK
      && log != NULL && log->pMethods != NULL)
    log->pMethods->xFileControl (log, SQLITE_FCNTL_LAST_ERRNO, &found);
  if (found == 0)
    sqlite3_file_control (db, "main", SQLITE_FCNTL_LAST_ERRNO, &found);

  return found;
}

gboolean
ck_db_writer_set_error (sqlite3 *db, const char *doing, GError **error)
{
  int code = sqlite3_errcode (db) & 0xff;
  gboolean from_os = code == SQLITE_IOERR || code == SQLITE_CANTOPEN || code == SQLITE_FULL;
  int os_error = from_os ? find_errno (db) : 0;

  g_set_error (error,
               CK_ERROR,
               CK_ERROR_STORE,
               "%s %s: %s%s%s%s",
               doing,
               sqlite3_db_filename (db, "main"),
               sqlite3_errmsg (db),
               os_error != 0 ? " (" : "",
               os_error != 0 ? g_strerror (os_error) : "",
               os_error != 0 ? ")" : "");

  return FALSE;
}

static gboolean
exec_sql (sqlite3 *db, const char *sql, GError **error)
{
  return ck_db_statement_exec (db, sql, "cannot write", error);
}

/* A savepoint of its own, so that a job that fails takes only its own changes with it. */
static void
run_job (sqlite3 *db, Job *job)
{
  if (g_cancellable_set_error_if_cancelled (g_task_get_cancellable (job->task), &job->error))
    return;
  if (!exec_sql (db, "SAVEPOINT job", &job->error))
    return;

  if (!job->func (db, job->data, &job->error) && job->error == NULL)
    g_set_error_literal (&job->error, CK_ERROR, CK_ERROR_STORE, "the job failed and did not say why");

  if (job->error != NULL)
    exec_sql (db, "ROLLBACK TO job", NULL);
  if (!sqlite3_get_autocommit (db))
    exec_sql (db, "RELEASE job", job->error == NULL ? &job->error : NULL);
}

static void
fail_all (GPtrArray *jobs, const GError *error)
{
  for (guint i = 0; i < jobs->len; i++)
    {
      Job *job = jobs->pdata[i];

      if (job->error == NULL)
        job->error = g_error_copy (error);
    }
}

/* A full disk or an I/O error can make SQLite end the transaction by itself: then nothing of the
 * batch was done, and every job that thought itself done has to hear of it. */
static gboolean
run_jobs (sqlite3 *db, GPtrArray *jobs, GError **error)
{
  for (guint i = 0; i < jobs->len; i++)
    {
      Job *job = jobs->pdata[i];

      run_job (db, job);
      if (sqlite3_get_autocommit (db))
        {
          if (job->error != NULL)
            g_propagate_error (error, g_error_copy (job->error));
          else
            g_set_error_literal (error, CK_ERROR, CK_ERROR_STORE, "the transaction was ended");
          return FALSE;
        }
    }

  return TRUE;
}

static void
run_batch (CkDbWriter *writer, GPtrArray *jobs)
{
  g_autoptr (GError) error = NULL;
  sqlite3_int64 changes = sqlite3_total_changes64 (writer->db);

  if (!exec_sql (writer->db, "BEGIN IMMEDIATE", &error) || !run_jobs (writer->db, jobs, &error)
      || !exec_sql (writer->db, "COMMIT", &error))
    {
      if (!sqlite3_get_autocommit (writer->db))
        exec_sql (writer->db, "ROLLBACK", NULL);
      fail_all (jobs, error);
      return;
    }

  if (sqlite3_total_changes64 (writer->db) != changes)
    {
      g_mutex_lock (&writer->lock);
      writer->n_commits++;
      g_mutex_unlock (&writer->lock);
    }

  for (guint i = 0; i < jobs->len; i++)
    {
      Job *job = jobs->pdata[i];

      if (job->error == NULL && job->committed != NULL)
        job->committed (job->data);
    }
}

/* Returns: (nullable): the next batch; NULL when the writer closes and nothing is left */
static GPtrArray *
take_batch (CkDbWriter *writer)
{
  GPtrArray *jobs = NULL;

  g_mutex_lock (&writer->lock);
  while (g_queue_is_empty (&writer->queue) && !writer->closing)
    g_cond_wait (&writer->wake, &writer->lock);

  if (!g_queue_is_empty (&writer->queue))
    {
      jobs = g_ptr_array_new ();
      while (!g_queue_is_empty (&writer->queue) && jobs->len < BATCH_LIMIT)
        g_ptr_array_add (jobs, g_queue_pop_head (&writer->queue));
    }
  g_mutex_unlock (&writer->lock);

  return jobs;
}

static gpointer
writer_thread (gpointer data)
{
  CkDbWriter *writer = data;
  GPtrArray *jobs;

  while ((jobs = take_batch (writer)) != NULL)
    {
      run_batch (writer, jobs);
      for (guint i = 0; i < jobs->len; i++)
        job_complete (jobs->pdata[i]);
      g_ptr_array_unref (jobs);
    }

  return NULL;
}

/* Called with the lock held. The thread holds no reference: closing waits for it. */
static void
ensure_thread (CkDbWriter *writer)
{
  if (writer->thread != NULL)
    return;

  ck_db_file_accept (writer->db);
  writer->thread = g_thread_new ("ck-db-writer", writer_thread, writer);
}

static void
submit (CkDbWriter *writer, Job *job)
{
  gboolean accepted;

  g_mutex_lock (&writer->lock);
  accepted = !writer->closing;
  if (accepted)
    {
      ensure_thread (writer);
      g_queue_push_tail (&writer->queue, job);
      g_cond_signal (&writer->wake);
    }
  g_mutex_unlock (&writer->lock);

  if (accepted)
    return;

  g_set_error (&job->error, CK_ERROR, CK_ERROR_STORE, "%s is closed", writer->path);
  job_complete (job);
}

typedef struct
{
  GAsyncReadyCallback callback;
  gpointer user_data;
} Waiter;

/* A transaction settles hundreds of jobs at once. */
static void
settled_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Waiter *waiter = user_data;

  ck_background_call_back (result, waiter->callback, waiter->user_data);
}

void
ck_db_writer_run_async (CkDbWriter *writer,
                        CkDbFunc func,
                        void (*committed) (gpointer data),
                        gpointer data,
                        GDestroyNotify destroy,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  Waiter *waiter;
  Job *job;

  g_return_if_fail (CK_IS_DB_WRITER (writer));
  g_return_if_fail (func != NULL);

  waiter = g_new (Waiter, 1);
  *waiter = (Waiter){ callback, user_data };
  job = g_new0 (Job, 1);
  job->func = func;
  job->committed = committed;
  job->data = data;
  job->destroy = destroy;

  /* Without a source object: a reference to the writer could be dropped last by the writer's own
   * thread, which would then wait for itself. */
  job->task = g_task_new (NULL, cancellable, settled_cb, waiter);
  g_task_set_source_tag (job->task, ck_db_writer_run_async);
  g_task_set_check_cancellable (job->task, FALSE);

  submit (writer, job);
}

gboolean
ck_db_writer_run_finish (CkDbWriter *writer, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, ck_db_writer_run_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
do_nothing (sqlite3 *db, gpointer data, GError **error)
{
  return TRUE;
}

void
ck_db_writer_flush_async (CkDbWriter *writer,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  ck_db_writer_run_async (writer, do_nothing, NULL, NULL, NULL, cancellable, callback, user_data);
}

gboolean
ck_db_writer_flush_finish (CkDbWriter *writer, GAsyncResult *result, GError **error)
{
  return ck_db_writer_run_finish (writer, result, error);
}

CkDbWriter *
ck_db_writer_open (const char *path,
                   const CkDbFormat *format,
                   gpointer create_data,
                   GError **error)
{
  g_autofree char *resolved = ck_db_file_resolve (path, error);
  CkDbWriter *writer;
  sqlite3 *db;

  if (resolved == NULL)
    return NULL;
  db = ck_db_file_open (resolved, format, create_data, error);
  if (db == NULL)
    return NULL;

  writer = g_object_new (CK_TYPE_DB_WRITER, NULL);
  writer->path = g_steal_pointer (&resolved);
  writer->db = db;

  return writer;
}

const char *
ck_db_writer_get_path (CkDbWriter *writer)
{
  g_return_val_if_fail (CK_IS_DB_WRITER (writer), NULL);

  return writer->path;
}

sqlite3 *
ck_db_writer_get_db (CkDbWriter *writer)
{
  g_return_val_if_fail (CK_IS_DB_WRITER (writer), NULL);
  g_return_val_if_fail (writer->thread == NULL, NULL);

  return writer->db;
}

guint64
ck_db_writer_get_n_commits (CkDbWriter *writer)
{
  guint64 n_commits;

  g_return_val_if_fail (CK_IS_DB_WRITER (writer), 0);

  g_mutex_lock (&writer->lock);
  n_commits = writer->n_commits;
  g_mutex_unlock (&writer->lock);

  return n_commits;
}

void
ck_db_writer_close (CkDbWriter *writer)
{
  GThread *thread;

  g_return_if_fail (CK_IS_DB_WRITER (writer));

  g_mutex_lock (&writer->lock);
  writer->closing = TRUE;
  thread = g_steal_pointer (&writer->thread);
  g_cond_signal (&writer->wake);
  g_mutex_unlock (&writer->lock);

  if (thread != NULL)
    g_thread_join (thread);
  g_clear_pointer (&writer->db, ck_db_file_close);
}

static void
ck_db_writer_dispose (GObject *object)
{
  ck_db_writer_close (CK_DB_WRITER (object));

  G_OBJECT_CLASS (ck_db_writer_parent_class)->dispose (object);
}

static void
ck_db_writer_finalize (GObject *object)
{
  CkDbWriter *writer = CK_DB_WRITER (object);

  g_mutex_clear (&writer->lock);
  g_cond_clear (&writer->wake);
  g_free (writer->path);

  G_OBJECT_CLASS (ck_db_writer_parent_class)->finalize (object);
}

static void
ck_db_writer_class_init (CkDbWriterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = ck_db_writer_dispose;
  object_class->finalize = ck_db_writer_finalize;
}

static void
ck_db_writer_init (CkDbWriter *writer)
{
  g_mutex_init (&writer->lock);
  g_cond_init (&writer->wake);
  g_queue_init (&writer->queue);
}
