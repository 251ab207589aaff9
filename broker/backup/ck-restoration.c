/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-restoration.h"

#include <malloc.h>

#include "ck-error.h"
#include "ck-foreign-fds.h"
#include "ck-regrant.h"
#include "ck-secret.h"
#include "ck-siblings.h"

/* Channels under way at once: their writes share transactions. */
#define MAX_AT_ONCE 64

/* read the file (a thread) → clients, one after the other → channels, some at once → the rows */
typedef struct
{
  CkBroker *broker;
  CkBackup *backup;
  CkVaultKey *key;
  char *by;
  int fd;
  GPtrArray *rows; /* of CkRestored */
  guint next_client;
  guint next_channel;
  guint n_under_way;
} Restoration;

static void
restoration_free (Restoration *restoration)
{
  g_clear_pointer (&restoration->backup, ck_backup_free);
  g_clear_pointer (&restoration->key, ck_vault_key_unref);
  g_clear_pointer (&restoration->rows, g_ptr_array_unref);
  g_object_unref (restoration->broker);
  g_free (restoration->by);
  ck_foreign_fd_close (restoration->fd);
  g_free (restoration);
  /* As after a backup. */
  malloc_trim (0);
}

static void
restored_free (CkRestored *row)
{
  g_free (row->id);
  g_free (row->why);
  g_free (row);
}

static void
add_row (Restoration *restoration,
         const char *kind,
         const char *id,
         const char *outcome,
         const char *why)
{
  CkRestored *row = g_new0 (CkRestored, 1);

  row->kind = kind;
  row->id = g_strdup (id);
  row->outcome = outcome;
  row->why = g_strdup (why != NULL ? why : "");
  g_ptr_array_add (restoration->rows, row);
}

/* ---- what is done with a channel ------------------------------------------------------------- */

static gboolean
differ (const char *a, const char *b)
{
  return *a != '\0' && *b != '\0' && !g_str_equal (a, b);
}

/* Nothing the platform has said ended it: the vault did not have it, or could not read it. */
static gboolean
is_lost (const CkChannelRecord *here, gboolean has_grant)
{
  return !has_grant && here->state == CK_STATE_EXPIRED && here->cause == CK_CAUSE_NONE;
}

const char *
ck_restoration_judge (const CkChannelRecord *here, gboolean has_grant, const CkBackupChannel *wanted)
{
  const CkChannelRecord *record = wanted->record;

  if (!g_str_equal (here->provider, record->provider)
      || !g_str_equal (here->client, record->client))
    return "it is one of another provider or client here";
  if (wanted->grant == NULL)
    return "the backup has no grant of it";
  if (differ (here->pinned_account, record->pinned_account)
      || differ (here->pinned_account, ck_grant_get_account_id (wanted->grant)))
    return "it is pinned to another account here";
  if (has_grant && !here->quarantined)
    return "it has a grant of its own here";
  if (is_lost (here, has_grant) || record->generation > here->generation)
    return NULL;
  if (here->state == CK_STATE_UNCONNECTED)
    return "it was disconnected here since";

  return "the grant that it had here, and that is dead, was as new or newer";
}

/* ---- channels -------------------------------------------------------------------------------- */

static void restore_channels (GTask *task);

typedef struct
{
  GTask *task;
  const CkBackupChannel *wanted;
  gboolean added;
} Step;

static void
step_done (Step *step, const char *outcome, const char *why)
{
  g_autoptr (GTask) task = step->task;
  Restoration *restoration = g_task_get_task_data (task);

  add_row (restoration, "channel", step->wanted->record->id, outcome, why);
  restoration->n_under_way--;
  g_free (step);
  restore_channels (task);
}

static void
regranted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Step *step = user_data;
  const char *why;
  g_autoptr (GError) error = NULL;

  if (!ck_regrant_run_finish (result, &why, &error))
    step_done (step, "failed", error->message);
  else if (step->added)
    step_done (step, "added", why);
  else
    step_done (step, why == NULL ? "restored" : "left", why);
}

