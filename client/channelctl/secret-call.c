/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "secret-call.h"

#include <unistd.h>

#include "secret-pipe.h"

typedef struct
{
  SecretValue *secret;
  int file; /* -1: none */
} Handles;

static GUnixFDList *
make_fds (gpointer data, GError **error)
{
  const Handles *handles = data;
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  int fd = ck_secret_pipe_new (handles->secret, error);
  int handle;

  if (fd < 0)
    return NULL;
  handle = g_unix_fd_list_append (fds, fd, error);
  close (fd);
  if (handle >= 0 && handles->file >= 0)
    handle = g_unix_fd_list_append (fds, handles->file, error);

  return handle < 0 ? NULL : g_steal_pointer (&fds);
}

GVariant *
ck_secret_call (CkCtlBus *bus,
                const char *path,
                const char *interface,
                const char *method,
                GVariant *parameters,
                SecretValue *secret,
                const char *reply_type,
                GError **error)
{
  return ck_secret_call_with_file (bus, path, interface, method, parameters, secret, -1, NULL,
                                   reply_type, error);
}

GVariant *
ck_secret_call_with_file (CkCtlBus *bus,
                          const char *path,
                          const char *interface,
                          const char *method,
                          GVariant *parameters,
                          SecretValue *secret,
                          int file,
                          int *reply_file,
                          const char *reply_type,
                          GError **error)
{
  Handles handles = { secret, file };

  return ck_ctl_bus_call_with_fds (bus, path, interface, method, parameters, make_fds, &handles,
                                   reply_file, reply_type, error);
}
