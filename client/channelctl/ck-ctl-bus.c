/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-ctl-bus.h"

#include <glib/gi18n.h>

#include "agent.h"
#include "ck-error.h"
#include "ck-names.h"
#include "exit.h"
#include "progress.h"

/* The service answers within 22 s, or 120 s where a person is asked for a password. */
#define ANSWER_MS 30000
#define ANSWER_WITH_PASSWORD_MS 150000

struct _CkCtlBus
{
  GDBusConnection *connection;
  gboolean may_ask;
  guint timeout;
};

/* What one call needs; made once, sent once or twice. */
typedef struct
{
  const char *path;
  const char *interface;
  const char *method;
  GVariant *parameters;
  const GVariantType *reply_type;
  CkMakeFds make_fds; /* NULL: there are none */
  gpointer fds_data;
} Call;

typedef struct
{
  GAsyncResult *result;
} Wait;

CkCtlBus *
ck_ctl_bus_new (void)
{
  CkCtlBus *bus = g_new0 (CkCtlBus, 1);

  bus->may_ask = TRUE;

  return bus;
}

void
ck_ctl_bus_free (CkCtlBus *bus)
{
  g_clear_object (&bus->connection);
  g_free (bus);
}

void
ck_ctl_bus_forbid_asking (CkCtlBus *bus)
{
  bus->may_ask = FALSE;
}

void
ck_ctl_bus_set_timeout (CkCtlBus *bus, guint seconds)
{
  bus->timeout = seconds;
}

void
ck_ctl_bus_default_timeout (CkCtlBus *bus, guint seconds)
{
  if (bus->timeout == 0)
    bus->timeout = seconds;
}

GDBusConnection *
ck_ctl_bus_get_connection (CkCtlBus *bus, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (bus->connection != NULL)
    return bus->connection;

  /* Registers the names of the service's errors with GDBus. */
  (void) CK_ERROR;
  bus->connection = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, &local);
  if (bus->connection == NULL)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_NO_SERVICE, _ ("cannot reach the system bus: %s"),
                   local->message);
      return NULL;
    }
  /* The end of the bus is reported by the call it ends, with our own exit status. */
  g_dbus_connection_set_exit_on_close (bus->connection, FALSE);

  return bus->connection;
}

GVariant *
ck_ctl_bus_options (CkCtlBus *bus, GVariantDict *options)
{
  g_auto (GVariantDict) empty = G_VARIANT_DICT_INIT (NULL);

  if (options == NULL)
    options = &empty;
  if (bus->timeout > 0)
    g_variant_dict_insert (options, "timeout", "u", bus->timeout);

  return g_variant_dict_end (options);
}

static void
call_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Wait *wait = user_data;

  wait->result = g_object_ref (result);
}

static GVariant *
send_call (
    CkCtlBus *bus, const Call *call, GDBusCallFlags flags, GUnixFDList **reply_fds, GError **error)
{
  gboolean asking = (flags & G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;
  int timeout = asking ? ANSWER_WITH_PASSWORD_MS : ANSWER_MS;
  g_autoptr (CkProgress) progress = NULL;
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *text = NULL;
  Wait wait = { NULL };

  if (call->make_fds != NULL && (fds = call->make_fds (call->fds_data, error)) == NULL)
    return NULL;
  if (bus->timeout > 0)
    timeout = MAX (timeout, (int) bus->timeout * 1000 + 5000);

  if (!asking) /* the agent has the terminal then */
    {
      text = g_strdup_printf (_ ("waiting for %s"), call->method);
      progress = ck_progress_new (text, 0);
    }
  g_dbus_connection_call_with_unix_fd_list (
      bus->connection, CK_BUS_NAME, call->path, call->interface, call->method, call->parameters,
      call->reply_type, flags, timeout, fds, NULL, call_cb, &wait);
  while (wait.result == NULL)
    g_main_context_iteration (NULL, TRUE);
  result = wait.result;

  return g_dbus_connection_call_with_unix_fd_list_finish (bus->connection, reply_fds, result,
                                                          error);
}

/* The bus's own words for "not there" are of little help to a person. */
static void
explain_error (GError **error)
{
  GError *local = *error;

  g_dbus_error_strip_remote_error (local);
  if (local->domain != G_DBUS_ERROR || ck_exit_from_error (local) != CK_EXIT_NO_SERVICE)
    return;

  *error = g_error_new (CK_EXIT_ERROR, CK_EXIT_NO_SERVICE,
                        _ ("the Channelkeeper service does not answer (%s); is it running? "
                           "See 'systemctl status channelkeeperd'"),
                        local->message);
  g_error_free (local);
}

static GVariant *
perform (CkCtlBus *bus, const Call *call, GUnixFDList **reply_fds, GError **error)
{
  g_autoptr (GVariant) owned
      = call->parameters != NULL ? g_variant_ref_sink (call->parameters) : NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) local = NULL;

  if (ck_ctl_bus_get_connection (bus, error) == NULL)
    return NULL;

  reply = send_call (bus, call, G_DBUS_CALL_FLAGS_NONE, reply_fds, &local);
  if (reply == NULL && bus->may_ask && ck_agent_wanted ())
    {
      /* Strip first: the domain is known only then to be the service's. */
      g_dbus_error_strip_remote_error (local);
      if (g_error_matches (local, CK_ERROR, CK_ERROR_INTERACTION_REQUIRED))
        {
          g_autoptr (CkAgent) agent = ck_agent_start ();

          g_clear_error (&local);
          reply = send_call (bus, call, G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                             reply_fds, &local);
        }
    }
  if (reply == NULL)
    {
      explain_error (&local);
      g_propagate_error (error, g_steal_pointer (&local));
    }

  return g_steal_pointer (&reply);
}

GVariant *
ck_ctl_bus_call (CkCtlBus *bus,
                 const char *path,
                 const char *interface,
                 const char *method,
                 GVariant *parameters,
                 const char *reply_type,
                 GError **error)
{
  Call call = { path, interface, method, parameters, G_VARIANT_TYPE (reply_type), NULL, NULL };

  return perform (bus, &call, NULL, error);
}

static int
get_reply_fd (GUnixFDList *fds, const char *method, GError **error)
{
  if (fds != NULL && g_unix_fd_list_get_length (fds) == 1)
    return g_unix_fd_list_get (fds, 0, error);

  g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("the answer to %s has no pipe"), method);

  return -1;
}

GVariant *
ck_ctl_bus_call_with_fds (CkCtlBus *bus,
                          const char *path,
                          const char *interface,
                          const char *method,
                          GVariant *parameters,
                          CkMakeFds make_fds,
                          gpointer fds_data,
                          int *reply_fd,
                          const char *reply_type,
                          GError **error)
{
  Call call = { path, interface, method, parameters, G_VARIANT_TYPE (reply_type), make_fds, fds_data };
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) reply = perform (bus, &call, &fds, error);
  int fd;

  if (reply == NULL || reply_fd == NULL)
    return g_steal_pointer (&reply);

  fd = get_reply_fd (fds, method, error);
  if (fd < 0)
    return NULL;
  *reply_fd = fd;

  return g_steal_pointer (&reply);
}
