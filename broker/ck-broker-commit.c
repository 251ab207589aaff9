/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-broker-private.h"

#include "ck-clock.h"

typedef struct
{
  CkBroker *broker;
  CkChannel *channel;
  CkChannelRecord *before;
  CkChannelRecord *after;
  GPtrArray *events;
} Commit;

static void
commit_free (Commit *commit)
{
  g_object_unref (commit->broker);
  g_object_unref (commit->channel);
  ck_channel_record_free (commit->before);
  ck_channel_record_free (commit->after);
  g_ptr_array_unref (commit->events);
  g_free (commit);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Commit, commit_free)

static void
announce (CkBroker *self,
          CkChannel *channel,
          const CkChannelRecord *before,
          const CkChannelRecord *after,
          GPtrArray *events)
{
  ck_broker_emit_channel_changed (self, channel, before, after, events);
  if (events->len > 0)
    ck_state_db_set_announced (self->state_db,
                               ((CkEvent *) events->pdata[events->len - 1])->sequence);
}

/* The record as it was, or became, with that event, as far as an announcement tells. */
static CkChannelRecord *
record_at (CkChannel *channel, const CkEvent *event, const char *key)
{
  CkChannelRecord *record = ck_channel_record_copy (ck_channel_get_record (channel));
  const char *word;

  if (g_variant_lookup (event->details, key, "&s", &word)
      && !ck_state_from_string (word, &record->state))
    g_debug ("%s: an event of the former run has the unknown state %s", record->id, word);
  if (g_variant_lookup (event->details, "cause", "&s", &word)
      && !ck_cause_from_string (word, &record->cause))
    g_debug ("%s: an event of the former run has the unknown cause %s", record->id, word);

  return record;
}

void
ck_broker_announce_again (CkBroker *self)
{
  g_autoptr (GPtrArray) events = g_steal_pointer (&self->unannounced);

  for (guint i = 0; events != NULL && i < events->len; i++)
    {
      const CkEvent *event = g_ptr_array_index (events, i);
      CkChannel *channel = ck_broker_lookup_channel (self, event->channel, NULL);
      g_autoptr (CkChannelRecord) before = NULL;
      g_autoptr (CkChannelRecord) after = NULL;
      g_autoptr (GPtrArray) one = NULL;

      if (channel == NULL)
        continue;
      before = record_at (channel, event, "old-state");
      after = record_at (channel, event, "new-state");
      one = ck_event_list_new ();
      g_ptr_array_add (one, ck_event_copy (event));
      announce (self, channel, before, after, one);
    }
}

static void
commit_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Commit) commit = user_data;
  g_autoptr (GError) error = NULL;

  if (!ck_state_db_write_finish (CK_STATE_DB (source), result, &error))
    g_warning ("%s: a change is announced though it could not be written: %s",
               commit->after->id,
               error->message);

  announce (commit->broker, commit->channel, commit->before, commit->after, commit->events);
  if (commit->before->state != commit->after->state)
    ck_broker_emit_changed (commit->broker);
}

void
ck_broker_commit (CkBroker *self, CkChannel *channel, CkChannelRecord *record, GPtrArray *events)
{
  Commit *commit;
  guint64 now = ck_clock_now ();

  if (ck_channel_get_activity (channel)->removing)
    {
      ck_channel_take_record (channel, record);
      g_clear_pointer (&events, g_ptr_array_unref);
      return;
    }

  commit = g_new0 (Commit, 1);
  commit->broker = g_object_ref (self);
  commit->channel = g_object_ref (channel);
  commit->before = ck_channel_record_copy (ck_channel_get_record (channel));
  commit->after = ck_channel_record_copy (record);
  commit->events
      = events != NULL ? events : ck_event_list_new ();

  for (guint i = 0; i < commit->events->len; i++)
    {
      CkEvent *event = g_ptr_array_index (commit->events, i);

      /* One that is told again with more in it keeps its place. */
      if (event->sequence != 0)
        continue;
      event->sequence = ++self->sequence;
      event->time = now;
    }

  ck_channel_take_record (channel, ck_channel_record_copy (record));
  ck_broker_replan (self, channel);

  ck_state_db_set_last_time (self->state_db, now);
  ck_state_db_write_async (self->state_db,
                           record,
                           g_ptr_array_ref (commit->events),
                           NULL,
                           commit_cb,
                           commit);
}

guint64
ck_broker_note (CkBroker *self, CkChannel *channel, CkEvent *event)
{
  g_autoptr (GPtrArray) events = ck_event_list_new ();

  g_ptr_array_add (events, event);
  ck_broker_commit (self, channel, ck_channel_record_copy (ck_channel_get_record (channel)),
                    g_ptr_array_ref (events));

  return event->sequence;
}
