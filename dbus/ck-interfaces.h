/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define CK_IFACE_OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define CK_IFACE_PROPERTIES "org.freedesktop.DBus.Properties"

/**
 * CkInterfaces:
 *
 * The interfaces of the XML files, parsed once at start.
 */
typedef struct _CkInterfaces CkInterfaces;

CkInterfaces *ck_interfaces_new (void) G_GNUC_WARN_UNUSED_RESULT;
void ck_interfaces_free (CkInterfaces *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkInterfaces, ck_interfaces_free)

/**
 * ck_interfaces_lookup:
 * @name: the interface's name: one of CK_IFACE_BROKER, CK_IFACE_CHANNEL, CK_IFACE_ATTEMPT, CK_IFACE_VAULT,
 *   CK_IFACE_OBJECT_MANAGER
 *
 * Returns: (transfer none) (nullable): the interface
 */
GDBusInterfaceInfo *ck_interfaces_lookup (CkInterfaces *self, const char *name);

/**
 * ck_interfaces_get_action:
 *
 * Returns: (transfer none) (nullable): the polkit action that the method's annotation names, `none`
 *   included; %NULL if it has no annotation: such a method is refused
 */
const char *ck_interfaces_get_action (GDBusMethodInfo *method);

G_END_DECLS
