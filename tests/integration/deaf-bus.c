/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * A bus that takes nothing, for the program that this is preloaded into: as long as the file CK_DEAF_BUS is
 * there, a socket whose peer has an address has no room. The workers' sockets have none.
 */

static int
is_deaf (int fd)
{
  const char *file = getenv ("CK_DEAF_BUS");
  struct sockaddr_un peer;
  socklen_t size = sizeof peer;
  int saved = errno;
  int deaf = file != NULL && access (file, F_OK) == 0
             && getpeername (fd, (struct sockaddr *) &peer, &size) == 0 && peer.sun_family == AF_UNIX
             && size > sizeof peer.sun_family;

  errno = deaf ? EAGAIN : saved;

  return deaf;
}

ssize_t
send (int fd, const void *data, size_t size, int flags)
{
  ssize_t (*real) (int, const void *, size_t, int)
      = (ssize_t (*) (int, const void *, size_t, int)) dlsym (RTLD_NEXT, "send");

  return is_deaf (fd) ? -1 : real (fd, data, size, flags);
}

ssize_t
sendmsg (int fd, const struct msghdr *message, int flags)
{
  ssize_t (*real) (int, const struct msghdr *, int)
      = (ssize_t (*) (int, const struct msghdr *, int)) dlsym (RTLD_NEXT, "sendmsg");

  return is_deaf (fd) ? -1 : real (fd, message, flags);
}
