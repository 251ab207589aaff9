/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-turns.h"

typedef struct
{
  CkTurnKind kind;
  CkTurnFunc func;
  GPtrArray *waiters; /* of GTask */
  gboolean done;      /* being answered: nobody joins it any more */
} Turn;

static void
turn_free (Turn *turn)
{
  g_ptr_array_unref (turn->waiters);
  g_free (turn);
}

static Turn *
find_turn (CkActivity *activity, CkTurnKind kind)
{
  for (GList *l = activity->turns.head; l != NULL; l = l->next)
    {
      Turn *turn = l->data;

      if (turn->kind == kind && !turn->done)
        return turn;
    }

  return NULL;
}

static void
begin (CkBroker *broker, CkChannel *channel)
{
  Turn *turn = g_queue_peek_head (&ck_channel_get_activity (channel)->turns);

  if (turn != NULL)
    turn->func (broker, channel, g_ptr_array_index (turn->waiters, 0));
}

/* Also what is in a line already, whether it is this turn or one before it. */
static void
hurry (CkBroker *broker, CkChannel *channel)
{
  CkActivity *activity = ck_channel_get_activity (channel);

  if (activity->awaited)
    return;

  activity->awaited = TRUE;
  if (activity->pass != NULL)
    ck_gate_hurry (ck_broker_get_gate (broker), activity->pass, CK_URGENCY_AWAITED);
  if (activity->turns.length > 0)
    ck_worker_pool_hurry (ck_broker_get_pool (broker), ck_channel_get_id (channel));
}

void
ck_turns_take (CkBroker *broker,
               CkChannel *channel,
               CkTurnKind kind,
               CkTurnFunc func,
               gboolean awaited,
               GTask *task)
{
  CkActivity *activity = ck_channel_get_activity (channel);
  Turn *turn = NULL;

  /* Now it is somebody else who wants something. */
  if (!g_queue_is_empty (&activity->turns))
    activity->planned = CK_DUE_NOTHING;
  if (awaited)
    hurry (broker, channel);
  if (kind == CK_TURN_RENEW || kind == CK_TURN_VERIFY)
    turn = find_turn (activity, kind);
  if (turn != NULL)
    {
      g_ptr_array_add (turn->waiters, task);
      return;
    }

  turn = g_new0 (Turn, 1);
  turn->kind = kind;
  turn->func = func;
  turn->waiters = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (turn->waiters, task);
  g_queue_push_tail (&activity->turns, turn);

  if (g_queue_get_length (&activity->turns) == 1)
    begin (broker, channel);
}

void
ck_turns_done (CkBroker *broker, CkChannel *channel, const GError *error)
{
  g_autoptr (CkChannel) kept = g_object_ref (channel);
  CkActivity *activity = ck_channel_get_activity (channel);
  Turn *turn = g_queue_peek_head (&activity->turns);

  g_return_if_fail (turn != NULL && !turn->done);

  activity->planned = CK_DUE_NOTHING;
  /* It keeps its place while it is answered: an answer may ask for the next turn at once. */
  turn->done = TRUE;

  for (guint i = 0; i < turn->waiters->len; i++)
    {
      GTask *task = g_ptr_array_index (turn->waiters, i);

      if (error != NULL)
        g_task_return_error (task, g_error_copy (error));
      else
        g_task_return_boolean (task, TRUE);
    }
  g_queue_pop_head (&activity->turns);
  turn_free (turn);

  if (g_queue_is_empty (&activity->turns))
    {
      activity->awaited = FALSE;
      ck_broker_replan (broker, channel);
    }
  else
    begin (broker, channel);
}

gboolean
ck_turns_is_under_way (CkChannel *channel, CkTurnKind kind)
{
  return find_turn (ck_channel_get_activity (channel), kind) != NULL;
}
