/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-authority.h"

#include <string.h>

#include "ck-error.h"
#include "ck-names.h"
#include "ck-refusal.h"

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_IFACE "org.freedesktop.PolicyKit1.Authority"

/* Debian 12's polkitd can stall for 15 s and then answer correctly. */
#define TIMEOUT_MS 18000
#define INTERACTIVE_TIMEOUT_MS 120000
#define REMEMBER_USEC (5 * G_USEC_PER_SEC)
#define MAX_REMEMBERED 2048
#define MAX_KEY 4096 /* a question with longer lists is asked each time */

#define FLAG_ALLOW_USER_INTERACTION 1u

/* Between the parts of a key: no name on the bus and no option may contain it. */
#define SEPARATOR '\x1f'

struct _CkAuthority
{
  GObject parent_instance;
  GDBusConnection *connection;
  guint changed_subscription;
  guint watch;
  guint64 epoch;          /* grows when polkit signals a change: an answer from before is no memory */
  guint64 last_id;        /* of a cancellable check */
  GHashTable *remembered; /* key to a gint64, when the yes ends */
  GHashTable *pending;    /* key to Check, the table holds no reference */
};

G_DEFINE_TYPE (CkAuthority, ck_authority, G_TYPE_OBJECT)

/* One CheckAuthorization under way, and those who wait for it. */
typedef struct
{
  CkAuthority *authority;
  char *key; /* NULL: neither shared nor remembered */
  guint64 epoch;
  gboolean interactive;
  char *cancellation_id; /* empty for one that nobody can cancel */
  CkRefusal *refusal;
  GPtrArray *waiting; /* of GTask */
} Check;

static void
check_free (Check *check)
{
  g_object_unref (check->authority);
  g_free (check->key);
  g_free (check->cancellation_id);
  ck_refusal_free (check->refusal);
  g_ptr_array_unref (check->waiting);
  g_free (check);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Check, check_free)

/* ---- what a question says -------------------------------------------------------------------- */

static void
append_part (GString *key, const char *part)
{
  g_string_append_c (key, SEPARATOR);
  if (part != NULL)
    g_string_append (key, part);
}

