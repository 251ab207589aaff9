/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-keyring.h"

#include "ck-secret-service.h"
#include "ck-vault-private.h"

#define SERVICE_NAME "org.freedesktop.secrets"
#define DEFAULT_COLLECTION "/org/freedesktop/secrets/aliases/default"
#define COLLECTION_INTERFACE "org.freedesktop.Secret.Collection"
#define PROPERTIES_INTERFACE "org.freedesktop.DBus.Properties"
#define NOBODY "org.channelkeeper.Nobody"
#define BUS_VARIABLE "DBUS_SESSION_BUS_ADDRESS"

/* Seconds: that a check may take; from a check that found nothing to the next. */
#define CHECK_TIME 10
#define FIRST_DELAY 1
#define LAST_DELAY 60

#define SEE "; see SECRET SERVICE in channelkeeperd(8)"
#define NOT_THERE "no Secret Service is on the session bus: start one, unlocked" SEE

/* One look at the keyring. It is the last word only while it is the current one. */
typedef struct
{
  CkKeyring *keyring;
  GCancellable *cancellable;
} Check;

struct _CkKeyring
{
  GObject parent_instance;

  GDBusConnection *bus;
  guint watch;        /* whether the service is there */
  guint subscription; /* whether it was locked or unlocked */
  gboolean usable;
  char *reason;

  Check *check;   /* owned by its callbacks; NULL: none is under way */
  guint deadline; /* of the check */
  guint retry;
  guint delay; /* seconds until the next retry */
  gboolean closed;
};

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS]; /* GObject's ids, set once by class_init */

G_DEFINE_FINAL_TYPE (CkKeyring, ck_keyring, G_TYPE_OBJECT)

CkKeyring *
ck_keyring_new (void)
{
  return g_object_new (CK_TYPE_KEYRING, NULL);
}

gboolean
ck_keyring_is_usable (CkKeyring *self)
{
  return self->usable;
}

const char *
ck_keyring_get_reason (CkKeyring *self)
{
  return self->reason;
}

gboolean
ck_keyring_is_checking (CkKeyring *self)
{
  return self->check != NULL;
}

static gboolean
on_retry (gpointer user_data)
{
  CkKeyring *self = user_data;

  self->retry = 0;
  ck_keyring_check (self);

  return G_SOURCE_REMOVE;
}

static void
abandon_check (CkKeyring *self)
{
  if (self->check == NULL)
    return;

  g_clear_handle_id (&self->deadline, g_source_remove);
  g_cancellable_cancel (self->check->cancellable);
  self->check = NULL;
}

