/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-vault-private.h"

#include "ck-fd-store.h"
#include "ck-sealed-backend.h"
#include "ck-secret-service.h"
#include "ck-vault-queue.h"

#define BACKEND_VARIABLE "SECRET_BACKEND"

#define UNKEPT                                                                                     \
  "more grants wait to be written than the " G_STRINGIFY (CK_FD_STORE_MAX) " that outlive a restart: "     \
  "do not restart the service before the state directory can be written again"

const SecretSchema ck_vault_client_schema = {
  "org.channelkeeper.Client",
  SECRET_SCHEMA_NONE,
  {
      { "client", SECRET_SCHEMA_ATTRIBUTE_STRING },
      { NULL, 0 },
  },
};

struct _CkVault
{
  GObject parent_instance;

  char *backend;
  char *state_dir;
  char *credentials_dir;

  CkSealedStore *store; /* NULL for a Secret Service */
  CkKeyring *keyring;   /* only for a Secret Service */
  CkVaultQueue *queue;
  CkVaultKey *kept_key; /* (nullable): that the Secret Service holds */
  GTask *open_task; /* while the keyring is checked for it */
  gboolean opening;
  gboolean opened;
  gboolean read; /* the grants have been */
  char *sealed_reason;
  char *write_error; /* of the last write, if it failed */
  GHashTable *kept;  /* name to sealed GBytes, what the service manager keeps; NULL: not looked at */
  gboolean unkept;   /* a grant that it has no room for waits to be written, too */

  CkVaultState state;
  char *reason;
};

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS]; /* GObject's ids, set once by class_init */

G_DEFINE_FINAL_TYPE (CkVault, ck_vault, G_TYPE_OBJECT)

const char *
ck_vault_state_to_string (CkVaultState state)
{
  static const char *const words[] = {
    [CK_VAULT_SEALED] = "sealed",
    [CK_VAULT_OPEN] = "open",
    [CK_VAULT_DEGRADED] = "degraded",
  };

  g_return_val_if_fail ((guint) state < G_N_ELEMENTS (words), NULL);

  return words[state];
}

/* Returns: (nullable): libsecret's name for a backend of ours */
static const char *
get_libsecret_name (const char *backend)
{
  if (g_strcmp0 (backend, CK_VAULT_BACKEND_SEALED) == 0)
    return CK_SEALED_BACKEND_NAME;
  if (g_strcmp0 (backend, CK_VAULT_BACKEND_SERVICE) == 0)
    return CK_SECRET_SERVICE_NAME;

  return NULL;
}

gboolean
ck_vault_select_backend (const char *backend, GError **error)
{
  const char *name = get_libsecret_name (backend);

  if (name == NULL)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "there is no vault backend '%s': it is " CK_VAULT_BACKEND_SEALED
                   " or " CK_VAULT_BACKEND_SERVICE,
                   backend);
      return FALSE;
    }

  ck_sealed_backend_register ();
  ck_secret_service_register ();
  g_setenv (BACKEND_VARIABLE, name, TRUE);
  /* libsecret takes its file backend inside a snap, whatever is asked for. */
  g_unsetenv ("SNAP_NAME");

  return TRUE;
}

static void on_keyring_changed (CkVault *vault);

CkVault *
ck_vault_new (const char *backend, const char *state_dir, const char *credentials_dir)
{
  CkVault *vault;

  g_return_val_if_fail (get_libsecret_name (backend) != NULL, NULL);
  g_return_val_if_fail (state_dir != NULL, NULL);

  vault = g_object_new (CK_TYPE_VAULT, NULL);
  vault->backend = g_strdup (backend);
  vault->state_dir = g_strdup (state_dir);
  vault->credentials_dir = g_strdup (credentials_dir);
  if (g_strcmp0 (backend, CK_VAULT_BACKEND_SERVICE) == 0)
    {
      vault->keyring = ck_keyring_new ();
      vault->queue = ck_vault_queue_new (vault, vault->keyring);
      g_signal_connect_object (vault->keyring, "changed", G_CALLBACK (on_keyring_changed), vault,
                               G_CONNECT_SWAPPED);
    }

  return vault;
}

CkVaultState
ck_vault_get_state (CkVault *vault)
{
  g_return_val_if_fail (CK_IS_VAULT (vault), CK_VAULT_SEALED);

  return vault->state;
}

const char *
ck_vault_get_reason (CkVault *vault)
{
  g_return_val_if_fail (CK_IS_VAULT (vault), NULL);

  return vault->reason;
}

/* Returns: whether there is no Secret Service where there should be one */
static gboolean
is_cut_off (CkVault *vault)
{
  return vault->keyring != NULL && !ck_keyring_is_usable (vault->keyring);
}

