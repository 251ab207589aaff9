/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "exit.h"

#include "ck-error.h"
#include "ck-state.h"

G_DEFINE_QUARK (ck - exit - error - quark, ck_exit_error)

static const CkExit of_error[] = {
  [CK_ERROR_NOT_AUTHORIZED] = CK_EXIT_NOT_AUTHORIZED,
  [CK_ERROR_INTERACTION_REQUIRED] = CK_EXIT_NOT_AUTHORIZED,
  [CK_ERROR_NO_SUCH_CHANNEL] = CK_EXIT_NO_SUCH,
  [CK_ERROR_NO_SUCH_PROVIDER] = CK_EXIT_NO_SUCH,
  [CK_ERROR_NO_SUCH_CLIENT] = CK_EXIT_NO_SUCH,
  [CK_ERROR_EXISTS] = CK_EXIT_FAILED,
  [CK_ERROR_INVALID_ARGUMENT] = CK_EXIT_USAGE,
  [CK_ERROR_NOT_CONNECTED] = CK_EXIT_NEEDS_PERSON,
  [CK_ERROR_EXPIRED] = CK_EXIT_NEEDS_PERSON,
  [CK_ERROR_REVOKED] = CK_EXIT_NEEDS_PERSON,
  [CK_ERROR_LOCKED] = CK_EXIT_NEEDS_PERSON,
  [CK_ERROR_BLOCKED] = CK_EXIT_NEEDS_PERSON,
  [CK_ERROR_SUSPENDED] = CK_EXIT_NEEDS_PERSON,
  [CK_ERROR_VAULT_SEALED] = CK_EXIT_NO_SERVICE,
  [CK_ERROR_INSUFFICIENT_SCOPE] = CK_EXIT_NEEDS_PERSON,
  [CK_ERROR_PROVIDER_UNAVAILABLE] = CK_EXIT_UNAVAILABLE,
  [CK_ERROR_PROVIDER_ERROR] = CK_EXIT_FAILED,
  [CK_ERROR_NOT_SUPPORTED] = CK_EXIT_FAILED,
  [CK_ERROR_BUSY] = CK_EXIT_UNAVAILABLE,
  [CK_ERROR_LIMIT_EXCEEDED] = CK_EXIT_UNAVAILABLE,
  [CK_ERROR_CANCELLED] = CK_EXIT_FAILED,
  [CK_ERROR_TIMED_OUT] = CK_EXIT_UNAVAILABLE,
  [CK_ERROR_STORE] = CK_EXIT_FAILED,
  [CK_ERROR_FAILED] = CK_EXIT_FAILED,
};
G_STATIC_ASSERT (G_N_ELEMENTS (of_error) == CK_N_ERRORS);

static const CkExit of_state[] = {
  [CK_STATE_UNCONNECTED] = CK_EXIT_NEEDS_PERSON,
  [CK_STATE_CONNECTED] = CK_EXIT_OK,
  [CK_STATE_EXPIRING] = CK_EXIT_OK,
  [CK_STATE_INTERRUPTED] = CK_EXIT_UNAVAILABLE,
  [CK_STATE_BLOCKED] = CK_EXIT_NEEDS_PERSON,
  [CK_STATE_EXPIRED] = CK_EXIT_NEEDS_PERSON,
  [CK_STATE_REVOKED] = CK_EXIT_NEEDS_PERSON,
  [CK_STATE_LOCKED] = CK_EXIT_NEEDS_PERSON,
  [CK_STATE_SUSPENDED] = CK_EXIT_NEEDS_PERSON,
};
G_STATIC_ASSERT (G_N_ELEMENTS (of_state) == CK_N_STATES);

/* What the bus itself says when nobody answers under the service's name. */
static CkExit
exit_from_bus_error (int code)
{
  switch (code)
    {
    case G_DBUS_ERROR_SERVICE_UNKNOWN:
    case G_DBUS_ERROR_NAME_HAS_NO_OWNER:
    case G_DBUS_ERROR_NO_SERVER:
    case G_DBUS_ERROR_NO_REPLY:
    case G_DBUS_ERROR_DISCONNECTED:
    case G_DBUS_ERROR_SPAWN_EXEC_FAILED:
    case G_DBUS_ERROR_SPAWN_FORK_FAILED:
    case G_DBUS_ERROR_SPAWN_CHILD_EXITED:
    case G_DBUS_ERROR_SPAWN_CHILD_SIGNALED:
    case G_DBUS_ERROR_SPAWN_FAILED:
    case G_DBUS_ERROR_SPAWN_CONFIG_INVALID:
    case G_DBUS_ERROR_SPAWN_SERVICE_INVALID:
    case G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND:
    case G_DBUS_ERROR_SPAWN_PERMISSIONS_INVALID:
    case G_DBUS_ERROR_SPAWN_FILE_INVALID:
      return CK_EXIT_NO_SERVICE;
    case G_DBUS_ERROR_ACCESS_DENIED:
    case G_DBUS_ERROR_AUTH_FAILED:
      return CK_EXIT_NOT_AUTHORIZED;
    case G_DBUS_ERROR_TIMEOUT:
    case G_DBUS_ERROR_TIMED_OUT:
    case G_DBUS_ERROR_LIMITS_EXCEEDED:
      return CK_EXIT_UNAVAILABLE;
    default:
      return CK_EXIT_FAILED;
    }
}

CkExit
ck_exit_from_error (const GError *error)
{
  g_return_val_if_fail (error != NULL, CK_EXIT_FAILED);

  if (error->domain == CK_EXIT_ERROR)
    return error->code;
  if (error->domain == CK_ERROR)
    return (guint) error->code < G_N_ELEMENTS (of_error) ? of_error[error->code] : CK_EXIT_FAILED;
  if (error->domain == G_OPTION_ERROR)
    return CK_EXIT_USAGE;
  if (error->domain == G_DBUS_ERROR)
    return exit_from_bus_error (error->code);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return CK_EXIT_UNAVAILABLE;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    return CK_EXIT_NO_SERVICE;

  return CK_EXIT_FAILED;
}

CkExit
ck_exit_from_state (const char *word)
{
  CkState state;

  return ck_state_from_string (word, &state) ? of_state[state] : CK_EXIT_FAILED;
}

CkExit
ck_exit_from_cause (const char *word)
{
  CkCause cause;

  if (!ck_cause_from_string (word, &cause))
    return CK_EXIT_FAILED;

  switch (cause)
    {
    case CK_CAUSE_NONE:
      return CK_EXIT_FAILED;
    case CK_CAUSE_RATE_LIMITED:
    case CK_CAUSE_SERVER_ERROR:
    case CK_CAUSE_NETWORK:
      return CK_EXIT_UNAVAILABLE;
    default:
      return CK_EXIT_NEEDS_PERSON;
    }
}
