/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-error.h"

#include "ck-names.h"

static const GDBusErrorEntry entries[] = {
  { CK_ERROR_NOT_AUTHORIZED, CK_ERROR_PREFIX "NotAuthorized" },
  { CK_ERROR_INTERACTION_REQUIRED, CK_ERROR_PREFIX "InteractionRequired" },
  { CK_ERROR_NO_SUCH_CHANNEL, CK_ERROR_PREFIX "NoSuchChannel" },
  { CK_ERROR_NO_SUCH_PROVIDER, CK_ERROR_PREFIX "NoSuchProvider" },
  { CK_ERROR_NO_SUCH_CLIENT, CK_ERROR_PREFIX "NoSuchClient" },
  { CK_ERROR_EXISTS, CK_ERROR_PREFIX "Exists" },
  { CK_ERROR_INVALID_ARGUMENT, CK_ERROR_PREFIX "InvalidArgument" },
  { CK_ERROR_NOT_CONNECTED, CK_ERROR_PREFIX "NotConnected" },
  { CK_ERROR_EXPIRED, CK_ERROR_PREFIX "Expired" },
  { CK_ERROR_REVOKED, CK_ERROR_PREFIX "Revoked" },
  { CK_ERROR_LOCKED, CK_ERROR_PREFIX "Locked" },
  { CK_ERROR_BLOCKED, CK_ERROR_PREFIX "Blocked" },
  { CK_ERROR_SUSPENDED, CK_ERROR_PREFIX "Suspended" },
  { CK_ERROR_VAULT_SEALED, CK_ERROR_PREFIX "VaultSealed" },
  { CK_ERROR_INSUFFICIENT_SCOPE, CK_ERROR_PREFIX "InsufficientScope" },
  { CK_ERROR_PROVIDER_UNAVAILABLE, CK_ERROR_PREFIX "ProviderUnavailable" },
  { CK_ERROR_PROVIDER_ERROR, CK_ERROR_PREFIX "ProviderError" },
  { CK_ERROR_NOT_SUPPORTED, CK_ERROR_PREFIX "NotSupported" },
  { CK_ERROR_BUSY, CK_ERROR_PREFIX "Busy" },
  { CK_ERROR_LIMIT_EXCEEDED, CK_ERROR_PREFIX "LimitExceeded" },
  { CK_ERROR_CANCELLED, CK_ERROR_PREFIX "Cancelled" },
  { CK_ERROR_TIMED_OUT, CK_ERROR_PREFIX "TimedOut" },
  { CK_ERROR_STORE, CK_ERROR_PREFIX "Store" },
  { CK_ERROR_FAILED, CK_ERROR_PREFIX "Failed" },
};
G_STATIC_ASSERT (G_N_ELEMENTS (entries) == CK_N_ERRORS);

GQuark
ck_error_quark (void)
{
  static gsize quark = 0;

  g_dbus_error_register_error_domain ("ck-error-quark", &quark, entries, G_N_ELEMENTS (entries));

  return (GQuark) quark;
}

const char *
ck_error_name (CkError code)
{
  g_return_val_if_fail ((guint) code < G_N_ELEMENTS (entries), NULL);

  return entries[code].dbus_error_name;
}

GError *
ck_error_map (GError *error)
{
  CkError code = CK_ERROR_FAILED;
  GError *mapped;

  g_return_val_if_fail (error != NULL, NULL);

  /* A foreign text that was cut may end in the middle of a character, and the bus has no such text. */
  if (!g_utf8_validate (error->message, -1, NULL))
    {
      char *valid = g_utf8_make_valid (error->message, -1);

      g_free (error->message);
      error->message = valid;
    }
  if (error->domain == CK_ERROR)
    return error;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    code = CK_ERROR_CANCELLED;
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    code = CK_ERROR_TIMED_OUT;

  mapped = g_error_new_literal (CK_ERROR, code, error->message);
  g_error_free (error);

  return mapped;
}
