/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-lifecycle.h"

G_BEGIN_DECLS

/* For ck-lifecycle.c and ck-lifecycle-failure.c alone. */

/* Whether nobody has to act now. */
gboolean ck_lifecycle_is_good (CkState state);

/* Puts the record into a state and says so, if it is a new one or has a new cause. */
void ck_lifecycle_change_state (CkChannelRecord *record,
                                const CkChannelRecord *before,
                                CkState state,
                                CkCause cause,
                                const char *detail,
                                GPtrArray *events);

/* Puts the record into `expiring` and says so, with its ReconnectBy, whatever it was before. */
void ck_lifecycle_announce_end (CkChannelRecord *record,
                                const CkChannelRecord *before,
                                GPtrArray *events);

/* @end: maybe not known */
void ck_lifecycle_reconnect_no_later (CkChannelRecord *record, guint64 end);

/* Adds the word to the record's advice, or takes it away. */
void ck_lifecycle_set_advice (CkChannelRecord *record, const char *word, gboolean present);

/* What the modules advise is added and what they have settled goes; and what is too old. */
void ck_lifecycle_merge_advice (CkChannelRecord *record,
                                const char *const *advice,
                                const CkLifecycleContext *context);
void ck_lifecycle_clear_advice (CkChannelRecord *record);

G_END_DECLS
