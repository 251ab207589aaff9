/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-vault-queue.h"


typedef struct
{
  GTask *task;
  guint deadline;
  CkVaultStart start;
} Call;

struct _CkVaultQueue
{
  CkVault *vault;
  CkKeyring *keyring;
  GQueue waiting; /* Call */
  GTask *current; /* owned; NULL: nothing is under way */
  guint deadline;
};

CkVaultQueue *
ck_vault_queue_new (CkVault *vault, CkKeyring *keyring)
{
  CkVaultQueue *queue = g_new0 (CkVaultQueue, 1);

  queue->vault = vault;
  queue->keyring = keyring;
  g_queue_init (&queue->waiting);

  return queue;
}

static void
call_free (Call *call)
{
  g_clear_object (&call->task);
  g_free (call);
}

/* Each task holds the vault, and the vault the queue: there is none left. */
void
ck_vault_queue_free (CkVaultQueue *queue)
{
  g_assert (queue->current == NULL && g_queue_is_empty (&queue->waiting));
  g_free (queue);
}

/* Returns: (transfer full): the task that was under way */
static GTask *
take_current (CkVaultQueue *queue)
{
  g_clear_handle_id (&queue->deadline, g_source_remove);

  return g_steal_pointer (&queue->current);
}

static gboolean
on_deadline (gpointer user_data)
{
  CkVaultQueue *queue = user_data;
  g_autoptr (GTask) task = NULL;

  queue->deadline = 0;
  task = take_current (queue);
  ck_keyring_check (queue->keyring);
  g_task_return_new_error (task, CK_ERROR, CK_ERROR_STORE,
                           "the Secret Service has not answered in time");
  ck_vault_queue_run (queue);

  return G_SOURCE_REMOVE;
}

void
ck_vault_queue_run (CkVaultQueue *queue)
{
  while (queue->current == NULL && !ck_keyring_is_checking (queue->keyring)
         && !g_queue_is_empty (&queue->waiting))
    {
      Call *call = g_queue_pop_head (&queue->waiting);

      if (ck_vault_check_open (queue->vault, call->task))
        {
          queue->current = g_object_ref (call->task);
          queue->deadline = g_timeout_add_seconds (call->deadline, on_deadline, queue);
          call->start (queue->vault, g_steal_pointer (&call->task));
        }
      call_free (call);
    }
}

void
ck_vault_queue_add (CkVaultQueue *queue, GTask *task, guint deadline, CkVaultStart start)
{
  Call *call = g_new0 (Call, 1);

  call->task = task;
  call->deadline = deadline;
  call->start = start;
  g_queue_push_tail (&queue->waiting, call);
  ck_vault_queue_run (queue);
}

gboolean
ck_vault_queue_end (CkVaultQueue *queue, GTask *task, const GError *error)
{
  g_autoptr (GTask) current = NULL;

  if (queue->current != task)
    return FALSE;

  current = take_current (queue);
  if (error != NULL)
    ck_keyring_check (queue->keyring);
  ck_vault_queue_run (queue);

  return TRUE;
}

void
ck_vault_queue_cut (CkVaultQueue *queue)
{
  g_autoptr (GTask) task = take_current (queue);

  if (task != NULL)
    g_task_return_new_error (task, CK_ERROR, CK_ERROR_VAULT_SEALED, "the vault was closed meanwhile");
}
