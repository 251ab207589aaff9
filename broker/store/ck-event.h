/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CkEvent:
 *
 * One row of a channel's history. Never changed once made, so it may be shared between threads.
 */
typedef struct
{
  guint64 sequence;  /* the broker's number for it: grows with every event, also across restarts */
  guint64 time;      /* Unix seconds */
  char *channel;     /* the channel's id */
  char *word;        /* what happened, such as `renewed` */
  GVariant *details; /* a{sv}, no secrets */
} CkEvent;

/**
 * ck_event_new:
 * @sequence: its number
 * @time: Unix seconds
 * @channel: the channel's id
 * @word: what happened
 * @details: (transfer floating) (nullable): an a{sv}, %NULL for an empty one
 *
 * Returns: (transfer full): an event
 */
CkEvent *ck_event_new (guint64 sequence,
                       guint64 time,
                       const char *channel,
                       const char *word,
                       GVariant *details) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_event_copy:
 * @event: (transfer none): an event
 *
 * Returns: (transfer full): a copy, the details shared
 */
CkEvent *ck_event_copy (const CkEvent *event) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_event_free:
 * @event: (transfer full) (nullable): an event
 */
void ck_event_free (CkEvent *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkEvent, ck_event_free)

/**
 * ck_event_list_new:
 *
 * Returns: (transfer full) (element-type CkEvent): an empty list that owns its events
 */
GPtrArray *ck_event_list_new (void) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
