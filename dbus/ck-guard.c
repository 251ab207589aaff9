/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-guard.h"

#include <string.h>

#include "ck-argument.h"
#include "ck-call-private.h"
#include "ck-error.h"
#include "ck-path.h"

#define NO_ACTION "none"

#define MAX_CALLS_PER_UID 256
#define MAX_CALLS 4096

struct _CkGuard
{
  GObject parent_instance;
  CkInterfaces *interfaces;
  CkCallers *callers;
  CkAuthority *authority;
  CkDescribeFunc describe;
  gpointer user_data;
  GHashTable *methods; /* GDBusMethodInfo to CkMethod */
  CkCallerLimits *limits;
};

G_DEFINE_TYPE (CkGuard, ck_guard, G_TYPE_OBJECT)

/* A call on its way through the guard. */
typedef struct
{
  CkGuard *guard;
  CkCall *call;
  GDBusMethodInfo *info;
  const char *action; /* of info */
  gboolean interactive;
  char *asked; /* what polkit was asked, once it was: a key of it */
} Passage;

static Passage *
passage_copy (const Passage *passage)
{
  Passage *copy = g_memdup2 (passage, sizeof *passage);

  g_object_ref (copy->guard);
  ck_call_ref (copy->call);
  copy->asked = NULL;

  return copy;
}

static void
passage_free (Passage *passage)
{
  g_object_unref (passage->guard);
  ck_call_unref (passage->call);
  g_free (passage->asked);
  g_free (passage);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Passage, passage_free)

static void
fail (const Passage *passage, GError *error)
{
  ck_call_fail (ck_call_ref (passage->call), error);
}

static void
run (const Passage *passage)
{
  ck_call_get_method (passage->call)
      ->handler (ck_call_ref (passage->call), passage->guard->user_data);
}

/* ---- the question ---------------------------------------------------------------------------- */

static gboolean
get_id_argument (const Passage *passage, guint index, const char **id, GError **error)
{
  g_variant_get_child (ck_call_get_parameters (passage->call), index, "&s", id);

  return ck_argument_check_id (passage->info->in_args[index]->name, *id, error);
}

static gboolean
find_channel (const Passage *passage, GError **error)
{
  const char *id;

  switch (ck_call_get_method (passage->call)->subject)
    {
    case CK_SUBJECT_OBJECT:
      ck_call_take_channel (
          passage->call,
          ck_path_decode (strrchr (ck_call_get_object_path (passage->call), '/') + 1));
      if (ck_call_get_channel (passage->call) != NULL)
        return TRUE;
      g_set_error_literal (error, CK_ERROR, CK_ERROR_NO_SUCH_CHANNEL, "there is no such channel");
      return FALSE;

    case CK_SUBJECT_ID:
    case CK_SUBJECT_NEW_CHANNEL:
      if (!get_id_argument (passage, 0, &id, error))
        return FALSE;
      ck_call_take_channel (passage->call, g_strdup (id));
      return TRUE;

    case CK_SUBJECT_NONE:
    case CK_SUBJECT_IDS:
    case CK_SUBJECT_NEW_CLIENT:
    case CK_SUBJECT_CLIENT:
    default:
      return TRUE;
    }
}

static void
begin_question (const Passage *passage, CkAuthorityQuestion *question)
{
  CkCaller *caller = ck_call_get_caller (passage->call);

  memset (question, 0, sizeof *question);
  question->caller = ck_caller_get_name (caller);
  question->uid = ck_caller_get_uid (caller);
  question->user = ck_caller_get_user (caller);
  question->action = passage->action;
  question->interactive = passage->interactive;
}

