/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-attempt.h"

G_BEGIN_DECLS

/**
 * ck_admission_check:
 * @redirect_uri: (out) (transfer full): the redirect URI of a `browser` attempt; untouched for the
 *   other flows
 * @error: see ck_attempt_start()
 *
 * Whether what is asked for can be begun at all: a known flow, an open vault, scopes within the
 * channel's and such that no sibling loses its grant, a redirect URI of the client's. Who else is
 * at it is not weighed here.
 */
gboolean ck_admission_check (CkBroker *broker,
                             CkChannel *channel,
                             const CkAttemptRequest *request,
                             char **redirect_uri,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
