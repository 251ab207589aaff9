/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-failure.h"

G_BEGIN_DECLS

/*
 * When a platform wants to be asked again. Beside Retry-After (RFC 9110 section 10.2.3) each has a
 * place of its own for it, which its provider file names as a source (ck-answer-source.h). The
 * unit behind it says that it counts minutes.
 */

#define CK_RETRY_AFTER_UNIT "@min"

/**
 * ck_retry_after_parse:
 * @value: (nullable): seconds, also with a fraction; Unix seconds, told by their size; an HTTP
 * date; or an ISO 8601 date with its time zone
 * @now: Unix seconds
 *
 * Returns: seconds from @now; 0 if there is none, it is past or cannot be read; a day at most
 */
guint64 ck_retry_after_parse (const char *value, gint64 now);

/**
 * ck_retry_after_read:
 * @sources: (nullable): sources, with blanks between them
 * @answer: a platform's answer
 * @now: Unix seconds
 *
 * Returns: the longest of what the sources say, as ck_retry_after_parse(); 0 if none of them is in
 *   @answer
 */
guint64 ck_retry_after_read (const char *sources, const CkFailureAnswer *answer, gint64 now);

G_END_DECLS
