/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-peer.h"

#include <errno.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ck-error.h"

static gboolean
get_expected_uid (gboolean is_activated, uid_t *uid, GError **error)
{
  const struct passwd *entry;

  if (!is_activated)
    {
      *uid = geteuid ();
      return TRUE;
    }

  errno = 0;
  entry = getpwnam (CK_SERVICE_USER);
  if (entry == NULL)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_NOT_AUTHORIZED,
                   "the broker's user %s does not exist",
                   CK_SERVICE_USER);
      return FALSE;
    }
  *uid = entry->pw_uid;

  return TRUE;
}

static gboolean
check_peer (int fd, uid_t expected, GError **error)
{
  struct ucred peer;
  socklen_t length = sizeof peer;

  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_NOT_AUTHORIZED,
                   "file descriptor %d is no connection to a broker: %s",
                   fd,
                   g_strerror (errno));
      return FALSE;
    }
  if (peer.uid != expected)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_NOT_AUTHORIZED,
                   "the peer is user %u, not the broker's user %u",
                   peer.uid,
                   expected);
      return FALSE;
    }

  return TRUE;
}

static gboolean
on_allow_mechanism (GDBusAuthObserver *observer, const char *mechanism, gpointer user_data)
{
  return g_str_equal (mechanism, "EXTERNAL");
}

static gboolean
on_authorize (GDBusAuthObserver *observer,
              GIOStream *stream,
              GCredentials *credentials,
              gpointer user_data)
{
  return credentials != NULL
         && g_credentials_get_unix_user (credentials, NULL) == GPOINTER_TO_UINT (user_data);
}

GDBusConnection *
ck_peer_connect (int fd, gboolean is_activated, GError **error)
{
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketConnection) stream = NULL;
  g_autoptr (GDBusAuthObserver) observer = NULL;
  g_autofree char *guid = NULL;
  uid_t expected;

  if (!get_expected_uid (is_activated, &expected, error) || !check_peer (fd, expected, error))
    {
      close (fd);
      return NULL;
    }

  socket = g_socket_new_from_fd (fd, error);
  if (socket == NULL)
    {
      close (fd);
      return NULL;
    }
  stream = g_socket_connection_factory_create_connection (socket);

  observer = g_dbus_auth_observer_new ();
  g_signal_connect (observer, "allow-mechanism", G_CALLBACK (on_allow_mechanism), NULL);
  g_signal_connect (observer,
                    "authorize-authenticated-peer",
                    G_CALLBACK (on_authorize),
                    GUINT_TO_POINTER (expected));

  guid = g_dbus_generate_guid ();

  return g_dbus_connection_new_sync (G_IO_STREAM (stream),
                                     guid,
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER
                                         | G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                                     observer,
                                     NULL,
                                     error);
}
