/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * CkLoopback:
 *
 * The other end of a loopback redirect (RFC 8252 section 7.3): an HTTP listener on this machine's
 * own address that takes one answer from the browser and then is gone. Anybody on the machine, and
 * any web page in any browser, may talk to it: it believes only a GET of the redirect's path, with
 * the redirect's Host (against DNS rebinding) and the attempt's `state`. It shows fixed pages that
 * contain nothing of the request.
 */
typedef struct _CkLoopback CkLoopback;

/**
 * CkLoopbackFunc:
 * @redirected_uri: the whole address that the browser was sent to
 *
 * Called once, when the page has been sent; nothing listens any more. The #CkLoopback may be freed
 * in it.
 */
typedef void (*CkLoopbackFunc) (const char *redirected_uri, gpointer user_data);

/**
 * ck_loopback_supports:
 * @uri: (nullable): a redirect URI
 *
 * Returns: whether it is plain http to 127.0.0.1, [::1] or localhost
 */
gboolean ck_loopback_supports (const char *uri);

/**
 * ck_loopback_new:
 * @redirect_uri: one that ck_loopback_supports(); port 0 stands for a free one
 * @error: why the port cannot be bound
 *
 * Binds that loopback address only, and listens in the default main context.
 *
 * Returns: (transfer full) (nullable): the listener
 */
CkLoopback *ck_loopback_new (const char *redirect_uri,
                             CkLoopbackFunc func,
                             gpointer user_data,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ck_loopback_free (CkLoopback *loopback);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkLoopback, ck_loopback_free)

/**
 * ck_loopback_expect:
 * @authorization_uri: where the browser is sent first
 * @state: (nullable): the attempt's `state`; without it the one in @authorization_uri,
 *   or its `oauth_token`
 *
 * Only an answer with that state is believed. Where neither tells it (a pushed authorization
 * request, RFC 9126), an answer with `code` or `error` is.
 */
void ck_loopback_expect (CkLoopback *loopback, const char *authorization_uri, const char *state);

/**
 * ck_loopback_set_own_user_only:
 * @own: whether the browser is one of this user's, and an answer that another's brings is none: the
 *   link that tells the state stood on a command line, where everybody could read it
 */
void ck_loopback_set_own_user_only (CkLoopback *loopback, gboolean own);

/**
 * ck_loopback_get_uri:
 *
 * Returns: (transfer none): the redirect URI with the real port
 */
const char *ck_loopback_get_uri (CkLoopback *loopback);

G_END_DECLS
