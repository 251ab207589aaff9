/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-form.h"
#include "ck-pkce.h"
#include "ck-redirect.h"

#define ISSUER "https://as.example"

/* What was sent, unless a row says otherwise. */
static const CkRedirectExpected ordinary = { "http://127.0.0.1:8400/cb", "S", ISSUER, FALSE };

#define BASE "http://127.0.0.1:8400/cb"
#define ISS "&iss=https%3A%2F%2Fas.example"

static const struct
{
  const char *redirected;
  const char *code;
  const char *error;
} good_rows[] = {
  { BASE "?code=C&state=S", "C", NULL },
  { BASE "?state=S&code=C" ISS, "C", NULL },
  { BASE "?state=S&code=C&scope=a+b&unknown=1", "C", NULL },
  { BASE "?state=S&&code=C&", "C", NULL },
  { BASE "?state=S&code=C#", "C", NULL },
  { "HTTP://127.0.0.1:8400/cb?state=S&code=4%2F0A+B%21", "4/0A B!", NULL },
  { BASE "?error=access_denied&state=S", NULL, "access_denied" },
  { BASE "?error=access_denied&error_description=No%0Away&state=S", NULL, "access_denied" },
};

static const char *const bad_rows[] = {
  /* another place */
  "https://127.0.0.1:8400/cb?code=C&state=S",
  "http://127.0.0.2:8400/cb?code=C&state=S",
  "http://localhost:8400/cb?code=C&state=S",
  "http://127.0.0.1:8401/cb?code=C&state=S",
  "http://127.0.0.1/cb?code=C&state=S",
  "http://127.0.0.1:8400/CB?code=C&state=S",
  "http://127.0.0.1:8400/cb/?code=C&state=S",
  "http://127.0.0.1:8400/cb/../cb?code=C&state=S",
  "http://127.0.0.1:8400/c%2562?code=C&state=S",
  "http://127.0.0.1:8400/cb%2f?code=C&state=S",
  "http://127.0.0.1:8400@evil.example/cb?code=C&state=S",
  "http://user@127.0.0.1:8400/cb?code=C&state=S",
  "/cb?code=C&state=S",
  "?code=C&state=S",
  "code=C&state=S",
  "C",
  "",
  /* a fragment: the implicit flow's answer, or an injected tail */
  BASE "#code=C&state=S",
  BASE "?code=C&state=S#x",
  /* another attempt */
  BASE "?code=C",
  BASE "?code=C&state=",
  BASE "?code=C&state=s",
  BASE "?code=C&state=SS",
  BASE "?error=access_denied",
  BASE "?error=access_denied&state=X",
  /* another issuer: mix-up */
  BASE "?code=C&state=S&iss=https%3A%2F%2Fevil.example",
  BASE "?code=C&state=S&iss=https%3A%2F%2Fas.example%2F",
  BASE "?code=C&state=S&iss=",
  BASE "?error=access_denied&state=S&iss=https%3A%2F%2Fevil.example",
  /* twice */
  BASE "?code=C&code=D&state=S",
  BASE "?code=C&code=C&state=S",
  BASE "?code=C&state=S&state=S",
  BASE "?code=C&state=X&state=S",
  BASE "?code=C&state=S" ISS ISS,
  BASE "?code=C&c%6Fde=D&state=S",
  /* neither, or both */
  BASE "?state=S",
  BASE "?state=S&code=",
  BASE "?state=S&error=",
  BASE "?state=S&code=C&error=access_denied",
  /* not decodable */
  BASE "?code=%&state=S",
  BASE "?code=%4&state=S",
  BASE "?code=%zz&state=S",
  BASE "?code=C%00D&state=S",
  BASE "?code=%ff&state=S",
  BASE "?code=C%0a&state=S",
  BASE "?code=caf%C3%A9&state=S",
};

static void
test_good (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good_rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CkRedirect) redirect
          = ck_redirect_parse (good_rows[i].redirected, &ordinary, &error);

      g_test_message ("%s", good_rows[i].redirected);
      g_assert_no_error (error);
      g_assert_cmpstr (redirect->code, ==, good_rows[i].code);
      g_assert_cmpstr (redirect->error, ==, good_rows[i].error);
    }
}

