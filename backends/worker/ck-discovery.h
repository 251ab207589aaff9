/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-transaction.h"

G_BEGIN_DECLS

/*
 * Authorization server metadata: RFC 8414 and OpenID Connect Discovery 1.0. A provider that has
 * `Issuer=` or `Metadata=` in its group [OAuth2] gets from there what its file does not say.
 */

/**
 * ck_discovery_may_say:
 *
 * Returns: whether metadata can have a value for that setting
 */
gboolean ck_discovery_may_say (const char *group, const char *key);

/**
 * ck_discovery_fill:
 * @t: the transaction
 *
 * Fills the missing settings of @t, once: from the cached document that came with it, or from one
 * fetched now, which goes back in Run's details. The document's issuer must be the configured one
 * byte for byte (RFC 8414 section 3.3), its endpoints https. Does nothing where the provider names
 * no issuer. What goes wrong becomes what the module that asked fails with.
 */
void ck_discovery_fill (CkTransaction *t);

/**
 * ck_discovery_uri_oauth:
 * @issuer: `https://id.example.com/tenant`
 *
 * Returns: (transfer full) (nullable): where RFC 8414 section 3 has the metadata: the well-known
 *   name between host and path; %NULL if @issuer is no issuer
 */
char *ck_discovery_uri_oauth (const char *issuer) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_discovery_uri_openid:
 *
 * Returns: (transfer full) (nullable): the same for OpenID Connect Discovery section 4: the
 *   well-known name behind the path
 */
char *ck_discovery_uri_openid (const char *issuer) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
