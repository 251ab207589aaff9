/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <libsecret/secret.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ck-peer.h"
#include "ck-worker.h"

/* Where the broker, or systemd, puts the connection. */
#define CONNECTION_FD 3

/* What the environment says, before it is thrown away. */
typedef struct
{
  gboolean is_activated; /* sd_listen_fds(3) */
  char *module_dir;      /* (nullable): an uninstalled build's */
} Surroundings;

static void
read_environment (Surroundings *surroundings)
{
  const char *pid = g_getenv ("LISTEN_PID");
  const char *fds = g_getenv ("LISTEN_FDS");
  guint64 number;

  surroundings->is_activated =
      pid != NULL && fds != NULL
      && g_ascii_string_to_unsigned (pid, 10, 1, G_MAXINT, &number, NULL)
      && number == (guint64) getpid () && g_ascii_string_to_unsigned (fds, 10, 1, 1, &number, NULL);
  surroundings->module_dir = g_strdup (g_getenv ("CHANNELKEEPER_MODULEDIR"));
}

/* Nothing of what this process knows or inherited may leave it, nor steer it. */
static gboolean
harden (void)
{
  const struct rlimit none = { 0, 0 };
  int null;

  umask (077);
  clearenv ();
  if (setenv ("PATH", "/usr/bin:/bin", 1) < 0 || prctl (PR_SET_DUMPABLE, 0) < 0
      || setrlimit (RLIMIT_CORE, &none) < 0 || signal (SIGPIPE, SIG_IGN) == SIG_ERR)
    return FALSE;

  null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0 || dup2 (null, STDIN_FILENO) < 0 || dup2 (null, STDOUT_FILENO) < 0
      || close_range (CONNECTION_FD + 1, ~0U, 0) < 0)
    return FALSE;

  return fcntl (CONNECTION_FD, F_SETFD, FD_CLOEXEC) == 0;
}

static void
on_closed (GDBusConnection *connection, gboolean vanished, GError *error, gpointer loop)
{
  g_main_loop_quit (loop);
}

static int
fail (const char *what, const GError *error)
{
  fprintf (stderr,
           "channelkeeper-worker: %s%s%s\n",
           what,
           error != NULL ? ": " : "",
           error != NULL ? error->message : "");

  return EXIT_FAILURE;
}

static int
serve (const Surroundings *surroundings)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (CkModuleLoader) loader = NULL;
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (CkWorker) worker = NULL;
  g_autoptr (GError) error = NULL;
  /* Or libsecret would give its locked page back after each transaction, and lock another for the next. */
  g_autoptr (SecretValue) page = secret_value_new ("", 0, "text/plain");
  CkWatchdog *watchdog;
  const char *directory = CK_MODULEDIR;
  uid_t owner = 0;

  /* An uninstalled build belongs to who runs it; an installed module to root alone. */
  if (surroundings->module_dir != NULL)
    {
      directory = surroundings->module_dir;
      owner = geteuid ();
    }
  loader = ck_module_loader_new (directory, owner);

  watchdog = ck_watchdog_start (CONNECTION_FD, &error);
  if (watchdog == NULL)
    return fail ("cannot start", error);
  connection = ck_peer_connect (CONNECTION_FD, surroundings->is_activated, &error);
  if (connection == NULL)
    return fail ("refuses to serve", error);

  worker = ck_worker_new (connection, loader, watchdog, &error);
  if (worker == NULL)
    return fail ("cannot start", error);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), loop);
  g_dbus_connection_start_message_processing (connection);

  g_main_loop_run (loop);

  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  Surroundings surroundings = { FALSE, NULL };
  int status;

  if (argc == 2 && g_str_equal (argv[1], "--version"))
    {
      puts ("channelkeeper-worker " PACKAGE_VERSION);
      return EXIT_SUCCESS;
    }
  if (argc > 1 || fcntl (CONNECTION_FD, F_GETFD) < 0)
    return fail ("is started by channelkeeperd, with its connection on file descriptor 3", NULL);

  read_environment (&surroundings);
  if (!harden ())
    return fail ("cannot shut itself off from its surroundings", NULL);
  if (curl_global_init (CURL_GLOBAL_DEFAULT) != CURLE_OK)
    return fail ("cannot start libcurl", NULL);

  status = serve (&surroundings);
  g_free (surroundings.module_dir);

  return status;
}
