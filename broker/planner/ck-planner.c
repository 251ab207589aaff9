/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-planner.h"

#include "ck-alarm.h"
#include "ck-clock.h"

/* So many become due before the loop has its turn: ten thousand at once do not keep a caller
 * waiting. */
#define SLICE 32

typedef struct
{
  gint64 due; /* ck_clock_boottime() */
  gpointer key;
} Plan;

struct _CkPlanner
{
  GObject parent;

  CkPlannerFunc func;
  gpointer user_data;
  GSequence *queue;  /* of Plan, by due */
  GHashTable *plans; /* key to its GSequenceIter */
  CkAlarm *alarm;
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
  GSequenceIter *head = g_sequence_get_begin_iter (self->queue);

  /* 0 would disarm it. */
  ck_alarm_set (self->alarm, g_sequence_iter_is_end (head)
                                 ? 0
                                 : MAX (((const Plan *) g_sequence_get (head))->due, 1));
}

static void
on_rung (gpointer user_data)
{
  g_autoptr (CkPlanner) self = g_object_ref (CK_PLANNER (user_data));
  gint64 now = ck_clock_boottime ();

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
}

static void
on_stepped (gpointer user_data)
{
  CkPlanner *self = CK_PLANNER (user_data);

  self->func (NULL, self->user_data);
}

static void
ck_planner_finalize (GObject *object)
{
  CkPlanner *self = CK_PLANNER (object);

  g_clear_pointer (&self->alarm, ck_alarm_free);
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
  self->queue = g_sequence_new (g_free);
  self->plans = g_hash_table_new (NULL, NULL);
}

CkPlanner *
ck_planner_new (CkPlannerFunc due, gpointer user_data, GError **error)
{
  g_autoptr (CkPlanner) self = g_object_new (CK_TYPE_PLANNER, NULL);

  self->func = due;
  self->user_data = user_data;
  self->alarm = ck_alarm_new (on_rung, on_stepped, self, error);
  if (self->alarm == NULL)
    return NULL;

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
