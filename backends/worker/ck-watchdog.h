/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CkWatchdog:
 *
 * A thread that ends the process when nobody wants its work any more: the broker cannot kill a
 * worker of another user, and a module cannot be interrupted. It lives as long as the process.
 */
typedef struct _CkWatchdog CkWatchdog;

/**
 * ck_watchdog_start:
 * @fd: the connection to the broker; its hanging up ends the process
 * @error: %CK_ERROR_FAILED if there is no thread or file descriptor left
 *
 * Returns: (transfer none) (nullable): the watchdog
 */
CkWatchdog *ck_watchdog_start (int fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_watchdog_arm:
 * @what: what is being done, for the last line on stderr
 * @deadline: on g_get_monotonic_time()'s clock: the process ends then, unless disarmed
 */
void ck_watchdog_arm (CkWatchdog *watchdog, const char *what, gint64 deadline);
void ck_watchdog_disarm (CkWatchdog *watchdog);

G_END_DECLS
