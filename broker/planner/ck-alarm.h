/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CkAlarm:
 *
 * Two timerfds (rule 9). One on CLOCK_BOOTTIME rings when it was set to; not set, it never wakes
 * the process. One on CLOCK_REALTIME never rings by itself: the kernel cancels it when the wall
 * clock is set (TFD_TIMER_CANCEL_ON_SET, which does nothing on CLOCK_BOOTTIME).
 */
typedef struct _CkAlarm CkAlarm;

/**
 * CkAlarmFunc:
 *
 * Called from the main loop.
 */
typedef void (*CkAlarmFunc) (gpointer user_data);

/**
 * ck_alarm_new:
 * @rung: the moment it was set to has come; it is not set any more
 * @stepped: the wall clock was set
 * @error: %CK_ERROR_FAILED if the kernel gives no timerfd
 */
CkAlarm *ck_alarm_new (CkAlarmFunc rung, CkAlarmFunc stepped, gpointer user_data, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
void ck_alarm_free (CkAlarm *alarm);

/**
 * ck_alarm_set:
 * @due: microseconds of ck_clock_boottime(); one in the past rings as soon as the loop runs; 0: not
 *   at all
 */
void ck_alarm_set (CkAlarm *alarm, gint64 due);

G_END_DECLS
