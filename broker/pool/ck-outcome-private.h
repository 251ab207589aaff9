/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gunixfdlist.h>

#include "ck-outcome.h"

G_BEGIN_DECLS

/* The largest grant a worker may hand back. */
#define CK_OUTCOME_MAX_GRANT (256 * 1024)

/**
 * ck_outcome_new_from_reply:
 * @operation: of the job
 * @reply: (sa{sv}ah), what Worker1.Run answered; not trusted
 * @fds: (nullable): the descriptors that came with it
 * @error: %CK_ERROR_INVALID_ARGUMENT, saying what is wrong with the answer
 *
 * Returns: (transfer full) (nullable): the outcome
 */
CkOutcome *ck_outcome_new_from_reply (const char *operation,
                                      GVariant *reply,
                                      GUnixFDList *fds,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_outcome_new_broken:
 * @result: %CK_RESULT_SYSTEM_ERR, or %CK_RESULT_AUTHINFO_UNAVAIL for a timeout
 * @in_doubt: whether a spending request had been sent
 * @detail: what happened to the worker, in our words
 *
 * Returns: (transfer full): the outcome of a job whose worker gave no answer that can be used
 */
CkOutcome *ck_outcome_new_broken (CkResult result, gboolean in_doubt, const char *detail);

/**
 * ck_outcome_clean_text:
 * @text: from a worker, or about one: any bytes
 * @max_bytes: where it is cut, between characters
 *
 * Returns: (transfer full): one line of it, control characters become spaces
 */
char *ck_outcome_clean_text (const char *text, gsize max_bytes) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