static void
regrant (Step *step, CkChannel *channel)
{
  Restoration *restoration = g_task_get_task_data (step->task);

  ck_regrant_run_async (restoration->broker, channel, step->wanted, restoration->by, regranted_cb,
                        step);
}

static void
channel_added_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Step *step = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (CkChannel) channel
      = ck_broker_add_channel_finish (CK_BROKER (source), result, &error);

  if (channel == NULL)
    {
      step_done (step, "failed", error->message);
      return;
    }

  step->added = TRUE;
  regrant (step, channel);
}

/* What an administrator has said of it, and the account: the rest comes with the grant. */
static CkChannelRecord *
make_record (const CkChannelRecord *backed_up)
{
  CkChannelRecord *record = ck_channel_record_copy (backed_up);

  g_free (record->detail);
  record->detail = g_strdup ("");
  g_strfreev (record->granted_scopes);
  record->granted_scopes = g_new0 (char *, 1);
  g_strfreev (record->advice);
  record->advice = g_new0 (char *, 1);
  record->state = CK_STATE_UNCONNECTED;
  record->cause = CK_CAUSE_NONE;
  record->generation = 0;
  record->duplicates_at = record->issued_at = record->expires_at = record->renewable_until = 0;
  record->reconnect_by = record->last_renewal = record->last_verified = 0;
  record->renewal_started = 0;
  record->adopting = 0;
  record->in_doubt = record->doubt_tried = record->quarantined = FALSE;
  record->refused_count = record->warned = 0;
  record->refused_since = 0;

  return record;
}

static void
restore_channel (GTask *task, const CkBackupChannel *wanted)
{
  Restoration *restoration = g_task_get_task_data (task);
  CkChannel *channel = ck_broker_lookup_channel (restoration->broker, wanted->record->id, NULL);
  Step *step = g_new0 (Step, 1);

  step->task = g_object_ref (task);
  step->wanted = wanted;
  restoration->n_under_way++;
  if (channel != NULL)
    regrant (step, channel);
  else
    ck_broker_add_channel_async (restoration->broker, make_record (wanted->record), NULL,
                                 channel_added_cb, step);
}

static int
compare_rows (gconstpointer a, gconstpointer b)
{
  const CkRestored *first = *(const CkRestored *const *) a;
  const CkRestored *second = *(const CkRestored *const *) b;
  int by_kind = g_strcmp0 (second->kind, first->kind);

  return by_kind != 0 ? by_kind : g_strcmp0 (first->id, second->id);
}

/* Once for all of them: it looks at every channel. */
static void
review_siblings (Restoration *restoration)
{
  g_autoptr (GHashTable) providers = g_hash_table_new (g_str_hash, g_str_equal);
  GPtrArray *channels = restoration->backup->channels;

  for (guint i = 0; i < channels->len; i++)
    {
      const char *provider = ((CkBackupChannel *) channels->pdata[i])->record->provider;

      if (g_hash_table_add (providers, (gpointer) provider))
        ck_siblings_review (restoration->broker, provider);
    }
}

static void
restore_channels (GTask *task)
{
  Restoration *restoration = g_task_get_task_data (task);
  GPtrArray *channels = restoration->backup->channels;

  while (restoration->n_under_way < MAX_AT_ONCE && restoration->next_channel < channels->len)
    restore_channel (task, channels->pdata[restoration->next_channel++]);

  if (restoration->n_under_way > 0 || restoration->rows == NULL)
    return;

  review_siblings (restoration);
  g_ptr_array_sort (restoration->rows, compare_rows);
  ck_broker_set_restoring (restoration->broker, FALSE);
  g_task_return_pointer (task,
                         g_steal_pointer (&restoration->rows),
                         (GDestroyNotify) g_ptr_array_unref);
}

/* ---- clients --------------------------------------------------------------------------------- */

static void restore_clients (GTask *task);

static void
client_added_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Restoration *restoration = g_task_get_task_data (task);
  CkRestored *row = restoration->rows->pdata[restoration->rows->len - 1];
  g_autoptr (GError) error = NULL;

  if (!ck_broker_add_client_finish (CK_BROKER (source), result, &error))
    {
      row->outcome = "failed";
      g_free (row->why);
      row->why = g_strdup (error->message);
    }
  restore_clients (task);
}

