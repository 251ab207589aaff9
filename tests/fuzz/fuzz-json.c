/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-json.h"
#include "fuzz.h"

/* A platform's answer, byte for byte. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = ck_json_parse ((const char *) data, size, &error);
  g_autofree char *member = NULL;

  g_assert_true ((root == NULL) == (error != NULL));
  member = ck_json_dup_text (ck_json_walk (root, "error.0.code"));
  g_assert_true (member == NULL || root != NULL);

  return 0;
}
