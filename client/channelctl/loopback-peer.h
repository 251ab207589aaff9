/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ck_loopback_peer_is_own:
 * @connection: one that was accepted on a loopback address
 *
 * Asks the kernel's tables of sockets (proc(5), /proc/net/tcp) whose the other end is.
 *
 * Returns: %FALSE if it is another user's, or is gone; %TRUE also where there are no such tables
 */
gboolean ck_loopback_peer_is_own (GSocketConnection *connection);

G_END_DECLS
