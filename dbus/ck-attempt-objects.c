/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-attempt-objects.h"

#include <string.h>

#include "ck-channel.h"
#include "ck-names.h"
#include "ck-path.h"

#define KEEP_FINISHED_S 10
#define MAX_FINISHED 64

struct _CkAttemptObjects
{
  GDBusConnection *connection;
  GHashTable *objects; /* id to Object */
  GQueue finished;     /* of Object, the oldest first; those in the table */
};

typedef struct
{
  CkAttemptObjects *owner_table;
  CkAttempt *attempt;
  CkCaller *owner;
  gulong gone_handler;
  guint removal;
} Object;

static void
object_free (gpointer data)
{
  Object *object = data;

  g_queue_remove (&object->owner_table->finished, object);
  g_clear_handle_id (&object->removal, g_source_remove);
  g_signal_handlers_disconnect_by_data (object->attempt, object);
  g_signal_handler_disconnect (ck_caller_get_gone (object->owner), object->gone_handler);
  g_object_unref (object->attempt);
  ck_caller_unref (object->owner);
  g_free (object);
}

CkAttemptObjects *
ck_attempt_objects_new (GDBusConnection *connection)
{
  CkAttemptObjects *self = g_new0 (CkAttemptObjects, 1);

  self->connection = g_object_ref (connection);
  self->objects = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, object_free);
  g_queue_init (&self->finished);

  return self;
}

void
ck_attempt_objects_free (CkAttemptObjects *self)
{
  g_hash_table_unref (self->objects);
  g_object_unref (self->connection);
  g_free (self);
}

/* ---- what its owner is told ------------------------------------------------------------------ */

static char *
get_path (CkAttempt *attempt)
{
  return ck_path_encode (CK_ATTEMPT_PATH, ck_attempt_get_id (attempt));
}

/* To the owner's unique name alone: nobody else's match rule catches it. */
static void
tell_owner (Object *object, const char *signal, GVariant *parameters)
{
  g_autofree char *path = get_path (object->attempt);
  g_autoptr (GError) error = NULL;

  if (!g_dbus_connection_emit_signal (object->owner_table->connection,
                                      ck_caller_get_name (object->owner),
                                      path,
                                      CK_IFACE_ATTEMPT,
                                      signal,
                                      parameters,
                                      &error))
    g_debug ("%s was not sent: %s", signal, error->message);
}

static void
on_prompted (CkAttempt *attempt,
             guint prompt,
             const char *style,
             GVariant *details,
             gpointer user_data)
{
  tell_owner (user_data, "Prompted", g_variant_new ("(us@a{sv})", prompt, style, details));
}

static gboolean
on_kept_long_enough (gpointer user_data)
{
  Object *object = user_data;

  object->removal = 0;
  g_hash_table_remove (object->owner_table->objects, ck_attempt_get_id (object->attempt));

  return G_SOURCE_REMOVE;
}

static void
on_finished (CkAttempt *attempt,
             const char *outcome,
             const char *cause,
             const char *message,
             gpointer user_data)
{
  Object *object = user_data;
  CkAttemptObjects *self = object->owner_table;

  tell_owner (object, "Finished", g_variant_new ("(sss)", outcome, cause, message));

  object->removal = g_timeout_add_seconds (KEEP_FINISHED_S, on_kept_long_enough, object);
  g_queue_push_tail (&self->finished, object);
  if (self->finished.length > MAX_FINISHED)
    {
      const Object *oldest = g_queue_peek_head (&self->finished);

      g_hash_table_remove (self->objects, ck_attempt_get_id (oldest->attempt));
    }
}

static void
on_owner_gone (GCancellable *gone, gpointer user_data)
{
  Object *object = user_data;

  ck_attempt_cancel (object->attempt);
}

char *
ck_attempt_objects_add (CkAttemptObjects *self, CkAttempt *attempt, CkCaller *owner)
{
  Object *object = g_new0 (Object, 1);

  object->owner_table = self;
  object->attempt = g_object_ref (attempt);
  object->owner = ck_caller_ref (owner);
  g_signal_connect (attempt, "prompted", G_CALLBACK (on_prompted), object);
  g_signal_connect (attempt, "finished", G_CALLBACK (on_finished), object);
  object->gone_handler = g_signal_connect (ck_caller_get_gone (owner),
                                           "cancelled",
                                           G_CALLBACK (on_owner_gone),
                                           object);
  g_hash_table_insert (self->objects, (char *) ck_attempt_get_id (attempt), object);

  return get_path (attempt);
}

/* ---- for its owner alone --------------------------------------------------------------------- */

CkAttempt *
ck_attempt_objects_lookup (CkAttemptObjects *self, const char *id, const char *sender)
{
  g_autofree char *plain = ck_path_decode (id);
  const Object *object = plain != NULL ? g_hash_table_lookup (self->objects, plain) : NULL;

  if (object == NULL || g_strcmp0 (ck_caller_get_name (object->owner), sender) != 0)
    return NULL;

  return object->attempt;
}

GStrv
ck_attempt_objects_list (CkAttemptObjects *self, const char *sender)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->objects);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Object *object = value;
      g_autofree char *path = NULL;

      if (g_strcmp0 (ck_caller_get_name (object->owner), sender) != 0)
        continue;
      path = get_path (object->attempt);
      g_strv_builder_add (builder, path + strlen (CK_ATTEMPT_PATH "/"));
    }

  return g_strv_builder_end (builder);
}

GVariant *
ck_attempt_objects_get_property (CkAttempt *attempt, const char *name)
{
  if (g_str_equal (name, "Channel"))
    {
      g_autofree char *path
          = ck_path_encode (CK_CHANNEL_PATH, ck_channel_get_id (ck_attempt_get_channel (attempt)));

      return g_variant_new_object_path (path);
    }
  if (g_str_equal (name, "Flow"))
    return g_variant_new_string (ck_attempt_get_flow (attempt));
  if (g_str_equal (name, "State"))
    return g_variant_new_string (ck_attempt_get_state (attempt));
  if (g_str_equal (name, "ExpiresAt"))
    return g_variant_new_uint64 (ck_attempt_get_expires_at (attempt));
  if (g_str_equal (name, "Prompt"))
    {
      const char *style;
      g_autoptr (GVariant) details = NULL;
      guint prompt = ck_attempt_get_prompt (attempt, &style, &details);

      return g_variant_new ("(us@a{sv})", prompt, style, details);
    }

  return NULL;
}
