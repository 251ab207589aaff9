/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-error.h"
#include "ck-names.h"
#include "ck-state.h"
#include "ctl.h"
#include "exit.h"
#include "json.h"
#include "monitor-event.h"
#include "output.h"
#include "qr.h"

static void
test_clean (void)
{
  static const struct
  {
    const char *dirty;
    const char *clean;
  } cases[] = {
    { "plain", "plain" },
    { "two\nlines\tand tab", "two lines and tab" },
    { "\x1b]0;title\x07", "\xef\xbf\xbd]0;title\xef\xbf\xbd" },
    { "\xc2\x9b"
      "31m",
      "\xef\xbf\xbd"
      "31m" }, /* C1 CSI */
    { "a\xe2\x80\xae"
      "b",
      "a\xef\xbf\xbd"
      "b" }, /* right-to-left override */
    { "caf\xc3\xa9", "caf\xc3\xa9" },
    { "cut\xc3", "cut\xef\xbf\xbd" }, /* not UTF-8 */
    { "", "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *clean = ck_output_clean (cases[i].dirty);

      g_assert_cmpstr (clean, ==, cases[i].clean);
    }
}

static void
test_colours (void)
{
  g_assert_true (ck_output_wants_colours (TRUE, NULL, "xterm"));
  g_assert_true (ck_output_wants_colours (TRUE, "", "xterm"));
  g_assert_false (ck_output_wants_colours (TRUE, "1", "xterm"));
  g_assert_false (ck_output_wants_colours (TRUE, "0", "xterm"));
  g_assert_false (ck_output_wants_colours (TRUE, NULL, "dumb"));
  g_assert_false (ck_output_wants_colours (TRUE, NULL, NULL));
  g_assert_false (ck_output_wants_colours (FALSE, NULL, "xterm"));
  for (guint i = 0; i < CK_N_STATES; i++)
    g_assert_nonnull (ck_output_state_colour (ck_state_to_string (i)));
  g_assert_null (ck_output_state_colour ("else"));
}

static void
test_time (void)
{
  static const struct
  {
    guint64 time;
    const char *ending;
  } cases[] = {
    { CK_TIME_UNKNOWN, "-" },      { CK_TIME_NEVER, "never" }, { 1000 + 59, "(in 59 s)" },
    { 1000 + 3600, "(in 1 h)" },   { 1000, "(0 s ago)" },      { 1000 - 120, "(2 min ago)" },
    { 1000 + 172800, "(in 2 d)" }, { G_MAXUINT64, "never" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = ck_output_time (cases[i].time, 1000);

      g_assert_true (g_str_has_suffix (text, cases[i].ending));
    }
}

static CkTable *
make_table (void)
{
  static const char *const headings[] = { "ID", "STATE", "NAME", NULL };
  CkTable *table = ck_table_new (headings);

  ck_table_add (table, (const char *const[]){ "twitch-main", "connected", "Z\xc3\xbcrich" });
  ck_table_add (table, (const char *const[]){ "x", "revoked", "\xe6\x97\xa5\xe6\x9c\xac" });
  ck_table_add (table, (const char *const[]){ "y", "", "a\x1b[2J\tb" });

  return table;
}

static void
test_table (void)
{
  g_autoptr (CkTable) table = make_table ();
  g_autofree char *aligned = ck_table_to_string (table, TRUE, FALSE);
  g_autofree char *coloured = ck_table_to_string (table, TRUE, TRUE);
  g_autofree char *plain = ck_table_to_string (table, FALSE, TRUE);

  g_assert_cmpstr (aligned, ==,
                   "ID           STATE      NAME\n"
                   "twitch-main  connected  Z\xc3\xbcrich\n"
                   "x            revoked    \xe6\x97\xa5\xe6\x9c\xac\n"
                   "y            -          a\xef\xbf\xbd[2J b\n");
  g_assert_nonnull (strstr (coloured, "\x1b[32mconnected\x1b[0m  Z"));
  g_assert_nonnull (strstr (coloured, "\x1b[31mrevoked\x1b[0m    "));
  g_assert_null (strstr (coloured, "\x1b[2J"));
  g_assert_cmpstr (plain, ==,
                   "twitch-main\tconnected\tZ\xc3\xbcrich\n"
                   "x\trevoked\t\xe6\x97\xa5\xe6\x9c\xac\n"
                   "y\t-\ta\xef\xbf\xbd[2J b\n");
}

static void
test_details (void)
{
  g_autoptr (GVariant) details = g_variant_ref_sink (g_variant_new_parsed (
      "{'stack': <'oidc'>, 'none': <''>, 'flows': <['browser', 'device']>, 'n': <uint32 3>}"));
  g_autofree char *line = ck_output_details (details);

  g_assert_cmpstr (line, ==, "stack=oidc flows=browser,device n=3");
}

static void
test_json_names (void)
{
  static const struct
  {
    const char *bus;
    const char *json;
  } cases[] = {
    { "ExpiresAt", "expires_at" },       { "user-code", "user_code" }, { "Id", "id" },
    { "AllowedUsers", "allowed_users" }, { "old_state", "old_state" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = ck_json_name (cases[i].bus);

      g_assert_cmpstr (name, ==, cases[i].json);
    }
}

static void
test_json_values (void)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_parsed (
      "{'ExpiresAt': <uint64 9007199254740991>, 'Scopes': <['a\"b', 'c']>, 'RenewsItself': <true>,"
      " 'Prompt': <(uint32 1, 'info', {'user-code': <'X'>})>}"));
  g_autoptr (JsonNode) node = ck_json_from_variant (value);
  g_autofree char *text = json_to_string (node, FALSE);

  g_assert_cmpstr (text, ==,
                   "{\"expires_at\":9007199254740991,\"scopes\":[\"a\\\"b\",\"c\"],"
                   "\"renews_itself\":true,\"prompt\":[1,\"info\",{\"user_code\":\"X\"}]}");
}

static void
test_json_rows (void)
{
  static const char *const names[] = { "id", "provider", NULL };
  g_autoptr (GVariant) rows
      = g_variant_ref_sink (g_variant_new_parsed ("[('a', 'b', 'hidden'), ('c', 'd', 'hidden')]"));
  g_autoptr (JsonNode) node = ck_json_from_rows (rows, names);
  g_autofree char *text = json_to_string (node, FALSE);

  g_assert_cmpstr (text, ==,
                   "[{\"id\":\"a\",\"provider\":\"b\"},{\"id\":\"c\",\"provider\":\"d\"}]");
}

static void
test_exit_errors (void)
{
  static const struct
  {
    CkError error;
    CkExit exit;
  } cases[] = {
    { CK_ERROR_NOT_AUTHORIZED, 3 },
    { CK_ERROR_INTERACTION_REQUIRED, 3 },
    { CK_ERROR_NO_SUCH_CHANNEL, 4 },
    { CK_ERROR_NO_SUCH_CLIENT, 4 },
    { CK_ERROR_INVALID_ARGUMENT, 2 },
    { CK_ERROR_EXPIRED, 5 },
    { CK_ERROR_REVOKED, 5 },
    { CK_ERROR_SUSPENDED, 5 },
    { CK_ERROR_BUSY, 6 },
    { CK_ERROR_PROVIDER_UNAVAILABLE, 6 },
    { CK_ERROR_VAULT_SEALED, 7 },
    { CK_ERROR_FAILED, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = g_error_new_literal (CK_ERROR, (int) cases[i].error, "x");

      g_assert_cmpint (ck_exit_from_error (error), ==, cases[i].exit);
    }
  for (int code = 0; code < CK_N_ERRORS; code++)
    {
      g_autoptr (GError) error = g_error_new_literal (CK_ERROR, code, "x");

      g_assert_cmpint (ck_exit_from_error (error), !=, CK_EXIT_OK);
    }
}

static void
test_exit_words (void)
{
  g_autoptr (GError) gone = g_error_new_literal (G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN, "x");
  g_autoptr (GError) option = g_error_new_literal (G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "x");

  g_assert_cmpint (ck_exit_from_error (gone), ==, 7);
  g_assert_cmpint (ck_exit_from_error (option), ==, 2);
  g_assert_cmpint (ck_exit_from_state ("connected"), ==, 0);
  g_assert_cmpint (ck_exit_from_state ("expiring"), ==, 0);
  g_assert_cmpint (ck_exit_from_state ("interrupted"), ==, 6);
  g_assert_cmpint (ck_exit_from_state ("locked"), ==, 5);
  g_assert_cmpint (ck_exit_from_state ("odd"), ==, 1);
  g_assert_cmpint (ck_exit_from_cause ("network"), ==, 6);
  g_assert_cmpint (ck_exit_from_cause ("wrong-account"), ==, 5);
  g_assert_cmpint (ck_exit_from_cause ("none"), ==, 1);
  g_assert_cmpint (ck_exit_from_cause (NULL), ==, 1);
}

static void
test_monitor_ids (void)
{
  static const struct
  {
    const char *path;
    const char *id;
  } cases[] = {
    { CK_CHANNEL_PATH "/twitch_2dmain", "twitch-main" },
    { CK_CHANNEL_PATH "/_31st_2echannel", "1st.channel" },
    { CK_CHANNEL_PATH "/plain", "plain" },
    { CK_CHANNEL_PATH "/cut_2", NULL },
    { CK_ROOT_PATH, NULL },
    { "/else/where", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *id = ck_monitor_event_id (cases[i].path);

      g_assert_cmpstr (id, ==, cases[i].id);
    }
}

static void
test_monitor_events (void)
{
  static const struct
  {
    const char *signal;
    const char *parameters;
    const char *json;
    const char *line;
  } cases[] = {
    { "ChannelStateChanged",
      "(uint64 7, objectpath '/a', 'tv', 'connected', 'revoked', 'password-changed')",
      "{\"time\":5,\"signal\":\"ChannelStateChanged\",\"id\":\"tv\",\"sequence\":7,"
      "\"channel\":\"/a\",\"id\":\"tv\",\"old_state\":\"connected\",\"new_state\":\"revoked\","
      "\"cause\":\"password-changed\"}",
      "connected -> revoked (password-changed)" },
    { "Revoked", "(uint64 7, 'password-changed', 'said\x1b so', {'remedy': <'log in'>})",
      "{\"time\":5,\"signal\":\"Revoked\",\"id\":\"tv\",\"sequence\":7,"
      "\"cause\":\"password-changed\",\"detail\":\"said\\u001b so\","
      "\"details\":{\"remedy\":\"log in\"}}",
      "Revoked  cause=password-changed  detail=said\xef\xbf\xbd so  what to do: log in" },
    { "Expired", "(uint64 7, @a{sv} {})",
      "{\"time\":5,\"signal\":\"Expired\",\"id\":\"tv\",\"sequence\":7,\"details\":{}}",
      "Expired" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GVariant) parameters
          = g_variant_ref_sink (g_variant_new_parsed (cases[i].parameters));
      g_autoptr (JsonNode) expected = json_from_string (cases[i].json, NULL);
      g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
      g_autofree char *line = ck_monitor_event_to_line (cases[i].signal, "tv", parameters, 5);

      g_assert_true (ck_monitor_event_known (cases[i].signal, parameters));
      json_node_take_object (node, ck_monitor_event_to_json (cases[i].signal, "tv", parameters, 5));
      g_assert_true (json_node_equal (node, expected));
      g_assert_true (g_str_has_suffix (line, cases[i].line));
    }
}

static void
test_monitor_foreign (void)
{
  g_autoptr (GVariant) wrong = g_variant_ref_sink (g_variant_new_parsed ("('text',)"));

  g_assert_false (ck_monitor_event_known ("Revoked", wrong));
  g_assert_false (ck_monitor_event_known ("PropertiesChanged", wrong));
}

static void
test_qr (void)
{
  g_autofree char *dark = ck_qr_to_string ("https://example.org/device?code=ABCD", FALSE);
  g_autofree char *coloured = ck_qr_to_string ("https://example.org/device?code=ABCD", TRUE);
  g_autofree char *long_text = g_strnfill (4000, 'x');
  g_auto (GStrv) lines = g_strsplit (dark, "\n", -1);

  /* Version 3 is 29 modules: with the frame 33 columns and 17 lines, light first and last. */
  g_assert_cmpuint (g_strv_length (lines), ==, 18);
  for (guint i = 0; i < 17; i++)
    g_assert_cmpint (g_utf8_strlen (lines[i], -1), ==, 33);
  g_assert_true (g_str_has_prefix (lines[0], "\xe2\x96\x88\xe2\x96\x88"));
  g_assert_true (g_str_has_prefix (coloured, "\x1b[30;107m  "));
  g_assert_null (ck_qr_to_string (long_text, FALSE));
}

static void
test_words (void)
{
  static const char *const values[] = { "read  write", "write", " admin ", NULL };
  g_auto (GStrv) words = ck_ctl_split_words ((GStrv) values);
  g_autofree char *joined = g_strjoinv ("|", words);

  g_assert_cmpstr (joined, ==, "read|write|admin");
}

static void
test_wrap (void)
{
  static const struct
  {
    const char *text;
    guint indent;
    guint width;
    const char *lines;
  } rows[] = {
    { "one two three", 0, 0, "one two three\n" },
    { "one two three", 2, 9, "  one two\n  three\n" },
    { "a-word-that-is-too-long b", 2, 10, "  a-word-that-is-too-long\n  b\n" },
    { "Do this: 1. Open it. 2. Go on there.", 2, 12,
      "  Do this:\n  1. Open\n     it.\n  2. Go on\n     there.\n" },
    { "1. One. 2. Two.", 0, 0, "1. One.\n2. Two.\n" },
    { "By version 2. it is 3. better", 0, 0, "By version 2. it is 3. better\n" },
    { "\xc3\xbc\xc3\xbc \xc3\xbc\xc3\xbc b", 0, 5, "\xc3\xbc\xc3\xbc \xc3\xbc\xc3\xbc\nb\n" },
    { "bell\a and\nline", 0, 0, "bell\xef\xbf\xbd and line\n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *lines = ck_output_wrap (rows[i].text, rows[i].indent, rows[i].width);

      g_assert_cmpstr (lines, ==, rows[i].lines);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctl/output/wrap", test_wrap);
  g_test_add_func ("/ctl/output/clean", test_clean);
  g_test_add_func ("/ctl/output/colours", test_colours);
  g_test_add_func ("/ctl/output/time", test_time);
  g_test_add_func ("/ctl/output/table", test_table);
  g_test_add_func ("/ctl/output/details", test_details);
  g_test_add_func ("/ctl/output/qr", test_qr);
  g_test_add_func ("/ctl/output/words", test_words);
  g_test_add_func ("/ctl/json/names", test_json_names);
  g_test_add_func ("/ctl/json/values", test_json_values);
  g_test_add_func ("/ctl/json/rows", test_json_rows);
  g_test_add_func ("/ctl/exit/errors", test_exit_errors);
  g_test_add_func ("/ctl/exit/words", test_exit_words);
  g_test_add_func ("/ctl/monitor/ids", test_monitor_ids);
  g_test_add_func ("/ctl/monitor/events", test_monitor_events);
  g_test_add_func ("/ctl/monitor/foreign", test_monitor_foreign);

  return g_test_run ();
}
