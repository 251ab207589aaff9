/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-advice.h"
#include "ck-names.h"
#include "ck-state.h"
#include "explanation.h"

#define NOW 1800000000

static GVariant *
make_properties (const char *state, const char *cause, const char *const *advice)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "Id", "s", "tv");
  g_variant_dict_insert (&dict, "DisplayName", "s", "Evening show");
  g_variant_dict_insert (&dict, "State", "s", state);
  g_variant_dict_insert (&dict, "Cause", "s", cause);
  g_variant_dict_insert (&dict, "Detail", "s", "");
  g_variant_dict_insert (&dict, "Remedy", "s", "Click on Allow.");
  g_variant_dict_insert (&dict, "AssignedUser", "s", "alice");
  g_variant_dict_insert (&dict, "Client", "s", "app");
  g_variant_dict_insert (&dict, "AccountName", "s", "The Channel");
  g_variant_dict_insert (&dict, "ExpiresAt", "t", (guint64) NOW + 3600);
  g_variant_dict_insert (&dict, "ReconnectBy", "t", (guint64) NOW + 86400);
  g_variant_dict_insert (&dict, "NextRenewal", "t", (guint64) 0);
  g_variant_dict_insert (&dict, "RenewsItself", "b", FALSE);
  g_variant_dict_insert (&dict, "Advice", "^as", advice);

  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

/* No state with any cause leaves a person without a word on who, what and what else. */
static void
test_every_state_and_cause (void)
{
  static const char *const none[] = { NULL };

  for (guint state = 0; state < CK_N_STATES; state++)
    {
      for (guint cause = 0; cause < CK_N_CAUSES; cause++)
        {
          g_autoptr (GVariant) properties
              = make_properties (ck_state_to_string (state), ck_cause_to_string (cause), none);
          g_autoptr (CkExplanation) it = ck_explanation_new (properties, "Lumen", "bob", NOW);

          g_test_message ("%s, %s", ck_state_to_string (state), ck_cause_to_string (cause));
          g_assert_true (g_str_has_prefix (it->headline, "tv (Evening show, Lumen): "));
          g_assert_cmpstr (it->who, !=, "");
          g_assert_cmpstr (it->by_itself, !=, "");
          if (cause != CK_CAUSE_NONE)
            g_assert_cmpstr (it->why, !=, "");
          if (state == CK_STATE_CONNECTED)
            g_assert_cmpstr (it->to_do, ==, "");
          else
            g_assert_cmpstr (it->to_do, !=, "");
        }
    }
}

/* Who acts, and by which command: the assigned user, the administrator, or nobody. */
static void
test_who (void)
{
  static const char *const none[] = { NULL };
  static const struct
  {
    const char *state;
    const char *cause;
    const char *me;
    const char *who; /* begins so */
    gboolean command;
  } rows[] = {
    { "unconnected", "none", "alice", "You: ", TRUE },
    { "unconnected", "none", "bob", "alice, to whom the channel is assigned. Nobody else can: ask alice", FALSE },
    { "expired", "expired", "alice", "You: ", TRUE },
    { "revoked", "password-changed", "alice", "You: ", TRUE },
    { "locked", "wrong-account", "bob", "alice, to whom", FALSE },
    { "expiring", "none", "alice", "You: ", TRUE },
    { "blocked", "permission-lost", "alice", "You: ", FALSE },
    { "blocked", "scope-changed", "alice", "You: ", TRUE },
    { "suspended", "app-suspended", "alice", "The administrator, once for all channels", FALSE },
    { "suspended", "client-misconfigured", "alice", "The administrator, once", FALSE },
    { "interrupted", "server-error", "alice", "Nobody has to", FALSE },
    { "interrupted", "network", "alice", "Nobody yet", FALSE },
    { "connected", "none", "alice", "Nobody has to", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GVariant) properties = make_properties (rows[i].state, rows[i].cause, none);
      g_autoptr (CkExplanation) it = ck_explanation_new (properties, "Lumen", rows[i].me, NOW);

      g_test_message ("%s: %s", rows[i].state, it->who);
      g_assert_true (g_str_has_prefix (it->who, rows[i].who));
      g_assert_cmpstr (it->command, ==, rows[i].command ? "channelctl reconnect tv" : NULL);
    }
}

/* Every word the service uses is explained; a stranger's word is shown. */
static void
test_advice (void)
{
  const char *const *words = ck_advice_list ();
  g_autoptr (GVariant) properties = make_properties ("connected", "none", words);
  g_autoptr (CkExplanation) it = ck_explanation_new (properties, "Lumen", "alice", NOW);

  g_assert_cmpuint (g_strv_length (it->advice), ==, g_strv_length ((GStrv) words));
  for (gsize i = 0; words[i] != NULL; i++)
    g_assert_true (g_str_has_suffix (it->advice[i], ".") && strlen (it->advice[i]) > 60);
  g_assert_cmpstr (ck_explanation_get_advice ("drink-water"), ==, "drink-water");
}

static void
test_since (void)
{
  g_autoptr (GVariant) events = g_variant_ref_sink (g_variant_new_parsed (
      "[(uint64 50, 'Assigned', @a{sv} {}),"
      " (40, 'Expiring', {'old-state': <'expiring'>, 'new-state': <'expiring'>}),"
      " (30, 'Expiring', {'old-state': <'connected'>, 'new-state': <'expiring'>}),"
      " (20, 'Expired', {'old-state': <'connected'>, 'new-state': <'expired'>}),"
      " (10, 'Expiring', {'old-state': <'connected'>, 'new-state': <'expiring'>})]"));

  g_assert_cmpuint (ck_explanation_find_since (events, "expiring"), ==, 30);
  g_assert_cmpuint (ck_explanation_find_since (events, "expired"), ==, 20);
  g_assert_cmpuint (ck_explanation_find_since (events, "revoked"), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctl/explanation/every-state-and-cause", test_every_state_and_cause);
  g_test_add_func ("/ctl/explanation/who", test_who);
  g_test_add_func ("/ctl/explanation/advice", test_advice);
  g_test_add_func ("/ctl/explanation/since", test_since);

  return g_test_run ();
}
