/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-grant.h"

#include <string.h>

#include "ck-error.h"
#include "ck-secret.h"

struct _CkGrant
{
  gatomicrefcount ref_count;
  SecretValue *value;
  GVariant *members; /* its bytes are those of value */
  /* What each hand-out asks for, found once. */
  const char *access_token; /* of members */
  GVariant *extras;         /* of members; NULL: none */
};

G_DEFINE_BOXED_TYPE (CkGrant, ck_grant, ck_grant_ref, ck_grant_unref)

static gboolean
is_vschar (const char *string)
{
  for (const char *c = string; *c != '\0'; c++)
    {
      if (*c < 0x20 || *c > 0x7e)
        return FALSE;
    }

  return TRUE;
}

static const char *
get_string (CkGrant *grant, const char *key)
{
  const char *string = "";

  /* "&s" points into the serialized bytes: nothing is copied out of locked memory. */
  g_variant_lookup (grant->members, key, "&s", &string);

  return string;
}

static guint64
get_time (CkGrant *grant, const char *key)
{
  guint64 time = 0;

  g_variant_lookup (grant->members, key, "t", &time);

  return time;
}

CkGrant *
ck_grant_new (SecretValue *value, GError **error)
{
  g_autoptr (CkGrant) grant = NULL;

  g_return_val_if_fail (value != NULL, NULL);

  grant = g_new0 (CkGrant, 1);
  g_atomic_ref_count_init (&grant->ref_count);
  grant->value = secret_value_ref (value);
  grant->members = g_variant_ref_sink (ck_secret_to_variant (value, G_VARIANT_TYPE_VARDICT));

  if (!g_variant_is_normal_form (grant->members))
    {
      g_set_error_literal (error, CK_ERROR, CK_ERROR_STORE, "the stored grant is damaged");
      return NULL;
    }

  grant->access_token = get_string (grant, "access-token");
  grant->extras = g_variant_lookup_value (grant->members, "extras", G_VARIANT_TYPE ("a{ss}"));
  if (*grant->access_token == '\0' || !is_vschar (grant->access_token)
      || !is_vschar (ck_grant_get_refresh_token (grant)))
    {
      g_set_error_literal (error,
                           CK_ERROR,
                           CK_ERROR_STORE,
                           "the grant has no usable access token (RFC 6749 appendix A)");
      return NULL;
    }

  return g_steal_pointer (&grant);
}

CkGrant *
ck_grant_new_from_members (GVariant *members, GError **error)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (members);
  g_autoptr (SecretValue) value = NULL;

  g_return_val_if_fail (g_variant_is_of_type (sunk, G_VARIANT_TYPE_VARDICT), NULL);

  value = ck_secret_from_variant (sunk);
  return ck_grant_new (value, error);
}

CkGrant *
ck_grant_ref (CkGrant *grant)
{
  g_atomic_ref_count_inc (&grant->ref_count);

  return grant;
}

void
ck_grant_unref (CkGrant *grant)
{
  if (!g_atomic_ref_count_dec (&grant->ref_count))
    return;

  g_clear_pointer (&grant->extras, g_variant_unref);
  g_clear_pointer (&grant->members, g_variant_unref);
  g_clear_pointer (&grant->value, secret_value_unref);
  g_free (grant);
}

SecretValue *
ck_grant_get_value (CkGrant *grant)
{
  return grant->value;
}

const char *
ck_grant_get_access_token (CkGrant *grant)
{
  return grant->access_token;
}

const char *
ck_grant_get_refresh_token (CkGrant *grant)
{
  return get_string (grant, "refresh-token");
}

const char *
ck_grant_get_token_type (CkGrant *grant)
{
  return get_string (grant, "token-type");
}

const char *
ck_grant_get_account_id (CkGrant *grant)
{
  return get_string (grant, "account-id");
}

const char *
ck_grant_get_owner_id (CkGrant *grant)
{
  return get_string (grant, "owner-id");
}

const char *
ck_grant_get_account_name (CkGrant *grant)
{
  return get_string (grant, "account-name");
}

const char *
ck_grant_get_token_origin (CkGrant *grant)
{
  return get_string (grant, "token-origin");
}

const char *
ck_grant_get_extra (CkGrant *grant, const char *key)
{
  const char *string = "";

  if (grant->extras != NULL)
    g_variant_lookup (grant->extras, key, "&s", &string);

  return string;
}

GVariant *
ck_grant_get_extras (CkGrant *grant)
{
  return grant->extras;
}

guint64
ck_grant_get_issued_at (CkGrant *grant)
{
  return get_time (grant, "issued-at");
}

guint64
ck_grant_get_expires_at (CkGrant *grant)
{
  return get_time (grant, "expires-at");
}

guint64
ck_grant_get_renewable_until (CkGrant *grant)
{
  return get_time (grant, "renewable-until");
}

guint64
ck_grant_get_reconnect_by (CkGrant *grant)
{
  return get_time (grant, "reconnect-by");
}

GStrv
ck_grant_dup_scopes (CkGrant *grant)
{
  GStrv scopes = NULL;

  if (!g_variant_lookup (grant->members, "scopes", "^as", &scopes))
    scopes = g_new0 (char *, 1);

  return scopes;
}

GVariant *
ck_grant_dup_members (CkGrant *grant)
{
  return g_variant_ref (grant->members);
}
