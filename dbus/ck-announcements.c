/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-announcements.h"

#include "ck-bus-service-private.h"
#include "ck-channel-view.h"
#include "ck-event.h"
#include "ck-names.h"
#include "ck-operations.h"

/* The root object's counts change with every channel: they are told together, this much later. */
#define GATHER_MS 100

/* So long after a signal the bus is asked, once for all those of that time. */
#define ASK_MS 20

static void
emit (CkBusService *self,
      const char *path,
      const char *interface,
      const char *signal,
      GVariant *parameters)
{
  g_autoptr (GError) error = NULL;

  if (!g_dbus_connection_emit_signal (self->connection,
                                      NULL,
                                      path,
                                      interface,
                                      signal,
                                      parameters,
                                      &error))
    g_debug ("%s was not sent: %s", signal, error->message);
}

static void
emit_properties (CkBusService *self, const char *path, const char *interface, GVariant *changed)
{
  emit (self,
        path,
        CK_IFACE_PROPERTIES,
        "PropertiesChanged",
        g_variant_new ("(s@a{sv}as)", interface, changed, NULL));
}

/* ---- the specific signals -------------------------------------------------------------------- */

static const char *
get_detail (const CkEvent *event, const char *key, const char *fallback)
{
  const char *value = fallback;

  g_variant_lookup (event->details, key, "&s", &value);

  return value;
}

static guint64
get_time (const CkEvent *event, const char *key, guint64 fallback)
{
  guint64 value = fallback;

  g_variant_lookup (event->details, key, "t", &value);

  return value;
}

static void
add_string (GVariantBuilder *builder, const char *value)
{
  g_variant_builder_add (builder, "s", value);
}

static void
add_nothing (GVariantBuilder *builder, const CkEvent *event, const CkChannelRecord *after)
{
}

static void
add_reconnect_by (GVariantBuilder *builder, const CkEvent *event, const CkChannelRecord *after)
{
  g_variant_builder_add (builder, "t", get_time (event, "reconnect-by", after->reconnect_by));
}

static void
add_cause (GVariantBuilder *builder, const CkEvent *event, const CkChannelRecord *after)
{
  add_string (builder, get_detail (event, "cause", ck_cause_to_string (after->cause)));
}

static void
add_cause_and_detail (GVariantBuilder *builder, const CkEvent *event, const CkChannelRecord *after)
{
  add_cause (builder, event, after);
  add_string (builder, get_detail (event, "detail", after->detail));
}

static void
add_accounts (GVariantBuilder *builder, const CkEvent *event, const CkChannelRecord *after)
{
  add_string (builder, get_detail (event, "expected-account", after->pinned_account));
  add_string (builder, get_detail (event, "actual-account", ""));
}

static void
add_previous_state (GVariantBuilder *builder, const CkEvent *event, const CkChannelRecord *after)
{
  add_string (builder, get_detail (event, "old-state", ""));
}

static void
add_expires_at (GVariantBuilder *builder, const CkEvent *event, const CkChannelRecord *after)
{
  g_variant_builder_add (builder, "t", get_time (event, "expires-at", after->expires_at));
}

static void
add_user (GVariantBuilder *builder, const CkEvent *event, const CkChannelRecord *after)
{
  add_string (builder, get_detail (event, "user", ""));
}

/* An event with any other word is history, not a signal. */
static const struct
{
  const char *word;
  void (*add) (GVariantBuilder *builder, const CkEvent *event, const CkChannelRecord *after);
} specific[] = {
  { "Expiring", add_reconnect_by },
  { "Expired", add_nothing },
  { "Revoked", add_cause_and_detail },
  { "Blocked", add_cause_and_detail },
  { "Locked", add_accounts },
  { "Interrupted", add_cause },
  { "Suspended", add_cause },
  { "Resumed", add_previous_state },
  { "Renewed", add_expires_at },
  { "Reconnected", add_user },
};

static GVariant *
make_details (CkBusService *self, CkChannel *channel, const CkChannelRecord *after)
{
  g_autofree char *remedy = ck_channel_dup_remedy (self->broker, channel);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "id", g_variant_new_string (after->id));
  g_variant_builder_add (&builder,
                         "{sv}",
                         "state",
                         g_variant_new_string (ck_state_to_string (after->state)));
  g_variant_builder_add (&builder,
                         "{sv}",
                         "cause",
                         g_variant_new_string (ck_cause_to_string (after->cause)));
  g_variant_builder_add (&builder, "{sv}", "remedy", g_variant_new_string (remedy));

  return g_variant_builder_end (&builder);
}

