/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * A time of the test's own. These files define ck_clock_*() and ck_alarm_*() (broker/planner), so
 * that the real planner runs over 400 days in seconds. Things happen in the order of their times;
 * between two of them the main loop runs until it has nothing to do.
 */

/* The wall clock at the beginning, in Unix seconds. */
#define SIM_EPOCH G_GINT64_CONSTANT (1900000000)

typedef void (*SimFunc) (gpointer data);

/* Begins anew, with nothing planned. */
void sim_time_reset (void);

/* Microseconds since the beginning. */
gint64 sim_time_now (void);

/* Something of the test's, or of the model platform's, in so many microseconds. */
void sim_time_after (gint64 delay, SimFunc func, gpointer data);

/* Runs the main loop until it is idle; no time goes by. */
void sim_time_settle (void);

/* Lets @seconds go by. */
void sim_time_run (gint64 seconds);

/* The same in microseconds. */
void sim_time_run_usec (gint64 usec);

/* The machine sleeps: @seconds are gone at once, and what was due rings after. */
void sim_time_suspend (gint64 seconds);

/* The wall clock is set; the alarm's step function is called as the kernel would make it. */
void sim_time_step (gint64 seconds);

/* The wall clock of the next start: set while the machine is off. */
void sim_time_set_silently (gint64 seconds);

/* How often the alarm rang: an idle broker's does not. */
guint sim_time_count_rings (void);
