/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-job-queue.h"

typedef struct
{
  const char *name;
  CkJobPlace *place;
} Entry;

static void
push_urgent (
    CkJobQueue *queue, Entry *entry, const char *host, CkUrgency urgency, const char *name)
{
  entry->name = name;
  entry->place = ck_job_queue_push (queue, host, urgency, entry);
}

static void
push (CkJobQueue *queue, Entry *entry, const char *host, const char *name)
{
  push_urgent (queue, entry, host, CK_URGENCY_ROUTINE, name);
}

static Entry *
assert_pop (CkJobQueue *queue, guint max_per_host, const char *name)
{
  Entry *entry = ck_job_queue_pop (queue, max_per_host);

  g_assert_cmpstr (entry != NULL ? entry->name : NULL, ==, name);

  return entry;
}

static void
test_first_come (void)
{
  CkJobQueue *queue = ck_job_queue_new ();
  Entry entries[4];

  push (queue, &entries[0], "a", "a1");
  push (queue, &entries[1], "b", "b1");
  push (queue, &entries[2], "a", "a2");
  push (queue, &entries[3], "c", "c1");
  g_assert_cmpuint (ck_job_queue_get_n_waiting (queue), ==, 4);

  for (gsize i = 0; i < G_N_ELEMENTS (entries); i++)
    {
      g_assert_true (ck_job_queue_peek (queue) == &entries[i]);
      ck_job_queue_done (queue, assert_pop (queue, 1, entries[i].name)->place);
    }
  assert_pop (queue, 1, NULL);
  ck_job_queue_free (queue);
}

/* A host at its limit is passed over, and has its turn again when one of its own is done. */
static void
test_per_host (void)
{
  CkJobQueue *queue = ck_job_queue_new ();
  Entry a[4];
  Entry b;

  push (queue, &a[0], "a", "a1");
  push (queue, &a[1], "a", "a2");
  push (queue, &a[2], "a", "a3");
  push (queue, &b, "b", "b1");

  assert_pop (queue, 2, "a1");
  assert_pop (queue, 2, "a2");
  assert_pop (queue, 2, "b1");
  assert_pop (queue, 2, NULL);
  g_assert_cmpuint (ck_job_queue_get_n_running (queue), ==, 3);
  g_assert_true (ck_job_queue_peek (queue) == &a[2]);

  ck_job_queue_done (queue, b.place);
  assert_pop (queue, 2, NULL);
  ck_job_queue_done (queue, a[1].place);
  push (queue, &a[3], "a", "a4");
  assert_pop (queue, 2, "a3");
  assert_pop (queue, 2, NULL);
  assert_pop (queue, 3, "a4");

  ck_job_queue_done (queue, a[0].place);
  ck_job_queue_done (queue, a[2].place);
  ck_job_queue_done (queue, a[3].place);
  g_assert_cmpuint (ck_job_queue_get_n_running (queue), ==, 0);
  ck_job_queue_free (queue);
}

static void
test_leaving (void)
{
  CkJobQueue *queue = ck_job_queue_new ();
  Entry entries[3];

  push (queue, &entries[0], "a", "first");
  push (queue, &entries[1], "a", "second");
  push (queue, &entries[2], "a", "third");
  ck_job_queue_remove (queue, entries[1].place);
  ck_job_queue_remove (queue, entries[0].place);
  g_assert_cmpuint (ck_job_queue_get_n_waiting (queue), ==, 1);
  assert_pop (queue, 8, "third");
  ck_job_queue_done (queue, entries[2].place);
  ck_job_queue_free (queue);
}

static gboolean
has_name (gpointer entry, gpointer name)
{
  return g_strcmp0 (((Entry *) entry)->name, name) == 0;
}

