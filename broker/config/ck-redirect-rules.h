/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-provider.h"

G_BEGIN_DECLS

/*
 * What a platform takes as a redirect URI: `RedirectUris=` and `MaxRedirectUris=` of its file
 * (channelkeeper.provider(5)). A provider that does not say has what RFC 8252 section 7 lists.
 */

/* All words of `RedirectUris=`. */
#define CK_REDIRECT_RULES_WORDS "https 127.0.0.1 [::1] localhost scheme any-port no-query"

/**
 * ck_redirect_rules_check:
 * @uris: (nullable): a client's redirect URIs
 * @loopback_port: `any`, a port number, or empty
 * @error: %CK_ERROR_INVALID_ARGUMENT naming the URI, the platform, its rule and what to register
 *   instead
 *
 * Returns: whether a client of @provider may have them
 */
gboolean ck_redirect_rules_check (CkProvider *provider,
                                  const char *const *uris,
                                  const char *loopback_port,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
