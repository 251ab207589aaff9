/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-channel-file.h"
#include "ck-client-file.h"
#include "ck-provider.h"

G_BEGIN_DECLS

/**
 * CkSettings:
 * @default_assigned_user: `[Broker] DefaultAssignedUser=`, or empty
 * @renew_ahead_percent: `RenewAhead=20%`: of the lifetime; 0 if it was given as a duration
 * @renew_ahead: `RenewAhead=1h` in seconds; 0 if it was given in percent
 * @warn_before: `WarnBefore=14d 7d 1d`: seconds, longest first, ended by a 0
 * @max_workers: `MaxWorkers=16`
 * @max_attempts: `MaxAttempts=16`
 * @attempt_timeout: `AttemptTimeout=10min`, seconds
 * @min_check_interval: `MinCheckInterval=30s`, seconds
 * @max_channels: `MaxChannels=100000`
 * @vault_backend: `[Vault] Backend=`: `sealed` or `service`
 * @proxy: `[Network] Proxy=`, a URI, or empty
 * @ca_file: `CaFile=`, an absolute path, or empty
 * @allow_insecure_loopback: `AllowInsecureLoopback=no`
 *
 * What channelkeeper.conf and its drop-ins say, defaults filled in. No member is %NULL.
 */
typedef struct
{
  const char *default_assigned_user;
  guint renew_ahead_percent;
  guint64 renew_ahead;
  const guint64 *warn_before;
  guint max_workers;
  guint max_attempts;
  guint attempt_timeout;
  guint min_check_interval;
  guint max_channels;
  const char *vault_backend;
  const char *proxy;
  const char *ca_file;
  gboolean allow_insecure_loopback;
} CkSettings;

/**
 * CkConfig:
 *
 * One reading of all configuration: settings, providers with their stacks, declared clients and
 * channels. Immutable and reference counted: a reload loads a new one and swaps the pointer, so
 * nobody ever sees half of it. What belongs to it lives as long as it does.
 */
#define CK_TYPE_CONFIG (ck_config_get_type ())
typedef struct _CkConfig CkConfig;
GType ck_config_get_type (void);

/**
 * ck_config_load:
 * @confdir: `/etc/channelkeeper`, or what `CONFIGURATION_DIRECTORY` says
 * @datadir: the shipped data, with `providers/` and `stacks/`
 * @moduledir: where modules are: a stack that names one which is not there (without `-`) is refused
 * @error: %CK_ERROR_INVALID_ARGUMENT with file, line and key if channelkeeper.conf or a drop-in is
 *   bad; nothing is loaded then
 *
 * A bad provider, stack, client or channel file disables what it describes and is one of the
 * problems; the rest is loaded. At start the broker logs those and goes on; a Reload refuses the
 * whole reading if there is one, and names it. Blocks on the disk: at start, or in a thread.
 *
 * Returns: (transfer full) (nullable): the configuration
 */
CkConfig *ck_config_load (const char *confdir,
                          const char *datadir,
                          const char *moduledir,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

CkConfig *ck_config_ref (CkConfig *config);
void ck_config_unref (CkConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkConfig, ck_config_unref)

/**
 * ck_config_get_settings:
 *
 * Returns: (transfer none): the broker's own settings
 */
const CkSettings *ck_config_get_settings (CkConfig *config);

/**
 * ck_config_get_problems:
 *
 * Returns: (transfer none) (element-type GError): what was wrong, a file at a time; each message
 *   begins with the file's path
 */
GPtrArray *ck_config_get_problems (CkConfig *config);

/**
 * ck_config_lookup_provider:
 * @id: (nullable): a provider's id, from anywhere
 * @error: %CK_ERROR_NO_SUCH_PROVIDER; where its file is bad the message says what is wrong there
 *
 * Returns: (transfer none) (nullable): the provider
 */
CkProvider *ck_config_lookup_provider (CkConfig *config, const char *id, GError **error);

/**
 * ck_config_get_providers:
 *
 * Returns: (transfer none) (element-type CkProvider): all good ones, sorted by id
 */
GPtrArray *ck_config_get_providers (CkConfig *config);

/**
 * ck_config_dup_stack:
 * @provider: one of this configuration's
 * @operation: `connect`, `verify`, `renew` or `revoke`
 *
 * Returns: (transfer full) (nullable): the compiled stack of the type CK_STACK_VARIANT_TYPE
 *   (ck-stack.h); %NULL if the provider's stack has no line for that operation
 */
GVariant *ck_config_dup_stack (CkConfig *config, CkProvider *provider, const char *operation);

/**
 * ck_config_get_stack_modules:
 * @provider: one of this configuration's
 * @operation: `connect`, `verify`, `renew` or `revoke`
 *
 * Returns: (transfer none) (nullable): the names of the modules the provider's stack has for it;
 * %NULL if it has no line for that operation
 */
const char *const *
ck_config_get_stack_modules (CkConfig *config, CkProvider *provider, const char *operation);

/**
 * ck_config_get_clients:
 *
 * Returns: (transfer none) (element-type CkClientFile): all good ones, sorted by id. One whose
 *   provider is not there, or whose provider's file is bad, or whose platform does not take its
 *   redirect URIs, is among them and among the problems.
 */
GPtrArray *ck_config_get_clients (CkConfig *config);
const CkClientFile *ck_config_lookup_client (CkConfig *config, const char *id); /* nullable */

/**
 * ck_config_get_channels:
 *
 * Returns: (transfer none) (element-type CkChannelFile): all good ones, sorted by id, the assigned
 *   user filled in. One whose provider is not there, or whose provider's file is bad, is among them
 *   and among the problems: a typo there must not make a channel and its grant disappear. Its
 *   client may be one that was added on the bus, so that is the caller's affair.
 */
GPtrArray *ck_config_get_channels (CkConfig *config);
const CkChannelFile *ck_config_lookup_channel (CkConfig *config, const char *id); /* nullable */

G_END_DECLS
