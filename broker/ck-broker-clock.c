/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-broker-private.h"

#include "ck-clock.h"
#include "ck-names.h"

/* Rule 9. While the broker runs, lifetimes count on CLOCK_BOOTTIME: when the wall clock is set, every
 * time that was reckoned on it is set with it, so that nothing runs out, or lives on, by a step. From
 * one run to the next the wall clock is all there is; one earlier than the last time that is on disk
 * is not to be trusted, and the platforms are asked instead. */

/* Seconds that two clocks may differ and still be the same. */
#define SLACK 2

static gint64
get_offset (void)
{
  return ck_clock_real () - ck_clock_boottime ();
}

static gboolean
is_trusted (CkBroker *self)
{
  return ck_clock_now () + SLACK >= self->last_time;
}

/* A run on a disk that took nothing has left no trace: for each microsecond since the disk was written last
 * there may have been an event. */
static guint64
count_untraced (CkBroker *self)
{
  if (self->last_time == 0 || ck_clock_now () < self->last_time)
    return 0;

  return (guint64) ck_clock_real () - self->last_time * G_USEC_PER_SEC;
}

void
ck_broker_clock_begin (CkBroker *self)
{
  self->clock_offset = get_offset ();
  self->last_time = ck_state_db_get_last_time (self->state_db);
  self->sequence = ck_state_db_skip_sequence (self->state_db, count_untraced (self));
  /* The first write of all has one, too, whatever it is of. */
  if (self->last_time == 0)
    ck_state_db_set_last_time (self->state_db, ck_clock_now ());
  if (!is_trusted (self))
    g_message ("the wall clock is earlier than when the broker last ran: nothing expires by it, and the "
               "platforms are asked instead");
}

/* A grant that is yet to be issued is of another clock as well, whatever the last write says. */
static gboolean
agrees (CkBroker *self, CkChannel *channel)
{
  return is_trusted (self) && ck_channel_get_record (channel)->issued_at <= ck_clock_now () + SLACK;
}

void
ck_broker_clock_judge (CkBroker *self, CkChannel *channel)
{
  CkActivity *activity = ck_channel_get_activity (channel);

  activity->distrusted = !agrees (self, channel);
  activity->foreign_times = activity->foreign_date = activity->distrusted;
}

static guint64
shift (guint64 time, gint64 seconds)
{
  if (time == CK_TIME_UNKNOWN || time >= CK_TIME_NEVER)
    return time;

  return (guint64) MAX ((gint64) time + seconds, 1);
}

static void
shift_channel (CkBroker *self, CkChannel *channel, gint64 seconds)
{
  CkActivity *activity = ck_channel_get_activity (channel);
  CkChannelRecord *record;

  activity->not_before = shift (activity->not_before, seconds);
  activity->last_refused = shift (activity->last_refused, seconds);
  activity->last_check = shift (activity->last_check, seconds);

  /* Reckoned on another run's clock: by what is the right time now they may be right. */
  if (activity->foreign_times)
    {
      if (agrees (self, channel))
        activity->distrusted = activity->foreign_times = activity->foreign_date = FALSE;
      ck_broker_replan (self, channel);
      return;
    }

  record = ck_channel_record_copy (ck_channel_get_record (channel));
  record->issued_at = shift (record->issued_at, seconds);
  record->expires_at = shift (record->expires_at, seconds);
  record->renewable_until = shift (record->renewable_until, seconds);
  /* A renewal does not move it, so that it may be older than the grant. */
  if (!activity->foreign_date)
    record->reconnect_by = shift (record->reconnect_by, seconds);
  activity->foreign_date &= !agrees (self, channel);
  record->last_verified = shift (record->last_verified, seconds);
  record->refused_since = shift (record->refused_since, seconds);
  record->duplicates_at = shift (record->duplicates_at, seconds);
  ck_broker_commit (self, channel, record, NULL);
}

/* What is remembered for a while only is not worth more than to be asked for anew. */
static void
shift_broker (CkBroker *self, gint64 seconds)
{
  self->started_at = shift (self->started_at, seconds);
  g_hash_table_remove_all (self->suspected);
  g_hash_table_remove_all (self->refused);
  g_hash_table_remove_all (self->limits);
  g_hash_table_remove_all (self->metadata);
}

void
ck_broker_clock_set (CkBroker *self)
{
  g_autoptr (GPtrArray) channels = ck_broker_dup_channels (self);
  gint64 seconds = (get_offset () - self->clock_offset) / G_USEC_PER_SEC;

  g_message ("the wall clock was set, by %" G_GINT64_FORMAT " seconds: every plan is made anew", seconds);
  self->clock_offset += seconds * G_USEC_PER_SEC;
  if (seconds != 0)
    shift_broker (self, seconds);
  for (guint i = 0; i < channels->len; i++)
    {
      CkChannel *channel = g_ptr_array_index (channels, i);

      /* The kernel says the same after a sleep, in which nothing was set. */
      if (seconds != 0)
        shift_channel (self, channel, seconds);
      else
        ck_broker_replan (self, channel);
    }
}
