/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-conversation.h"
#include "fuzz.h"

/* What a worker wants a person to be asked, as GDBus hands it over. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GVariant) raw
      = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE ("(sa{sv})"), bytes, FALSE));
  g_autoptr (GVariant) question = g_variant_get_normal_form (raw);
  g_autoptr (GVariant) details = NULL;
  const char *style;
  const char *link;

  g_variant_get (question, "(&s@a{sv})", &style, &details);
  if (ck_conversation_find_fault (style, details) != NULL)
    return 0;

  g_assert_true (g_utf8_validate (style, -1, NULL));
  if (g_str_equal (style, "open-uri"))
    {
      g_assert_true (g_variant_lookup (details, "uri", "&s", &link));
      g_assert_true (g_ascii_strncasecmp (link, "http", 4) == 0);
      g_assert_null (strpbrk (link, " \r\n\033"));
    }

  return 0;
}
