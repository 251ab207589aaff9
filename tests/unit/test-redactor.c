/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-redactor.h"

#define LONG "abcdefghijklmnopqrstuvwxyz0123456789"

static void
test_table (void)
{
  static const struct
  {
    const char *secrets[4];
    const char *text;
    const char *cut;
  } table[] = {
    { { "s3cret" }, "nothing here", "nothing here" },
    { { "s3cret" }, "", "" },
    { { "s3cret" }, "s3cret", "[secret]" },
    { { "s3cret" }, "token s3cret is invalid", "token [secret] is invalid" },
    { { "s3cret" }, "s3crets3cret", "[secret]" },
    { { "s3cret" }, "S3CRET", "S3CRET" },
    { { "s3cret" }, "s3cre", "s3cre" },
    { { "a/b+c=d" }, "?t=a%2Fb%2Bc%3Dd&x", "?t=[secret]&x" },
    { { "a/b+c=d" }, "?t=a%2fb%2bc%3dd&x", "?t=[secret]&x" },
    { { "a/b+c=d" }, "?t=a%2fb+c%3Dd&x", "?t=[secret]&x" },
    { { "a/b+c=d" }, "?t=a%252Fb%252Bc%253dd", "?t=[secret]" },
    { { "a/b+c=d" }, "{\"t\":\"a\\/b+c=d\"}", "{\"t\":\"[secret]\"}" },
    { { "a/b+c=d" }, "{\"t\":\"a\\u002fb\\u002Bc=d\"}", "{\"t\":\"[secret]\"}" },
    { { "abcd" }, "%61%62%63%64", "[secret]" },
    { { "two words" }, "two+words, two%20words", "[secret], [secret]" },
    { { "100%25" }, "100%25 and 100%2525", "[secret] and [secret]" },
    { { "%41bc" }, "x%41bcx", "x[secret]x" },
    /* an end in the middle of an escape */
    { { "a/b+" }, "a%2", "a%2" },
    { { "a/b+" }, "a\\u00", "a\\u00" },
    { { "abcd" }, "%", "%" },
    /* overlapping, adjacent, one within the other */
    { { "abcdef", "defghi" }, "xabcdefghix", "x[secret]x" },
    { { "abcdef", "ghijkl" }, "xabcdefghijklx", "x[secret]x" },
    { { "abcd", "xabcdx" }, "xabcdx abcd", "[secret] [secret]" },
    { { "aaaa" }, "aaaaaa", "[secret]" },
    /* a part: from 20 bytes on, wherever it is from */
    { { LONG }, "token abcdefghijklmnopqrst…", "token [secret]…" },
    { { LONG }, "token abcdefghijklmnopqrs…", "token abcdefghijklmnopqrs…" },
    { { LONG }, "…ghijklmnopqrstuvwxyz0…", "…[secret]…" },
    { { LONG }, "…qrstuvwxyz0123456789", "…[secret]" },
    { { LONG }, "…qrstuvwxyz012345678", "…qrstuvwxyz012345678" },
    { { LONG }, "%61bcdefghijklmnopqrst", "[secret]" },
    /* too short to be looked for */
    { { "abc", "", "x" }, "abc x", "abc x" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (CkRedactor) redactor = ck_redactor_new ();
      g_autofree char *cut = NULL;

      for (guint j = 0; table[i].secrets[j] != NULL; j++)
        ck_redactor_add (redactor, table[i].secrets[j]);
      ck_redactor_add (redactor, table[i].secrets[0]);
      ck_redactor_add (redactor, NULL);

      cut = ck_redactor_cut (redactor, table[i].text);
      g_assert_cmpstr (cut, ==, table[i].cut);
      g_assert_cmpint (ck_redactor_finds (redactor, table[i].text),
                       ==,
                       g_strcmp0 (table[i].text, table[i].cut) != 0);
    }
}

/* Whatever is encoded how: every byte by itself, in every form. */
static void
test_random_forms (void)
{
  for (guint round = 0; round < 2000; round++)
    {
      g_autoptr (CkRedactor) redactor = ck_redactor_new ();
      g_autoptr (GString) secret = g_string_new (NULL);
      g_autoptr (GString) text = g_string_new ("<");
      g_autofree char *cut = NULL;
      int length = g_test_rand_int_range (4, 40);

      for (int i = 0; i < length; i++)
        {
          char c = (char) g_test_rand_int_range (0x21, 0x7f);

          g_string_append_c (secret, c);
          switch (g_test_rand_int_range (0, 5))
            {
            case 0:
              g_string_append_printf (text, "%%%02x", c);
              break;
            case 1:
              g_string_append_printf (text, "%%%02X", c);
              break;
            case 2:
              g_string_append_printf (text, "\\u00%02x", c);
              break;
            default:
              g_string_append_c (text, c);
              break;
            }
        }
      g_string_append_c (text, '>');

      ck_redactor_add (redactor, secret->str);
      cut = ck_redactor_cut (redactor, text->str);
      if (strstr (secret->str, "%") == NULL && strstr (secret->str, "\\") == NULL)
        g_assert_cmpstr (cut, ==, "<[secret]>");
    }
}

static void
test_text_has (void)
{
  g_assert_true (ck_redactor_text_has ("a=1&refresh_token=1%2F%2Fabc&x", "1//abc"));
  g_assert_true (ck_redactor_text_has ("abc", "abc"));
  g_assert_true (ck_redactor_text_has ("ab", "ab"));
  g_assert_false (ck_redactor_text_has (LONG, LONG "x"));
  g_assert_false (ck_redactor_text_has (NULL, "abc"));
  g_assert_false (ck_redactor_text_has ("abc", ""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/redactor/table", test_table);
  g_test_add_func ("/redactor/random-forms", test_random_forms);
  g_test_add_func ("/redactor/text-has", test_text_has);

  return g_test_run ();
}
