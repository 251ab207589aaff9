/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <libsecret/secret.h>

G_BEGIN_DECLS

/**
 * CkConverseReply:
 *
 * A worker's open question. It is answered once, by exactly one of the functions below, which take
 * it; answering after the job has ended (the worker died, the time ran out) does no harm.
 */
typedef struct _CkConverseReply CkConverseReply;

/**
 * CkConverseFunc:
 * @style: `open-uri`, `show-code`, `choose`, `secret` or `info`
 * @details: (transfer none): a{sv} as in org.channelkeeper.Attempt1. It comes from the worker but
 *   has been checked: only the style's known members, of their types, in size, valid UTF-8; links
 *   are https, or http to a loopback address
 * @reply: (transfer full) (nullable): %NULL for `show-code` and `info`, which expect no answer
 * @user_data: the job's @converse_data
 *
 * Asks the person. Called in the main context the pool was made in.
 */
typedef void (*CkConverseFunc) (const char *style,
                                GVariant *details,
                                CkConverseReply *reply,
                                gpointer user_data);

/**
 * ck_converse_reply_answer:
 * @reply: (transfer full): the question
 * @answer: (transfer floating): a{sv}: `redirected-uri s` or `choice s`
 */
void ck_converse_reply_answer (CkConverseReply *reply, GVariant *answer);

/**
 * ck_converse_reply_secret:
 * @reply: (transfer full): a question of the style `secret`
 * @secret: (transfer none): what the person gave; it crosses in a sealed memfd
 */
void ck_converse_reply_secret (CkConverseReply *reply, SecretValue *secret);

/**
 * ck_converse_reply_fail:
 * @reply: (transfer full): the question
 * @error: (transfer none): %CK_ERROR_CANCELLED when the person gave up or has gone,
 *   %CK_ERROR_NOT_SUPPORTED when nobody can be asked
 */
void ck_converse_reply_fail (CkConverseReply *reply, const GError *error);

G_END_DECLS
