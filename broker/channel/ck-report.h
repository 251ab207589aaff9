/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"

G_BEGIN_DECLS

/**
 * CkReport:
 * @http_status: what the app got from the platform
 * @body: (nullable): the body it came with, not trusted
 * @headers: (nullable): a{ss}: the headers it came with
 * @generation: which grant the app had used; 0 if it does not say
 *
 * How an app was refused by the platform.
 */
typedef struct
{
  guint http_status;
  GBytes *body;
  GVariant *headers;
  guint64 generation;
} CkReport;

/**
 * ck_channel_report_failure_async:
 * @report: (transfer none): what the app says
 *
 * An app's report never sets a state. What the provider's file calls an advice (a post refused as a
 * duplicate) becomes one; what its failure table knows to be none of the grant's business is said
 * to be so; all else triggers a check, once in MinCheckInterval.
 */
void ck_channel_report_failure_async (CkBroker *broker,
                                      CkChannel *channel,
                                      const CkReport *report,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);

/**
 * ck_channel_report_failure_finish:
 *
 * Returns: (transfer none) (nullable): `retry-with-new-token`, `not-a-token-problem` or
 *   `reconnect-needed`
 */
const char *ck_channel_report_failure_finish (GAsyncResult *result, GError **error);

G_END_DECLS
