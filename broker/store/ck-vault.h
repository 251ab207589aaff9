/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <libsecret/secret.h>

#include "ck-grant.h"

G_BEGIN_DECLS

#define CK_VAULT_BACKEND_SEALED "sealed"
#define CK_VAULT_BACKEND_SERVICE "service"

/**
 * CkVaultState:
 *
 * The words of the bus property VaultState.
 */
typedef enum
{
  CK_VAULT_SEALED,   /* `sealed`: not opened (yet): key or file missing, wrong or damaged */
  CK_VAULT_OPEN,     /* `open` */
  CK_VAULT_DEGRADED, /* `degraded`: it cannot be written, or an item is damaged */
} CkVaultState;

/**
 * ck_vault_state_to_string:
 *
 * Returns: (transfer none): the state's word on the bus
 */
const char *ck_vault_state_to_string (CkVaultState state);

/**
 * ck_vault_select_backend:
 * @backend: %CK_VAULT_BACKEND_SEALED or %CK_VAULT_BACKEND_SERVICE
 * @error: %CK_ERROR_INVALID_ARGUMENT for any other word
 *
 * What main() must call once, before any thread exists (GLib's own included, so before the first
 * GDBus or GTask call) and before any other libsecret call: it makes our backend known to libsecret
 * and sets SECRET_BACKEND in the environment, which is how libsecret chooses.
 *
 * Returns: whether @backend is known
 */
gboolean ck_vault_select_backend (const char *backend, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * CkVaultGrant:
 *
 * A grant found in the vault.
 */
typedef struct
{
  char *channel;
  guint64 generation;
  CkGrant *grant; /* NULL if it is damaged */
  GError *error;  /* then, why: CK_ERROR_STORE */
  gboolean kept;  /* not in the vault, but kept by the service manager across a restart */
} CkVaultGrant;

void ck_vault_grant_free (CkVaultGrant *grant);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkVaultGrant, ck_vault_grant_free)

/**
 * CkVault:
 *
 * The broker's view of the vault: grants and client secrets as libsecret items, through libsecret's
 * asynchronous password API and nothing else, whatever backend answers. One per process.
 *
 * What is stored or cleared is on disk before the callback runs (backend `sealed`; a Secret Service
 * promises what it promises, and a call to it that ran into its deadline may yet take effect). Calls for the same item take effect in the order of the calls. While
 * the vault is sealed every call fails with %CK_ERROR_VAULT_SEALED, the message saying why and what
 * to do, and nothing is written. %CK_ERROR_STORE: the disk refused, or the stored item is damaged.
 * A call that fails has changed nothing that a later call sees. A cancellable stops a write only if
 * it is cancelled before the call: the result is the truth.
 *
 * A Secret Service may be locked, go away and come back. Until its grants have been read once the
 * vault is then sealed, later degraded: every call fails with %CK_ERROR_VAULT_SEALED. It is tried
 * again without being asked, and the vault is open as soon as the service is back (CkKeyring).
 *
 * Signal `changed` (no arguments): state or reason changed.
 */
#define CK_TYPE_VAULT (ck_vault_get_type ())
G_DECLARE_FINAL_TYPE (CkVault, ck_vault, CK, VAULT, GObject)

/**
 * ck_vault_new:
 * @backend: what was given to ck_vault_select_backend()
 * @state_dir: where vault.db and vault.key are: an existing directory that only we may write to;
 *   not used by %CK_VAULT_BACKEND_SERVICE
 * @credentials_dir: (nullable): systemd's CREDENTIALS_DIRECTORY
 *
 * Touches nothing yet; the state is %CK_VAULT_SEALED until ck_vault_open_async() has succeeded.
 *
 * Returns: (transfer full): the vault
 */
CkVault *ck_vault_new (const char *backend, const char *state_dir, const char *credentials_dir)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_vault_open_async:
 * @cancellable: (nullable)
 *
 * Finds the key, opens (or makes) the file, decrypts every item into locked memory, and completes
 * one libsecret lookup before anything else may use libsecret. May be called again after it failed;
 * a Secret Service opens by itself when it can.
 *
 * The key is the credential `channelkeeper.vault-key`; where there is none and no vault yet, a key
 * file `vault.key` is made beside the vault and a message says so.
 *
 * Finishes %FALSE with %CK_ERROR_VAULT_SEALED, the message for the administrator: no key, a wrong
 * key (with both key ids), a key file others can read, a damaged, truncated or foreign file. The
 * broker runs on; nothing on disk was changed. A single damaged item is no failure: the vault is
 * then degraded and ck_vault_load_grants_async() says which.
 */
