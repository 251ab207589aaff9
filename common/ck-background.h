/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ck_background_call_back:
 * @result: (transfer none): what has come
 * @callback: to be called with it
 * @user_data: for @callback
 *
 * For the answers of workers and databases, of which renewals bring hundreds at once: to be called
 * where @callback itself would be, in the thread of the default main context.
 *
 * Calls it later, one in each turn of the loop in which nothing of %G_PRIORITY_DEFAULT is to be done,
 * in the order of these calls: a D-Bus call that comes meanwhile waits for one of them instead of for
 * all. Callers without end do not keep the answers for ever: those that have waited for 5 ms get as
 * much of the loop's time as everything else of %G_PRIORITY_DEFAULT.
 *
 * Under another thread-default context, where somebody waits for this alone, calls it at once.
 */
void ck_background_call_back (GAsyncResult *result, GAsyncReadyCallback callback, gpointer user_data);

G_END_DECLS
