/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-clock.h"

#include <time.h>

guint64
ck_clock_now (void)
{
  gint64 now = ck_clock_real () / G_USEC_PER_SEC;

  return now > 0 ? (guint64) now : 0;
}

gint64
ck_clock_real (void)
{
  return g_get_real_time ();
}

gint64
ck_clock_boottime (void)
{
  struct timespec ts;

  clock_gettime (CLOCK_BOOTTIME, &ts);

  return (gint64) ts.tv_sec * G_USEC_PER_SEC + ts.tv_nsec / 1000;
}
