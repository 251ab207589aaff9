/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-state.h"

G_BEGIN_DECLS

/**
 * CkProvider:
 *
 * One platform, as its `.provider` file describes it (channelkeeper.provider(5)); immutable and
 * reference counted. What the file does not say it inherits from the provider that `Base=` names,
 * and at the end from the shipped `oauth2.provider`: each key for itself; the inherited failure
 * groups stand behind its own, first match wins. `{instance}` in an address is `Instance=`.
 */
#define CK_TYPE_PROVIDER (ck_provider_get_type ())
typedef struct _CkProvider CkProvider;
GType ck_provider_get_type (void);

/* The provider that all others inherit from. */
#define CK_PROVIDER_GENERIC "oauth2"

/**
 * CkRenewal:
 *
 * `Renewal=`: when the broker renews by itself.
 */
typedef enum
{
  CK_RENEWAL_AHEAD,     /* before the access token ends, with nobody asking */
  CK_RENEWAL_ON_DEMAND, /* only when somebody asks for a token */
} CkRenewal;

/**
 * CkRotation:
 *
 * `Rotation=`: whether a renewal uses up the refresh token.
 */
typedef enum
{
  CK_ROTATION_UNKNOWN, /* to be treated as yes until a renewal shows otherwise */
  CK_ROTATION_YES,
  CK_ROTATION_NO,
} CkRotation;

/**
 * CkRenewalPolicy:
 * @renewal: when
 * @rotation: whether the refresh token is used up
 * @rotation_grace: seconds for which a used refresh token still works; 0: not at all, or not known
 * @min_age_before_renew: seconds an access token must have before the platform renews it; 0: none
 * @verify_every: seconds between verifications by ourselves; 0: never
 * @unattended: a channel is connected without a person (`DefaultFlow=none`)
 * @verify_at_start: whether every channel is verified when the broker has started
 * @keep_alive: renew at least this often, in seconds, or the grant dies; 0: not needed
 * @renew_ahead: seconds before the end to renew at; 0: the broker's own `RenewAhead=`
 * @access_lifetime: seconds an access token lives where the answer does not say; 0: not known,
 *   ask the platform; %G_MAXUINT64: it does not expire
 * @refresh_lifetime: the same for a refresh token, from its issue
 * @reconnect_every: seconds after which only a person can go on, whatever is renewed; 0: no such
 *   limit
 *
 * The `[Lifetime]` group in numbers.
 */
typedef struct
{
  CkRenewal renewal;
  CkRotation rotation;
  guint64 rotation_grace;
  guint64 min_age_before_renew;
  guint64 verify_every;
  gboolean unattended;
  gboolean verify_at_start;
  guint64 keep_alive;
  guint64 renew_ahead;
  guint64 access_lifetime;
  guint64 refresh_lifetime;
  guint64 reconnect_every;
} CkRenewalPolicy;

/**
 * CkProviderFlags:
 * @CK_PROVIDER_FLAGS_NONE: endpoints must be https
 * @CK_PROVIDER_FLAGS_INSECURE_LOOPBACK: plain http is allowed to a loopback address, as the
 *   administrator's test switch `AllowInsecureLoopback=` says
 */
typedef enum
{
  CK_PROVIDER_FLAGS_NONE = 0,
  CK_PROVIDER_FLAGS_INSECURE_LOOPBACK = 1 << 0,
} CkProviderFlags;

/**
 * ck_provider_load:
 * @dirs: %NULL-terminated folders to look in, first wins: `/etc/channelkeeper/providers.d`, then
 *   the shipped data
 * @id: the file's name without `.provider`
 * @flags: what the administrator allows
 * @error: %CK_ERROR_NO_SUCH_PROVIDER if no folder has it, %CK_ERROR_INVALID_ARGUMENT for an unknown
 *   group or key or a bad value, named `FILE:LINE: [Group] Key: …`
 *
 * A bad file disables its own provider alone: where it hides another one of its name, those that
 * inherit from it have that one. Blocks on the disk: at start and on a reload only.
 *
 * Returns: (transfer full) (nullable): the provider
 */
CkProvider *ck_provider_load (const char *const *dirs,
                              const char *id,
                              CkProviderFlags flags,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_provider_list_ids:
 * @dirs: as above
 *
 * Returns: (transfer full): the ids of all files there, sorted, each once, with the generic one
 */
GStrv ck_provider_list_ids (const char *const *dirs);

CkProvider *ck_provider_ref (CkProvider *provider);
void ck_provider_unref (CkProvider *provider);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkProvider, ck_provider_unref)

/* (transfer none), never %NULL. */
const char *ck_provider_get_id (CkProvider *provider);
const char *ck_provider_get_name (CkProvider *provider);          /* for people; the id if not said */
const char *ck_provider_get_stack (CkProvider *provider);         /* the name of its stack */
const char *ck_provider_get_documentation (CkProvider *provider); /* a link, or empty */
const char *ck_provider_get_file (CkProvider *provider);          /* the path it was read from */

/**
 * ck_provider_get_setting:
 * @key: group and key, `OAuth2.TokenEndpoint`
 *
 * Returns: (transfer none) (nullable): its own value or the inherited one: durations in seconds or
 *   `never`, booleans `yes` or `no`, lists joined by single spaces, all else as written
 */
const char *ck_provider_get_setting (CkProvider *provider, const char *key);

/**
 * ck_provider_get_settings:
 *
 * Returns: (transfer none): a{ss}, all settings merged: what a worker is given
 */
GVariant *ck_provider_get_settings (CkProvider *provider);

/**
 * ck_provider_get_failures:
 *
 * Returns: (transfer none): a(ss) in order: cause and one `Match=` value; what a worker is given
 */
GVariant *ck_provider_get_failures (CkProvider *provider);

/**
 * ck_provider_get_advice:
 *
 * Returns: (transfer none): a(ss) in order: a word of ck-advice.h and one `Match=` value: refusals
 *   that say nothing about the grant, but something to a person
 */
GVariant *ck_provider_get_advice (CkProvider *provider);

/**
 * ck_provider_get_remedy:
 *
 * Returns: (transfer none): what the person should do on this platform when @cause is met; empty
 *   where neither the file nor the generic one says
 */
const char *ck_provider_get_remedy (CkProvider *provider, CkCause cause);

/**
 * ck_provider_get_policy:
 *
 * Returns: (transfer none): its renewal policy, for a client with a secret
 */
const CkRenewalPolicy *ck_provider_get_policy (CkProvider *provider);

/* (transfer none): the same for a public client, one without a secret (RFC 6749 section 2.1). */
const CkRenewalPolicy *ck_provider_get_public_policy (CkProvider *provider);

/**
 * ck_provider_get_host:
 *
 * Returns: (transfer none): the host of the token endpoint (or of the issuer, or the id where there
 *   is neither): what requests are counted by
 */
const char *ck_provider_get_host (CkProvider *provider);

G_END_DECLS
