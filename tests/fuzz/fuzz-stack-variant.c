/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-stack-engine.h"
#include "fuzz.h"

/* Each module answers with the next number of a row that passes all results, and two that are none.
 */
static CkResult
on_call (const char *module, int argc, const char **argv, gboolean silent, gpointer user_data)
{
  guint *n_calls = user_data;

  return (CkResult) ((*n_calls)++ % (CK_N_RESULTS + 2));
}

/* A compiled stack as a worker might be sent it, and its run. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size); /* aligned, as the fuzzer's are not */
  g_autoptr (GVariant) variant = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (CK_STACK_VARIANT_TYPE), bytes, FALSE));
  g_autoptr (CkStack) stack = ck_stack_new_from_variant (variant, NULL);
  g_autoptr (GVariant) again = NULL;
  guint n_calls = 0;

  if (stack == NULL)
    return 0;
  g_assert_cmpint (ck_stack_run (stack, on_call, &n_calls, NULL), <, CK_N_RESULTS);
  again = g_variant_ref_sink (ck_stack_to_variant (stack));
  g_assert_true (g_variant_equal (variant, again));

  return 0;
}
