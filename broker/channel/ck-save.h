/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"

G_BEGIN_DECLS

/**
 * CkSave:
 *
 * A grant that only memory holds, until the vault takes it.
 */
typedef struct _CkSave CkSave;

/**
 * ck_save_retry:
 * @save: (transfer full): one that ck_broker_save_later() was given
 */
void ck_save_retry (CkSave *save);
void ck_save_free (CkSave *save);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkSave, ck_save_free)

/**
 * ck_save_async:
 * @grant: a new grant of @channel
 *
 * Puts @grant into the vault as the next generation, fsynced, then makes it the one the channel
 * hands out, and forgets the former generation (never revoked: at some platforms that would end the
 * new one too). If the vault cannot be written the grant becomes the channel's all the same, marked
 * unsaved, and the write is tried again until it succeeds or the grant is replaced (rule 5).
 */
void ck_save_async (CkBroker *broker,
                    CkChannel *channel,
                    CkGrant *grant,
                    GAsyncReadyCallback callback,
                    gpointer user_data);

/**
 * ck_save_finish:
 *
 * Returns: the new generation
 */
guint64 ck_save_finish (GAsyncResult *result);

/**
 * ck_save_keep_trying:
 * @grant: the channel's grant, which the vault did not take
 * @generation: its number
 *
 * Has the service manager keep it across restarts, and tries to write it every few seconds, until it
 * succeeds or the channel has another grant.
 */
void ck_save_keep_trying (CkBroker *broker,
                          CkChannel *channel,
                          CkGrant *grant,
                          guint64 generation);

/**
 * ck_save_forget_left_over:
 * @channel: whose grant is in the vault, or which has none any more
 *
 * Removes the grant that was in the vault when the next could not be saved: if that one was replaced
 * before it could, nothing else does.
 */
void ck_save_forget_left_over (CkBroker *broker, CkChannel *channel);

G_END_DECLS
