/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-bus-service-private.h"
#include "ck-error.h"

/* What the person's answer may hold, whatever the style: the attempt checks that it fits. */
static const CkOptionSpec answers[] = {
  { "redirected-uri", "s" },
  { "choice", "s" },
  { "secret", "h" },
  { NULL },
};

static CkAttempt *
find_attempt (CkBusService *self, CkCall *call, GError **error)
{
  CkAttempt *attempt
      = ck_attempt_objects_lookup (self->attempts,
                                   strrchr (ck_call_get_object_path (call), '/') + 1,
                                   ck_caller_get_name (ck_call_get_caller (call)));

  if (attempt == NULL)
    g_set_error_literal (error, CK_ERROR, CK_ERROR_CANCELLED, "the attempt is over");

  return attempt;
}

static void
respond (CkBusService *self, CkCall *call, SecretValue *secret)
{
  GError *error = NULL;
  CkAttempt *attempt = find_attempt (self, call, &error);
  g_autoptr (GVariant) given = NULL;
  g_autoptr (GVariant) answer = NULL;
  GVariantDict dict;
  guint prompt;

  g_variant_get (ck_call_get_parameters (call), "(u@a{sv})", &prompt, &given);
  g_variant_dict_init (&dict, given);
  g_variant_dict_remove (&dict, "secret");
  answer = g_variant_ref_sink (g_variant_dict_end (&dict));

  if (attempt == NULL || !ck_attempt_respond (attempt, prompt, answer, secret, &error))
    ck_call_fail (call, error);
  else
    ck_call_return (call, NULL);
}

static void
secret_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  GError *error = NULL;
  g_autoptr (SecretValue) secret
      = ck_secret_reader_read_finish (CK_SECRET_READER (source), result, &error);

  if (secret == NULL)
    ck_work_fail (work, error);
  else
    respond (work->service, g_steal_pointer (&work->call), secret);
}

static void
handle_respond (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  g_autoptr (GVariant) handle = g_variant_lookup_value (ck_call_get_options (call),
                                                        "secret",
                                                        G_VARIANT_TYPE_HANDLE);
  GError *error = NULL;

  if (find_attempt (self, call, &error) == NULL)
    {
      ck_call_fail (call, error);
      return;
    }
  if (handle == NULL)
    {
      respond (self, call, NULL);
      return;
    }

  ck_work_read_secret (self, call, g_variant_get_handle (handle), secret_cb);
}

static void
handle_cancel (CkCall *call, gpointer user_data)
{
  GError *error = NULL;
  CkAttempt *attempt = find_attempt (CK_BUS_SERVICE (user_data), call, &error);

  if (attempt == NULL)
    {
      ck_call_fail (call, error);
      return;
    }

  ck_attempt_cancel (attempt);
  ck_call_return (call, NULL);
}

const CkMethod *
ck_attempt_methods_get (void)
{
  static const CkMethod methods[] = {
    { "Respond", handle_respond, CK_SUBJECT_NONE, answers },
    { "Cancel", handle_cancel, CK_SUBJECT_NONE, NULL },
    { NULL },
  };

  return methods;
}
