/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-error.h"
#include "ck-oauth1.h"
#include "ck-signing.h"

#define URI "https://api.x.com/2/tweets"

/* What an app may send to be signed. */
static const struct
{
  const char *method;
  const char *uri;
  const char *name;    /* of a parameter */
  const char *refused; /* the argument that the message names; NULL: fine */
} rows[] = {
  { "GET", URI, "a", NULL },
  { "POST", URI "?a=b&c=%C3%A9", "a", NULL },
  { "X-own!", "HTTPS://API.X.COM/a", "ä b", NULL },
  { "GET", "https://127.0.0.1:8443/a?oauth=1", "oauth", NULL },
  { "", URI, "a", "method" },
  { "GET ", URI, "a", "method" },
  { "GET\r\nHost: evil", URI, "a", "method" },
  { "GET/1", URI, "a", "method" },
  { "G\xc3\x89T", URI, "a", "method" },
  { "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGH", URI, "a", "method" },
  { "GET", "http://api.x.com/a", "a", "uri" },
  { "GET", "ftp://api.x.com/a", "a", "uri" },
  { "GET", "api.x.com/a", "a", "uri" },
  { "GET", "", "a", "uri" },
  { "GET", URI "#a", "a", "uri" },
  { "GET", URI "#", "a", "uri" },
  { "GET", "https://me:secret@api.x.com/a", "a", "uri" },
  { "GET", "https:///a", "a", "uri" },
  { "GET", URI " a", "a", "uri" },
  { "GET", URI "\r\nHost: evil", "a", "uri" },
  { "GET", URI "/\xc3\xa9", "a", "uri" },
  { "GET", URI "?a=%zz", "a", "uri" },
  { "GET", URI "?a=b&oauth_token=x", "a", "uri" },
  { "GET", URI "?a=b&&o%61uth_token=x", "a", "uri" },
  { "GET", URI, "", "parameters" },
  { "GET", URI, "oauth_token", "parameters" },
  { "GET", URI, "oauth_", "parameters" },
};

static void
assert_checked (const CkSigningRequest *request, const char *refused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *start = g_strconcat (refused, ": ", NULL);

  g_assert_cmpint (ck_signing_check (request, &error), ==, refused == NULL);
  if (refused == NULL)
    {
      g_assert_no_error (error);
      return;
    }
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  g_test_message ("%s", error->message);
  g_assert_true (g_str_has_prefix (error->message, start));
}

static void
test_rows (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const char *parameters[] = { rows[i].name, "value", NULL };
      CkSigningRequest request = { rows[i].method, rows[i].uri, parameters };

      g_test_message ("row %zu", i);
      assert_checked (&request, rows[i].refused);
    }
}

static void
test_sizes (void)
{
  g_autofree char *long_path = g_strnfill (8192, 'a');
  g_autofree char *long_uri = g_strconcat (URI "/", long_path, NULL);
  g_autofree char *long_value = g_strnfill (64 * 1024, 'a');
  const char *big[] = { "a", long_value, NULL };
  const char *none[] = { NULL };
  const char *many[2 * 257 + 1] = { NULL };
  CkSigningRequest request = { "GET", long_uri, none };

  assert_checked (&request, "uri");
  request.uri = URI;
  assert_checked (&request, NULL);
  request.parameters = big;
  assert_checked (&request, "parameters");
  big[1] = long_value + 1;
  assert_checked (&request, NULL);

  for (gsize i = 0; i < 2 * 256; i++)
    many[i] = "a";
  request.parameters = many;
  assert_checked (&request, NULL);
  many[2 * 256] = many[2 * 256 + 1] = "a";
  assert_checked (&request, "parameters");
}

static void
test_grants (void)
{
  static const struct
  {
    const char *members;
    gboolean is_oauth1;
  } grants[] = {
    { "{'access-token': <'t'>}", FALSE },
    { "{'access-token': <'t'>, 'extras': <{'instance-url': 'x'}>}", FALSE },
    { "{'access-token': <'t'>, 'extras': <{'" CK_OAUTH1_TOKEN_SECRET "': ''}>}", FALSE },
    { "{'access-token': <'t'>, 'extras': <{'a': 'b', '" CK_OAUTH1_TOKEN_SECRET "': 's'}>}", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (grants); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CkGrant) grant = ck_grant_new_from_members (
          g_variant_parse (G_VARIANT_TYPE_VARDICT, grants[i].members, NULL, NULL, &error), &error);

      g_assert_no_error (error);
      g_assert_cmpint (ck_signing_is_for (grant), ==, grants[i].is_oauth1);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/signing/rows", test_rows);
  g_test_add_func ("/signing/sizes", test_sizes);
  g_test_add_func ("/signing/grants", test_grants);

  return g_test_run ();
}
