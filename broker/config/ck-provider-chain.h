/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-ini.h"

G_BEGIN_DECLS

#define CK_PROVIDER_SUFFIX ".provider"

/* How many files a provider may inherit from, its own included. */
#define CK_PROVIDER_MAX_CHAIN 8

/**
 * ck_provider_chain_load:
 * @dirs: %NULL-terminated folders to look in, first wins
 * @id: the file's name without `.provider`
 * @insecure_loopback: whether endpoints may be plain http to a loopback address
 * @error: %CK_ERROR_NO_SUCH_PROVIDER if no folder has it, %CK_ERROR_INVALID_ARGUMENT naming file
 *   and line if it inherits from what is not there, or from itself
 *
 * The files that a provider is made of: its own first, then those that it inherits from by `Base=`,
 * at the end the generic one. One that another folder has as well, and that is bad in itself, is passed
 * over for that other one; but never its own. Else nothing in them has been checked but `Base=`.
 *
 * Returns: (transfer full) (element-type CkIni) (nullable): the files
 */
GPtrArray *ck_provider_chain_load (const char *const *dirs,
                                   const char *id,
                                   gboolean insecure_loopback,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