static void
append_list (GString *key, const char *const *list)
{
  g_string_append_c (key, SEPARATOR);
  for (guint i = 0; list != NULL && list[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (key, '\n');
      g_string_append (key, list[i]);
    }
}

/* Begins with the caller, so that a caller's keys can be found. */
char *
ck_authority_question_dup_key (const CkAuthorityQuestion *question)
{
  GString *key = g_string_sized_new (256);

  g_string_append (key, question->caller);
  append_part (key, question->action);
  append_part (key, question->channel);
  append_part (key, question->provider);
  append_part (key, question->client);
  append_part (key, question->state);
  append_part (key, question->assigned_user);
  append_list (key, question->allowed_users);
  append_list (key, question->allowed_groups);
  append_list (key, question->scopes);

  return g_string_free (key, FALSE);
}

/* (nullable): NULL for a question that is neither shared nor remembered. */
static char *
make_key (const CkAuthorityQuestion *question)
{
  g_autofree char *key = ck_authority_question_dup_key (question);

  return strlen (key) <= MAX_KEY ? g_steal_pointer (&key) : NULL;
}

static void
add_detail (GVariantBuilder *builder, const char *key, const char *value)
{
  g_variant_builder_add (builder, "{ss}", key, value != NULL ? value : "");
}

static void
add_list_detail (GVariantBuilder *builder, const char *key, const char *const *list)
{
  g_autofree char *joined = list != NULL ? g_strjoinv ("\n", (char **) list) : NULL;

  add_detail (builder, key, joined);
}

static GVariant *
make_parameters (const CkAuthorityQuestion *question, const char *cancellation_id)
{
  GVariantBuilder subject;
  GVariantBuilder details;

  g_variant_builder_init (&subject, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&subject, "{sv}", "name", g_variant_new_string (question->caller));

  g_variant_builder_init (&details, G_VARIANT_TYPE ("a{ss}"));
  add_detail (&details, "channel", question->channel);
  add_detail (&details, "provider", question->provider);
  add_detail (&details, "client", question->client);
  add_detail (&details, "state", question->state);
  add_detail (&details, "assigned_user", question->assigned_user);
  add_list_detail (&details, "allowed_users", question->allowed_users);
  add_list_detail (&details, "allowed_groups", question->allowed_groups);
  add_list_detail (&details, "scopes", question->scopes);

  return g_variant_new ("((sa{sv})sa{ss}us)",
                        "system-bus-name",
                        &subject,
                        question->action,
                        &details,
                        question->interactive ? FLAG_ALLOW_USER_INTERACTION : 0u,
                        cancellation_id);
}

/* ---- what is remembered ---------------------------------------------------------------------- */

static gboolean
is_over (gpointer key, gpointer value, gpointer now)
{
  return *(gint64 *) value <= *(gint64 *) now;
}

static void
remember (CkAuthority *self, const char *key)
{
  gint64 now = g_get_monotonic_time ();
  gint64 until = now + REMEMBER_USEC;

  if (g_hash_table_size (self->remembered) >= MAX_REMEMBERED)
    g_hash_table_foreach_remove (self->remembered, is_over, &now);
  if (g_hash_table_size (self->remembered) < MAX_REMEMBERED)
    g_hash_table_replace (self->remembered, g_strdup (key), g_memdup2 (&until, sizeof until));
}

gboolean
ck_authority_check_remembered (CkAuthority *self, const CkAuthorityQuestion *question)
{
  g_autofree char *key = NULL;
  const gint64 *until;

  if (g_hash_table_size (self->remembered) == 0)
    return FALSE;

  key = make_key (question);
  until = key != NULL ? g_hash_table_lookup (self->remembered, key) : NULL;
  if (until == NULL)
    return FALSE;

  if (*until > g_get_monotonic_time ())
    return TRUE;

  g_hash_table_remove (self->remembered, key);
  return FALSE;
}

static gboolean
is_of_caller (gpointer key, gpointer value, gpointer caller)
{
  gsize length = strlen (caller);

  return strncmp (key, caller, length) == 0 && ((char *) key)[length] == SEPARATOR;
}

void
ck_authority_forget_caller (CkAuthority *self, const char *caller)
{
  g_hash_table_foreach_remove (self->remembered, is_of_caller, (gpointer) caller);
}

static void
forget_all (CkAuthority *self)
{
  self->epoch++;
  g_hash_table_remove_all (self->remembered);
}

static void
on_changed (GDBusConnection *connection,
            const char *sender,
            const char *path,
            const char *interface,
            const char *signal,
            GVariant *parameters,
            gpointer user_data)
{
  forget_all (CK_AUTHORITY (user_data));
}

static void
on_polkit_appeared (GDBusConnection *connection,
                    const char *name,
                    const char *owner,
                    gpointer user_data)
{
  forget_all (CK_AUTHORITY (user_data));
}

static void
on_polkit_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  forget_all (CK_AUTHORITY (user_data));
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* polkit hands our details back and adds its own, `polkit.temporary_authorization_id` for one, where
 * the yes was bought with a password, now or a moment ago. */
static gboolean
has_conditions (GVariant *details)
{
  GVariantIter iter;
  const char *key;

  g_variant_iter_init (&iter, details);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, NULL))
    {
      if (g_str_has_prefix (key, "polkit."))
        return TRUE;
    }

  return FALSE;
}

static GError *
judge (Check *check, GVariant *reply, gboolean *plain)
{
  g_autoptr (GVariant) details = NULL;
  gboolean authorized;
  gboolean challenge;

  g_variant_get (reply, "((bb@a{ss}))", &authorized, &challenge, &details);

  if (!authorized)
    return ck_refusal_explain (check->refusal, challenge, check->interactive);

  *plain = !challenge && !check->interactive && !has_conditions (details);
  return NULL;
}

static void
answer_all (Check *check, const GError *error)
{
  for (guint i = 0; i < check->waiting->len; i++)
    {
      GTask *task = check->waiting->pdata[i];

      if (error != NULL)
        g_task_return_error (task, g_error_copy (error));
      else
        g_task_return_boolean (task, TRUE);
    }
}

/* The dialog that polkit has put up would otherwise stay there. */
static void
withdraw (Check *check)
{
  if (*check->cancellation_id != '\0')
    g_dbus_connection_call (check->authority->connection,
                            POLKIT_NAME,
                            POLKIT_PATH,
                            POLKIT_IFACE,
                            "CancelCheckAuthorization",
                            g_variant_new ("(s)", check->cancellation_id),
                            NULL,
                            G_DBUS_CALL_FLAGS_NO_AUTO_START,
                            TIMEOUT_MS,
                            NULL,
                            NULL,
                            NULL);
}

static void
check_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Check) check = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) refusal = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  CkAuthority *self = check->authority;
  gboolean plain = FALSE;

  if (check->key != NULL && g_hash_table_lookup (self->pending, check->key) == check)
    g_hash_table_remove (self->pending, check->key);

  if (reply != NULL)
    refusal = judge (check, reply, &plain);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT)
           || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    withdraw (check);

  if (plain && check->key != NULL && check->epoch == self->epoch)
    remember (self, check->key);
  answer_all (check, reply != NULL ? refusal : error);
}

