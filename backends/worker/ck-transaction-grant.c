/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-transaction-private.h"

#include <string.h>

#include "ck-names.h"
#include "ck-origin.h"

#define MAX_TOKEN (64 * 1024)
#define MAX_NAME 1024

typedef enum
{
  TOKEN,  /* printable ASCII; a secret */
  WORD,   /* printable ASCII */
  NAME,   /* a text of one line */
  ORIGIN, /* scheme, host, port */
} Kind;

static const struct
{
  const char *name;
  Kind kind;
} members[] = {
  { "access-token", TOKEN }, { "refresh-token", TOKEN }, { "token-type", WORD },
  { "account-id", NAME },    { "owner-id", NAME },       { "account-name", NAME },
  { "token-origin", ORIGIN },
};

static gboolean
find_member (const char *name, Kind *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      if (g_str_equal (members[i].name, name))
        {
          *kind = members[i].kind;
          return TRUE;
        }
    }

  return FALSE;
}

static gboolean
is_printable_ascii (const char *text)
{
  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c < 0x20 || *c > 0x7e)
        return FALSE;
    }

  return TRUE;
}

static gboolean
is_line (const char *text)
{
  if (!g_utf8_validate (text, -1, NULL))
    return FALSE;

  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c))
    {
      if (g_unichar_iscntrl (g_utf8_get_char (c)))
        return FALSE;
    }

  return TRUE;
}

static gboolean
is_allowed (Kind kind, const char *value)
{
  switch (kind)
    {
    case TOKEN:
      return strlen (value) <= MAX_TOKEN && is_printable_ascii (value);
    case WORD:
      return strlen (value) <= MAX_NAME && is_printable_ascii (value);
    case NAME:
      return strlen (value) <= MAX_NAME && is_line (value);
    case ORIGIN:
    default:
      return TRUE;
    }
}

/* A verify looks at a grant, and makes no other of it. */
static gboolean
may_change (CkTransaction *t, const char *member)
{
  if (!g_str_equal (t->operation, "verify") || g_str_equal (member, "account-name"))
    return TRUE;

  return (g_str_equal (member, "account-id") || g_str_equal (member, "owner-id"))
         && *ck_draft_get (t->current, member) == '\0';
}

const char *
ck_transaction_get_grant (CkTransaction *t, const char *member)
{
  Kind kind;

  g_return_val_if_fail (find_member (member, &kind), "");

  return ck_draft_get (t->draft, member);
}

gboolean
ck_transaction_set_grant (CkTransaction *t, const char *member, const char *value)
{
  g_autofree char *origin = NULL;
  Kind kind;

  g_return_val_if_fail (find_member (member, &kind), FALSE);

  if (value == NULL)
    value = "";
  if (!is_allowed (kind, value))
    return FALSE;
  if (kind == ORIGIN && *value != '\0')
    {
      origin = ck_origin_dup (value);
      if (origin == NULL)
        return FALSE;
      value = origin;
    }

  if (g_str_equal (ck_draft_get (t->draft, member), value))
    return TRUE;
  if (!may_change (t, member))
    return FALSE;

  if (kind == TOKEN)
    ck_transaction_add_strong_secret (t, value);
  ck_draft_set (t->draft, member, value);

  return TRUE;
}

static gboolean
is_time (const char *member)
{
  static const char *const times[] = { "issued-at",
                                       "expires-at",
                                       "renewable-until",
                                       "reconnect-by",
                                       NULL };

  return g_strv_contains (times, member);
}

guint64
ck_transaction_get_grant_time (CkTransaction *t, const char *member)
{
  g_return_val_if_fail (is_time (member), 0);

  return ck_draft_get_time (t->draft, member);
}

void
ck_transaction_set_grant_time (CkTransaction *t, const char *member, guint64 time)
{
  g_return_if_fail (is_time (member));

  ck_draft_set_time (t->draft, member, MIN (time, CK_TIME_NEVER));
}

/* A platform may send any text as a scope; what is none (RFC 6749 section 3.3) is left out. */
static gboolean
is_scope (const char *scope)
{
  return *scope != '\0' && strlen (scope) <= MAX_NAME && is_printable_ascii (scope)
         && strchr (scope, ' ') == NULL;
}

void
ck_transaction_set_grant_scopes (CkTransaction *t, const char *const *scopes)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; scopes[i] != NULL; i++)
    {
      if (is_scope (scopes[i]))
        g_strv_builder_add (builder, scopes[i]);
    }
  g_strfreev (t->draft->scopes);
  t->draft->scopes = g_strv_builder_end (builder);
  t->scopes_set = TRUE;
}

const char *const *
ck_transaction_get_grant_scopes (CkTransaction *t)
{
  return (const char *const *) t->draft->scopes;
}

void
ck_transaction_set_grant_extra (CkTransaction *t, const char *key, const char *value)
{
  if (value == NULL)
    {
      g_hash_table_remove (t->draft->extras, key);
      return;
    }

  g_return_if_fail (g_utf8_validate (key, -1, NULL));
  if (!g_utf8_validate (value, -1, NULL) || strlen (value) > MAX_TOKEN)
    return;

  if (ck_draft_extra_is_secret (key))
    ck_transaction_add_strong_secret (t, value);
  g_hash_table_replace (t->draft->extras, g_strdup (key), secret_value_new (value, -1, "text/plain"));
}

const char *
ck_transaction_get_grant_extra (CkTransaction *t, const char *key)
{
  SecretValue *value = g_hash_table_lookup (t->draft->extras, key);

  return value != NULL ? secret_value_get_text (value) : NULL;
}

/* ---- what is kept ---------------------------------------------------------------------------- */

static CkGrant *
make_grant (CkDraft *draft)
{
  return ck_grant_new_from_members (ck_draft_to_members (draft), NULL);
}

/* The renewal failed after the platform had replaced the refresh token. */
static CkGrant *
salvage_refresh_token (CkTransaction *t)
{
  g_autoptr (CkDraft) kept = NULL;
  const char *token = ck_draft_get (t->draft, "refresh-token");

  if (*token == '\0' || g_str_equal (token, ck_draft_get (t->current, "refresh-token")))
    return NULL;

  kept = ck_draft_copy (t->current);
  ck_draft_set (kept, "refresh-token", token);
  ck_draft_set (kept, "token-origin", ck_draft_get (t->draft, "token-origin"));
  ck_draft_set_time (kept,
                     "renewable-until",
                     ck_draft_get_time (t->draft, "renewable-until"));

  return make_grant (kept);
}

/* Not to be kept: it says whose account came back, and whoever discards it may revoke it. */
static gboolean
is_wrong_account (CkTransaction *t)
{
  return g_str_equal (t->operation, "connect") && t->deciding != NULL && t->deciding->has_failed
         && t->deciding->cause == CK_CAUSE_WRONG_ACCOUNT;
}

CkGrant *
ck_transaction_dup_new_grant (CkTransaction *t)
{
  if (g_str_equal (t->operation, "revoke"))
    return NULL;

  if (t->verdict != CK_RESULT_SUCCESS)
    {
      if (g_str_equal (t->operation, "renew"))
        return salvage_refresh_token (t);
      return is_wrong_account (t) ? make_grant (t->draft) : NULL;
    }

  return ck_draft_equal (t->current, t->draft) ? NULL : make_grant (t->draft);
}
