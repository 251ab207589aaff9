/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ck-names.h"
#include "ck-value.h"
#include "json.h"
#include "language.h"
#include "output.h"

/* The most the service gives in one answer. */
#define PAGE 1000

static const char *const channel_names[] = { "path", "id", "provider", "state", "cause", NULL };

typedef struct
{
  char *provider;
  char *state;
  char *assigned_user;
  gboolean ids;
} ListOptions;

static void
list_options_clear (ListOptions *options)
{
  g_free (options->provider);
  g_free (options->state);
  g_free (options->assigned_user);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ListOptions, list_options_clear)

static GVariant *
get_page (CkCtl *ctl, const ListOptions *wanted, const char *after, GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) reply = NULL;

  if (wanted->provider != NULL)
    g_variant_dict_insert (&dict, "provider", "s", wanted->provider);
  if (wanted->state != NULL)
    g_variant_dict_insert (&dict, "state", "s", wanted->state);
  if (wanted->assigned_user != NULL)
    g_variant_dict_insert (&dict, "assigned-user", "s", wanted->assigned_user);
  g_variant_dict_insert (&dict, "limit", "u", (guint32) PAGE);
  if (after != NULL)
    g_variant_dict_insert (&dict, "after", "s", after);

  reply = ck_ctl_call_broker (
      ctl, "ListChannels",
      g_variant_new ("(@a{sv})", ck_ctl_bus_options (ck_ctl_get_bus (ctl), &dict)), "(a(ossss))",
      error);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

/* All pages as one array; the channels change while they are read, so no sum is promised. */
static GVariant *
get_all_pages (CkCtl *ctl, const ListOptions *wanted, GError **error)
{
  g_auto (GVariantBuilder) all = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ossss)"));
  g_autofree char *after = NULL;
  gsize n;

  do
    {
      g_autoptr (GVariant) page = get_page (ctl, wanted, after, error);

      if (page == NULL)
        return NULL;
      n = g_variant_n_children (page);
      for (gsize i = 0; i < n; i++)
        {
          g_autoptr (GVariant) row = g_variant_get_child_value (page, i);

          g_variant_builder_add_value (&all, row);
          g_free (after);
          g_variant_get_child (row, 1, "s", &after);
        }
    }
  while (n >= PAGE);

  return g_variant_ref_sink (g_variant_builder_end (&all));
}

gboolean
ck_cmd_list (CkCtl *ctl, GStrv *arguments, GError **error)
{
  static const char *const headings[]
      = { N_ ("ID"), N_ ("PROVIDER"), N_ ("STATE"), N_ ("CAUSE"), NULL };
  g_auto (ListOptions) wanted = { NULL };
  const GOptionEntry entries[] = {
    { "provider", 0, 0, G_OPTION_ARG_STRING, &wanted.provider, N_ ("Only those of a provider"),
      "PROVIDER" },
    { "state", 0, 0, G_OPTION_ARG_STRING, &wanted.state, N_ ("Only those in a state"), "STATE" },
    { "assigned-user", 0, 0, G_OPTION_ARG_STRING, &wanted.assigned_user,
      N_ ("Only those a user may reconnect"), "USER" },
    { "ids", 0, 0, G_OPTION_ARG_NONE, &wanted.ids, N_ ("Only the ids, one a line"), NULL },
    { NULL },
  };
  g_autoptr (CkTable) table = ck_table_new (headings);
  g_autoptr (GVariant) channels = NULL;
  GVariantIter iter;
  const char *id, *provider, *state, *cause;

  if (!ck_ctl_parse (ctl, entries, arguments, error))
    return FALSE;
  channels = get_all_pages (ctl, &wanted, error);
  if (channels == NULL)
    return FALSE;
  if (ck_ctl_wants_json (ctl))
    {
      ck_json_print (ck_json_from_rows (channels, channel_names));
      return TRUE;
    }

  g_variant_iter_init (&iter, channels);
  while (g_variant_iter_next (&iter, "(&o&s&s&s&s)", NULL, &id, &provider, &state, &cause))
    {
      const char *const cells[] = { id, provider, state, strcmp (cause, "none") == 0 ? "" : cause };

      if (wanted.ids)
        g_print ("%s\n", id);
      else
        ck_table_add (table, cells);
    }
  if (!wanted.ids)
    ck_table_print (table);

  return TRUE;
}

