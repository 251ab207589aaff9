/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-argument.h"
#include "ck-bus-service-private.h"
#include "ck-error.h"
#include "ck-event.h"
#include "ck-names.h"
#include "ck-operations.h"

#define DEFAULT_HISTORY 100
#define MAX_HISTORY 1000

static const CkOptionSpec reconnect_options[] = {
  { "flow", "s" },
  { "redirect-uri", "s" },
  { "scopes", "as" },
  { "allow-sibling-loss", "b" },
  CK_OPTION_TIMEOUT,
  { NULL },
};

static const CkOptionSpec history_options[] = {
  { "since", "t" },
  { "limit", "u" },
  CK_OPTION_TIMEOUT,
  { NULL },
};

static const CkOptionSpec plain_options[] = { CK_OPTION_TIMEOUT, { NULL } };

/* ---- Reconnect, Disconnect -------------------------------------------------------------------- */

/* Without a wish: what the provider says, else the browser where there is an address that it can
 * come back to. */
static const char *
choose_flow (CkBusService *self, CkChannel *channel)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  CkProvider *provider = ck_config_lookup_provider (ck_broker_get_config (self->broker),
                                                    record->provider,
                                                    NULL);
  const CkClientRecord *client = ck_broker_lookup_client (self->broker, record->client, NULL);
  const char *flow
      = provider != NULL ? ck_provider_get_setting (provider, "Provider.DefaultFlow") : NULL;

  if (flow != NULL)
    return flow;
  if (client != NULL && client->redirect_uris != NULL && *client->redirect_uris != NULL)
    return "browser";

  return "device";
}

static void
handle_reconnect (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  GVariant *options = ck_call_get_options (call);
  CkCaller *caller = ck_call_get_caller (call);
  g_auto (GStrv) scopes = ck_options_dup_strings (options, "scopes");
  const char *flow = ck_options_get_string (options, "flow");
  GError *error = NULL;
  CkChannel *channel = ck_bus_service_find_channel (self, call, &error);
  CkAttempt *attempt = NULL;
  g_autofree char *path = NULL;
  g_autofree char *message = NULL;

  if (channel != NULL)
    attempt = ck_attempt_start (
        self->broker, channel,
        &(CkAttemptRequest){
            .owner = ck_caller_get_name (caller),
            .uid = ck_caller_get_uid (caller),
            .user = ck_caller_get_user (caller),
            .flow = flow != NULL ? flow : choose_flow (self, channel),
            .redirect_uri = ck_options_get_string (options, "redirect-uri"),
            .scopes = (const char *const *) scopes,
            .allow_sibling_loss = ck_options_get_boolean (options, "allow-sibling-loss"),
        },
        &error);
  if (attempt == NULL)
    {
      ck_call_fail (call, error);
      return;
    }

  message = g_strdup_printf ("%s begins to reconnect %s",
                             ck_caller_get_user (caller),
                             ck_call_get_channel (call));
  ck_bus_service_audit (self, call, ck_audit_reconnect,
                        (CkAuditEntry){ .action = CK_ACTION_RECONNECT,
                                        .outcome = "begun",
                                        .message = message });
  path = ck_attempt_objects_add (self->attempts, attempt, caller);
  ck_call_return (call, g_variant_new ("(o)", path));
}

static void
disconnected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  GError *error = NULL;
  const char *outcome = ck_channel_disconnect_finish (result, &error);
  g_autofree char *message = NULL;

  if (outcome == NULL)
    {
      ck_work_fail (work, error);
      return;
    }

  message = g_strdup_printf ("%s disconnected %s: its grant is %s",
                             ck_caller_get_user (ck_call_get_caller (work->call)),
                             ck_call_get_channel (work->call),
                             outcome);
  ck_bus_service_audit (work->service, work->call, ck_audit_channel,
                        (CkAuditEntry){ .provider = ck_channel_get_record (CK_CHANNEL (source))->provider,
                                        .action = CK_ACTION_DISCONNECT,
                                        .outcome = "disconnected",
                                        .message = message });
  ck_work_return (work, g_variant_new ("(s)", outcome));
}

