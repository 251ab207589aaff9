/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-bus-service.h"

G_BEGIN_DECLS

/**
 * ck_announcements_connect:
 *
 * From now on the service tells the bus what the broker tells it. For each change of a channel, in
 * this order: PropertiesChanged, the specific signals, ChannelStateChanged.
 */
void ck_announcements_connect (CkBusService *service);

/**
 * ck_broker_view_get:
 * @name: a property of org.channelkeeper.Broker1
 *
 * Returns: (transfer floating) (nullable): its value
 */
GVariant *ck_broker_view_get (CkBusService *service, const char *name);

G_END_DECLS
