/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-client-fault.h"

#include "ck-event.h"
#include "ck-lifecycle.h"
#include "ck-operations.h"

static gboolean
is_shared (const CkOutcome *outcome)
{
  return outcome->cause == CK_CAUSE_APP_SUSPENDED
         || (outcome->cause == CK_CAUSE_CLIENT_MISCONFIGURED
             && g_strcmp0 (outcome->error_code, "unauthorized_client") != 0);
}

gboolean
ck_client_fault_is_confirmed (CkBroker *broker, CkChannel *channel, const CkOutcome *outcome)
{
  if (outcome->cause != CK_CAUSE_CLIENT_MISCONFIGURED)
    return FALSE;

  return !is_shared (outcome)
         || ck_broker_suspect_client (broker, ck_channel_get_record (channel)->client);
}

void
ck_client_fault_spread (CkBroker *broker,
                        CkChannel *channel,
                        const CkOutcome *outcome,
                        CkState former)
{
  const char *client = ck_channel_get_record (channel)->client;
  g_autoptr (GPtrArray) channels = NULL;

  if (!is_shared (outcome) || ck_channel_get_record (channel)->state != CK_STATE_SUSPENDED)
    return;
  ck_broker_note_client_refused (broker, client);
  if (former == CK_STATE_SUSPENDED)
    return;

  g_warning ("client %s: %s; its channels are suspended", client, outcome->detail);
  channels = ck_broker_dup_channels (broker);
  for (guint i = 0; i < channels->len; i++)
    {
      CkChannel *other = g_ptr_array_index (channels, i);
      const CkChannelRecord *record = ck_channel_get_record (other);
      CkLifecycleContext context;
      GPtrArray *events;

      if (other == channel || !g_str_equal (record->client, client)
          || (record->state != CK_STATE_CONNECTED && record->state != CK_STATE_EXPIRING
              && record->state != CK_STATE_INTERRUPTED))
        continue;

      events = ck_event_list_new ();
      ck_operations_fill_context (broker, other, &context);
      context.client_confirmed = TRUE;
      ck_broker_commit (broker, other,
                        ck_lifecycle_failed (record, "verify", outcome, &context, events), events);
    }
}
