/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-account.h"

#include <string.h>

#include "ck-oauth-text.h"

#define MAX_ID_BYTES 255
#define MAX_NAME_CHARS 128

void
ck_account_clear (CkAccount *account)
{
  g_free (account->id);
  g_free (account->name);
  g_free (account->owner);
}

gboolean
ck_account_is_id (const char *text)
{
  if (text == NULL || *text == '\0' || strlen (text) > MAX_ID_BYTES)
    return FALSE;

  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      if (g_unichar_iscntrl (character) || g_unichar_type (character) == G_UNICODE_FORMAT)
        return FALSE;
    }

  return TRUE;
}

char *
ck_account_clean_name (const char *name)
{
  return name != NULL ? ck_oauth_clean (name, MAX_NAME_CHARS) : NULL;
}

/* NULL: it stays. A verify makes no other grant of it. */
static const char *
choose_owner (CkTransaction *t, const CkAccount *account, gboolean is_connect)
{
  if (!is_connect && *ck_transaction_get_grant (t, "owner-id") != '\0')
    return NULL;
  if (account->owner != NULL)
    return account->owner;
  if (ck_transaction_get_item (t, "id-token-sub") != NULL)
    return ck_transaction_get_item (t, "id-token-sub");

  return account->is_shared ? NULL : account->id;
}

/* A grant that has said whose it is does not become another's, even if the channel is not pinned.
 */
static CkResult
check_pinned (CkTransaction *t, const CkAccount *account)
{
  const char *pinned = ck_transaction_get_pinned_account (t);

  if (*pinned == '\0')
    pinned = ck_transaction_get_grant (t, "account-id");
  if (*pinned == '\0' || g_str_equal (pinned, account->id))
    return CK_RESULT_SUCCESS;

  /* Whose grant it is goes with it: it will be discarded, and the person told. */
  if (g_str_equal (ck_transaction_get_operation (t), "connect"))
    {
      ck_transaction_set_grant (t, "account-id", account->id);
      ck_transaction_set_grant (t, "account-name", account->name);
      ck_transaction_set_grant (t, "owner-id", choose_owner (t, account, TRUE));
    }

  return ck_transaction_fail (t, "wrong-account",
                              "the platform says this is account %s%s%s%s, but the channel is "
                              "pinned to account %s",
                              account->id, account->name != NULL ? " (" : "",
                              account->name != NULL ? account->name : "",
                              account->name != NULL ? ")" : "", pinned);
}

/* The account is put into the grant of a connect even if it is the wrong one, so that the broker
 * can say which one came; it discards that grant. */
CkResult
ck_account_accept (CkTransaction *t, const CkAccount *account, const char *what)
{
  gboolean is_connect = g_str_equal (ck_transaction_get_operation (t), "connect");
  const char *owner = choose_owner (t, account, is_connect);
  CkResult result = check_pinned (t, account);

  if (result != CK_RESULT_SUCCESS && !is_connect)
    return result;

  if (!ck_transaction_set_grant (t, "account-id", account->id)
      || (owner != NULL && !ck_transaction_set_grant (t, "owner-id", owner))
      || (account->name != NULL && !ck_transaction_set_grant (t, "account-name", account->name)))
    return ck_transaction_fail (t, "server-error", "%s failed: id or name cannot be kept", what);

  return result;
}