/* What rules and dialogs are told is well-formed ids and what we know ourselves: nothing else. */
static gboolean
make_question (const Passage *passage, CkAuthorityQuestion *question, GError **error)
{
  CkGuard *self = passage->guard;

  begin_question (passage, question);
  question->channel = ck_call_get_channel (passage->call);

  switch (ck_call_get_method (passage->call)->subject)
    {
    case CK_SUBJECT_OBJECT:
    case CK_SUBJECT_ID:
      return self->describe (question->channel, question, self->user_data, error);

    case CK_SUBJECT_NEW_CHANNEL:
      return get_id_argument (passage, 1, &question->provider, error);

    case CK_SUBJECT_NEW_CLIENT:
      return get_id_argument (passage, 0, &question->client, error)
             && get_id_argument (passage, 1, &question->provider, error);

    case CK_SUBJECT_CLIENT:
      return get_id_argument (passage, 0, &question->client, error);

    case CK_SUBJECT_NONE:
    case CK_SUBJECT_IDS:
    default:
      return TRUE;
    }
}

/* One who has left was told nothing. */
static void
tell_refused (const Passage *passage, const char *channel, gboolean answered, const GError *why)
{
  const CkDenial denial = {
    .caller = ck_call_get_caller (passage->call),
    .method = passage->info->name,
    .action = passage->action,
    .channel = channel,
    .answered = answered,
    .why = why,
  };

  if (g_error_matches (why, CK_ERROR, CK_ERROR_CANCELLED))
    g_debug ("%s: %s", passage->action, why->message);
  else
    g_signal_emit_by_name (passage->guard, "refused", &denial);
}

/* ---- one question ---------------------------------------------------------------------------- */

static void ask (const Passage *passage, const char *answered);

static void
authority_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Passage) passage = user_data;
  g_autoptr (GError) error = NULL;
  gboolean answered;

  if (ck_authority_check_finish (CK_AUTHORITY (source), result, &answered, &error))
    {
      ask (passage, passage->asked);
      return;
    }

  tell_refused (passage, ck_call_get_channel (passage->call), answered, error);
  fail (passage, g_steal_pointer (&error));
}

/* @answered (nullable) is the key of a question that polkit has said yes to. While it thought, the
 * channel may have been assigned to another, or removed and added anew: then that yes is none to
 * what is to be asked now. */
static void
ask (const Passage *passage, const char *answered)
{
  CkGuard *self = passage->guard;
  CkAuthorityQuestion question;
  g_autofree char *key = NULL;
  g_autoptr (GError) error = NULL;
  Passage *asking;

  if (!make_question (passage, &question, &error))
    {
      fail (passage, g_steal_pointer (&error));
      return;
    }
  if (g_str_equal (passage->action, NO_ACTION)
      || ck_authority_check_remembered (self->authority, &question))
    {
      run (passage);
      return;
    }

  key = ck_authority_question_dup_key (&question);
  if (g_strcmp0 (key, answered) == 0)
    {
      run (passage);
      return;
    }

  asking = passage_copy (passage);
  asking->asked = g_steal_pointer (&key);
  ck_authority_check_async (self->authority,
                            &question,
                            ck_call_get_cancellable (passage->call),
                            authority_cb,
                            asking);
}

/* ---- a question for each of a list ----------------------------------------------------------- */

typedef struct
{
  Passage *passage;
  GPtrArray *refusals;
  GPtrArray *asked; /* as in Passage */
  guint n_waiting;
} Batch;

typedef struct
{
  Batch *batch;
  guint index;
  char *channel;
} BatchItem;

static void
batch_item_free (BatchItem *item)
{
  g_free (item->channel);
  g_free (item);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BatchItem, batch_item_free)

static void batch_proceed (Batch *batch);

static void
batch_free (Batch *batch)
{
  passage_free (batch->passage);
  g_ptr_array_unref (batch->asked);
  g_free (batch);
}

static void
batch_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (BatchItem) item = user_data;
  Batch *batch = item->batch;
  g_autoptr (GError) error = NULL;
  gboolean answered;

  if (!ck_authority_check_finish (CK_AUTHORITY (source), result, &answered, &error))
    {
      tell_refused (batch->passage, item->channel, answered, error);
      batch->refusals->pdata[item->index] = g_strdup (error->message);
    }
  if (--batch->n_waiting == 0)
    batch_proceed (batch);
}

