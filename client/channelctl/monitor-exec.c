/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "monitor-exec.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "exit.h"
#include "json.h"

/* A command that never ends must not eat the memory. */
#define MAX_QUEUE 10000

typedef struct
{
  char *signal;
  char *channel;
  char *line;
} Event;

struct _CkMonitorExec
{
  GStrv words;
  GQueue events;
  GCancellable *cancellable;
  gboolean running;
};

static void run_next (CkMonitorExec *exec);

static void
event_free (Event *event)
{
  g_free (event->signal);
  g_free (event->channel);
  g_free (event->line);
  g_free (event);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Event, event_free)

CkMonitorExec *
ck_monitor_exec_new (const char *command, GError **error)
{
  g_autoptr (GError) local = NULL;
  CkMonitorExec *exec;
  GStrv words;

  if (!g_shell_parse_argv (command, NULL, &words, &local))
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE, _ ("the command cannot be read: %s"),
                   local->message);
      return NULL;
    }

  exec = g_new0 (CkMonitorExec, 1);
  exec->words = words;
  exec->cancellable = g_cancellable_new ();
  g_queue_init (&exec->events);

  return exec;
}

void
ck_monitor_exec_free (CkMonitorExec *exec)
{
  g_cancellable_cancel (exec->cancellable);
  /* The callback of what still runs needs no more than the cancellable's word. */
  while (exec->running)
    g_main_context_iteration (NULL, TRUE);
  g_queue_clear_full (&exec->events, (GDestroyNotify) event_free);
  g_object_unref (exec->cancellable);
  g_strfreev (exec->words);
  g_free (exec);
}

static void
ended_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  CkMonitorExec *exec = user_data;
  GSubprocess *process = G_SUBPROCESS (source);
  g_autoptr (GError) error = NULL;

  exec->running = FALSE;
  if (!g_subprocess_communicate_finish (process, result, NULL, NULL, &error))
    {
      /* Hanging up on an answer that it does not read is its right. */
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
          && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE))
        g_printerr ("channelctl: %s: %s\n", exec->words[0], error->message);
    }
  else if (!g_subprocess_get_successful (process))
    g_printerr (_ ("channelctl: %s has failed\n"), exec->words[0]);

  run_next (exec);
}

static void
run_next (CkMonitorExec *exec)
{
  g_autoptr (Event) event = NULL;
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GBytes) input = NULL;
  g_autoptr (GError) error = NULL;

  if (exec->running || g_cancellable_is_cancelled (exec->cancellable))
    return;
  event = g_queue_pop_head (&exec->events);
  if (event == NULL)
    return;

  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE);
  g_subprocess_launcher_setenv (launcher, "CHANNELKEEPER_SIGNAL", event->signal, TRUE);
  g_subprocess_launcher_setenv (launcher, "CHANNELKEEPER_CHANNEL", event->channel, TRUE);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) exec->words, &error);
  if (process == NULL)
    {
      g_printerr ("channelctl: %s\n", error->message);
      run_next (exec);
      return;
    }

  input = g_bytes_new (event->line, strlen (event->line));
  exec->running = TRUE;
  g_subprocess_communicate_async (process, input, exec->cancellable, ended_cb, exec);
}

void
ck_monitor_exec_run (CkMonitorExec *exec,
                     const char *signal,
                     const char *channel,
                     JsonObject *object)
{
  g_autofree char *line = ck_json_to_string (object);
  Event *event;

  if (g_queue_get_length (&exec->events) >= MAX_QUEUE)
    {
      g_printerr (_ ("channelctl: an event of %s is dropped: too many wait for the command\n"),
                  channel);
      return;
    }

  event = g_new0 (Event, 1);
  event->signal = g_strdup (signal);
  event->channel = g_strdup (channel);
  event->line = g_strconcat (line, "\n", NULL);
  g_queue_push_tail (&exec->events, event);
  run_next (exec);
}
