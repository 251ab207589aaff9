/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-alarm.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "ck-error.h"

/* The date the wall-clock timer waits for: never, so that only a step ends the wait. */
#define FAR_FUTURE G_GINT64_CONSTANT (253402300799)

struct _CkAlarm
{
  CkAlarmFunc rung;
  CkAlarmFunc stepped;
  gpointer user_data;
  gint64 due;
  int timer_fd;
  int step_fd;
  guint timer_source;
  guint step_source;
};

static void
arm_step (CkAlarm *alarm)
{
  struct itimerspec spec = { .it_value.tv_sec = FAR_FUTURE };

  timerfd_settime (alarm->step_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL);
}

static gboolean
on_timer (int fd, GIOCondition condition, gpointer user_data)
{
  CkAlarm *alarm = user_data;
  guint64 expirations;

  /* Set to another moment since it rang. */
  if (read (fd, &expirations, sizeof expirations) < 0 && errno == EAGAIN)
    return G_SOURCE_CONTINUE;

  alarm->due = 0;
  alarm->rung (alarm->user_data);

  return G_SOURCE_CONTINUE;
}

static gboolean
on_step (int fd, GIOCondition condition, gpointer user_data)
{
  CkAlarm *alarm = user_data;
  guint64 expirations;

  /* ECANCELED is the news: the wall clock was set. */
  if (read (fd, &expirations, sizeof expirations) < 0 && errno == EAGAIN)
    return G_SOURCE_CONTINUE;

  arm_step (alarm);
  alarm->stepped (alarm->user_data);

  return G_SOURCE_CONTINUE;
}

CkAlarm *
ck_alarm_new (CkAlarmFunc rung, CkAlarmFunc stepped, gpointer user_data, GError **error)
{
  int timer_fd = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  int step_fd = timerfd_create (CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  CkAlarm *alarm;

  if (timer_fd < 0 || step_fd < 0)
    {
      if (timer_fd >= 0)
        close (timer_fd);
      if (step_fd >= 0)
        close (step_fd);
      g_set_error_literal (error, CK_ERROR, CK_ERROR_FAILED, "cannot make a timerfd");
      return NULL;
    }

  alarm = g_new0 (CkAlarm, 1);
  alarm->rung = rung;
  alarm->stepped = stepped;
  alarm->user_data = user_data;
  alarm->timer_fd = timer_fd;
  alarm->step_fd = step_fd;
  alarm->timer_source = g_unix_fd_add (timer_fd, G_IO_IN, on_timer, alarm);
  alarm->step_source = g_unix_fd_add (step_fd, G_IO_IN, on_step, alarm);
  arm_step (alarm);

  return alarm;
}

void
ck_alarm_free (CkAlarm *alarm)
{
  g_source_remove (alarm->timer_source);
  g_source_remove (alarm->step_source);
  close (alarm->timer_fd);
  close (alarm->step_fd);
  g_free (alarm);
}

void
ck_alarm_set (CkAlarm *alarm, gint64 due)
{
  struct itimerspec spec = { 0 };

  if (due == alarm->due)
    return;

  alarm->due = due;
  spec.it_value.tv_sec = due / G_USEC_PER_SEC;
  spec.it_value.tv_nsec = (due % G_USEC_PER_SEC) * 1000;
  timerfd_settime (alarm->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}