static void
update_state (CkVault *vault)
{
  CkVaultState state = CK_VAULT_OPEN;
  g_autofree char *reason = NULL;

  if (is_cut_off (vault))
    {
      state = vault->opened && vault->read ? CK_VAULT_DEGRADED : CK_VAULT_SEALED;
      reason = g_strconcat (ck_keyring_get_reason (vault->keyring),
                            vault->unkept ? "; " UNKEPT : NULL, NULL);
    }
  else if (!vault->opened)
    {
      state = CK_VAULT_SEALED;
      reason = g_strdup (vault->sealed_reason);
    }
  else if (vault->write_error != NULL)
    {
      state = CK_VAULT_DEGRADED;
      reason = g_strconcat (vault->write_error, vault->unkept ? "; " UNKEPT : NULL, NULL);
    }
  else if (vault->store != NULL && (reason = ck_sealed_store_dup_damage (vault->store)) != NULL)
    state = CK_VAULT_DEGRADED;
  else
    reason = g_strdup ("");

  if (state == vault->state && g_strcmp0 (reason, vault->reason) == 0)
    return;

  vault->state = state;
  g_free (vault->reason);
  vault->reason = g_steal_pointer (&reason);
  g_signal_emit (vault, signals[SIGNAL_CHANGED], 0);
}

static void
set_sealed (CkVault *vault, const char *reason)
{
  vault->opened = FALSE;
  g_free (vault->sealed_reason);
  vault->sealed_reason = g_strdup (reason);
  update_state (vault);
}

static void
drop_store (CkVault *vault)
{
  if (vault->store == NULL)
    return;

  if (ck_sealed_backend_get_attached () == vault->store)
    ck_sealed_backend_attach (NULL);
  ck_sealed_store_close (vault->store);
  g_clear_object (&vault->store);
}

GTask *
ck_vault_make_task (CkVault *vault,
                    gpointer tag,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  GTask *task = g_task_new (vault, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_check_cancellable (task, FALSE);

  return task;
}

GError *
ck_vault_own_error (GError *error, CkError code)
{
  GError *own;

  if (error->domain == CK_ERROR || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return error;

  own = g_error_new (CK_ERROR, (int) code, "the Secret Service refused: %s", error->message);
  g_error_free (error);

  return own;
}

static void
fail_open (CkVault *vault, GTask *task, GError *error)
{
  drop_store (vault);
  vault->opening = FALSE;
  set_sealed (vault, error->message);
  g_task_return_new_error (task, CK_ERROR, CK_ERROR_VAULT_SEALED, "%s", error->message);
  g_error_free (error);
}

static void
finish_open (CkVault *vault, GTask *task)
{
  vault->opening = FALSE;
  vault->opened = TRUE;
  g_clear_pointer (&vault->write_error, g_free);
  update_state (vault);
  g_task_return_boolean (task, TRUE);
}

static void
on_first_lookup (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  CkVault *vault = g_task_get_source_object (task);
  GError *error = NULL;
  SecretValue *value = secret_password_lookup_binary_finish (result, &error);

  g_clear_pointer (&value, secret_value_unref);
  if (error != NULL)
    fail_open (vault, task, error);
  else
    finish_open (vault, task);
}

/* No client has an empty id. */
void
ck_vault_look_up_first (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GHashTable) attributes = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_insert (attributes, (gpointer) "client", (gpointer) "");
  secret_password_lookupv (&ck_vault_client_schema, attributes, cancellable, callback, user_data);
}

/* It may become usable long after the opening failed: then it is as good as opened. */
static void
on_keyring_changed (CkVault *vault)
{
  g_autoptr (GTask) task = g_steal_pointer (&vault->open_task);

  if (is_cut_off (vault))
    {
      g_clear_pointer (&vault->write_error, g_free); /* that was why */
      if (task != NULL)
        fail_open (vault, task,
                   g_error_new_literal (CK_ERROR, CK_ERROR_VAULT_SEALED,
                                        ck_keyring_get_reason (vault->keyring)));
    }
  else if (task != NULL)
    finish_open (vault, task);
  else
    vault->opened = TRUE;

  update_state (vault);
  ck_vault_queue_run (vault->queue);
}

static void
on_store_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  CkVault *vault = g_task_get_source_object (task);
  GError *error = NULL;

  vault->store = ck_sealed_store_open_finish (result, &error);
  if (vault->store == NULL)
    {
      fail_open (vault, task, error);
      g_object_unref (task);
      return;
    }

  ck_sealed_backend_attach (vault->store);
  ck_vault_look_up_first (g_task_get_cancellable (task), on_first_lookup, task);
}

void
ck_vault_open_async (CkVault *vault,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (CK_IS_VAULT (vault));

  task = ck_vault_make_task (vault, ck_vault_open_async, cancellable, callback, user_data);
  if (vault->opened)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  if (vault->opening)
    {
      g_task_return_new_error (task, CK_ERROR, CK_ERROR_BUSY, "the vault is being opened");
      return;
    }
  if (g_strcmp0 (g_getenv (BACKEND_VARIABLE), get_libsecret_name (vault->backend)) != 0)
    {
      set_sealed (vault, "libsecret was not told which backend to use");
      g_task_return_new_error (task, CK_ERROR, CK_ERROR_VAULT_SEALED, "%s", vault->reason);
      return;
    }

  vault->opening = TRUE;
  if (vault->keyring == NULL)
    {
      ck_sealed_store_open_async (vault->state_dir,
                                  vault->credentials_dir,
                                  cancellable,
                                  on_store_opened,
                                  g_steal_pointer (&task));
      return;
    }

  vault->open_task = g_steal_pointer (&task);
  ck_keyring_check (vault->keyring);
}

