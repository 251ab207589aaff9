/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <libsecret/secret.h>

G_BEGIN_DECLS

/**
 * CkPrompter:
 *
 * Shows what an attempt asks, one prompt at a time, and gathers the answer: from the browser
 * through the loopback redirect, from the terminal, or from standard input.
 */
typedef struct _CkPrompter CkPrompter;

/**
 * CkPrompterOptions:
 * @channel: the channel's id
 * @json: print prompts as JSON, one a line, instead of words
 * @paste: take the redirect from the terminal only
 * @no_browser: print the link, open nothing
 */
typedef struct
{
  const char *channel;
  gboolean json;
  gboolean paste;
  gboolean no_browser;
} CkPrompterOptions;

CkPrompter *ck_prompter_new (const CkPrompterOptions *options) G_GNUC_WARN_UNUSED_RESULT;
void ck_prompter_free (CkPrompter *prompter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkPrompter, ck_prompter_free)

/**
 * ck_prompter_listen:
 * @redirect_uri: a loopback redirect URI, its port 0 for a free one
 * @error: why not
 *
 * Binds the redirect's port, before anybody is sent to the browser. Replaces an earlier one.
 *
 * Returns: (transfer none) (nullable): the redirect URI with its real port
 */
const char *ck_prompter_listen (CkPrompter *prompter, const char *redirect_uri, GError **error);

/**
 * ck_prompter_stop_listening:
 *
 * Gives the port back, if there is one.
 */
void ck_prompter_stop_listening (CkPrompter *prompter);

/**
 * ck_prompter_get_listening:
 *
 * Returns: (transfer none) (nullable): the redirect URI that is listened on
 */
const char *ck_prompter_get_listening (CkPrompter *prompter);

/**
 * ck_prompter_show:
 * @prompt: its id
 * @style: `open-uri`, `show-code`, `choose`, `secret` or `info`
 * @details: (transfer none): the style's a{sv}
 * @error: of the domain %CK_EXIT_ERROR, if the style is not known
 *
 * Replaces the prompt before it.
 */
gboolean ck_prompter_show (CkPrompter *prompter,
                           guint32 prompt,
                           const char *style,
                           GVariant *details,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * CkPrompterAnswer:
 * @prompt: the prompt it answers
 * @key: the answer's member: `redirected-uri`, `choice` or `secret`
 * @value: (nullable): the answer; %NULL if none can come any more
 */
typedef struct
{
  guint32 prompt;
  const char *key;
  SecretValue *value;
} CkPrompterAnswer;

/**
 * ck_prompter_take_answer:
 * @answer: (out): the answer; unref its value
 *
 * Returns: whether there is one. Iterate the main context until there is.
 */
gboolean ck_prompter_take_answer (CkPrompter *prompter, CkPrompterAnswer *answer);

G_END_DECLS
