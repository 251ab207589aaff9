/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ck-argument.h"
#include "ck-bus-service-private.h"
#include "ck-channel-list.h"
#include "ck-error.h"
#include "ck-names.h"

static const CkOptionSpec add_options[] = {
  { "display-name", "s" },   { "client", "s" },          { "assigned-user", "s" },
  { "allowed-users", "as" }, { "allowed-groups", "as" }, { "scopes", "as" },
  { "required-scopes", "as" }, { "account-id", "s" },    CK_OPTION_TIMEOUT,
  { NULL },
};

static const CkOptionSpec remove_options[] = { { "keep-grant", "b" }, CK_OPTION_TIMEOUT, { NULL } };

static const CkOptionSpec plain_options[] = { CK_OPTION_TIMEOUT, { NULL } };

/* ---- AddChannel: the record, its users, its groups, the broker -------------------------------- */

typedef struct
{
  CkWork *work;
  CkChannelRecord *record;
} Addition;

static void
addition_free (Addition *addition)
{
  g_clear_pointer (&addition->work, ck_work_free);
  g_clear_pointer (&addition->record, ck_channel_record_free);
  g_free (addition);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Addition, addition_free)

static void
take_text (GVariant *options, const char *key, char **target)
{
  const char *value = ck_options_get_string (options, key);

  if (value == NULL)
    return;

  g_free (*target);
  *target = g_strdup (value);
}

static void
take_list (GVariant *options, const char *key, GStrv *target)
{
  GStrv list = ck_options_dup_strings (options, key);

  if (list == NULL)
    return;

  g_strfreev (*target);
  *target = list;
}

static CkChannelRecord *
make_record (CkCall *call, GError **error)
{
  GVariant *options = ck_call_get_options (call);
  g_autoptr (CkChannelRecord) record = ck_channel_record_new (ck_call_get_channel (call));
  const char *client = ck_options_get_string (options, "client");

  if (client != NULL && !ck_argument_check_id ("client", client, error))
    return NULL;

  g_free (record->provider);
  g_variant_get_child (ck_call_get_parameters (call), 1, "s", &record->provider);
  take_text (options, "display-name", &record->display_name);
  take_text (options, "client", &record->client);
  take_text (options, "assigned-user", &record->assigned_user);
  take_text (options, "account-id", &record->pinned_account);
  take_list (options, "allowed-users", &record->allowed_users);
  take_list (options, "allowed-groups", &record->allowed_groups);
  take_list (options, "scopes", &record->scopes);
  take_list (options, "required-scopes", &record->required_scopes);

  return g_steal_pointer (&record);
}

static void
audit (CkWork *work, const char *provider, const char *outcome, const char *message)
{
  ck_bus_service_audit (work->service, work->call, ck_audit_channel,
                        (CkAuditEntry){ .provider = provider,
                                        .action = CK_ACTION_MANAGE,
                                        .outcome = outcome,
                                        .message = message });
}

static void
added_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  GError *error = NULL;
  g_autoptr (CkChannel) channel
      = ck_broker_add_channel_finish (CK_BROKER (source), result, &error);
  const CkChannelRecord *record;
  g_autofree char *path = NULL;
  g_autofree char *access = NULL;
  g_autofree char *message = NULL;

  if (channel == NULL)
    {
      ck_work_fail (work, error);
      return;
    }

  record = ck_channel_get_record (channel);
  access = ck_bus_service_describe_access (record);
  message = g_strdup_printf ("%s added %s (%s), %s",
                             ck_caller_get_user (ck_call_get_caller (work->call)),
                             record->id,
                             record->provider,
                             access);
  audit (work, record->provider, "added", message);
  path = ck_channel_path (channel);
  ck_work_return (work, g_variant_new ("(o)", path));
}

static void
add_groups_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Addition) addition = user_data;
  GError *error = NULL;

  if (!ck_argument_check_groups_finish (result, &error))
    {
      ck_work_fail (addition->work, error);
      return;
    }

  ck_broker_add_channel_async (addition->work->service->broker,
                               g_steal_pointer (&addition->record),
                               NULL,
                               added_cb,
                               addition->work);
  addition->work = NULL;
}

static void
add_allowed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Addition) addition = user_data;
  const char *const *groups = (const char *const *) addition->record->allowed_groups;
  GError *error = NULL;

  if (!ck_argument_check_users_finish (result, &error))
    {
      ck_work_fail (addition->work, error);
      return;
    }

  ck_argument_check_groups_async ("allowed-groups",
                                  groups,
                                  NULL,
                                  add_groups_cb,
                                  g_steal_pointer (&addition));
}

static void
add_assigned_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Addition) addition = user_data;
  const char *const *users = (const char *const *) addition->record->allowed_users;
  GError *error = NULL;

  if (!ck_argument_check_users_finish (result, &error))
    {
      ck_work_fail (addition->work, error);
      return;
    }

  ck_argument_check_users_async ("allowed-users",
                                 users,
                                 NULL,
                                 add_allowed_cb,
                                 g_steal_pointer (&addition));
}

