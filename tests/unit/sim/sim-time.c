/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-time.h"

#include "ck-alarm.h"
#include "ck-clock.h"

typedef struct
{
  gint64 due;
  guint64 number; /* first planned, first to happen */
  SimFunc func;
  gpointer data;
} Event;

struct _CkAlarm
{
  CkAlarmFunc rung;
  CkAlarmFunc stepped;
  gpointer user_data;
  gint64 due;
};

static gint64 now;
static gint64 offset; /* the wall clock's steps, microseconds */
static guint64 n_events;
static guint n_rings;
static GSequence *events;
static GPtrArray *alarms; /* CkAlarm; a broker that was killed may still have its own */

/* ---- what the broker asks -------------------------------------------------------------------- */

gint64
ck_clock_boottime (void)
{
  /* 0 means unset to an alarm. */
  return now + 1;
}

gint64
ck_clock_real (void)
{
  return SIM_EPOCH * G_USEC_PER_SEC + now + offset;
}

guint64
ck_clock_now (void)
{
  return (guint64) (ck_clock_real () / G_USEC_PER_SEC);
}

CkAlarm *
ck_alarm_new (CkAlarmFunc rung, CkAlarmFunc stepped, gpointer user_data, GError **error)
{
  CkAlarm *alarm = g_new0 (CkAlarm, 1);

  alarm->rung = rung;
  alarm->stepped = stepped;
  alarm->user_data = user_data;
  g_ptr_array_add (alarms, alarm);

  return alarm;
}

void
ck_alarm_free (CkAlarm *alarm)
{
  g_ptr_array_remove (alarms, alarm);
  g_free (alarm);
}

void
ck_alarm_set (CkAlarm *alarm, gint64 due)
{
  alarm->due = due;
}

/* ---- what the test does ---------------------------------------------------------------------- */

static int
compare_events (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const Event *first = a;
  const Event *second = b;

  if (first->due != second->due)
    return first->due < second->due ? -1 : 1;

  return first->number < second->number ? -1 : first->number > second->number;
}

void
sim_time_reset (void)
{
  g_clear_pointer (&events, g_sequence_free);
  events = g_sequence_new (g_free);
  if (alarms == NULL)
    alarms = g_ptr_array_new ();
  g_assert_cmpuint (alarms->len, ==, 0);
  now = offset = 0;
  /* The broker's jitter, repeated by g_test_init()'s --seed. */
  g_random_set_seed ((guint32) g_test_rand_int ());
  n_rings = 0;
}

gint64
sim_time_now (void)
{
  return now;
}

void
sim_time_after (gint64 delay, SimFunc func, gpointer data)
{
  Event *event = g_new0 (Event, 1);

  event->due = now + delay;
  event->number = n_events++;
  event->func = func;
  event->data = data;
  g_sequence_insert_sorted (events, event, compare_events, NULL);
}

void
sim_time_settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static CkAlarm *
find_alarm (void)
{
  CkAlarm *first = NULL;

  for (guint i = 0; i < alarms->len; i++)
    {
      CkAlarm *alarm = alarms->pdata[i];

      if (alarm->due > 0 && (first == NULL || alarm->due < first->due))
        first = alarm;
    }

  return first;
}

/* Lets the next thing happen that is due until @end. Returns: whether there was one */
static gboolean
happen (gint64 end)
{
  CkAlarm *alarm = find_alarm ();
  GSequenceIter *head = g_sequence_get_begin_iter (events);
  const Event *event = g_sequence_iter_is_end (head) ? NULL : g_sequence_get (head);

  if (alarm != NULL && (event == NULL || alarm->due - 1 <= event->due))
    {
      if (alarm->due - 1 > end)
        return FALSE;
      now = MAX (now, alarm->due - 1);
      alarm->due = 0;
      n_rings++;
      alarm->rung (alarm->user_data);
      return TRUE;
    }

  if (event == NULL || event->due > end)
    return FALSE;

  {
    SimFunc func = event->func;
    gpointer data = event->data;

    now = MAX (now, event->due);
    g_sequence_remove (head);
    func (data);
  }

  return TRUE;
}

void
sim_time_run (gint64 seconds)
{
  sim_time_run_usec (seconds * G_USEC_PER_SEC);
}

void
sim_time_run_usec (gint64 usec)
{
  gint64 end = now + usec;

  do
    sim_time_settle ();
  while (happen (end));
  now = MAX (now, end);
}

void
sim_time_suspend (gint64 seconds)
{
  now += seconds * G_USEC_PER_SEC;
  sim_time_run (0);
}

void
sim_time_step (gint64 seconds)
{
  offset += seconds * G_USEC_PER_SEC;
  for (guint i = 0; i < alarms->len; i++)
    {
      CkAlarm *alarm = alarms->pdata[i];

      alarm->stepped (alarm->user_data);
    }
  sim_time_settle ();
}

void
sim_time_set_silently (gint64 seconds)
{
  offset += seconds * G_USEC_PER_SEC;
}

guint
sim_time_count_rings (void)
{
  return n_rings;
}
