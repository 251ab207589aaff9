/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-oauth-text.h"

G_BEGIN_DECLS

/**
 * CkRedirectExpected:
 * @redirect_uri: the redirect URI that was sent
 * @state: the state that was sent
 * @issuer: (nullable): the provider's issuer, if it is known
 * @issuer_required: the provider says that its redirects name their issuer
 *   (`authorization_response_iss_parameter_supported`, RFC 9207 section 3)
 */
typedef struct
{
  const char *redirect_uri;
  const char *state;
  const char *issuer;
  gboolean issuer_required;
} CkRedirectExpected;

/**
 * CkRedirect:
 * @code: (nullable): the authorization code, printable ASCII
 * @error: (nullable): the platform's error word, printable ASCII, instead of a code
 *
 * What came back with the person (RFC 6749 sections 4.1.2 and 4.1.2.1).
 */
typedef struct
{
  CkSecretText code;
  char *error;
} CkRedirect;

void ck_redirect_free (CkRedirect *redirect);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkRedirect, ck_redirect_free)

/**
 * ck_redirect_read:
 * @redirected: the URI the browser was sent to; hostile
 * @redirect_uri: the redirect URI that was sent
 * @error: %G_IO_ERROR_INVALID_DATA, saying what is wrong and quoting nothing of it
 *
 * Compares scheme, host, port and path with the redirect URI. A parameter that is there twice or a
 * fragment is refused. Parameters of the redirect URI itself must have come back.
 *
 * Returns: (transfer full) (nullable): the parameters of the query
 */
GHashTable *ck_redirect_read (const char *redirected,
                              const char *redirect_uri,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_redirect_parse:
 * @redirected: the URI the browser was sent to; hostile
 * @error: %G_IO_ERROR_INVALID_DATA, saying what is wrong and quoting nothing of it
 *
 * Compares in this order: what ck_redirect_read() does; then the state; then the issuer (RFC 9207
 * section 2.4, against mix-up). A redirect with neither a code nor an error is refused.
 *
 * Returns: (transfer full) (nullable): the code or the error
 */
CkRedirect *ck_redirect_parse (const char *redirected,
                               const CkRedirectExpected *expected,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
