/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channelkeeper/ck-module.h"

#include "ck-oauth-text.h"

G_BEGIN_DECLS

/*
 * A proof that whoever uses a token knows the app's secret: HMAC-SHA256 of the token, keyed with
 * the client's secret, in hexadecimal. The setting ProofParameter of the group OAuth2 is what the
 * platform calls it (`appsecret_proof`); where it is not set, or the client has no secret, there is
 * none.
 */

/* Whether there is one. */
gboolean ck_proof_is_wanted (CkTransaction *t) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_proof_append_to_uri:
 * @token: the access token of the request
 *
 * Returns: (transfer full): @uri, with the proof in its query if the platform wants one
 */
CkSecretText ck_proof_append_to_uri (CkTransaction *t,
                                     const char *uri,
                                     const char *token) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_proof_keep:
 *
 * Puts the proof of the grant's access token into the grant, for the apps that use it: an extra
 * named as the parameter is, with `-` for `_`.
 */
void ck_proof_keep (CkTransaction *t);

G_END_DECLS
