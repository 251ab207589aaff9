/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-form.h"
#include "ck-oauth1.h"
#include "fuzz.h"

/* What is signed is one base string of three parts; what is signed twice is signed alike. */
static void
sign (const char *method, const char *uri, const char *name, const char *value)
{
  const char *parameters[] = { name, value, NULL };
  const CkOAuth1Request request = {
    .method = method,
    .uri = uri,
    .parameters = parameters,
    .client_id = "app",
    .client_secret = "secret",
    .token = value,
    .token_secret = name,
    .nonce = "once",
    .timestamp = 1,
    .version = "1.0",
  };
  g_autoptr (GError) error = NULL;
  g_autofree char *text = ck_oauth1_base_string (&request, &error);
  g_autofree char *header = NULL;
  g_autofree char *again = NULL;
  g_auto (GStrv) parts = NULL;

  g_assert_true ((text == NULL) == (error != NULL));
  header = ck_oauth1_sign (&request, NULL);
  again = ck_oauth1_sign (&request, NULL);
  g_assert_true ((text == NULL) == (header == NULL));
  g_assert_cmpstr (header, ==, again);
  if (text == NULL)
    return;

  parts = g_strsplit (text, "&", -1);
  g_assert_cmpuint (g_strv_length (parts), ==, 3);
  g_assert_true (g_str_has_prefix (header, "OAuth "));
  g_assert_null (strpbrk (header, "\r\n"));
}

/* The first line is the answer of a request token endpoint, then come method, address, and a
 * parameter's name and value. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 5);
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) answer = ck_form_parse (lines[0], &error);

  g_assert_true ((answer == NULL) == (error != NULL));
  if (answer != NULL)
    {
      GHashTableIter iter;
      const char *name, *value;

      g_hash_table_iter_init (&iter, answer);
      while (g_hash_table_iter_next (&iter, (gpointer *) &name, (gpointer *) &value))
        g_assert_true (*name != '\0' && g_utf8_validate (name, -1, NULL)
                       && g_utf8_validate (value, -1, NULL));
    }
  if (g_strv_length (lines) == 5)
    sign (lines[1], lines[2], lines[3], lines[4]);

  return 0;
}
