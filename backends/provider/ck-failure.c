/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-failure-private.h"

#include "ck-error.h"

typedef struct
{
  CkCause cause;
  CkFailureMatch *match;
} Row;

struct _CkFailureTable
{
  GArray *rows;
};

static void
row_clear (Row *row)
{
  g_clear_pointer (&row->match, ck_failure_match_free);
}

void
ck_failure_table_free (CkFailureTable *table)
{
  g_clear_pointer (&table->rows, g_array_unref);
  g_free (table);
}

CkFailureTable *
ck_failure_table_new (GVariant *rows, GError **error)
{
  g_autoptr (CkFailureTable) table = g_new0 (CkFailureTable, 1);
  const char *cause, *match;
  GVariantIter iter;

  g_return_val_if_fail (g_variant_is_of_type (rows, G_VARIANT_TYPE ("a(ss)")), NULL);

  table->rows = g_array_new (FALSE, TRUE, sizeof (Row));
  g_array_set_clear_func (table->rows, (GDestroyNotify) row_clear);

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(&s&s)", &cause, &match))
    {
      Row row = { CK_CAUSE_NONE, NULL };

      if (!ck_cause_from_string (cause, &row.cause))
        {
          g_set_error (error,
                       CK_ERROR,
                       CK_ERROR_INVALID_ARGUMENT,
                       "“%s” is no cause of a failure",
                       cause);
          return NULL;
        }
      row.match = ck_failure_match_parse (match, error);
      if (row.match == NULL)
        {
          g_prefix_error (error, "the failure table's row for %s: ", cause);
          return NULL;
        }
      g_array_append_val (table->rows, row);
    }

  return g_steal_pointer (&table);
}

static gboolean
is_transient_status (guint status)
{
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

static gboolean
is_allowed (const Row *row, const CkFailureAnswer *answer)
{
  if (row->cause == CK_CAUSE_RATE_LIMITED || row->cause == CK_CAUSE_SERVER_ERROR)
    return TRUE;
  if (is_transient_status (answer->status))
    return FALSE;

  return answer->json != NULL || ck_failure_match_asks_header (row->match);
}

static CkCause
default_cause (const CkFailureAnswer *answer)
{
  if (answer->status == 429)
    return CK_CAUSE_RATE_LIMITED;
  /* A 2xx or 3xx that is not what was hoped for: the platform errs, nobody was refused. */
  if (is_transient_status (answer->status) || answer->json == NULL
      || (answer->status < 400 && g_strcmp0 (answer->where, "redirect") != 0))
    return CK_CAUSE_SERVER_ERROR;

  return CK_CAUSE_NONE;
}

gboolean
ck_failure_table_lookup (CkFailureTable *table, const CkFailureAnswer *answer, CkCause *cause)
{
  for (guint i = 0; i < table->rows->len; i++)
    {
      const Row *row = &g_array_index (table->rows, Row, i);

      if (ck_failure_match_test (row->match, answer) && is_allowed (row, answer))
        {
          *cause = row->cause;
          return TRUE;
        }
    }
  *cause = default_cause (answer);

  return FALSE;
}
