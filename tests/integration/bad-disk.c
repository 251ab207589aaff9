/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/*
 * A disk in trouble, for the program that this is preloaded into. In the folder CK_BAD_DISK a file
 *   real       makes each fsync take ten milliseconds, as one that is no memory does;
 *   slow       makes each fsync take five seconds, or until the file is gone;
 *   read-only  fails whatever would change a file, as of a file system that an error made read-only
 *              below those who had it open (a remount would wait for them).
 * SQLite's calls are covered, and nothing else.
 */

#define REAL_MS 10
#define SLOW_MS 5000
#define STEP_MS 50

static int
is_there (const char *trouble)
{
  const char *folder = getenv ("CK_BAD_DISK");
  int saved = errno;
  char path[4096];
  int found;

  snprintf (path, sizeof path, "%s/%s", folder != NULL ? folder : "", trouble);
  found = access (path, F_OK) == 0;
  errno = saved;

  return found;
}

static int
is_read_only (void)
{
  if (!is_there ("read-only"))
    return 0;

  errno = EROFS;
  return 1;
}

static void
be_slow (void)
{
  static const struct timespec real = { .tv_nsec = REAL_MS * 1000000L };
  static const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };

  if (is_there ("real"))
    nanosleep (&real, NULL);
  for (int ms = 0; ms < SLOW_MS && is_there ("slow"); ms += STEP_MS)
    nanosleep (&step, NULL);
}

int
fsync (int fd)
{
  int (*real) (int fd) = (int (*) (int)) dlsym (RTLD_NEXT, "fsync");

  be_slow ();
  return is_read_only () ? -1 : real (fd);
}

int
fdatasync (int fd)
{
  int (*real) (int fd) = (int (*) (int)) dlsym (RTLD_NEXT, "fdatasync");

  be_slow ();
  return is_read_only () ? -1 : real (fd);
}

ssize_t
pwrite64 (int fd, const void *data, size_t size, off64_t offset)
{
  ssize_t (*real) (int, const void *, size_t, off64_t)
      = (ssize_t (*) (int, const void *, size_t, off64_t)) dlsym (RTLD_NEXT, "pwrite64");

  return is_read_only () ? -1 : real (fd, data, size, offset);
}

int
ftruncate64 (int fd, off64_t size)
{
  int (*real) (int, off64_t) = (int (*) (int, off64_t)) dlsym (RTLD_NEXT, "ftruncate64");

  return is_read_only () ? -1 : real (fd, size);
}

int
open64 (const char *path, int flags, ...)
{
  int (*real) (const char *, int, ...) = (int (*) (const char *, int, ...)) dlsym (RTLD_NEXT, "open64");
  mode_t mode = 0;
  va_list args;

  va_start (args, flags);
  if ((flags & (O_CREAT | O_TMPFILE)) != 0)
    mode = va_arg (args, mode_t);
  va_end (args);
  if ((flags & O_CREAT) != 0 && access (path, F_OK) < 0 && is_read_only ())
    return -1;

  return real (path, flags, mode);
}
