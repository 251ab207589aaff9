/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ck-names.h"
#include "json.h"
#include "output.h"

typedef struct
{
  char *display_name;
  char *client;
  char *assigned_user;
  char *account_id;
  GStrv allow_users;
  GStrv allow_groups;
  GStrv scopes;
  GStrv required_scopes;
} AddOptions;

static void
add_options_clear (AddOptions *options)
{
  g_free (options->display_name);
  g_free (options->client);
  g_free (options->assigned_user);
  g_free (options->account_id);
  g_strfreev (options->allow_users);
  g_strfreev (options->allow_groups);
  g_strfreev (options->scopes);
  g_strfreev (options->required_scopes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (AddOptions, add_options_clear)

static void
insert_string (GVariantDict *dict, const char *key, const char *value)
{
  if (value != NULL)
    g_variant_dict_insert (dict, key, "s", value);
}

static void
insert_words (GVariantDict *dict, const char *key, GStrv values)
{
  g_auto (GStrv) words = NULL;

  if (values == NULL)
    return;
  words = ck_ctl_split_words (values);
  g_variant_dict_insert (dict, key, "^as", words);
}

gboolean
ck_cmd_add (CkCtl *ctl, GStrv *arguments, GError **error)
{
  static const char *const names[] = { "path", NULL };
  g_auto (AddOptions) wanted = { NULL };
  const GOptionEntry entries[] = {
    { "display-name", 0, 0, G_OPTION_ARG_STRING, &wanted.display_name, N_ ("What people call it"),
      "NAME" },
    { "client", 0, 0, G_OPTION_ARG_STRING, &wanted.client, N_ ("The OAuth client to use"),
      "CLIENT" },
    { "assigned-user", 0, 0, G_OPTION_ARG_STRING, &wanted.assigned_user,
      N_ ("The one user who may reconnect it"), "USER" },
    { "allow-user", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.allow_users,
      N_ ("A user who gets tokens; may be repeated"), "USER" },
    { "allow-group", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.allow_groups,
      N_ ("A group whose members get tokens; may be repeated"), "GROUP" },
    { "scopes", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.scopes,
      N_ ("What to ask the platform for; may be repeated"), "'SCOPE ...'" },
    { "required-scopes", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.required_scopes,
      N_ ("Those without which connecting fails; may be repeated"), "'SCOPE ...'" },
    { "account-id", 0, 0, G_OPTION_ARG_STRING, &wanted.account_id,
      N_ ("Take no other account than this"), "ID" },
    { NULL },
  };
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) reply = NULL;

  if (!ck_ctl_parse (ctl, entries, arguments, error))
    return FALSE;
  ck_ctl_set_subject (ctl, (*arguments)[0]);
  insert_string (&dict, "display-name", wanted.display_name);
  insert_string (&dict, "client", wanted.client);
  insert_string (&dict, "assigned-user", wanted.assigned_user);
  insert_string (&dict, "account-id", wanted.account_id);
  insert_words (&dict, "allowed-users", wanted.allow_users);
  insert_words (&dict, "allowed-groups", wanted.allow_groups);
  insert_words (&dict, "scopes", wanted.scopes);
  insert_words (&dict, "required-scopes", wanted.required_scopes);

  reply = ck_ctl_call_broker (ctl, "AddChannel",
                              g_variant_new ("(ss@a{sv})", (*arguments)[0], (*arguments)[1],
                                             ck_ctl_bus_options (ck_ctl_get_bus (ctl), &dict)),
                              "(o)", error);
  if (reply == NULL)
    return FALSE;
  if (ck_ctl_wants_json (ctl))
    ck_json_print_line (ck_json_from_row (reply, names));

  return TRUE;
}

gboolean
ck_cmd_remove (CkCtl *ctl, GStrv *arguments, GError **error)
{
  gboolean keep_grant = FALSE;
  const GOptionEntry entries[] = {
    { "keep-grant", 0, 0, G_OPTION_ARG_NONE, &keep_grant, N_ ("Do not tell the platform"), NULL },
    { NULL },
  };
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) reply = NULL;

  if (!ck_ctl_parse (ctl, entries, arguments, error))
    return FALSE;
  ck_ctl_set_subject (ctl, (*arguments)[0]);
  if (keep_grant)
    g_variant_dict_insert (&dict, "keep-grant", "b", TRUE);

  reply = ck_ctl_call_broker (ctl, "RemoveChannel",
                              g_variant_new ("(s@a{sv})", (*arguments)[0],
                                             ck_ctl_bus_options (ck_ctl_get_bus (ctl), &dict)),
                              "()", error);
  if (reply == NULL)
    return FALSE;
  ck_ctl_print_done (ctl);

  return TRUE;
}

