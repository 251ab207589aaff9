/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsecret/secret.h>

G_BEGIN_DECLS

#define CK_SECRET_SERVICE_NAME "channelkeeper-service"

/**
 * CkSecretService:
 *
 * libsecret's own Secret Service backend for a process without a screen: it uses the connection it is
 * given instead of GLib's shared one (which would end the process with the session bus, and could
 * never be made anew), what the service wants to ask a person is refused at once, and a service that
 * leaves in the middle of a search is one error.
 *
 * Instances are made by libsecret alone, by the extension point's name %CK_SECRET_SERVICE_NAME. It
 * never lets go of one (0.20.5 to 0.21.7): a few kilobytes at each ck_secret_service_attach().
 */
#define CK_TYPE_SECRET_SERVICE (ck_secret_service_get_type ())
G_DECLARE_FINAL_TYPE (CkSecretService, ck_secret_service, CK, SECRET_SERVICE, SecretService)

/**
 * ck_secret_service_register:
 *
 * Adds the type to libsecret's extension point. Before any thread exists.
 */
void ck_secret_service_register (void);

/**
 * ck_secret_service_attach:
 * @bus: (transfer none): the connection that is used from now on
 *
 * Also has libsecret forget the session with whatever service it knew: a service that was started anew
 * does not know it.
 */
void ck_secret_service_attach (GDBusConnection *bus);

G_END_DECLS