/* How `show` presents the properties: in this order, under these words. */
static const struct
{
  const char *property;
  const char *label;
} shown[] = {
  { "DisplayName", N_ ("Name") },
  { "Provider", N_ ("Provider") },
  { "Client", N_ ("Client") },
  { "State", N_ ("State") },
  { "Cause", N_ ("Cause") },
  { "Detail", N_ ("Detail") },
  { "Remedy", N_ ("What to do") },
  { "AssignedUser", N_ ("Assigned user") },
  { "AllowedUsers", N_ ("Allowed users") },
  { "AllowedGroups", N_ ("Allowed groups") },
  { "AccountName", N_ ("Account") },
  { "AccountId", N_ ("Account id") },
  { "Scopes", N_ ("Scopes") },
  { "Generation", N_ ("Generation") },
  { "IssuedAt", N_ ("Issued") },
  { "ExpiresAt", N_ ("Token expires") },
  { "RenewableUntil", N_ ("Renewable until") },
  { "ReconnectBy", N_ ("Reconnect by") },
  { "RenewsItself", N_ ("Renews itself") },
  { "LastRenewal", N_ ("Last renewal") },
  { "NextRenewal", N_ ("Next renewal") },
  { "LastVerified", N_ ("Last verified") },
  { "Advice", N_ ("Advice") },
};

static char *
describe_value (const char *property, GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    {
      g_autofree const char **words = g_variant_get_strv (value, NULL);

      return g_strjoinv (" ", (GStrv) words);
    }
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return g_strdup (g_variant_get_boolean (value) ? _ ("yes") : _ ("no"));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    {
      guint64 number = g_variant_get_uint64 (value);

      if (strcmp (property, "Generation") == 0)
        return g_strdup_printf ("%" G_GUINT64_FORMAT, number);
      return ck_output_time (number, g_get_real_time () / G_USEC_PER_SEC);
    }

  return g_variant_print (value, FALSE);
}

static void
print_line (const char *label, const char *value)
{
  gboolean colours = ck_output_wants_colours (ck_output_is_terminal (), g_getenv ("NO_COLOR"),
                                              g_getenv ("TERM"));
  const char *colour
      = colours && strcmp (label, "State") == 0 ? ck_output_state_colour (value) : NULL;
  g_autofree char *clean = ck_output_clean (value);
  /* printf counts bytes */
  int indent = 16 + (int) (strlen (_ (label)) - (gsize) g_utf8_strlen (_ (label), -1));

  if (colour != NULL)
    g_print ("%*s: \x1b[%sm%s\x1b[0m\n", indent, _ (label), colour, clean);
  else
    g_print ("%*s: %s\n", indent, _ (label), clean);
}

static void
print_channel (const char *id, GVariant *properties)
{
  g_print ("%s\n", id);
  for (gsize i = 0; i < G_N_ELEMENTS (shown); i++)
    {
      g_autoptr (GVariant) value = g_variant_lookup_value (properties, shown[i].property, NULL);
      g_autofree char *text = NULL;

      if (value == NULL)
        continue;
      text = describe_value (shown[i].property, value);
      if (strcmp (shown[i].property, "Remedy") == 0)
        {
          char *translated = g_strdup (ck_language_translate (text));

          g_free (text);
          text = translated;
        }
      /* What is not known, and a cause that is none, would only hide the rest. */
      if (*text == '\0' || strcmp (text, "-") == 0
          || (strcmp (shown[i].property, "Cause") == 0 && strcmp (text, "none") == 0))
        continue;
      print_line (shown[i].label, text);
    }
}

gboolean
ck_cmd_show (CkCtl *ctl, GStrv *arguments, GError **error)
{
  g_autoptr (JsonNode) all = json_node_init_array (json_node_alloc (), json_array_new ());
  JsonArray *array = json_node_get_array (all);

  json_array_unref (array); /* the node has its own reference */
  if (!ck_ctl_parse (ctl, NULL, arguments, error))
    return FALSE;

  for (guint i = 0; (*arguments)[i] != NULL; i++)
    {
      g_autofree char *path = ck_ctl_find_channel (ctl, (*arguments)[i], error);
      g_autoptr (GVariant) properties = NULL;

      if (path == NULL)
        return FALSE;
      properties = ck_ctl_get_properties (ctl, path, error);
      if (properties == NULL)
        return FALSE;
      if (ck_ctl_wants_json (ctl))
        json_array_add_element (array, ck_json_from_variant (properties));
      else
        {
          g_print ("%s", i > 0 ? "\n" : "");
          print_channel ((*arguments)[i], properties);
        }
    }
  if (ck_ctl_wants_json (ctl))
    ck_json_print (g_steal_pointer (&all));

  return TRUE;
}

