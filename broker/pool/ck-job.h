/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <libsecret/secret.h>

#include "ck-converse.h"
#include "ck-grant.h"
#include "ck-urgency.h"

G_BEGIN_DECLS

/**
 * CkJob:
 * @operation: `connect`, `verify`, `renew` or `revoke`
 * @channel: the channel's id
 * @provider: the provider's id
 * @client: the client's id: a worker is only ever handed transactions of one client
 * @host: the platform's host, by which running jobs are counted (ck_provider_get_host())
 * @stack: the compiled stack (ck_config_dup_stack())
 * @settings: a{ss} (ck_provider_get_settings())
 * @failures: a(ss) (ck_provider_get_failures())
 * @extras: (nullable): a{sv}, the rest of Worker1.Run's @transaction: flow s, client-id s,
 *   redirect-uri s, scopes as, required-scopes as, pinned-account s, metadata s, proxy s, ca-file s,
 *   allow-insecure-loopback b. Operation, channel, provider and timeout are added by the pool.
 * @client_secrets: (nullable): a serialized `as`, tried in this order; %NULL: a public client
 * @grant: (nullable): the grant to work on
 * @timeout: seconds a worker has for it, counted from when it begins, not while it waits its turn
 * @urgency: what it passes in the line
 * @is_attempt: a person waits for it: it has a place in the pool for attempts
 * @converse: (nullable): asks the person; without it every question fails NotSupported
 * @converse_data: passed to @converse
 * @converse_destroy: (nullable): frees @converse_data when the job has ended
 *
 * One transaction for a worker. The members are set by whoever makes it and belong to it: strings
 * are duplicated, variants sunk and referenced.
 */
typedef struct
{
  char *operation;
  char *channel;
  char *provider;
  char *client;
  char *host;
  GVariant *stack;
  GVariant *settings;
  GVariant *failures;
  GVariant *extras;
  SecretValue *client_secrets;
  CkGrant *grant;
  guint timeout;
  CkUrgency urgency;
  gboolean is_attempt;
  CkConverseFunc converse;
  gpointer converse_data;
  GDestroyNotify converse_destroy;
} CkJob;

/* Seconds: what a job has if nobody says otherwise. */
#define CK_JOB_DEFAULT_TIMEOUT 60

/**
 * ck_job_new:
 *
 * Returns: (transfer full): an empty job with the default timeout
 */
CkJob *ck_job_new (void);
void ck_job_free (CkJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkJob, ck_job_free)

G_END_DECLS
