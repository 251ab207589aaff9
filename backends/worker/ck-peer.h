/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ck_peer_connect:
 * @fd: a connected Unix socket; taken
 * @is_activated: systemd handed it over: the peer must be the service's user. Otherwise the peer
 *   has started this process and must be of the same user
 * @error: %CK_ERROR_NOT_AUTHORIZED if the peer (SO_PEERCRED) is anybody else, also root
 *
 * Takes the server's side of a D-Bus connection; blocks until the peer has authenticated.
 *
 * Returns: (transfer full) (nullable): the connection; it does not process messages yet
 */
GDBusConnection *ck_peer_connect (int fd, gboolean is_activated, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