static void
test_bad (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", bad_rows[i]);
      g_assert_null (ck_redirect_parse (bad_rows[i], &ordinary, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      /* What is refused is not quoted: it may hold a code. */
      g_assert_null (strstr (error->message, "code=C"));
    }
}

static void
test_issuer_required (void)
{
  CkRedirectExpected expected = ordinary;
  g_autoptr (GError) error = NULL;
  g_autoptr (CkRedirect) named = NULL;

  expected.issuer_required = TRUE;
  g_assert_null (ck_redirect_parse (BASE "?code=C&state=S", &expected, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  named = ck_redirect_parse (BASE "?code=C&state=S" ISS, &expected, NULL);
  g_assert_nonnull (named);
}

static void
test_redirect_uri_forms (void)
{
  static const struct
  {
    const char *sent;
    const char *came;
    gboolean taken;
  } rows[] = {
    /* the redirect URI's own query must come back (RFC 6749 section 3.1.2) */
    { "https://app.example/cb?tenant=a", "https://app.example/cb?tenant=a&code=C&state=S", TRUE },
    { "https://app.example/cb?tenant=a", "https://app.example/cb?code=C&state=S", FALSE },
    { "https://app.example/cb?tenant=a", "https://app.example/cb?tenant=b&code=C&state=S", FALSE },
    { "https://app.example/cb", "https://app.example:443/cb?code=C&state=S", TRUE },
    { "https://app.example/cb", "https://APP.example/cb?code=C&state=S", TRUE },
    { "https://app.example/cb", "https://app.example:80/cb?code=C&state=S", FALSE },
    { "http://127.0.0.1:9", "http://127.0.0.1:9/?code=C&state=S", TRUE },
    { "http://[::1]:9/cb", "http://[::1]:9/cb?code=C&state=S", TRUE },
    { "http://[::1]:9/cb", "http://[::2]:9/cb?code=C&state=S", FALSE },
    /* a scheme of the app's own (RFC 8252 section 7.1) */
    { "org.example.app:/cb", "org.example.app:/cb?code=C&state=S", TRUE },
    { "org.example.app:/cb", "org.example.app://host/cb?code=C&state=S", FALSE },
    { "org.example.app://host/cb", "org.example.app:/cb?code=C&state=S", FALSE },
    { "org.example.app:/cb", "org.example.other:/cb?code=C&state=S", FALSE },
    { "org.example.app:/cb", "https:/cb?code=C&state=S", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      CkRedirectExpected expected = { rows[i].sent, "S", NULL, FALSE };
      g_autoptr (CkRedirect) redirect = ck_redirect_parse (rows[i].came, &expected, NULL);

      g_test_message ("%s", rows[i].came);
      g_assert_cmpint (redirect != NULL, ==, rows[i].taken);
    }
}

static void
test_too_long (void)
{
  g_autofree char *junk = g_strnfill (20000, 'a');
  g_autofree char *uri = g_strconcat (BASE "?state=S&code=", junk, NULL);

  g_assert_null (ck_redirect_parse (uri, &ordinary, NULL));
}

static void
test_pkce (void)
{
  g_autofree char *challenge = ck_pkce_challenge ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  g_autofree char *hex = ck_pkce_challenge_hex ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  g_autofree char *first = ck_random_word ();
  g_autofree char *second = ck_random_word ();

  /* RFC 7636 appendix B */
  g_assert_cmpstr (challenge, ==, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  /* the same 32 octets, which the appendix lists in decimal */
  g_assert_cmpstr (hex, ==, "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3");

  g_assert_cmpuint (strlen (first), ==, 43);
  g_assert_cmpstr (first, !=, second);
  g_assert_cmpuint (strspn (first, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_"), ==, 43);
}

static void
test_form (void)
{
  g_autoptr (CkForm) form = ck_form_new ();
  g_autofree char *big = g_strnfill (5000, 'x');
  g_autofree char *appended = NULL;
  g_autofree char *again = NULL;

  ck_form_add (form, "a", "1 & 2=3+%~");
  ck_form_add (form, "left-out", "");
  ck_form_add (form, "left-out", NULL);
  ck_form_add (form, "\xc3\xa9", "-._");
  g_assert_cmpstr (ck_form_get_text (form), ==, "a=1%20%26%202%3D3%2B%25~&%C3%A9=-._");

  appended = ck_form_append_to_uri (form, "https://as.example/auth");
  g_assert_true (g_str_has_prefix (appended, "https://as.example/auth?a=1"));
  again = ck_form_append_to_uri (form, "https://as.example/auth?x=1");
  g_assert_true (g_str_has_prefix (again, "https://as.example/auth?x=1&a=1"));

  ck_form_add (form, "big", big);
  g_assert_true (g_str_has_prefix (ck_form_get_text (form), "a=1%20"));
  g_assert_true (g_str_has_suffix (ck_form_get_text (form), "&big="
                                                            "xxx")
                 == FALSE);
  g_assert_true (g_str_has_suffix (ck_form_get_text (form), big));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/oauth/redirect/good", test_good);
  g_test_add_func ("/oauth/redirect/bad", test_bad);
  g_test_add_func ("/oauth/redirect/issuer-required", test_issuer_required);
  g_test_add_func ("/oauth/redirect/uri-forms", test_redirect_uri_forms);
  g_test_add_func ("/oauth/redirect/too-long", test_too_long);
  g_test_add_func ("/oauth/pkce", test_pkce);
  g_test_add_func ("/oauth/form", test_form);

  return g_test_run ();
}
