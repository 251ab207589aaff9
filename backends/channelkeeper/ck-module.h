/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <gmodule.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/*
 * The contract between a stack and its modules: all that a module sees of Channelkeeper.
 *
 * A module is a shared object NAME.so that says CK_MODULE_DECLARE_ABI once and exports one or more
 * of
 *
 *   CkResult ck_sm_connect (CkTransaction *t, int argc, const char **argv);   a person is present
 *   CkResult ck_sm_verify  (CkTransaction *t, int argc, const char **argv);   is the grant good
 *   CkResult ck_sm_renew   (CkTransaction *t, int argc, const char **argv);   nobody is present
 *   CkResult ck_sm_revoke  (CkTransaction *t, int argc, const char **argv);   give the grant back
 *
 * as PAM's modules export pam_sm_*(). It runs in channelkeeper-worker, synchronously, under the
 * deadline of the transaction; argv are the arguments of its line in the stack. An operation that
 * it does not export counts as `module_unknown`.
 *
 * Ownership: what a getter returns belongs to the transaction and lives until it ends; what a
 * function takes is copied. A module keeps no state between calls and frees what it allocates;
 * memory that held a token is wiped before it is freed (explicit_bzero()).
 */

#define CK_MODULE_ABI 1

#define CK_MODULE_DECLARE_ABI                                                                      \
  G_MODULE_EXPORT extern const guint ck_module_abi;                                                \
  const guint ck_module_abi = CK_MODULE_ABI

/**
 * CkResult:
 *
 * What a module returns: PAM's return values with PAM's numbers (<security/_pam_types.h>). In a
 * stack's [value=action] control each is written as PAM does, `cred_expired`.
 */
typedef enum
{
  CK_RESULT_SUCCESS = 0,
  CK_RESULT_OPEN_ERR = 1,
  CK_RESULT_SYMBOL_ERR = 2,
  CK_RESULT_SERVICE_ERR = 3, /* the stack's line or the provider file is wrong */
  CK_RESULT_SYSTEM_ERR = 4,  /* no memory, no file descriptor, … */
  CK_RESULT_BUF_ERR = 5,
  CK_RESULT_PERM_DENIED = 6, /* the account may not (any more) do what the channel needs */
  CK_RESULT_AUTH_ERR = 7,    /* refused, for a reason that no other value says better */
  CK_RESULT_CRED_INSUFFICIENT = 8,
  CK_RESULT_AUTHINFO_UNAVAIL = 9, /* the platform or the network is at fault: try later */
  CK_RESULT_USER_UNKNOWN = 10,    /* another account than the pinned one */
  CK_RESULT_MAXTRIES = 11,
  CK_RESULT_NEW_AUTHTOK_REQD = 12,
  CK_RESULT_ACCT_EXPIRED = 13, /* account suspended, checkpointed, closed */
  CK_RESULT_SESSION_ERR = 14,
  CK_RESULT_CRED_UNAVAIL = 15, /* revoked */
  CK_RESULT_CRED_EXPIRED = 16, /* expired, and no way to renew it */
  CK_RESULT_CRED_ERR = 17,
  CK_RESULT_NO_MODULE_DATA = 18,
  CK_RESULT_CONV_ERR = 19, /* the person gave up, or nobody is there to ask */
  CK_RESULT_AUTHTOK_ERR = 20,
  CK_RESULT_AUTHTOK_RECOVERY_ERR = 21,
  CK_RESULT_AUTHTOK_LOCK_BUSY = 22,
  CK_RESULT_AUTHTOK_DISABLE_AGING = 23,
  CK_RESULT_TRY_AGAIN = 24, /* rate limited: later */
  CK_RESULT_IGNORE = 25,    /* not this module's affair */
  CK_RESULT_ABORT = 26,
  CK_RESULT_AUTHTOK_EXPIRED = 27,
  CK_RESULT_MODULE_UNKNOWN = 28,
  CK_RESULT_BAD_ITEM = 29,
  CK_RESULT_CONV_AGAIN = 30,
  CK_RESULT_INCOMPLETE = 31,
} CkResult;

#define CK_N_RESULTS 32

/**
 * CkTransaction:
 *
 * One run of one operation for one channel.
 */
