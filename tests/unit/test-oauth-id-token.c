/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-id-token.h"
#include "ck-oauth-text.h"

#define NOW 2000000000
#define HEADER "{\"alg\":\"RS256\",\"kid\":\"k\"}"

static const CkIdTokenExpected expected = { "https://as.example", "app", "N", NOW };

static char *
make_token (const char *header, const char *claims)
{
  g_autofree char *head = ck_base64url_encode ((const guchar *) header, strlen (header));
  g_autofree char *body = ck_base64url_encode ((const guchar *) claims, strlen (claims));

  return g_strconcat (head, ".", body, ".c2lnbmF0dXJl", NULL);
}

#define ISS "\"iss\":\"https://as.example\""
#define EXP "\"exp\":2000000300"
#define REST "," EXP ",\"nonce\":\"N\",\"sub\":\"alice\"}"

static const char *const good_claims[] = {
  "{" ISS ",\"aud\":\"app\"" REST,
  "{" ISS ",\"aud\":[\"app\"]" REST,
  "{" ISS ",\"aud\":\"app\",\"azp\":\"app\"" REST,
  "{" ISS ",\"aud\":[\"other\",\"app\"],\"azp\":\"app\"" REST,
  "{" ISS ",\"aud\":\"app\",\"exp\":1999999900,\"nonce\":\"N\",\"sub\":\"alice\"}", /* leeway */
  "{" ISS
  ",\"aud\":\"app\",\"deep\":[[[[[[[[[[]]]]]]]]]],\"text\":\"[[[[[[[[[[[[[[[[[[\\\"{\"" REST,
};

static const char *const bad_claims[] = {
  "{\"aud\":\"app\"" REST,
  "{\"iss\":\"https://as.example/\",\"aud\":\"app\"" REST,
  "{\"iss\":\"https://evil.example\",\"aud\":\"app\"" REST,
  "{\"iss\":[\"https://as.example\"],\"aud\":\"app\"" REST,
  "{" ISS REST,
  "{" ISS ",\"aud\":\"other\"" REST,
  "{" ISS ",\"aud\":[]" REST,
  "{" ISS ",\"aud\":[[\"app\"]]" REST,
  "{" ISS ",\"aud\":[\"other\",\"app\"]" REST,
  "{" ISS ",\"aud\":\"app\",\"azp\":\"other\"" REST,
  "{" ISS ",\"aud\":[\"other\",\"app\"],\"azp\":\"other\"" REST,
  "{" ISS ",\"aud\":\"app\",\"nonce\":\"N\",\"sub\":\"alice\"}",
  "{" ISS ",\"aud\":\"app\",\"exp\":1999999800,\"nonce\":\"N\",\"sub\":\"alice\"}",
  "{" ISS ",\"aud\":\"app\",\"exp\":\"soon\",\"nonce\":\"N\",\"sub\":\"alice\"}",
  "{" ISS ",\"aud\":\"app\"," EXP ",\"sub\":\"alice\"}",
  "{" ISS ",\"aud\":\"app\"," EXP ",\"nonce\":\"M\",\"sub\":\"alice\"}",
  "{" ISS ",\"aud\":\"app\"," EXP ",\"nonce\":\"N\"}",
  "{" ISS ",\"aud\":\"app\"," EXP ",\"nonce\":\"N\",\"sub\":\"\"}",
  "{" ISS ",\"aud\":\"app\"," EXP ",\"nonce\":\"N\",\"sub\":42}",
  "{" ISS ",\"aud\":\"app\"," EXP ",\"nonce\":\"N\",\"sub\":\"a\\nb\"}",
  "{" ISS ",\"aud\":\"app\"," EXP ",\"nonce\":\"N\",\"sub\":\"alice\\u0000x\"}",
  "[]",
  "",
  "{" ISS ",",
  "{" ISS ",\"aud\":\"app\",\"deep\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]"
          "]]]]]]]]]]]]]]]]]]" REST,
  "{" ISS ",\"aud\":\"app\",\"aud\":\"other\"" REST,
  "{" ISS ",\"aud\":\"app\",\"sub\":\"mallory\"" REST,
};

static const char *const bad_tokens[] = {
  "",
  ".",
  "..",
  "....",
  "e30.e30",
  "e30.e30.",
  "e30.e30.x.y.z",
  "%%%.%%%.%%%",
  "eyJhbGciOiJSUzI1NiJ9.e30=.x",
  "a.b.c",
};

