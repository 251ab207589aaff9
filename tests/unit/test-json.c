/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-json.h"

#include <string.h>

#include "ck-error.h"

static void
test_accepted (void)
{
  static const struct
  {
    const char *text;
    const char *path;
    const char *value; /* NULL: nothing that is text */
  } table[] = {
    { "{\"a\":\"b\"}", "a", "b" },
    { " { \"a\" : { \"b\" : [ 1 , 2 ] } } ", "a.b.1", "2" },
    { "[{\"id\":7}]", "0.id", "7" },
    { "{\"a\":true,\"b\":false}", "b", "false" },
    { "{\"a\":null}", "a", NULL },
    { "{\"a\":[]}", "a", NULL },
    { "{\"a\":1}", "a.b", NULL },
    { "{\"a\":[1]}", "a.1", NULL },
    { "{\"a\":[1]}", "a.-1", NULL },
    { "{\"a\":9007199254740993}", "a", "9007199254740993" },
    { "{\"a\":-9223372036854775808}", "a", "-9223372036854775808" },
    { "{\"a\":9223372036854775807}", "a", "9223372036854775807" },
    { "{\"a\":3600.0}", "a", "3600" },
    { "{\"a\":0.1}", "a", "0.1" },
    { "{\"a\":-1.5e3}", "a", "-1500" },
    { "{\"a\":\"\\u00e9\\ud83d\\ude00\\/\\n\"}", "a", "é😀/\n" },
    { "{\"a\":{\"x\":1},\"b\":{\"x\":2}}", "b.x", "2" },
    { "\"only a text\"", "a", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) root = ck_json_parse (table[i].text, strlen (table[i].text), &error);
      g_autofree char *value = NULL;

      g_test_message ("%s", table[i].text);
      g_assert_no_error (error);
      g_assert_nonnull (root);
      value = ck_json_dup_text (ck_json_walk (root, table[i].path));
      g_assert_cmpstr (value, ==, table[i].value);
    }
}

static void
assert_refused (const char *text, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = ck_json_parse (text, length, &error);

  g_assert_null (root);
  g_assert_error (error, CK_ERROR, CK_ERROR_PROVIDER_ERROR);
}

static void
test_refused (void)
{
  static const char *const table[] = {
    "",
    " ",
    "{",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":1",
    "{\"a\":1,}",
    "[1,]",
    "{\"a\":\"b",
    "{a:1}",
    "{'a':1}",
    "{\"a\":1}{\"a\":1}",
    "{\"a\":1} x",
    "/* c */ {}",
    "{} // c",
    "var a = {}",
    "<html><body>invalid_grant</body></html>",
    "{\"a\":01}",
    "{\"a\":+1}",
    "{\"a\":1.}",
    "{\"a\":.5}",
    "{\"a\":1e}",
    "{\"a\":1e999}",
    "{\"a\":NaN}",
    "{\"a\":9223372036854775808}",
    "{\"a\":123456789012345678901234567890}",
    "{\"a\":tru}",
    "{\"a\":\"tab\there\"}",
    "{\"a\":\"\\x\"}",
    "{\"a\":\"\\u12\"}",
    "{\"a\":\"\\u0000\"}",
    "{\"a\":\"\\ud800\"}",
    "{\"a\":\"\\ud800\\u0041\"}",
    "{\"a\":\"\\udc00\"}",
    "{\"a\":\"\xff\"}",
    "\xef\xbb\xbf{}",
    "{\"a\":1,\"a\":1}",
    "{\"a\":{\"b\":1,\"c\":2,\"b\":3}}",
    "{\"sub\":\"1\",\"s\\u0075b\":\"2\"}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_test_message ("row %u", i);
      assert_refused (table[i], strlen (table[i]));
    }

  assert_refused ("{\"a\":\"b\0c\"}", 12);
  assert_refused ("{}\0", 3);
}

static char *
nest (guint depth, char open, char close)
{
  char *text = g_malloc (2 * depth + 1);

  memset (text, open, depth);
  memset (text + depth, close, depth);
  text[2 * depth] = '\0';

  return text;
}

static void
test_depth (void)
{
  g_autofree char *allowed = nest (CK_JSON_MAX_DEPTH, '[', ']');
  g_autofree char *deeper = nest (CK_JSON_MAX_DEPTH + 1, '[', ']');
  g_autofree char *hostile = nest (500 * 1000, '[', ']');
  g_autoptr (JsonNode) root = ck_json_parse (allowed, strlen (allowed), NULL);

  g_assert_nonnull (root);
  assert_refused (deeper, strlen (deeper));
  assert_refused (hostile, strlen (hostile));
  assert_refused (hostile, 500 * 1000);
}

/* Every prefix of a document is none, and reading it stays within it. */
static void
test_truncated (void)
{
  static const char document[] =
      "{\"access_token\":\"a\\u00e9\\\"b\",\"expires_in\":3600,\"x\":[true,null,-1.5e+3]}";

  for (gsize length = 0; length < strlen (document); length++)
    {
      g_autofree char *exact = g_memdup2 (document, MAX (length, 1));

      assert_refused (exact, length);
    }
}

static void
test_error_is_mute (void)
{
  static const char text[] = "{\"access_token\":\"s3cr3t-token-value\" oops";
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = ck_json_parse (text, strlen (text), &error);

  g_assert_null (root);
  g_assert_null (strstr (error->message, "s3cr3t"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/accepted", test_accepted);
  g_test_add_func ("/json/refused", test_refused);
  g_test_add_func ("/json/depth", test_depth);
  g_test_add_func ("/json/truncated", test_truncated);
  g_test_add_func ("/json/error-is-mute", test_error_is_mute);

  return g_test_run ();
}
