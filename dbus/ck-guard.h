/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-authority.h"
#include "ck-call.h"
#include "ck-interfaces.h"

G_BEGIN_DECLS

/**
 * CkDescribeFunc:
 * @channel: a well-formed id
 * @question: (inout): provider, client, state, assigned_user, allowed_users, allowed_groups and
 *   scopes are filled in, with strings that live until control returns to the main loop
 * @user_data: the service
 * @error: %CK_ERROR_NO_SUCH_CHANNEL
 *
 * Tells what polkit's rules need to know of a channel.
 */
typedef gboolean (*CkDescribeFunc) (const char *channel,
                                    CkAuthorityQuestion *question,
                                    gpointer user_data,
                                    GError **error);

/**
 * CkDenial:
 * @caller: who was told no, and is still there
 * @method: what it called
 * @action: the polkit action of that
 * @channel: (nullable): the channel it was about
 * @answered: %FALSE: it is a no only because polkit did not answer
 * @why: what it was told
 */
typedef struct
{
  CkCaller *caller;
  const char *method;
  const char *action;
  const char *channel;
  gboolean answered;
  const GError *why;
} CkDenial;

/**
 * CkGuard:
 *
 * What every method call passes through, in this order: a handler must be known and the XML must
 * name its polkit action, options and ids must be well-formed, the bus must say who calls, that uid
 * must not have too much under way, polkit must say yes. Only then the handler runs.
 *
 * Signal `refused` (const CkDenial *denial): somebody was told no, by polkit or in its place
 */
#define CK_TYPE_GUARD (ck_guard_get_type ())
G_DECLARE_FINAL_TYPE (CkGuard, ck_guard, CK, GUARD, GObject)

/**
 * ck_guard_new:
 * @interfaces: (transfer none): lives longer than the guard
 * @describe: what knows the channels
 * @user_data: the service: what @describe and every handler are called with
 */
CkGuard *ck_guard_new (CkInterfaces *interfaces,
                       CkCallers *callers,
                       CkAuthority *authority,
                       CkDescribeFunc describe,
                       gpointer user_data) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_guard_add_methods:
 * @interface: an interface's name
 * @methods: a static table
 *
 * Adds handlers. Of a method that the XML does not have, nothing is ever called.
 */
void ck_guard_add_methods (CkGuard *self, const char *interface, const CkMethod *methods);

/**
 * ck_guard_dispatch:
 * @invocation: (transfer full): a method call on one of the interfaces
 */
void ck_guard_dispatch (CkGuard *self, GDBusMethodInvocation *invocation);

G_END_DECLS