gboolean
ck_cmd_history (CkCtl *ctl, GStrv *arguments, GError **error)
{
  static const char *const names[] = { "time", "event", "details", NULL };
  static const char *const headings[] = { N_ ("TIME"), N_ ("EVENT"), N_ ("DETAILS"), NULL };
  int limit = 100;
  g_autofree char *since = NULL;
  guint64 seconds;
  const GOptionEntry entries[] = {
    { "limit", 'n', 0, G_OPTION_ARG_INT, &limit, N_ ("At most so many events, newest first (100)"),
      "NUMBER" },
    { "since", 0, 0, G_OPTION_ARG_STRING, &since, N_ ("Nothing older than that, such as 7d"),
      "TIME" },
    { NULL },
  };
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (CkTable) table = ck_table_new (headings);
  g_autofree char *path = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) events = NULL;

  if (!ck_ctl_parse (ctl, entries, arguments, error))
    return FALSE;
  path = ck_ctl_find_channel (ctl, (*arguments)[0], error);
  if (path == NULL)
    return FALSE;
  if (since != NULL && (!ck_value_parse_duration (since, &seconds) || seconds == G_MAXUINT64))
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
                   _ ("--since takes a time such as 30min, 12h or 7d"));
      return FALSE;
    }
  if (since != NULL)
    g_variant_dict_insert (&dict, "since", "t",
                           (guint64) (g_get_real_time () / G_USEC_PER_SEC) - seconds);
  g_variant_dict_insert (&dict, "limit", "u", (guint32) MAX (limit, 1));
  reply = ck_ctl_bus_call (
      ck_ctl_get_bus (ctl), path, CK_IFACE_CHANNEL, "GetHistory",
      g_variant_new ("(@a{sv})", ck_ctl_bus_options (ck_ctl_get_bus (ctl), &dict)), "(a(tsa{sv}))",
      error);
  if (reply == NULL)
    return FALSE;
  events = g_variant_get_child_value (reply, 0);
  if (ck_ctl_wants_json (ctl))
    {
      ck_json_print (ck_json_from_rows (events, names));
      return TRUE;
    }

  for (gsize i = 0; i < g_variant_n_children (events); i++)
    {
      const char *event;
      guint64 time;
      g_autoptr (GVariant) details = NULL;
      g_autofree char *when = NULL;
      g_autofree char *what = NULL;

      g_variant_get_child (events, i, "(t&s@a{sv})", &time, &event, &details);
      when = ck_output_time (time, g_get_real_time () / G_USEC_PER_SEC);
      what = ck_output_details (details);
      ck_table_add (table, (const char *const[]){ when, event, what });
    }
  ck_table_print (table);

  return TRUE;
}

gboolean
ck_cmd_providers (CkCtl *ctl, GStrv *arguments, GError **error)
{
  static const char *const names[] = { "id", "name", "details", NULL };
  static const char *const headings[] = { N_ ("ID"), N_ ("NAME"), N_ ("DETAILS"), NULL };
  gboolean ids = FALSE;
  const GOptionEntry entries[] = {
    { "ids", 0, 0, G_OPTION_ARG_NONE, &ids, N_ ("Only the ids, one a line"), NULL },
    { NULL },
  };
  g_autoptr (CkTable) table = ck_table_new (headings);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) providers = NULL;

  if (!ck_ctl_parse (ctl, entries, arguments, error))
    return FALSE;
  reply = ck_ctl_call_broker (
      ctl, "ListProviders",
      g_variant_new ("(@a{sv})", ck_ctl_bus_options (ck_ctl_get_bus (ctl), NULL)), "(a(ssa{sv}))",
      error);
  if (reply == NULL)
    return FALSE;
  providers = g_variant_get_child_value (reply, 0);
  if (ck_ctl_wants_json (ctl))
    {
      ck_json_print (ck_json_from_rows (providers, names));
      return TRUE;
    }

  for (gsize i = 0; i < g_variant_n_children (providers); i++)
    {
      const char *id, *name;
      g_autoptr (GVariant) details = NULL;
      g_autofree char *what = NULL;

      g_variant_get_child (providers, i, "(&s&s@a{sv})", &id, &name, &details);
      what = ck_output_details (details);
      if (ids)
        g_print ("%s\n", id);
      else
        ck_table_add (table, (const char *const[]){ id, name, what });
    }
  if (!ids)
    ck_table_print (table);

  return TRUE;
}
