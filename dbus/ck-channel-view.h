/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"
#include "ck-channel.h"

G_BEGIN_DECLS

/**
 * ck_channel_view_get:
 * @name: a property of org.channelkeeper.Channel1
 *
 * Returns: (transfer floating) (nullable): its value
 */
GVariant *ck_channel_view_get (CkBroker *broker, CkChannel *channel, const char *name);

/**
 * ck_channel_view_get_all:
 *
 * Returns: (transfer floating): a{sv}: all properties
 */
GVariant *ck_channel_view_get_all (CkBroker *broker, CkChannel *channel);

/**
 * ck_channel_view_get_changes:
 *
 * Returns: (transfer floating) (nullable): a{sv}: the properties that differ between the two records,
 *   and with them those that are computed; %NULL if none differs
 */
GVariant *ck_channel_view_get_changes (CkBroker *broker,
                                       CkChannel *channel,
                                       const CkChannelRecord *before,
                                       const CkChannelRecord *after);

/**
 * ck_channel_view_has:
 *
 * Returns: whether there is a property @name here: a test compares with the XML
 */
gboolean ck_channel_view_has (const char *name);

G_END_DECLS