/* Returns: (nullable): why it is left as it is */
static const char *
judge_client (CkBroker *broker, const CkClientRecord *here, const CkBackupClient *wanted)
{
  if (!g_str_equal (here->provider, wanted->record->provider)
      || !g_str_equal (here->client_id, wanted->record->client_id))
    return "it is another client here: of another provider or client_id";
  if (ck_broker_is_client_declared (broker, here->id))
    return "it is declared in clients.d here";
  if (!here->secret_set || ck_broker_get_client_secrets (broker, here->id) != NULL)
    return "it is here already";
  if (wanted->secret == NULL)
    return "the backup has no secret of it";

  return NULL;
}

static void
restore_client (GTask *task, const CkBackupClient *wanted)
{
  Restoration *restoration = g_task_get_task_data (task);
  CkBroker *broker = restoration->broker;
  const char *id = wanted->record->id;
  const CkClientRecord *here = ck_broker_lookup_client (broker, id, NULL);
  const char *why = here != NULL ? judge_client (broker, here, wanted) : NULL;

  if (why != NULL)
    {
      add_row (restoration, "client", id, "left", why);
      restore_clients (task);
      return;
    }

  add_row (restoration, "client", id, here != NULL ? "restored" : "added", NULL);
  ck_broker_add_client_async (broker, ck_client_record_copy (wanted->record), wanted->secret, NULL,
                              client_added_cb, g_object_ref (task));
}

static void
restore_clients (GTask *task)
{
  Restoration *restoration = g_task_get_task_data (task);
  GPtrArray *clients = restoration->backup->clients;

  if (restoration->next_client < clients->len)
    restore_client (task, clients->pdata[restoration->next_client++]);
  else
    restore_channels (task);
}

/* ---- the file -------------------------------------------------------------------------------- */

static void
read_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Restoration *restoration = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SecretValue) file
      = ck_secret_from_memfd (restoration->fd, CK_BACKUP_MAX_BYTES, &error);
  CkBackup *backup = NULL;
  gsize size;
  const char *bytes;

  if (file != NULL)
    {
      bytes = secret_value_get (file, &size);
      backup = ck_backup_unseal ((const guint8 *) bytes, size, restoration->key, &error);
    }
  if (backup != NULL)
    g_task_return_pointer (task, backup, (GDestroyNotify) ck_backup_free);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Restoration *restoration = g_task_get_task_data (task);
  GError *error = NULL;

  restoration->backup = g_task_propagate_pointer (G_TASK (result), &error);
  if (restoration->backup == NULL)
    {
      ck_broker_set_restoring (restoration->broker, FALSE);
      g_task_return_error (task, error);
      return;
    }

  restore_clients (task);
}

void
ck_restoration_run_async (CkBroker *broker,
                          int fd,
                          SecretValue *key,
                          const char *by,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (broker, NULL, callback, user_data);
  g_autoptr (GTask) reading = NULL;
  Restoration *restoration = g_new0 (Restoration, 1);
  GError *error = NULL;

  g_task_set_source_tag (task, ck_restoration_run_async);
  g_task_set_task_data (task, restoration, (GDestroyNotify) restoration_free);
  restoration->broker = g_object_ref (broker);
  restoration->by = g_strdup (by);
  restoration->fd = fd;
  restoration->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) restored_free);
  if (ck_broker_check_open (broker, &error))
    restoration->key = ck_vault_key_new_from_text (key, &error);
  if (restoration->key != NULL && !ck_broker_set_restoring (broker, TRUE))
    error = g_error_new_literal (CK_ERROR, CK_ERROR_BUSY, "a backup is being restored already");
  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  /* The reading shares the data of the task it goes on with, which lives longer. */
  reading = g_task_new (broker, NULL, read_cb, g_object_ref (task));
  g_task_set_task_data (reading, restoration, NULL);
  g_task_run_in_thread (reading, read_in_thread);
}

GPtrArray *
ck_restoration_run_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
