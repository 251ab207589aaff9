/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "attempt.h"

#include "ck-names.h"
#include "secret-call.h"

struct _CkCtlAttempt
{
  CkCtlBus *bus;
  GDBusConnection *connection;
  guint signals;
  guint owner;
  GQueue *heard; /* of Heard, in the order they came */
  char *path;    /* NULL before the first start */
  guint32 last_prompt;
};

/* A signal, or with no name the loss of the service. */
typedef struct
{
  char *path;
  char *name;
  GVariant *parameters;
} Heard;

static void
heard_free (Heard *heard)
{
  g_free (heard->path);
  g_free (heard->name);
  g_clear_pointer (&heard->parameters, g_variant_unref);
  g_free (heard);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Heard, heard_free)

void
ck_ctl_attempt_event_free (CkCtlAttemptEvent *event)
{
  g_free (event->style);
  g_clear_pointer (&event->details, g_variant_unref);
  g_free (event->outcome);
  g_free (event->cause);
  g_free (event->message);
  g_free (event);
}

static void
enqueue (CkCtlAttempt *self, const char *path, const char *name, GVariant *parameters)
{
  Heard *heard = g_new0 (Heard, 1);

  heard->path = g_strdup (path);
  heard->name = g_strdup (name);
  heard->parameters = parameters != NULL ? g_variant_ref (parameters) : NULL;
  g_queue_push_tail (self->heard, heard);
}

static void
on_signal (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface,
           const char *name,
           GVariant *parameters,
           gpointer user_data)
{
  enqueue (user_data, path, name, parameters);
}

static void
on_owner_changed (GDBusConnection *connection,
                  const char *sender,
                  const char *path,
                  const char *interface,
                  const char *name,
                  GVariant *parameters,
                  gpointer user_data)
{
  CkCtlAttempt *self = user_data;
  const char *old_owner;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sss)")))
    return;
  g_variant_get_child (parameters, 1, "&s", &old_owner);
  /* Starting the service by a call is no loss. */
  if (*old_owner != '\0')
    enqueue (self, NULL, NULL, NULL);
}

static void
on_closed (GDBusConnection *connection, gboolean remote, GError *error, gpointer user_data)
{
  enqueue (user_data, NULL, NULL, NULL);
}

CkCtlAttempt *
ck_ctl_attempt_new (CkCtlBus *bus, GError **error)
{
  GDBusConnection *connection = ck_ctl_bus_get_connection (bus, error);
  CkCtlAttempt *self;

  if (connection == NULL)
    return NULL;

  self = g_new0 (CkCtlAttempt, 1);
  self->bus = bus;
  self->connection = g_object_ref (connection);
  self->heard = g_queue_new ();
  self->signals
      = g_dbus_connection_signal_subscribe (connection, CK_BUS_NAME, CK_IFACE_ATTEMPT, NULL, NULL,
                                            NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, self, NULL);
  self->owner = g_dbus_connection_signal_subscribe (
      connection, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged",
      "/org/freedesktop/DBus", CK_BUS_NAME, G_DBUS_SIGNAL_FLAGS_NONE, on_owner_changed, self, NULL);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), self);

  return self;
}

void
ck_ctl_attempt_free (CkCtlAttempt *self)
{
  g_dbus_connection_signal_unsubscribe (self->connection, self->signals);
  g_dbus_connection_signal_unsubscribe (self->connection, self->owner);
  g_signal_handlers_disconnect_by_data (self->connection, self);
  g_queue_free_full (self->heard, (GDestroyNotify) heard_free);
  g_object_unref (self->connection);
  g_free (self->path);
  g_free (self);
}

/* A prompt may have been asked before anybody could hear its signal. */
static void
read_prompt (CkCtlAttempt *self)
{
  g_autoptr (GVariant) reply
      = ck_ctl_bus_call (self->bus, self->path, "org.freedesktop.DBus.Properties", "Get",
                         g_variant_new ("(ss)", CK_IFACE_ATTEMPT, "Prompt"), "(v)", NULL);
  g_autoptr (GVariant) prompt = NULL;

  /* An attempt that is over already has said so by its signal. */
  if (reply == NULL)
    return;
  g_variant_get (reply, "(v)", &prompt);
  if (g_variant_is_of_type (prompt, G_VARIANT_TYPE ("(usa{sv})")))
    enqueue (self, self->path, "Prompted", prompt);
}