static void
handle_add_channel (CkCall *call, gpointer user_data)
{
  g_autoptr (Addition) addition = g_new0 (Addition, 1);
  const char *assigned[] = { NULL, NULL };
  GError *error = NULL;

  addition->work = ck_work_new (CK_BUS_SERVICE (user_data), call);
  addition->record = make_record (call, &error);
  if (addition->record == NULL)
    {
      ck_work_fail (addition->work, error);
      return;
    }

  /* None given: the broker has a default, or refuses. */
  if (*addition->record->assigned_user != '\0')
    assigned[0] = addition->record->assigned_user;
  ck_argument_check_users_async ("assigned-user",
                                 assigned,
                                 NULL,
                                 add_assigned_cb,
                                 g_steal_pointer (&addition));
}

/* ---- the others ------------------------------------------------------------------------------ */

static void
removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  GError *error = NULL;
  g_autofree char *message = NULL;

  if (!ck_broker_remove_channel_finish (CK_BROKER (source), result, &error))
    {
      ck_work_fail (work, error);
      return;
    }

  message = g_strdup_printf ("%s removed %s (%s) and its history",
                             ck_caller_get_user (ck_call_get_caller (work->call)),
                             ck_call_get_channel (work->call),
                             work->former);
  audit (work, work->former, "removed", message);
  ck_work_return (work, NULL);
}

static void
handle_remove_channel (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  GError *error = NULL;
  CkChannel *channel = ck_bus_service_find_channel (self, call, &error);
  CkWork *work;

  if (channel == NULL)
    {
      ck_call_fail (call, error);
      return;
    }

  work = ck_work_new (self, call);
  work->former = g_strdup (ck_channel_get_record (channel)->provider);
  ck_broker_remove_channel_async (self->broker,
                                  channel,
                                  ck_options_get_boolean (ck_call_get_options (call), "keep-grant"),
                                  NULL,
                                  removed_cb,
                                  work);
}

static void
handle_get_channel (CkCall *call, gpointer user_data)
{
  GError *error = NULL;
  CkChannel *channel = ck_bus_service_find_channel (CK_BUS_SERVICE (user_data), call, &error);
  g_autofree char *path = NULL;

  if (channel == NULL)
    {
      ck_call_fail (call, error);
      return;
    }

  path = ck_channel_path (channel);
  ck_call_return (call, g_variant_new ("(o)", path));
}

static void
handle_list_channels (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  GError *error = NULL;
  GVariant *page = ck_channel_list_make_page (ck_bus_service_get_channels (self),
                                              ck_call_get_options (call),
                                              &error);

  if (page == NULL)
    ck_call_fail (call, error);
  else
    ck_call_return (call, g_variant_new ("(@a(ossss))", page));
}

static void
handle_get_snapshot (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  GError *error = NULL;
  GVariant *page = ck_channel_list_make_page (ck_bus_service_get_channels (self),
                                              ck_call_get_options (call),
                                              &error);

  if (page == NULL)
    ck_call_fail (call, error);
  else
    ck_call_return (call,
                    g_variant_new ("(t@a(ossss))", ck_broker_get_sequence (self->broker), page));
}

static GVariant *
describe_provider (CkProvider *provider)
{
  GVariantDict details;

  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details,
                         "documentation",
                         "s",
                         ck_provider_get_documentation (provider));

  return g_variant_dict_end (&details);
}

static void
handle_list_providers (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  GPtrArray *providers = ck_config_get_providers (ck_broker_get_config (self->broker));
  GVariantBuilder rows;

  g_variant_builder_init (&rows, G_VARIANT_TYPE ("a(ssa{sv})"));
  for (guint i = 0; i < providers->len; i++)
    {
      CkProvider *provider = providers->pdata[i];

      g_variant_builder_add (&rows,
                             "(ss@a{sv})",
                             ck_provider_get_id (provider),
                             ck_provider_get_name (provider),
                             describe_provider (provider));
    }

  ck_call_return (call, g_variant_new ("(a(ssa{sv}))", &rows));
}

static void
handle_reload (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  GError *error = NULL;
  g_autofree char *message = NULL;

  if (!ck_broker_reload (self->broker, &error))
    {
      ck_call_fail (call, error);
      return;
    }

  message = g_strdup_printf ("%s had the configuration read again",
                             ck_caller_get_user (ck_call_get_caller (call)));
  ck_bus_service_audit (
      self, call, ck_audit_reload,
      (CkAuditEntry){ .action = CK_ACTION_MANAGE, .outcome = "reloaded", .message = message });
  ck_call_return (call, NULL);
}

const CkMethod *
ck_broker_methods_get (void)
{
  static const CkMethod methods[] = {
    { "AddChannel", handle_add_channel, CK_SUBJECT_NEW_CHANNEL, add_options },
    { "RemoveChannel", handle_remove_channel, CK_SUBJECT_ID, remove_options },
    { "GetChannel", handle_get_channel, CK_SUBJECT_ID, NULL },
    { "ListChannels", handle_list_channels, CK_SUBJECT_NONE, ck_channel_list_options },
    { "GetSnapshot", handle_get_snapshot, CK_SUBJECT_NONE, ck_channel_list_options },
    { "ListProviders", handle_list_providers, CK_SUBJECT_NONE, plain_options },
    { "Reload", handle_reload, CK_SUBJECT_NONE, plain_options },
    { NULL },
  };

  return methods;
}
