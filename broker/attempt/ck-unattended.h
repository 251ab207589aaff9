/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"

G_BEGIN_DECLS

/**
 * ck_unattended_connect:
 *
 * Fetches the first grant of a channel that needs no person for it (flow `none`, such as an
 * application's own token), and makes it the channel's. What goes wrong is logged, and holds the
 * next try back as a failed renewal does.
 */
void ck_unattended_connect (CkBroker *broker, CkChannel *channel);

G_END_DECLS
