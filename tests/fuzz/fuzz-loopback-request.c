/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz.h"
#include "loopback-request.h"

/* What anybody on the machine, or any web page, sends to the loopback listener. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *target = NULL;
  guint status = ck_loopback_request_check ((const char *) data, size, "127.0.0.1:8080",
                                            "/callback", "abc", &target);
  g_autofree char *answer = ck_loopback_request_answer (status);

  g_assert_true ((status == 200) == (target != NULL));
  g_assert_true (target == NULL || g_str_has_prefix (target, "/callback?"));
  g_assert_nonnull (answer);

  return 0;
}
