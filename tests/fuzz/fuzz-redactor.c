/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-clean.h"
#include "ck-redactor.h"
#include "fuzz.h"

/* A secret, and on the next lines the text of a platform that may echo it. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree char *secret = g_strndup (text, strcspn (text, "\n"));
  g_autofree char *line = ck_clean_line (text, 100);
  g_autoptr (CkRedactor) redactor = ck_redactor_new ();
  g_autofree char *cut = NULL;

  g_assert_true (g_utf8_validate (line, -1, NULL));
  g_assert_null (strpbrk (line, "\r\n\033"));

  ck_redactor_add (redactor, secret);
  cut = ck_redactor_cut (redactor, text + strlen (secret));
  g_assert_true (strlen (secret) < CK_REDACTOR_MIN_LENGTH
                 || !ck_redactor_text_has (cut, secret)
                 || ck_redactor_text_has (CK_REDACTOR_MARK, secret));

  return 0;
}