static void
begin_check (CkAuthority *self,
             const CkAuthorityQuestion *question,
             char *key,
             GTask *task,
             GCancellable *cancellable)
{
  Check *check = g_new0 (Check, 1);

  check->authority = g_object_ref (self);
  check->key = key;
  check->epoch = self->epoch;
  check->interactive = question->interactive;
  check->refusal = ck_refusal_new (question);
  check->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (check->waiting, task);

  /* One that is shared belongs to all who wait, so no one of them can cancel it. */
  if (question->interactive)
    check->cancellation_id = g_strdup_printf ("channelkeeper-%" G_GUINT64_FORMAT, ++self->last_id);
  else
    check->cancellation_id = g_strdup ("");
  if (key != NULL)
    g_hash_table_replace (self->pending, check->key, check);

  g_dbus_connection_call (self->connection,
                          POLKIT_NAME,
                          POLKIT_PATH,
                          POLKIT_IFACE,
                          "CheckAuthorization",
                          make_parameters (question, check->cancellation_id),
                          G_VARIANT_TYPE ("((bba{ss}))"),
                          G_DBUS_CALL_FLAGS_NONE,
                          question->interactive ? INTERACTIVE_TIMEOUT_MS : TIMEOUT_MS,
                          question->interactive ? cancellable : NULL,
                          check_cb,
                          check);
}

void
ck_authority_check_async (CkAuthority *self,
                          const CkAuthorityQuestion *question,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *key = NULL;
  GError *refusal = ck_refusal_of_root (question);
  Check *check;

  g_task_set_source_tag (task, ck_authority_check_async);
  if (refusal != NULL)
    {
      g_task_return_error (task, refusal);
      return;
    }

  if (!question->interactive)
    key = make_key (question);
  check = key != NULL ? g_hash_table_lookup (self->pending, key) : NULL;

  /* An answer that polkit may have begun before it changed its mind is not good for us. */
  if (check != NULL && check->epoch == self->epoch)
    g_ptr_array_add (check->waiting, g_steal_pointer (&task));
  else
    begin_check (self, question, g_steal_pointer (&key), g_steal_pointer (&task), cancellable);
}

gboolean
ck_authority_check_finish (CkAuthority *self,
                           GAsyncResult *result,
                           gboolean *answered,
                           GError **error)
{
  g_autoptr (GError) own = NULL;
  gboolean authorized = g_task_propagate_boolean (G_TASK (result), &own);

  /* A refusal is of our own domain; why there is no answer is GIO's or the bus's. */
  *answered = own == NULL || own->domain == CK_ERROR;
  if (!*answered)
    g_propagate_error (error, ck_refusal_explain_error (own));
  else if (own != NULL)
    g_propagate_error (error, g_steal_pointer (&own));

  return authorized;
}

/* ---- the object ------------------------------------------------------------------------------ */

static void
ck_authority_dispose (GObject *object)
{
  CkAuthority *self = CK_AUTHORITY (object);

  if (self->changed_subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->changed_subscription);
  self->changed_subscription = 0;
  g_clear_handle_id (&self->watch, g_bus_unwatch_name);
  G_OBJECT_CLASS (ck_authority_parent_class)->dispose (object);
}

static void
ck_authority_finalize (GObject *object)
{
  CkAuthority *self = CK_AUTHORITY (object);

  g_hash_table_unref (self->remembered);
  g_hash_table_unref (self->pending);
  g_object_unref (self->connection);
  G_OBJECT_CLASS (ck_authority_parent_class)->finalize (object);
}

static void
ck_authority_class_init (CkAuthorityClass *class)
{
  G_OBJECT_CLASS (class)->dispose = ck_authority_dispose;
  G_OBJECT_CLASS (class)->finalize = ck_authority_finalize;
}

static void
ck_authority_init (CkAuthority *self)
{
  self->remembered = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->pending = g_hash_table_new (g_str_hash, g_str_equal);
}

CkAuthority *
ck_authority_new (GDBusConnection *connection)
{
  CkAuthority *self = g_object_new (CK_TYPE_AUTHORITY, NULL);

  self->connection = g_object_ref (connection);
  self->changed_subscription
      = g_dbus_connection_signal_subscribe (connection,
                                            POLKIT_NAME,
                                            POLKIT_IFACE,
                                            "Changed",
                                            POLKIT_PATH,
                                            NULL,
                                            G_DBUS_SIGNAL_FLAGS_NONE,
                                            on_changed,
                                            self,
                                            NULL);
  self->watch = g_bus_watch_name_on_connection (connection,
                                                POLKIT_NAME,
                                                G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                on_polkit_appeared,
                                                on_polkit_vanished,
                                                self,
                                                NULL);

  return self;
}
