/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-broker-private.h"

#include "ck-clock.h"
#include "ck-error.h"

/* Microseconds between attempts to write what state.db has not taken. */
#define WRITE_AGAIN (5 * G_USEC_PER_SEC)

typedef struct
{
  CkBroker *broker;
  CkChannel *channel;
  CkChannelRecord *before;
  CkChannelRecord *after;
  GPtrArray *events;
  GTask *waiter; /* nullable */
} Commit;

static void
commit_free (Commit *commit)
{
  g_object_unref (commit->broker);
  g_object_unref (commit->channel);
  ck_channel_record_free (commit->before);
  ck_channel_record_free (commit->after);
  g_ptr_array_unref (commit->events);
  g_clear_object (&commit->waiter);
  g_free (commit);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Commit, commit_free)

void
ck_broker_set_announced (CkBroker *self, guint64 sequence)
{
  ck_state_db_set_announced (self->state_db, sequence);
}

/* ---- what the former run may not have announced ---------------------------------------------- */

static const char *
get_word (const CkEvent *event, const char *key)
{
  const char *word = "";

  g_variant_lookup (event->details, key, "&s", &word);

  return word;
}

/* With the states, which the lifecycle has put there, all that a repetition has to know. None is left
 * out. */
static void
keep_causes (CkEvent *event, CkCause before, CkCause after)
{
  GVariantDict details;

  if (*get_word (event, "new-state") == '\0' || (before == CK_CAUSE_NONE && after == CK_CAUSE_NONE))
    return;

  g_variant_dict_init (&details, event->details);
  if (before != CK_CAUSE_NONE)
    g_variant_dict_insert (&details, "old-cause", "s", ck_cause_to_string (before));
  if (after != CK_CAUSE_NONE)
    g_variant_dict_insert (&details, "new-cause", "s", ck_cause_to_string (after));
  g_variant_unref (event->details);
  event->details = g_variant_ref_sink (g_variant_dict_end (&details));
}

/* The record as it was, or became, with that event, as far as an announcement tells. */
static CkChannelRecord *
record_at (CkChannel *channel, const CkEvent *event, const char *state_key, const char *cause_key)
{
  CkChannelRecord *record = ck_channel_record_copy (ck_channel_get_record (channel));
  const char *state = get_word (event, state_key);
  const char *cause = get_word (event, cause_key);

  if (*state == '\0')
    return record;
  if (!ck_state_from_string (state, &record->state))
    g_debug ("%s: an event of the former run has the unknown state %s", record->id, state);
  record->cause = CK_CAUSE_NONE;
  if (*cause != '\0' && !ck_cause_from_string (cause, &record->cause))
    g_debug ("%s: an event of the former run has the unknown cause %s", record->id, cause);

  return record;
}

/* A channel does not leave the same state twice in a row: it was one commit, announced at once. */
static gboolean
is_same_commit (const CkEvent *event, const CkEvent *next)
{
  const char *from = get_word (event, "old-state");
  const char *to = get_word (event, "new-state");

  return next->sequence == event->sequence + 1 && g_str_equal (next->channel, event->channel)
         && !g_str_equal (from, to) && g_str_equal (get_word (next, "old-state"), from)
         && g_str_equal (get_word (next, "new-state"), to);
}

void
ck_broker_announce_again (CkBroker *self)
{
  g_autoptr (GPtrArray) events = g_steal_pointer (&self->unannounced);
  guint next;

  for (guint i = 0; events != NULL && i < events->len; i = next)
    {
      const CkEvent *event = events->pdata[i];
      CkChannel *channel = ck_broker_lookup_channel (self, event->channel, NULL);
      g_autoptr (CkChannelRecord) before = NULL;
      g_autoptr (CkChannelRecord) after = NULL;
      g_autoptr (GPtrArray) together = ck_event_list_new ();

      g_ptr_array_add (together, ck_event_copy (event));
      for (next = i + 1; next < events->len && is_same_commit (event, events->pdata[next]); next++)
        g_ptr_array_add (together, ck_event_copy (events->pdata[next]));
      if (channel == NULL)
        continue;
      before = record_at (channel, event, "old-state", "old-cause");
      after = record_at (channel, event, "new-state", "new-cause");
      ck_broker_emit_channel_changed (self, channel, before, after, together);
    }
}

