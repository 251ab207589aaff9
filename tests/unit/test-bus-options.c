/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-argument.h"
#include "ck-caller-limits.h"
#include "ck-error.h"
#include "ck-options.h"

static const CkOptionSpec known[] = {
  { "name", "s" }, { "users", "as" }, { "headers", "a{ss}" }, CK_OPTION_TIMEOUT, { "force", "b" },
  { "since", "t" }, { NULL },
};

static const struct
{
  const char *text;
  const char *message; /* NULL: accepted */
} options[] = {
  { "@a{sv} {}", NULL },
  { "{'name': <'x'>, 'users': <['a', 'b']>, 'timeout': <@u 5>}", NULL },
  { "{'headers': <{'a': 'b'}>}", NULL },
  { "{'nmae': <'x'>}",
    "there is no option “nmae” here; known are: name, users, headers, timeout, force, since" },
  { "{'na\\nme': <'x'>}",
    "there is no option “na?me” here; known are: name, users, headers, timeout, force, since" },
  { "{'name': <@u 5>}", "option “name” must be of type s, not u" },
  { "{'timeout': <5>}", "option “timeout” must be of type u, not i" },
  { "{'name': <'x'>, 'name': <'y'>}", "option “name” is given twice" },
  { "{'name': <'a\\nb'>}", "name must not contain control characters" },
  { "{'users': <['a', '']>}", "users has an empty member: “”" },
};

static void
test_options (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) dict = g_variant_new_parsed (options[i].text);
      gboolean ok = ck_options_check (dict, known, &error);

      g_assert_cmpint (ok, ==, options[i].message == NULL);
      if (ok)
        continue;
      g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
      g_assert_cmpstr (error->message, ==, options[i].message);
    }
}

static void
test_values (void)
{
  g_autoptr (GVariant) dict = g_variant_new_parsed (
      "{'name': <'x'>, 'users': <['a', 'b']>, 'timeout': <@u 5>, 'force': <true>, "
      "'since': <@t 7>}");
  g_auto (GStrv) users = ck_options_dup_strings (dict, "users");

  g_assert_cmpstr (ck_options_get_string (dict, "name"), ==, "x");
  g_assert_cmpuint (g_strv_length (users), ==, 2);
  g_assert_cmpuint (ck_options_get_uint (dict, "timeout", 22), ==, 5);
  g_assert_true (ck_options_get_boolean (dict, "force"));
  g_assert_cmpuint (ck_options_get_time (dict, "since"), ==, 7);

  g_assert_null (ck_options_get_string (dict, "other"));
  g_assert_null (ck_options_dup_strings (dict, "other"));
  g_assert_cmpuint (ck_options_get_uint (dict, "other", 22), ==, 22);
  g_assert_false (ck_options_get_boolean (dict, "other"));
  g_assert_cmpuint (ck_options_get_time (dict, "other"), ==, 0);
}

static void
test_sizes (void)
{
  g_autofree char *text = g_strnfill (CK_MAX_TEXT + 1, 'x');
  GVariantDict dict;
  g_autoptr (GVariant) long_text = NULL;
  g_autoptr (GVariant) long_list = NULL;
  g_autoptr (GPtrArray) many = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "name", "s", text);
  long_text = g_variant_ref_sink (g_variant_dict_end (&dict));
  g_assert_false (ck_options_check (long_text, known, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  for (guint i = 0; i <= CK_MAX_LIST; i++)
    g_ptr_array_add (many, (gpointer) "x");
  g_ptr_array_add (many, NULL);
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "users", "^as", many->pdata);
  long_list = g_variant_ref_sink (g_variant_dict_end (&dict));
  g_assert_false (ck_options_check (long_list, known, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
}

static void
test_ids (void)
{
  static const struct
  {
    const char *id;
    gboolean good;
  } ids[] = {
    { "a", TRUE },
    { "0", TRUE },
    { "twitch-main", TRUE },
    { "a.b_c-d", TRUE },
    { "0123456789012345678901234567890123456789012345678901234567890123", TRUE },
    { "01234567890123456789012345678901234567890123456789012345678901234", FALSE },
    { "", FALSE },
    { "-a", FALSE },
    { ".a", FALSE },
    { "_a", FALSE },
    { "Twitch", FALSE },
    { "a b", FALSE },
    { "a/b", FALSE },
    { "a\n", FALSE },
    { "caf\xc3\xa9", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (ck_argument_check_id ("id", ids[i].id, &error), ==, ids[i].good);
      if (!ids[i].good)
        g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
    }
}

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
test_users (void)
{
  const char *const good[] = { "root", NULL };
  const char *const bad[] = { "root", "no-such-user-here", NULL };
  const char *const *cases[] = { good, bad };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GAsyncResult) users = NULL;
      g_autoptr (GAsyncResult) groups = NULL;
      g_autoptr (GError) error = NULL;

      ck_argument_check_users_async ("user", cases[i], NULL, on_result, &users);
      ck_argument_check_groups_async ("groups", cases[i], NULL, on_result, &groups);
      while (users == NULL || groups == NULL)
        g_main_context_iteration (NULL, TRUE);

      g_assert_cmpint (ck_argument_check_users_finish (users, &error), ==, cases[i] == good);
      if (cases[i] == bad)
        g_assert_cmpstr (error->message,
                         ==,
                         "user names a user that this machine does not have: “no-such-user-here”");
      g_clear_error (&error);
      g_assert_cmpint (ck_argument_check_groups_finish (groups, &error), ==, cases[i] == good);
    }
}

static void
test_limits (void)
{
  g_autoptr (CkCallerLimits) limits = ck_caller_limits_new ("calls", 2, 3);
  g_autoptr (GError) error = NULL;

  g_assert_true (ck_caller_limits_acquire (limits, 1000, NULL));
  g_assert_true (ck_caller_limits_acquire (limits, 1000, NULL));
  g_assert_false (ck_caller_limits_acquire (limits, 1000, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_LIMIT_EXCEEDED);
  g_clear_error (&error);

  /* Somebody else's is his own, but there is a total. */
  g_assert_true (ck_caller_limits_acquire (limits, 0, NULL));
  g_assert_false (ck_caller_limits_acquire (limits, 1001, &error));
  g_assert_error (error, CK_ERROR, CK_ERROR_LIMIT_EXCEEDED);

  ck_caller_limits_release (limits, 1000);
  g_assert_true (ck_caller_limits_acquire (limits, 1001, NULL));
  ck_caller_limits_release (limits, 1001);
  ck_caller_limits_release (limits, 1000);
  ck_caller_limits_release (limits, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-options/table", test_options);
  g_test_add_func ("/bus-options/values", test_values);
  g_test_add_func ("/bus-options/sizes", test_sizes);
  g_test_add_func ("/bus-options/ids", test_ids);
  g_test_add_func ("/bus-options/users", test_users);
  g_test_add_func ("/bus-options/limits", test_limits);

  return g_test_run ();
}
