/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-failure.h"

G_BEGIN_DECLS

/*
 * How much of its rate limit a platform says is used up, in any of its answers. Each has a place of
 * its own for it, which its provider file names as a source (ck-answer-source.h): there stands how many
 * requests are left, or, with the unit behind the source, how much is used in percent.
 */

#define CK_RATE_LIMIT_UNIT "@percent"

/**
 * ck_rate_limit_is_near:
 * @sources: (nullable): sources, with blanks between them
 * @answer: a platform's answer
 *
 * Returns: whether one of them says that no request is left, or that nine tenths are used
 */
gboolean ck_rate_limit_is_near (const char *sources, const CkFailureAnswer *answer);

G_END_DECLS
