/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "channelkeeper/ck-module.h"

G_BEGIN_DECLS

/* Above this an answer is refused (headers: above 64 KiB). */
#define CK_HTTP_MAX_BODY (1024 * 1024)
#define CK_HTTP_MAX_HEADERS (64 * 1024)

/**
 * CkHttpRules:
 * @proxy: (nullable): the proxy to go through; none otherwise, whatever the environment says
 * @ca_file: (nullable): a PEM file of the authorities to trust instead of the system's
 * @allow_insecure_loopback: whether plain http to a loopback address will do
 * @deadline: on g_get_monotonic_time()'s clock; a request has 30 s at most besides
 * @sending: (nullable): called once the connection stands, right before the first byte of the
 *   request leaves; if it says %FALSE nothing is sent
 * @sending_data: for @sending
 *
 * How requests are sent, borrowed.
 */
typedef struct
{
  const char *proxy;
  const char *ca_file;
  gboolean allow_insecure_loopback;
  gint64 deadline;
  gboolean (*sending) (gpointer sending_data);
  gpointer sending_data;
} CkHttpRules;

/**
 * CkHttpTrouble:
 * @CK_HTTP_TROUBLE_NONE: there is an answer
 * @CK_HTTP_TROUBLE_URI: the URI or a header is not allowed; nothing was sent
 * @CK_HTTP_TROUBLE_CONNECT: no connection: resolve, connect, proxy or TLS; nothing was sent
 * @CK_HTTP_TROUBLE_NO_STATUS: (part of) the request was sent, and no status came back
 * @CK_HTTP_TROUBLE_NO_BODY: a status came back, but not the whole answer
 * @CK_HTTP_TROUBLE_TOO_LARGE: more came back than is allowed
 */
typedef enum
{
  CK_HTTP_TROUBLE_NONE,
  CK_HTTP_TROUBLE_URI,
  CK_HTTP_TROUBLE_CONNECT,
  CK_HTTP_TROUBLE_NO_STATUS,
  CK_HTTP_TROUBLE_NO_BODY,
  CK_HTTP_TROUBLE_TOO_LARGE,
} CkHttpTrouble;

/**
 * CkHttpOutcome:
 * @trouble: what went wrong
 * @status: the HTTP status, 0 if none came
 * @message: (nullable): what went wrong in words; names the host, never the rest of the URI
 *
 * Cleared with ck_http_outcome_clear().
 */
typedef struct
{
  CkHttpTrouble trouble;
  guint status;
  char *message;
} CkHttpOutcome;

void ck_http_outcome_clear (CkHttpOutcome *outcome);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CkHttpOutcome, ck_http_outcome_clear)

/**
 * ck_http_send:
 * @request: what to send
 * @rules: how
 * @outcome: (out): how it went, to be cleared
 *
 * Sends once, on a fresh connection: libcurl repeats a request by itself when a connection kept
 * open turns out to be dead, which must not happen to one that spends a token.
 *
 * Returns: (transfer full) (nullable): the answer, whatever its status; %NULL with @outcome saying
 *   why
 */
CkHttpResponse *ck_http_send (const CkHttpRequest *request,
                              const CkHttpRules *rules,
                              CkHttpOutcome *outcome) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_http_response_new:
 * @status: the HTTP status
 * @headers: (nullable): lines `Name: value`, separated by newlines
 * @body: (transfer full) (nullable): the body, taken and wiped when freed
 * @sent_at: Unix seconds
 *
 * An answer by hand, for what did not come over HTTP, and for tests.
 *
 * Returns: (transfer full): the answer
 */
CkHttpResponse *ck_http_response_new (guint status,
                                      const char *headers,
                                      GString *body,
                                      guint64 sent_at) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
