/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-bus-service-private.h"
#include "ck-clock.h"
#include "ck-error.h"
#include "ck-names.h"
#include "ck-operations.h"

#define DEFAULT_FOR_S (4 * 3600)

static const CkOptionSpec options[] = { { "for", "u" }, CK_OPTION_TIMEOUT, { NULL } };

/* One Preflight: as many verifications as there are channels that the caller may use. */
typedef struct
{
  CkWork *work;
  GPtrArray *channels; /* of nullable CkChannel, in the order of the ids */
  GPtrArray *errors;   /* of nullable GError: why a channel could not be verified */
  guint64 begun_at;    /* Unix seconds */
  guint n_waiting;     /* one more while the verifications are begun */
} Flight;

typedef struct
{
  Flight *flight;
  guint index;
} FlightItem;

static void
clear_object (gpointer object)
{
  g_clear_object (&object);
}

static void
clear_error (gpointer error)
{
  g_clear_pointer ((GError **) &error, g_error_free);
}

static gboolean
ends_before (guint64 time, guint64 end)
{
  return time != CK_TIME_UNKNOWN && time < end;
}

/* Whether the platform has said now, or within MinCheckInterval, that it is good, be it by a new token;
 * and nothing since that. */
static gboolean
is_verified (CkBroker *broker, CkChannel *channel, guint64 now)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);
  guint interval = ck_config_get_settings (ck_broker_get_config (broker))->min_check_interval;

  return ck_channel_get_activity (channel)->failures == 0
         && MAX (record->last_verified, record->issued_at) + interval >= now;
}

static char *
say_unverified (CkChannel *channel, const GError *error)
{
  const CkActivity *activity = ck_channel_get_activity (channel);

  if (error != NULL)
    return g_strdup_printf ("it could not be verified now: %s", error->message);
  if (activity->failures > 0)
    return g_strdup_printf ("it could not be verified now (%s)",
                            activity->trouble != CK_CAUSE_NONE
                                ? ck_cause_to_string (activity->trouble)
                                : "refused");

  return g_strdup ("its platform has not said that it is good");
}

/* @now: when the verification began */
static const char *
judge (CkBroker *broker,
       CkChannel *channel,
       const GError *error,
       guint64 now,
       guint64 end,
       char **why)
{
  const CkChannelRecord *record = ck_channel_get_record (channel);

  if (record->state != CK_STATE_CONNECTED && record->state != CK_STATE_EXPIRING)
    {
      g_autofree char *remedy = ck_channel_dup_remedy (broker, channel);

      *why = g_strdup_printf ("it is %s. %s", ck_state_to_string (record->state), remedy);
      return "fail";
    }
  if (g_error_matches (error, CK_ERROR, CK_ERROR_VAULT_SEALED))
    {
      *why = g_strdup (error->message);
      return "fail";
    }
  if (ends_before (record->reconnect_by, end)
      || (ends_before (record->expires_at, end) && !ck_channel_renews_itself (broker, channel)))
    {
      *why = g_strdup ("it ends before that, and a person must reconnect it");
      return "fail";
    }
  /* A token whose end is not known is worth no more. */
  if (record->in_doubt && record->expires_at < end)
    {
      *why = g_strdup ("the answer to a renewal was lost, or a backup was restored; it is tried once "
                       "more before that, and if that fails, a person must reconnect it");
      return "warn";
    }
  if (error != NULL || !is_verified (broker, channel, now))
    {
      *why = say_unverified (channel, error);
      return "warn";
    }
  if (record->state == CK_STATE_EXPIRING)
    {
      *why = g_strdup ("it is good until then, but a person must reconnect it soon");
      return "warn";
    }
  if (record->advice != NULL && *record->advice != NULL)
    {
      *why = g_strjoinv (", ", record->advice);
      return "warn";
    }

  *why = g_strdup ("");
  return "ok";
}

static void
add_row (Flight *flight, GVariantBuilder *rows, guint index, const char *id, guint64 end)
{
  const char *refusal = ck_call_get_refusal (flight->work->call, index);
  CkChannel *channel = flight->channels->pdata[index];
  const GError *error = flight->errors->pdata[index];
  const char *verdict = "fail";
  g_autofree char *why = NULL;

  if (refusal != NULL)
    why = g_strdup (refusal);
  else if (channel == NULL)
    why = g_strdup ("there is no such channel");
  else
    verdict = judge (flight->work->service->broker, channel, error, flight->begun_at, end, &why);

  g_variant_builder_add (rows, "(sss)", id, verdict, why);
}

static void
flight_release (Flight *flight)
{
  g_autofree const char **ids = NULL;
  guint seconds;
  guint64 end;
  GVariantBuilder rows;

  if (--flight->n_waiting > 0)
    return;

  seconds
      = ck_options_get_uint (ck_call_get_options (flight->work->call), "for", DEFAULT_FOR_S);
  end = ck_clock_now () + seconds;
  g_variant_get_child (ck_call_get_parameters (flight->work->call), 0, "^a&s", &ids);
  g_variant_builder_init (&rows, G_VARIANT_TYPE ("a(sss)"));
  for (guint i = 0; ids[i] != NULL; i++)
    add_row (flight, &rows, i, ids[i], end);
  ck_work_return (flight->work, g_variant_new ("(a(sss))", &rows));

  ck_work_free (flight->work);
  g_ptr_array_unref (flight->channels);
  g_ptr_array_unref (flight->errors);
  g_free (flight);
}

static void
verified_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree FlightItem *item = user_data;
  GError *error = NULL;

  ck_channel_verify_finish (result, &error);
  item->flight->errors->pdata[item->index] = error;
  flight_release (item->flight);
}

static void
handle_preflight (CkCall *call, gpointer user_data)
{
  CkBusService *self = CK_BUS_SERVICE (user_data);
  Flight *flight = g_new0 (Flight, 1);
  g_autofree const char **ids = NULL;

  g_variant_get_child (ck_call_get_parameters (call), 0, "^a&s", &ids);
  flight->work = ck_work_new (self, call);
  flight->channels = g_ptr_array_new_with_free_func (clear_object);
  flight->errors = g_ptr_array_new_with_free_func (clear_error);
  flight->begun_at = ck_clock_now ();
  flight->n_waiting = 1;
  g_ptr_array_set_size (flight->channels, (int) g_strv_length ((char **) ids));
  g_ptr_array_set_size (flight->errors, (int) g_strv_length ((char **) ids));

  for (guint i = 0; ids[i] != NULL; i++)
    {
      CkChannel *channel = ck_call_get_refusal (call, i) == NULL
                               ? ck_broker_lookup_channel (self->broker, ids[i], NULL)
                               : NULL;
      FlightItem *item;

      if (channel == NULL)
        continue;
      flight->channels->pdata[i] = g_object_ref (channel);
      item = g_new0 (FlightItem, 1);
      item->flight = flight;
      item->index = i;
      flight->n_waiting++;
      ck_channel_verify_async (self->broker, channel, TRUE, NULL, verified_cb, item);
    }
  flight_release (flight);
}

const CkMethod *
ck_preflight_methods_get (void)
{
  static const CkMethod methods[] = {
    { "Preflight", handle_preflight, CK_SUBJECT_IDS, options },
    { NULL },
  };

  return methods;
}
