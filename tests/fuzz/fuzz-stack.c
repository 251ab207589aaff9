/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-stack-parser.h"
#include "fuzz.h"

/* A stack file, byte for byte. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) lines = ck_stack_parse ("fuzz", (const char *) data, size, &error);

  g_assert_true ((lines == NULL) == (error != NULL));

  return 0;
}
