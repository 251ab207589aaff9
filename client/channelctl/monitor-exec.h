/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * CkMonitorExec:
 *
 * A command that is run for each event, one after the other in the events' order. It gets the event
 * as a line of JSON on its standard input, and in its environment CHANNELKEEPER_SIGNAL and
 * CHANNELKEEPER_CHANNEL. No event has a secret.
 */
typedef struct _CkMonitorExec CkMonitorExec;

/**
 * ck_monitor_exec_new:
 * @command: words, quoted as for a shell; no shell is involved
 * @error: it cannot be taken apart
 *
 * Returns: (transfer full) (nullable): nothing runs yet
 */
CkMonitorExec *ck_monitor_exec_new (const char *command, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ck_monitor_exec_free (CkMonitorExec *exec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkMonitorExec, ck_monitor_exec_free)

/**
 * ck_monitor_exec_run:
 * @event: (transfer full): the event
 *
 * Runs the command for it when those before it have ended. What does not fit in the queue is
 * dropped, and a command that fails is not tried again; both are said on standard error.
 */
void ck_monitor_exec_run (CkMonitorExec *exec,
                          const char *signal,
                          const char *channel,
                          JsonObject *event);

G_END_DECLS
