/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-failure.h"

G_BEGIN_DECLS

/* Whether @match demands a certain content of a header, and so does not rest on the body alone. */
gboolean ck_failure_match_asks_header (CkFailureMatch *match);

G_END_DECLS
