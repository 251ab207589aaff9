/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-report.h"

#include "ck-clock.h"
#include "ck-operations.h"
#include "provider/ck-failure.h"
#include "provider/ck-json.h"

/* ---- what the platform's answer says ----------------------------------------------------------
 */

static const char *
find_header (gpointer data, const char *name)
{
  GVariantIter iter;
  const char *key, *value;

  g_variant_iter_init (&iter, data);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &value))
    {
      if (g_ascii_strcasecmp (key, name) == 0)
        return value;
    }

  return NULL;
}

/* (transfer none) (nullable): the advice that the first match of the provider's file gives */
static const char *
find_advice (CkProvider *provider, const CkFailureAnswer *answer)
{
  const char *word, *text;
  GVariantIter iter;

  g_variant_iter_init (&iter, ck_provider_get_advice (provider));
  while (g_variant_iter_next (&iter, "(&s&s)", &word, &text))
    {
      g_autoptr (CkFailureMatch) match = ck_failure_match_parse (text, NULL);

      if (match != NULL && ck_failure_match_test (match, answer))
        return word;
    }

  return NULL;
}

static gboolean
is_harmless (CkProvider *provider, const CkFailureAnswer *answer)
{
  g_autoptr (CkFailureTable) table
      = ck_failure_table_new (ck_provider_get_failures (provider), NULL);
  CkCause cause = CK_CAUSE_NONE;
  gboolean decided = table != NULL && ck_failure_table_lookup (table, answer, &cause);

  return cause == CK_CAUSE_RATE_LIMITED || cause == CK_CAUSE_SERVER_ERROR
         || (decided && cause == CK_CAUSE_NONE);
}

static void
advise (CkBroker *broker, CkChannel *channel, const char *word)
{
  CkLifecycleContext context;
  CkChannelRecord *record;

  ck_operations_fill_context (broker, channel, &context);
  record = ck_lifecycle_advised (ck_channel_get_record (channel), word, TRUE, &context);
  if (record != NULL)
    ck_broker_commit (broker, channel, record, NULL);
}

/* Whether the answer alone says that the token is not at fault; notes the advice it gives. */
static gboolean
is_no_token_problem (CkBroker *broker, CkChannel *channel, const CkReport *report)
{
  CkProvider *provider = ck_config_lookup_provider (
      ck_broker_get_config (broker), ck_channel_get_record (channel)->provider, NULL);
  CkFailureAnswer answer = { .where = "api", .status = report->http_status };
  g_autoptr (JsonNode) json = NULL;
  const char *advice;

  if (report->http_status < 400)
    return TRUE;
  if (provider == NULL)
    return FALSE;

  if (report->body != NULL)
    answer.body = g_bytes_get_data (report->body, &answer.body_length);
  if (answer.body_length > 0)
    json = ck_json_parse (answer.body, answer.body_length, NULL);
  answer.json = json;
  if (report->headers != NULL)
    {
      answer.get_header = find_header;
      answer.header_data = report->headers;
    }

  advice = find_advice (provider, &answer);
  if (advice != NULL)
    {
      advise (broker, channel, advice);
      return TRUE;
    }

  /* An app may leave the body out: what is not known is checked. */
  if (json == NULL && report->http_status != 408 && report->http_status != 425
      && report->http_status != 429 && report->http_status < 500)
    return FALSE;

  return is_harmless (provider, &answer);
}

/* ---- the check ---------------------------------------------------------------------------------
 */

static void
verified_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkChannel *channel = CK_CHANNEL (source);
  guint64 used = *(guint64 *) g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  const char *verdict;

  if (!ck_channel_verify_finish (result, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  if (!ck_channel_may_hand_out (channel, ck_clock_now ()))
    verdict = "reconnect-needed";
  else if (used != ck_channel_get_record (channel)->generation)
    verdict = "retry-with-new-token";
  else
    verdict = "not-a-token-problem";

  g_task_return_pointer (task, (gpointer) verdict, NULL);
}

void
ck_channel_report_failure_async (CkBroker *broker,
                                 CkChannel *channel,
                                 const CkReport *report,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (channel, cancellable, callback, user_data);
  guint64 current = ck_channel_get_record (channel)->generation;
  guint64 used = report->generation != 0 ? report->generation : current;

  g_task_set_source_tag (task, ck_channel_report_failure_async);
  g_task_set_task_data (task, g_memdup2 (&used, sizeof used), g_free);

  if (is_no_token_problem (broker, channel, report))
    g_task_return_pointer (task, (gpointer) "not-a-token-problem", NULL);
  else if (used < current && ck_channel_may_hand_out (channel, ck_clock_now ()))
    g_task_return_pointer (task, (gpointer) "retry-with-new-token", NULL);
  else
    ck_channel_verify_async (broker, channel, TRUE, NULL, verified_cb, g_steal_pointer (&task));
}

const char *
ck_channel_report_failure_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
