/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "channelkeeper/ck-module.h"
#include "ck-grant.h"
#include "ck-state.h"

G_BEGIN_DECLS

/**
 * CkOutcome:
 * @result: the stack's verdict; %CK_RESULT_SYSTEM_ERR if the worker crashed or answered nonsense,
 *   %CK_RESULT_AUTHINFO_UNAVAIL if it did not answer in time
 * @cause: why it failed: %CK_CAUSE_NONE after a success, or where nothing is said about the grant
 *   (the person gave up, the stack is wrong); %CK_CAUSE_SERVER_ERROR after a crash or nonsense,
 *   %CK_CAUSE_NETWORK after a timeout
 * @detail: in our words, for a person; or empty
 * @platform_message: the platform's words, cut to 512 bytes, one line, or empty: show as theirs
 * @error_code: (nullable): the platform's error code (RFC 6749 section 5.2), `unauthorized_client`
 * @client_secret: after a success, which of the client's secrets the platform took, from 0
 * @http_status: of the answer that decided; 0 if none did
 * @in_doubt: a request that may use up a secret was sent, and no HTTP status came back
 * @retry_after: seconds the platform asks to wait; 0 if it does not say
 * @limit_wait: seconds, an hour at most, for which the platform's rate limit has little left; 0 if it
 *   has enough, or nothing is said
 * @advice: words for the channel's Advice property
 * @settled_advice: words that were looked at and that there is no reason for
 * @metadata: (nullable): a discovery document fetched by this transaction, to be cached
 * @grant: (nullable): the new grant, to be stored; also after a renewal that failed, if the
 * platform had replaced the refresh token before, and after a verify that learned something
 * @deciding_module: the module whose result decided, or empty
 * @timed_out: the worker did not answer before the deadline
 *
 * How a transaction ended. It comes from a worker, which is not trusted: every member has been
 * checked for type, size and UTF-8, and a @grant comes only with an operation that may make one.
 */
typedef struct
{
  CkResult result;
  CkCause cause;
  char *detail;
  char *platform_message;
  char *error_code;
  guint client_secret;
  guint http_status;
  gboolean in_doubt;
  guint64 retry_after;
  guint64 limit_wait;
  GStrv advice;
  GStrv settled_advice;
  char *metadata;
  CkGrant *grant;
  char *deciding_module;
  gboolean timed_out;
} CkOutcome;

void ck_outcome_free (CkOutcome *outcome);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkOutcome, ck_outcome_free)

G_END_DECLS
