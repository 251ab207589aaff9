/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-client-record.h"

G_BEGIN_DECLS

/**
 * ck_redirect_uri_choose:
 * @client: whose registered redirect URIs count
 * @wanted: (nullable): what the caller asked for
 * @error: %CK_ERROR_INVALID_ARGUMENT if @wanted is none of the client's; %CK_ERROR_NOT_SUPPORTED if
 *   the client has none at all
 *
 * The redirect URI of an attempt: @wanted if it is registered, to the letter, or differs only in the
 * port where the client says `loopback-port any` (RFC 8252 section 7.3); without @wanted the first
 * one registered, its port a free choice where any is allowed.
 *
 * Returns: (transfer full) (nullable): the URI
 */
char *ck_redirect_uri_choose (const CkClientRecord *client,
                              const char *wanted,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
