/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-operations.h"

#include "ck-channel-job.h"
#include "ck-clock.h"
#include "ck-error.h"
#include "ck-save.h"
#include "ck-siblings.h"
#include "ck-turns.h"

typedef struct
{
  CkBroker *broker;
  char *by;
  gboolean tell_platform;
  gboolean revoked;
} Disconnection;

static void
disconnection_free (Disconnection *disconnection)
{
  g_object_unref (disconnection->broker);
  g_free (disconnection->by);
  g_free (disconnection);
}

/* ---- 3: written ------------------------------------------------------------------------------- */

/* Should the disk refuse that: the vault has nothing any more, and it is tried again. */
static void
written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (!ck_broker_commit_finish (CK_BROKER (source), result, &error))
    g_debug ("%s", error->message);
  ck_turns_done (CK_BROKER (source), g_task_get_source_object (task), NULL);
}

/* ---- 2: forgotten here ------------------------------------------------------------------------ */

static void
cleared_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkChannel *channel = g_task_get_source_object (task);
  Disconnection *disconnection = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  GPtrArray *events;
  CkLifecycleContext context;

  if (!ck_vault_clear_grant_finish (CK_VAULT (source), result, &error))
    {
      ck_turns_done (disconnection->broker, channel, error);
      return;
    }

  ck_operations_fill_context (disconnection->broker, channel, &context);
  events = ck_event_list_new ();
  ck_channel_set_grant (channel, NULL, FALSE);
  ck_broker_commit_async (disconnection->broker,
                          channel,
                          ck_lifecycle_disconnected (ck_channel_get_record (channel),
                                                     disconnection->by,
                                                     &context,
                                                     events),
                          events,
                          written_cb,
                          g_steal_pointer (&task));
  ck_siblings_review (disconnection->broker, ck_channel_get_record (channel)->provider);
}

static void
forget (GTask *task)
{
  CkChannel *channel = g_task_get_source_object (task);
  Disconnection *disconnection = g_task_get_task_data (task);
  CkVault *vault = ck_broker_get_vault (disconnection->broker);
  guint64 generation = ck_channel_get_record (channel)->generation;
  guint64 refused = ck_channel_get_record (channel)->adopting;

  ck_save_forget_left_over (disconnection->broker, channel);
  /* The former one is still there if this one could not be saved, or that one not be cleared. */
  if (generation > 1)
    ck_vault_clear_grant_async (vault,
                                ck_channel_get_id (channel),
                                generation - 1,
                                NULL,
                                NULL,
                                NULL);
  /* One that a reconnect brought, the platform refused, and the vault did not give up. */
  if (refused > 0)
    ck_vault_clear_grant_async (vault, ck_channel_get_id (channel), refused, NULL, NULL, NULL);
  ck_vault_clear_grant_async (vault,
                              ck_channel_get_id (channel),
                              generation,
                              NULL,
                              cleared_cb,
                              g_object_ref (task));
}

/* ---- 1: revoked there ------------------------------------------------------------------------- */

static void
revoked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkChannel *channel = g_task_get_source_object (task);
  Disconnection *disconnection = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (CkOutcome) outcome
      = ck_worker_pool_run_finish (CK_WORKER_POOL (source), result, &error);

  disconnection->revoked = outcome != NULL && outcome->result == CK_RESULT_SUCCESS;
  if (!disconnection->revoked)
    g_message ("%s: the platform could not be told to revoke the grant (%s); it is deleted here",
               ck_channel_get_id (channel),
               outcome != NULL ? outcome->detail : error->message);
  forget (task);
}

/* Rule 7: where a revoke reaches all grants of a person, it is for the last of them. */
static gboolean
would_hit_another (CkBroker *broker, CkChannel *channel)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  CkProvider *provider
      = ck_config_lookup_provider (ck_broker_get_config (broker), record->provider, NULL);

  return provider != NULL
         && g_strcmp0 (ck_provider_get_setting (provider, "OAuth2.RevocationReach"), "owner") == 0
         && ck_siblings_share_owner (broker, channel, record->owner_id);
}

static void
begin (CkBroker *broker, CkChannel *channel, GTask *task)
{
  Disconnection *disconnection = g_task_get_task_data (task);
  CkGrant *grant = ck_channel_get_grant (channel);
  CkJob *job = NULL;

  if (grant != NULL && disconnection->tell_platform && !would_hit_another (broker, channel))
    job = ck_channel_job_new (broker, channel, "revoke", grant, NULL);

  if (job == NULL)
    forget (task);
  else
    ck_worker_pool_run_async (ck_broker_get_pool (broker),
                              job,
                              NULL,
                              revoked_cb,
                              g_object_ref (task));
}

void
ck_channel_disconnect_async (CkBroker *broker,
                             CkChannel *channel,
                             const char *by,
                             gboolean tell_platform,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (channel, cancellable, callback, user_data);
  Disconnection *disconnection = g_new0 (Disconnection, 1);
  GError *error = NULL;

  g_task_set_source_tag (task, ck_channel_disconnect_async);
  g_task_set_task_data (task, disconnection, (GDestroyNotify) disconnection_free);
  disconnection->broker = g_object_ref (broker);
  disconnection->by = g_strdup (by);
  disconnection->tell_platform = tell_platform;

  if (!ck_broker_check_open (broker, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  ck_turns_take (broker, channel, CK_TURN_DISCONNECT, begin, TRUE, g_steal_pointer (&task));
}

const char *
ck_channel_disconnect_finish (GAsyncResult *result, GError **error)
{
  const Disconnection *disconnection = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;

  return disconnection->revoked ? "revoked" : "forgotten";
}
