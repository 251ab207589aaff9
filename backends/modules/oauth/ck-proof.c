/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-proof.h"

#include <string.h>

#include "ck-form.h"

static const char *
get_parameter (CkTransaction *t)
{
  const char *setting = ck_transaction_get_setting (t, "OAuth2", "ProofParameter");

  return setting != NULL && *setting != '\0' && *ck_transaction_get_client_secret (t) != '\0'
             ? setting
             : NULL;
}

gboolean
ck_proof_is_wanted (CkTransaction *t)
{
  return get_parameter (t) != NULL;
}

static CkSecretText
make_proof (CkTransaction *t, const char *token)
{
  const char *secret = ck_transaction_get_client_secret (t);

  return g_compute_hmac_for_string (G_CHECKSUM_SHA256, (const guchar *) secret, strlen (secret),
                                    token, -1);
}

CkSecretText
ck_proof_append_to_uri (CkTransaction *t, const char *uri, const char *token)
{
  const char *parameter = get_parameter (t);
  g_autoptr (CkForm) form = ck_form_new ();
  g_auto (CkSecretText) proof = NULL;

  if (parameter == NULL)
    return g_strdup (uri);

  proof = make_proof (t, token);
  ck_transaction_add_secret (t, proof);
  ck_form_add (form, parameter, proof);

  return ck_form_append_to_uri (form, uri);
}

void
ck_proof_keep (CkTransaction *t)
{
  const char *parameter = get_parameter (t);
  g_auto (CkSecretText) proof = NULL;
  g_autofree char *key = NULL;

  if (parameter == NULL)
    return;

  proof = make_proof (t, ck_transaction_get_grant (t, "access-token"));
  key = g_strdelimit (g_strdup (parameter), "_", '-');
  ck_transaction_set_grant_extra (t, key, proof);
}
