/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-bus-service-private.h"

#include <string.h>

#include "ck-announcements.h"
#include "ck-audit.h"
#include "ck-channel-view.h"
#include "ck-error.h"
#include "ck-foreign-fds.h"
#include "ck-names.h"
#include "ck-path.h"

/* Secrets being read at once: for one uid, in all. */
#define MAX_SECRETS_PER_UID 4
#define MAX_SECRETS 16

G_DEFINE_TYPE (CkBusService, ck_bus_service, G_TYPE_OBJECT)

char *
ck_channel_path (CkChannel *channel)
{
  return ck_path_encode (CK_CHANNEL_PATH, ck_channel_get_id (channel));
}

GPtrArray *
ck_bus_service_get_channels (CkBusService *self)
{
  if (self->sorted == NULL)
    self->sorted = ck_broker_dup_channels (self->broker);

  return self->sorted;
}

CkChannel *
ck_bus_service_find_channel (CkBusService *self, CkCall *call, GError **error)
{
  return ck_broker_lookup_channel (self->broker, ck_call_get_channel (call), error);
}

void
ck_bus_service_audit (CkBusService *self, CkCall *call, CkAuditFunc write, CkAuditEntry entry)
{
  CkCaller *caller = ck_call_get_caller (call);
  CkChannel *channel = NULL;

  entry.channel = ck_call_get_channel (call);
  if (entry.channel != NULL)
    channel = ck_bus_service_find_channel (self, call, NULL);
  if (entry.provider == NULL && channel != NULL)
    entry.provider = ck_channel_get_record (channel)->provider;
  entry.caller = ck_caller_get_name (caller);
  entry.uid = ck_caller_get_uid (caller);
  entry.user = ck_caller_get_user (caller);
  write (self->audit, &entry);
}

static void
append_list (GString *words, const char *what, GStrv list)
{
  g_autofree char *joined = list != NULL ? g_strjoinv (", ", list) : NULL;

  if (joined != NULL && *joined != '\0')
    g_string_append_printf (words, "; %s: %s", what, joined);
}

char *
ck_bus_service_describe_access (const CkChannelRecord *record)
{
  GString *words = g_string_new (NULL);

  g_string_printf (words, "assigned to %s", record->assigned_user);
  append_list (words, "allowed users", record->allowed_users);
  append_list (words, "allowed groups", record->allowed_groups);
  if (*record->pinned_account != '\0')
    g_string_append_printf (words, "; pinned to account %s", record->pinned_account);

  return g_string_free (words, FALSE);
}

static CkChannel *
find_node (CkBusService *self, const char *node)
{
  g_autofree char *id = ck_path_decode (node);

  return id != NULL ? ck_broker_lookup_channel (self->broker, id, NULL) : NULL;
}

static gboolean
describe (const char *channel, CkAuthorityQuestion *question, gpointer user_data, GError **error)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  CkChannel *found = ck_broker_lookup_channel (self->broker, channel, error);
  const CkChannelRecord *record;

  if (found == NULL)
    return FALSE;

  record = ck_channel_get_record (found);
  question->provider = record->provider;
  question->client = record->client;
  question->state = ck_state_to_string (record->state);
  question->assigned_user = record->assigned_user;
  question->allowed_users = (const char *const *) record->allowed_users;
  question->allowed_groups = (const char *const *) record->allowed_groups;
  question->scopes = (const char *const *) record->scopes;

  return TRUE;
}

/* In GDBus's thread, before anybody sees the message. */
static GDBusMessage *
on_message (GDBusConnection *connection,
            GDBusMessage *message,
            gboolean incoming,
            gpointer user_data)
{
  if (incoming)
    ck_foreign_fds_guard (message);

  return message;
}

/* Every method call of every object ends up here, and passes the guard. */
static void
on_method_call (GDBusConnection *connection,
                const char *sender,
                const char *path,
                const char *interface,
                const char *method,
                GVariant *parameters,
                GDBusMethodInvocation *invocation,
                gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);

  ck_guard_dispatch (self->guard, invocation);
}

static GVariant *
property_or_error (GVariant *value, const char *name, GError **error)
{
  if (value == NULL)
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT, "%s is not there any more", name);

  return value;
}

/* ---- the root object ------------------------------------------------------------------------- */

static GVariant *
on_get_root_property (GDBusConnection *connection,
                      const char *sender,
                      const char *path,
                      const char *interface,
                      const char *name,
                      GError **error,
                      gpointer user_data)
{
  return property_or_error (ck_broker_view_get (CK_BUS_SERVICE (user_data), name), name, error);
}

static const GDBusInterfaceVTable root_vtable = { on_method_call, on_get_root_property };

/* ---- the channels ---------------------------------------------------------------------------- */

static GVariant *
on_get_channel_property (GDBusConnection *connection,
                         const char *sender,
                         const char *path,
                         const char *interface,
                         const char *name,
                         GError **error,
                         gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  CkChannel *channel = find_node (self, strrchr (path, '/') + 1);

  return property_or_error (
      channel != NULL ? ck_channel_view_get (self->broker, channel, name) : NULL,
      name,
      error);
}

