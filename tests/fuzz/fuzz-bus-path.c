/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-channel-file.h"
#include "ck-path.h"
#include "fuzz.h"

/* The last part of an object's path; and the same bytes as an id. What is decoded is spelled in one
 * way only: two paths never name one channel. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree char *id = ck_path_decode (text);
  g_autofree char *path = ck_path_encode ("/a", text);
  g_autofree char *back = ck_path_decode (path + strlen ("/a/"));

  if (id != NULL)
    {
      g_autofree char *again = ck_path_encode ("", id);

      g_assert_cmpstr (again + 1, ==, text);
    }
  g_assert_true (g_variant_is_object_path (path));
  g_assert_cmpstr (back, ==, text);
  g_assert_true (!ck_id_is_valid (text) || (g_str_is_ascii (text) && strpbrk (text, "/ %") == NULL));

  return 0;
}
