/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-planner.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "ck-clock.h"
#include "ck-error.h"

/* The date the wall-clock timer waits for: never, so that only a step ends the wait. */
#define FAR_FUTURE G_GINT64_CONSTANT (253402300799)

/* So many become due before the loop has its turn: ten thousand at once do not keep a caller
 * waiting. */
#define SLICE 32

typedef struct
{
  gint64 due; /* CLOCK_BOOTTIME, microseconds */
  gpointer key;
} Plan;

struct _CkPlanner
{
  GObject parent;

  CkPlannerFunc func;
  gpointer user_data;
  GSequence *queue;  /* of Plan, by due */
  GHashTable *plans; /* key to its GSequenceIter */
  gint64 armed;      /* what the timer is set to; 0: not at all */
  int timer_fd;
  int step_fd;
  guint timer_source;
  guint step_source;
};

G_DEFINE_FINAL_TYPE (CkPlanner, ck_planner, G_TYPE_OBJECT)

static int
compare_plans (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const Plan *first = a;
  const Plan *second = b;

  return (first->due > second->due) - (first->due < second->due);
}

static void
arm (CkPlanner *self)
{
  struct itimerspec spec = { 0 };
  GSequenceIter *head = g_sequence_get_begin_iter (self->queue);
  gint64 due = 0;

  /* All zero would disarm it. */
  if (!g_sequence_iter_is_end (head))
    due = MAX (((const Plan *) g_sequence_get (head))->due, 1);
  if (due == self->armed)
    return;

  spec.it_value.tv_sec = due / G_USEC_PER_SEC;
  spec.it_value.tv_nsec = (due % G_USEC_PER_SEC) * 1000;
  self->armed = due;
  timerfd_settime (self->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void
arm_step (CkPlanner *self)
{
  struct itimerspec spec = { .it_value.tv_sec = FAR_FUTURE };

  timerfd_settime (self->step_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL);
}

static gboolean
on_timer (int fd, GIOCondition condition, gpointer user_data)
{
  g_autoptr (CkPlanner) self = g_object_ref (CK_PLANNER (user_data));
  gint64 now = ck_clock_boottime ();
  guint64 expirations;

  if (read (fd, &expirations, sizeof expirations) < 0 && errno == EAGAIN)
    return G_SOURCE_CONTINUE;

  self->armed = 0;
  for (guint i = 0; i < SLICE && !g_sequence_is_empty (self->queue); i++)
    {
      GSequenceIter *head = g_sequence_get_begin_iter (self->queue);
      const Plan *plan = g_sequence_get (head);
      gpointer key = plan->key;

      if (plan->due > now)
        break;
      g_hash_table_remove (self->plans, key);
      g_sequence_remove (head);
      self->func (key, self->user_data);
    }
  arm (self);

  return G_SOURCE_CONTINUE;
}

static gboolean
on_step (int fd, GIOCondition condition, gpointer user_data)
{
  CkPlanner *self = CK_PLANNER (user_data);
  guint64 expirations;

  /* ECANCELED is the news: the wall clock was set. */
  if (read (fd, &expirations, sizeof expirations) < 0 && errno == EAGAIN)
    return G_SOURCE_CONTINUE;

  arm_step (self);
  self->func (NULL, self->user_data);

  return G_SOURCE_CONTINUE;
}

static void
ck_planner_finalize (GObject *object)
{
  CkPlanner *self = CK_PLANNER (object);

  g_clear_handle_id (&self->timer_source, g_source_remove);
  g_clear_handle_id (&self->step_source, g_source_remove);
  if (self->timer_fd >= 0)
    close (self->timer_fd);
  if (self->step_fd >= 0)
    close (self->step_fd);
  g_clear_pointer (&self->plans, g_hash_table_unref);
  g_clear_pointer (&self->queue, g_sequence_free);

  G_OBJECT_CLASS (ck_planner_parent_class)->finalize (object);
}

static void
ck_planner_class_init (CkPlannerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ck_planner_finalize;
}

static void
ck_planner_init (CkPlanner *self)
{
  self->timer_fd = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  self->step_fd = timerfd_create (CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  self->queue = g_sequence_new (g_free);
  self->plans = g_hash_table_new (NULL, NULL);
}

CkPlanner *
ck_planner_new (CkPlannerFunc due, gpointer user_data, GError **error)
{
  g_autoptr (CkPlanner) self = g_object_new (CK_TYPE_PLANNER, NULL);

  if (self->timer_fd < 0 || self->step_fd < 0)
    {
      g_set_error_literal (error, CK_ERROR, CK_ERROR_FAILED, "cannot make a timerfd");
      return NULL;
    }

  self->func = due;
  self->user_data = user_data;
  self->timer_source = g_unix_fd_add (self->timer_fd, G_IO_IN, on_timer, self);
  self->step_source = g_unix_fd_add (self->step_fd, G_IO_IN, on_step, self);
  arm_step (self);

  return g_steal_pointer (&self);
}

void
ck_planner_set (CkPlanner *self, gpointer key, gint64 delay)
{
  Plan *plan;

  g_return_if_fail (CK_IS_PLANNER (self));
  g_return_if_fail (key != NULL);

  ck_planner_unset (self, key);
  plan = g_new (Plan, 1);
  plan->key = key;
  plan->due = ck_clock_boottime () + MAX (delay, 0);
  g_hash_table_insert (self->plans,
                       key,
                       g_sequence_insert_sorted (self->queue, plan, compare_plans, NULL));
  arm (self);
}

void
ck_planner_unset (CkPlanner *self, gpointer key)
{
  GSequenceIter *iter = g_hash_table_lookup (self->plans, key);

  if (iter == NULL)
    return;

  g_hash_table_remove (self->plans, key);
  g_sequence_remove (iter);
  arm (self);
}

gboolean
ck_planner_is_set (CkPlanner *self, gpointer key)
{
  return g_hash_table_contains (self->plans, key);
}
