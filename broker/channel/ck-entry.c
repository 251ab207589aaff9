/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-entry.h"

#include "ck-clock.h"
#include "ck-error.h"
#include "ck-gate.h"
#include "ck-operations.h"

struct _CkEntry
{
  CkBroker *broker;   /* its owner holds them */
  CkChannel *channel;
  CkGatePass *pass;
  CkEntryFunc func;
  gpointer data;
};

static const char *
get_host (CkEntry *entry)
{
  CkProvider *provider
      = ck_config_lookup_provider (ck_broker_get_config (entry->broker),
                                   ck_channel_get_record (entry->channel)->provider, NULL);

  return provider != NULL ? ck_provider_get_host (provider) : "";
}

static void on_admitted (gpointer data, gboolean admitted);

/* Ten thousand of them are no more than the gate lets in at a turn of the loop. */
static gboolean
turn_away (gpointer user_data)
{
  CkEntry *entry = user_data;
  CkActivity *activity = ck_channel_get_activity (entry->channel);
  g_autoptr (GError) error = NULL;

  /* Somebody has come for it meanwhile. */
  if (activity->planned == CK_DUE_NOTHING)
    {
      on_admitted (entry, !ck_gate_is_closed (ck_broker_get_gate (entry->broker)));
      return G_SOURCE_REMOVE;
    }

  activity->planned = CK_DUE_NOTHING;
  error = g_error_new (CK_ERROR, CK_ERROR_BUSY, "%s: not due any more: it is planned anew",
                       ck_channel_get_id (entry->channel));
  entry->func (entry->data, error);

  return G_SOURCE_REMOVE;
}

/* Whether nobody but the plan wants it, and the plan not any more. */
static gboolean
is_overtaken (CkEntry *entry)
{
  CkDue planned = ck_channel_get_activity (entry->channel)->planned;
  CkScheduleInput input;
  guint64 when;

  return planned != CK_DUE_NOTHING
         && (!ck_operations_fill_schedule (entry->broker, entry->channel, &input)
             || ck_schedule_next (&input, &when) != planned || when > ck_clock_now ());
}

/* It may be the first thing that happens, with the pass not yet in our hands. */
static void
on_admitted (gpointer data, gboolean admitted)
{
  CkEntry *entry = data;
  g_autoptr (GError) error = NULL;

  if (admitted && is_overtaken (entry))
    {
      g_idle_add_full (G_PRIORITY_DEFAULT, turn_away, entry, NULL);
      return;
    }

  ck_channel_get_activity (entry->channel)->planned = CK_DUE_NOTHING;
  if (!admitted)
    error = g_error_new (CK_ERROR, CK_ERROR_BUSY,
                         "%s: the broker is ending, nothing is begun any more",
                         ck_channel_get_id (entry->channel));
  entry->func (entry->data, error);
}

CkEntry *
ck_entry_new (CkBroker *broker, CkChannel *channel, CkEntryFunc func, gpointer data)
{
  CkEntry *entry = g_new0 (CkEntry, 1);

  entry->broker = broker;
  entry->channel = channel;
  entry->func = func;
  entry->data = data;
  entry->pass = ck_gate_enter (ck_broker_get_gate (broker), get_host (entry),
                               ck_channel_get_urgency (channel, ck_clock_now ()), on_admitted,
                               entry);
  ck_channel_get_activity (channel)->pass = entry->pass;

  return entry;
}

void
ck_entry_go_on (CkEntry *entry, CkEntryFunc func, gpointer data)
{
  entry->func = func;
  entry->data = data;
  on_admitted (entry, !ck_gate_is_closed (ck_broker_get_gate (entry->broker)));
}

void
ck_entry_free (CkEntry *entry)
{
  CkActivity *activity = ck_channel_get_activity (entry->channel);

  /* The next turn of the channel may have begun in the callback of this one. */
  if (activity->pass == entry->pass)
    activity->pass = NULL;
  ck_gate_leave (ck_broker_get_gate (entry->broker), entry->pass);
  g_free (entry);
}
