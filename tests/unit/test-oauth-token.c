/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-answer.h"
#include "ck-token.h"

typedef struct
{
  const char *json;
  const char *types; /* the setting TokenType */
  const char *access_token;
  const char *refresh_token;
  const char *token_type;
  const char *scopes; /* joined by blanks; NULL: not said */
  guint64 expires_in;
  guint64 refresh_expires_in;
} GoodAnswer;

#define TOKEN "\"access_token\":\"at\",\"token_type\":\"Bearer\""

static const GoodAnswer good_answers[] = {
  { "{" TOKEN "}", NULL, "at", NULL, "Bearer", NULL, 0, 0 },
  { "{" TOKEN ",\"expires_in\":3600,\"refresh_token\":\"rt\",\"scope\":\"a b\"}", NULL, "at", "rt",
    "Bearer", "a b", 3600, 0 },
  /* Providers' own ways to write the same. */
  { "{" TOKEN ",\"expires_in\":\"1800\"}", NULL, "at", NULL, "Bearer", NULL, 1800, 0 },
  { "{" TOKEN ",\"expires_in\":3599.0}", NULL, "at", NULL, "Bearer", NULL, 3599, 0 },
  { "{" TOKEN ",\"scope\":\"a,b\"}", NULL, "at", NULL, "Bearer", "a b", 0, 0 },
  { "{" TOKEN ",\"scope\":[\"a\",\"b\"]}", NULL, "at", NULL, "Bearer", "a b", 0, 0 },
  { "{" TOKEN ",\"scope\":[]}", NULL, "at", NULL, "Bearer", "", 0, 0 },
  { "{" TOKEN ",\"scope\":null,\"refresh_token\":null}", NULL, "at", NULL, "Bearer", NULL, 0, 0 },
  { "{" TOKEN ",\"refresh_token\":\"\"}", NULL, "at", NULL, "Bearer", NULL, 0, 0 },
  { "{" TOKEN ",\"refresh_token_expires_in\":604799}", NULL, "at", NULL, "Bearer", NULL, 0,
    604799 },
  { "{" TOKEN ",\"refresh_expires_in\":\"15552000\"}", NULL, "at", NULL, "Bearer", NULL, 0,
    15552000 },
  { "{\"access_token\":\"at\",\"token_type\":\"bEARER\"}", NULL, "at", NULL, "Bearer", NULL, 0, 0 },
  { "{\"access_token\":\"at\",\"token_type\":\"oauth\"}", "OAuth Bearer", "at", NULL, "OAuth", NULL,
    0, 0 },
  { "{\"access_token\":\"at\"}", "Bearer", "at", NULL, "Bearer", NULL, 0, 0 },
  /* A lifetime that nobody can read is not known; it does not cost the token. */
  { "{" TOKEN ",\"expires_in\":-1}", NULL, "at", NULL, "Bearer", NULL, 0, 0 },
  { "{" TOKEN ",\"expires_in\":\"soon\"}", NULL, "at", NULL, "Bearer", NULL, 0, 0 },
  { "{" TOKEN ",\"expires_in\":9007199254740992}", NULL, "at", NULL, "Bearer", NULL, 0, 0 },
  { "{" TOKEN ",\"expires_in\":1e300}", NULL, "at", NULL, "Bearer", NULL, 0, 0 },
  { "{" TOKEN ",\"expires_in\":[3600]}", NULL, "at", NULL, "Bearer", NULL, 0, 0 },
  { "{" TOKEN ",\"expires_in\":true}", NULL, "at", NULL, "Bearer", NULL, 0, 0 },
  /* Members that nobody knows are ignored (RFC 6749 section 5.1). */
  { "{" TOKEN ",\"user\":{\"id\":1},\"error\":null}", NULL, "at", NULL, "Bearer", NULL, 0, 0 },
};

static const struct
{
  const char *json;
  const char *types;
} bad_answers[] = {
  { "[]", NULL },
  { "null", NULL },
  { "\"at\"", NULL },
  { "{}", NULL },
  { "{\"token_type\":\"Bearer\"}", NULL },
  { "{\"access_token\":\"\",\"token_type\":\"Bearer\"}", NULL },
  { "{\"access_token\":null,\"token_type\":\"Bearer\"}", NULL },
  { "{\"access_token\":1,\"token_type\":\"Bearer\"}", NULL },
  { "{\"access_token\":[\"at\"],\"token_type\":\"Bearer\"}", NULL },
  { "{\"access_token\":\"a\\nt\",\"token_type\":\"Bearer\"}", NULL },
  { "{\"access_token\":\"caf\\u00e9\",\"token_type\":\"Bearer\"}", NULL },
  { "{\"access_token\":\"del\\u007f\",\"token_type\":\"Bearer\"}", NULL },
  { "{\"access_token\":\"at\"}", NULL },
  { "{\"access_token\":\"at\",\"token_type\":\"\"}", NULL },
  { "{\"access_token\":\"at\",\"token_type\":\"\"}", "Bearer " },
  { "{\"access_token\":\"at\",\"token_type\":\"mac\"}", NULL },
  { "{\"access_token\":\"at\",\"token_type\":\"DPoP\"}", NULL },
  { "{\"access_token\":\"at\",\"token_type\":\"Bearer\"}", "OAuth" },
  { "{" TOKEN ",\"refresh_token\":7}", NULL },
  { "{" TOKEN ",\"refresh_token\":\"r\\tt\"}", NULL },
};

