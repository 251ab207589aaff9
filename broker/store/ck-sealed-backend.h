/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-sealed-store.h"

G_BEGIN_DECLS

/* What SECRET_BACKEND has to say for libsecret to choose our backend. */
#define CK_SEALED_BACKEND_NAME "channelkeeper-sealed"

/**
 * CkSealedBackend:
 *
 * Our #SecretBackend: what libsecret's password API talks to. An instance has no state: libsecret
 * 0.20.5 makes one for each of several first calls, and all of them answer from the one attached
 * store.
 */
#define CK_TYPE_SEALED_BACKEND (ck_sealed_backend_get_type ())
G_DECLARE_FINAL_TYPE (CkSealedBackend, ck_sealed_backend, CK, SEALED_BACKEND, GObject)

/**
 * ck_sealed_backend_register:
 *
 * Makes the backend known at libsecret's extension point. It is chosen only if the environment has
 * SECRET_BACKEND=%CK_SEALED_BACKEND_NAME when libsecret is first used: main() calls
 * ck_vault_select_backend(), which does both, before any thread exists, because setenv() is not
 * safe after that. Calling it again does no harm.
 */
void ck_sealed_backend_register (void);

/**
 * ck_sealed_backend_attach:
 * @store: (transfer none) (nullable): the store that all instances answer from; %NULL: every call
 *   fails with %CK_ERROR_VAULT_SEALED
 *
 * The backend holds no reference: detach @store before its last one goes.
 */
void ck_sealed_backend_attach (CkSealedStore *store);

/**
 * ck_sealed_backend_get_attached:
 *
 * Returns: (transfer none) (nullable): the store attached
 */
CkSealedStore *ck_sealed_backend_get_attached (void);

G_END_DECLS
