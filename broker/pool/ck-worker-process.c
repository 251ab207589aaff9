/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-worker-process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ck-error.h"

#define WORKER_FD 3

/* Shared with the child watch, which outlives the pool if it has to. */
struct _CkWorkerProcess
{
  gatomicrefcount ref_count;
  pid_t pid; /* 0 once it is reaped: the number may be another's then */
};

void
ck_worker_process_free (CkWorkerProcess *process)
{
  if (g_atomic_ref_count_dec (&process->ref_count))
    g_free (process);
}

void
ck_worker_process_kill (CkWorkerProcess *process)
{
  if (process->pid != 0)
    kill (process->pid, SIGKILL);
}

static void
on_worker_exit (GPid pid, int status, gpointer user_data)
{
  CkWorkerProcess *process = user_data;

  process->pid = 0;
}

static void
watch (CkWorkerProcess *process)
{
  g_autoptr (GSource) source = g_child_watch_source_new (process->pid);

  g_atomic_ref_count_inc (&process->ref_count);
  g_source_set_callback (source,
                         G_SOURCE_FUNC (on_worker_exit),
                         process,
                         (GDestroyNotify) ck_worker_process_free);
  g_source_attach (source, g_main_context_get_thread_default ());
}

/* What a worker needs to know, and nothing of what the broker was told. */
static GStrv
make_environment (void)
{
  static const char *const inherited[] = { "CHANNELKEEPER_MODULEDIR", "G_MESSAGES_DEBUG" };
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_add_many (builder,
                           "PATH=/usr/bin:/bin",
                           "LANG=C.UTF-8",
                           "GLIBC_TUNABLES=" CK_MALLOC_TUNABLES,
                           NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (inherited); i++)
    {
      const char *value = g_getenv (inherited[i]);
      g_autofree char *line = g_strconcat (inherited[i], "=", value, NULL);

      if (value != NULL)
        g_strv_builder_add (builder, line);
    }

  return g_strv_builder_end (builder);
}

/*
 * posix_spawn() and not GSubprocess: it shares the memory until the exec, so that a broker with a
 * hundred thousand channels does not stand still for a fork(), and it closes what it was not told
 * to keep, whoever in the process had forgotten O_CLOEXEC.
 */
static int
spawn (const char *path, int fd, pid_t *pid)
{
  g_auto (GStrv) environment = make_environment ();
  char *argv[] = { (char *) path, NULL };
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none;
  sigset_t all;
  int result;

  sigemptyset (&none);
  sigfillset (&all);
  posix_spawnattr_init (&attributes);
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setsigmask (&attributes, &none);
  posix_spawnattr_setsigdefault (&attributes, &all);

  /* Onto itself, dup2() would keep O_CLOEXEC: @fd is never 3 (see make_pair()). */
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, fd, WORKER_FD);
  posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen (&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np (&actions, WORKER_FD + 1);

  result = posix_spawn (pid, path, &actions, &attributes, argv, environment);
  posix_spawn_file_actions_destroy (&actions);
  posix_spawnattr_destroy (&attributes);

  return result;
}

/* Both ends above the numbers that the child gives a meaning to. */
static gboolean
make_pair (int fds[2])
{
  int low[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, low) < 0)
    return FALSE;

  fds[0] = fcntl (low[0], F_DUPFD_CLOEXEC, WORKER_FD + 1);
  fds[1] = fcntl (low[1], F_DUPFD_CLOEXEC, WORKER_FD + 1);
  close (low[0]);
  close (low[1]);
  if (fds[0] >= 0 && fds[1] >= 0)
    return TRUE;

  if (fds[0] >= 0)
    close (fds[0]);
  if (fds[1] >= 0)
    close (fds[1]);

  return FALSE;
}

CkWorkerProcess *
ck_worker_process_start (const char *path, GSocket **socket, GError **error)
{
  g_autoptr (GSocket) ours = NULL;
  CkWorkerProcess *process;
  int fds[2];
  pid_t pid;
  int failure;

  if (!make_pair (fds))
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_FAILED,
                   "cannot make a socket for a worker: %s",
                   g_strerror (errno));
      return NULL;
    }

  ours = g_socket_new_from_fd (fds[0], error);
  if (ours == NULL)
    {
      close (fds[0]);
      close (fds[1]);
      return NULL;
    }

  failure = spawn (path, fds[1], &pid);
  close (fds[1]);
  if (failure != 0)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_FAILED,
                   "cannot start the worker %s: %s",
                   path,
                   g_strerror (failure));
      return NULL;
    }

  process = g_new0 (CkWorkerProcess, 1);
  g_atomic_ref_count_init (&process->ref_count);
  process->pid = pid;
  watch (process);
  *socket = g_steal_pointer (&ours);

  return process;
}
