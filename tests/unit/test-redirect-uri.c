/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-error.h"
#include "ck-redirect-uri.h"

static CkClientRecord *
make_client (const char *port, const char *const *uris)
{
  CkClientRecord *client = ck_client_record_new ("c");

  g_free (client->loopback_port);
  client->loopback_port = g_strdup (port);
  g_strfreev (client->redirect_uris);
  client->redirect_uris = g_strdupv ((char **) uris);

  return client;
}

static void
test_choose (void)
{
  static const char *const uris[] = { "http://127.0.0.1/cb", "https://example.org/cb?x=1", NULL };
  static const struct
  {
    const char *port;
    const char *wanted;
    gboolean allowed;
  } rows[] = {
    { "any", "http://127.0.0.1/cb", TRUE },
    { "any", "http://127.0.0.1:4242/cb", TRUE },
    { "any", "http://127.0.0.1:4242/other", FALSE },
    { "any", "http://127.0.0.1:4242/cb?x=1", FALSE },
    { "any", "http://127.0.0.1:4242/cb#x", FALSE },
    { "any", "http://user@127.0.0.1:4242/cb", FALSE },
    { "any", "http://localhost:4242/cb", FALSE },
    { "any", "http://127.0.0.1.example.org:4242/cb", FALSE },
    { "any", "https://127.0.0.1:4242/cb", FALSE },
    { "any", "https://example.org/cb?x=1", TRUE },
    { "any", "https://example.org:444/cb?x=1", FALSE },
    { "", "http://127.0.0.1:4242/cb", FALSE },
    { "", "http://127.0.0.1/cb", TRUE },
    { "", "", FALSE },
    { "any", "not a uri", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (CkClientRecord) client = make_client (rows[i].port, uris);
      g_autoptr (GError) error = NULL;
      g_autofree char *chosen = ck_redirect_uri_choose (client, rows[i].wanted, &error);

      g_test_message ("%s", rows[i].wanted);
      if (rows[i].allowed)
        g_assert_cmpstr (chosen, ==, rows[i].wanted);
      else
        g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_default (void)
{
  static const char *const uris[] = { "http://127.0.0.1/cb", NULL };
  static const char *const none[] = { NULL };
  g_autoptr (CkClientRecord) any = make_client ("any", uris);
  g_autoptr (CkClientRecord) fixed = make_client ("", uris);
  g_autoptr (CkClientRecord) nothing = make_client ("", none);
  g_autoptr (GError) error = NULL;
  g_autofree char *free_port = ck_redirect_uri_choose (any, NULL, NULL);
  g_autofree char *registered = ck_redirect_uri_choose (fixed, NULL, NULL);
  g_autoptr (GUri) uri = g_uri_parse (free_port, G_URI_FLAGS_NONE, NULL);

  g_assert_cmpint (g_uri_get_port (uri), >=, 49152);
  g_assert_cmpstr (g_uri_get_path (uri), ==, "/cb");
  g_assert_cmpstr (registered, ==, "http://127.0.0.1/cb");
  g_assert_null (ck_redirect_uri_choose (nothing, NULL, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_NOT_SUPPORTED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/redirect-uri/choose", test_choose);
  g_test_add_func ("/redirect-uri/default", test_default);

  return g_test_run ();
}
