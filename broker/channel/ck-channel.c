/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-channel.h"

#include "ck-clock.h"
#include "ck-error.h"
#include "ck-lifecycle.h"

/* Seconds before its end from which a token is one that ends. */
#define ENDING_SECONDS 60

struct _CkChannel
{
  GObject parent;

  char *id; /* not the record's: records come and go, tables are keyed by this */
  const CkChannelRecord *record; /* packed: there may be many channels */
  CkGrant *grant;
  CkActivity activity;
  guint declared : 1;
  guint unsaved : 1;
};

G_DEFINE_FINAL_TYPE (CkChannel, ck_channel, G_TYPE_OBJECT)

static void
ck_channel_finalize (GObject *object)
{
  CkChannel *self = CK_CHANNEL (object);

  g_warn_if_fail (g_queue_is_empty (&self->activity.turns));
  g_clear_pointer (&self->grant, ck_grant_unref);
  g_free ((gpointer) self->record);
  g_clear_pointer (&self->id, g_free);

  G_OBJECT_CLASS (ck_channel_parent_class)->finalize (object);
}

static void
ck_channel_class_init (CkChannelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ck_channel_finalize;
}

static void
ck_channel_init (CkChannel *self)
{
  g_queue_init (&self->activity.turns);
}

CkChannel *
ck_channel_new (CkChannelRecord *record, gboolean declared)
{
  CkChannel *self = g_object_new (CK_TYPE_CHANNEL, NULL);

  self->id = g_strdup (record->id);
  self->record = ck_channel_record_pack (record);
  ck_channel_record_free (record);
  self->declared = !!declared;

  return self;
}

const char *
ck_channel_get_id (CkChannel *self)
{
  g_return_val_if_fail (CK_IS_CHANNEL (self), NULL);

  return self->id;
}

const CkChannelRecord *
ck_channel_get_record (CkChannel *self)
{
  g_return_val_if_fail (CK_IS_CHANNEL (self), NULL);

  return self->record;
}

void
ck_channel_take_record (CkChannel *self, CkChannelRecord *record)
{
  g_return_if_fail (CK_IS_CHANNEL (self));
  g_return_if_fail (g_str_equal (record->id, self->id));

  g_free ((gpointer) self->record);
  self->record = ck_channel_record_pack (record);
  ck_channel_record_free (record);
}

CkGrant *
ck_channel_get_grant (CkChannel *self)
{
  g_return_val_if_fail (CK_IS_CHANNEL (self), NULL);

  return self->grant;
}

void
ck_channel_set_grant (CkChannel *self, CkGrant *grant, gboolean unsaved)
{
  g_return_if_fail (CK_IS_CHANNEL (self));

  if (grant != NULL)
    ck_grant_ref (grant);
  g_clear_pointer (&self->grant, ck_grant_unref);
  self->grant = grant;
  self->unsaved = !!unsaved;
  self->activity.unaskable = FALSE;
  self->activity.distrusted = FALSE;
  self->activity.foreign_times = FALSE;
  self->activity.jitter = g_random_double_range (-1.0, 1.0);
}

CkActivity *
ck_channel_get_activity (CkChannel *self)
{
  return &self->activity;
}

void
ck_channel_set_declared (CkChannel *self, gboolean declared)
{
  self->declared = !!declared;
}

gboolean
ck_channel_is_declared (CkChannel *self)
{
  return self->declared;
}

gboolean
ck_channel_is_unsaved (CkChannel *self)
{
  return self->unsaved;
}

gboolean
ck_channel_may_hand_out (CkChannel *self, guint64 now)
{
  return self->grant != NULL && ck_lifecycle_may_hand_out (self->record, now);
}

CkUrgency
ck_channel_get_urgency (CkChannel *self, guint64 now)
{
  const CkChannelRecord *record = self->record;

  if (self->activity.awaited)
    return CK_URGENCY_AWAITED;

  return record->expires_at > now && record->expires_at <= now + ENDING_SECONDS
             ? CK_URGENCY_ENDING
             : CK_URGENCY_ROUTINE;
}

GError *
ck_channel_state_error (CkChannel *self)
{
  static const struct
  {
    CkError code;
    const char *words;
  } errors[] = {
    [CK_STATE_UNCONNECTED] = { CK_ERROR_NOT_CONNECTED, "is not connected" },
    [CK_STATE_CONNECTED] = { CK_ERROR_PROVIDER_UNAVAILABLE, "has no valid token right now" },
    [CK_STATE_EXPIRING] = { CK_ERROR_PROVIDER_UNAVAILABLE, "has no valid token right now" },
    [CK_STATE_INTERRUPTED] = { CK_ERROR_PROVIDER_UNAVAILABLE, "is interrupted" },
    [CK_STATE_BLOCKED] = { CK_ERROR_BLOCKED, "is blocked by the platform" },
    [CK_STATE_EXPIRED] = { CK_ERROR_EXPIRED, "has expired" },
    [CK_STATE_REVOKED] = { CK_ERROR_REVOKED, "was revoked" },
    [CK_STATE_LOCKED] = { CK_ERROR_LOCKED, "is locked" },
    [CK_STATE_SUSPENDED] = { CK_ERROR_SUSPENDED, "is suspended" },
  };
  const CkChannelRecord *record = self->record;
  g_autoptr (GString) message = g_string_new (NULL);

  G_STATIC_ASSERT (G_N_ELEMENTS (errors) == CK_N_STATES);

  g_string_printf (message, "%s %s", record->id, errors[record->state].words);
  if (record->cause != CK_CAUSE_NONE)
    g_string_append_printf (message, " (%s)", ck_cause_to_string (record->cause));
  if (record->detail != NULL && *record->detail != '\0')
    g_string_append_printf (message, ": %s", record->detail);

  switch (record->state)
    {
    case CK_STATE_UNCONNECTED:
    case CK_STATE_EXPIRED:
    case CK_STATE_REVOKED:
    case CK_STATE_LOCKED:
      g_string_append_printf (message, " — %s must reconnect it", record->assigned_user);
      break;
    default:
      break;
    }

  return g_error_new_literal (CK_ERROR, errors[record->state].code, message->str);
}
