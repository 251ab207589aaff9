/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ck_doctor_describe_credentials:
 * @unit: (transfer none): a{sv}, the properties that systemd shows of a service that it did not
 * start for want of a credential (status 243)
 *
 * systemd says neither which one it was nor why. Each that the unit loads is looked for, and tried
 * with systemd-creds(1), which takes root.
 *
 * Returns: (transfer full): which ones cannot be had and why, or else the names of all
 */
char *ck_doctor_describe_credentials (GVariant *unit);

G_END_DECLS
