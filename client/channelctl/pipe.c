/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pipe.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <unistd.h>

#include "exit.h"

/* Returns the bytes read, 0 at the end, -1 with errno set. */
static gssize
read_some (int fd, char *buffer, gsize size, gint64 deadline)
{
  struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

  for (;;)
    {
      gint64 left = deadline < 0 ? -1 : (deadline - g_get_monotonic_time ()) / 1000;
      int ready;
      gssize n;

      if (deadline >= 0 && left <= 0)
        {
          errno = ETIMEDOUT;
          return -1;
        }
      ready = poll (&poll_fd, 1, (int) left);
      if (ready < 0 && errno != EINTR)
        return -1;
      if (ready <= 0)
        continue;
      n = read (fd, buffer, size);
      if (n >= 0 || (errno != EINTR && errno != EAGAIN))
        return n;
    }
}

gssize
ck_pipe_read (int fd, char *buffer, int timeout_ms, GError **error)
{
  gint64 deadline = timeout_ms < 0 ? -1 : g_get_monotonic_time () + (gint64) timeout_ms * 1000;
  gssize size = 0;
  gssize n;

  while ((n = read_some (fd, buffer + size, (gsize) (CK_SECRET_MAX_BYTES + 1 - size), deadline)) > 0)
    {
      size += n;
      if (size > CK_SECRET_MAX_BYTES)
        {
          g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
                       _ ("the secret is longer than %d bytes"), CK_SECRET_MAX_BYTES);
          return -1;
        }
    }
  if (n < 0)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("cannot read the secret: %s"),
                   g_strerror (errno));
      return -1;
    }

  return size;
}