void ck_vault_open_async (CkVault *vault,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
gboolean ck_vault_open_finish (CkVault *vault, GAsyncResult *result, GError **error);

CkVaultState ck_vault_get_state (CkVault *vault);

/**
 * ck_vault_get_reason:
 *
 * Returns: (transfer none): why it is sealed or degraded and what to do, one sentence for the
 *   administrator; empty when it is open. Valid until the next `changed`
 */
const char *ck_vault_get_reason (CkVault *vault);

/**
 * ck_vault_load_grants_async:
 *
 * Finishes with (transfer full) (element-type CkVaultGrant) every grant in the vault, several
 * generations of a channel included, in no particular order; damaged ones with their error.
 */
void ck_vault_load_grants_async (CkVault *vault,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
GPtrArray *ck_vault_load_grants_finish (CkVault *vault, GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_vault_store_grant_async:
 * @channel: the channel's id
 * @generation: of @grant, at most G_MAXINT64; another generation of the channel stays beside it
 * @grant: (transfer none): the grant
 */
void ck_vault_store_grant_async (CkVault *vault,
                                 const char *channel,
                                 guint64 generation,
                                 CkGrant *grant,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean ck_vault_store_grant_finish (CkVault *vault, GAsyncResult *result, GError **error);

/**
 * ck_vault_clear_grant_async:
 * @channel: the channel's id
 * @generation: which grant; one that is not there is a success
 */
void ck_vault_clear_grant_async (CkVault *vault,
                                 const char *channel,
                                 guint64 generation,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean ck_vault_clear_grant_finish (CkVault *vault, GAsyncResult *result, GError **error);

/**
 * ck_vault_keep_grant:
 * @generation: of @grant
 * @grant: (transfer none): a grant that the vault could not take
 *
 * Has the service manager keep it across restarts, sealed with the vault's key (ck-fd-store.h), or
 * with one that the Secret Service has held since the grants were first read. One that the manager has
 * no room for (FileDescriptorStoreMax=) stays in memory alone, which the vault's reason then says.
 *
 * Returns: whether the service manager was handed it
 */
gboolean ck_vault_keep_grant (CkVault *vault,
                              const char *channel,
                              guint64 generation,
                              CkGrant *grant);

/**
 * ck_vault_drop_kept_grant:
 *
 * The vault has it now, or nobody needs it any more.
 */
void ck_vault_drop_kept_grant (CkVault *vault, const char *channel, guint64 generation);

/**
 * ck_vault_add_kept_grants:
 * @grants: (element-type CkVaultGrant): those of the vault
 *
 * Adds those that the service manager kept and this vault's key opens.
 */
void ck_vault_add_kept_grants (CkVault *vault, GPtrArray *grants);

/**
 * ck_vault_store_client_async:
 * @client: the client's id
 * @secrets: (transfer none): bytes, in the caller's own form; they replace the former ones
 */
void ck_vault_store_client_async (CkVault *vault,
                                  const char *client,
                                  SecretValue *secrets,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean ck_vault_store_client_finish (CkVault *vault, GAsyncResult *result, GError **error);

/**
 * ck_vault_lookup_client_async:
 * @client: the client's id
 *
 * Finishes with (transfer full) the bytes, or %NULL with %CK_ERROR_NO_SUCH_CLIENT if the vault has
 * none of that id.
 */
void ck_vault_lookup_client_async (CkVault *vault,
                                   const char *client,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
SecretValue *ck_vault_lookup_client_finish (CkVault *vault, GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_vault_clear_client_async:
 * @client: the client's id; one that is not there is a success
 */
void ck_vault_clear_client_async (CkVault *vault,
                                  const char *client,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean ck_vault_clear_client_finish (CkVault *vault, GAsyncResult *result, GError **error);

/**
 * ck_vault_get_key_place:
 *
 * Returns: (transfer none): where the key is: `file` (beside the vault), `credential`, or `` (sealed,
 *   or a Secret Service, which has no key of ours)
 */
const char *ck_vault_get_key_place (CkVault *vault);

/**
 * ck_vault_dup_key_id:
 *
 * Returns: (transfer full): the id of the key that the vault is sealed with, or ``
 */
char *ck_vault_dup_key_id (CkVault *vault) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_vault_rotate_key_async:
 * @key: (transfer none) (nullable): the new key's text, kept by the caller where the next start finds
 *   it: for a vault whose key is a credential. %NULL or empty: a new key file is made
 *
 * Seals everything anew in one transaction, while the vault is in use. Killed at any instant, the
 * next start opens with the one key or the other. Errors: %CK_ERROR_INVALID_ARGUMENT: @key is none,
 * is missing for a credential, or given for a key file; %CK_ERROR_NOT_SUPPORTED: a Secret Service;
 * %CK_ERROR_BUSY: another rotation, or too many grants wait to be written.
 */
void ck_vault_rotate_key_async (CkVault *vault,
                                SecretValue *key,
                                GAsyncReadyCallback callback,
                                gpointer user_data);

/**
 * ck_vault_rotate_key_finish:
 * @changed: (out) (optional): %FALSE: @key was the vault's key already
 */
gboolean ck_vault_rotate_key_finish (CkVault *vault,
                                     GAsyncResult *result,
                                     gboolean *changed,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_vault_close:
 *
 * For shutdown: completes what has reached the disk's queue, wipes the key and the items, closes the
 * file. Waits for the disk. Callbacks still come when the main context runs: a call made just before
 * may not have got through libsecret yet and then fails %CK_ERROR_VAULT_SEALED, so wait for the
 * callbacks of what must be stored. The state is %CK_VAULT_SEALED afterwards. Also done by the last
 * unref.
 */
void ck_vault_close (CkVault *vault);

G_END_DECLS
