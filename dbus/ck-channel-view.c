/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-channel-view.h"

#include "ck-operations.h"

typedef GVariant *(*ValueFunc) (CkBroker *broker,
                                CkChannel *channel,
                                const CkChannelRecord *record,
                                gsize offset);

static GVariant *
get_string (CkBroker *broker, CkChannel *channel, const CkChannelRecord *record, gsize offset)
{
  return g_variant_new_string (G_STRUCT_MEMBER (const char *, record, offset));
}

static GVariant *
get_strings (CkBroker *broker, CkChannel *channel, const CkChannelRecord *record, gsize offset)
{
  return g_variant_new_strv (G_STRUCT_MEMBER (const char *const *, record, offset), -1);
}

static GVariant *
get_number (CkBroker *broker, CkChannel *channel, const CkChannelRecord *record, gsize offset)
{
  return g_variant_new_uint64 (G_STRUCT_MEMBER (guint64, record, offset));
}

static GVariant *
get_display_name (CkBroker *broker, CkChannel *channel, const CkChannelRecord *record, gsize offset)
{
  if (*record->display_name != '\0')
    return g_variant_new_string (record->display_name);

  return g_variant_new_string (*record->account_name != '\0' ? record->account_name : record->id);
}

static GVariant *
get_state (CkBroker *broker, CkChannel *channel, const CkChannelRecord *record, gsize offset)
{
  return g_variant_new_string (ck_state_to_string (record->state));
}

static GVariant *
get_cause (CkBroker *broker, CkChannel *channel, const CkChannelRecord *record, gsize offset)
{
  return g_variant_new_string (ck_cause_to_string (record->cause));
}

/* Computed from more than the record: these follow when something in the record has changed. */

static GVariant *
get_remedy (CkBroker *broker, CkChannel *channel, const CkChannelRecord *record, gsize offset)
{
  return g_variant_new_take_string (ck_channel_dup_remedy (broker, channel));
}

static GVariant *
get_renews_itself (CkBroker *broker, CkChannel *channel, const CkChannelRecord *record, gsize offset)
{
  return g_variant_new_boolean (ck_channel_renews_itself (broker, channel));
}

static GVariant *
get_next_renewal (CkBroker *broker, CkChannel *channel, const CkChannelRecord *record, gsize offset)
{
  return g_variant_new_uint64 (ck_channel_get_next_renewal (broker, channel));
}

#define FIELD(member) G_STRUCT_OFFSET (CkChannelRecord, member)

static const struct
{
  const char *name;
  ValueFunc get;
  gsize offset;
  gboolean computed;
} properties[] = {
  { "Id", get_string, FIELD (id) },
  { "DisplayName", get_display_name },
  { "Provider", get_string, FIELD (provider) },
  { "Client", get_string, FIELD (client) },
  { "State", get_state },
  { "Cause", get_cause },
  { "Detail", get_string, FIELD (detail) },
  { "Remedy", get_remedy, .computed = TRUE },
  { "AssignedUser", get_string, FIELD (assigned_user) },
  { "AllowedUsers", get_strings, FIELD (allowed_users) },
  { "AllowedGroups", get_strings, FIELD (allowed_groups) },
  { "AccountId", get_string, FIELD (pinned_account) },
  { "AccountName", get_string, FIELD (account_name) },
  { "Scopes", get_strings, FIELD (granted_scopes) },
  { "Generation", get_number, FIELD (generation) },
  { "IssuedAt", get_number, FIELD (issued_at) },
  { "ExpiresAt", get_number, FIELD (expires_at) },
  { "RenewableUntil", get_number, FIELD (renewable_until) },
  { "ReconnectBy", get_number, FIELD (reconnect_by) },
  { "RenewsItself", get_renews_itself, .computed = TRUE },
  { "LastRenewal", get_number, FIELD (last_renewal) },
  { "NextRenewal", get_next_renewal, .computed = TRUE },
  { "LastVerified", get_number, FIELD (last_verified) },
  { "Advice", get_strings, FIELD (advice) },
};

GVariant *
ck_channel_view_get (CkBroker *broker, CkChannel *channel, const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (properties); i++)
    {
      if (g_str_equal (properties[i].name, name))
        return properties[i].get (broker,
                                  channel,
                                  ck_channel_get_record (channel),
                                  properties[i].offset);
    }

  return NULL;
}

GVariant *
ck_channel_view_get_all (CkBroker *broker, CkChannel *channel)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (gsize i = 0; i < G_N_ELEMENTS (properties); i++)
    g_variant_builder_add (&builder,
                           "{sv}",
                           properties[i].name,
                           properties[i].get (broker,
                                              channel,
                                              ck_channel_get_record (channel),
                                              properties[i].offset));

  return g_variant_builder_end (&builder);
}

GVariant *
ck_channel_view_get_changes (CkBroker *broker,
                             CkChannel *channel,
                             const CkChannelRecord *before,
                             const CkChannelRecord *after)
{
  GVariantBuilder builder;
  guint n_changes = 0;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (gsize i = 0; i < G_N_ELEMENTS (properties); i++)
    {
      g_autoptr (GVariant) old = NULL;
      g_autoptr (GVariant) new = NULL;

      if (properties[i].computed)
        continue;
      old = g_variant_ref_sink (
          properties[i].get (broker, channel, before, properties[i].offset));
      new = g_variant_ref_sink (properties[i].get (broker, channel, after, properties[i].offset));
      if (g_variant_equal (old, new))
        continue;
      g_variant_builder_add (&builder, "{sv}", properties[i].name, new);
      n_changes++;
    }

  if (n_changes == 0)
    {
      g_variant_builder_clear (&builder);
      return NULL;
    }

  for (gsize i = 0; i < G_N_ELEMENTS (properties); i++)
    {
      if (properties[i].computed)
        g_variant_builder_add (
            &builder,
            "{sv}",
            properties[i].name,
            properties[i].get (broker, channel, after, properties[i].offset));
    }

  return g_variant_builder_end (&builder);
}

gboolean
ck_channel_view_has (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (properties); i++)
    {
      if (g_str_equal (properties[i].name, name))
        return TRUE;
    }

  return FALSE;
}
