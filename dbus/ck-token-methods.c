/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ck-argument.h"
#include "ck-bus-service-private.h"
#include "ck-error.h"
#include "ck-operations.h"
#include "ck-signing.h"
#include "ck-report.h"

#define MAX_BODY 65536

static const CkOptionSpec token_options[] = {
  { "min-validity", "u" },
  { "scopes", "as" },
  CK_OPTION_TIMEOUT,
  { NULL },
};

static const CkOptionSpec report_options[] = {
  { "headers", "a{ss}" },
  { "generation", "t" },
  CK_OPTION_TIMEOUT,
  { NULL },
};

static const CkOptionSpec plain_options[] = { CK_OPTION_TIMEOUT, { NULL } };

/* ---- GetAccessToken, OpenAccessToken ---------------------------------------------------------- */

/* A token that may go to the caller. */
typedef struct
{
  CkChannel *channel;
  const CkChannelRecord *record;
  CkGrant *grant;
  guint64 generation;
  gboolean unsaved;
} Token;

static void
add (GVariantBuilder *details, const char *key, GVariant *value)
{
  g_variant_builder_add_value (details, g_variant_new_dict_entry (g_variant_new_string (key),
                                                                  g_variant_new_variant (value)));
}

/* What the platform's API needs beside the token; its client secret and the like are not for apps. */
static void
add_extras (GVariantBuilder *details, GVariant *extras)
{
  static const char *const ours[]
      = { "generation", "token-type", "client-id", "account-id", "scopes", "unsaved", NULL };
  GVariantIter iter;
  const char *key;
  const char *value;

  g_variant_iter_init (&iter, extras);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &value))
    {
      if (!g_str_has_suffix (key, "secret") && !g_strv_contains (ours, key))
        add (details, key, g_variant_new_string (value));
    }
}

static GVariant *
make_details (CkBusService *self, const Token *token)
{
  const CkChannelRecord *record = token->record;
  const CkClientRecord *client = ck_broker_lookup_client (self->broker, record->client, NULL);
  GVariant *extras = ck_grant_get_extras (token->grant);
  GVariantBuilder details;

  g_variant_builder_init (&details, G_VARIANT_TYPE_VARDICT);
  add (&details, "generation", g_variant_new_uint64 (token->generation));
  add (&details, "token-type", g_variant_new_string (ck_grant_get_token_type (token->grant)));
  add (&details, "client-id", g_variant_new_string (client != NULL ? client->client_id : ""));
  add (&details, "account-id", g_variant_new_string (record->pinned_account));
  add (&details, "scopes", g_variant_new_strv ((const char *const *) record->granted_scopes, -1));
  if (token->unsaved)
    add (&details, "unsaved", g_variant_new_boolean (TRUE));
  if (extras != NULL)
    add_extras (&details, extras);

  return g_variant_builder_end (&details);
}

/* Returns the read end of a pipe that holds the token and nothing more, or -1. */
static int
open_token (const char *token, GError **error)
{
  gsize length = strlen (token);
  gssize written;
  int fds[2];

  if (pipe2 (fds, O_CLOEXEC | O_NONBLOCK) < 0)
    {
      g_set_error (error, CK_ERROR, CK_ERROR_FAILED, "cannot make a pipe: %s", g_strerror (errno));
      return -1;
    }

  /* All of it fits or none does: who reads, and when, is not our affair. */
  written = write (fds[1], token, length);
  close (fds[1]);
  if (written != (gssize) length)
    {
      close (fds[0]);
      g_set_error_literal (error,
                           CK_ERROR,
                           CK_ERROR_LIMIT_EXCEEDED,
                           "the token does not fit into a pipe: too many are open and not read");
      return -1;
    }

  /* Ours is non-blocking; the app's reads may wait as they always do. */
  fcntl (fds[0], F_SETFL, 0);
  return fds[0];
}

/* The channel's record is another one afterwards. */
static void
note_handed_out (CkWork *work, const Token *token, const char *method)
{
  ck_access_log_handed_out (work->service->access_log, ck_call_get_caller (work->call),
                            token->channel, method);
}

/* A bare token of OAuth 1.0a is good for nothing. */
static gboolean
is_bearer (CkWork *work, const Token *token)
{
  if (!ck_signing_is_for (token->grant))
    return TRUE;

  ck_work_fail (work,
                g_error_new (CK_ERROR,
                             CK_ERROR_NOT_SUPPORTED,
                             "the token of %s works only with a signature (OAuth 1.0a): call "
                             "SignRequest for each request",
                             token->record->id));

  return FALSE;
}

static void
return_token (CkWork *work, const Token *token)
{
  GVariant *answer;

  if (!is_bearer (work, token))
    return;

  answer = g_variant_new ("(st@a{sv})",
                          ck_grant_get_access_token (token->grant),
                          token->record->expires_at,
                          make_details (work->service, token));
  note_handed_out (work, token, "GetAccessToken");
  ck_work_return (work, answer);
}