gboolean
ck_cmd_assign (CkCtl *ctl, GStrv *arguments, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GVariant) reply = NULL;

  if (!ck_ctl_parse (ctl, NULL, arguments, error))
    return FALSE;
  path = ck_ctl_find_channel (ctl, (*arguments)[0], error);
  if (path == NULL)
    return FALSE;

  reply = ck_ctl_bus_call (
      ck_ctl_get_bus (ctl), path, CK_IFACE_CHANNEL, "Assign",
      g_variant_new ("(s@a{sv})", (*arguments)[1], ck_ctl_bus_options (ck_ctl_get_bus (ctl), NULL)),
      "()", error);
  if (reply == NULL)
    return FALSE;
  ck_ctl_print_done (ctl);

  return TRUE;
}

typedef struct
{
  GStrv allow_users;
  GStrv allow_groups;
  GStrv deny_users;
  GStrv deny_groups;
  gboolean clear;
} AccessOptions;

static void
access_options_clear (AccessOptions *options)
{
  g_strfreev (options->allow_users);
  g_strfreev (options->allow_groups);
  g_strfreev (options->deny_users);
  g_strfreev (options->deny_groups);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (AccessOptions, access_options_clear)

/* The list as it is, without those denied, with those allowed, each once. */
static GStrv
change_list (GVariant *properties, const char *property, gboolean clear, GStrv allow, GStrv deny)
{
  g_autoptr (GVariant) value
      = g_variant_lookup_value (properties, property, G_VARIANT_TYPE_STRING_ARRAY);
  g_autofree const char **old = value != NULL && !clear ? g_variant_get_strv (value, NULL) : NULL;
  g_autoptr (GStrvBuilder) changed = g_strv_builder_new ();

  for (guint i = 0; old != NULL && old[i] != NULL; i++)
    {
      if ((deny == NULL || !g_strv_contains ((const char *const *) deny, old[i]))
          && (allow == NULL || !g_strv_contains ((const char *const *) allow, old[i])))
        g_strv_builder_add (changed, old[i]);
    }
  if (allow != NULL)
    g_strv_builder_addv (changed, (const char **) allow);

  return g_strv_builder_end (changed);
}

static void
print_access (CkCtl *ctl, GVariant *properties)
{
  static const char *const wanted[] = { "AssignedUser", "AllowedUsers", "AllowedGroups" };
  static const char *const headings[] = { N_ ("KIND"), N_ ("WHO"), NULL };
  g_autoptr (CkTable) table = ck_table_new (headings);
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) result = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      g_autoptr (GVariant) value = g_variant_lookup_value (properties, wanted[i], NULL);
      g_autofree const char **words = NULL;
      const char *kind = i == 1 ? "user" : "group";

      if (value == NULL)
        continue;
      g_variant_dict_insert_value (&dict, wanted[i], value);
      if (i == 0)
        {
          ck_table_add (table,
                        (const char *const[]){ "assigned", g_variant_get_string (value, NULL) });
          continue;
        }
      words = g_variant_get_strv (value, NULL);
      for (guint w = 0; words[w] != NULL; w++)
        ck_table_add (table, (const char *const[]){ kind, words[w] });
    }

  result = g_variant_ref_sink (g_variant_dict_end (&dict));
  if (ck_ctl_wants_json (ctl))
    ck_json_print (ck_json_from_variant (result));
  else
    ck_table_print (table);
}

