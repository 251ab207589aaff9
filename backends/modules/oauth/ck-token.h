/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "ck-oauth-text.h"

G_BEGIN_DECLS

/**
 * CkToken:
 * @access_token: printable ASCII
 * @refresh_token: (nullable): printable ASCII; %NULL if none came
 * @id_token: (nullable): as it came, not looked at
 * @token_type: as the grant shall say it, `Bearer`
 * @scopes: (nullable): %NULL if the answer does not say
 * @expires_in: seconds; 0 if not said: ask the platform, not for ever
 * @refresh_expires_in: seconds; 0 if not said
 *
 * A token endpoint's answer (RFC 6749 section 5.1).
 */
typedef struct
{
  CkSecretText access_token;
  CkSecretText refresh_token;
  CkSecretText id_token;
  char *token_type;
  GStrv scopes;
  guint64 expires_in;
  guint64 refresh_expires_in;
} CkToken;

void ck_token_free (CkToken *token);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkToken, ck_token_free)

/**
 * CkTokenShape:
 * @types: (nullable): the token types to take, with blanks between them; %NULL is `Bearer`. Where
 *   the platform's setting names some, an answer without a type has the first of them
 * @member: (nullable): the path of the member that the token stands in; an answer without it has
 *   it where RFC 6749 says
 * @scope_member: (nullable): what the platform calls `scope`, which is read as well
 *
 * How a platform writes its answer.
 */
typedef struct
{
  const char *types;
  const char *member;
  const char *scope_member;
} CkTokenShape;

/**
 * ck_token_find:
 * @json: (nullable): the answer's body
 * @member: (nullable): as #CkTokenShape
 *
 * Returns: (transfer none) (nullable): the object that the token stands in
 */
JsonNode *ck_token_find (JsonNode *json, const char *member) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_token_parse:
 * @json: (nullable): the answer's body
 * @shape: how it is written
 * @error: %G_IO_ERROR_INVALID_DATA, saying what is wrong with the answer and quoting nothing of it
 *
 * Refuses what could later be mistaken for a good grant: no access token, an unknown token type
 * (a client must not use a token whose type it does not understand: section 7.1), tokens with bytes
 * outside %x20-7E. A lifetime that cannot be read is not known: a token must not be lost for it.
 *
 * Returns: (transfer full) (nullable): the token
 */
CkToken *ck_token_parse (JsonNode *json,
                         const CkTokenShape *shape,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_token_is_error:
 * @json: (nullable): the answer's body
 *
 * Returns: whether it has a member `error` that says something, whatever the HTTP status was
 */
gboolean ck_token_is_error (JsonNode *json) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
