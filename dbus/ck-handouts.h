/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-audit.h"

G_BEGIN_DECLS

/**
 * CkHandouts:
 *
 * Who got which token: one journal entry when a caller gets a channel's token of one generation for
 * the first time, and another, with how often it was, when that generation is over. An app that
 * asks before every request fills no journal by it.
 */
typedef struct _CkHandouts CkHandouts;

/**
 * ck_handouts_new:
 * @audit: (transfer none): where entries go; lives longer
 */
CkHandouts *ck_handouts_new (CkAudit *audit) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_handouts_free:
 *
 * Writes the counts that are open first.
 */
void ck_handouts_free (CkHandouts *self);

/**
 * ck_handouts_note:
 * @channel: the channel's id
 * @provider: its provider
 * @generation: of the grant whose token it is; a new one ends the channel's former counts
 * @caller: unique name
 * @uid: the caller's
 * @user: its name
 *
 * @caller is given the token now.
 */
void ck_handouts_note (CkHandouts *self,
                       const char *channel,
                       const char *provider,
                       guint64 generation,
                       const char *caller,
                       guint uid,
                       const char *user);

G_END_DECLS
