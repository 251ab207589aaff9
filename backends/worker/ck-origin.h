/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <curl/curl.h>
#include <glib.h>

G_BEGIN_DECLS

/*
 * URIs of platforms, read by libcurl's own parser: what is checked here and what is sent to cannot
 * be two different hosts.
 */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CURLU, curl_url_cleanup)

/**
 * ck_origin_parse:
 * @uri: an absolute URI
 * @allow_insecure_loopback: whether plain http to a loopback address will do
 * @why: (out) (transfer none): set on failure, what is wrong with it
 *
 * Accepts https, and http where allowed; nothing with a user name in it, and no fragment.
 *
 * Returns: (transfer full) (nullable): the parsed URI
 */
CURLU *ck_origin_parse (const char *uri, gboolean allow_insecure_loopback, const char **why)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_origin_dup:
 * @uri: an absolute http or https URI
 *
 * Returns: (transfer full) (nullable): scheme, host in lower case, and port where it is not the
 *   scheme's own, `https://id.example.com` (RFC 6454 section 6.2); %NULL if it is no such URI
 */
char *ck_origin_dup (const char *uri) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_origin_is_loopback:
 * @host: a host of a URI: a name, an IPv4 address, or an IPv6 address in brackets or without
 */
gboolean ck_origin_is_loopback (const char *host);

G_END_DECLS
