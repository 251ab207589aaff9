/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-schema.h"

G_BEGIN_DECLS

/* All that channelkeeper.conf, a client file and a channel file may say; channelkeeper.conf(5). */
extern const CkSchema ck_settings_schema;
extern const CkSchema ck_client_schema;
extern const CkSchema ck_channel_schema;

/**
 * ck_config_schema_load:
 * @schema: what the file may say
 * @path: a file
 * @id: (nullable): the id it stands for, to be checked
 * @error: %CK_ERROR_INVALID_ARGUMENT with file, line and key
 *
 * Returns: (transfer full) (nullable): `Group.Key` to value
 */
GHashTable *ck_config_schema_load (const CkSchema *schema,
                                   const char *path,
                                   const char *id,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
