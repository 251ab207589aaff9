/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-job-queue.h"

/*
 * A line per host, so that ten thousand jobs that wait for one platform cost nothing to whoever
 * waits for another. The hosts in use are few: finding the one whose first has waited longest is a
 * walk over them.
 */
typedef struct
{
  char *name;
  guint n_running;
  GQueue waiting; /* CkJobPlace */
} Host;

struct _CkJobPlace
{
  Host *host;
  gpointer entry;
  guint64 number; /* of its coming */
  GList link;     /* in the host's line, if it waits */
};

struct _CkJobQueue
{
  GHashTable *hosts; /* name to Host; only those with somebody waiting or running */
  guint64 next_number;
  guint n_waiting;
  guint n_running;
};

static void
host_free (gpointer data)
{
  Host *host = data;

  g_free (host->name);
  g_free (host);
}

CkJobQueue *
ck_job_queue_new (void)
{
  CkJobQueue *queue = g_new0 (CkJobQueue, 1);

  queue->hosts = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, host_free);

  return queue;
}

void
ck_job_queue_free (CkJobQueue *queue)
{
  g_return_if_fail (g_hash_table_size (queue->hosts) == 0);

  g_hash_table_unref (queue->hosts);
  g_free (queue);
}

static Host *
ensure_host (CkJobQueue *queue, const char *name)
{
  Host *host = g_hash_table_lookup (queue->hosts, name);

  if (host == NULL)
    {
      host = g_new0 (Host, 1);
      host->name = g_strdup (name);
      g_queue_init (&host->waiting);
      g_hash_table_insert (queue->hosts, host->name, host);
    }

  return host;
}

static void
drop_place (CkJobQueue *queue, CkJobPlace *place)
{
  Host *host = place->host;

  g_free (place);
  if (host->n_running == 0 && host->waiting.length == 0)
    g_hash_table_remove (queue->hosts, host->name);
}

CkJobPlace *
ck_job_queue_push (CkJobQueue *queue, const char *host, gpointer entry)
{
  CkJobPlace *place = g_new0 (CkJobPlace, 1);

  place->host = ensure_host (queue, host);
  place->entry = entry;
  place->number = queue->next_number++;
  place->link.data = place;
  g_queue_push_tail_link (&place->host->waiting, &place->link);
  queue->n_waiting++;

  return place;
}

static CkJobPlace *
find_first (CkJobQueue *queue, guint max_per_host)
{
  CkJobPlace *first = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, queue->hosts);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Host *host = value;
      CkJobPlace *place = g_queue_peek_head (&host->waiting);

      if (place != NULL && host->n_running < max_per_host
          && (first == NULL || place->number < first->number))
        first = place;
    }

  return first;
}

gpointer
ck_job_queue_peek (CkJobQueue *queue)
{
  CkJobPlace *place = find_first (queue, G_MAXUINT);

  return place != NULL ? place->entry : NULL;
}

gpointer
ck_job_queue_pop (CkJobQueue *queue, guint max_per_host)
{
  CkJobPlace *place = find_first (queue, max_per_host);

  if (place == NULL)
    return NULL;

  g_queue_unlink (&place->host->waiting, &place->link);
  place->host->n_running++;
  queue->n_waiting--;
  queue->n_running++;

  return place->entry;
}

void
ck_job_queue_remove (CkJobQueue *queue, CkJobPlace *place)
{
  g_queue_unlink (&place->host->waiting, &place->link);
  queue->n_waiting--;
  drop_place (queue, place);
}

void
ck_job_queue_done (CkJobQueue *queue, CkJobPlace *place)
{
  place->host->n_running--;
  queue->n_running--;
  drop_place (queue, place);
}

guint
ck_job_queue_get_n_waiting (CkJobQueue *queue)
{
  return queue->n_waiting;
}

guint
ck_job_queue_get_n_running (CkJobQueue *queue)
{
  return queue->n_running;
}
