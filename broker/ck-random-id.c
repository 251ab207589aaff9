/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-random-id.h"

#include <sys/random.h>

char *
ck_random_id_new (void)
{
  guint8 bytes[16];
  GString *id = g_string_new (NULL);

  /* 16 bytes never come in part, and the pool is up long before we are. */
  while (getrandom (bytes, sizeof bytes, 0) != sizeof bytes)
    continue;
  for (guint i = 0; i < sizeof bytes; i++)
    g_string_append_printf (id, "%02x", bytes[i]);

  return g_string_free (id, FALSE);
}
