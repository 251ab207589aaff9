/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-options.h"

G_BEGIN_DECLS

/* What ListChannels and GetSnapshot know as options. */
extern const CkOptionSpec ck_channel_list_options[];

#define CK_MAX_PAGE 1000

/**
 * ck_channel_list_make_page:
 * @channels: (element-type CkChannel): all channels, sorted by id
 * @options: provider, state, assigned-user, limit, after
 * @error: %CK_ERROR_INVALID_ARGUMENT: a limit that is 0 or above %CK_MAX_PAGE, an unknown state
 *
 * Returns: (transfer floating) (nullable): a(ossss): path, id, provider, state, cause
 */
GVariant *ck_channel_list_make_page (GPtrArray *channels, GVariant *options, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
