/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#define REGISTER_TIMEOUT_MS 5000
/* Which descriptor the agent closes when it is registered. */
#define NOTIFY_FD 3

struct _CkAgent
{
  GSubprocess *process;
};

gboolean
ck_agent_wanted (void)
{
  return geteuid () != 0 && isatty (STDIN_FILENO) == 1 && isatty (STDERR_FILENO) == 1;
}

/* pkttyagent closes its end when it is registered, or by ending. */
static void
wait_for_hangup (int fd)
{
  struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
  gint64 deadline = g_get_monotonic_time () + REGISTER_TIMEOUT_MS * 1000;
  gint64 left;

  while ((left = (deadline - g_get_monotonic_time ()) / 1000) > 0)
    {
      if (poll (&poll_fd, 1, (int) left) >= 0 || errno != EINTR)
        return;
    }
}

CkAgent *
ck_agent_start (void)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_INHERIT);
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *fd_word = NULL;
  gboolean has_screen = g_getenv ("DISPLAY") != NULL || g_getenv ("WAYLAND_DISPLAY") != NULL;
  CkAgent *agent;
  int fds[2];

  if (!g_unix_open_pipe (fds, FD_CLOEXEC, NULL))
    return NULL;

  /* Without --process the agent serves its parent, which is us. With a screen a desktop's agent
   * goes first; without one there is none, and polkit 122 finds no fallback for a process outside
   * of any login session. */
  g_subprocess_launcher_take_fd (launcher, fds[1], NOTIFY_FD);
  fd_word = g_strdup_printf ("--notify-fd=%d", NOTIFY_FD);
  process = g_subprocess_launcher_spawn (launcher, NULL, "pkttyagent", fd_word,
                                         has_screen ? "--fallback" : NULL, NULL);
  g_subprocess_launcher_close (launcher);
  if (process == NULL)
    {
      close (fds[0]);
      return NULL;
    }
  wait_for_hangup (fds[0]);
  close (fds[0]);

  agent = g_new0 (CkAgent, 1);
  agent->process = g_steal_pointer (&process);

  return agent;
}

void
ck_agent_stop (CkAgent *agent)
{
  /* The agent gives the terminal back as it was when it is asked to end, so wait for it. */
  g_subprocess_send_signal (agent->process, SIGTERM);
  g_subprocess_wait (agent->process, NULL, NULL);
  g_object_unref (agent->process);
  g_free (agent);
}
