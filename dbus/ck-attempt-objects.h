/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "ck-attempt.h"
#include "ck-callers.h"

G_BEGIN_DECLS

/**
 * CkAttemptObjects:
 *
 * The attempts as objects on the bus: each exists for its owner alone. Signals are sent to the owner
 * alone; when the owner leaves the bus the attempt is cancelled. A finished attempt stays for a
 * while, so that its owner can still look.
 */
typedef struct _CkAttemptObjects CkAttemptObjects;

CkAttemptObjects *ck_attempt_objects_new (GDBusConnection *connection) G_GNUC_WARN_UNUSED_RESULT;
void ck_attempt_objects_free (CkAttemptObjects *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkAttemptObjects, ck_attempt_objects_free)

/**
 * ck_attempt_objects_add:
 * @attempt: (transfer none): one that has just begun
 * @owner: (transfer none): the caller that began it
 *
 * Returns: (transfer full): its object path
 */
char *ck_attempt_objects_add (CkAttemptObjects *self, CkAttempt *attempt, CkCaller *owner);

/**
 * ck_attempt_objects_lookup:
 * @id: (nullable): the last element of an object path
 * @sender: who asks
 *
 * Returns: (transfer none) (nullable): the attempt, %NULL also if it is somebody else's
 */
CkAttempt *ck_attempt_objects_lookup (CkAttemptObjects *self, const char *id, const char *sender);

/**
 * ck_attempt_objects_list:
 *
 * Returns: (transfer full): the ids of @sender's own attempts
 */
GStrv ck_attempt_objects_list (CkAttemptObjects *self, const char *sender);

/**
 * ck_attempt_objects_get_property:
 * @name: a property of org.channelkeeper.Attempt1
 *
 * Returns: (transfer floating) (nullable): its value
 */
GVariant *ck_attempt_objects_get_property (CkAttempt *attempt, const char *name);

G_END_DECLS
