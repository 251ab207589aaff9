/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What time it is. Everything of the broker that decides asks here, and is woken by ck-alarm.h, so
 * that a test can have a time of its own: it defines the functions of these two headers itself, and
 * the linker then takes neither file out of the broker's library. The daemon has no such switch, no
 * variable, nothing that could be turned from outside.
 */

/**
 * ck_clock_now:
 *
 * Returns: the wall clock, in Unix seconds: what platforms and people count in
 */
guint64 ck_clock_now (void);

/**
 * ck_clock_real:
 *
 * Returns: the wall clock, in microseconds
 */
gint64 ck_clock_real (void);

/**
 * ck_clock_boottime:
 *
 * Returns: microseconds since boot, suspend included (CLOCK_BOOTTIME): what waits count in
 */
gint64 ck_clock_boottime (void);

G_END_DECLS
