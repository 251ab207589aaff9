/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * CkMetrics:
 *
 * Measurements for a monitoring system: families of samples, each family with its name, kind and
 * meaning (OpenMetrics 1.0).
 */
typedef struct _CkMetrics CkMetrics;

CkMetrics *ck_metrics_new (void) G_GNUC_WARN_UNUSED_RESULT;
void ck_metrics_free (CkMetrics *metrics);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkMetrics, ck_metrics_free)

/**
 * ck_metrics_begin:
 * @name: of the family, without a suffix
 * @type: `gauge`, `counter` or `info`
 * @unit: (nullable): `seconds`; @name ends in it
 * @help: one line
 *
 * Begins a family: the samples that follow are its own.
 */
void ck_metrics_begin (
    CkMetrics *metrics, const char *name, const char *type, const char *unit, const char *help);

/**
 * ck_metrics_add:
 * @value: the sample's; `+Inf` stands for infinity
 * @...: pairs of label and value, ended by %NULL
 */
void ck_metrics_add (CkMetrics *metrics, double value, ...) G_GNUC_NULL_TERMINATED;

/**
 * ck_metrics_to_text:
 *
 * Returns: (transfer full): the exposition, ended by `# EOF`; families without samples left out
 */
char *ck_metrics_to_text (CkMetrics *metrics) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_metrics_to_json:
 *
 * Returns: (transfer full): an array of objects: name, labels, value (infinity is null)
 */
JsonNode *ck_metrics_to_json (CkMetrics *metrics) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
