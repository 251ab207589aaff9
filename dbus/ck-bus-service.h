/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-authority.h"
#include "ck-broker.h"

G_BEGIN_DECLS

/**
 * CkBusService:
 *
 * The broker as the bus sees it: the root object, one object for each channel and each attempt, and
 * their signals. Channels and attempts are subtrees: an object costs nothing until it is called.
 */
#define CK_TYPE_BUS_SERVICE (ck_bus_service_get_type ())
G_DECLARE_FINAL_TYPE (CkBusService, ck_bus_service, CK, BUS_SERVICE, GObject)

/**
 * ck_bus_service_new:
 * @connection: to the bus, before the name is asked for
 * @broker: what is projected
 * @authority: what decides
 * @error: of GDBus, if something is exported there already
 *
 * Exports everything; it ends with the last reference.
 */
CkBusService *ck_bus_service_new (GDBusConnection *connection,
                                  CkBroker *broker,
                                  CkAuthority *authority,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_bus_service_flush:
 *
 * Before the broker stops: writes what is only counted so far (who was handed tokens how often), and waits
 * until the signals have left.
 */
void ck_bus_service_flush (CkBusService *self);

G_END_DECLS
