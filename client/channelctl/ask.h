/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libsecret/secret.h>

G_BEGIN_DECLS

/**
 * CkAsk:
 *
 * A question on standard input that does not stop the main loop: the answer may come from the
 * person or become needless meanwhile. Where standard input is no terminal nothing is asked and the
 * next line is the answer.
 */
typedef struct _CkAsk CkAsk;

/**
 * CkAskFunc:
 * @line: (nullable) (transfer none): what was typed, without its line break; %NULL at the end of
 *   the input
 *
 * Called once. The #CkAsk may be freed in it.
 */
typedef void (*CkAskFunc) (SecretValue *line, gpointer user_data);

/**
 * ck_ask_new:
 * @question: shown on standard error if somebody is there to read it
 * @hidden: do not show what is typed
 *
 * Nothing that is typed stays in memory of ours after ck_ask_free(), which also gives the terminal
 * back as it was.
 */
CkAsk *ck_ask_new (const char *question, gboolean hidden, CkAskFunc func, gpointer user_data)
    G_GNUC_WARN_UNUSED_RESULT;
void ck_ask_free (CkAsk *ask);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkAsk, ck_ask_free)

/**
 * ck_ask_secret:
 * @question: as ck_ask_new()
 * @error: of the domain %CK_EXIT_ERROR; %CK_EXIT_CANCELLED after Ctrl-C or Ctrl-D
 *
 * Asks without showing, and waits for the answer.
 *
 * Returns: (transfer full) (nullable): what was typed
 */
SecretValue *ck_ask_secret (const char *question, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
