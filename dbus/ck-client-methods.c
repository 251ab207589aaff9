/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-argument.h"
#include "ck-bus-service-private.h"
#include "ck-error.h"
#include "ck-names.h"
#include "ck-redirect-rules.h"

static const CkOptionSpec add_options[] = {
  { "redirect-uris", "as" },
  { "loopback-port", "s" },
  CK_OPTION_TIMEOUT,
  { NULL },
};

static const CkOptionSpec plain_options[] = { CK_OPTION_TIMEOUT, { NULL } };

/* RFC 6749 appendix A.1, A.2: client id and client secret are VSCHAR. */
static gboolean
is_printable (const char *text, gsize size)
{
  for (gsize i = 0; i < size; i++)
    {
      if (text[i] < 0x20 || text[i] > 0x7e)
        return FALSE;
    }

  return TRUE;
}

static gboolean
check_loopback_port (const char *port, GError **error)
{
  if (port == NULL || *port == '\0' || g_str_equal (port, "any")
      || g_ascii_string_to_unsigned (port, 10, 1, G_MAXUINT16, NULL, NULL))
    return TRUE;

  g_set_error_literal (error,
                       CK_ERROR,
                       CK_ERROR_INVALID_ARGUMENT,
                       "loopback-port must be “any” or a port number");
  return FALSE;
}

static CkClientRecord *
make_record (CkCall *call, GError **error)
{
  GVariant *options = ck_call_get_options (call);
  const char *port = ck_options_get_string (options, "loopback-port");
  g_autoptr (CkClientRecord) record = NULL;
  g_auto (GStrv) uris = ck_options_dup_strings (options, "redirect-uris");
  const char *id;
  const char *provider;
  const char *client_id;

  g_variant_get (ck_call_get_parameters (call), "(&s&s&sha{sv})", &id, &provider, &client_id, NULL, NULL);
  if (*client_id == '\0' || strlen (client_id) > CK_MAX_TEXT
      || !is_printable (client_id, strlen (client_id)))
    {
      g_set_error_literal (error,
                           CK_ERROR,
                           CK_ERROR_INVALID_ARGUMENT,
                           "client_id must be printable ASCII, and not empty");
      return NULL;
    }
  if (!check_loopback_port (port, error))
    return NULL;

  record = ck_client_record_new (id);
  g_free (record->provider);
  record->provider = g_strdup (provider);
  g_free (record->client_id);
  record->client_id = g_strdup (client_id);
  g_free (record->loopback_port);
  record->loopback_port = g_strdup (port != NULL ? port : "");
  if (uris != NULL)
    {
      g_strfreev (record->redirect_uris);
      record->redirect_uris = g_steal_pointer (&uris);
    }

  return g_steal_pointer (&record);
}

/* Answers the call of @work. */
static void
end (CkWork *work, const char *provider, const char *outcome, GError *error)
{
  g_autofree char *message = NULL;
  const char *id;

  if (error != NULL)
    {
      ck_work_fail (work, error);
      return;
    }

  g_variant_get_child (ck_call_get_parameters (work->call), 0, "&s", &id);
  message = g_strdup_printf ("the client %s of %s was %s by %s",
                             id,
                             provider,
                             outcome,
                             ck_caller_get_user (ck_call_get_caller (work->call)));
  ck_bus_service_audit (work->service, work->call, ck_audit_client,
                        (CkAuditEntry){ .provider = provider,
                                        .client = id,
                                        .action = CK_ACTION_MANAGE,
                                        .outcome = outcome,
                                        .message = message });
  ck_work_return (work, NULL);
}

/* Of the client @id as it is now, before it is changed or removed. */
static void
remember_former (CkWork *work, const char *id)
{
  const CkClientRecord *record = ck_broker_lookup_client (work->service->broker, id, NULL);

  work->former = record != NULL ? g_strdup (record->provider) : NULL;
}

