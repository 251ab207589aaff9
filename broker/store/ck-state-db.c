/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-state-db.h"

#include "ck-db-statement.h"
#include "ck-db-writer.h"
#include "ck-error.h"
#include "ck-history.h"
#include "ck-record-field.h"

#define APPLICATION_ID 0x434b5354 /* "CKST" */
#define VERSION 2

#define META_SEQUENCE "sequence"
#define META_LAST_TIME "last-time"
#define META_ANNOUNCED "announced"

struct _CkStateDb
{
  GObject parent_instance;

  CkDbWriter *writer;
  guint64 sequence;
  guint64 last_time;
  guint64 announced;
  gboolean time_unsaved; /* or announced */
};

G_DEFINE_FINAL_TYPE (CkStateDb, ck_state_db, G_TYPE_OBJECT)

/* One call, on its way to the writer's thread; what a call does not use is NULL or 0. */
typedef struct
{
  gboolean (*func) (sqlite3 *db, gpointer data, GError **error);

  CkChannelRecord *channel;
  CkClientRecord *client;
  GPtrArray *events;
  char *id;

  guint64 since;
  guint limit;
  GPtrArray *found; /* CkEvent */

  guint64 sequence;
  guint64 last_time;
  guint64 announced;
} Job;

static void
job_free (Job *job)
{
  g_clear_pointer (&job->channel, ck_channel_record_free);
  g_clear_pointer (&job->client, ck_client_record_free);
  g_clear_pointer (&job->events, g_ptr_array_unref);
  g_clear_pointer (&job->found, g_ptr_array_unref);
  g_free (job->id);
  g_free (job);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Job, job_free)

static gboolean
write_meta (sqlite3 *db, const char *key, guint64 value, GError **error)
{
  sqlite3_stmt *statement = ck_db_statement_get (db,
                                                 "INSERT OR REPLACE INTO meta VALUES (?, ?)",
                                                 "cannot write to",
                                                 error);

  if (statement == NULL)
    return FALSE;

  sqlite3_bind_text (statement, 1, key, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 2, (gint64) MIN (value, G_MAXINT64));

  return ck_db_statement_run (statement, "cannot write to", error);
}

/* @value: stays as it is if there is none */
static gboolean
read_meta (sqlite3 *db, const char *key, guint64 *value, GError **error)
{
  g_autofree char *sql = g_strdup_printf ("SELECT value FROM meta WHERE key = '%s'", key);
  sqlite3_stmt *statement = NULL;
  int found;

  if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) != SQLITE_OK)
    return ck_db_writer_set_error (db, "cannot read", error);

  found = sqlite3_step (statement);
  if (found == SQLITE_ROW)
    *value = (guint64) sqlite3_column_int64 (statement, 0);
  else if (found != SQLITE_DONE)
    ck_db_writer_set_error (db, "cannot read", error);
  sqlite3_finalize (statement);

  return found == SQLITE_ROW || found == SQLITE_DONE;
}

/* Without it the next event would be the first again. */
static gboolean
read_sequence (sqlite3 *db, guint64 *sequence, GError **error)
{
  *sequence = G_MAXUINT64;
  if (!read_meta (db, META_SEQUENCE, sequence, error))
    return FALSE;
  if (*sequence != G_MAXUINT64)
    return TRUE;

  g_set_error (error,
               CK_ERROR,
               CK_ERROR_STORE,
               "%s is damaged: it has no " META_SEQUENCE ". Restore it from a backup",
               sqlite3_db_filename (db, "main"));
  return FALSE;
}

/* Without the other two nothing is lost: nobody knows what was not announced, so nothing is announced
 * again. */
static gboolean
read_all_meta (CkStateDb *self, sqlite3 *db, GError **error)
{
  if (!read_sequence (db, &self->sequence, error))
    return FALSE;

  self->announced = self->sequence;
  return read_meta (db, META_LAST_TIME, &self->last_time, error)
         && read_meta (db, META_ANNOUNCED, &self->announced, error);
}

static gboolean
create (sqlite3 *db, gpointer data, GError **error)
{
  static const char sql[]
      = "CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL)"
        " STRICT, WITHOUT ROWID";

  if (sqlite3_exec (db, sql, NULL, NULL, NULL) != SQLITE_OK)
    return ck_db_writer_set_error (db, "cannot make", error);

  return write_meta (db, META_SEQUENCE, 0, error) && write_meta (db, META_LAST_TIME, 0, error)
         && write_meta (db, META_ANNOUNCED, 0, error)
         && ck_record_create_table (&ck_channel_record_type, db, error)
         && ck_record_create_table (&ck_client_record_type, db, error)
         && ck_history_create_table (db, error);
}

static void
drop_channel (gpointer record, gpointer user_data)
{
  ck_channel_record_free (record);
}

static void
drop_client (gpointer record, gpointer user_data)
{
  ck_client_record_free (record);
}

/* Version 1 had no duplicates_at, adopting and adopting_user at first. What cannot be read afterwards is
 * left as it was. */
