/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/*
 * The free () and realloc () of the broker and of the worker, for all libraries in them: what is given
 * back is overwritten, be it GDBus's, libcurl's or ours, so that no token stays in it. The C library
 * can do that too (glibc.malloc.perturb), but only for what no thread keeps for itself
 * (tcache_count=0), and then the threads wait for each other: 64 callers get a twentieth less.
 * Not part of a sanitizer's build, whose allocator is another one.
 */

/* The C library's own, under its other name. */
void __libc_free (void *memory);

void
free (void *memory)
{
  if (memory != NULL)
    explicit_bzero (memory, malloc_usable_size (memory));
  __libc_free (memory);
}

void *
realloc (void *memory, size_t size)
{
  size_t usable = memory != NULL ? malloc_usable_size (memory) : 0;
  void *other;

  if (memory != NULL && size == 0)
    {
      free (memory);
      return NULL;
    }
  /* The C library would give back the rest, or the former place, as it is. */
  if (size <= usable && size >= usable / 2)
    return memory;

  other = malloc (size);
  if (other == NULL || memory == NULL)
    return other;
  memcpy (other, memory, size < usable ? size : usable);
  free (memory);

  return other;
}
