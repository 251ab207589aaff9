/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-config.h"

G_BEGIN_DECLS

/**
 * ck_settings_load:
 * @confdir: where channelkeeper.conf and channelkeeper.conf.d are, or are not
 * @error: %CK_ERROR_INVALID_ARGUMENT with file, line and key
 *
 * Drop-ins are read in the order of their names; the last word on a key counts.
 *
 * Returns: (transfer full) (nullable): the settings, defaults filled in
 */
CkSettings *ck_settings_load (const char *confdir, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ck_settings_free (CkSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkSettings, ck_settings_free)

/**
 * ck_settings_list_files:
 * @dir: a folder, maybe not there
 * @suffix: `.conf`
 *
 * Returns: (transfer full): the names of the files in @dir that end so, sorted, hidden ones left out
 */
GStrv ck_settings_list_files (const char *dir, const char *suffix) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
