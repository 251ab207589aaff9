/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-module-loader.h"
#include "ck-watchdog.h"

G_BEGIN_DECLS

/**
 * CkWorker:
 *
 * The worker on its connection: exports org.channelkeeper.Worker1 and runs transactions, one at a
 * time, in the main context of its maker.
 */
typedef struct _CkWorker CkWorker;

/**
 * ck_worker_new:
 * @connection: the authenticated connection to the broker, which does not process messages yet
 * @loader: (transfer none): where modules come from
 * @watchdog: (nullable) (transfer none): armed while a transaction runs
 * @error: what GDBus says
 *
 * Returns: (transfer full) (nullable): the worker
 */
CkWorker *ck_worker_new (GDBusConnection *connection,
                         CkModuleLoader *loader,
                         CkWatchdog *watchdog,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ck_worker_free (CkWorker *worker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkWorker, ck_worker_free)

G_END_DECLS
