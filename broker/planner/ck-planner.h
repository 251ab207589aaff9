/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * CkPlanner:
 *
 * When is something due? One queue ordered by time and one alarm (ck-alarm.h) set to its head: an
 * empty queue never wakes the process. When the wall clock was set, every plan made from wall-clock
 * times has to be made anew.
 */
#define CK_TYPE_PLANNER (ck_planner_get_type ())
G_DECLARE_FINAL_TYPE (CkPlanner, ck_planner, CK, PLANNER, GObject)

/**
 * CkPlannerFunc:
 * @key: what is due; it is no longer planned when this is called. %NULL: the wall clock was set
 */
typedef void (*CkPlannerFunc) (gpointer key, gpointer user_data);

/**
 * ck_planner_new:
 * @due: called from the main loop
 * @error: %CK_ERROR_FAILED if the kernel gives no timerfd
 */
CkPlanner *ck_planner_new (CkPlannerFunc due,
                           gpointer user_data,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_planner_set:
 * @key: whose plan it is; one per key, a later one replaces it. Not referenced: unset it before
 *   it goes
 * @delay: microseconds from now; 0 or less is as soon as the loop runs
 */
void ck_planner_set (CkPlanner *self, gpointer key, gint64 delay);

/**
 * ck_planner_unset:
 * @key: nothing is due for it any more
 */
void ck_planner_unset (CkPlanner *self, gpointer key);

/**
 * ck_planner_is_set:
 */
gboolean ck_planner_is_set (CkPlanner *self, gpointer key);

G_END_DECLS
