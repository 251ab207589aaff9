/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * CkWorkerTraffic:
 *
 * Looks at every message of a connection to a worker before GDBus does, in GDBus's own thread: what
 * is not part of Worker1 is dropped, a worker that talks without end is cut off, and a `Sending`
 * is noted in the moment it is read, so that no crash that follows can overtake it.
 */
typedef struct _CkWorkerTraffic CkWorkerTraffic;

/**
 * ck_worker_traffic_new:
 * @connection: whose messages are not processed yet
 *
 * Returns: (transfer full): what looks at them from now on
 */
CkWorkerTraffic *ck_worker_traffic_new (GDBusConnection *connection);
void ck_worker_traffic_unref (CkWorkerTraffic *traffic);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkWorkerTraffic, ck_worker_traffic_unref)

/**
 * ck_worker_traffic_reset:
 * @number: of the job that is handed over next; they count from 0, without a gap
 *
 * Two may be with the worker: the one that runs, and the one it runs next.
 */
void ck_worker_traffic_reset (CkWorkerTraffic *traffic, guint number);

/**
 * ck_worker_traffic_has_begun:
 *
 * Returns: whether the worker has answered all jobs before the one of @number, and so had a reason
 *   to begin it
 */
gboolean ck_worker_traffic_has_begun (CkWorkerTraffic *traffic, guint number);

/**
 * ck_worker_traffic_has_spent:
 *
 * Returns: whether a request that may use up a secret was announced during the job of @number
 */
gboolean ck_worker_traffic_has_spent (CkWorkerTraffic *traffic, guint number);

/**
 * ck_worker_traffic_cut:
 * @connection: a connection over a socket
 *
 * Ends it in both directions at once. g_dbus_connection_close() would wait for what is queued to be
 * written, for ever if the worker does not read.
 */
void ck_worker_traffic_cut (GDBusConnection *connection);

G_END_DECLS
