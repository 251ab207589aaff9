/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-callers.h"

#include <pwd.h>

#include "ck-error.h"
#include "ck-names.h"

#define CREDENTIALS_TIMEOUT_MS 10000
#define MAX_WAITING 64   /* calls of one caller while it is being looked up */
#define NSS_BUFFER 16384 /* a passwd entry longer than that has no name for us */

struct _CkCaller
{
  gatomicrefcount ref_count;
  char *name;
  guint uid;
  char *user;
  GCancellable *gone;
  guint subscription; /* on NameOwnerChanged of that name alone */
  gint64 last_used;
  GPtrArray *waiting; /* of GTask, NULL once it is known */
};

struct _CkCallers
{
  GObject parent_instance;
  GDBusConnection *connection;
  GHashTable *callers; /* unique name to CkCaller, known or being looked up */
};

G_DEFINE_TYPE (CkCallers, ck_callers, G_TYPE_OBJECT)

CkCaller *
ck_caller_ref (CkCaller *caller)
{
  g_atomic_ref_count_inc (&caller->ref_count);

  return caller;
}

void
ck_caller_unref (CkCaller *caller)
{
  if (!g_atomic_ref_count_dec (&caller->ref_count))
    return;

  g_clear_pointer (&caller->waiting, g_ptr_array_unref);
  g_object_unref (caller->gone);
  g_free (caller->name);
  g_free (caller->user);
  g_free (caller);
}

const char *
ck_caller_get_name (CkCaller *caller)
{
  return caller->name;
}

guint
ck_caller_get_uid (CkCaller *caller)
{
  return caller->uid;
}

const char *
ck_caller_get_user (CkCaller *caller)
{
  return caller->user;
}

GCancellable *
ck_caller_get_gone (CkCaller *caller)
{
  return caller->gone;
}

/* ---- forgetting ------------------------------------------------------------------------------ */

static void
forget (CkCallers *self, CkCaller *caller)
{
  if (caller->subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, caller->subscription);
  caller->subscription = 0;
  g_hash_table_remove (self->callers, caller->name);
}

static void
fail_waiting (CkCaller *caller, const GError *error)
{
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&caller->waiting);

  for (guint i = 0; waiting != NULL && i < waiting->len; i++)
    g_task_return_error (waiting->pdata[i], g_error_copy (error));
}

static void
on_name_owner_changed (GDBusConnection *connection,
                       const char *sender,
                       const char *path,
                       const char *interface,
                       const char *signal,
                       GVariant *parameters,
                       gpointer user_data)
{
  CkCallers *self = CK_CALLERS (user_data);
  g_autoptr (CkCaller) caller = NULL;
  g_autoptr (GError) error = NULL;
  CkCaller *known;
  const char *name;
  const char *new_owner;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sss)")))
    return;
  g_variant_get (parameters, "(&s&s&s)", &name, NULL, &new_owner);
  known = g_hash_table_lookup (self->callers, name);
  if (known == NULL || *new_owner != '\0')
    return;

  caller = ck_caller_ref (known);
  forget (self, caller);
  error = g_error_new (CK_ERROR, CK_ERROR_CANCELLED, "the caller has left the bus");
  fail_waiting (caller, error);
  g_cancellable_cancel (caller->gone);
  g_signal_emit_by_name (self, "gone", name);
}

/* Only what nothing else refers to may go: calls under way and attempts hold a reference. */
static gboolean
make_room (CkCallers *self)
{
  GHashTableIter iter;
  gpointer value;
  CkCaller *oldest = NULL;
  g_autoptr (CkCaller) leaving = NULL;

  if (g_hash_table_size (self->callers) < CK_MAX_CALLERS)
    return TRUE;

  g_hash_table_iter_init (&iter, self->callers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      CkCaller *caller = value;

      if (caller->waiting == NULL && g_atomic_ref_count_compare (&caller->ref_count, 1)
          && (oldest == NULL || caller->last_used < oldest->last_used))
        oldest = caller;
    }

  if (oldest == NULL)
    return FALSE;

  /* It may call again, but from here on we would not notice that it has left. */
  leaving = ck_caller_ref (oldest);
  forget (self, leaving);
  g_signal_emit_by_name (self, "gone", leaving->name);
  return TRUE;
}

/* ---- looking up ------------------------------------------------------------------------------ */

static void
name_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  guint uid = GPOINTER_TO_UINT (data);
  char buffer[NSS_BUFFER];
  struct passwd entry;
  struct passwd *found = NULL;

  if (getpwuid_r (uid, &entry, buffer, sizeof buffer, &found) == 0 && found != NULL)
    g_task_return_pointer (task, g_strdup (entry.pw_name), g_free);
  else
    g_task_return_pointer (task, g_strdup_printf ("%u", uid), g_free);
}

/* What an asynchronous step of a look-up holds. */
typedef struct
{
  CkCallers *self;
  CkCaller *caller;
} Lookup;

static Lookup *
lookup_new (CkCallers *self, CkCaller *caller)
{
  Lookup *lookup = g_new0 (Lookup, 1);

  lookup->self = g_object_ref (self);
  lookup->caller = ck_caller_ref (caller);

  return lookup;
}

static void
lookup_free (Lookup *lookup)
{
  g_object_unref (lookup->self);
  ck_caller_unref (lookup->caller);
  g_free (lookup);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Lookup, lookup_free)

