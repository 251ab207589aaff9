/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * CkAgent:
 *
 * polkit's own text agent (pkttyagent), run for this process, so that a person on a terminal
 * without a desktop can be asked for a password. A desktop's agent is preferred by polkit.
 */
typedef struct _CkAgent CkAgent;

/**
 * ck_agent_wanted:
 *
 * Returns: whether somebody could type a password: standard input and error are a terminal and we
 * are not root, who is never asked
 */
gboolean ck_agent_wanted (void);

/**
 * ck_agent_start:
 *
 * Starts the agent and waits until polkit knows it, 5 s at most.
 *
 * Returns: (transfer full) (nullable): the running agent; %NULL where there is none to start
 */
CkAgent *ck_agent_start (void) G_GNUC_WARN_UNUSED_RESULT;
void ck_agent_stop (CkAgent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkAgent, ck_agent_stop)

G_END_DECLS
