/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-redirect-uri.h"
#include "fuzz.h"

/* A registered redirect URI, and on the second line the one a caller wants: another is never taken
 * unless it is loopback and differs in nothing but the port. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree char *registered = g_strndup (text, strcspn (text, "\n"));
  const char *wanted = text + strlen (registered) + (text[strlen (registered)] == '\n' ? 1 : 0);
  g_autoptr (CkClientRecord) client = ck_client_record_new ("fuzz");
  g_autoptr (GError) error = NULL;
  g_autofree char *chosen = NULL;
  g_autofree char *first = NULL;

  g_strfreev (client->redirect_uris);
  client->redirect_uris = g_strsplit (registered, "\n", 2);
  g_free (client->loopback_port);
  client->loopback_port = g_strdup ("any");

  chosen = ck_redirect_uri_choose (client, wanted, &error);
  g_assert_true ((chosen == NULL) == (error != NULL));
  if (chosen != NULL)
    {
      g_assert_cmpstr (chosen, ==, wanted);
      g_assert_true (g_str_equal (wanted, registered)
                     || (g_ascii_strncasecmp (wanted, "http://", 7) == 0
                         && g_ascii_strncasecmp (registered, "http://", 7) == 0));
    }
  first = ck_redirect_uri_choose (client, NULL, NULL);
  g_assert_true ((first == NULL) == (client->redirect_uris[0] == NULL));

  return 0;
}
