/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-background.h"

/* Who has waited longer does not let callers go first any more (µs). */
#define PATIENCE (5 * 1000)

typedef struct
{
  GAsyncResult *result;
  GAsyncReadyCallback callback;
  gpointer user_data;
  gint64 since; /* µs, monotonic */
} Answer;

/* Two sources share the queue. The main context keeps them, and finds them by the first. */
typedef struct
{
  GSource source;
  GQueue queue;      /* Answer */
  gint64 last_ended; /* µs, monotonic: when the last was done, or the first of these came */
} Overdue;

typedef struct
{
  GSource source;
  Overdue *overdue;
} Turn;

static void
call_next (Overdue *self)
{
  g_autofree Answer *answer = g_queue_pop_head (&self->queue);
  g_autoptr (GAsyncResult) result = answer->result;
  g_autoptr (GObject) source = g_async_result_get_source_object (result);

  answer->callback (source, result, answer->user_data);
  self->last_ended = g_get_monotonic_time ();
}

/* ---- what is overdue, before others of the callers' priority --------------------------------- */

static gboolean
overdue_check (GSource *source)
{
  const Answer *next = g_queue_peek_head (&((Overdue *) source)->queue);

  return next != NULL && next->since + PATIENCE <= g_source_get_time (source);
}

static gboolean
overdue_prepare (GSource *source, int *timeout)
{
  *timeout = -1; /* the other source lets nobody sleep */

  return overdue_check (source);
}

/* As long as others had since the last one: callers without end get one half of the time, answers the other. */
static gboolean
overdue_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  Overdue *self = (Overdue *) source;
  gint64 now = g_get_monotonic_time ();
  gint64 until = now + (now - self->last_ended);

  for (; overdue_check (source) && now <= until; now = g_get_monotonic_time ())
    call_next (self);

  return G_SOURCE_CONTINUE;
}

/* ---- one in each turn ------------------------------------------------------------------------ */

static gboolean
turn_check (GSource *source)
{
  return !g_queue_is_empty (&((Turn *) source)->overdue->queue);
}

static gboolean
turn_prepare (GSource *source, int *timeout)
{
  *timeout = -1;

  return turn_check (source);
}

static gboolean
turn_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  if (turn_check (source))
    call_next (((Turn *) source)->overdue);

  return G_SOURCE_CONTINUE;
}

/* ---- both ------------------------------------------------------------------------------------ */

static const GSourceFuncs overdue_funcs = { overdue_prepare, overdue_check, overdue_dispatch, NULL, NULL, NULL };
static const GSourceFuncs turn_funcs = { turn_prepare, turn_check, turn_dispatch, NULL, NULL, NULL };

/* Returns: (transfer none): the context keeps it */
static GSource *
attach (const GSourceFuncs *funcs, gsize size, const char *name, int priority)
{
  GSource *source = g_source_new ((GSourceFuncs *) funcs, (guint) size);

  g_source_set_static_name (source, name);
  g_source_set_priority (source, priority);
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, NULL);
  g_source_unref (source);

  return source;
}

static Overdue *
ensure_sources (void)
{
  GSource *overdue = g_main_context_find_source_by_funcs_user_data (NULL, (GSourceFuncs *) &overdue_funcs, NULL);
  GSource *turn;

  if (overdue != NULL)
    return (Overdue *) overdue;

  overdue = attach (&overdue_funcs, sizeof (Overdue), "ck-background-overdue", G_PRIORITY_DEFAULT);
  /* Never called, but a source without a callback is not found. */
  g_source_set_callback (overdue, NULL, NULL, NULL);
  turn = attach (&turn_funcs, sizeof (Turn), "ck-background", G_PRIORITY_DEFAULT + 1);
  ((Turn *) turn)->overdue = (Overdue *) overdue;

  return (Overdue *) overdue;
}

void
ck_background_call_back (GAsyncResult *result, GAsyncReadyCallback callback, gpointer user_data)
{
  Overdue *overdue;
  Answer *answer;

  if (g_main_context_get_thread_default () != NULL)
    {
      g_autoptr (GObject) source = g_async_result_get_source_object (result);

      callback (source, result, user_data);
      return;
    }

  overdue = ensure_sources ();
  answer = g_new (Answer, 1);
  *answer = (Answer){ g_object_ref (result), callback, user_data, g_get_monotonic_time () };
  if (g_queue_is_empty (&overdue->queue))
    overdue->last_ended = answer->since;
  g_queue_push_tail (&overdue->queue, answer);
}
