/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ck-error.h"
#include "ck-names.h"
#include "ck-state.h"
#include "json.h"
#include "metrics.h"

static const char *
get_text (GVariant *properties, const char *name)
{
  const char *text = "";

  g_variant_lookup (properties, name, "&s", &text);

  return text;
}

static GVariant *
get_broker_properties (CkCtl *ctl, GError **error)
{
  g_autoptr (GVariant) reply
      = ck_ctl_bus_call (ck_ctl_get_bus (ctl), CK_ROOT_PATH, "org.freedesktop.DBus.Properties",
                         "GetAll", g_variant_new ("(s)", CK_IFACE_BROKER), "(a{sv})", error);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

/* (transfer full) (nullable) (element-type GVariant): the properties of every channel, by id. NULL
 * without an error: the service has too many to tell at once. */
static GPtrArray *
get_channels (CkCtl *ctl, GError **error)
{
  GPtrArray *channels;
  g_autoptr (GError) local = NULL;
  g_autoptr (GVariantIter) objects = NULL;
  g_autoptr (GVariant) reply
      = ck_ctl_bus_call (ck_ctl_get_bus (ctl), CK_ROOT_PATH, "org.freedesktop.DBus.ObjectManager",
                         "GetManagedObjects", NULL, "(a{oa{sa{sv}}})", &local);
  GVariant *child;

  if (reply == NULL)
    {
      if (!g_error_matches (local, CK_ERROR, CK_ERROR_LIMIT_EXCEEDED))
        g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }

  channels = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_variant_get (reply, "(a{oa{sa{sv}}})", &objects);
  while (g_variant_iter_next (objects, "{&o@a{sa{sv}}}", NULL, &child))
    {
      g_autoptr (GVariant) interfaces = child;
      GVariant *properties
          = g_variant_lookup_value (interfaces, CK_IFACE_CHANNEL, G_VARIANT_TYPE_VARDICT);

      if (properties != NULL)
        g_ptr_array_add (channels, properties);
    }

  return channels;
}

static void
add_broker (CkMetrics *metrics, GVariant *properties)
{
  static const char *const vault_states[] = { "open", "degraded", "sealed" };
  g_autoptr (GVariant) counts
      = g_variant_lookup_value (properties, "StateCounts", G_VARIANT_TYPE ("a{su}"));

  ck_metrics_begin (metrics, "channelkeeper_build", "info", NULL, "The service that answers.");
  ck_metrics_add (metrics, 1, "version", get_text (properties, "Version"), NULL);

  ck_metrics_begin (metrics, "channelkeeper_channels", "gauge", NULL, "Channels in each state.");
  for (guint state = 0; counts != NULL && state < CK_N_STATES; state++)
    {
      guint32 count = 0;

      g_variant_lookup (counts, ck_state_to_string (state), "u", &count);
      ck_metrics_add (metrics, count, "state", ck_state_to_string (state), NULL);
    }

  ck_metrics_begin (metrics, "channelkeeper_vault_state", "gauge", NULL,
                    "1 for the state the vault is in.");
  for (gsize i = 0; i < G_N_ELEMENTS (vault_states); i++)
    ck_metrics_add (metrics, strcmp (get_text (properties, "VaultState"), vault_states[i]) == 0,
                    "state", vault_states[i], NULL);
}

static void
add_states (CkMetrics *metrics, GPtrArray *channels)
{
  ck_metrics_begin (metrics, "channelkeeper_channel", "info", NULL, "How a channel is.");
  for (guint i = 0; i < channels->len; i++)
    {
      GVariant *channel = channels->pdata[i];

      ck_metrics_add (metrics, 1, "id", get_text (channel, "Id"), "provider",
                      get_text (channel, "Provider"), "client", get_text (channel, "Client"),
                      "state", get_text (channel, "State"), "cause", get_text (channel, "Cause"),
                      "assigned_user", get_text (channel, "AssignedUser"), NULL);
    }

  ck_metrics_begin (metrics, "channelkeeper_channel_usable", "gauge", NULL,
                    "1 if the channel is connected or expiring, 0 if it is not.");
  for (guint i = 0; i < channels->len; i++)
    {
      GVariant *channel = channels->pdata[i];
      const char *state = get_text (channel, "State");

      ck_metrics_add (metrics, strcmp (state, "connected") == 0 || strcmp (state, "expiring") == 0,
                      "id", get_text (channel, "Id"), NULL);
    }
}

/* What is not known is no sample. */
static void
add_times (CkMetrics *metrics, GPtrArray *channels)
{
  static const struct
  {
    const char *property;
    const char *name;
    const char *help;
  } times[] = {
    { "ExpiresAt", "channelkeeper_channel_token_expires_timestamp_seconds",
      "When the access token ends." },
    { "ReconnectBy", "channelkeeper_channel_reconnect_by_timestamp_seconds",
      "Until when a person must have reconnected the channel." },
    { "LastRenewal", "channelkeeper_channel_renewed_timestamp_seconds",
      "When the channel was last renewed." },
    { "LastVerified", "channelkeeper_channel_verified_timestamp_seconds",
      "When the platform last said that the channel is good." },
  };

  for (gsize t = 0; t < G_N_ELEMENTS (times); t++)
    {
      ck_metrics_begin (metrics, times[t].name, "gauge", "seconds", times[t].help);
      for (guint i = 0; i < channels->len; i++)
        {
          GVariant *channel = channels->pdata[i];
          guint64 time = CK_TIME_UNKNOWN;

          g_variant_lookup (channel, times[t].property, "t", &time);
          if (time != CK_TIME_UNKNOWN)
            ck_metrics_add (metrics, time >= CK_TIME_NEVER ? HUGE_VAL : (double) time, "id",
                            get_text (channel, "Id"), NULL);
        }
    }
}

static void
add_grants (CkMetrics *metrics, GPtrArray *channels)
{
  ck_metrics_begin (metrics, "channelkeeper_channel_grants", "counter", NULL,
                    "Grants the channel has had: connects and renewals.");
  for (guint i = 0; i < channels->len; i++)
    {
      GVariant *channel = channels->pdata[i];
      guint64 generation = 0;

      g_variant_lookup (channel, "Generation", "t", &generation);
      ck_metrics_add (metrics, (double) generation, "id", get_text (channel, "Id"), NULL);
    }

  ck_metrics_begin (metrics, "channelkeeper_channel_advice", "gauge", NULL,
                    "1 for each thing that is worth a look.");
  for (guint i = 0; i < channels->len; i++)
    {
      GVariant *channel = channels->pdata[i];
      g_autofree const char **words = NULL;

      if (!g_variant_lookup (channel, "Advice", "^a&s", &words))
        continue;
      for (gsize w = 0; words[w] != NULL; w++)
        ck_metrics_add (metrics, 1, "id", get_text (channel, "Id"), "advice", words[w], NULL);
    }
}

gboolean
ck_cmd_metrics (CkCtl *ctl, GStrv *arguments, GError **error)
{
  g_autoptr (CkMetrics) metrics = ck_metrics_new ();
  g_autoptr (GVariant) broker = NULL;
  g_autoptr (GPtrArray) channels = NULL;
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;

  if (!ck_ctl_parse (ctl, NULL, arguments, error))
    return FALSE;
  broker = get_broker_properties (ctl, error);
  if (broker == NULL)
    return FALSE;
  channels = get_channels (ctl, &local);
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }

  add_broker (metrics, broker);
  if (channels != NULL)
    {
      add_states (metrics, channels);
      add_times (metrics, channels);
      add_grants (metrics, channels);
    }
  if (ck_ctl_wants_json (ctl))
    {
      ck_json_print (ck_metrics_to_json (metrics));
      return TRUE;
    }
  text = ck_metrics_to_text (metrics);
  fputs (text, stdout); /* UTF-8 whatever the locale */

  return TRUE;
}