/* Nothing, if polkit has said yes to what is to be asked now. */
static void
batch_ask (Batch *batch, guint index, const char *channel)
{
  CkGuard *self = batch->passage->guard;
  CkAuthorityQuestion question;
  g_autofree char *key = NULL;
  g_autoptr (GError) error = NULL;
  BatchItem *item;

  begin_question (batch->passage, &question);
  question.channel = channel;
  if (!ck_argument_check_id ("ids", channel, &error)
      || !self->describe (channel, &question, self->user_data, &error))
    {
      batch->refusals->pdata[index] = g_strdup (error->message);
      return;
    }
  key = ck_authority_question_dup_key (&question);
  if (g_strcmp0 (key, batch->asked->pdata[index]) == 0)
    return;
  g_free (batch->asked->pdata[index]);
  batch->asked->pdata[index] = g_steal_pointer (&key);
  if (ck_authority_check_remembered (self->authority, &question))
    return;

  item = g_new0 (BatchItem, 1);
  item->batch = batch;
  item->index = index;
  item->channel = g_strdup (channel);
  batch->n_waiting++;
  ck_authority_check_async (self->authority,
                            &question,
                            ck_call_get_cancellable (batch->passage->call),
                            batch_cb,
                            item);
}

/* Asks of each that is not refused yet, and when polkit has answered all of them looks at each again: the
 * last may have taken long. */
static void
batch_proceed (Batch *batch)
{
  CkCall *call = batch->passage->call;
  g_autoptr (GVariant) first = g_variant_get_child_value (ck_call_get_parameters (call), 0);
  g_autofree const char **ids = g_variant_get_strv (first, NULL);

  for (guint i = 0; ids[i] != NULL; i++)
    {
      if (batch->refusals->pdata[i] == NULL)
        batch_ask (batch, i, ids[i]);
    }
  if (batch->n_waiting > 0)
    return;

  ck_call_take_refusals (call, batch->refusals);
  run (batch->passage);
  batch_free (batch);
}

static void
ask_for_each (const Passage *passage)
{
  g_autoptr (GVariant) first = g_variant_get_child_value (ck_call_get_parameters (passage->call), 0);
  g_autofree const char **ids = g_variant_get_strv (first, NULL);
  int n_ids = (int) g_strv_length ((char **) ids);
  GError *error = NULL;
  Batch *batch;

  if (!ck_argument_check_strings ("ids", ids, &error))
    {
      fail (passage, error);
      return;
    }

  batch = g_new0 (Batch, 1);
  batch->passage = passage_copy (passage);
  batch->refusals = g_ptr_array_new_with_free_func (g_free);
  batch->asked = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_set_size (batch->refusals, n_ids);
  g_ptr_array_set_size (batch->asked, n_ids);
  batch_proceed (batch);
}

/* ---- the way in ------------------------------------------------------------------------------ */

static void
admit (const Passage *passage, CkCaller *caller)
{
  GError *error = NULL;

  if (!ck_call_set_caller (passage->call, caller, passage->guard->limits, &error)
      || !find_channel (passage, &error))
    fail (passage, error);
  else if (ck_call_get_method (passage->call)->subject == CK_SUBJECT_IDS)
    ask_for_each (passage);
  else
    ask (passage, NULL);
}

static void
caller_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Passage) passage = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (CkCaller) caller
      = ck_callers_resolve_finish (CK_CALLERS (source), result, &error);

  if (caller == NULL)
    fail (passage, g_steal_pointer (&error));
  else
    admit (passage, caller);
}

