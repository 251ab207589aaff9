/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "channelkeeper/ck-module.h"

G_BEGIN_DECLS

/**
 * ck_result_to_string:
 * @result: one of PAM's return values
 *
 * Returns: (transfer none): the word a stack's [value=action] control uses for it, `cred_expired`
 */
const char *ck_result_to_string (CkResult result);

/**
 * ck_result_from_string:
 * @string: (nullable): a word
 * @result: (out): set only on success
 *
 * Returns: whether @string is one of PAM's words, in lower case as PAM has it
 */
gboolean ck_result_from_string (const char *string, CkResult *result) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