gboolean
ck_vault_boolean_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, vault), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

gboolean
ck_vault_open_finish (CkVault *vault, GAsyncResult *result, GError **error)
{
  return ck_vault_boolean_finish (vault, result, error);
}

gboolean
ck_vault_check_open (CkVault *vault, GTask *task)
{
  if (g_task_return_error_if_cancelled (task))
    return FALSE;
  if (vault->state != CK_VAULT_SEALED && !is_cut_off (vault))
    return TRUE;

  g_task_return_new_error (task, CK_ERROR, CK_ERROR_VAULT_SEALED, "the vault is %s: %s",
                           ck_vault_state_to_string (vault->state), vault->reason);
  return FALSE;
}

void
ck_vault_start_call (CkVault *vault, GTask *task, guint deadline, CkVaultStart start)
{
  if (vault->queue != NULL)
    ck_vault_queue_add (vault->queue, task, deadline, start);
  else if (ck_vault_check_open (vault, task))
    start (vault, task);
  else
    g_object_unref (task);
}

gboolean
ck_vault_end_call (CkVault *vault, GTask *task, const GError *error)
{
  return vault->queue == NULL || ck_vault_queue_end (vault->queue, task, error);
}

CkSealedStore *
ck_vault_get_store (CkVault *vault)
{
  return vault->opened ? vault->store : NULL;
}

CkVaultKey *
ck_vault_dup_key (CkVault *vault)
{
  CkSealedStore *store = ck_vault_get_store (vault);

  if (store != NULL)
    return ck_sealed_store_dup_key (store);

  return vault->kept_key != NULL ? ck_vault_key_ref (vault->kept_key) : NULL;
}

void
ck_vault_note_write (CkVault *vault, const GError *error)
{
  if (!vault->opened || is_cut_off (vault)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  g_clear_pointer (&vault->write_error, g_free);
  if (error != NULL)
    vault->write_error = g_strdup (error->message);
  else
    vault->unkept = FALSE;
  update_state (vault);
}

GHashTable *
ck_vault_get_kept (CkVault *vault)
{
  g_autoptr (GPtrArray) found = NULL;

  if (vault->kept != NULL)
    return vault->kept;

  vault->kept
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  found = ck_fd_store_get ();
  for (guint i = 0; i < found->len; i++)
    {
      const CkKept *entry = found->pdata[i];

      g_hash_table_insert (vault->kept, g_strdup (entry->name), g_bytes_ref (entry->bytes));
    }

  return vault->kept;
}

void
ck_vault_note_unkept (CkVault *vault)
{
  if (vault->unkept)
    return;

  g_warning (UNKEPT);
  vault->unkept = TRUE;
  update_state (vault);
}

void
ck_vault_note_read (CkVault *vault, CkVaultKey *key)
{
  vault->read = TRUE;
  g_clear_pointer (&vault->kept_key, ck_vault_key_unref);
  if (key != NULL)
    vault->kept_key = ck_vault_key_ref (key);
}

void
ck_vault_close (CkVault *vault)
{
  g_return_if_fail (CK_IS_VAULT (vault));

  drop_store (vault);
  g_clear_pointer (&vault->kept_key, ck_vault_key_unref);
  set_sealed (vault, "it was closed");
  if (vault->keyring != NULL)
    {
      ck_vault_queue_cut (vault->queue);
      ck_keyring_close (vault->keyring);
    }
}

static void
ck_vault_dispose (GObject *object)
{
  CkVault *vault = CK_VAULT (object);

  drop_store (vault);
  g_clear_pointer (&vault->kept_key, ck_vault_key_unref);
  g_clear_pointer (&vault->queue, ck_vault_queue_free);
  if (vault->keyring != NULL)
    g_signal_handlers_disconnect_by_data (vault->keyring, vault);
  g_clear_object (&vault->keyring);

  G_OBJECT_CLASS (ck_vault_parent_class)->dispose (object);
}

static void
ck_vault_finalize (GObject *object)
{
  CkVault *vault = CK_VAULT (object);

  g_free (vault->backend);
  g_free (vault->state_dir);
  g_free (vault->credentials_dir);
  g_free (vault->sealed_reason);
  g_free (vault->write_error);
  g_clear_pointer (&vault->kept, g_hash_table_unref);
  g_free (vault->reason);

  G_OBJECT_CLASS (ck_vault_parent_class)->finalize (object);
}

static void
ck_vault_class_init (CkVaultClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = ck_vault_dispose;
  object_class->finalize = ck_vault_finalize;

  signals[SIGNAL_CHANGED] = g_signal_new ("changed",
                                          CK_TYPE_VAULT,
                                          G_SIGNAL_RUN_LAST,
                                          0,
                                          NULL,
                                          NULL,
                                          NULL,
                                          G_TYPE_NONE,
                                          0);
}

static void
ck_vault_init (CkVault *vault)
{
  vault->sealed_reason = g_strdup ("it has not been opened yet");
  vault->reason = g_strdup (vault->sealed_reason);
}
