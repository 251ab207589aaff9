/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-converse.h"

G_BEGIN_DECLS

/**
 * CkConversation:
 *
 * The broker's end of Conversation1 for one job: what a worker asks is checked here before anybody
 * sees it.
 */
typedef struct _CkConversation CkConversation;

/**
 * ck_conversation_new:
 * @func: (nullable): whom to ask
 * @user_data: for @func
 *
 * Returns: (transfer full): a conversation with no open question
 */
CkConversation *ck_conversation_new (CkConverseFunc func, gpointer user_data);

/**
 * ck_conversation_end:
 * @conversation: (transfer full): the conversation
 *
 * @func is not called any more, and an answer that is still to come goes nowhere.
 */
void ck_conversation_end (CkConversation *conversation);

/**
 * ck_conversation_ask:
 * @invocation: (transfer full): a call of Conversation1.Converse, not trusted
 *
 * One question at a time, and not without end: what is not as it should be is refused, and nobody
 * is asked.
 */
void ck_conversation_ask (CkConversation *conversation, GDBusMethodInvocation *invocation);

/**
 * ck_conversation_find_fault:
 * @style: what is to be asked
 * @details: a{sv}, not trusted
 *
 * Returns: (nullable): the name of what is wrong with the question; %NULL if nothing is
 */
const char *ck_conversation_find_fault (const char *style, GVariant *details);

G_END_DECLS
