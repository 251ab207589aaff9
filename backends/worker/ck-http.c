/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-http.h"

#include <string.h>

#include "ck-origin.h"
#include "ck-secret.h"

#define MAX_TOTAL_MS (30 * 1000)
#define MAX_CONNECT_MS (10 * 1000)

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CURL, curl_easy_cleanup)

typedef struct curl_slist CurlList;

/* A header may hold a token. */
static void
curl_list_free (CurlList *list)
{
  for (CurlList *item = list; item != NULL; item = item->next)
    ck_secret_wipe (item->data, strlen (item->data));
  curl_slist_free_all (list);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CurlList, curl_list_free)

/* One request under way. */
typedef struct
{
  const CkHttpRequest *request;
  const CkHttpRules *rules;
  gboolean is_insecure; /* plain http: only to a loopback address */
  gboolean prepared;    /* the connection stood, and sending was allowed */
  gboolean too_large;
  gboolean is_interim;  /* the header block that comes is one of a 1xx */
  gboolean has_status;  /* a whole header block came, not of an interim answer (1xx) */
  gint64 sent_at;
  GString *headers; /* of the last header block: an interim answer (1xx) has one too */
  GString *body;
} Exchange;

static void
exchange_clear (Exchange *exchange)
{
  if (exchange->body != NULL)
    {
      ck_secret_wipe (exchange->body->str, exchange->body->allocated_len);
      g_string_free (exchange->body, TRUE);
    }
  if (exchange->headers != NULL)
    g_string_free (exchange->headers, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Exchange, exchange_clear)

void
ck_http_outcome_clear (CkHttpOutcome *outcome)
{
  g_clear_pointer (&outcome->message, g_free);
}

/* "HTTP/1.1 103 Early Hints" */
static gboolean
is_interim_line (const char *line, gsize length)
{
  const char *space = memchr (line, ' ', length);

  return space != NULL && space + 1 < line + length && space[1] == '1';
}

static gsize
on_header (char *data, gsize size, gsize n, void *user_data)
{
  Exchange *exchange = user_data;
  gsize length = size * n;

  if (length >= 5 && memcmp (data, "HTTP/", 5) == 0)
    {
      g_string_truncate (exchange->headers, 0);
      exchange->is_interim = is_interim_line (data, length);
    }
  else if (*data == '\r' || *data == '\n')
    exchange->has_status = !exchange->is_interim;
  if (exchange->headers->len + length > CK_HTTP_MAX_HEADERS)
    {
      exchange->too_large = TRUE;
      return 0;
    }
  g_string_append_len (exchange->headers, data, (gssize) length);

  return length;
}

static gsize
on_body (char *data, gsize size, gsize n, void *user_data)
{
  Exchange *exchange = user_data;
  gsize length = size * n;

  if (exchange->body->len + length > CK_HTTP_MAX_BODY)
    {
      exchange->too_large = TRUE;
      return 0;
    }
  if (exchange->body->len + length >= exchange->body->allocated_len)
    {
      /* GString would leave the old bytes behind. */
      GString *larger = g_string_sized_new (2 * (exchange->body->len + length));

      g_string_append_len (larger, exchange->body->str, (gssize) exchange->body->len);
      ck_secret_wipe (exchange->body->str, exchange->body->allocated_len);
      g_string_free (exchange->body, TRUE);
      exchange->body = larger;
    }
  g_string_append_len (exchange->body, data, (gssize) length);

  return length;
}

/* The last moment before the request's first byte: resolve, connect, proxy and TLS have gone well. */
static int
on_prepared (void *user_data, char *address, char *local, int port, int local_port)
{
  Exchange *exchange = user_data;

  if (exchange->is_insecure && exchange->rules->proxy == NULL && !ck_origin_is_loopback (address))
    return CURL_PREREQFUNC_ABORT;
  if (exchange->rules->sending != NULL && !exchange->rules->sending (exchange->rules->sending_data))
    return CURL_PREREQFUNC_ABORT;

  exchange->prepared = TRUE;
  exchange->sent_at = g_get_real_time () / G_USEC_PER_SEC;

  return CURL_PREREQFUNC_OK;
}

/* Nobody may write a second header, or a second request, into a value. */
static gboolean
is_header (const char *line)
{
  const char *colon = strchr (line, ':');

  return colon != NULL && colon > line && strpbrk (line, "\r\n") == NULL;
}

static gboolean
set_headers (CURL *curl, const CkHttpRequest *request, CurlList **list)
{
  g_autofree char *type = NULL;

  *list = curl_slist_append (*list, "Accept: application/json");
  /* No 100-continue: a body must not hang on an interim answer that may never come. */
  *list = curl_slist_append (*list, "Expect:");
  if (request->body != NULL)
    {
      type = g_strdup_printf ("Content-Type: %s",
                              request->content_type != NULL
                                  ? request->content_type
                                  : "application/x-www-form-urlencoded");
      if (!is_header (type))
        return FALSE;
      *list = curl_slist_append (*list, type);
    }

  for (guint i = 0; request->headers != NULL && request->headers[i] != NULL; i++)
    {
      if (!is_header (request->headers[i]))
        return FALSE;
      *list = curl_slist_append (*list, request->headers[i]);
    }
  curl_easy_setopt (curl, CURLOPT_HTTPHEADER, *list);

  return TRUE;
}

static void
set_rules (CURL *curl, const CkHttpRules *rules, long total_ms)
{
  curl_easy_setopt (curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (curl, CURLOPT_PROTOCOLS_STR, rules->allow_insecure_loopback ? "https,http"
                                                                                 : "https");
  curl_easy_setopt (curl, CURLOPT_FOLLOWLOCATION, 0L);
  /* One request, one connection: whether it was answered is plain to see. */
  curl_easy_setopt (curl, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
  curl_easy_setopt (curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt (curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt (curl, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt (curl, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
  curl_easy_setopt (curl, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt (curl, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt (curl, CURLOPT_TIMEOUT_MS, total_ms);
  curl_easy_setopt (curl, CURLOPT_CONNECTTIMEOUT_MS, MIN (total_ms, (long) MAX_CONNECT_MS));
  /* Set, even to nothing, it keeps libcurl from looking into the environment. */
  curl_easy_setopt (curl, CURLOPT_PROXY, rules->proxy != NULL ? rules->proxy : "");
  curl_easy_setopt (curl, CURLOPT_NOPROXY, "");
  curl_easy_setopt (curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (rules->ca_file != NULL)
    {
      curl_easy_setopt (curl, CURLOPT_CAINFO, rules->ca_file);
      curl_easy_setopt (curl, CURLOPT_CAPATH, NULL);
    }
}

static void
set_request (CURL *curl, Exchange *exchange, CURLU *url)
{
  const CkHttpRequest *request = exchange->request;

  curl_easy_setopt (curl, CURLOPT_CURLU, url);
  curl_easy_setopt (curl, CURLOPT_USERAGENT, "Channelkeeper/" PACKAGE_VERSION);
  if (request->body != NULL || g_str_equal (request->method, "POST"))
    {
      const char *body = request->body != NULL ? request->body : "";

      curl_easy_setopt (curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) strlen (body));
      curl_easy_setopt (curl, CURLOPT_POSTFIELDS, body);
    }
  curl_easy_setopt (curl, CURLOPT_CUSTOMREQUEST, request->method);
  curl_easy_setopt (curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt (curl, CURLOPT_HEADERDATA, exchange);
  curl_easy_setopt (curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt (curl, CURLOPT_WRITEDATA, exchange);
  curl_easy_setopt (curl, CURLOPT_PREREQFUNCTION, on_prepared);
  curl_easy_setopt (curl, CURLOPT_PREREQDATA, exchange);
}

static char *
dup_host (const char *uri)
{
  g_autofree char *origin = ck_origin_dup (uri);

  return g_strdup (origin != NULL ? strstr (origin, "://") + 3 : "the platform");
}

static CkHttpResponse *
give_up (CkHttpOutcome *outcome, CkHttpTrouble trouble, guint status, char *message)
{
  outcome->trouble = trouble;
  outcome->status = status;
  outcome->message = message;

  return NULL;
}

/* Sorts what libcurl says into what it means for a token that may have been spent. */
static CkHttpResponse *
explain (CURL *curl, Exchange *exchange, CURLcode code, CkHttpOutcome *outcome)
{
  g_autofree char *host = dup_host (exchange->request->uri);
  const char *words = curl_easy_strerror (code);
  long status = 0, request_size = 0, proxy_status = 0;

  curl_easy_getinfo (curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo (curl, CURLINFO_REQUEST_SIZE, &request_size);
  curl_easy_getinfo (curl, CURLINFO_HTTP_CONNECTCODE, &proxy_status);

  if (!exchange->prepared && proxy_status >= 300)
    return give_up (outcome,
                    CK_HTTP_TROUBLE_CONNECT,
                    0,
                    g_strdup_printf ("%s cannot be reached: the proxy refuses (HTTP %ld)", host,
                                     proxy_status));

  if (!exchange->prepared || request_size == 0)
    return give_up (outcome,
                    CK_HTTP_TROUBLE_CONNECT,
                    0,
                    g_strdup_printf ("%s cannot be reached: %s", host, words));

  if (exchange->too_large)
    return give_up (outcome,
                    CK_HTTP_TROUBLE_TOO_LARGE,
                    (guint) status,
                    g_strdup_printf ("%s answered more than the 1 MiB that is allowed", host));

  if (!exchange->has_status)
    return give_up (outcome,
                    CK_HTTP_TROUBLE_NO_STATUS,
                    0,
                    g_strdup_printf ("%s got the request and did not answer: %s", host, words));

  return give_up (outcome,
                  CK_HTTP_TROUBLE_NO_BODY,
                  (guint) status,
                  g_strdup_printf ("the answer of %s broke off: %s", host, words));
}

static long
remaining_ms (const CkHttpRules *rules)
{
  gint64 left = (rules->deadline - g_get_monotonic_time ()) / 1000;

  return (long) CLAMP (left, 0, MAX_TOTAL_MS);
}

CkHttpResponse *
ck_http_send (const CkHttpRequest *request, const CkHttpRules *rules, CkHttpOutcome *outcome)
{
  g_auto (Exchange) exchange = { .request = request, .rules = rules };
  g_autoptr (CURL) curl = NULL;
  g_autoptr (CURLU) url = NULL;
  g_autoptr (CurlList) headers = NULL;
  const char *why;
  CURLcode code;
  long status = 0, total_ms = remaining_ms (rules);

  *outcome = (CkHttpOutcome){ CK_HTTP_TROUBLE_NONE, 0, NULL };

  url = ck_origin_parse (request->uri, rules->allow_insecure_loopback, &why);
  if (url == NULL)
    {
      g_autofree char *host = dup_host (request->uri);

      return give_up (outcome,
                      CK_HTTP_TROUBLE_URI,
                      0,
                      g_strdup_printf ("an endpoint at %s %s", host, why));
    }
  if (total_ms == 0)
    return give_up (outcome, CK_HTTP_TROUBLE_CONNECT, 0, g_strdup ("the time has run out"));

  curl = curl_easy_init ();
  if (curl == NULL || !set_headers (curl, request, &headers))
    return give_up (outcome, CK_HTTP_TROUBLE_URI, 0, g_strdup ("a header is not allowed"));

  exchange.is_insecure = g_ascii_strncasecmp (request->uri, "https:", 6) != 0;
  exchange.headers = g_string_new (NULL);
  exchange.body = g_string_sized_new (4096);
  set_rules (curl, rules, total_ms);
  set_request (curl, &exchange, url);

  code = curl_easy_perform (curl);
  /* To libcurl a header block that breaks off is an answer; it is none. */
  if (code == CURLE_OK && !exchange.has_status)
    code = CURLE_GOT_NOTHING;
  if (code != CURLE_OK)
    return explain (curl, &exchange, code, outcome);

  curl_easy_getinfo (curl, CURLINFO_RESPONSE_CODE, &status);
  outcome->status = (guint) status;

  return ck_http_response_new ((guint) status,
                               exchange.headers->str,
                               g_steal_pointer (&exchange.body),
                               (guint64) exchange.sent_at);
}
