/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsecret/secret.h>

#include "ck-ctl-bus.h"

G_BEGIN_DECLS

/**
 * CkCtlAttempt:
 *
 * channelctl's side of an org.channelkeeper.Attempt1. What the service says is queued, so that it
 * is dealt with in order, outside of any callback.
 */
typedef struct _CkCtlAttempt CkCtlAttempt;

typedef enum
{
  CK_CTL_ATTEMPT_PROMPTED,
  CK_CTL_ATTEMPT_FINISHED,
  CK_CTL_ATTEMPT_LOST, /* the service has gone, and the attempt with it */
} CkCtlAttemptKind;

/**
 * CkCtlAttemptEvent:
 *
 * What happened. Of a prompt: its id, style, details (an a{sv}). Of the end: outcome, cause and
 * message.
 */
typedef struct
{
  CkCtlAttemptKind kind;
  guint32 prompt;
  char *style;
  GVariant *details;
  char *outcome;
  char *cause;
  char *message;
} CkCtlAttemptEvent;

void ck_ctl_attempt_event_free (CkCtlAttemptEvent *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkCtlAttemptEvent, ck_ctl_attempt_event_free)

/**
 * ck_ctl_attempt_new:
 * @bus: outlives the attempt
 * @error: as ck_ctl_bus_get_connection()
 *
 * Listens already: nothing that a later attempt says is missed.
 */
CkCtlAttempt *ck_ctl_attempt_new (CkCtlBus *bus, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ck_ctl_attempt_free (CkCtlAttempt *attempt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkCtlAttempt, ck_ctl_attempt_free)

/**
 * ck_ctl_attempt_start:
 * @channel: the channel's object path
 * @options: Reconnect()'s; cleared
 *
 * Calls Reconnect(). May be called again: the service replaces the attempt, and this forgets it.
 */
gboolean ck_ctl_attempt_start (CkCtlAttempt *attempt,
                               const char *channel,
                               GVariantDict *options,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_ctl_attempt_pop:
 *
 * Returns: (transfer full) (nullable): what happened next, if anything did. Iterate the main
 *   context for more.
 */
CkCtlAttemptEvent *ck_ctl_attempt_pop (CkCtlAttempt *attempt) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_ctl_attempt_respond:
 * @prompt: the prompt's id
 * @key: the answer's only member
 * @answer: its text
 */
gboolean ck_ctl_attempt_respond (CkCtlAttempt *attempt,
                                 guint32 prompt,
                                 const char *key,
                                 const char *answer,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_ctl_attempt_respond_secret:
 * @secret: (transfer none): handed over through a pipe
 */
gboolean ck_ctl_attempt_respond_secret (CkCtlAttempt *attempt,
                                        guint32 prompt,
                                        SecretValue *secret,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_ctl_attempt_cancel:
 *
 * Gives up; what comes of it is of no interest.
 */
void ck_ctl_attempt_cancel (CkCtlAttempt *attempt);

G_END_DECLS