static void
name_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Lookup) lookup = user_data;
  g_autoptr (GPtrArray) waiting = NULL;
  CkCaller *caller = lookup->caller;

  caller->user = g_task_propagate_pointer (G_TASK (result), NULL);
  caller->last_used = g_get_monotonic_time ();
  waiting = g_steal_pointer (&caller->waiting);

  /* NULL if it left meanwhile: they have been answered. */
  for (guint i = 0; waiting != NULL && i < waiting->len; i++)
    g_task_return_pointer (waiting->pdata[i],
                           ck_caller_ref (caller),
                           (GDestroyNotify) ck_caller_unref);
}

static void
credentials_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Lookup) lookup = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) credentials = NULL;
  g_autoptr (GTask) task = NULL;
  guint uid;

  if (reply != NULL)
    credentials = g_variant_get_child_value (reply, 0);
  if (credentials == NULL || !g_variant_lookup (credentials, "UnixUserID", "u", &uid))
    {
      g_autoptr (GError) refusal
          = g_error_new (CK_ERROR,
                         CK_ERROR_NOT_AUTHORIZED,
                         "the bus does not say which user is calling: %s",
                         error != NULL ? error->message : "no user id");

      forget (lookup->self, lookup->caller);
      fail_waiting (lookup->caller, refusal);
      return;
    }

  lookup->caller->uid = uid;
  task = g_task_new (NULL, NULL, name_cb, g_steal_pointer (&lookup));
  g_task_set_task_data (task, GUINT_TO_POINTER (uid), NULL);
  g_task_run_in_thread (task, name_in_thread);
}

static CkCaller *
begin_lookup (CkCallers *self, const char *name)
{
  CkCaller *caller = g_new0 (CkCaller, 1);

  g_atomic_ref_count_init (&caller->ref_count);
  caller->name = g_strdup (name);
  caller->gone = g_cancellable_new ();
  caller->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  g_hash_table_insert (self->callers, caller->name, caller);

  /* The match first: a name that leaves in between then fails the question, so none is missed. */
  caller->subscription = g_dbus_connection_signal_subscribe (self->connection,
                                                             CK_DBUS_NAME,
                                                             CK_DBUS_NAME,
                                                             "NameOwnerChanged",
                                                             CK_DBUS_PATH,
                                                             name,
                                                             G_DBUS_SIGNAL_FLAGS_NONE,
                                                             on_name_owner_changed,
                                                             self,
                                                             NULL);
  g_dbus_connection_call (self->connection,
                          CK_DBUS_NAME,
                          CK_DBUS_PATH,
                          CK_DBUS_NAME,
                          "GetConnectionCredentials",
                          g_variant_new ("(s)", name),
                          G_VARIANT_TYPE ("(a{sv})"),
                          G_DBUS_CALL_FLAGS_NONE,
                          CREDENTIALS_TIMEOUT_MS,
                          NULL,
                          credentials_cb,
                          lookup_new (self, caller));

  return caller;
}

CkCaller *
ck_callers_peek (CkCallers *self, const char *name)
{
  CkCaller *caller = g_hash_table_lookup (self->callers, name);

  if (caller == NULL || caller->waiting != NULL)
    return NULL;

  caller->last_used = g_get_monotonic_time ();
  return caller;
}

void
ck_callers_resolve_async (CkCallers *self,
                          const char *name,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  CkCaller *caller = g_hash_table_lookup (self->callers, name);

  if (caller != NULL && caller->waiting == NULL)
    {
      g_task_return_pointer (task, ck_caller_ref (caller), (GDestroyNotify) ck_caller_unref);
      return;
    }
  if (caller == NULL && !make_room (self))
    {
      g_task_return_new_error (task,
                               CK_ERROR,
                               CK_ERROR_LIMIT_EXCEEDED,
                               "too many callers at once; try again later");
      return;
    }
  if (caller != NULL && caller->waiting->len >= MAX_WAITING)
    {
      g_task_return_new_error (task,
                               CK_ERROR,
                               CK_ERROR_LIMIT_EXCEEDED,
                               "too many calls at once; wait for their answers");
      return;
    }

  if (caller == NULL)
    caller = begin_lookup (self, name);
  g_ptr_array_add (caller->waiting, g_steal_pointer (&task));
}

CkCaller *
ck_callers_resolve_finish (CkCallers *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- the object ------------------------------------------------------------------------------ */

static void
ck_callers_dispose (GObject *object)
{
  CkCallers *self = CK_CALLERS (object);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->callers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      CkCaller *caller = value;

      if (caller->subscription != 0)
        g_dbus_connection_signal_unsubscribe (self->connection, caller->subscription);
      caller->subscription = 0;
    }
  g_hash_table_remove_all (self->callers);
  G_OBJECT_CLASS (ck_callers_parent_class)->dispose (object);
}

static void
ck_callers_finalize (GObject *object)
{
  CkCallers *self = CK_CALLERS (object);

  g_hash_table_unref (self->callers);
  g_object_unref (self->connection);
  G_OBJECT_CLASS (ck_callers_parent_class)->finalize (object);
}

static void
ck_callers_class_init (CkCallersClass *class)
{
  G_OBJECT_CLASS (class)->dispose = ck_callers_dispose;
  G_OBJECT_CLASS (class)->finalize = ck_callers_finalize;
  g_signal_new ("gone",
                CK_TYPE_CALLERS,
                G_SIGNAL_RUN_LAST,
                0,
                NULL,
                NULL,
                NULL,
                G_TYPE_NONE,
                1,
                G_TYPE_STRING);
}

static void
ck_callers_init (CkCallers *self)
{
  self->callers
      = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) ck_caller_unref);
}

CkCallers *
ck_callers_new (GDBusConnection *connection)
{
  CkCallers *self = g_object_new (CK_TYPE_CALLERS, NULL);

  self->connection = g_object_ref (connection);

  return self;
}
