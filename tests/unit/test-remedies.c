/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-provider.h"

/*
 * What people are told to do, on every shipped platform and for every cause: there is something, it
 * can be read in one go, and none of it needs an explanation.
 */

#define MAX_CHARS 450

/* Words of the trade that nobody need know. */
#define JARGON                                                                                     \
  "oauth|pkce|json|endpoints?|credentials?|callbacks?|grants|(?:the|a|this|its) grant|"            \
  "[45][0-9][0-9]"

/* These an administrator knows, and finds in a developer console. */
#define ADMINISTRATORS                                                                             \
  "tokens?|scopes?|https?|uris?|urls?|api|apis|client|clients|redirect|configuration"

static const CkCause administrators[]
    = { CK_CAUSE_APP_SUSPENDED, CK_CAUSE_CLIENT_MISCONFIGURED, CK_CAUSE_NETWORK };

static gboolean
is_for_administrators (CkCause cause)
{
  for (gsize i = 0; i < G_N_ELEMENTS (administrators); i++)
    {
      if (administrators[i] == cause)
        return TRUE;
    }

  return FALSE;
}

/* What is wrong with @text, or NULL. */
static char *
find_fault (const char *text, CkCause cause)
{
  g_autoptr (GRegex) regex
      = g_regex_new (is_for_administrators (cause) ? "\\b(" JARGON ")\\b"
                                                   : "\\b(" JARGON "|" ADMINISTRATORS ")\\b",
                     G_REGEX_CASELESS, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  glong n_chars = g_utf8_strlen (text, -1);

  if (*text == '\0')
    return g_strdup ("there is none");
  if (n_chars > MAX_CHARS)
    return g_strdup_printf ("%ld characters, more than %d", n_chars, MAX_CHARS);
  if (!g_str_has_suffix (text, "."))
    return g_strdup ("no full sentence");
  if (strstr (text, "  ") != NULL)
    return g_strdup ("two blanks");
  if (g_regex_match (regex, text, 0, &match))
    {
      g_autofree char *word = g_match_info_fetch (match, 1);

      return g_strdup_printf ("“%s” is a word of the trade", word);
    }

  return NULL;
}

static CkProvider *
load (const char *id)
{
  const char *const dirs[] = { g_getenv ("CK_TEST_PROVIDERS"), NULL };
  g_autoptr (GError) error = NULL;
  CkProvider *provider = ck_provider_load (dirs, id, CK_PROVIDER_FLAGS_NONE, &error);

  g_assert_no_error (error);

  return provider;
}

static void
test_remedies (gconstpointer data)
{
  const char *id = data;
  g_autoptr (CkProvider) generic = load (CK_PROVIDER_GENERIC);
  g_autoptr (CkProvider) provider = load (id);
  guint n_own = 0;

  for (CkCause cause = CK_CAUSE_NONE + 1; cause < CK_N_CAUSES; cause++)
    {
      const char *text = ck_provider_get_remedy (provider, cause);
      g_autofree char *fault = find_fault (text, cause);

      n_own += !g_str_equal (text, ck_provider_get_remedy (generic, cause));
      if (fault != NULL)
        {
          g_test_message ("%s, %s: %s: %s", id, ck_cause_to_string (cause), fault, text);
          g_test_fail ();
        }
    }

  /* A platform that people know by name has pages and buttons with names. */
  if (!g_str_equal (id, CK_PROVIDER_GENERIC) && !g_str_equal (id, "oidc"))
    g_assert_cmpuint (n_own, >=, 3);
}

/* The net itself has no holes. */
static void
test_net (void)
{
  static const struct
  {
    const char *text;
    CkCause cause;
    const char *fault; /* NULL: none */
  } rows[] = {
    { "Reconnect the channel.", CK_CAUSE_EXPIRED, NULL },
    { "Reconnect the channel", CK_CAUSE_EXPIRED, "sentence" },
    { "", CK_CAUSE_EXPIRED, "none" },
    { "The Token has run out.", CK_CAUSE_EXPIRED, "Token" },
    { "Tick all scopes.", CK_CAUSE_SCOPE_CHANGED, "scopes" },
    { "It said 401.", CK_CAUSE_UNKNOWN_REVOKED, "401" },
    { "It lives for 400 000 years.", CK_CAUSE_EXPIRED, "400" },
    { "It lives for 60 days, at most 4001.", CK_CAUSE_EXPIRED, NULL },
    { "Use the API.", CK_CAUSE_EXPIRED, "API" },
    { "Use the API.", CK_CAUSE_CLIENT_MISCONFIGURED, NULL },
    { "All tokens stay.", CK_CAUSE_APP_SUSPENDED, NULL },
    { "Look under OAuth2.", CK_CAUSE_CLIENT_MISCONFIGURED, NULL },
    { "Look at OAuth.", CK_CAUSE_CLIENT_MISCONFIGURED, "OAuth" },
    { "It did not grant everything.", CK_CAUSE_SCOPE_CHANGED, NULL },
    { "The grant is dead.", CK_CAUSE_UNKNOWN_REVOKED, "grant" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *fault = find_fault (rows[i].text, rows[i].cause);

      g_test_message ("%s", rows[i].text);
      if (rows[i].fault == NULL)
        g_assert_cmpstr (fault, ==, NULL);
      else
        g_assert_true (fault != NULL && strstr (fault, rows[i].fault) != NULL);
    }
}

int
main (int argc, char **argv)
{
  const char *const dirs[] = { g_getenv ("CK_TEST_PROVIDERS"), NULL };
  g_auto (GStrv) ids = ck_provider_list_ids (dirs);

  g_test_init (&argc, &argv, NULL);
  g_test_set_nonfatal_assertions ();
  g_test_add_func ("/remedies/net", test_net);
  for (char **id = ids; *id != NULL; id++)
    {
      g_autofree char *path = g_strconcat ("/remedies/", *id, NULL);

      g_test_add_data_func (path, *id, test_remedies);
    }

  return g_test_run ();
}
