/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

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
 * Asks for a channel's access token, which is in no bus message.
 *
 * Returns: the pipe it comes through, which the caller closes, or -1
 */
int ck_token_open (CkCtl *ctl,
                   const char *id,
                   const CkTokenRequest *request,
                   guint64 *expires_at,
                   GVariant **details,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_token_copy:
 * @from: what ck_token_open() returned
 * @to: where it goes
 * @before: what is written before it
 * @after: what is written after it
 * @as_json: whether it stands in a string of JSON
 *
 * Nothing is written unless all of it is there and is printable ASCII. On its way it is in memory that
 * is locked and wiped, and nowhere else: stdio and a JSON library would keep a copy. Libsecret's
 * #SecretValue would take a third of a millisecond to load, for a program that scripts run all day.
 *
 * Errors: %CK_EXIT_FAILED.
 */
gboolean ck_token_copy (int from,
                        int to,
                        const char *before,
                        const char *after,
                        gboolean as_json,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
