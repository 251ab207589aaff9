/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ck-failure.h"

G_BEGIN_DECLS

/*
 * A place in a platform's answer where it says something by a value, as a provider file names it:
 *
 *   header:NAME        a header of the answer
 *   header:NAME/PATH   a member of the JSON that stands in a header
 *   json:PATH          a member of the answer
 *
 * PATH is member names joined by dots, an array's element by its number, `*` for any element or
 * member. `@UNIT` behind a source says what its values count.
 */

/**
 * CkAnswerSourceFunc:
 * @value: what stands at a source
 * @has_unit: whether the source is marked with the unit
 */
typedef void (*CkAnswerSourceFunc) (const char *value, gboolean has_unit, gpointer user_data);

/**
 * ck_answer_source_check:
 * @source: one source
 * @unit: the one that it may be marked with, `@min`
 *
 * Returns: whether it is written as above
 */
gboolean ck_answer_source_check (const char *source, const char *unit) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_answer_source_read:
 * @sources: (nullable): sources, with blanks between them
 * @unit: as above
 * @answer: a platform's answer
 * @func: called with each value that is there, maybe never
 */
void ck_answer_source_read (const char *sources,
                            const char *unit,
                            const CkFailureAnswer *answer,
                            CkAnswerSourceFunc func,
                            gpointer user_data);

/**
 * ck_answer_source_parse_number:
 *
 * Returns: whether @text is a number that is not negative, maybe with a fraction, and nothing else
 */
gboolean ck_answer_source_parse_number (const char *text, double *number) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
