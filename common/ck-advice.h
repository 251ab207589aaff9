/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The words of a channel's Advice property that Channelkeeper itself uses: what should be looked
 * at although the channel works. A module may use words of its own beside them.
 */
#define CK_ADVICE_NO_TWO_FACTOR "no-two-factor"
#define CK_ADVICE_SHARED_LOGIN "shared-login"
#define CK_ADVICE_DUPLICATE_CONTENT "duplicate-content"
#define CK_ADVICE_SCOPES_MISSING "scopes-missing"
#define CK_ADVICE_SIBLING_SCOPE_CONFLICT "sibling-scope-conflict"
#define CK_ADVICE_RENEWAL_FAILING "renewal-failing"

/**
 * ck_advice_list:
 *
 * Returns: (transfer none): all of them, %NULL-terminated
 */
const char *const *ck_advice_list (void);

/**
 * ck_advice_is_known:
 * @word: (nullable): a word
 *
 * Returns: whether it is one of them
 */
gboolean ck_advice_is_known (const char *word);

G_END_DECLS
