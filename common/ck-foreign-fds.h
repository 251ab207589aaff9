/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gunixfdlist.h>

G_BEGIN_DECLS

/*
 * Descriptors that a peer has sent. To close one can take as long as its sender likes: a TCP socket
 * that lingers, a file of a FUSE file system, or a Unix socket with such a thing on its way in it. So
 * no thread that others wait for may do it, neither the main loop nor GDBus's own.
 */

/**
 * ck_foreign_fds_guard:
 * @message: one that has come, and that nobody else has seen yet: from a filter of its connection
 *
 * When the message is freed, a thread of its own closes the descriptors that came with it, if there
 * are any. Its list of them is empty from then on, whoever still holds it.
 */
void ck_foreign_fds_guard (GDBusMessage *message);

/**
 * ck_foreign_fd_close:
 * @fd: (transfer full): a copy of one of them
 */
void ck_foreign_fd_close (int fd);

G_END_DECLS
