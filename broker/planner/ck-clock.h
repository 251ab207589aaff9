/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ck_clock_now:
 *
 * Returns: the wall clock, in Unix seconds: what platforms and people count in
 */
guint64 ck_clock_now (void);

/**
 * ck_clock_boottime:
 *
 * Returns: microseconds since boot, suspend included (CLOCK_BOOTTIME): what waits count in
 */
gint64 ck_clock_boottime (void);

G_END_DECLS