static void
return_token_fd (CkWork *work, const Token *token)
{
  GVariant *answer;
  g_autoptr (GUnixFDList) fds = NULL;
  GError *error = NULL;
  int fd;

  if (!is_bearer (work, token))
    return;

  fd = open_token (ck_grant_get_access_token (token->grant), &error);
  if (fd < 0)
    {
      ck_work_fail (work, error);
      return;
    }

  fds = g_unix_fd_list_new_from_array (&fd, 1);
  answer = g_variant_new ("(ht@a{sv})",
                          0,
                          token->record->expires_at,
                          make_details (work->service, token));
  note_handed_out (work, token, "OpenAccessToken");
  ck_call_return_fd (g_steal_pointer (&work->call), answer, fds);
}

/* name, value, …, NULL; the strings are the message's. */
static const char **
list_parameters (GVariant *parameters)
{
  gsize n = g_variant_n_children (parameters);
  const char **list = g_new0 (const char *, 2 * n + 1);

  for (gsize i = 0; i < n; i++)
    g_variant_get_child (parameters, i, "{&s&s}", &list[2 * i], &list[2 * i + 1]);

  return list;
}

static void
return_signature (CkWork *work, const Token *token)
{
  g_autoptr (GVariant) parameters = NULL;
  g_autofree const char **list = NULL;
  g_autofree char *authorization = NULL;
  CkSigningRequest request = { 0 };
  GError *error = NULL;

  g_variant_get (ck_call_get_parameters (work->call),
                 "(&s&s@a{ss}@a{sv})",
                 &request.method,
                 &request.uri,
                 &parameters,
                 NULL);
  list = list_parameters (parameters);
  request.parameters = list;
  authorization = ck_signing_sign (work->service->broker, token->channel, token->grant, &request, &error);
  if (authorization == NULL)
    {
      ck_work_fail (work, error);
      return;
    }

  note_handed_out (work, token, "SignRequest");
  ck_work_return (work, g_variant_new ("(s)", authorization));
}

typedef void (*ReturnFunc) (CkWork *work, const Token *token);

/* Who may have its tokens, as one text. */
static char *
dup_access (CkChannel *channel)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  g_autofree char *users = g_strjoinv (" ", record->allowed_users);
  g_autofree char *groups = g_strjoinv (" ", record->allowed_groups);

  return g_strdup_printf ("%s/%s/%s", record->assigned_user, users, groups);
}

static void
finish_token (GObject *source, GAsyncResult *result, CkWork *work, ReturnFunc give)
{
  CkChannel *channel = CK_CHANNEL (source);
  Token token = { .channel = channel, .record = ck_channel_get_record (channel) };
  g_autofree char *access = dup_access (channel);
  GError *error = NULL;
  g_autoptr (CkGrant) grant
      = ck_channel_get_token_finish (result, &token.generation, &token.unsaved, &error);

  token.grant = grant;
  if (grant == NULL)
    ck_work_fail (work, error);
  else if (!g_str_equal (access, work->access))
    ck_work_fail (work,
                  g_error_new (CK_ERROR,
                               CK_ERROR_NOT_AUTHORIZED,
                               "who may use %s was changed while this call waited: call again",
                               token.record->id));
  else
    give (work, &token);
}

static void
get_token_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;

  finish_token (source, result, work, return_token);
}

static void
open_token_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;

  finish_token (source, result, work, return_token_fd);
}

static void
sign_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;

  finish_token (source, result, work, return_signature);
}

/* The token held is good: no turn of the main loop, no clock. */
static void
hand_out (CkWork *work, CkChannel *channel, CkGrant *grant, ReturnFunc give)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  const Token token
      = { channel, record, grant, record->generation, ck_channel_is_unsaved (channel) };

  give (work, &token);
}

static void
ask_for_token (CkCall *call, CkBusService *self, GAsyncReadyCallback callback, ReturnFunc give)
{
  GVariant *options = ck_call_get_options (call);
  guint min_validity = ck_options_get_uint (options, "min-validity", 0);
  g_auto (GStrv) scopes = ck_options_dup_strings (options, "scopes");
  GError *error = NULL;
  CkChannel *channel = ck_bus_service_find_channel (self, call, &error);
  g_autoptr (CkWork) work = NULL;
  CkGrant *grant;

  if (channel == NULL)
    {
      ck_call_fail (call, error);
      return;
    }

  work = ck_work_new (self, call);
  grant = ck_channel_peek_token (self->broker, channel, min_validity, (const char *const *) scopes);
  if (grant != NULL)
    {
      hand_out (work, channel, grant, give);
      return;
    }

  work->access = dup_access (channel);
  ck_channel_get_token_async (self->broker, channel, min_validity, (const char *const *) scopes,
                              ck_call_get_cancellable (call), callback, g_steal_pointer (&work));
}