static void
emit_specific (CkBusService *self,
               CkChannel *channel,
               const char *path,
               const CkEvent *event,
               const CkChannelRecord *after)
{
  GVariantBuilder builder;

  for (gsize i = 0; i < G_N_ELEMENTS (specific); i++)
    {
      if (!g_str_equal (specific[i].word, event->word))
        continue;

      g_variant_builder_init (&builder, G_VARIANT_TYPE_TUPLE);
      g_variant_builder_add (&builder, "t", event->sequence);
      specific[i].add (&builder, event, after);
      g_variant_builder_add_value (&builder, make_details (self, channel, after));
      emit (self, path, CK_IFACE_CHANNEL, event->word, g_variant_builder_end (&builder));
      return;
    }
}

/* ---- channels -------------------------------------------------------------------------------- */

static void
emit_state_changed (CkBusService *self,
                    guint64 sequence,
                    const char *path,
                    const char *id,
                    const char *old_state,
                    const char *new_state,
                    CkCause cause)
{
  emit (self,
        CK_ROOT_PATH,
        CK_IFACE_BROKER,
        "ChannelStateChanged",
        g_variant_new ("(tossss)",
                       sequence,
                       path,
                       id,
                       old_state,
                       new_state,
                       ck_cause_to_string (cause)));
}

static void
audit_state (CkBusService *self, const CkChannelRecord *before, const CkChannelRecord *after)
{
  g_autofree char *message = g_strdup_printf ("%s was %s and is %s (%s)%s%s",
                                              after->id,
                                              ck_state_to_string (before->state),
                                              ck_state_to_string (after->state),
                                              ck_cause_to_string (after->cause),
                                              *after->detail != '\0' ? ": " : "",
                                              after->detail);

  ck_audit_state (self->audit,
                  &(CkAuditEntry){
                      .channel = after->id,
                      .provider = after->provider,
                      .outcome = ck_state_to_string (after->state),
                      .cause = ck_cause_to_string (after->cause),
                      .message = message,
                  });
}

static void
routed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkBusService) self = user_data;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);

  if (reply != NULL)
    ck_broker_set_announced (self->broker, self->asking);
  self->asking = 0;
}

/* GDBus's thread sends a signal some time after it was given it, and a bus that finds us gone may throw away
 * what it has not read: what we sent before a question that it answers has been announced. */
