/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-fd-store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define MAX_SIZE (1024 * 1024)

void
ck_kept_free (CkKept *kept)
{
  g_free (kept->name);
  g_bytes_unref (kept->bytes);
  g_free (kept);
}

static int
make_memfd (const char *name, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  int fd = memfd_create (name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

  if (fd < 0)
    return -1;

  if (write (fd, data, size) != (gssize) size
      || fcntl (fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
    {
      close (fd);
      return -1;
    }

  return fd;
}

gboolean
ck_fd_store_put (const char *name, GBytes *bytes)
{
  g_autofree char *state = g_strdup_printf ("FDSTORE=1\nFDNAME=%s", name);
  int fd = make_memfd (name, bytes);
  int sent;

  if (fd < 0)
    {
      g_warning ("nothing can be kept across a restart: %s", g_strerror (errno));
      return FALSE;
    }

  ck_fd_store_remove (name);
  sent = sd_pid_notify_with_fds (0, FALSE, state, &fd, 1);
  close (fd);

  return sent > 0;
}

void
ck_fd_store_remove (const char *name)
{
  g_autofree char *state = g_strdup_printf ("FDSTOREREMOVE=1\nFDNAME=%s", name);

  sd_notify (FALSE, state);
}

static GBytes *
read_fd (int fd)
{
  struct stat st;
  g_autofree guint8 *data = NULL;

  if (fstat (fd, &st) < 0 || !S_ISREG (st.st_mode) || st.st_size <= 0 || st.st_size > MAX_SIZE)
    return NULL;

  data = g_malloc ((gsize) st.st_size);
  if (pread (fd, data, (gsize) st.st_size, 0) != st.st_size)
    return NULL;

  return g_bytes_new_take (g_steal_pointer (&data), (gsize) st.st_size);
}

GPtrArray *
ck_fd_store_get (void)
{
  GPtrArray *found = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_kept_free);
  g_auto (GStrv) names = NULL;
  int n = sd_listen_fds_with_names (FALSE, &names);

  for (int i = 0; i < n; i++)
    {
      GBytes *bytes = read_fd (SD_LISTEN_FDS_START + i);
      CkKept *kept;

      close (SD_LISTEN_FDS_START + i);
      if (bytes == NULL)
        continue;
      kept = g_new0 (CkKept, 1);
      kept->name = g_strdup (names[i]);
      kept->bytes = bytes;
      g_ptr_array_add (found, kept);
    }

  return found;
}
