/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "ck-state.h"

G_BEGIN_DECLS

/*
 * A provider's failure table: what an answer of the platform means. A row is a cause and a match;
 * a match is a list of conditions, separated by spaces, that must all hold:
 *
 *   status=400  status=400,401  status=4xx  status=500-599   the HTTP status
 *   where=token                 which interface answered: token, api, redirect, device, revoke
 *   json:PATH                   the answer is JSON and has such a member
 *   json:PATH=VALUE             that member is VALUE; whole numbers also as a range, 200-299
 *   json:PATH~TEXT              that member contains TEXT, in any case of its letters
 *   header:NAME  header:NAME=VALUE  header:NAME~TEXT         the same for a header
 *   body=json  body=not-json  body=empty  body~TEXT          the body as a whole
 *
 * PATH is member names joined by dots, an array's element by its number or by `*` for any of them:
 * `error.errors.*.reason`. VALUE and TEXT may be a list, separated by commas: one of it must fit.
 * What contains a space or a comma, or must not be read as a range, stands in "double quotes", in
 * which \" and \\ are a quote and a backslash. A `!` before a condition turns it round.
 */

/**
 * CkFailureAnswer:
 * @where: which interface answered
 * @status: the HTTP status
 * @json: (nullable): the body as JSON, where it is that (ck_json_parse())
 * @body: (nullable): the body, which need not be text
 * @body_length: its bytes
 * @get_header: (nullable): finds the value of a header by its name in any case
 * @header_data: for @get_header
 *
 * What a platform answered, borrowed from whoever has it.
 */
typedef struct
{
  const char *where;
  guint status;
  JsonNode *json;
  const char *body;
  gsize body_length;
  const char *(*get_header) (gpointer header_data, const char *name);
  gpointer header_data;
} CkFailureAnswer;

typedef struct _CkFailureMatch CkFailureMatch;
void ck_failure_match_free (CkFailureMatch *match);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkFailureMatch, ck_failure_match_free)

/**
 * ck_failure_match_parse:
 * @text: one match
 * @error: %CK_ERROR_INVALID_ARGUMENT, naming the condition that is wrong and why
 *
 * Returns: (transfer full) (nullable): the match
 */
CkFailureMatch *ck_failure_match_parse (const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_failure_match_test:
 *
 * Returns: whether every condition of @match holds for @answer
 */
gboolean ck_failure_match_test (CkFailureMatch *match, const CkFailureAnswer *answer);

typedef struct _CkFailureTable CkFailureTable;
void ck_failure_table_free (CkFailureTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkFailureTable, ck_failure_table_free)

/**
 * ck_failure_table_new:
 * @rows: (transfer none): a(ss): cause and match, in the order they are tried
 * @error: %CK_ERROR_INVALID_ARGUMENT, naming the row
 *
 * Returns: (transfer full) (nullable): the table
 */
CkFailureTable *ck_failure_table_new (GVariant *rows, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_failure_table_lookup:
 * @table: a table
 * @answer: a failed request's answer
 * @cause: (out): what it means; where no row says so, `rate-limited` or `server-error` for answers
 *   that cannot be about the grant, else `none`
 *
 * The first row that matches decides, within two limits that no provider file can lift:
 *
 * - 408, 425, 429 and 5xx are the platform's trouble, whatever their body says: only
 *   `rate-limited` and `server-error` come of them;
 * - an answer that is not JSON (a proxy's page, a captive portal) says nothing about grant, account
 *   or client, except by a header that the row asks for (RFC 6750 section 3).
 *
 * Returns: whether a row decided
 */
gboolean ck_failure_table_lookup (CkFailureTable *table,
                                  const CkFailureAnswer *answer,
                                  CkCause *cause);

G_END_DECLS