static gboolean
upgrade (sqlite3 *db, gpointer data, GError **error)
{
  guint64 sequence;

  return ck_record_upgrade_table (&ck_channel_record_type, db, error)
         && ck_record_upgrade_table (&ck_client_record_type, db, error)
         && ck_record_load (&ck_channel_record_type, db, drop_channel, NULL, error)
         && ck_record_load (&ck_client_record_type, db, drop_client, NULL, error)
         && read_sequence (db, &sequence, error);
}

CkStateDb *
ck_state_db_open (const char *path, GError **error)
{
  static const CkDbFormat format = { APPLICATION_ID, VERSION, create, upgrade };
  g_autoptr (CkDbWriter) writer = ck_db_writer_open (path, &format, NULL, error);
  g_autoptr (CkStateDb) db = NULL;

  if (writer == NULL)
    return NULL;

  db = g_object_new (CK_TYPE_STATE_DB, NULL);
  if (!read_all_meta (db, ck_db_writer_get_db (writer), error))
    return NULL;
  db->writer = g_steal_pointer (&writer);

  return g_steal_pointer (&db);
}

gboolean
ck_state_db_load_channels (CkStateDb *db,
                           CkRecordFound found,
                           gpointer user_data,
                           GError **error)
{
  return ck_record_load (&ck_channel_record_type,
                         ck_db_writer_get_db (db->writer),
                         found,
                         user_data,
                         error);
}

gboolean
ck_state_db_load_clients (CkStateDb *db,
                          CkRecordFound found,
                          gpointer user_data,
                          GError **error)
{
  return ck_record_load (&ck_client_record_type,
                         ck_db_writer_get_db (db->writer),
                         found,
                         user_data,
                         error);
}

guint64
ck_state_db_skip_sequence (CkStateDb *db, guint64 n)
{
  g_return_val_if_fail (CK_IS_STATE_DB (db), 0);

  return db->sequence += n;
}

guint64
ck_state_db_get_last_time (CkStateDb *db)
{
  g_return_val_if_fail (CK_IS_STATE_DB (db), 0);

  return db->last_time;
}

void
ck_state_db_set_last_time (CkStateDb *db, guint64 now)
{
  g_return_if_fail (CK_IS_STATE_DB (db));

  db->time_unsaved |= db->last_time != now;
  db->last_time = now;
}

void
ck_state_db_set_announced (CkStateDb *db, guint64 sequence)
{
  g_return_if_fail (CK_IS_STATE_DB (db));

  db->time_unsaved |= sequence > db->announced;
  db->announced = MAX (db->announced, sequence);
}

GPtrArray *
ck_state_db_load_unannounced (CkStateDb *db, GError **error)
{
  g_return_val_if_fail (CK_IS_STATE_DB (db), NULL);

  return ck_history_read_after (ck_db_writer_get_db (db->writer), db->announced, error);
}

/* In the writer's thread. The sequence was made the highest so far when the job was queued, so the
 * last job to run writes the highest of all; and that ahead of its use. */
static gboolean
run_job (sqlite3 *db, gpointer data, GError **error)
{
  Job *job = g_task_get_task_data (data);

  return job->func (db, job, error)
         && write_meta (db, META_SEQUENCE, job->sequence + CK_STATE_DB_RESERVED, error)
         && write_meta (db, META_LAST_TIME, job->last_time, error)
         && write_meta (db, META_ANNOUNCED, job->announced, error);
}

static gboolean
run_reading_job (sqlite3 *db, gpointer data, GError **error)
{
  Job *job = g_task_get_task_data (data);

  return job->func (db, job, error);
}

