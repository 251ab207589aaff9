/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * CkProgress:
 *
 * One line on the terminal that says what is waited for and since when. It appears after half a
 * second and is gone when freed. Without a terminal on standard error it does nothing.
 */
typedef struct _CkProgress CkProgress;

/**
 * ck_progress_new:
 * @text: what is waited for
 * @until: Unix seconds at which the wait ends, shown as what is left; 0 shows what has passed
 *
 * Needs the default main context to be iterated.
 */
CkProgress *ck_progress_new (const char *text, gint64 until) G_GNUC_WARN_UNUSED_RESULT;
void ck_progress_free (CkProgress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkProgress, ck_progress_free)

G_END_DECLS
