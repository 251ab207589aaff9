/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-planner.h"

typedef struct
{
  GMainLoop *loop;
  GPtrArray *order;
  guint expected;
} Fixture;

static void
on_due (gpointer key, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_add (fixture->order, key);
  if (fixture->order->len == fixture->expected)
    g_main_loop_quit (fixture->loop);
}

static gboolean
on_timeout (gpointer user_data)
{
  g_error ("nothing became due");

  return G_SOURCE_REMOVE;
}

static void
wait_for (Fixture *fixture, guint expected)
{
  guint timeout = g_timeout_add_seconds (10, on_timeout, NULL);

  fixture->expected = expected;
  if (fixture->order->len < expected)
    g_main_loop_run (fixture->loop);
  g_source_remove (timeout);
}

static void
test_order (void)
{
  g_autoptr (GError) error = NULL;
  Fixture fixture = { g_main_loop_new (NULL, FALSE), g_ptr_array_new (), 0 };
  g_autoptr (CkPlanner) planner = ck_planner_new (on_due, &fixture, &error);

  g_assert_no_error (error);
  ck_planner_set (planner, GINT_TO_POINTER (3), 30000);
  ck_planner_set (planner, GINT_TO_POINTER (1), 10000);
  ck_planner_set (planner, GINT_TO_POINTER (4), 5000);
  ck_planner_set (planner, GINT_TO_POINTER (2), -5);
  ck_planner_set (planner, GINT_TO_POINTER (3), 20000); /* replaces */
  ck_planner_unset (planner, GINT_TO_POINTER (4));
  g_assert_true (ck_planner_is_set (planner, GINT_TO_POINTER (3)));
  g_assert_false (ck_planner_is_set (planner, GINT_TO_POINTER (4)));

  wait_for (&fixture, 3);
  g_assert_cmpint (GPOINTER_TO_INT (g_ptr_array_index (fixture.order, 0)), ==, 2);
  g_assert_cmpint (GPOINTER_TO_INT (g_ptr_array_index (fixture.order, 1)), ==, 1);
  g_assert_cmpint (GPOINTER_TO_INT (g_ptr_array_index (fixture.order, 2)), ==, 3);
  g_assert_false (ck_planner_is_set (planner, GINT_TO_POINTER (3)));

  g_ptr_array_unref (fixture.order);
  g_main_loop_unref (fixture.loop);
}

/* What is due may plan itself anew, and others. */
static void
on_due_again (gpointer key, gpointer user_data)
{
  CkPlanner **planner = user_data;
  int n = GPOINTER_TO_INT (key);

  if (n < 50)
    ck_planner_set (*planner, GINT_TO_POINTER (n + 1), 0);
  else
    g_main_context_wakeup (NULL);
  if (n == 50)
    ck_planner_set (*planner, GINT_TO_POINTER (1000), G_USEC_PER_SEC * G_GINT64_CONSTANT (3600));
}

static void
test_reentrant (void)
{
  CkPlanner *planner = NULL;

  planner = ck_planner_new (on_due_again, &planner, NULL);
  ck_planner_set (planner, GINT_TO_POINTER (1), 0);
  while (!ck_planner_is_set (planner, GINT_TO_POINTER (1000)))
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (planner);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/planner/order", test_order);
  g_test_add_func ("/planner/reentrant", test_reentrant);

  return g_test_run ();
}
