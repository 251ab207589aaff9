/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-job-queue.h"

/* So many urgent ones of a host go in a row, and then the one of it that came first. */
#define MAX_URGENT 8

/*
 * A line per host and urgency, so that ten thousand jobs that wait for one platform cost nothing to
 * whoever waits for another. The hosts in use are few: finding the one whose first has waited
 * longest is a walk over them.
 */
typedef struct
{
  char *name;
  guint n_places;
  guint n_running;
  guint n_urgent;                 /* in a row */
  GQueue waiting[CK_N_URGENCIES]; /* CkJobPlace */
} Host;

typedef enum
{
  PLACE_WAITING,
  PLACE_RESERVED,
  PLACE_RUNNING,
} PlaceState;

struct _CkJobPlace
{
  Host *host;
  gpointer entry;
  CkUrgency urgency;
  PlaceState state;
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
      g_hash_table_insert (queue->hosts, host->name, host);
    }

  return host;
}

static void
drop_place (CkJobQueue *queue, CkJobPlace *place)
{
  Host *host = place->host;

  g_free (place);
  if (--host->n_places == 0)
    g_hash_table_remove (queue->hosts, host->name);
}

static GQueue *
get_line (CkJobPlace *place)
{
  return &place->host->waiting[place->urgency];
}

CkJobPlace *
ck_job_queue_push (CkJobQueue *queue, const char *host, CkUrgency urgency, gpointer entry)
{
  CkJobPlace *place = g_new0 (CkJobPlace, 1);

  place->host = ensure_host (queue, host);
  place->host->n_places++;
  place->entry = entry;
  place->urgency = urgency;
  place->number = queue->next_number++;
  place->link.data = place;
  g_queue_push_tail_link (get_line (place), &place->link);
  queue->n_waiting++;

  return place;
}

gpointer
ck_job_queue_find (CkJobQueue *queue, CkJobFunc func, gpointer user_data)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, queue->hosts);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      for (guint i = 0; i < CK_N_URGENCIES; i++)
        {
          for (GList *link = ((Host *) value)->waiting[i].head; link != NULL; link = link->next)
            {
              CkJobPlace *place = link->data;

              if (func (place->entry, user_data))
                return place->entry;
            }
        }
    }

  return NULL;
}

void
ck_job_queue_hurry (CkJobQueue *queue, CkJobPlace *place, CkUrgency urgency)
{
  if (place->state != PLACE_WAITING || urgency <= place->urgency)
    return;

  g_queue_unlink (get_line (place), &place->link);
  place->urgency = urgency;
  g_queue_push_tail_link (get_line (place), &place->link);
}

static CkJobPlace *
peek_host (Host *host)
{
  CkJobPlace *place = NULL;

  for (guint i = CK_N_URGENCIES; i-- > 0 && place == NULL;)
    place = g_queue_peek_head (&host->waiting[i]);

  return place;
}

/*
 * What is urgent, unless it is the turn of who came first, or a stream of callers would hold up what
 * is routine for ever. Counted, and not by the time that one has waited: when ten thousand are due
 * at once, thousands have waited long, and no caller is to wait behind them.
 */
static CkJobPlace *
choose (Host *host)
{
  CkJobPlace *chosen = peek_host (host);

  for (guint i = 0; i < CK_N_URGENCIES && host->n_urgent >= MAX_URGENT; i++)
    {
      CkJobPlace *place = g_queue_peek_head (&host->waiting[i]);

      if (place != NULL && place->number < chosen->number)
        chosen = place;
    }

  return chosen;
}

static gboolean
comes_before (const CkJobPlace *place, const CkJobPlace *other)
{
  if (place->urgency != other->urgency)
    return place->urgency > other->urgency;

  return place->number < other->number;
}

/* @leaving: (nullable): counted as if it ran no more */
static CkJobPlace *
find_first (CkJobQueue *queue, guint max_per_host, const CkJobPlace *leaving)
{
  CkJobPlace *first = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, queue->hosts);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Host *host = value;
      CkJobPlace *place = peek_host (host);
      guint n_leaving = leaving != NULL && leaving->host == host ? 1 : 0;

      if (place != NULL && host->n_running - n_leaving < max_per_host
          && (first == NULL || comes_before (place, first)))
        first = place;
    }

  return first != NULL ? choose (first->host) : NULL;
}

gpointer
ck_job_queue_peek (CkJobQueue *queue)
{
  CkJobPlace *place = find_first (queue, G_MAXUINT, NULL);

  return place != NULL ? place->entry : NULL;
}

gpointer
ck_job_queue_peek_after (CkJobQueue *queue, const CkJobPlace *place, guint max_per_host)
{
  CkJobPlace *first = find_first (queue, max_per_host, place);

  return first != NULL && first->host == place->host ? first->entry : NULL;
}

gpointer
ck_job_queue_pop (CkJobQueue *queue, guint max_per_host)
{
  CkJobPlace *place = find_first (queue, max_per_host, NULL);

  if (place == NULL)
    return NULL;

  ck_job_queue_reserve (queue, place);
  ck_job_queue_begin (queue, place);

  return place->entry;
}

void
ck_job_queue_reserve (CkJobQueue *queue, CkJobPlace *place)
{
  g_return_if_fail (place->state == PLACE_WAITING);

  g_queue_unlink (get_line (place), &place->link);
  place->state = PLACE_RESERVED;
  if (place->urgency > CK_URGENCY_ROUTINE && place->host->n_urgent < MAX_URGENT)
    place->host->n_urgent++;
  else
    place->host->n_urgent = 0;
}

void
ck_job_queue_begin (CkJobQueue *queue, CkJobPlace *place)
{
  g_return_if_fail (place->state == PLACE_RESERVED);

  place->state = PLACE_RUNNING;
  place->host->n_running++;
  queue->n_waiting--;
  queue->n_running++;
}

void
ck_job_queue_give_back (CkJobQueue *queue, CkJobPlace *place)
{
  g_return_if_fail (place->state != PLACE_WAITING);

  if (place->state == PLACE_RUNNING)
    {
      place->host->n_running--;
      queue->n_running--;
      queue->n_waiting++;
    }
  place->state = PLACE_WAITING;
  g_queue_push_head_link (get_line (place), &place->link);
}

void
ck_job_queue_remove (CkJobQueue *queue, CkJobPlace *place)
{
  g_return_if_fail (place->state != PLACE_RUNNING);

  if (place->state == PLACE_WAITING)
    g_queue_unlink (get_line (place), &place->link);
  queue->n_waiting--;
  drop_place (queue, place);
}

void
ck_job_queue_done (CkJobQueue *queue, CkJobPlace *place)
{
  g_return_if_fail (place->state == PLACE_RUNNING);

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