/* @reason: %NULL: it can be used */
static void
settle (CkKeyring *self, const char *reason)
{
  abandon_check (self);
  g_clear_handle_id (&self->retry, g_source_remove);
  self->usable = reason == NULL;
  g_free (self->reason);
  self->reason = g_strdup (reason != NULL ? reason : "");

  if (self->usable)
    self->delay = FIRST_DELAY;
  else if (!self->closed)
    {
      self->retry = g_timeout_add_seconds (self->delay, on_retry, self);
      self->delay = MIN (2 * self->delay, LAST_DELAY);
    }

  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

/* ---- the bus ---------------------------------------------------------------------------------- */

/* Our connection is used for nothing else. libsecret would start the service in passing, and GDBusProxy
 * asks for it in so many words: what it asks for then is a name that nothing has. */
static GDBusMessage *
start_nothing (GDBusConnection *bus, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  GDBusMessage *copy;

  if (incoming || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return message;

  copy = g_dbus_message_copy (message, NULL);
  if (copy == NULL)
    return message;

  g_dbus_message_set_flags (copy, g_dbus_message_get_flags (copy) | G_DBUS_MESSAGE_FLAGS_NO_AUTO_START);
  if (g_strcmp0 (g_dbus_message_get_member (copy), "StartServiceByName") == 0)
    g_dbus_message_set_body (copy, g_variant_new ("(su)", NOBODY, 0));
  g_object_unref (message);

  return copy;
}

static void
on_appeared (GDBusConnection *bus, const char *name, const char *owner, gpointer user_data)
{
  CkKeyring *self = user_data;

  self->delay = FIRST_DELAY;
  if (!self->usable)
    ck_keyring_check (self);
}

static void
on_vanished (GDBusConnection *bus, const char *name, gpointer user_data)
{
  if (bus != NULL && !g_dbus_connection_is_closed (bus))
    settle (user_data, NOT_THERE);
}

static void
on_properties (GDBusConnection *bus,
               const char *sender,
               const char *path,
               const char *interface,
               const char *signal,
               GVariant *parameters,
               gpointer user_data)
{
  g_autoptr (GVariant) changed = g_variant_get_child_value (parameters, 1);
  gboolean locked;

  if (g_variant_lookup (changed, "Locked", "b", &locked))
    ck_keyring_check (user_data);
}

static void
leave_bus (CkKeyring *self)
{
  if (self->bus == NULL)
    return;

  g_signal_handlers_disconnect_by_data (self->bus, self);
  g_clear_handle_id (&self->watch, g_bus_unwatch_name);
  g_dbus_connection_signal_unsubscribe (self->bus, self->subscription);
  g_dbus_connection_close (self->bus, NULL, NULL, NULL);
  g_clear_object (&self->bus);
}

static void
on_closed (GDBusConnection *bus, gboolean remote_peer_vanished, GError *error, CkKeyring *self)
{
  leave_bus (self);
  settle (self, "the session bus is gone: start it and the Secret Service on it" SEE);
}

static void
join_bus (CkKeyring *self, GDBusConnection *bus)
{
  self->bus = bus;
  g_dbus_connection_add_filter (bus, start_nothing, NULL, NULL);
  g_signal_connect (bus, "closed", G_CALLBACK (on_closed), self);
  self->watch = g_bus_watch_name_on_connection (bus,
                                                SERVICE_NAME,
                                                G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                on_appeared,
                                                on_vanished,
                                                self,
                                                NULL);
  self->subscription = g_dbus_connection_signal_subscribe (bus,
                                                           SERVICE_NAME,
                                                           PROPERTIES_INTERFACE,
                                                           "PropertiesChanged",
                                                           NULL,
                                                           COLLECTION_INTERFACE,
                                                           G_DBUS_SIGNAL_FLAGS_NONE,
                                                           on_properties,
                                                           self,
                                                           NULL);
}

/* ---- a check: the bus → the lock → a first lookup ---------------------------------------------- */

static void
check_free (Check *check)
{
  g_object_unref (check->keyring);
  g_object_unref (check->cancellable);
  g_free (check);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Check, check_free)

static void G_GNUC_PRINTF (3, 4)
fail_check (Check *check, GError *error, const char *format, ...)
{
  g_autofree char *reason = NULL;
  va_list arguments;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_clear_error (&error);

  if (check->keyring->check == check)
    settle (check->keyring, reason);
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Check) check = user_data;
  GError *error = NULL;
  SecretValue *value = secret_password_lookup_binary_finish (result, &error);

  g_clear_pointer (&value, secret_value_unref);
  if (error != NULL)
    fail_check (check, error, "the Secret Service does not serve: %s", error->message);
  else if (check->keyring->check == check)
    settle (check->keyring, NULL);
}

static void
on_lock (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Check) check = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) value = NULL;
  GCancellable *cancellable = check->cancellable;

  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
      || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
    {
      fail_check (check, error, "%s", NOT_THERE);
      return;
    }
  if (error != NULL)
    {
      g_dbus_error_strip_remote_error (error);
      fail_check (check, error, "the Secret Service has no default keyring that can be used (%s): make one" SEE,
                  error->message);
      return;
    }

  g_variant_get (reply, "(v)", &value);
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN) || g_variant_get_boolean (value))
    {
      fail_check (check, NULL, "the default keyring is locked: start its service anew with the right password" SEE);
      return;
    }

  if (check->keyring->check == check)
    {
      ck_secret_service_attach (check->keyring->bus);
      ck_vault_look_up_first (cancellable, on_looked_up, g_steal_pointer (&check));
    }
}

