/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ck_language_init:
 *
 * Speaks the language that LANGUAGE, LC_ALL, LC_MESSAGES or LANG ask for, also on a machine where
 * that locale was never generated: gettext needs the catalog alone. Called first, before any
 * thread.
 *
 * `CHANNELKEEPER_LOCALEDIR` names the folder of an uninstalled build's catalogs.
 */
void ck_language_init (void);

/**
 * ck_language_translate:
 * @text: a text of a provider file, as the service hands it on
 *
 * The service has no language: what it says is English, and whoever shows it translates. The
 * shipped files' texts are in the catalog; an administrator's own come back as they are.
 *
 * Returns: (transfer none): it in the person's language
 */
const char *ck_language_translate (const char *text);

G_END_DECLS