static gboolean
on_time_to_ask (gpointer user_data)
{
  CkBusService *self = user_data;

  if (self->asking != 0)
    return G_SOURCE_CONTINUE;

  self->ask = 0;
  self->asking = self->announced;
  g_dbus_connection_call (self->connection, CK_DBUS_NAME, CK_DBUS_PATH, CK_DBUS_NAME, "GetId", NULL,
                          G_VARIANT_TYPE ("(s)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, routed_cb,
                          g_object_ref (self));

  return G_SOURCE_REMOVE;
}

static void
on_channel_changed (CkBroker *broker,
                    CkChannel *channel,
                    const CkChannelRecord *before,
                    const CkChannelRecord *after,
                    GPtrArray *events,
                    gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  g_autofree char *path = ck_channel_path (channel);
  GVariant *changes = ck_channel_view_get_changes (broker, channel, before, after);
  guint64 sequence = 0;

  if (changes != NULL)
    emit_properties (self, path, CK_IFACE_CHANNEL, changes);

  for (guint i = 0; events != NULL && i < events->len; i++)
    {
      const CkEvent *event = g_ptr_array_index (events, i);

      emit_specific (self, channel, path, event, after);
      sequence = event->sequence;
    }

  if (before->state != after->state || before->cause != after->cause)
    {
      /* No change without an event: it would have no number. */
      g_return_if_fail (sequence != 0);
      emit_state_changed (self,
                          sequence,
                          path,
                          after->id,
                          ck_state_to_string (before->state),
                          ck_state_to_string (after->state),
                          after->cause);
      audit_state (self, before, after);
    }

  self->announced = MAX (self->announced, sequence);
  if (sequence != 0 && self->ask == 0)
    self->ask = g_timeout_add (ASK_MS, on_time_to_ask, self);
}

static void
on_channel_added (CkBroker *broker, CkChannel *channel, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  g_autofree char *path = ck_channel_path (channel);
  GVariantBuilder interfaces;

  g_clear_pointer (&self->sorted, g_ptr_array_unref);
  g_variant_builder_init (&interfaces, G_VARIANT_TYPE ("a{sa{sv}}"));
  g_variant_builder_add (&interfaces,
                         "{s@a{sv}}",
                         CK_IFACE_CHANNEL,
                         ck_channel_view_get_all (broker, channel));
  emit (self,
        CK_ROOT_PATH,
        CK_IFACE_OBJECT_MANAGER,
        "InterfacesAdded",
        g_variant_new ("(oa{sa{sv}})", path, &interfaces));
}

static void
on_channel_removed (CkBroker *broker, CkChannel *channel, guint64 sequence, gpointer user_data)
{
  static const char *const interfaces[] = { CK_IFACE_CHANNEL, NULL };
  CkBusService *self = CK_BUS_SERVICE (user_data);
  const CkChannelRecord *record = ck_channel_get_record (channel);
  g_autofree char *path = ck_channel_path (channel);

  g_clear_pointer (&self->sorted, g_ptr_array_unref);
  ck_access_log_forget (self->access_log, channel);
  emit_state_changed (self,
                      sequence,
                      path,
                      record->id,
                      ck_state_to_string (record->state),
                      "",
                      record->cause);
  emit (self,
        CK_ROOT_PATH,
        CK_IFACE_OBJECT_MANAGER,
        "InterfacesRemoved",
        g_variant_new ("(o^as)", path, interfaces));
}

/* ---- the root object ------------------------------------------------------------------------- */

static GVariant *
count_states (CkBusService *self)
{
  GPtrArray *channels = ck_bus_service_get_channels (self);
  guint counts[CK_N_STATES] = { 0 };
  GVariantBuilder builder;

  for (guint i = 0; i < channels->len; i++)
    counts[ck_channel_get_record (channels->pdata[i])->state]++;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{su}"));
  for (guint state = 0; state < CK_N_STATES; state++)
    {
      if (counts[state] > 0)
        g_variant_builder_add (&builder, "{su}", ck_state_to_string (state), counts[state]);
    }

  return g_variant_builder_end (&builder);
}

GVariant *
ck_broker_view_get (CkBusService *self, const char *name)
{
  CkVault *vault = ck_broker_get_vault (self->broker);

  if (g_str_equal (name, "Version"))
    return g_variant_new_string (PACKAGE_VERSION);
  if (g_str_equal (name, "ChannelCount"))
    return g_variant_new_uint32 (ck_broker_count_channels (self->broker));
  if (g_str_equal (name, "StateCounts"))
    return count_states (self);
  if (g_str_equal (name, "VaultState"))
    return g_variant_new_string (ck_vault_state_to_string (ck_vault_get_state (vault)));
  if (g_str_equal (name, "KeyId"))
    return g_variant_new_take_string (ck_vault_dup_key_id (vault));
  if (g_str_equal (name, "KeyPlace"))
    return g_variant_new_string (ck_vault_get_key_place (vault));

  return NULL;
}

/* That it opened at start is no news. */
static void
audit_vault (CkBusService *self)
{
  CkVault *vault = ck_broker_get_vault (self->broker);
  CkVaultState state = ck_vault_get_state (vault);
  g_autofree char *message = NULL;

  if (state == self->vault_state)
    return;

  self->vault_state = state;
  message = state == CK_VAULT_OPEN ? g_strdup ("the vault is open and can be written again")
                                   : g_strdup_printf ("the vault is %s: %s",
                                                      ck_vault_state_to_string (state),
                                                      ck_vault_get_reason (vault));
  ck_audit_vault (self->audit,
                  &(CkAuditEntry){ .outcome = ck_vault_state_to_string (state), .message = message });
}

static gboolean
on_gathered (gpointer user_data)
{
  static const char *const names[] = { "ChannelCount", "StateCounts", "VaultState" };
  CkBusService *self = CK_BUS_SERVICE (user_data);
  GVariantBuilder changed;

  self->announcement = 0;
  g_variant_builder_init (&changed, G_VARIANT_TYPE_VARDICT);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_variant_builder_add (&changed, "{sv}", names[i], ck_broker_view_get (self, names[i]));
  emit_properties (self, CK_ROOT_PATH, CK_IFACE_BROKER, g_variant_builder_end (&changed));
  audit_vault (self);

  return G_SOURCE_REMOVE;
}

static void
on_broker_changed (CkBroker *broker, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);

  if (self->announcement == 0)
    self->announcement = g_timeout_add (GATHER_MS, on_gathered, self);
}

void
ck_announcements_connect (CkBusService *self)
{
  self->vault_state = CK_VAULT_OPEN;
  g_signal_connect_object (self->broker,
                           "channel-changed",
                           G_CALLBACK (on_channel_changed),
                           self,
                           0);
  g_signal_connect_object (self->broker, "channel-added", G_CALLBACK (on_channel_added), self, 0);
  g_signal_connect_object (self->broker,
                           "channel-removed",
                           G_CALLBACK (on_channel_removed),
                           self,
                           0);
  g_signal_connect_object (self->broker,
                           "broker-changed",
                           G_CALLBACK (on_broker_changed),
                           self,
                           0);
}