static JsonNode *
read_json (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonNode *node = json_from_string (text, &error);

  g_assert_no_error (error);

  return node;
}

static void
test_good (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good_answers); i++)
    {
      const GoodAnswer *expected = &good_answers[i];
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) json = read_json (expected->json);
      const CkTokenShape shape = { expected->types, NULL, NULL };
      g_autoptr (CkToken) token = ck_token_parse (json, &shape, &error);
      g_autofree char *scopes = NULL;

      g_test_message ("%s", expected->json);
      g_assert_no_error (error);
      scopes = token->scopes != NULL ? g_strjoinv (" ", token->scopes) : NULL;
      g_assert_cmpstr (token->access_token, ==, expected->access_token);
      g_assert_cmpstr (token->refresh_token, ==, expected->refresh_token);
      g_assert_cmpstr (token->token_type, ==, expected->token_type);
      g_assert_cmpstr (scopes, ==, expected->scopes);
      g_assert_cmpuint (token->expires_in, ==, expected->expires_in);
      g_assert_cmpuint (token->refresh_expires_in, ==, expected->refresh_expires_in);
    }
}

static void
test_bad (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_answers); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) json = read_json (bad_answers[i].json);
      const CkTokenShape shape = { bad_answers[i].types, NULL, NULL };

      g_test_message ("%s", bad_answers[i].json);
      g_assert_null (ck_token_parse (json, &shape, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    }

  g_assert_null (ck_token_parse (NULL, &(CkTokenShape){ 0 }, NULL));
}

/* A platform whose token stands in a member, under another name for its scopes; or does not. */
static void
test_shape (void)
{
  static const struct
  {
    const char *json;
    const char *access_token; /* NULL: refused */
    const char *scopes;
  } rows[] = {
    { "{\"data\":[{\"access_token\":\"in\",\"permissions\":\"a,b\"}]}", "in", "a b" },
    { "{\"data\":[{\"access_token\":\"in\"}],\"access_token\":\"out\"}", "in", NULL },
    { "{\"access_token\":\"out\",\"permissions\":[\"a\"]}", "out", "a" },
    { "{\"access_token\":\"out\",\"scope\":\"c\"}", "out", "c" },
    { "{\"data\":[],\"access_token\":\"out\"}", "out", NULL },
    { "{\"data\":[\"x\"],\"access_token\":\"out\"}", "out", NULL },
    { "{\"data\":[{\"user_id\":1}]}", NULL, NULL },
    { "{\"data\":{\"access_token\":\"in\"}}", NULL, NULL },
  };
  const CkTokenShape shape = { "Bearer", "data.0", "permissions" };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) json = read_json (rows[i].json);
      g_autoptr (CkToken) token = ck_token_parse (json, &shape, &error);
      g_autofree char *scopes = NULL;

      g_test_message ("%s", rows[i].json);
      if (rows[i].access_token == NULL)
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
          continue;
        }
      g_assert_no_error (error);
      g_assert_cmpstr (token->access_token, ==, rows[i].access_token);
      scopes = token->scopes != NULL ? g_strjoinv (" ", token->scopes) : NULL;
      g_assert_cmpstr (scopes, ==, rows[i].scopes);
    }
}

static void
test_is_error (void)
{
  static const struct
  {
    const char *json;
    gboolean is_error;
  } rows[] = {
    { "{\"error\":\"invalid_grant\"}", TRUE },
    { "{\"error\":{\"code\":190,\"message\":\"x\"}}", TRUE },
    { "{\"error\":401,\"message\":\"Unauthorized\"}", TRUE },
    { "{\"error\":true}", TRUE },
    { "{\"error\":[]}", TRUE },
    { "{\"error\":{\"code\":\"ok\",\"message\":\"\"}}", FALSE },
    { "{\"error\":null}", FALSE },
    { "{\"error\":\"\"}", FALSE },
    { "{\"error\":false}", FALSE },
    { "{\"error\":0}", FALSE },
    { "{" TOKEN "}", FALSE },
    { "[]", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (JsonNode) json = read_json (rows[i].json);

      g_test_message ("%s", rows[i].json);
      g_assert_cmpint (ck_token_is_error (json), ==, rows[i].is_error);
    }
  g_assert_false (ck_token_is_error (NULL));
}

static void
test_paths (void)
{
  g_autoptr (JsonNode) json
      = read_json ("{\"data\":[{\"id\":\"first\"},{\"id\":\"second\"}],\"a\":{\"b\":null}}");

  g_assert_cmpstr (ck_answer_get_string (json, "data.1.id"), ==, "second");
  g_assert_null (ck_answer_find (json, "data.2.id"));
  g_assert_null (ck_answer_find (json, "data.-1.id"));
  g_assert_null (ck_answer_find (json, "data.id"));
  g_assert_null (ck_answer_find (json, "a.b"));
  g_assert_null (ck_answer_find (json, "a.b.c"));
  g_assert_true (ck_answer_find (json, "") == json);
  g_assert_null (ck_answer_get_string (json, "data"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/oauth/token/good", test_good);
  g_test_add_func ("/oauth/token/bad", test_bad);
  g_test_add_func ("/oauth/token/shape", test_shape);
  g_test_add_func ("/oauth/token/is-error", test_is_error);
  g_test_add_func ("/oauth/answer/paths", test_paths);

  return g_test_run ();
}
