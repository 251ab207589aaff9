/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>

#include "ck-background.h"

#define PATIENCE (5 * 1000) /* µs; see ck-background.h */

static GTask *answer; /* stands for all of them */
static GArray *done;  /* int */

static void
call_back (GAsyncReadyCallback callback, int number)
{
  ck_background_call_back (G_ASYNC_RESULT (answer), callback, GINT_TO_POINTER (number));
}

static void
note (GObject *source, GAsyncResult *result, gpointer user_data)
{
  int number = GPOINTER_TO_INT (user_data);

  g_assert_true (source == g_task_get_source_object (answer));
  g_assert_true (result == G_ASYNC_RESULT (answer));
  g_array_append_val (done, number);
}

/* Returns: when the first came, µs */
static gint64
add (int n)
{
  gint64 now = g_get_monotonic_time ();

  g_clear_pointer (&done, g_array_unref);
  done = g_array_new (FALSE, FALSE, sizeof (int));
  for (int i = 1; i <= n; i++)
    call_back (note, i);

  return now;
}

static void
check_done (guint n)
{
  g_assert_cmpuint (done->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (g_array_index (done, int, i), ==, (int) i + 1);
}

static gboolean
is_young (gint64 since)
{
  return g_get_monotonic_time () - since < PATIENCE;
}

static void
do_the_rest (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* Returns: whether the machine was quick enough to see it, as the next one */
static gboolean
try_turns (void)
{
  gint64 since = add (10);
  gboolean young = TRUE;

  for (guint turn = 1; turn <= 10 && young; turn++)
    {
      g_main_context_iteration (NULL, FALSE);
      young = is_young (since);
      if (young)
        check_done (turn);
    }
  do_the_rest ();
  check_done (10);

  return young;
}

static gboolean
on_call (gpointer calls)
{
  (*(guint *) calls)++;

  return G_SOURCE_CONTINUE;
}

static gboolean
try_callers (void)
{
  guint calls = 0;
  guint caller = g_idle_add_full (G_PRIORITY_DEFAULT, on_call, &calls, NULL);
  gint64 since = add (10);
  gboolean young = TRUE;

  for (guint turn = 1; turn <= 5 && young; turn++)
    {
      g_main_context_iteration (NULL, FALSE);
      young = is_young (since);
      if (young)
        {
          check_done (0);
          g_assert_cmpuint (calls, ==, turn);
        }
    }
  g_source_remove (caller);
  do_the_rest ();
  check_done (10);

  return young;
}

static void
note_slowly (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_usleep (500);
  note (source, result, user_data);
}

static void
add_slow (int n)
{
  add (0);
  for (int i = 1; i <= n; i++)
    call_back (note_slowly, i);
}

/* Forty take longer than what comes meanwhile may wait: they are still one in a turn, or nearly. */
static gboolean
try_burst (void)
{
  guint turns = 0;

  for (add_slow (40); done->len < 40; turns++)
    g_main_context_iteration (NULL, TRUE);
  check_done (40);

  return turns >= 35;
}

static gboolean
on_slow_call (gpointer calls)
{
  g_usleep (500);

  return on_call (calls);
}

/* And callers without end have half of the time. */
static gboolean
try_burst_with_callers (void)
{
  guint calls = 0;
  guint caller = g_idle_add_full (G_PRIORITY_DEFAULT, on_slow_call, &calls, NULL);
  guint before;

  add_slow (100);
  while (done->len < 50)
    g_main_context_iteration (NULL, TRUE);
  before = calls;
  while (done->len < 100)
    g_main_context_iteration (NULL, TRUE);
  check_done (100);
  g_source_remove (caller);

  return calls - before >= 15 && calls - before <= 70;
}

static void
see (gboolean (*try) (void))
{
  gboolean seen = FALSE;

  for (guint i = 0; i < 1000 && !seen; i++)
    seen = try ();
  g_assert_true (seen);
}

static void
test_one_in_each_turn (void)
{
  see (try_turns);
}

static void
test_callers_go_first (void)
{
  see (try_callers);
}

static void
test_callers_without_end (void)
{
  guint calls = 0;
  guint caller = g_idle_add_full (G_PRIORITY_DEFAULT, on_call, &calls, NULL);

  add (10);
  g_usleep (PATIENCE + 1000);
  g_main_context_iteration (NULL, FALSE);
  check_done (10);
  g_assert_cmpuint (calls, ==, 1);
  g_source_remove (caller);
}

static void
test_burst (void)
{
  see (try_burst);
  see (try_burst_with_callers);
}

static void
test_no_wake_up_for_nothing (void)
{
  GMainContext *loop = g_main_context_default ();
  GPollFD fds[8];
  int timeout = 0;
  int priority;

  add (1);
  do_the_rest ();
  check_done (1);

  g_assert_true (g_main_context_acquire (loop));
  g_assert_false (g_main_context_prepare (loop, &priority));
  g_main_context_query (loop, priority, &timeout, fds, G_N_ELEMENTS (fds));
  g_assert_cmpint (timeout, ==, -1);
  g_main_context_release (loop);
}

static void
note_and_add_two (GObject *source, GAsyncResult *result, gpointer user_data)
{
  note (source, result, user_data);
  call_back (note, 4);
  call_back (note, 5);
}

static void
note_and_run_a_loop (GObject *source, GAsyncResult *result, gpointer user_data)
{
  note (source, result, user_data);
  while (done->len < 5)
    g_main_context_iteration (NULL, TRUE);
}

/* One that leads to others, and one that waits for them in a loop of its own. */
static void
test_in_a_callback (void)
{
  add (0);
  call_back (note_and_add_two, 1);
  call_back (note_and_run_a_loop, 2);
  call_back (note, 3);
  do_the_rest ();
  check_done (5);
}

/* What libsecret's sync functions do. */
static void
test_other_context (void)
{
  g_autoptr (GMainContext) other = g_main_context_new ();

  add (0);
  g_main_context_push_thread_default (other);
  call_back (note, 1);
  g_main_context_pop_thread_default (other);
  check_done (1);
}

int
main (int argc, char **argv)
{
  g_autoptr (GCancellable) source = g_cancellable_new (); /* any object */
  int failed;

  g_test_init (&argc, &argv, NULL);
  answer = g_task_new (source, NULL, NULL, NULL);

  g_test_add_func ("/background/one-in-each-turn", test_one_in_each_turn);
  g_test_add_func ("/background/callers-go-first", test_callers_go_first);
  g_test_add_func ("/background/callers-without-end", test_callers_without_end);
  g_test_add_func ("/background/burst", test_burst);
  g_test_add_func ("/background/no-wake-up-for-nothing", test_no_wake_up_for_nothing);
  g_test_add_func ("/background/in-a-callback", test_in_a_callback);
  g_test_add_func ("/background/other-context", test_other_context);

  failed = g_test_run ();
  g_array_unref (done);
  g_assert_finalize_object (answer); /* no reference is left behind */

  return failed;
}
