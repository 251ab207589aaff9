/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channelkeeper/ck-module.h"

G_BEGIN_DECLS

/**
 * CkAccount:
 * @id: the account's id at the platform
 * @name: (nullable): the name people know it by
 * @owner: (nullable): the id of the person or business behind it
 * @is_shared: a person may have several such accounts, so that @id is not that person's: who it is
 *   is not known where neither @owner nor an ID token says
 *
 * Which account a grant is for, as the platform says.
 */
typedef struct
{
  char *id;
  char *name;
  char *owner;
  gboolean is_shared;
} CkAccount;

void ck_account_clear (CkAccount *account);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CkAccount, ck_account_clear)

/* Whether @text (nullable) can be an id: 1 to 255 bytes, no control or format characters. */
gboolean ck_account_is_id (const char *text) G_GNUC_WARN_UNUSED_RESULT;

/* (transfer full) (nullable): @name (nullable), a text of the platform's, cleaned and cut. */
char *ck_account_clean_name (const char *name) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_account_accept:
 * @what: how it was found out, in words, for the message
 *
 * Compares it with the account the channel is pinned to (or, once a grant has said whose it is,
 * with that), and puts it into the grant; in a connect even if it is the wrong one, so that the
 * broker can say which one came and discard the grant.
 *
 * Returns: %CK_RESULT_SUCCESS; %CK_RESULT_USER_UNKNOWN, cause `wrong-account`, if it is another
 */
CkResult ck_account_accept (CkTransaction *t,
                            const CkAccount *account,
                            const char *what) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