static void
test_good (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good_claims); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *token = make_token (HEADER, good_claims[i]);
      g_autofree char *sub = ck_id_token_check (token, &expected, &error);

      g_test_message ("%s", good_claims[i]);
      g_assert_no_error (error);
      g_assert_cmpstr (sub, ==, "alice");
    }
}

static void
test_bad_claims (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_claims); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *token = make_token (HEADER, bad_claims[i]);

      g_test_message ("%s", bad_claims[i]);
      g_assert_null (ck_id_token_check (token, &expected, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    }
}

static void
test_bad_tokens (void)
{
  g_autofree char *none = make_token ("{\"alg\":\"none\"}", good_claims[0]);
  g_autofree char *headless = make_token ("{}", good_claims[0]);
  g_autofree char *junk = g_strnfill (70000, 'a');
  g_autofree char *huge = make_token (HEADER, junk);
  const char *const made[] = { none, headless, huge };

  for (gsize i = 0; i < G_N_ELEMENTS (bad_tokens); i++)
    g_assert_null (ck_id_token_check (bad_tokens[i], &expected, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (made); i++)
    g_assert_null (ck_id_token_check (made[i], &expected, NULL));
}

static void
test_without_nonce (void)
{
  CkIdTokenExpected plain = expected;
  g_autofree char *token
      = make_token (HEADER, "{" ISS ",\"aud\":\"app\"," EXP ",\"sub\":\"alice\"}");
  g_autofree char *sub = NULL;

  plain.nonce = NULL;
  sub = ck_id_token_check (token, &plain, NULL);
  g_assert_cmpstr (sub, ==, "alice");
}

static void
test_factors (void)
{
  static const struct
  {
    const char *claims;
    CkFactors factors;
  } rows[] = {
    { "{\"sub\":\"a\"}", CK_FACTORS_UNKNOWN },
    { "{\"amr\":[]}", CK_FACTORS_UNKNOWN },
    { "{\"amr\":\"pwd\"}", CK_FACTORS_UNKNOWN },
    { "{\"amr\":[\"pwd\"]}", CK_FACTORS_ONE },
    { "{\"amr\":[\"pwd\",\"pin\"]}", CK_FACTORS_ONE },
    { "{\"amr\":[\"pwd\",\"otp\"]}", CK_FACTORS_TWO },
    { "{\"amr\":[\"mfa\"]}", CK_FACTORS_TWO },
    { "{\"amr\":[\"federated\"]}", CK_FACTORS_UNKNOWN },
    { "{\"amr\":[7,\"otp\"]}", CK_FACTORS_UNKNOWN },
    { "{\"acr\":\"phr\",\"amr\":[\"pwd\"]}", CK_FACTORS_TWO },
    { "{\"acr\":\"1\",\"amr\":[\"pwd\"]}", CK_FACTORS_ONE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *token = make_token (HEADER, rows[i].claims);

      g_test_message ("%s", rows[i].claims);
      g_assert_cmpint (ck_id_token_get_factors (token), ==, rows[i].factors);
    }
  g_assert_cmpint (ck_id_token_get_factors ("no token"), ==, CK_FACTORS_UNKNOWN);
}

static void
test_base64url (void)
{
  static const char *const bad[] = { "A", "AAAAA", "AA==", "A+AA", "A/AA", "A AA", "AA\n" };
  gsize length = 0;

  for (gsize n = 0; n < 50; n++)
    {
      guchar bytes[50];
      g_autofree char *text = NULL;
      g_autofree guchar *back = NULL;

      for (gsize i = 0; i < n; i++)
        bytes[i] = (guchar) (i * 37 + 251 * n);
      text = ck_base64url_encode (bytes, n);
      g_assert_null (strpbrk (text, "+/="));
      back = ck_base64url_decode (text, strlen (text), &length);
      g_assert_cmpmem (back, length, bytes, n);
      g_assert_cmpuint (back[length], ==, 0);
    }

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_null (ck_base64url_decode (bad[i], strlen (bad[i]), &length));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/oauth/id-token/good", test_good);
  g_test_add_func ("/oauth/id-token/bad-claims", test_bad_claims);
  g_test_add_func ("/oauth/id-token/bad-tokens", test_bad_tokens);
  g_test_add_func ("/oauth/id-token/without-nonce", test_without_nonce);
  g_test_add_func ("/oauth/id-token/factors", test_factors);
  g_test_add_func ("/oauth/base64url", test_base64url);

  return g_test_run ();
}
