/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-unattended.h"

#include "ck-adoption.h"
#include "ck-channel-job.h"
#include "ck-error.h"
#include "ck-renewal.h"

typedef struct
{
  CkBroker *broker;
  CkChannel *channel;
} Connection;

static void
connection_free (Connection *connection)
{
  g_object_unref (connection->broker);
  g_object_unref (connection->channel);
  g_free (connection);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Connection, connection_free)

static void
finish (Connection *connection)
{
  ck_channel_get_activity (connection->channel)->connecting = FALSE;
  ck_broker_replan (connection->broker, connection->channel);
}

static void
fail (Connection *connection, const CkOutcome *outcome)
{
  g_warning ("%s could not be connected: %s%s%s", ck_channel_get_id (connection->channel),
             outcome->detail, *outcome->platform_message != '\0' ? "; the platform says: " : "",
             outcome->platform_message);
  ck_renewal_back_off (connection->channel, outcome);
  finish (connection);
}

static void
fail_with_error (Connection *connection, const GError *error)
{
  g_autoptr (CkOutcome) outcome = ck_channel_job_failed (error);

  fail (connection, outcome);
}

static void
adopted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Connection) connection = user_data;
  g_autoptr (GError) error = NULL;

  if (ck_adoption_run_finish (result, &error))
    finish (connection);
  else
    fail_with_error (connection, error);
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Connection) connection = user_data;
  CkBroker *broker = connection->broker;
  CkChannel *channel = connection->channel;
  g_autoptr (GError) error = NULL;
  g_autoptr (CkOutcome) outcome
      = ck_worker_pool_run_finish (CK_WORKER_POOL (source), result, &error);

  /* We are ending: the next start tries it again. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (outcome == NULL)
    {
      fail_with_error (connection, error);
      return;
    }
  ck_channel_job_noted (broker, channel, outcome);
  if (outcome->result != CK_RESULT_SUCCESS || outcome->grant == NULL)
    {
      fail (connection, outcome);
      return;
    }

  /* Nobody did it. */
  ck_adoption_run_async (broker, channel, outcome, "", adopted_cb, g_steal_pointer (&connection));
}

void
ck_unattended_connect (CkBroker *broker, CkChannel *channel)
{
  g_autoptr (Connection) connection = g_new0 (Connection, 1);
  g_autoptr (GError) error = NULL;
  CkJob *job;

  connection->broker = g_object_ref (broker);
  connection->channel = g_object_ref (channel);
  job = ck_channel_job_new (broker, channel, "connect", NULL, &error);
  if (job == NULL)
    {
      fail_with_error (connection, error);
      return;
    }

  ck_channel_get_activity (channel)->connecting = TRUE;
  ck_channel_job_set_extra (job, "flow", g_variant_new_string ("none"));
  ck_worker_pool_run_async (ck_broker_get_pool (broker), job, NULL, connected_cb,
                            g_steal_pointer (&connection));
}