static const CkMethod *
look_up_method (Passage *passage, GDBusMethodInvocation *invocation, GError **error)
{
  GDBusMethodInfo *info
      = (GDBusMethodInfo *) g_dbus_method_invocation_get_method_info (invocation);
  const CkMethod *method = g_hash_table_lookup (passage->guard->methods, info);

  passage->info = info;
  passage->action = info != NULL ? ck_interfaces_get_action (info) : NULL;
  if (passage->action == NULL)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_NOT_AUTHORIZED,
                   "%s names no polkit action, so nobody may call it",
                   g_dbus_method_invocation_get_method_name (invocation));
      return NULL;
    }
  if (method == NULL)
    g_set_error (error,
                 CK_ERROR,
                 CK_ERROR_NOT_SUPPORTED,
                 "this version of the broker does not serve %s",
                 g_dbus_method_invocation_get_method_name (invocation));

  return method;
}

void
ck_guard_dispatch (CkGuard *self, GDBusMethodInvocation *invocation)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CkCall) call = NULL;
  GDBusMessage *message = g_dbus_method_invocation_get_message (invocation);
  const char *sender = g_dbus_method_invocation_get_sender (invocation);
  Passage passage = { .guard = self };
  const CkMethod *method = look_up_method (&passage, invocation, &error);
  CkCaller *caller;

  if (method == NULL)
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return;
    }

  passage.call = call = ck_call_new (invocation, method);
  passage.interactive = (g_dbus_message_get_flags (message)
                         & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION)
                        != 0;
  if (!ck_call_check_options (call, &error))
    {
      fail (&passage, g_steal_pointer (&error));
      return;
    }

  caller = ck_callers_peek (self->callers, sender);
  if (caller != NULL)
    admit (&passage, caller);
  else
    ck_callers_resolve_async (self->callers, sender, caller_cb, passage_copy (&passage));

  ck_call_start_clock (call);
}

void
ck_guard_add_methods (CkGuard *self, const char *interface, const CkMethod *methods)
{
  GDBusInterfaceInfo *info = ck_interfaces_lookup (self->interfaces, interface);

  g_return_if_fail (info != NULL);

  for (; methods->name != NULL; methods++)
    {
      GDBusMethodInfo *method = g_dbus_interface_info_lookup_method (info, methods->name);

      if (method == NULL)
        g_critical ("%s has no method %s", interface, methods->name);
      else
        g_hash_table_insert (self->methods, method, (gpointer) methods);
    }
}

/* ---- the object ------------------------------------------------------------------------------ */

static void
on_caller_gone (CkCallers *callers, const char *name, gpointer user_data)
{
  CkGuard *self = CK_GUARD (user_data);

  ck_authority_forget_caller (self->authority, name);
}

static void
ck_guard_finalize (GObject *object)
{
  CkGuard *self = CK_GUARD (object);

  g_hash_table_unref (self->methods);
  ck_caller_limits_free (self->limits);
  g_object_unref (self->callers);
  g_object_unref (self->authority);
  G_OBJECT_CLASS (ck_guard_parent_class)->finalize (object);
}

static void
ck_guard_class_init (CkGuardClass *class)
{
  G_OBJECT_CLASS (class)->finalize = ck_guard_finalize;
  g_signal_new ("refused",
                CK_TYPE_GUARD,
                G_SIGNAL_RUN_LAST,
                0,
                NULL,
                NULL,
                NULL,
                G_TYPE_NONE,
                1,
                G_TYPE_POINTER);
}

static void
ck_guard_init (CkGuard *self)
{
  self->methods = g_hash_table_new (NULL, NULL);
  self->limits = ck_caller_limits_new ("calls", MAX_CALLS_PER_UID, MAX_CALLS);
}

CkGuard *
ck_guard_new (CkInterfaces *interfaces,
              CkCallers *callers,
              CkAuthority *authority,
              CkDescribeFunc describe,
              gpointer user_data)
{
  CkGuard *self = g_object_new (CK_TYPE_GUARD, NULL);

  self->interfaces = interfaces;
  self->callers = g_object_ref (callers);
  self->authority = g_object_ref (authority);
  self->describe = describe;
  self->user_data = user_data;
  g_signal_connect_object (callers, "gone", G_CALLBACK (on_caller_gone), self, 0);

  return self;
}
