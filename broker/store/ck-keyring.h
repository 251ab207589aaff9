/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * CkKeyring:
 *
 * The way to the Secret Service of backend `service`: the session bus that the environment variable
 * DBUS_SESSION_BUS_ADDRESS names, and whether a service is there that can be used: it answers, has a
 * default collection, which is unlocked. Watches both, and while it cannot be used tries again by
 * itself, after a second at first and a minute at last. A service is never started through the bus:
 * it would come up locked, and the one with the password could not take its place.
 *
 * Signal `changed` (no arguments): ck_keyring_is_usable() or the reason changed.
 */
#define CK_TYPE_KEYRING (ck_keyring_get_type ())
G_DECLARE_FINAL_TYPE (CkKeyring, ck_keyring, CK, KEYRING, GObject)

/**
 * ck_keyring_new:
 *
 * Touches nothing yet.
 *
 * Returns: (transfer full): the way to the Secret Service
 */
CkKeyring *ck_keyring_new (void) G_GNUC_WARN_UNUSED_RESULT;

gboolean ck_keyring_is_usable (CkKeyring *self);

/**
 * ck_keyring_get_reason:
 *
 * Returns: (transfer none): why it cannot be used and what to do, for the administrator; empty when
 *   it can. Valid until the next `changed`
 */
const char *ck_keyring_get_reason (CkKeyring *self);

/**
 * ck_keyring_check:
 *
 * Finds out anew, at most 10 s: at first, and when a call failed, for the reason may be the keyring's
 * or that call's. One check at a time: while one is under way this does nothing.
 */
void ck_keyring_check (CkKeyring *self);

/**
 * ck_keyring_is_checking:
 *
 * Its end is announced by `changed`, also when nothing else changed.
 */
gboolean ck_keyring_is_checking (CkKeyring *self);

/**
 * ck_keyring_close:
 *
 * Leaves the bus and tries no more.
 */
void ck_keyring_close (CkKeyring *self);

G_END_DECLS
