/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channelkeeper/ck-module.h"

#include "ck-oauth-text.h"

G_BEGIN_DECLS

/**
 * ck_paste_token:
 * @message: what is asked for
 * @token: (out): set only on success
 *
 * Asks the person for a token (the flow `import`). Blanks and line ends around it, which come along
 * when one copies, are not part of it.
 *
 * Returns: %CK_RESULT_SUCCESS; %CK_RESULT_CONV_ERR, cause `none`, if the person gave up or entered
 *   what is no token: printable ASCII without blanks
 */
CkResult ck_paste_token (CkTransaction *t,
                         const char *message,
                         CkSecretText *token) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