gboolean
ck_cmd_access (CkCtl *ctl, GStrv *arguments, GError **error)
{
  g_auto (AccessOptions) wanted = { NULL };
  const GOptionEntry entries[] = {
    { "allow-user", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.allow_users,
      N_ ("Let a user get tokens; may be repeated"), "USER" },
    { "allow-group", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.allow_groups,
      N_ ("Let a group's members get tokens; may be repeated"), "GROUP" },
    { "deny-user", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.deny_users,
      N_ ("Take a user off the list; may be repeated"), "USER" },
    { "deny-group", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.deny_groups,
      N_ ("Take a group off the list; may be repeated"), "GROUP" },
    { "clear", 0, 0, G_OPTION_ARG_NONE, &wanted.clear, N_ ("Begin with empty lists"), NULL },
    { NULL },
  };
  g_autofree char *path = NULL;
  g_autoptr (GVariant) properties = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_auto (GStrv) users = NULL;
  g_auto (GStrv) groups = NULL;

  if (!ck_ctl_parse (ctl, entries, arguments, error))
    return FALSE;
  path = ck_ctl_find_channel (ctl, (*arguments)[0], error);
  if (path == NULL)
    return FALSE;
  properties = ck_ctl_get_properties (ctl, path, error);
  if (properties == NULL)
    return FALSE;
  if (!wanted.clear && wanted.allow_users == NULL && wanted.allow_groups == NULL
      && wanted.deny_users == NULL && wanted.deny_groups == NULL)
    {
      print_access (ctl, properties);
      return TRUE;
    }

  users = change_list (properties, "AllowedUsers", wanted.clear, wanted.allow_users,
                       wanted.deny_users);
  groups = change_list (properties, "AllowedGroups", wanted.clear, wanted.allow_groups,
                        wanted.deny_groups);
  reply = ck_ctl_bus_call (ck_ctl_get_bus (ctl), path, CK_IFACE_CHANNEL, "SetAccess",
                           g_variant_new ("(^as^as@a{sv})", users, groups,
                                          ck_ctl_bus_options (ck_ctl_get_bus (ctl), NULL)),
                           "()", error);
  if (reply == NULL)
    return FALSE;
  ck_ctl_print_done (ctl);

  return TRUE;
}

gboolean
ck_cmd_disconnect (CkCtl *ctl, GStrv *arguments, GError **error)
{
  static const char *const names[] = { "outcome", NULL };
  g_autofree char *path = NULL;
  g_autoptr (GVariant) reply = NULL;
  const char *outcome;

  if (!ck_ctl_parse (ctl, NULL, arguments, error))
    return FALSE;
  path = ck_ctl_find_channel (ctl, (*arguments)[0], error);
  if (path == NULL)
    return FALSE;

  reply = ck_ctl_bus_call (
      ck_ctl_get_bus (ctl), path, CK_IFACE_CHANNEL, "Disconnect",
      g_variant_new ("(@a{sv})", ck_ctl_bus_options (ck_ctl_get_bus (ctl), NULL)), "(s)", error);
  if (reply == NULL)
    return FALSE;
  if (ck_ctl_wants_json (ctl))
    {
      ck_json_print_line (ck_json_from_row (reply, names));
      return TRUE;
    }

  g_variant_get (reply, "(&s)", &outcome);
  if (strcmp (outcome, "revoked") == 0)
    g_print (_ ("%s: disconnected; the platform has withdrawn the grant\n"), (*arguments)[0]);
  else
    g_print (_ ("%s: disconnected here; the platform was not told, because it would not have ended "
                "this grant alone\n"),
             (*arguments)[0]);

  return TRUE;
}
