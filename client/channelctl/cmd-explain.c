/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ck-names.h"
#include "explanation.h"
#include "json.h"
#include "output.h"

#define HISTORY 1000

static GVariant *
options_variant (CkCtl *ctl, GVariantDict *dict)
{
  return g_variant_new ("(@a{sv})", ck_ctl_bus_options (ck_ctl_get_bus (ctl), dict));
}

/* (transfer full): what people call the platform; its id where nobody says */
static char *
dup_platform (CkCtl *ctl, const char *provider)
{
  g_autoptr (GVariant) reply = ck_ctl_call_broker (
      ctl, "ListProviders", options_variant (ctl, NULL), "(a(ssa{sv}))", NULL);
  g_autoptr (GVariantIter) iter = NULL;
  const char *id, *name;

  if (reply != NULL)
    g_variant_get (reply, "(a(ssa{sv}))", &iter);
  while (iter != NULL && g_variant_iter_next (iter, "(&s&s@a{sv})", &id, &name, NULL))
    {
      if (strcmp (id, provider) == 0 && *name != '\0')
        return g_strdup (name);
    }

  return g_strdup (provider);
}

/* Who may not read the history is told the rest; nobody is asked for a password. */
static guint64
find_since (CkCtl *ctl, const char *path, const char *state)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) events = NULL;

  g_variant_dict_insert (&dict, "limit", "u", (guint32) HISTORY);
  ck_ctl_bus_forbid_asking (ck_ctl_get_bus (ctl));
  reply = ck_ctl_bus_call (ck_ctl_get_bus (ctl), path, CK_IFACE_CHANNEL, "GetHistory",
                           options_variant (ctl, &dict), "(a(tsa{sv}))", NULL);
  if (reply == NULL)
    return 0;
  events = g_variant_get_child_value (reply, 0);

  return ck_explanation_find_since (events, state);
}

/* ---- for people ------------------------------------------------------------------------------ */

static void
print_heading (const char *heading)
{
  gboolean colours = ck_output_wants_colours (ck_output_is_terminal (), g_getenv ("NO_COLOR"),
                                              g_getenv ("TERM"));

  g_print (colours ? "\n\x1b[1m%s\x1b[0m\n" : "\n%s\n", heading);
}

static void
print_paragraph (const char *text)
{
  g_autofree char *wrapped = ck_output_wrap (text, 2, ck_output_get_width ());

  g_print ("%s", wrapped);
}

static void
print_section (const char *heading, const char *text)
{
  if (*text == '\0')
    return;
  print_heading (heading);
  print_paragraph (text);
}

static void
print_explanation (const CkExplanation *explanation, guint64 since, gint64 now)
{
  g_autofree char *headline = ck_output_wrap (explanation->headline, 0, ck_output_get_width ());
  g_autofree char *when = ck_output_time (since, now);

  g_print ("%s", headline);
  if (since != CK_TIME_UNKNOWN)
    g_print (_ ("Since %s\n"), when);
  print_section (_ ("Why"), explanation->why);
  if (*explanation->detail != '\0')
    print_section (_ ("Noted then"), explanation->detail);
  print_section (_ ("What to do"), explanation->to_do);
  print_section (_ ("Who"), explanation->who);
  if (explanation->command != NULL)
    {
      g_autofree char *device = g_strconcat (explanation->command, " --device", NULL);

      print_heading (_ ("The command"));
      print_paragraph (explanation->command);
      print_paragraph (
          _ ("or, where the platform offers it, to sign in on a phone or another computer:"));
      print_paragraph (device);
    }
  print_section (_ ("What happens by itself"), explanation->by_itself);

  if (*explanation->advice != NULL)
    print_heading (_ ("Worth a look"));
  for (char **advice = explanation->advice; *advice != NULL; advice++)
    print_paragraph (*advice);
}

/* ---- for programs ---------------------------------------------------------------------------- */

static void
set_text (JsonObject *object, const char *name, const char *text)
{
  if (text != NULL && *text != '\0')
    json_object_set_string_member (object, name, text);
}

static void
set_property (JsonObject *object, const char *name, GVariant *properties, const char *property)
{
  const char *text = "";

  g_variant_lookup (properties, property, "&s", &text);
  json_object_set_string_member (object, name, text);
}

static void
print_json (const CkExplanation *explanation, GVariant *properties, guint64 since)
{
  JsonObject *object = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (GVariant) advice = g_variant_lookup_value (properties, "Advice", NULL);

  set_property (object, "id", properties, "Id");
  set_property (object, "state", properties, "State");
  set_property (object, "cause", properties, "Cause");
  set_property (object, "assigned_user", properties, "AssignedUser");
  json_object_set_int_member (object, "since", (gint64) since);
  set_text (object, "headline", explanation->headline);
  set_text (object, "why", explanation->why);
  set_text (object, "detail", explanation->detail);
  set_text (object, "to_do", explanation->to_do);
  set_text (object, "who", explanation->who);
  set_text (object, "command", explanation->command);
  set_text (object, "by_itself", explanation->by_itself);
  if (advice != NULL)
    json_object_set_member (object, "advice", ck_json_from_variant (advice));
  json_node_take_object (node, object);
  ck_json_print (node);
}

gboolean
ck_cmd_explain (CkCtl *ctl, GStrv *arguments, GError **error)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autofree char *path = NULL;
  g_autofree char *platform = NULL;
  g_autoptr (GVariant) properties = NULL;
  g_autoptr (CkExplanation) explanation = NULL;
  const char *provider = "", *state = "";
  guint64 since;

  if (!ck_ctl_parse (ctl, NULL, arguments, error))
    return FALSE;
  path = ck_ctl_find_channel (ctl, (*arguments)[0], error);
  properties = path != NULL ? ck_ctl_get_properties (ctl, path, error) : NULL;
  if (properties == NULL)
    return FALSE;

  g_variant_lookup (properties, "Provider", "&s", &provider);
  g_variant_lookup (properties, "State", "&s", &state);
  platform = dup_platform (ctl, provider);
  since = find_since (ctl, path, state);
  explanation = ck_explanation_new (properties, platform, g_get_user_name (), now);
  if (ck_ctl_wants_json (ctl))
    print_json (explanation, properties, since);
  else
    print_explanation (explanation, since, now);

  return TRUE;
}