static void
on_job_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  CkStateDb *db = g_task_get_source_object (task);
  Job *job = g_task_get_task_data (task);

  if (!ck_db_writer_run_finish (db->writer, result, &error))
    {
      db->time_unsaved = TRUE;
      g_task_return_error (task, g_steal_pointer (&error));
    }
  else if (job->found != NULL)
    g_task_return_pointer (task,
                           g_steal_pointer (&job->found),
                           (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_return_boolean (task, TRUE);
}

static void
queue_job (CkStateDb *db,
           Job *job,
           CkDbFunc run,
           gpointer tag,
           GCancellable *cancellable,
           GAsyncReadyCallback callback,
           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (db, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, job, (GDestroyNotify) job_free);

  db->sequence = MAX (db->sequence, job->sequence);
  job->sequence = db->sequence;
  job->last_time = db->last_time;
  job->announced = db->announced;
  if (run == run_job)
    db->time_unsaved = FALSE;

  /* The writer gets no reference to the task: on_job_done() holds it until the thread is through. */
  ck_db_writer_run_async (db->writer,
                          run,
                          NULL,
                          task,
                          NULL,
                          cancellable,
                          on_job_done,
                          g_object_ref (task));
}

static gboolean
write_channel (sqlite3 *db, gpointer data, GError **error)
{
  static const CkHistoryLimits limits
      = { CK_STATE_DB_HISTORY_LIMIT, CK_STATE_DB_HISTORY_AGE, CK_STATE_DB_HISTORY_LEAST };
  Job *job = data;

  if (job->channel != NULL
      && !ck_record_write (&ck_channel_record_type, db, job->channel, error))
    return FALSE;

  for (guint i = 0; job->events != NULL && i < job->events->len; i++)
    {
      if (!ck_history_write (db, job->events->pdata[i], &limits, error))
        return FALSE;
    }

  return TRUE;
}

void
ck_state_db_write_async (CkStateDb *db,
                         CkChannelRecord *record,
                         GPtrArray *events,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  Job *job;

  g_return_if_fail (CK_IS_STATE_DB (db));

  job = g_new0 (Job, 1);
  job->func = write_channel;
  job->channel = record;
  job->events = events;
  for (guint i = 0; events != NULL && i < events->len; i++)
    job->sequence = MAX (job->sequence, ((CkEvent *) events->pdata[i])->sequence);

  queue_job (db, job, run_job, ck_state_db_write_async, cancellable, callback, user_data);
}

gboolean
ck_state_db_write_finish (CkStateDb *db, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, db), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
remove_channel (sqlite3 *db, gpointer data, GError **error)
{
  Job *job = data;

  return ck_record_remove (&ck_channel_record_type, db, job->id, error)
         && ck_history_remove_channel (db, job->id, error);
}

void
ck_state_db_remove_channel_async (CkStateDb *db,
                                  const char *channel,
                                  guint64 sequence,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  Job *job;

  g_return_if_fail (CK_IS_STATE_DB (db));

  job = g_new0 (Job, 1);
  job->func = remove_channel;
  job->id = g_strdup (channel);
  job->sequence = sequence;
  queue_job (db, job, run_job, ck_state_db_remove_channel_async, cancellable, callback, user_data);
}

gboolean
ck_state_db_remove_channel_finish (CkStateDb *db, GAsyncResult *result, GError **error)
{
  return ck_state_db_write_finish (db, result, error);
}

static gboolean
write_client (sqlite3 *db, gpointer data, GError **error)
{
  Job *job = data;

  return ck_record_write (&ck_client_record_type, db, job->client, error);
}

void
ck_state_db_write_client_async (CkStateDb *db,
                                CkClientRecord *record,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  Job *job;

  g_return_if_fail (CK_IS_STATE_DB (db));

  job = g_new0 (Job, 1);
  job->func = write_client;
  job->client = record;
  queue_job (db, job, run_job, ck_state_db_write_client_async, cancellable, callback, user_data);
}

gboolean
ck_state_db_write_client_finish (CkStateDb *db, GAsyncResult *result, GError **error)
{
  return ck_state_db_write_finish (db, result, error);
}

static gboolean
remove_client (sqlite3 *db, gpointer data, GError **error)
{
  Job *job = data;

  return ck_record_remove (&ck_client_record_type, db, job->id, error);
}

void
ck_state_db_remove_client_async (CkStateDb *db,
                                 const char *client,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  Job *job;

  g_return_if_fail (CK_IS_STATE_DB (db));

  job = g_new0 (Job, 1);
  job->func = remove_client;
  job->id = g_strdup (client);
  queue_job (db, job, run_job, ck_state_db_remove_client_async, cancellable, callback, user_data);
}

gboolean
ck_state_db_remove_client_finish (CkStateDb *db, GAsyncResult *result, GError **error)
{
  return ck_state_db_write_finish (db, result, error);
}

static gboolean
read_history (sqlite3 *db, gpointer data, GError **error)
{
  Job *job = data;

  job->found = ck_history_read (db, job->id, job->since, job->limit, error);

  return job->found != NULL;
}

void
ck_state_db_get_history_async (CkStateDb *db,
                               const char *channel,
                               guint64 since,
                               guint limit,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  Job *job;

  g_return_if_fail (CK_IS_STATE_DB (db));

  job = g_new0 (Job, 1);
  job->func = read_history;
  job->id = g_strdup (channel);
  job->since = since;
  job->limit = limit;
  queue_job (db,
             job,
             run_reading_job,
             ck_state_db_get_history_async,
             cancellable,
             callback,
             user_data);
}

GPtrArray *
ck_state_db_get_history_finish (CkStateDb *db, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, ck_state_db_get_history_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

void
ck_state_db_close (CkStateDb *db)
{
  g_return_if_fail (CK_IS_STATE_DB (db));

  if (db->time_unsaved)
    ck_state_db_write_async (db, NULL, NULL, NULL, NULL, NULL);
  ck_db_writer_close (db->writer);
}

static void
ck_state_db_dispose (GObject *object)
{
  CkStateDb *db = CK_STATE_DB (object);

  /* Nothing is queued any more: each queued call holds a reference. */
  g_clear_object (&db->writer);

  G_OBJECT_CLASS (ck_state_db_parent_class)->dispose (object);
}

static void
ck_state_db_class_init (CkStateDbClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ck_state_db_dispose;
}

static void
ck_state_db_init (CkStateDb *db)
{
}
