/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ck-error.h"

struct _CkWatchdog
{
  int connection; /* our own descriptor for it: GDBus closes its one as it likes */
  int wake;
  GMutex lock;
  char *what;      /* (nullable): not armed */
  gint64 deadline; /* 0: not armed */
};

/* Whatever the module is doing, and whatever locks it holds: nothing here may wait for it. */
static void G_GNUC_NORETURN
end_process (CkWatchdog *watchdog, const char *why)
{
  if (watchdog->what == NULL)
    _exit (EXIT_SUCCESS);

  dprintf (STDERR_FILENO, "channelkeeper-worker: gives up %s: %s\n", watchdog->what, why);
  _exit (EXIT_FAILURE);
}

static int
get_timeout (CkWatchdog *watchdog)
{
  gint64 left;

  if (watchdog->deadline == 0)
    return -1;

  left = (watchdog->deadline - g_get_monotonic_time () + 999) / 1000;

  return (int) CLAMP (left, 0, G_MAXINT);
}

static gpointer
watch (gpointer user_data)
{
  CkWatchdog *watchdog = user_data;

  while (TRUE)
    {
      struct pollfd fds[] = { { watchdog->connection, POLLRDHUP, 0 },
                              { watchdog->wake, POLLIN, 0 } };
      eventfd_t count;
      int timeout;

      g_mutex_lock (&watchdog->lock);
      timeout = get_timeout (watchdog);
      if (timeout == 0)
        end_process (watchdog, "the time has run out");
      g_mutex_unlock (&watchdog->lock);

      if (poll (fds, G_N_ELEMENTS (fds), timeout) < 0 && errno != EINTR)
        abort ();
      if (fds[0].revents != 0)
        {
          g_mutex_lock (&watchdog->lock);
          end_process (watchdog, "the broker has hung up");
        }
      if (fds[1].revents != 0)
        (void) eventfd_read (watchdog->wake, &count);
    }

  return NULL;
}

CkWatchdog *
ck_watchdog_start (int fd, GError **error)
{
  CkWatchdog *watchdog = g_new0 (CkWatchdog, 1);
  GThread *thread = NULL;

  g_mutex_init (&watchdog->lock);
  watchdog->connection = fcntl (fd, F_DUPFD_CLOEXEC, 4);
  watchdog->wake = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (watchdog->connection >= 0 && watchdog->wake >= 0)
    thread = g_thread_try_new ("watchdog", watch, watchdog, error);
  else
    g_set_error (error,
                 CK_ERROR,
                 CK_ERROR_FAILED,
                 "cannot watch the connection: %s",
                 g_strerror (errno));
  if (thread == NULL)
    {
      g_free (watchdog);
      return NULL;
    }
  g_thread_unref (thread);

  return watchdog;
}

static void
set (CkWatchdog *watchdog, const char *what, gint64 deadline)
{
  g_mutex_lock (&watchdog->lock);
  g_free (watchdog->what);
  watchdog->what = g_strdup (what);
  watchdog->deadline = deadline;
  g_mutex_unlock (&watchdog->lock);

  (void) eventfd_write (watchdog->wake, 1);
}

void
ck_watchdog_arm (CkWatchdog *watchdog, const char *what, gint64 deadline)
{
  set (watchdog, what, deadline);
}

void
ck_watchdog_disarm (CkWatchdog *watchdog)
{
  set (watchdog, NULL, 0);
}
