/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-job.h"

CkJob *
ck_job_new (void)
{
  CkJob *job = g_new0 (CkJob, 1);

  job->timeout = CK_JOB_DEFAULT_TIMEOUT;

  return job;
}

void
ck_job_free (CkJob *job)
{
  if (job->converse_destroy != NULL)
    job->converse_destroy (job->converse_data);
  g_clear_pointer (&job->grant, ck_grant_unref);
  g_clear_pointer (&job->client_secrets, secret_value_unref);
  g_clear_pointer (&job->extras, g_variant_unref);
  g_clear_pointer (&job->failures, g_variant_unref);
  g_clear_pointer (&job->settings, g_variant_unref);
  g_clear_pointer (&job->stack, g_variant_unref);
  g_free (job->host);
  g_free (job->client);
  g_free (job->provider);
  g_free (job->channel);
  g_free (job->operation);
  g_free (job);
}
