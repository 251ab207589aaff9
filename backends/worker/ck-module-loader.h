/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "channelkeeper/ck-module.h"

G_BEGIN_DECLS

/**
 * CkModuleFunc:
 *
 * One operation of a module: what ck-module.h declares as ck_sm_connect() and so on.
 */
typedef CkResult (*CkModuleFunc) (CkTransaction *t, int argc, const char **argv);

/**
 * CkModuleLoader:
 *
 * Loads modules out of one directory, which must belong to root and be writable by nobody else, as
 * must each module. A module stays loaded as long as the loader lives.
 */
typedef struct _CkModuleLoader CkModuleLoader;

/**
 * ck_module_loader_new:
 * @directory: the module directory
 * @owner: a user whose files are as good as root's: that of an uninstalled build; or 0
 *
 * Returns: (transfer full): a loader
 */
CkModuleLoader *ck_module_loader_new (const char *directory, uid_t owner);
void ck_module_loader_free (CkModuleLoader *loader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkModuleLoader, ck_module_loader_free)

/**
 * ck_module_loader_find:
 * @name: the module's file name, `identity.so`: no path
 * @operation: `connect`, `verify`, `renew` or `revoke`
 * @error: %CK_ERROR_NOT_SUPPORTED, why there is no such function: no such file, not to be trusted,
 *   made for another ABI, or it does not serve @operation
 *
 * Returns: (nullable): the function
 */
CkModuleFunc ck_module_loader_find (CkModuleLoader *loader,
                                    const char *name,
                                    const char *operation,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
