/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-refusal.h"

#include "ck-error.h"
#include "ck-names.h"

struct _CkRefusal
{
  char *user;
  char *action;
  char *channel;
  char *assigned_user;
};

CkRefusal *
ck_refusal_new (const CkAuthorityQuestion *question)
{
  CkRefusal *refusal = g_new0 (CkRefusal, 1);

  refusal->user = g_strdup (question->user);
  refusal->action = g_strdup (question->action);
  refusal->channel = g_strdup (question->channel);
  refusal->assigned_user = g_strdup (question->assigned_user);

  return refusal;
}

void
ck_refusal_free (CkRefusal *refusal)
{
  g_free (refusal->user);
  g_free (refusal->action);
  g_free (refusal->channel);
  g_free (refusal->assigned_user);
  g_free (refusal);
}

static char *
describe (const CkRefusal *refusal)
{
  const char *assigned = refusal->assigned_user != NULL && *refusal->assigned_user != '\0'
                             ? refusal->assigned_user
                             : "nobody";

  if (refusal->channel == NULL || *refusal->channel == '\0')
    return g_strdup_printf ("%s may not do this (%s)", refusal->user, refusal->action);

  if (g_str_equal (refusal->action, CK_ACTION_USE_TOKEN))
    return g_strdup_printf (
        "%s is neither the assigned user (%s) nor in AllowedUsers or AllowedGroups of %s",
        refusal->user,
        assigned,
        refusal->channel);

  if (g_str_equal (refusal->action, CK_ACTION_RECONNECT)
      || g_str_equal (refusal->action, CK_ACTION_DISCONNECT)
      || g_str_equal (refusal->action, CK_ACTION_INSPECT))
    return g_strdup_printf ("%s is not the assigned user (%s) of %s",
                            refusal->user,
                            assigned,
                            refusal->channel);

  return g_strdup_printf ("%s may not do this to %s (%s)",
                          refusal->user,
                          refusal->channel,
                          refusal->action);
}

GError *
ck_refusal_explain (const CkRefusal *refusal, gboolean challenge, gboolean interactive)
{
  g_autofree char *why = describe (refusal);

  if (challenge && !interactive)
    return g_error_new (CK_ERROR,
                        CK_ERROR_INTERACTION_REQUIRED,
                        "%s; an administrator's password would do, but the call does not allow to "
                        "ask for it",
                        why);
  if (challenge)
    return g_error_new (CK_ERROR,
                        CK_ERROR_NOT_AUTHORIZED,
                        "%s, and no administrator's password was given",
                        why);

  return g_error_new_literal (CK_ERROR, CK_ERROR_NOT_AUTHORIZED, why);
}

GError *
ck_refusal_explain_error (const GError *error)
{
  g_autoptr (GError) plain = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return g_error_new_literal (CK_ERROR, CK_ERROR_CANCELLED, "the caller has left");
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return g_error_new_literal (CK_ERROR,
                                CK_ERROR_TIMED_OUT,
                                "polkit did not answer in time; nothing was done, try again");

  plain = g_error_copy (error);
  g_dbus_error_strip_remote_error (plain);
  return g_error_new (CK_ERROR,
                      CK_ERROR_NOT_AUTHORIZED,
                      "denied, because polkit cannot be asked: %s",
                      plain->message);
}

GError *
ck_refusal_of_root (const CkAuthorityQuestion *question)
{
  if (question->uid != 0 || !g_str_equal (question->action, CK_ACTION_RECONNECT)
      || g_strcmp0 (question->assigned_user, question->user) == 0)
    return NULL;

  return g_error_new (CK_ERROR,
                      CK_ERROR_NOT_AUTHORIZED,
                      "%s is not the assigned user (%s) of %s; to reconnect it yourself, have it "
                      "assigned to you first",
                      question->user,
                      question->assigned_user,
                      question->channel);
}