typedef struct _CkTransaction CkTransaction;

/* What a module exports; it defines those that it has. */
G_MODULE_EXPORT CkResult ck_sm_connect (CkTransaction *t, int argc, const char **argv);
G_MODULE_EXPORT CkResult ck_sm_verify (CkTransaction *t, int argc, const char **argv);
G_MODULE_EXPORT CkResult ck_sm_renew (CkTransaction *t, int argc, const char **argv);
G_MODULE_EXPORT CkResult ck_sm_revoke (CkTransaction *t, int argc, const char **argv);

/* ---- what the transaction is about ----------------------------------------------------------- */

/**
 * ck_transaction_get_setting:
 * @group: a group of the provider file, `OAuth2`
 * @key: a key, `TokenEndpoint`
 *
 * The merged provider settings: the provider file, what it inherits, and where it names an issuer
 * what the issuer's metadata says (RFC 8414; fetched at the first question that needs it).
 *
 * Returns: (transfer none) (nullable): the value, %NULL if nobody says
 */
const char *ck_transaction_get_setting (CkTransaction *t, const char *group, const char *key);

/* (transfer none), never %NULL; empty where there is none. */
const char *ck_transaction_get_operation (CkTransaction *t); /* connect, verify, renew, revoke */
const char *ck_transaction_get_channel (CkTransaction *t);   /* its id */
const char *ck_transaction_get_flow (CkTransaction *t);      /* browser, device, import, none */
const char *ck_transaction_get_client_id (CkTransaction *t); /* RFC 6749 section 2.2 */
const char *ck_transaction_get_client_secret (CkTransaction *t);  /* empty: a public client */
const char *ck_transaction_get_redirect_uri (CkTransaction *t);   /* RFC 6749 section 3.1.2 */
const char *ck_transaction_get_pinned_account (CkTransaction *t); /* empty: not yet pinned */

/**
 * ck_transaction_get_scopes:
 *
 * Returns: (transfer none): the scopes to ask for, %NULL-terminated
 */
const char *const *ck_transaction_get_scopes (CkTransaction *t);

/**
 * ck_transaction_next_client_secret:
 *
 * A client may hold several secrets while one replaces another. After the platform refused the
 * current one (`invalid_client`) this makes the next one current.
 *
 * Returns: %FALSE if there is no other
 */
gboolean ck_transaction_next_client_secret (CkTransaction *t);

/* ---- the grant ------------------------------------------------------------------------------- */

/**
 * ck_transaction_get_grant:
 * @member: `access-token`, `refresh-token`, `token-type`, `account-id`, `owner-id`, `account-name`
 *   or `token-origin`
 *
 * The grant as it now stands: the one the transaction was given (nothing, for a connect), with what
 * modules of this transaction have set since.
 *
 * Returns: (transfer none): never %NULL; invalid after the member is set again
 */
const char *ck_transaction_get_grant (CkTransaction *t, const char *member);

/**
 * ck_transaction_set_grant:
 * @member: as above
 * @value: (nullable): %NULL or empty removes it
 *
 * Tokens must be printable ASCII (RFC 6749 appendix A). Every token set here is a secret of the
 * transaction from then on: cut out of whatever text leaves the worker. `token-origin` takes the
 * token endpoint's URI and keeps its scheme, host and port: where the refresh token may be sent.
 * A verify may set `account-name`, and an id that the grant does not have yet, but nothing else.
 *
 * Returns: %FALSE if @value is not allowed there; the grant is unchanged
 */
gboolean ck_transaction_set_grant (CkTransaction *t, const char *member, const char *value);

/**
 * ck_transaction_get_grant_time:
 * @member: `issued-at`, `expires-at`, `renewable-until` or `reconnect-by`
 *
 * Returns: Unix seconds; 0 if not known, 2^53 - 1 for never
 */
guint64 ck_transaction_get_grant_time (CkTransaction *t, const char *member);
void ck_transaction_set_grant_time (CkTransaction *t, const char *member, guint64 time);

/**
 * ck_transaction_set_grant_scopes:
 * @scopes: %NULL-terminated: what the platform says it granted
 */
