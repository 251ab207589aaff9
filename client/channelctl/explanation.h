/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CkExplanation:
 * @headline: what state it is in, with the channel's name
 * @why: why it is so; empty for a channel that is well
 * @detail: what the service noted when it became so, in English; or empty
 * @to_do: what exactly to do, on this platform; empty if nothing
 * @who: who must do it
 * @command: (nullable): the command that person types
 * @by_itself: what happens with nobody doing anything
 * @advice: for each of the channel's advice words, what to do about it
 *
 * Why a channel is not connected, or is; in the person's language, each a paragraph.
 */
typedef struct
{
  char *headline;
  char *why;
  char *detail;
  char *to_do;
  char *who;
  char *command;
  char *by_itself;
  GStrv advice;
} CkExplanation;

/**
 * ck_explanation_new:
 * @properties: (transfer none): a{sv}, the channel's
 * @platform: its provider's name for people
 * @me: (nullable): the user who asks
 * @now: Unix seconds
 *
 * Returns: (transfer full): the explanation
 */
CkExplanation *ck_explanation_new (GVariant *properties,
                                   const char *platform,
                                   const char *me,
                                   gint64 now) G_GNUC_WARN_UNUSED_RESULT;
void ck_explanation_free (CkExplanation *explanation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkExplanation, ck_explanation_free)

/**
 * ck_explanation_find_since:
 * @events: (transfer none): a(tsa{sv}), the channel's history, newest first
 * @state: the word for its state
 *
 * Returns: Unix seconds when it came into that state; 0 if the history does not go so far back
 */
guint64 ck_explanation_find_since (GVariant *events, const char *state);

/**
 * ck_explanation_get_advice:
 * @word: an advice
 *
 * Returns: (transfer none): what to do about it, or @word itself if nobody here knows it
 */
const char *ck_explanation_get_advice (const char *word);

G_END_DECLS