static const GDBusInterfaceVTable channel_vtable = { on_method_call, on_get_channel_property };

static char **
enumerate_channels (GDBusConnection *connection,
                    const char *sender,
                    const char *path,
                    gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  GPtrArray *channels = ck_bus_service_get_channels (self);
  GPtrArray *nodes = g_ptr_array_new ();

  /* With more of them an introspection would be too large for the bus: ListChannels has pages. */
  for (guint i = 0; i < channels->len && channels->len <= CK_MAX_MANAGED; i++)
    {
      g_autofree char *full = ck_channel_path (channels->pdata[i]);

      g_ptr_array_add (nodes, g_strdup (full + strlen (CK_CHANNEL_PATH "/")));
    }
  g_ptr_array_add (nodes, NULL);

  return (char **) g_ptr_array_free (nodes, FALSE);
}

static GDBusInterfaceInfo **
list_interface (CkBusService *self, const char *name)
{
  GDBusInterfaceInfo **interfaces = g_new0 (GDBusInterfaceInfo *, 2);

  interfaces[0] = g_dbus_interface_info_ref (ck_interfaces_lookup (self->interfaces, name));

  return interfaces;
}

static GDBusInterfaceInfo **
introspect_channel (GDBusConnection *connection,
                    const char *sender,
                    const char *path,
                    const char *node,
                    gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);

  return find_node (self, node) != NULL ? list_interface (self, CK_IFACE_CHANNEL) : NULL;
}

static const GDBusInterfaceVTable *
dispatch_channel (GDBusConnection *connection,
                  const char *sender,
                  const char *path,
                  const char *interface,
                  const char *node,
                  gpointer *out_user_data,
                  gpointer user_data)
{
  if (find_node (CK_BUS_SERVICE (user_data), node) == NULL)
    return NULL;

  *out_user_data = user_data;
  return &channel_vtable;
}

static const GDBusSubtreeVTable channel_subtree
    = { enumerate_channels, introspect_channel, dispatch_channel };

/* ---- the attempts: to all but its owner an attempt is not there ------------------------------- */

static GVariant *
on_get_attempt_property (GDBusConnection *connection,
                         const char *sender,
                         const char *path,
                         const char *interface,
                         const char *name,
                         GError **error,
                         gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  CkAttempt *attempt
      = ck_attempt_objects_lookup (self->attempts, strrchr (path, '/') + 1, sender);

  return property_or_error (
      attempt != NULL ? ck_attempt_objects_get_property (attempt, name) : NULL,
      name,
      error);
}

static const GDBusInterfaceVTable attempt_vtable = { on_method_call, on_get_attempt_property };

static char **
enumerate_attempts (GDBusConnection *connection,
                    const char *sender,
                    const char *path,
                    gpointer user_data)
{
  return ck_attempt_objects_list (CK_BUS_SERVICE (user_data)->attempts, sender);
}

static GDBusInterfaceInfo **
introspect_attempt (GDBusConnection *connection,
                    const char *sender,
                    const char *path,
                    const char *node,
                    gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);

  if (ck_attempt_objects_lookup (self->attempts, node, sender) == NULL)
    return NULL;

  return list_interface (self, CK_IFACE_ATTEMPT);
}

static const GDBusInterfaceVTable *
dispatch_attempt (GDBusConnection *connection,
                  const char *sender,
                  const char *path,
                  const char *interface,
                  const char *node,
                  gpointer *out_user_data,
                  gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);

  if (ck_attempt_objects_lookup (self->attempts, node, sender) == NULL)
    return NULL;

  *out_user_data = user_data;
  return &attempt_vtable;
}

static const GDBusSubtreeVTable attempt_subtree
    = { enumerate_attempts, introspect_attempt, dispatch_attempt };

/* ---- the object ------------------------------------------------------------------------------ */

static void
on_refused (CkGuard *guard, const CkDenial *denial, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  CkChannel *channel = NULL;

  if (denial->channel != NULL)
    channel = ck_broker_lookup_channel (self->broker, denial->channel, NULL);

  ck_access_log_refused (
      self->access_log,
      &(CkAuditEntry){
          .channel = denial->channel,
          .provider = channel != NULL ? ck_channel_get_record (channel)->provider : NULL,
          .caller = ck_caller_get_name (denial->caller),
          .uid = ck_caller_get_uid (denial->caller),
          .user = ck_caller_get_user (denial->caller),
          .method = denial->method,
          .action = denial->action,
          .outcome = ck_error_name (denial->why->code),
          .unanswered = !denial->answered,
          .message = denial->why->message,
      },
      channel);
}

static gboolean
export_root (CkBusService *self, guint slot, const char *interface, GError **error)
{
  self->registrations[slot]
      = g_dbus_connection_register_object (self->connection,
                                           CK_ROOT_PATH,
                                           ck_interfaces_lookup (self->interfaces, interface),
                                           &root_vtable,
                                           self,
                                           NULL,
                                           error);

  return self->registrations[slot] != 0;
}

