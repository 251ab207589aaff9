/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-foreign-fds.h"

#include <sys/socket.h>
#include <unistd.h>

#define KEY "ck-foreign-fds"

static gpointer
close_in_thread (gpointer data)
{
  const struct linger none = { 0, 0 };
  int *fds = data;

  for (gsize i = 0; fds[i] >= 0; i++)
    {
      (void) setsockopt (fds[i], SOL_SOCKET, SO_LINGER, &none, sizeof none);
      close (fds[i]);
    }
  g_free (fds);

  return NULL;
}

/* @fds: (transfer full): closed by -1 */
static void
close_all (int *fds)
{
  g_autoptr (GThread) thread = g_thread_try_new ("close", close_in_thread, fds, NULL);

  /* Without a thread to be had: most are harmless, and one too many open is worse. */
  if (thread == NULL)
    close_in_thread (fds);
}

static void
release (gpointer data)
{
  g_autoptr (GUnixFDList) list = data;

  close_all (g_unix_fd_list_steal_fds (list, NULL));
}

void
ck_foreign_fds_guard (GDBusMessage *message)
{
  GUnixFDList *list = g_dbus_message_get_unix_fd_list (message);

  if (list == NULL)
    return;

  /* Data of an object goes after what its own class holds: ours is the last reference. */
  g_object_set_data_full (G_OBJECT (message), KEY, g_object_ref (list), release);
}

void
ck_foreign_fd_close (int fd)
{
  int *fds = g_new (int, 2);

  fds[0] = fd;
  fds[1] = -1;
  close_all (fds);
}
