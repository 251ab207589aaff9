/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-event.h"

CkEvent *
ck_event_new (guint64 sequence,
              guint64 time,
              const char *channel,
              const char *word,
              GVariant *details)
{
  CkEvent *event = g_new0 (CkEvent, 1);

  event->sequence = sequence;
  event->time = time;
  event->channel = g_strdup (channel);
  event->word = g_strdup (word);
  event->details
      = g_variant_ref_sink (details != NULL ? details : g_variant_new ("a{sv}", NULL));

  return event;
}

CkEvent *
ck_event_copy (const CkEvent *event)
{
  return ck_event_new (event->sequence, event->time, event->channel, event->word, event->details);
}

void
ck_event_free (CkEvent *event)
{
  if (event == NULL)
    return;

  g_free (event->channel);
  g_free (event->word);
  g_clear_pointer (&event->details, g_variant_unref);
  g_free (event);
}

GPtrArray *
ck_event_list_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) ck_event_free);
}