static gboolean
export_subtree (CkBusService *self,
                guint slot,
                const char *path,
                const GDBusSubtreeVTable *vtable,
                GError **error)
{
  /* Not enumerating at each call is what makes a call's cost the same with one channel and many. */
  self->registrations[slot]
      = g_dbus_connection_register_subtree (self->connection,
                                            path,
                                            vtable,
                                            G_DBUS_SUBTREE_FLAGS_DISPATCH_TO_UNENUMERATED_NODES,
                                            self,
                                            NULL,
                                            error);

  return self->registrations[slot] != 0;
}

static gboolean
export (CkBusService *self, GError **error)
{
  return export_subtree (self, 0, CK_CHANNEL_PATH, &channel_subtree, error)
         && export_subtree (self, 1, CK_ATTEMPT_PATH, &attempt_subtree, error)
         && export_root (self, 2, CK_IFACE_BROKER, error)
         && export_root (self, 3, CK_IFACE_OBJECT_MANAGER, error)
         && export_root (self, 4, CK_IFACE_VAULT, error);
}

static void
ck_bus_service_dispose (GObject *object)
{
  CkBusService *self = CK_BUS_SERVICE (object);

  for (guint i = 0; i < 2; i++)
    {
      if (self->registrations[i] != 0)
        g_dbus_connection_unregister_subtree (self->connection, self->registrations[i]);
    }
  for (guint i = 2; i < G_N_ELEMENTS (self->registrations); i++)
    {
      if (self->registrations[i] != 0)
        g_dbus_connection_unregister_object (self->connection, self->registrations[i]);
    }
  memset (self->registrations, 0, sizeof self->registrations);
  if (self->filter != 0)
    g_dbus_connection_remove_filter (self->connection, self->filter);
  self->filter = 0;
  g_clear_handle_id (&self->announcement, g_source_remove);
  g_clear_handle_id (&self->ask, g_source_remove);
  G_OBJECT_CLASS (ck_bus_service_parent_class)->dispose (object);
}

static void
ck_bus_service_finalize (GObject *object)
{
  CkBusService *self = CK_BUS_SERVICE (object);

  g_clear_object (&self->guard);
  g_clear_object (&self->secrets);
  g_clear_pointer (&self->attempts, ck_attempt_objects_free);
  g_clear_pointer (&self->access_log, ck_access_log_free);
  g_clear_pointer (&self->audit, ck_audit_free);
  g_clear_pointer (&self->sorted, g_ptr_array_unref);
  g_clear_pointer (&self->interfaces, ck_interfaces_free);
  g_clear_object (&self->broker);
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (ck_bus_service_parent_class)->finalize (object);
}

static void
ck_bus_service_class_init (CkBusServiceClass *class)
{
  G_OBJECT_CLASS (class)->dispose = ck_bus_service_dispose;
  G_OBJECT_CLASS (class)->finalize = ck_bus_service_finalize;
}

static void
ck_bus_service_init (CkBusService *self)
{
  self->interfaces = ck_interfaces_new ();
  self->secrets = ck_secret_reader_new (MAX_SECRETS_PER_UID, MAX_SECRETS);
  self->audit = ck_audit_new ();
}

void
ck_bus_service_flush (CkBusService *self)
{
  ck_access_log_flush (self->access_log);
  /* Nothing is told again after an orderly end. */
  if (g_dbus_connection_flush_sync (self->connection, NULL, NULL))
    ck_broker_set_announced (self->broker, self->announced);
}

CkBusService *
ck_bus_service_new (GDBusConnection *connection,
                    CkBroker *broker,
                    CkAuthority *authority,
                    GError **error)
{
  g_autoptr (CkBusService) self = g_object_new (CK_TYPE_BUS_SERVICE, NULL);
  g_autoptr (CkCallers) callers = ck_callers_new (connection);

  self->connection = g_object_ref (connection);
  self->filter = g_dbus_connection_add_filter (connection, on_message, NULL, NULL);
  self->broker = g_object_ref (broker);
  self->access_log = ck_access_log_new (broker, self->audit);
  self->attempts = ck_attempt_objects_new (connection);
  self->guard = ck_guard_new (self->interfaces, callers, authority, describe, self);
  ck_guard_add_methods (self->guard, CK_IFACE_BROKER, ck_broker_methods_get ());
  ck_guard_add_methods (self->guard, CK_IFACE_BROKER, ck_client_methods_get ());
  ck_guard_add_methods (self->guard, CK_IFACE_BROKER, ck_preflight_methods_get ());
  ck_guard_add_methods (self->guard, CK_IFACE_CHANNEL, ck_channel_methods_get ());
  ck_guard_add_methods (self->guard, CK_IFACE_CHANNEL, ck_token_methods_get ());
  ck_guard_add_methods (self->guard, CK_IFACE_ATTEMPT, ck_attempt_methods_get ());
  ck_guard_add_methods (self->guard, CK_IFACE_OBJECT_MANAGER, ck_object_manager_methods_get ());
  ck_guard_add_methods (self->guard, CK_IFACE_VAULT, ck_vault_methods_get ());
  g_signal_connect_object (self->guard, "refused", G_CALLBACK (on_refused), self, 0);
  ck_announcements_connect (self);

  if (!export (self, error))
    return NULL;

  return g_steal_pointer (&self);
}
