/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-authority.h"

G_BEGIN_DECLS

/**
 * CkRefusal:
 *
 * What must be kept of a question to say, should the answer be no, why in plain words.
 */
typedef struct _CkRefusal CkRefusal;

CkRefusal *ck_refusal_new (const CkAuthorityQuestion *question) G_GNUC_WARN_UNUSED_RESULT;
void ck_refusal_free (CkRefusal *refusal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkRefusal, ck_refusal_free)

/**
 * ck_refusal_explain:
 * @challenge: whether polkit would have said yes to a password
 * @interactive: whether it was allowed to ask for one
 *
 * Returns: (transfer full): %CK_ERROR_NOT_AUTHORIZED or %CK_ERROR_INTERACTION_REQUIRED
 */
GError *ck_refusal_explain (const CkRefusal *refusal, gboolean challenge, gboolean interactive)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_refusal_explain_error:
 * @error: (transfer none): why polkit gave no answer
 *
 * Returns: (transfer full): %CK_ERROR_NOT_AUTHORIZED, %CK_ERROR_TIMED_OUT or %CK_ERROR_CANCELLED
 */
GError *ck_refusal_explain_error (const GError *error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_refusal_of_root:
 *
 * polkit runs no rule for uid 0 and always says yes; this is the one thing that is refused to it
 * all the same: to reconnect a channel that is not assigned to root.
 *
 * Returns: (transfer full) (nullable): the refusal, %NULL where there is none
 */
GError *ck_refusal_of_root (const CkAuthorityQuestion *question) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
