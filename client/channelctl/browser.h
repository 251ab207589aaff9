/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ck_browser_command:
 * @uri: what to open
 * @browser: (nullable): the variable BROWSER: commands separated by colons, the first counts; `%s`
 *   stands for the URI, which otherwise comes last
 * @has_display: whether there is a screen
 *
 * Returns: (transfer full) (nullable): the command, or %NULL where no browser can be opened or @uri
 *   is neither http nor https
 */
GStrv ck_browser_command (const char *uri,
                          const char *browser,
                          gboolean has_display) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_browser_open:
 * @uri: what to open
 *
 * Opens @uri in the person's browser, as the environment names it, and does not wait for it.
 *
 * Returns: whether a command was started
 */
gboolean ck_browser_open (const char *uri);

G_END_DECLS
