/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-transaction.h"

/*
 * A transaction as the worker makes one, of GVariant texts: @settings a{ss}, @arguments a{sv}
 * (`operation` is added), @secrets a{sv}; each may be NULL for none. Plain http to loopback is
 * allowed, the failure table has invalid_grant and access_denied.
 */
CkTransaction *transaction_make (const char *operation,
                                 const char *settings,
                                 const char *arguments,
                                 const char *secrets);

/* The grant that most tests start from. */
#define TRANSACTION_GRANT                                                                          \
  "{'client-secrets': <['client-secret-1', 'client-secret-2']>, 'grant': <{"                       \
  "'access-token': <'old-access-token'>, 'refresh-token': <'old-refresh/token'>,"                  \
  "'token-origin': <'http://127.0.0.1:1'>, 'account-id': <'42'>, 'account-name': <'Old name'>,"    \
  "'scopes': <['read', 'write']>, 'expires-at': <uint64 1000>,"                                    \
  "'extras': <{'user-token': 'old-user-token', 'page-id': '1234567890'}>}>}"

/* Ends it with @verdict and gives a member of the details; an empty text if it is missing. */
char *transaction_finish (CkTransaction *t, CkResult verdict, const char *member);

/* A member of the details that is a boolean or a number; 0 if it is missing. */
guint64 transaction_get_number (CkTransaction *t, const char *member);