gboolean
ck_ctl_attempt_start (CkCtlAttempt *self,
                      const char *channel,
                      GVariantDict *options,
                      GError **error)
{
  g_autoptr (GVariant) reply = ck_ctl_bus_call (
      self->bus, channel, CK_IFACE_CHANNEL, "Reconnect",
      g_variant_new ("(@a{sv})", ck_ctl_bus_options (self->bus, options)), "(o)", error);

  if (reply == NULL)
    return FALSE;

  g_free (self->path);
  g_variant_get (reply, "(o)", &self->path);
  self->last_prompt = 0;
  read_prompt (self);

  return TRUE;
}

static CkCtlAttemptEvent *
make_prompted (CkCtlAttempt *self, GVariant *parameters)
{
  CkCtlAttemptEvent *event;
  guint32 prompt;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(usa{sv})")))
    return NULL;
  g_variant_get_child (parameters, 0, "u", &prompt);
  /* Known already, or 0: none. */
  if (prompt <= self->last_prompt)
    return NULL;

  self->last_prompt = prompt;
  event = g_new0 (CkCtlAttemptEvent, 1);
  event->kind = CK_CTL_ATTEMPT_PROMPTED;
  g_variant_get (parameters, "(us@a{sv})", &event->prompt, &event->style, &event->details);

  return event;
}

static CkCtlAttemptEvent *
make_event (CkCtlAttempt *self, const Heard *heard)
{
  CkCtlAttemptEvent *event;

  if (heard->name == NULL)
    {
      event = g_new0 (CkCtlAttemptEvent, 1);
      event->kind = CK_CTL_ATTEMPT_LOST;
      return event;
    }
  /* Of an attempt that was replaced. */
  if (g_strcmp0 (heard->path, self->path) != 0)
    return NULL;
  if (g_str_equal (heard->name, "Prompted"))
    return make_prompted (self, heard->parameters);
  if (!g_str_equal (heard->name, "Finished")
      || !g_variant_is_of_type (heard->parameters, G_VARIANT_TYPE ("(sss)")))
    return NULL;

  event = g_new0 (CkCtlAttemptEvent, 1);
  event->kind = CK_CTL_ATTEMPT_FINISHED;
  g_variant_get (heard->parameters, "(sss)", &event->outcome, &event->cause, &event->message);

  return event;
}

CkCtlAttemptEvent *
ck_ctl_attempt_pop (CkCtlAttempt *self)
{
  CkCtlAttemptEvent *event = NULL;

  while (event == NULL && !g_queue_is_empty (self->heard))
    {
      g_autoptr (Heard) heard = g_queue_pop_head (self->heard);

      event = make_event (self, heard);
    }

  return event;
}

gboolean
ck_ctl_attempt_respond (
    CkCtlAttempt *self, guint32 prompt, const char *key, const char *answer, GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) reply = NULL;

  g_variant_dict_insert (&dict, key, "s", answer);
  reply = ck_ctl_bus_call (self->bus, self->path, CK_IFACE_ATTEMPT, "Respond",
                           g_variant_new ("(u@a{sv})", prompt, g_variant_dict_end (&dict)), "()",
                           error);

  return reply != NULL;
}

gboolean
ck_ctl_attempt_respond_secret (CkCtlAttempt *self,
                               guint32 prompt,
                               SecretValue *secret,
                               GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) reply = NULL;

  g_variant_dict_insert (&dict, "secret", "h", 0);
  reply = ck_secret_call (
      self->bus, self->path, CK_IFACE_ATTEMPT, "Respond",
      g_variant_new ("(u@a{sv})", prompt, g_variant_dict_end (&dict)), secret, "()", error);

  return reply != NULL;
}

void
ck_ctl_attempt_cancel (CkCtlAttempt *self)
{
  g_autoptr (GVariant) reply = NULL;

  if (self->path != NULL)
    reply = ck_ctl_bus_call (self->bus, self->path, CK_IFACE_ATTEMPT, "Cancel", NULL, "()", NULL);
}