void ck_transaction_set_grant_scopes (CkTransaction *t, const char *const *scopes);
const char *const *ck_transaction_get_grant_scopes (CkTransaction *t);

/**
 * ck_transaction_set_grant_extra:
 * @key: a name; if it ends in `token`, `secret`, `proof` or `key`, @value is a secret as tokens are
 * @value: (nullable): what the platform's API needs beside the token; %NULL removes it
 */
void ck_transaction_set_grant_extra (CkTransaction *t, const char *key, const char *value);
const char *ck_transaction_get_grant_extra (CkTransaction *t, const char *key);

/**
 * ck_transaction_set_item:
 * @key: a name, such as `id-token-sub`
 * @value: (nullable): a text
 *
 * What one module of a stack leaves for the next; it ends with the transaction (PAM's
 * pam_set_data()).
 */
void ck_transaction_set_item (CkTransaction *t, const char *key, const char *value);
const char *ck_transaction_get_item (CkTransaction *t, const char *key); /* nullable */

/**
 * ck_transaction_add_secret:
 * @secret: a text the module got or made that nobody else may see, such as a code verifier
 *
 * From now on it is cut, raw or percent-encoded, out of every text that leaves the worker.
 */
void ck_transaction_add_secret (CkTransaction *t, const char *secret);

/**
 * ck_transaction_add_advice:
 * @advice: a word for the channel's Advice property, `scopes-missing`
 */
void ck_transaction_add_advice (CkTransaction *t, const char *advice);

/**
 * ck_transaction_settle_advice:
 * @advice: a word as above
 *
 * What @advice is about was looked at in this transaction, and there is no reason for it: a channel
 * that has the word loses it. Advice that no module says anything about stays.
 */
void ck_transaction_settle_advice (CkTransaction *t, const char *advice);

/* ---- HTTP ------------------------------------------------------------------------------------ */

typedef struct _CkHttpResponse CkHttpResponse;
void ck_http_response_free (CkHttpResponse *response);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkHttpResponse, ck_http_response_free)

/**
 * CkHttpRequest:
 * @method: `GET`, `POST` or `DELETE`
 * @uri: https only (plain http to a loopback address only where the administrator's test switch
 *   AllowInsecureLoopback is on)
 * @headers: (nullable): %NULL-terminated list of `Name: value`
 * @body: (nullable): the body
 * @content_type: (nullable): of @body; `application/x-www-form-urlencoded` if %NULL
 * @spends: the request uses up a secret that works once (a refresh token that may rotate, an
 *   authorization code): if it is sent and no status comes back, the transaction ends in doubt
 */
typedef struct
{
  const char *method;
  const char *uri;
  const char *const *headers;
  const char *body;
  const char *content_type;
  gboolean spends;
} CkHttpRequest;

/**
 * ck_transaction_http:
 * @request: what to send
 * @response: (out) (transfer full): set only if an HTTP status came back, whatever it is
 *
 * Sends with the house rules applied: TLS verified, no redirects, no cookies, at most 1 MiB of
 * answer, connect and total time within the transaction's deadline. Trouble below HTTP sets the
 * failure (cause `network`) by itself; return the result.
 *
 * Returns: %CK_RESULT_SUCCESS if there is a response, else what to return
 */
CkResult ck_transaction_http (CkTransaction *t,
                              const CkHttpRequest *request,
                              CkHttpResponse **response) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_http_response_new_from_redirect:
 * @uri: where the browser was sent back to (RFC 6749 section 4.1.2)
 *
 * An authorization server's answer came in a browser's address: the members of the query as a JSON
 * object, so that the failure table can be asked about an `error` there, with @where `redirect`.
 *
 * Returns: (transfer full) (nullable): an answer with status 302; %NULL if the query cannot be read
 *   or names a member twice
 */
CkHttpResponse *ck_http_response_new_from_redirect (const char *uri) G_GNUC_WARN_UNUSED_RESULT;

guint ck_http_response_get_status (CkHttpResponse *response);

/* The body, NUL-terminated behind its @length bytes; (transfer none). */
const char *ck_http_response_get_body (CkHttpResponse *response, gsize *length);

