/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsecret/secret.h>

#include "ctl.h"

G_BEGIN_DECLS

/**
 * CkTokenRequest:
 * @min_validity: seconds it must still be good for, 0 for any
 * @scopes: (nullable): as given on the command line, each maybe several words
 */
typedef struct
{
  int min_validity;
  GStrv scopes;
} CkTokenRequest;

void ck_token_request_clear (CkTokenRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CkTokenRequest, ck_token_request_clear)

/**
 * ck_token_open:
 * @id: a channel, which becomes the subject
 * @expires_at: (out) (optional): Unix seconds
 * @details: (out) (transfer full): a{sv}, what came with it
 *
 * Gets a channel's access token through a pipe: it is in no bus message.
 *
 * Returns: (transfer full) (nullable): the token, printable ASCII
 */
SecretValue *ck_token_open (CkCtl *ctl,
                            const char *id,
                            const CkTokenRequest *request,
                            guint64 *expires_at,
                            GVariant **details,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_token_write:
 * @bytes: @size bytes, a token among them
 *
 * Straight to the descriptor: stdio would keep a copy. Errors: %CK_EXIT_FAILED.
 */
gboolean ck_token_write (int fd, const char *bytes, gsize size, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
