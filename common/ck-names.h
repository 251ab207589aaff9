/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Every constant string that two parts of the project must spell alike. */

#define CK_BUS_NAME "org.channelkeeper.Broker1"
#define CK_ROOT_PATH "/org/channelkeeper/Broker1"
#define CK_CHANNEL_PATH CK_ROOT_PATH "/channel"
#define CK_ATTEMPT_PATH CK_ROOT_PATH "/attempt"

#define CK_IFACE_BROKER "org.channelkeeper.Broker1"
#define CK_IFACE_CHANNEL "org.channelkeeper.Channel1"
#define CK_IFACE_ATTEMPT "org.channelkeeper.Attempt1"
#define CK_IFACE_VAULT "org.channelkeeper.Vault1"

/* The bus itself. */
#define CK_DBUS_NAME "org.freedesktop.DBus"
#define CK_DBUS_PATH "/org/freedesktop/DBus"

#define CK_ERROR_PREFIX "org.channelkeeper.Error."

/* The private connection between broker and worker (backends/worker/org.channelkeeper.Worker1.xml). */
#define CK_WORKER_SOCKET_UNIT "channelkeeper-worker.socket"
#define CK_WORKER_PATH "/org/channelkeeper/Worker1"
#define CK_IFACE_WORKER "org.channelkeeper.Worker1"
#define CK_CONVERSATION_PATH "/org/channelkeeper/Conversation1"
#define CK_IFACE_CONVERSATION "org.channelkeeper.Conversation1"

/* The XML annotation that names a method's polkit action; "none" asks nobody. */
#define CK_ANNOTATION_ACTION "org.channelkeeper.PolkitAction"

#define CK_ACTION_USE_TOKEN "org.channelkeeper.use-token"
#define CK_ACTION_RECONNECT "org.channelkeeper.reconnect"
#define CK_ACTION_DISCONNECT "org.channelkeeper.disconnect"
#define CK_ACTION_INSPECT "org.channelkeeper.inspect"
#define CK_ACTION_MANAGE "org.channelkeeper.manage"
#define CK_ACTION_MANAGE_VAULT "org.channelkeeper.manage-vault"

/* A time on the bus is Unix seconds; 0 is "not known", this is "never" (2^53 - 1, exact in JSON). */
#define CK_TIME_UNKNOWN G_GUINT64_CONSTANT (0)
#define CK_TIME_NEVER G_GUINT64_CONSTANT (9007199254740991)