/* A caller's is next, before a token that ends, before a thousand that are due. */
static void
test_urgent (void)
{
  CkJobQueue *queue = ck_job_queue_new ();
  g_autofree Entry *routine = g_new0 (Entry, 1000);
  Entry other, ending, awaited;

  for (guint i = 0; i < 1000; i++)
    push (queue, &routine[i], "a", i == 998 ? "last but one" : "routine");
  push (queue, &other, "b", "other");
  ck_job_queue_done (queue, assert_pop (queue, 1, "routine")->place);
  push_urgent (queue, &ending, "a", CK_URGENCY_ENDING, "ending");
  push_urgent (queue, &awaited, "a", CK_URGENCY_AWAITED, "awaited");
  g_assert_true (ck_job_queue_peek (queue) == &awaited);
  ck_job_queue_done (queue, assert_pop (queue, 1, "awaited")->place);

  /* A caller comes for one that waits already. */
  g_assert_null (ck_job_queue_find (queue, has_name, (gpointer) "nobody"));
  g_assert_true (ck_job_queue_find (queue, has_name, (gpointer) "last but one") == &routine[998]);
  ck_job_queue_hurry (queue, routine[998].place, CK_URGENCY_AWAITED);
  ck_job_queue_hurry (queue, routine[998].place, CK_URGENCY_ROUTINE);
  ck_job_queue_done (queue, assert_pop (queue, 1, "last but one")->place);

  ck_job_queue_done (queue, assert_pop (queue, 1, "ending")->place);
  for (guint i = 1; i < 1000; i++)
    {
      if (i != 998)
        ck_job_queue_done (queue, assert_pop (queue, 1, "routine")->place);
    }
  ck_job_queue_done (queue, assert_pop (queue, 1, "other")->place);
  ck_job_queue_free (queue);
}

/* What is urgent, without end, holds nobody up for ever: each ninth is who came first. It is that host's
 * turn then as if it were urgent, also before another host's callers who came later. */
static void
test_stream (void)
{
  static const CkUrgency streams[] = { CK_URGENCY_ENDING, CK_URGENCY_AWAITED };

  for (gsize i = 0; i < G_N_ELEMENTS (streams); i++)
    {
      CkJobQueue *queue = ck_job_queue_new ();
      Entry routine[2], stream[17], other;

      for (gsize j = 0; j < G_N_ELEMENTS (routine); j++)
        push (queue, &routine[j], "a", "routine");
      for (gsize j = 0; j < G_N_ELEMENTS (stream); j++)
        push_urgent (queue, &stream[j], "a", streams[i], "urgent");
      push_urgent (queue, &other, "b", streams[i], "other");

      for (guint j = 0; j < 19; j++)
        {
          Entry *entry = j % 9 == 8 ? &routine[j / 9] : &stream[j - j / 9];

          g_assert_true (ck_job_queue_peek (queue) == entry);
          ck_job_queue_done (queue, assert_pop (queue, 1, entry->name)->place);
        }
      ck_job_queue_done (queue, assert_pop (queue, 1, "other")->place);
      ck_job_queue_free (queue);
    }
}

/* Who comes after one that runs can be told before it is done, unless it is another host's turn. */
static void
test_reserved (void)
{
  CkJobQueue *queue = ck_job_queue_new ();
  Entry a[4], b;

  push (queue, &a[0], "a", "a1");
  push (queue, &a[1], "a", "a2");
  push (queue, &b, "b", "b1");
  push (queue, &a[2], "a", "a3");
  assert_pop (queue, 1, "a1");
  g_assert_true (ck_job_queue_peek_after (queue, a[0].place, 1) == &a[1]);
  ck_job_queue_reserve (queue, a[1].place);
  g_assert_cmpuint (ck_job_queue_get_n_waiting (queue), ==, 3);
  g_assert_cmpuint (ck_job_queue_get_n_running (queue), ==, 1);
  g_assert_null (ck_job_queue_peek_after (queue, a[0].place, 1));
  assert_pop (queue, 1, "b1");
  assert_pop (queue, 1, NULL);

  ck_job_queue_begin (queue, a[1].place);
  ck_job_queue_done (queue, a[0].place);
  g_assert_cmpuint (ck_job_queue_get_n_running (queue), ==, 2);
  ck_job_queue_give_back (queue, a[1].place);
  push_urgent (queue, &a[3], "a", CK_URGENCY_AWAITED, "a4");
  ck_job_queue_reserve (queue, a[3].place);
  ck_job_queue_give_back (queue, a[3].place);
  ck_job_queue_done (queue, assert_pop (queue, 1, "a4")->place);
  ck_job_queue_done (queue, assert_pop (queue, 1, "a2")->place);

  ck_job_queue_reserve (queue, a[2].place);
  ck_job_queue_remove (queue, a[2].place);
  ck_job_queue_done (queue, b.place);
  g_assert_cmpuint (ck_job_queue_get_n_waiting (queue), ==, 0);
  ck_job_queue_free (queue);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/job-queue/first-come", test_first_come);
  g_test_add_func ("/job-queue/per-host", test_per_host);
  g_test_add_func ("/job-queue/leaving", test_leaving);
  g_test_add_func ("/job-queue/urgent", test_urgent);
  g_test_add_func ("/job-queue/stream", test_stream);
  g_test_add_func ("/job-queue/reserved", test_reserved);

  return g_test_run ();
}
