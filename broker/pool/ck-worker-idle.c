/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-worker-idle.h"

typedef struct
{
  CkWorkerPeer *worker;
  gint64 until; /* monotonic, microseconds */
} Entry;

struct _CkWorkerIdle
{
  GQueue entries; /* Entry, those that leave first in front */
  GSource *timer; /* NULL if there are none */
  guint milliseconds;
};

static void on_closed (CkWorkerPeer *worker, gpointer user_data);

/* Returns: (transfer full): its worker */
static CkWorkerPeer *
unlink_entry (CkWorkerIdle *idle, GList *link)
{
  Entry *entry = link->data;
  CkWorkerPeer *worker = entry->worker;

  g_queue_delete_link (&idle->entries, link);
  g_free (entry);
  g_signal_handlers_disconnect_by_func (worker, on_closed, idle);

  if (idle->entries.length == 0 && idle->timer != NULL)
    {
      g_source_destroy (idle->timer);
      g_clear_pointer (&idle->timer, g_source_unref);
    }

  return worker;
}

static void
drop_entry (CkWorkerIdle *idle, GList *link)
{
  g_autoptr (CkWorkerPeer) worker = unlink_entry (idle, link);

  ck_worker_peer_close (worker);
}

static void
on_closed (CkWorkerPeer *worker, gpointer user_data)
{
  CkWorkerIdle *idle = user_data;

  for (GList *link = idle->entries.head; link != NULL; link = link->next)
    {
      if (((Entry *) link->data)->worker == worker)
        {
          drop_entry (idle, link);
          return;
        }
    }
}

CkWorkerIdle *
ck_worker_idle_new (guint milliseconds)
{
  CkWorkerIdle *idle = g_new0 (CkWorkerIdle, 1);

  g_queue_init (&idle->entries);
  idle->milliseconds = milliseconds;

  return idle;
}

void
ck_worker_idle_free (CkWorkerIdle *idle)
{
  ck_worker_idle_trim (idle, 0);
  g_free (idle);
}

static gboolean on_timer (gpointer user_data);

static void
arm (CkWorkerIdle *idle, gint64 until)
{
  gint64 wait = MAX (until - g_get_monotonic_time (), 0) / 1000 + 1;

  if (idle->timer != NULL)
    {
      g_source_destroy (idle->timer);
      g_source_unref (idle->timer);
    }
  idle->timer = g_timeout_source_new ((guint) MIN (wait, G_MAXINT));
  g_source_set_callback (idle->timer, on_timer, idle, NULL);
  g_source_attach (idle->timer, g_main_context_get_thread_default ());
}

static gboolean
on_timer (gpointer user_data)
{
  CkWorkerIdle *idle = user_data;
  gint64 now = g_get_monotonic_time ();

  while (idle->entries.length > 0)
    {
      Entry *entry = g_queue_peek_head (&idle->entries);

      if (entry->until > now)
        {
          arm (idle, entry->until);
          break;
        }
      drop_entry (idle, idle->entries.head);
    }

  return G_SOURCE_REMOVE;
}

void
ck_worker_idle_set_time (CkWorkerIdle *idle, guint milliseconds)
{
  gint64 until = g_get_monotonic_time () + (gint64) milliseconds * 1000;

  /* All of them, lest the one in front stay longer than one behind it. */
  idle->milliseconds = milliseconds;
  for (GList *link = idle->entries.head; link != NULL; link = link->next)
    ((Entry *) link->data)->until = until;
  if (idle->entries.length > 0)
    arm (idle, until);
}

void
ck_worker_idle_put (CkWorkerIdle *idle, CkWorkerPeer *worker)
{
  Entry *entry;

  if (!ck_worker_peer_is_reusable (worker))
    {
      ck_worker_peer_close (worker);
      g_object_unref (worker);
      return;
    }

  entry = g_new0 (Entry, 1);
  entry->worker = worker;
  entry->until = g_get_monotonic_time () + (gint64) idle->milliseconds * 1000;
  g_queue_push_tail (&idle->entries, entry);
  g_signal_connect (worker, "closed", G_CALLBACK (on_closed), idle);
  if (idle->timer == NULL)
    arm (idle, entry->until);
}

CkWorkerPeer *
ck_worker_idle_take (CkWorkerIdle *idle, const char *client)
{
  GList *next;

  for (GList *link = idle->entries.head; link != NULL; link = next)
    {
      Entry *entry = link->data;

      next = link->next;
      if (!g_str_equal (ck_worker_peer_get_client (entry->worker), client))
        continue;
      if (ck_worker_peer_is_reusable (entry->worker))
        return unlink_entry (idle, link);
      drop_entry (idle, link);
    }

  return NULL;
}

void
ck_worker_idle_trim (CkWorkerIdle *idle, guint n)
{
  while (idle->entries.length > n)
    drop_entry (idle, idle->entries.head);
}

guint
ck_worker_idle_get_length (CkWorkerIdle *idle)
{
  return idle->entries.length;
}