/* ---- a commit -------------------------------------------------------------------------------- */

void
ck_broker_write_unwritten (CkBroker *self)
{
  GHashTableIter iter;
  gpointer channel;

  g_hash_table_iter_init (&iter, self->channels);
  while (g_hash_table_iter_next (&iter, NULL, &channel))
    {
      if (!ck_channel_get_activity (channel)->unwritten)
        continue;
      ck_broker_commit (self, channel,
                        ck_channel_record_copy (ck_channel_get_record (channel)), NULL);
      /* One is enough to see whether it still does. */
      if (self->disk_refuses && !self->stopped)
        break;
    }
}

/* A record is written as a whole: the last write of it says whether the disk has it. */
static void
note_written (CkBroker *self, CkChannel *channel, const GError *error)
{
  CkActivity *activity = ck_channel_get_activity (channel);
  gboolean refused_before = self->disk_refuses;

  if (error != NULL && !activity->unwritten)
    g_warning ("%s: a change is announced though it could not be written: %s",
               ck_channel_get_id (channel),
               error->message);
  activity->unwritten = error != NULL;
  self->disk_refuses = error != NULL;
  if (!self->stopped && (self->disk_refuses || refused_before))
    ck_planner_set (self->planner, self, self->disk_refuses ? WRITE_AGAIN : 0);
}

static void
commit_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Commit) commit = user_data;
  g_autoptr (GError) error = NULL;
  gboolean written = ck_state_db_write_finish (CK_STATE_DB (source), result, &error);

  note_written (commit->broker, commit->channel, error);
  ck_broker_emit_channel_changed (
      commit->broker, commit->channel, commit->before, commit->after, commit->events);
  if (commit->before->state != commit->after->state)
    ck_broker_emit_changed (commit->broker);

  if (commit->waiter != NULL && written)
    g_task_return_boolean (commit->waiter, TRUE);
  else if (commit->waiter != NULL)
    g_task_return_error (commit->waiter, g_steal_pointer (&error));
}

void
ck_broker_commit_async (CkBroker *self,
                        CkChannel *channel,
                        CkChannelRecord *record,
                        GPtrArray *events,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) waiter
      = callback != NULL ? g_task_new (self, NULL, callback, user_data) : NULL;
  Commit *commit;
  guint64 now = ck_clock_now ();

  if (ck_channel_get_activity (channel)->removing)
    {
      ck_channel_take_record (channel, record);
      g_clear_pointer (&events, g_ptr_array_unref);
      if (waiter != NULL)
        g_task_return_new_error (waiter, CK_ERROR, CK_ERROR_NO_SUCH_CHANNEL,
                                 "there is no channel %s any more", ck_channel_get_id (channel));
      return;
    }

  commit = g_new0 (Commit, 1);
  commit->broker = g_object_ref (self);
  commit->channel = g_object_ref (channel);
  commit->before = ck_channel_record_copy (ck_channel_get_record (channel));
  commit->after = ck_channel_record_copy (record);
  commit->events
      = events != NULL ? events : ck_event_list_new ();
  commit->waiter = g_steal_pointer (&waiter);

  for (guint i = 0; i < commit->events->len; i++)
    {
      CkEvent *event = g_ptr_array_index (commit->events, i);

      /* One that is told again with more in it keeps its place. */
      if (event->sequence != 0)
        continue;
      event->sequence = ++self->sequence;
      event->time = now;
      keep_causes (event, commit->before->cause, commit->after->cause);
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

gboolean
ck_broker_commit_finish (CkBroker *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ck_broker_commit (CkBroker *self, CkChannel *channel, CkChannelRecord *record, GPtrArray *events)
{
  ck_broker_commit_async (self, channel, record, events, NULL, NULL);
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