static void
added_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  GError *error = NULL;
  const char *provider;

  ck_broker_add_client_finish (CK_BROKER (source), result, &error);
  g_variant_get_child (ck_call_get_parameters (work->call), 1, "&s", &provider);
  end (work, provider, work->former != NULL ? "changed" : "added", error);
}

static void
secret_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  g_autoptr (CkClientRecord) record = NULL;
  CkBroker *broker = work->service->broker;
  GError *error = NULL;
  gsize size = 0;
  g_autoptr (SecretValue) secret
      = ck_secret_reader_read_finish (CK_SECRET_READER (source), result, &error);

  if (secret == NULL)
    {
      ck_work_fail (work, error);
      return;
    }

  if (!is_printable (secret_value_get (secret, &size), size))
    error = g_error_new_literal (CK_ERROR,
                                 CK_ERROR_INVALID_ARGUMENT,
                                 "the secret must be printable ASCII, without a line end");
  else
    record = make_record (work->call, &error);
  if (record == NULL)
    {
      ck_work_fail (work, error);
      return;
    }

  remember_former (work, record->id);
  ck_broker_add_client_async (broker,
                              g_steal_pointer (&record),
                              secret,
                              NULL,
                              added_cb,
                              g_steal_pointer (&work));
}

/* Here and not in the broker, to which a backup may give back a client that was added before the rules
 * were: it is renewed without a redirect. */
static gboolean
check_redirects (CkBroker *broker, const CkClientRecord *record, GError **error)
{
  CkProvider *provider
      = ck_config_lookup_provider (ck_broker_get_config (broker), record->provider, error);

  return provider != NULL
         && ck_redirect_rules_check (provider, (const char *const *) record->redirect_uris,
                                     record->loopback_port, error);
}

static void
handle_add_client (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  GError *error = NULL;
  g_autoptr (CkClientRecord) record = make_record (call, &error);
  int handle;

  if (record == NULL || !check_redirects (self->broker, record, &error))
    {
      ck_call_fail (call, error);
      return;
    }

  g_variant_get_child (ck_call_get_parameters (call), 3, "h", &handle);
  ck_work_read_secret (self, call, handle, secret_cb);
}

static void
removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  GError *error = NULL;

  ck_broker_remove_client_finish (CK_BROKER (source), result, &error);
  end (work, work->former, "removed", error);
}

static void
handle_remove_client (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  CkWork *work = ck_work_new (self, call);
  const char *id;

  g_variant_get_child (ck_call_get_parameters (call), 0, "&s", &id);
  remember_former (work, id);
  ck_broker_remove_client_async (self->broker, id, NULL, removed_cb, work);
}

static void
handle_list_clients (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  g_autoptr (GPtrArray) clients = ck_broker_dup_clients (self->broker);
  g_autoptr (GVariant) list = NULL;
  GVariantBuilder rows;

  g_variant_builder_init (&rows, G_VARIANT_TYPE ("a(sss)"));
  for (guint i = 0; i < clients->len; i++)
    {
      const CkClientRecord *client = clients->pdata[i];

      g_variant_builder_add (&rows, "(sss)", client->id, client->provider, client->client_id);
    }
  list = g_variant_ref_sink (g_variant_builder_end (&rows));

  if (g_variant_get_size (list) > CK_MAX_REPLY * 2 / 3)
    ck_call_fail (call,
                  g_error_new_literal (CK_ERROR,
                                       CK_ERROR_LIMIT_EXCEEDED,
                                       "there are too many clients for one reply"));
  else
    ck_call_return (call, g_variant_new ("(@a(sss))", list));
}

const CkMethod *
ck_client_methods_get (void)
{
  static const CkMethod methods[] = {
    { "AddClient", handle_add_client, CK_SUBJECT_NEW_CLIENT, add_options },
    { "RemoveClient", handle_remove_client, CK_SUBJECT_CLIENT, plain_options },
    { "ListClients", handle_list_clients, CK_SUBJECT_NONE, plain_options },
    { NULL },
  };

  return methods;
}
