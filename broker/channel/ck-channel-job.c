/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-channel-job.h"

#include "ck-clock.h"
#include "ck-error.h"

static GVariant *
make_extras (CkBroker *broker, const CkChannelRecord *record, const CkClientRecord *client)
{
  const CkSettings *settings = ck_config_get_settings (ck_broker_get_config (broker));
  const char *metadata = ck_broker_get_metadata (broker, record->client);
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "client-id", "s", client->client_id);
  g_variant_dict_insert (&dict, "scopes", "^as", record->scopes);
  g_variant_dict_insert (&dict, "required-scopes", "^as", record->required_scopes);
  g_variant_dict_insert (&dict, "pinned-account", "s", record->pinned_account);
  g_variant_dict_insert (&dict, "metadata", "s", metadata != NULL ? metadata : "");
  g_variant_dict_insert (&dict, "proxy", "s", settings->proxy);
  g_variant_dict_insert (&dict, "ca-file", "s", settings->ca_file);
  g_variant_dict_insert (&dict,
                         "allow-insecure-loopback",
                         "b",
                         settings->allow_insecure_loopback);

  return g_variant_dict_end (&dict);
}

CkJob *
ck_channel_job_new (CkBroker *broker,
                    CkChannel *channel,
                    const char *operation,
                    CkGrant *grant,
                    GError **error)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  CkConfig *config = ck_broker_get_config (broker);
  CkProvider *provider = ck_config_lookup_provider (config, record->provider, error);
  const CkClientRecord *client;
  SecretValue *secrets;
  g_autoptr (GVariant) stack = NULL;
  CkJob *job;

  if (provider == NULL)
    return NULL;
  client = ck_broker_lookup_client (broker, record->client, error);
  if (client == NULL)
    return NULL;

  stack = ck_config_dup_stack (config, provider, operation);
  if (stack == NULL)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_NOT_SUPPORTED,
                   "%s: the stack %s has no line for %s",
                   record->id,
                   ck_provider_get_stack (provider),
                   operation);
      return NULL;
    }

  job = ck_job_new ();
  job->operation = g_strdup (operation);
  job->channel = g_strdup (record->id);
  job->provider = g_strdup (record->provider);
  job->client = g_strdup (record->client);
  job->host = g_strdup (ck_provider_get_host (provider));
  job->urgency = ck_channel_get_urgency (channel, ck_clock_now ());
  job->stack = g_steal_pointer (&stack);
  job->settings = g_variant_ref (ck_provider_get_settings (provider));
  job->failures = g_variant_ref (ck_provider_get_failures (provider));
  job->extras = g_variant_ref_sink (make_extras (broker, record, client));
  secrets = ck_broker_get_client_secrets (broker, record->client);
  job->client_secrets = secrets != NULL ? secret_value_ref (secrets) : NULL;
  job->grant = grant != NULL ? ck_grant_ref (grant) : NULL;

  return job;
}

void
ck_channel_job_set_extra (CkJob *job, const char *key, GVariant *value)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, job->extras);
  g_variant_dict_insert_value (&dict, key, value);
  g_variant_unref (job->extras);
  job->extras = g_variant_ref_sink (g_variant_dict_end (&dict));
}

void
ck_channel_job_noted (CkBroker *broker, CkChannel *channel, const CkOutcome *outcome)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  CkActivity *activity = ck_channel_get_activity (channel);

  if (outcome->result == CK_RESULT_SUCCESS || outcome->http_status != 0)
    {
      activity->cut_off = FALSE;
      activity->n_woken = 0;
      ck_broker_note_reached (broker);
    }
  else if (outcome->cause == CK_CAUSE_NETWORK)
    {
      ck_broker_note_cut_off (broker, channel);
    }

  if (outcome->result == CK_RESULT_SUCCESS)
    {
      activity->client_secret = outcome->client_secret;
      ck_broker_note_served (broker, channel);
    }
  if (outcome->cause == CK_CAUSE_RATE_LIMITED && MAX (outcome->retry_after, outcome->limit_wait) != 0)
    ck_broker_note_limited (broker, channel, MAX (outcome->retry_after, outcome->limit_wait));
  else if (outcome->limit_wait != 0)
    ck_broker_note_limit (broker, channel, outcome->limit_wait);
  if (outcome->metadata != NULL && *outcome->metadata != '\0')
    ck_broker_set_metadata (broker, record->client, outcome->metadata);
}

CkOutcome *
ck_channel_job_failed (const GError *error)
{
  CkOutcome *outcome = g_new0 (CkOutcome, 1);

  outcome->result = CK_RESULT_SYSTEM_ERR;
  outcome->cause = CK_CAUSE_SERVER_ERROR;
  outcome->detail = g_strdup (error->message);
  outcome->platform_message = g_strdup ("");
  outcome->advice = g_new0 (char *, 1);
  outcome->settled_advice = g_new0 (char *, 1);
  outcome->deciding_module = g_strdup ("");

  return outcome;
}
