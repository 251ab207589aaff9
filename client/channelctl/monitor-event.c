/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "monitor-event.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ck-names.h"
#include "ck-path.h"
#include "json.h"
#include "language.h"
#include "output.h"

/* The events of D-Bus that are shown, with their arguments. */
static const struct
{
  const char *name;
  const char *type;
  const char *arguments[6];
} events[] = {
  { "ChannelStateChanged",
    "(tossss)",
    { "sequence", "channel", "id", "old_state", "new_state", "cause" } },
  { "Expiring", "(tta{sv})", { "sequence", "reconnect_by", "details" } },
  { "Expired", "(ta{sv})", { "sequence", "details" } },
  { "Revoked", "(tssa{sv})", { "sequence", "cause", "detail", "details" } },
  { "Blocked", "(tssa{sv})", { "sequence", "cause", "detail", "details" } },
  { "Locked", "(tssa{sv})", { "sequence", "expected_account", "actual_account", "details" } },
  { "Interrupted", "(tsa{sv})", { "sequence", "cause", "details" } },
  { "Suspended", "(tsa{sv})", { "sequence", "cause", "details" } },
  { "Resumed", "(tsa{sv})", { "sequence", "previous_state", "details" } },
  { "Renewed", "(tta{sv})", { "sequence", "expires_at", "details" } },
  { "Reconnected", "(tsa{sv})", { "sequence", "user", "details" } },
};

static gsize
find_event (const char *name)
{
  gsize i = 0;

  while (i < G_N_ELEMENTS (events) && strcmp (events[i].name, name) != 0)
    i++;

  return i;
}

char *
ck_monitor_event_id (const char *path)
{
  const char *prefix = CK_CHANNEL_PATH "/";

  return g_str_has_prefix (path, prefix) ? ck_path_decode (path + strlen (prefix)) : NULL;
}

gboolean
ck_monitor_event_known (const char *signal, GVariant *parameters)
{
  gsize i = find_event (signal);

  return i < G_N_ELEMENTS (events)
         && g_variant_is_of_type (parameters, G_VARIANT_TYPE (events[i].type));
}

JsonObject *
ck_monitor_event_to_json (const char *signal, const char *id, GVariant *parameters, gint64 now)
{
  gsize i = find_event (signal);
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "time", now);
  json_object_set_string_member (object, "signal", signal);
  json_object_set_string_member (object, "id", id);
  for (gsize a = 0; a < g_variant_n_children (parameters); a++)
    {
      g_autoptr (GVariant) value = g_variant_get_child_value (parameters, a);

      json_object_set_member (object, events[i].arguments[a], ck_json_from_variant (value));
    }

  return object;
}

/* What a person wants of one argument; NULL for what the line has already. */
static char *
describe_argument (const char *name, GVariant *value, gint64 now)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    {
      const char *remedy = "";

      g_variant_lookup (value, "remedy", "&s", &remedy);
      return *remedy != '\0'
                 ? g_strdup_printf (_ ("what to do: %s"), ck_language_translate (remedy))
                 : NULL;
    }
  if (strcmp (name, "reconnect_by") == 0 || strcmp (name, "expires_at") == 0)
    {
      g_autofree char *time = ck_output_time (g_variant_get_uint64 (value), now);

      return g_strdup_printf (strcmp (name, "expires_at") == 0 ? _ ("until %s") : _ ("before %s"),
                              time);
    }
  if (strcmp (name, "sequence") == 0)
    return NULL;

  return g_strdup_printf ("%s=%s", name, g_variant_get_string (value, NULL));
}

char *
ck_monitor_event_to_line (const char *signal, const char *id, GVariant *parameters, gint64 now)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (now);
  g_autofree char *time = g_date_time_format (date, "%Y-%m-%d %H:%M:%S");
  g_autoptr (GString) line = g_string_new (NULL);
  gsize i = find_event (signal);

  g_string_printf (line, "%s  %s  ", time, id);
  if (i == 0)
    {
      const char *old_state, *new_state, *cause;

      g_variant_get (parameters, "(to&s&s&s&s)", NULL, NULL, NULL, &old_state, &new_state, &cause);
      g_string_append_printf (line, "%s -> %s", old_state, new_state);
      if (strcmp (cause, "none") != 0)
        g_string_append_printf (line, " (%s)", cause);
      return ck_output_clean (line->str);
    }

  g_string_append (line, signal);
  for (gsize a = 0; a < g_variant_n_children (parameters); a++)
    {
      g_autoptr (GVariant) value = g_variant_get_child_value (parameters, a);
      g_autofree char *text = describe_argument (events[i].arguments[a], value, now);

      if (text != NULL && *text != '\0')
        g_string_append_printf (line, "  %s", text);
    }

  return ck_output_clean (line->str);
}
