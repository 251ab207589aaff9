/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "pipe.h"
#include "token.h"

typedef struct
{
  const char *token;
  gssize size; /* -1: to its NUL */
  gboolean as_json;
  const char *expected; /* NULL: refused */
} Row;

static const Row rows[] = {
  { "abc", -1, FALSE, "<abc>" },
  { "abc", -1, TRUE, "<abc>" },
  { "a\"b\\c", -1, FALSE, "<a\"b\\c>" },
  { "a\"b\\c", -1, TRUE, "<a\\\"b\\\\c>" },
  { "\"\\", -1, TRUE, "<\\\"\\\\>" },
  { "", -1, FALSE, NULL },
  { "two\nlines", -1, FALSE, NULL },
  { "esc\x1b[2J", -1, TRUE, NULL },
  { "nul\0byte", 8, FALSE, NULL },
  { "\xc3\xbc", -1, FALSE, NULL },
};

/* Returns: (transfer full): what stands in @fd; its other end is closed */
static char *
drain (int fd)
{
  GString *text = g_string_new (NULL);
  char buffer[4096];
  gssize n;

  while ((n = read (fd, buffer, sizeof buffer)) > 0)
    g_string_append_len (text, buffer, n);
  close (fd);

  return g_string_free (text, FALSE);
}

static void
test_copy (gconstpointer data)
{
  const Row *row = data;
  gsize size = row->size >= 0 ? (gsize) row->size : strlen (row->token);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  int from[2], to[2];
  gboolean copied;

  g_assert_cmpint (pipe (from), ==, 0);
  g_assert_cmpint (pipe (to), ==, 0);
  g_assert_cmpint (write (from[1], row->token, size), ==, size);
  close (from[1]);
  copied = ck_token_copy (from[0], to[1], "<", ">", row->as_json, &error);
  close (from[0]);
  close (to[1]);
  text = drain (to[0]);

  if (row->expected != NULL)
    {
      g_assert_no_error (error);
      g_assert_true (copied);
      g_assert_cmpstr (text, ==, row->expected);
      return;
    }
  g_assert_false (copied);
  g_assert_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED);
  g_assert_cmpstr (text, ==, "");
}

static gpointer
write_flood (gpointer data)
{
  int fd = GPOINTER_TO_INT (data);
  g_autofree char *bytes = g_strnfill (CK_SECRET_MAX_BYTES + 1, 's');

  for (gsize size = CK_SECRET_MAX_BYTES + 1, done = 0; done < size;)
    {
      gssize n = write (fd, bytes + done, size - done);

      g_assert_cmpint (n, >, 0);
      done += (gsize) n;
    }
  close (fd);

  return NULL;
}

static void
test_too_long (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  GThread *writer;
  int from[2], to[2];

  g_assert_cmpint (pipe (from), ==, 0);
  g_assert_cmpint (pipe (to), ==, 0);
  writer = g_thread_new ("flood", write_flood, GINT_TO_POINTER (from[1]));
  g_assert_false (ck_token_copy (from[0], to[1], "<", ">", FALSE, &error));
  g_assert_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE);
  g_thread_join (writer);
  close (from[0]);
  close (to[1]);
  text = drain (to[0]);
  g_assert_cmpstr (text, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/ctl/token/copy/%" G_GSIZE_FORMAT, i);

      g_test_add_data_func (path, &rows[i], test_copy);
    }
  g_test_add_func ("/ctl/token/too-long", test_too_long);

  return g_test_run ();
}