static void
ask_for_lock (Check *check)
{
  g_dbus_connection_call (check->keyring->bus,
                          SERVICE_NAME,
                          DEFAULT_COLLECTION,
                          PROPERTIES_INTERFACE,
                          "Get",
                          g_variant_new ("(ss)", COLLECTION_INTERFACE, "Locked"),
                          G_VARIANT_TYPE ("(v)"),
                          G_DBUS_CALL_FLAGS_NO_AUTO_START,
                          -1,
                          check->cancellable,
                          on_lock,
                          check);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Check) check = user_data;
  GError *error = NULL;
  GDBusConnection *bus = g_dbus_connection_new_for_address_finish (result, &error);

  if (bus == NULL)
    {
      fail_check (check, error, "the session bus does not answer (%s): start it" SEE, error->message);
      return;
    }
  if (check->keyring->check != check)
    {
      g_object_unref (bus);
      return;
    }

  join_bus (check->keyring, bus);
  ask_for_lock (g_steal_pointer (&check));
}

static gboolean
on_deadline (gpointer user_data)
{
  CkKeyring *self = user_data;

  self->deadline = 0;
  settle (self, "the Secret Service does not answer: look at it, start it anew" SEE);

  return G_SOURCE_REMOVE;
}

void
ck_keyring_check (CkKeyring *self)
{
  const char *address = g_getenv (BUS_VARIABLE);
  Check *check;

  g_return_if_fail (CK_IS_KEYRING (self));

  if (self->check != NULL || self->closed)
    return;
  g_clear_handle_id (&self->retry, g_source_remove);
  /* Anew each time: what is still under way ends with the connection, and cannot meet another service
   * that takes it for its own and decrypts it with another key. */
  leave_bus (self);
  if (address == NULL || *address == '\0')
    {
      settle (self, "the service has no session bus: name one in " BUS_VARIABLE SEE);
      return;
    }

  check = g_new0 (Check, 1);
  check->keyring = g_object_ref (self);
  check->cancellable = g_cancellable_new ();
  self->check = check;
  self->deadline = g_timeout_add_seconds (CHECK_TIME, on_deadline, self);
  g_dbus_connection_new_for_address (address,
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                         | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                     NULL,
                                     check->cancellable,
                                     on_connected,
                                     check);
}

void
ck_keyring_close (CkKeyring *self)
{
  self->closed = TRUE;
  leave_bus (self);
  settle (self, "it was closed");
}

static void
ck_keyring_dispose (GObject *object)
{
  CkKeyring *self = CK_KEYRING (object);

  if (!self->closed)
    ck_keyring_close (self);

  G_OBJECT_CLASS (ck_keyring_parent_class)->dispose (object);
}

static void
ck_keyring_finalize (GObject *object)
{
  g_free (CK_KEYRING (object)->reason);

  G_OBJECT_CLASS (ck_keyring_parent_class)->finalize (object);
}

static void
ck_keyring_class_init (CkKeyringClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = ck_keyring_dispose;
  object_class->finalize = ck_keyring_finalize;

  signals[SIGNAL_CHANGED] = g_signal_new ("changed",
                                          CK_TYPE_KEYRING,
                                          G_SIGNAL_RUN_LAST,
                                          0,
                                          NULL,
                                          NULL,
                                          NULL,
                                          G_TYPE_NONE,
                                          0);
}

static void
ck_keyring_init (CkKeyring *self)
{
  self->reason = g_strdup ("it has not been asked yet");
  self->delay = FIRST_DELAY;
}