/* (transfer none) (nullable): the first header of that name, in any case. */
const char *ck_http_response_get_header (CkHttpResponse *response, const char *name);

/* The wall clock when the request was sent, in Unix seconds: expires_in counts from here. */
guint64 ck_http_response_get_sent_at (CkHttpResponse *response);

/**
 * ck_http_response_get_json:
 *
 * Returns: (transfer none) (nullable): the body as JSON; %NULL if it is none, is nested too deep,
 *   or names a member twice
 */
JsonNode *ck_http_response_get_json (CkHttpResponse *response);

/**
 * ck_http_response_dup_member:
 * @path: member names joined by dots, an array's element by its number: `data.0.id`
 *
 * Returns: (transfer full) (nullable): that string, number or boolean as text; %NULL if it is not
 *   there or is something else. Wipe it before freeing if it is a token.
 */
char *ck_http_response_dup_member (CkHttpResponse *response, const char *path);

/**
 * ck_transaction_get_deadline:
 *
 * Returns: on g_get_monotonic_time()'s clock, when the module must have come to an end
 */
gint64 ck_transaction_get_deadline (CkTransaction *t);

/**
 * ck_transaction_sleep:
 * @seconds: how long
 *
 * Returns: %FALSE if the deadline comes first (it does not wait then)
 */
gboolean ck_transaction_sleep (CkTransaction *t, guint seconds) G_GNUC_WARN_UNUSED_RESULT;

/* ---- the person ------------------------------------------------------------------------------ */

/**
 * ck_transaction_converse:
 * @style: `open-uri`, `show-code`, `choose` or `info`
 * @details: (transfer floating): a{sv}, what the style shows (D-Bus reference, Attempt1)
 * @answer: (out) (optional) (transfer full): a{sv}; `show-code` and `info` return at once, with
 *   nothing
 *
 * Asks the person who reconnects: PAM's conversation. %CK_RESULT_CONV_ERR if nobody is there, the
 * person cancelled, or the time ran out.
 */
CkResult ck_transaction_converse (CkTransaction *t,
                                  const char *style,
                                  GVariant *details,
                                  GVariant **answer) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_transaction_converse_secret:
 * @message: what is asked for, in words
 * @secret: (out) (transfer full): the answer, already a secret of the transaction; wipe it
 */
CkResult ck_transaction_converse_secret (CkTransaction *t,
                                         const char *message,
                                         char **secret) G_GNUC_WARN_UNUSED_RESULT;

/* ---- failing --------------------------------------------------------------------------------- */

/**
 * ck_transaction_fail:
 * @cause: a canonical cause, `revoked-by-user`, or `none` where no statement about the grant is
 *   made (the person gave up, the stack is wrong)
 * @format: what failed and what to do about it, for a person; no secrets (they are cut anyway)
 *
 * Sets the cause and detail with which the transaction fails if this module's result makes the
 * stack fail; the first failing required module's words win.
 *
 * Returns: the result that goes with @cause
 */
CkResult ck_transaction_fail (CkTransaction *t, const char *cause, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/**
 * ck_transaction_fail_response:
 * @response: an answer of the platform that is not what was hoped for
 * @what: the request in words, "renewing the access token"
 * @where: which interface answered: `token`, `api`, `redirect`, `device` or `revoke`
 *
 * Looks @response up in the provider's failure table, first match wins, and fails with the cause
 * found there.
 *
 * Returns: the result that goes with the cause
 */
CkResult ck_transaction_fail_response (CkTransaction *t,
                                       CkHttpResponse *response,
                                       const char *where,
                                       const char *what);

/**
 * ck_transaction_get_response_cause:
 * @where: as above
 *
 * Looks @response up as ck_transaction_fail_response() does, without failing.
 *
 * Returns: (transfer none): the cause's word, `none` if no row matches
 */
const char *ck_transaction_get_response_cause (CkTransaction *t,
                                               CkHttpResponse *response,
                                               const char *where);

/**
 * ck_transaction_debug:
 *
 * Logs for the administrator when the stack's line has the argument `debug`. Secrets are cut.
 */
void ck_transaction_debug (CkTransaction *t, const char *format, ...) G_GNUC_PRINTF (2, 3);

G_END_DECLS
