/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * CkAuthorityQuestion:
 * @caller: the unique bus name that asks, as the bus reports it
 * @uid: its uid, as the bus reports it
 * @user: the name of that uid
 * @action: the polkit action
 * @channel: the channel it is about, or ""
 * @provider: its provider, or ""
 * @client: its client, or the client it is about, or ""
 * @state: the channel's state, or ""
 * @assigned_user: the channel's assigned user, or ""
 * @allowed_users: (nullable): who else may use its token
 * @allowed_groups: (nullable): whose members may
 * @scopes: (nullable): the channel's
 * @interactive: whether the person may be asked for a password
 *
 * May this caller do that to this channel? A %NULL string is an empty one. Everything but @user and
 * @interactive is what a rule sees.
 */
typedef struct
{
  const char *caller;
  guint uid;
  const char *user;
  const char *action;
  const char *channel;
  const char *provider;
  const char *client;
  const char *state;
  const char *assigned_user;
  const char *const *allowed_users;
  const char *const *allowed_groups;
  const char *const *scopes;
  gboolean interactive;
} CkAuthorityQuestion;

/**
 * CkAuthority:
 *
 * The only code that asks polkit. Whatever is not a clear yes is a no. A plain yes (not one that a
 * password bought) is remembered for 5 s, for exactly the same question of the same caller, and
 * forgotten when polkit says that something changed, polkit leaves the bus, or the caller does
 * (ck_authority_forget_caller()). Equal questions asked while one waits share its answer.
 */
#define CK_TYPE_AUTHORITY (ck_authority_get_type ())
G_DECLARE_FINAL_TYPE (CkAuthority, ck_authority, CK, AUTHORITY, GObject)

/**
 * ck_authority_new:
 * @connection: the bus that polkit is on
 */
CkAuthority *ck_authority_new (GDBusConnection *connection) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_authority_question_dup_key:
 *
 * Returns: (transfer full): equal for equal questions: the caller, and everything that a rule sees
 */
char *ck_authority_question_dup_key (const CkAuthorityQuestion *question) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_authority_check_remembered:
 *
 * Returns: whether a remembered yes answers @question; if not, ask
 */
gboolean ck_authority_check_remembered (CkAuthority *self, const CkAuthorityQuestion *question);

/**
 * ck_authority_check_async:
 * @question: copied as far as needed
 * @cancellable: (nullable): ends the wait, and the password dialog if there is one
 *
 * Errors: %CK_ERROR_NOT_AUTHORIZED with the reason in plain words (also if polkit is not there or
 * answers nonsense), %CK_ERROR_INTERACTION_REQUIRED (a password would help but nobody may be asked),
 * %CK_ERROR_TIMED_OUT (18 s, or 120 s where a person is asked), %CK_ERROR_CANCELLED.
 *
 * Where polkit gave no answer, it is a no all the same: ck_authority_check_finish() tells which.
 *
 * org.channelkeeper.reconnect is refused to uid 0, for which polkit runs no rule, unless root is the
 * assigned user.
 */
void ck_authority_check_async (CkAuthority *self,
                               const CkAuthorityQuestion *question,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);

/**
 * ck_authority_check_finish:
 * @answered: (out): whether somebody decided; %FALSE: it is a no only because polkit did not answer
 */
gboolean ck_authority_check_finish (CkAuthority *self,
                                    GAsyncResult *result,
                                    gboolean *answered,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_authority_forget_caller:
 * @caller: a unique name that has left the bus
 */
void ck_authority_forget_caller (CkAuthority *self, const char *caller);

G_END_DECLS