static void
handle_get_access_token (CkCall *call, gpointer user_data)
{
  ask_for_token (call, CK_BUS_SERVICE (user_data), get_token_cb, return_token);
}

static void
handle_open_access_token (CkCall *call, gpointer user_data)
{
  ask_for_token (call, CK_BUS_SERVICE (user_data), open_token_cb, return_token_fd);
}

static void
handle_sign_request (CkCall *call, gpointer user_data)
{
  g_autoptr (GVariant) parameters = NULL;
  g_autofree const char **list = NULL;
  CkSigningRequest request = { 0 };
  GError *error = NULL;

  g_variant_get (ck_call_get_parameters (call),
                 "(&s&s@a{ss}@a{sv})",
                 &request.method,
                 &request.uri,
                 &parameters,
                 NULL);
  list = list_parameters (parameters);
  request.parameters = list;
  if (ck_signing_check (&request, &error))
    ask_for_token (call, CK_BUS_SERVICE (user_data), sign_cb, return_signature);
  else
    ck_call_fail (call, error);
}

/* ---- Renew, Verify, ReportFailure ------------------------------------------------------------- */

static void
renewed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  GError *error = NULL;

  ck_channel_renew_finish (result, &error);
  ck_work_end (work, error);
}

static void
handle_renew (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  GError *error = NULL;
  CkChannel *channel = ck_bus_service_find_channel (self, call, &error);

  if (channel == NULL)
    ck_call_fail (call, error);
  else
    ck_channel_renew_async (self->broker,
                            channel,
                            TRUE,
                            NULL,
                            renewed_cb,
                            ck_work_new (self, call));
}

static void
verified_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  const CkChannelRecord *record = ck_channel_get_record (CK_CHANNEL (source));
  GError *error = NULL;

  if (!ck_channel_verify_finish (result, &error))
    ck_work_fail (work, error);
  else
    ck_work_return (work,
                    g_variant_new ("(ss)",
                                   ck_state_to_string (record->state),
                                   ck_cause_to_string (record->cause)));
}

static void
handle_verify (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  GError *error = NULL;
  CkChannel *channel = ck_bus_service_find_channel (self, call, &error);

  if (channel == NULL)
    ck_call_fail (call, error);
  else
    ck_channel_verify_async (self->broker,
                             channel,
                             TRUE,
                             NULL,
                             verified_cb,
                             ck_work_new (self, call));
}

static void
reported_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  GError *error = NULL;
  const char *verdict = ck_channel_report_failure_finish (result, &error);

  if (verdict == NULL)
    ck_work_fail (work, error);
  else
    ck_work_return (work, g_variant_new ("(s)", verdict));
}

static void
handle_report_failure (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  GVariant *options = ck_call_get_options (call);
  g_autoptr (GVariant) body = NULL;
  g_autoptr (GVariant) headers
      = g_variant_lookup_value (options, "headers", G_VARIANT_TYPE ("a{ss}"));
  g_autoptr (GBytes) bytes = NULL;
  CkReport report
      = { .headers = headers, .generation = ck_options_get_time (options, "generation") };
  GError *error = NULL;
  CkChannel *channel = ck_bus_service_find_channel (self, call, &error);

  if (channel == NULL)
    {
      ck_call_fail (call, error);
      return;
    }

  g_variant_get (ck_call_get_parameters (call), "(u@aya{sv})", &report.http_status, &body, NULL);
  if (g_variant_get_size (body) > MAX_BODY || report.http_status < 100 || report.http_status > 999)
    {
      ck_call_fail (call,
                    g_error_new (CK_ERROR,
                                 CK_ERROR_INVALID_ARGUMENT,
                                 "http_status must have three digits, and body at most %d bytes",
                                 MAX_BODY));
      return;
    }

  bytes = g_variant_get_data_as_bytes (body);
  report.body = bytes;
  ck_channel_report_failure_async (self->broker, channel, &report, NULL, reported_cb,
                                   ck_work_new (self, call));
}

const CkMethod *
ck_token_methods_get (void)
{
  static const CkMethod methods[] = {
    { "GetAccessToken", handle_get_access_token, CK_SUBJECT_OBJECT, token_options },
    { "OpenAccessToken", handle_open_access_token, CK_SUBJECT_OBJECT, token_options },
    { "SignRequest", handle_sign_request, CK_SUBJECT_OBJECT, plain_options },
    { "Renew", handle_renew, CK_SUBJECT_OBJECT, plain_options },
    { "Verify", handle_verify, CK_SUBJECT_OBJECT, plain_options },
    { "ReportFailure", handle_report_failure, CK_SUBJECT_OBJECT, report_options },
    { NULL },
  };

  return methods;
}
