/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include "ck-backup.h"
#include "ck-bus-service-private.h"
#include "ck-error.h"
#include "ck-names.h"
#include "ck-restoration.h"

static const CkOptionSpec plain_options[] = { CK_OPTION_TIMEOUT, { NULL } };

/* Each: the key is read from its pipe, then the broker does it, then the journal is told. */

static void
audit (CkWork *work, const char *outcome, const char *message)
{
  ck_bus_service_audit (work->service, work->call, ck_audit_vault_used,
                        (CkAuditEntry){ .action = CK_ACTION_MANAGE_VAULT,
                                        .outcome = outcome,
                                        .message = message });
}

static const char *
get_user (CkWork *work)
{
  return ck_caller_get_user (ck_call_get_caller (work->call));
}

static void
read_key (CkCall *call, CkBusService *self, GAsyncReadyCallback callback)
{
  GError *error = NULL;
  int handle;

  if (!ck_broker_check_open (self->broker, &error))
    {
      ck_call_fail (call, error);
      return;
    }

  g_variant_get_child (ck_call_get_parameters (call), 0, "h", &handle);
  ck_work_read_secret (self, call, handle, callback);
}

/* ---- RotateKey ------------------------------------------------------------------------------- */

static void
rotated_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  g_autofree char *id = NULL;
  g_autofree char *message = NULL;
  gboolean changed;
  GError *error = NULL;

  if (!ck_vault_rotate_key_finish (CK_VAULT (source), result, &changed, &error))
    {
      ck_work_fail (work, error);
      return;
    }

  id = ck_vault_dup_key_id (CK_VAULT (source));
  message = g_strdup_printf ("the vault has a new key (id %s), by %s", id, get_user (work));
  if (changed)
    audit (work, "rotated", message);
  ck_work_return (work, g_variant_new ("(sb)", id, changed));
}

static void
rotate_key_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  CkBroker *broker = work->service->broker;
  GError *error = NULL;
  g_autoptr (SecretValue) key
      = ck_secret_reader_read_finish (CK_SECRET_READER (source), result, &error);

  if (key == NULL)
    ck_work_fail (work, error);
  else
    ck_vault_rotate_key_async (ck_broker_get_vault (broker), key, rotated_cb,
                               g_steal_pointer (&work));
}

static void
handle_rotate_key (CkCall *call, gpointer user_data)
{
  read_key (call, CK_BUS_SERVICE (user_data), rotate_key_cb);
}

/* ---- Backup ---------------------------------------------------------------------------------- */

static void
backed_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  g_autoptr (GUnixFDList) fds = NULL;
  g_autofree char *message = NULL;
  guint n_channels;
  guint n_clients;
  GError *error = NULL;
  int fd = ck_backup_make_finish (result, &n_channels, &n_clients, &error);

  if (fd < 0)
    {
      ck_work_fail (work, error);
      return;
    }

  message = g_strdup_printf ("a backup was made by %s: channels: %u, clients: %u", get_user (work),
                             n_channels, n_clients);
  audit (work, "backed-up", message);
  fds = g_unix_fd_list_new_from_array (&fd, 1);
  ck_call_return_fd (g_steal_pointer (&work->call),
                     g_variant_new ("(huu)", 0, n_channels, n_clients),
                     fds);
}

static void
backup_key_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  CkBroker *broker = work->service->broker;
  GError *error = NULL;
  g_autoptr (SecretValue) key
      = ck_secret_reader_read_finish (CK_SECRET_READER (source), result, &error);

  if (key == NULL)
    ck_work_fail (work, error);
  else
    ck_backup_make_async (broker, key, backed_up_cb, g_steal_pointer (&work));
}

static void
handle_backup (CkCall *call, gpointer user_data)
{
  read_key (call, CK_BUS_SERVICE (user_data), backup_key_cb);
}

/* ---- Restore --------------------------------------------------------------------------------- */

static GVariant *
list_outcomes (GPtrArray *rows, guint *n_changed)
{
  GVariantBuilder builder;

  *n_changed = 0;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssss)"));
  for (guint i = 0; i < rows->len; i++)
    {
      const CkRestored *row = rows->pdata[i];

      *n_changed += g_str_equal (row->outcome, "added") || g_str_equal (row->outcome, "restored");
      g_variant_builder_add (&builder, "(ssss)", row->kind, row->id, row->outcome, row->why);
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static void
restored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  GError *error = NULL;
  g_autoptr (GPtrArray) rows = ck_restoration_run_finish (result, &error);
  g_autoptr (GVariant) outcomes = NULL;
  g_autofree char *message = NULL;
  guint n_changed;

  if (rows == NULL)
    {
      ck_work_fail (work, error);
      return;
    }

  outcomes = list_outcomes (rows, &n_changed);
  message = g_strdup_printf ("a backup was restored by %s: %u of its %u entries were added or "
                             "restored",
                             get_user (work), n_changed, rows->len);
  audit (work, "restored", message);
  if (g_variant_get_size (outcomes) > CK_MAX_REPLY * 2 / 3)
    ck_work_fail (work,
                  g_error_new (CK_ERROR,
                               CK_ERROR_LIMIT_EXCEEDED,
                               "%s; there are too many for one reply: see ListChannels",
                               message));
  else
    ck_work_return (work, g_variant_new ("(@a(ssss))", outcomes));
}

static void
restore_key_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  CkBroker *broker = work->service->broker;
  g_autofree char *user = g_strdup (get_user (work));
  GError *error = NULL;
  g_autoptr (SecretValue) key
      = ck_secret_reader_read_finish (CK_SECRET_READER (source), result, &error);
  int handle;
  int fd = -1;

  g_variant_get_child (ck_call_get_parameters (work->call), 1, "h", &handle);
  if (key != NULL)
    fd = ck_call_dup_fd (work->call, handle, &error);
  if (fd < 0)
    ck_work_fail (work, error);
  else
    ck_restoration_run_async (broker, fd, key, user, restored_cb, g_steal_pointer (&work));
}

static void
handle_restore (CkCall *call, gpointer user_data)
{
  read_key (call, CK_BUS_SERVICE (user_data), restore_key_cb);
}

const CkMethod *
ck_vault_methods_get (void)
{
  static const CkMethod methods[] = {
    { "RotateKey", handle_rotate_key, CK_SUBJECT_NONE, plain_options },
    { "Backup", handle_backup, CK_SUBJECT_NONE, plain_options },
    { "Restore", handle_restore, CK_SUBJECT_NONE, plain_options },
    { NULL },
  };

  return methods;
}
