/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-call-private.h"

#include "ck-error.h"

struct _CkCall
{
  gatomicrefcount ref_count;
  GDBusMethodInvocation *invocation; /* NULL once it is answered */
  const CkMethod *method;
  GVariant *parameters;
  char *object_path;
  GVariant *options;
  CkCaller *caller;
  CkCallerLimits *limits; /* that count it, if any */
  char *channel;
  GPtrArray *refusals;
  guint clock;
};

CkCall *
ck_call_new (GDBusMethodInvocation *invocation, const CkMethod *method)
{
  CkCall *call = g_new0 (CkCall, 1);

  g_atomic_ref_count_init (&call->ref_count);
  call->invocation = invocation;
  call->method = method;
  call->parameters = g_variant_ref (g_dbus_method_invocation_get_parameters (invocation));
  call->object_path = g_strdup (g_dbus_method_invocation_get_object_path (invocation));

  return call;
}

CkCall *
ck_call_ref (CkCall *call)
{
  g_atomic_ref_count_inc (&call->ref_count);

  return call;
}

void
ck_call_unref (CkCall *call)
{
  if (!g_atomic_ref_count_dec (&call->ref_count))
    return;

  if (call->invocation != NULL)
    {
      g_critical ("%s was dropped without an answer", call->method->name);
      g_dbus_method_invocation_return_error_literal (call->invocation,
                                                     CK_ERROR,
                                                     CK_ERROR_FAILED,
                                                     "the broker forgot to answer");
    }
  if (call->limits != NULL)
    ck_caller_limits_release (call->limits, ck_caller_get_uid (call->caller));
  g_clear_handle_id (&call->clock, g_source_remove);
  g_clear_pointer (&call->caller, ck_caller_unref);
  g_clear_pointer (&call->options, g_variant_unref);
  g_clear_pointer (&call->refusals, g_ptr_array_unref);
  g_variant_unref (call->parameters);
  g_free (call->object_path);
  g_free (call->channel);
  g_free (call);
}

const CkMethod *
ck_call_get_method (CkCall *call)
{
  return call->method;
}

GVariant *
ck_call_get_parameters (CkCall *call)
{
  return call->parameters;
}

GVariant *
ck_call_get_options (CkCall *call)
{
  return call->options;
}

CkCaller *
ck_call_get_caller (CkCall *call)
{
  return call->caller;
}

GCancellable *
ck_call_get_cancellable (CkCall *call)
{
  return ck_caller_get_gone (call->caller);
}

const char *
ck_call_get_object_path (CkCall *call)
{
  return call->object_path;
}

const char *
ck_call_get_channel (CkCall *call)
{
  return call->channel;
}

const char *
ck_call_get_refusal (CkCall *call, guint index)
{
  g_return_val_if_fail (call->refusals != NULL && index < call->refusals->len, "");

  return call->refusals->pdata[index];
}

gboolean
ck_call_check_options (CkCall *call, GError **error)
{
  gsize n = g_variant_n_children (call->parameters);

  if (call->method->options == NULL || n == 0)
    {
      call->options = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
      return TRUE;
    }

  call->options = g_variant_get_child_value (call->parameters, n - 1);
  return ck_options_check (call->options, call->method->options, error);
}

gboolean
ck_call_set_caller (CkCall *call, CkCaller *caller, CkCallerLimits *limits, GError **error)
{
  call->caller = ck_caller_ref (caller);
  if (!ck_caller_limits_acquire (limits, ck_caller_get_uid (caller), error))
    return FALSE;

  call->limits = limits;
  return TRUE;
}

void
ck_call_take_channel (CkCall *call, char *channel)
{
  g_free (call->channel);
  call->channel = channel;
}

void
ck_call_take_refusals (CkCall *call, GPtrArray *refusals)
{
  call->refusals = refusals;
}

gboolean
ck_call_is_answered (CkCall *call)
{
  return call->invocation == NULL;
}

static gboolean
on_time_up (gpointer user_data)
{
  CkCall *call = user_data;

  call->clock = 0;
  if (call->invocation != NULL)
    g_dbus_method_invocation_return_error_literal (
        g_steal_pointer (&call->invocation),
        CK_ERROR,
        CK_ERROR_BUSY,
        "this takes longer than the call may wait; the work goes on");

  return G_SOURCE_REMOVE;
}

void
ck_call_start_clock (CkCall *call)
{
  guint seconds = CK_CALL_TIMEOUT_S;

  if (call->clock != 0 || call->invocation == NULL)
    return;

  if (call->options != NULL)
    seconds = ck_options_get_uint (call->options, "timeout", CK_CALL_TIMEOUT_S);
  call->clock
      = g_timeout_add (MIN (seconds, CK_CALL_TIMEOUT_MAX_S) * 1000, on_time_up, call);
}

int
ck_call_dup_fd (CkCall *call, int handle, GError **error)
{
  GUnixFDList *fds
      = call->invocation != NULL
            ? g_dbus_message_get_unix_fd_list (g_dbus_method_invocation_get_message (call->invocation))
            : NULL;

  if (fds == NULL || handle < 0 || handle >= g_unix_fd_list_get_length (fds))
    {
      g_set_error_literal (error,
                           CK_ERROR,
                           CK_ERROR_INVALID_ARGUMENT,
                           "the message carries no such file descriptor");
      return -1;
    }

  /* The list keeps its own until the call is over. */
  return g_unix_fd_list_get (fds, handle, error);
}

void
ck_call_return_fd (CkCall *call, GVariant *result, GUnixFDList *fds)
{
  g_autoptr (CkCall) owned = call;
  g_autoptr (GVariant) sunk = result != NULL ? g_variant_ref_sink (result) : NULL;

  if (call->invocation != NULL)
    g_dbus_method_invocation_return_value_with_unix_fd_list (g_steal_pointer (&call->invocation),
                                                             sunk,
                                                             fds);
}

void
ck_call_return (CkCall *call, GVariant *result)
{
  ck_call_return_fd (call, result, NULL);
}

void
ck_call_fail (CkCall *call, GError *error)
{
  g_autoptr (CkCall) owned = call;
  g_autoptr (GError) mapped = ck_error_map (error);

  if (call->invocation != NULL)
    g_dbus_method_invocation_return_gerror (g_steal_pointer (&call->invocation), mapped);
}
