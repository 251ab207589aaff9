/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <libsecret/secret.h>

G_BEGIN_DECLS

/**
 * CkGrant:
 *
 * The set of tokens one channel holds, read-only and reference counted. Its bytes are those of a
 * #SecretValue (locked memory as far as the limit allows, wiped when freed): a serialized #GVariant
 * of type a{sv} with the members below. No member is copied out; every returned string lives as
 * long as the grant. The worker makes a grant, the broker only reads, stores and hands it back.
 *
 * Members: `access-token s`, `refresh-token s`, `token-type s`, `scopes as`, `issued-at t`,
 * `expires-at t`, `renewable-until t`, `reconnect-by t`, `account-id s`, `owner-id s`,
 * `account-name s`, `token-origin s` (scheme, host and port of the token endpoint that issued it:
 * a refresh token is sent nowhere else), `extras a{ss}` (what else a platform's API needs).
 * A missing member is empty, or a time not known (0). Times are Unix seconds, 2^53 - 1 is never.
 */
#define CK_TYPE_GRANT (ck_grant_get_type ())
typedef struct _CkGrant CkGrant;
GType ck_grant_get_type (void);

/**
 * ck_grant_new:
 * @value: (transfer none): the serialized grant; the grant holds a reference
 * @error: %CK_ERROR_STORE if the bytes are not a grant with an access token of printable ASCII
 *   (RFC 6749 appendix A.12)
 *
 * Returns: (transfer full) (nullable): a grant
 */
CkGrant *ck_grant_new (SecretValue *value, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_grant_new_from_members:
 * @members: (transfer floating): an a{sv} as above
 * @error: as ck_grant_new()
 *
 * Serializes @members into locked memory. The worker's way to make a grant.
 *
 * Returns: (transfer full) (nullable): a grant
 */
CkGrant *ck_grant_new_from_members (GVariant *members, GError **error) G_GNUC_WARN_UNUSED_RESULT;

CkGrant *ck_grant_ref (CkGrant *grant);
void ck_grant_unref (CkGrant *grant);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkGrant, ck_grant_unref)

/**
 * ck_grant_get_value:
 *
 * Returns: (transfer none): the bytes, for the vault and for the worker
 */
SecretValue *ck_grant_get_value (CkGrant *grant);

/* Each returns (transfer none), never %NULL: an empty string where the grant has no such member. */
const char *ck_grant_get_access_token (CkGrant *grant);
const char *ck_grant_get_refresh_token (CkGrant *grant);
const char *ck_grant_get_token_type (CkGrant *grant);
const char *ck_grant_get_account_id (CkGrant *grant);
const char *ck_grant_get_owner_id (CkGrant *grant);
const char *ck_grant_get_account_name (CkGrant *grant);
const char *ck_grant_get_token_origin (CkGrant *grant);
const char *ck_grant_get_extra (CkGrant *grant, const char *key);

/* Returns: (transfer none) (nullable): its extras, a{ss}. */
GVariant *ck_grant_get_extras (CkGrant *grant);

/* Unix seconds; CK_TIME_UNKNOWN or CK_TIME_NEVER where the grant says so. */
guint64 ck_grant_get_issued_at (CkGrant *grant);
guint64 ck_grant_get_expires_at (CkGrant *grant);
guint64 ck_grant_get_renewable_until (CkGrant *grant);
guint64 ck_grant_get_reconnect_by (CkGrant *grant);

/**
 * ck_grant_dup_scopes:
 *
 * Returns: (transfer full): the scopes the platform granted
 */
GStrv ck_grant_dup_scopes (CkGrant *grant);

/**
 * ck_grant_dup_members:
 *
 * Returns: (transfer full): the whole a{sv}, sharing the secret memory
 */
GVariant *ck_grant_dup_members (CkGrant *grant);

G_END_DECLS
