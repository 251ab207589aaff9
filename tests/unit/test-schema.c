/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>
#include <string.h>

#include "ck-config-schema.h"
#include "ck-provider-schema.h"

/* What the schema tables say is what the manual says, and what modules and stacks ask for. */

static char *
read_source (const char *name)
{
  g_autofree char *path = g_build_filename (g_getenv ("CK_TEST_SOURCE"), name, NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);

  return text;
}

/* "[Group] Key" to what the page says about it, up to the next key. */
static GHashTable *
read_page (const char *name)
{
  g_autofree char *text = read_source (name);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *group = NULL;
  g_autoptr (GRegex) item = g_regex_new ("^\\.It Cm ([A-Za-z0-9]+)=$", 0, 0, NULL);
  GHashTable *keys
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_strfreev);
  GStrvBuilder *about = NULL;
  g_autofree char *key = NULL;

  for (char **line = lines; *line != NULL; line++)
    {
      g_autoptr (GMatchInfo) match = NULL;
      gboolean is_item = g_regex_match (item, *line, 0, &match);

      if (about != NULL && (is_item || g_str_has_prefix (*line, ".El")))
        {
          g_hash_table_insert (keys, g_steal_pointer (&key), g_strv_builder_end (about));
          g_clear_pointer (&about, g_strv_builder_unref);
        }
      if (g_str_has_prefix (*line, ".Ss "))
        {
          g_free (group);
          group = g_strdup (*line + strlen (".Ss "));
        }
      else if (is_item)
        {
          g_autofree char *word = g_match_info_fetch (match, 1);

          key = g_strconcat (group, " ", word, NULL);
          about = g_strv_builder_new ();
        }
      else if (about != NULL)
        g_strv_builder_add (about, *line);
    }

  return keys;
}

static char *
page_name (const CkSchemaKey *key)
{
  g_auto (GStrv) parts = g_strsplit (key->group, "*", 2);
  const char *second = g_str_has_prefix (key->group, "Advice") ? "WORD" : "CAUSE";
  g_autofree char *group = g_strjoinv (second, parts);

  return g_strdup_printf ("[%s] %s", group, key->key);
}

/* Each word that may stand there is shown as one. */
static void
check_words (const CkSchemaKey *key, const char *const *about)
{
  g_auto (GStrv) words = g_strsplit (key->detail, " ", -1);

  for (char **word = words; *word != NULL; word++)
    {
      gboolean found = FALSE;

      for (gsize i = 0; about[i] != NULL && !found; i++)
        {
          g_auto (GStrv) shown = g_strsplit (about[i], " ", -1);

          found = g_str_has_prefix (about[i], ".Ql ")
                  && g_strv_contains ((const char *const *) shown, *word);
        }
      if (!found)
        g_error ("the manual says of %s.%s nothing about %s", key->group, key->key, *word);
    }
}

static void
take_schema (GHashTable *page, const CkSchema *schema)
{
  for (gsize i = 0; i < schema->n_keys; i++)
    {
      const CkSchemaKey *key = &schema->keys[i];
      g_autofree char *name = page_name (key);
      const char *const *about = g_hash_table_lookup (page, name);

      if (about == NULL)
        g_error ("the manual does not have %s", name);
      g_assert_nonnull (about[0]);
      if (key->kind == CK_VALUE_WORD)
        check_words (key, about);
      g_hash_table_remove (page, name);
    }
}

static void
assert_empty (GHashTable *page)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, page);
  if (g_hash_table_iter_next (&iter, &name, NULL))
    g_error ("the manual has %s, which is no key", (const char *) name);
}

static void
test_provider_page (void)
{
  g_autoptr (GHashTable) page = read_page ("docs/man/channelkeeper.provider.5");

  take_schema (page, &ck_provider_schema);
  assert_empty (page);
}

static void
test_conf_page (void)
{
  g_autoptr (GHashTable) page = read_page ("docs/man/channelkeeper.conf.5");

  take_schema (page, &ck_settings_schema);
  take_schema (page, &ck_client_schema);
  take_schema (page, &ck_channel_schema);
  assert_empty (page);
}

/* ---- who asks -------------------------------------------------------------------------------- */

static gboolean
is_key (const char *group, const char *key)
{
  for (gsize i = 0; i < ck_provider_schema.n_keys; i++)
    {
      if (g_str_equal (ck_provider_schema.keys[i].group, group)
          && g_str_equal (ck_provider_schema.keys[i].key, key))
        return TRUE;
    }

  return FALSE;
}

/*
 * @pattern: with a key as its last group, and the key's group before it or else OAuth2. Returns how
 * many were found in the files of @folder that end in @suffix.
 */
static guint
check_uses (const char *folder, const char *suffix, const char *pattern)
{
  g_autofree char *path = g_build_filename (g_getenv ("CK_TEST_SOURCE"), folder, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
  guint n_found = 0;
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (folder, name, NULL);
      g_autofree char *text = NULL;
      g_autoptr (GMatchInfo) match = NULL;

      if (!g_str_has_suffix (name, suffix) || g_str_equal (name, "meson.build"))
        continue;
      text = read_source (file);
      for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match);
           g_match_info_next (match, NULL))
        {
          gboolean has_group = g_match_info_get_match_count (match) > 2;
          g_autofree char *group = has_group ? g_match_info_fetch (match, 1) : g_strdup ("OAuth2");
          g_autofree char *key = g_match_info_fetch (match, has_group ? 2 : 1);

          if (!is_key (group, key))
            g_error ("%s asks for %s.%s, which no provider file may say", file, group, key);
          n_found++;
        }
    }

  return n_found;
}

static void
test_uses (void)
{
  const char *getter = "get_setting \\(t,\\s+\"([A-Za-z0-9]+)\",\\s+\"([A-Za-z0-9]+)\"";
  const char *dotted = "get_setting \\([a-z]+,\\s+\"([A-Za-z0-9]+)\\.([A-Za-z0-9]+)\"";

  g_assert_cmpuint (check_uses ("backends/modules", ".c", getter), >, 2);
  g_assert_cmpuint (check_uses ("backends/modules/oauth", ".c", getter), >, 2);
  g_assert_cmpuint (check_uses ("broker/channel", ".c", dotted), >, 0);
  g_assert_cmpuint (check_uses ("backends/stacks", "", "endpoint=([A-Za-z0-9]+)"), >, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/schema/provider-page", test_provider_page);
  g_test_add_func ("/schema/conf-page", test_conf_page);
  g_test_add_func ("/schema/uses", test_uses);

  return g_test_run ();
}
