/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ck_loopback_request_check:
 * @head: (array length=size): a request's line and headers, as they came
 * @host: what Host must be, `127.0.0.1:8080`
 * @path: what the path must be
 * @state: (nullable): what the parameter `state` must be, or in OAuth 1.0a `oauth_token` or, if the
 *   person said no, `denied`; without it, `code` or `error` is enough
 * @target: (out) (transfer full): the request's target where the answer is 200
 *
 * Decides about a request that anybody may have sent.
 *
 * Returns: the HTTP status to answer with: 200, 400, 404 or 405
 */
guint ck_loopback_request_check (const char *head,
                                 gsize size,
                                 const char *host,
                                 const char *path,
                                 const char *state,
                                 char **target) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_loopback_request_answer:
 * @status: as above, or 431
 *
 * Returns: (transfer full): the whole answer, made of fixed text alone
 */
char *ck_loopback_request_answer (guint status) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
