/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-id-token.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "ck-answer.h"
#include "ck-json.h"
#include "ck-oauth-text.h"

#define MAX_ID_TOKEN_BYTES (64 * 1024)
#define MAX_SUB_BYTES 255
#define LEEWAY_SECONDS 120

static gboolean
refuse (GError **error, const char *problem)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "the ID token %s", problem);

  return FALSE;
}

static JsonNode *
parse_part (const char *part)
{
  g_autofree char *bytes = NULL;
  g_autoptr (JsonNode) root = NULL;
  gsize length = 0;

  bytes = (char *) ck_base64url_decode (part, strlen (part), &length);
  if (bytes == NULL)
    return NULL;

  root = ck_json_parse (bytes, length, NULL);

  return root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? g_steal_pointer (&root) : NULL;
}

static JsonNode *
parse_claims (const char *id_token, GError **error)
{
  g_auto (GStrv) parts = NULL;
  g_autoptr (JsonNode) header = NULL;
  g_autoptr (JsonNode) claims = NULL;

  if (strlen (id_token) > MAX_ID_TOKEN_BYTES)
    {
      refuse (error, "is too long");
      return NULL;
    }

  parts = g_strsplit (id_token, ".", 6);
  if (g_strv_length (parts) != 3)
    {
      refuse (error, "is no signed JWT of three parts");
      return NULL;
    }

  header = parse_part (parts[0]);
  claims = parse_part (parts[1]);
  if (header == NULL || claims == NULL)
    {
      refuse (error, "has a header or claims that cannot be read");
      return NULL;
    }
  if (ck_answer_get_string (header, "alg") == NULL
      || g_ascii_strcasecmp (ck_answer_get_string (header, "alg"), "none") == 0)
    {
      refuse (error, "is not signed");
      return NULL;
    }

  return g_steal_pointer (&claims);
}

static gboolean
is_for_client (JsonNode *claims, const char *client_id, GError **error)
{
  JsonNode *audience = ck_answer_find (claims, "aud");
  const char *party = ck_answer_get_string (claims, "azp");
  guint n_audiences = 1;
  gboolean found = FALSE;

  if (audience != NULL && JSON_NODE_HOLDS_ARRAY (audience))
    {
      n_audiences = json_array_get_length (json_node_get_array (audience));
      for (guint i = 0; i < n_audiences; i++)
        {
          g_autofree char *path = g_strdup_printf ("aud.%u", i);

          found = found || g_strcmp0 (ck_answer_get_string (claims, path), client_id) == 0;
        }
    }
  else
    found = g_strcmp0 (ck_answer_get_string (claims, "aud"), client_id) == 0;

  if (!found)
    return refuse (error, "is for another client (aud)");
  if (n_audiences > 1 && party == NULL)
    return refuse (error, "has several audiences and does not say for whom it is (azp)");
  if (party != NULL && !g_str_equal (party, client_id))
    return refuse (error, "was issued to another client (azp)");

  return TRUE;
}

static gboolean
is_of_now (JsonNode *claims, const CkIdTokenExpected *expected, GError **error)
{
  guint64 expires = 0;

  if (!ck_answer_get_seconds (claims, "exp", &expires))
    return refuse (error, "does not say when it expires (exp)");
  if (expires + LEEWAY_SECONDS < expected->now)
    return refuse (error, "has expired (exp): is the clock right?");
  if (expected->nonce != NULL
      && g_strcmp0 (ck_answer_get_string (claims, "nonce"), expected->nonce) != 0)
    return refuse (error, "belongs to another attempt (nonce)");

  return TRUE;
}

char *
ck_id_token_check (const char *id_token, const CkIdTokenExpected *expected, GError **error)
{
  g_autoptr (JsonNode) claims = parse_claims (id_token, error);
  const char *sub;

  if (claims == NULL)
    return NULL;

  if (g_strcmp0 (ck_answer_get_string (claims, "iss"), expected->issuer) != 0)
    {
      refuse (error, "comes from another issuer (iss)");
      return NULL;
    }
  if (!is_for_client (claims, expected->client_id, error) || !is_of_now (claims, expected, error))
    return NULL;

  sub = ck_answer_get_string (claims, "sub");
  if (sub == NULL || !ck_oauth_is_token (sub) || strlen (sub) > MAX_SUB_BYTES)
    {
      refuse (error, "has no usable subject (sub)");
      return NULL;
    }

  return g_strdup (sub);
}

/* ---- two factors ------------------------------------------------------------------------------
 */

static gboolean
is_any_of (const char *word, const char *const *words)
{
  return word != NULL && g_strv_contains (words, word);
}

CkFactors
ck_id_token_get_factors (const char *id_token)
{
  static const char *const strong_acr[] = {
    "phr",
    "phrh",
    "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
    NULL,
  };
  static const char *const strong[] = {
    "mfa", "otp",  "sms",  "tel",    "hwk", "swk",  "sc",   "pop",
    "fpt", "face", "iris", "retina", "vbm", "fido", "user", NULL,
  };
  static const char *const known[] = { "pwd", "pin", "kba", NULL };
  g_autoptr (JsonNode) claims = parse_claims (id_token, NULL);
  CkFactors factors = CK_FACTORS_UNKNOWN;

  if (claims == NULL)
    return CK_FACTORS_UNKNOWN;
  if (is_any_of (ck_answer_get_string (claims, "acr"), strong_acr))
    return CK_FACTORS_TWO;

  for (guint i = 0;; i++)
    {
      g_autofree char *path = g_strdup_printf ("amr.%u", i);
      const char *method = ck_answer_get_string (claims, path);

      if (method == NULL)
        return factors;
      if (is_any_of (method, strong))
        return CK_FACTORS_TWO;
      if (is_any_of (method, known))
        factors = CK_FACTORS_ONE;
    }
}
