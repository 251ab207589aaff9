/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <fcntl.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A TCP connection whose other end, @peer (out), never reads: whoever closes it last waits that many
 * seconds. */
static inline int
lingering_new (int seconds, int *peer)
{
  const struct linger linger = { 1, seconds };
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM, 0);
  int fd = socket (AF_INET, SOCK_STREAM, 0);
  char filling[65536] = { 0 };

  g_assert_no_errno (bind (listener, (struct sockaddr *) &address, size));
  g_assert_no_errno (listen (listener, 1));
  g_assert_no_errno (getsockname (listener, (struct sockaddr *) &address, &size));
  g_assert_no_errno (connect (fd, (struct sockaddr *) &address, size));
  *peer = accept (listener, NULL, NULL);
  g_assert_cmpint (*peer, >=, 0);
  close (listener);
  while (send (fd, filling, sizeof filling, MSG_DONTWAIT) > 0)
    continue;
  g_assert_no_errno (setsockopt (fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));

  return fd;
}

/* One byte over @socket, and @fd with it. */
static inline void
lingering_send (int socket, const void *byte, int fd)
{
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (sizeof (int))];
  } control = { 0 };
  struct iovec data = { (void *) byte, 1 };
  struct msghdr message = { .msg_iov = &data,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof control };

  control.header.cmsg_len = CMSG_LEN (sizeof fd);
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  memcpy (CMSG_DATA (&control.header), &fd, sizeof fd);
  g_assert_cmpint (sendmsg (socket, &message, 0), ==, 1);
}

/* A Unix socket in which @fd, (transfer full), is on its way. */
static inline int
lingering_wrap (int fd)
{
  int fds[2];

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM, 0, fds));
  lingering_send (fds[1], "", fd);
  close (fds[1]);
  close (fd);

  return fds[0];
}