static void
handle_disconnect (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  GError *error = NULL;
  CkChannel *channel = ck_bus_service_find_channel (self, call, &error);

  if (channel == NULL)
    ck_call_fail (call, error);
  else
    ck_channel_disconnect_async (self->broker,
                                 channel,
                                 ck_caller_get_user (ck_call_get_caller (call)),
                                 TRUE,
                                 NULL,
                                 disconnected_cb,
                                 ck_work_new (self, call));
}

/* ---- Assign, SetAccess, PinAccount ------------------------------------------------------------ */

typedef struct
{
  CkWork *work;
  const char *what;
  char *message;
} Modification;

static void
modification_free (Modification *modification)
{
  ck_work_free (modification->work);
  g_free (modification->message);
  g_free (modification);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Modification, modification_free)

/* In force though the disk refused it: that, too, is told. */
static void
modified_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Modification) modification = user_data;
  CkWork *work = modification->work;
  GError *error = NULL;
  gboolean written = ck_broker_modify_channel_finish (CK_BROKER (source), result, &error);
  g_autofree char *message = g_strdup_printf ("%s%s%s",
                                              modification->message,
                                              written ? "" : "; ",
                                              written ? "" : error->message);

  if (written || g_error_matches (error, CK_ERROR, CK_ERROR_STORE))
    ck_bus_service_audit (work->service, work->call, ck_audit_assigned,
                          (CkAuditEntry){ .action = CK_ACTION_MANAGE,
                                          .outcome = modification->what,
                                          .message = message });
  ck_work_end (work, error);
}

/* (transfer full) @work, @record */
static void
modify (CkWork *work, CkChannelRecord *record, const char *what)
{
  const char *user = ck_caller_get_user (ck_call_get_caller (work->call));
  CkChannel *channel = ck_bus_service_find_channel (work->service, work->call, NULL);
  Modification *modification = g_new0 (Modification, 1);
  g_autofree char *access = ck_bus_service_describe_access (record);

  modification->work = work;
  modification->what = what;
  modification->message = g_strdup_printf ("%s: %s by %s; %s", record->id, what, user, access);
  ck_broker_modify_channel_async (work->service->broker, channel, record, what, user, modified_cb,
                                  modification);
}

static CkChannelRecord *
copy_record (CkWork *work, GError **error)
{
  CkChannel *channel = ck_bus_service_find_channel (work->service, work->call, error);

  return channel != NULL ? ck_channel_record_copy (ck_channel_get_record (channel)) : NULL;
}

static void
assign_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  CkChannelRecord *record = NULL;
  GError *error = NULL;

  if (ck_argument_check_users_finish (result, &error))
    record = copy_record (work, &error);
  if (record == NULL)
    {
      ck_work_fail (work, error);
      return;
    }

  g_free (record->assigned_user);
  g_variant_get_child (ck_call_get_parameters (work->call), 0, "s", &record->assigned_user);
  modify (g_steal_pointer (&work), record, "Assigned");
}

static void
handle_assign (CkCall *call, gpointer user_data)
{
  const char *users[] = { NULL, NULL };

  g_variant_get_child (ck_call_get_parameters (call), 0, "&s", &users[0]);
  ck_argument_check_users_async ("user",
                                 users,
                                 NULL,
                                 assign_cb,
                                 ck_work_new (CK_BUS_SERVICE (user_data), call));
}

static void
access_groups_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  CkChannelRecord *record = NULL;
  GError *error = NULL;

  if (ck_argument_check_groups_finish (result, &error))
    record = copy_record (work, &error);
  if (record == NULL)
    {
      ck_work_fail (work, error);
      return;
    }

  g_strfreev (record->allowed_users);
  g_strfreev (record->allowed_groups);
  g_variant_get (ck_call_get_parameters (work->call),
                 "(^as^asa{sv})",
                 &record->allowed_users,
                 &record->allowed_groups,
                 NULL);
  modify (g_steal_pointer (&work), record, "AccessChanged");
}

