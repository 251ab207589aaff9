/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-broker.h"

G_BEGIN_DECLS

/**
 * ck_siblings_share_owner:
 * @channel: not counted
 * @owner_id: the person or business behind a grant; empty: not known
 *
 * Whether another connected channel of the same platform may be of that owner, so that a revocation
 * with a wide reach could end its grant too (rule 7). An owner that is not known may be anybody.
 */
gboolean ck_siblings_share_owner (CkBroker *broker, CkChannel *channel, const char *owner_id);

G_END_DECLS