static void
access_users_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  g_autofree const char **groups = NULL;
  GError *error = NULL;

  if (!ck_argument_check_users_finish (result, &error))
    {
      ck_work_fail (work, error);
      return;
    }

  g_variant_get_child (ck_call_get_parameters (work->call), 1, "^a&s", &groups);
  ck_argument_check_groups_async ("groups",
                                  groups,
                                  NULL,
                                  access_groups_cb,
                                  g_steal_pointer (&work));
}

static void
handle_set_access (CkCall *call, gpointer user_data)
{
  g_autofree const char **users = NULL;

  g_variant_get_child (ck_call_get_parameters (call), 0, "^a&s", &users);
  ck_argument_check_users_async ("users",
                                 users,
                                 NULL,
                                 access_users_cb,
                                 ck_work_new (CK_BUS_SERVICE (user_data), call));
}

static void
handle_pin_account (CkCall *call, gpointer user_data)
{
  g_autoptr (CkWork) work = ck_work_new (CK_BUS_SERVICE (user_data), call);
  CkChannelRecord *record = NULL;
  GError *error = NULL;
  const char *account;

  g_variant_get_child (ck_call_get_parameters (call), 0, "&s", &account);
  if (ck_argument_check_text ("account_id", account, CK_MAX_TEXT, &error))
    record = copy_record (work, &error);
  if (record == NULL)
    {
      ck_work_fail (work, error);
      return;
    }

  g_free (record->pinned_account);
  record->pinned_account = g_strdup (account);
  modify (g_steal_pointer (&work), record, "AccountPinned");
}

/* ---- GetHistory ------------------------------------------------------------------------------- */

static void
history_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (CkWork) work = user_data;
  GError *error = NULL;
  g_autoptr (GPtrArray) events
      = ck_state_db_get_history_finish (CK_STATE_DB (source), result, &error);
  GVariantBuilder rows;
  gsize size = 0;

  if (events == NULL)
    {
      ck_work_fail (work, error);
      return;
    }

  g_variant_builder_init (&rows, G_VARIANT_TYPE ("a(tsa{sv})"));
  for (guint i = 0; i < events->len; i++)
    {
      const CkEvent *event = events->pdata[i];

      /* What does not fit is asked for with a smaller limit. */
      size += g_variant_get_size (event->details) * 3 / 2 + 64;
      if (size > CK_MAX_REPLY)
        break;
      g_variant_builder_add (&rows, "(ts@a{sv})", event->time, event->word, event->details);
    }

  ck_work_return (work, g_variant_new ("(a(tsa{sv}))", &rows));
}

static void
handle_get_history (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  GVariant *options = ck_call_get_options (call);
  guint limit = ck_options_get_uint (options, "limit", DEFAULT_HISTORY);

  if (limit == 0 || limit > MAX_HISTORY)
    {
      ck_call_fail (call,
                    g_error_new (CK_ERROR,
                                 CK_ERROR_INVALID_ARGUMENT,
                                 "limit must be from 1 to %d",
                                 MAX_HISTORY));
      return;
    }

  ck_state_db_get_history_async (ck_broker_get_state_db (self->broker),
                                 ck_call_get_channel (call),
                                 ck_options_get_time (options, "since"),
                                 limit,
                                 ck_call_get_cancellable (call),
                                 history_cb,
                                 ck_work_new (self, call));
}

const CkMethod *
ck_channel_methods_get (void)
{
  static const CkMethod methods[] = {
    { "Reconnect", handle_reconnect, CK_SUBJECT_OBJECT, reconnect_options },
    { "Disconnect", handle_disconnect, CK_SUBJECT_OBJECT, plain_options },
    { "Assign", handle_assign, CK_SUBJECT_OBJECT, plain_options },
    { "SetAccess", handle_set_access, CK_SUBJECT_OBJECT, plain_options },
    { "PinAccount", handle_pin_account, CK_SUBJECT_OBJECT, plain_options },
    { "GetHistory", handle_get_history, CK_SUBJECT_OBJECT, history_options },
    { NULL },
  };

  return methods;
}
