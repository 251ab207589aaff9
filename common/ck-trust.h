/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/*
 * Whose word an administrator's file is. Who may write a provider, a stack or a client decides where
 * secrets go, and who may write a channel decides who gets its token; so those are root, this service,
 * and a group that somebody who owns the file has let write.
 */

/**
 * ck_trust_find_fault:
 * @path: where the file was opened, links followed or not
 * @st: of what was opened
 *
 * A file may also belong to whom the folder belongs that it lies in: a source tree is its owner's.
 *
 * Returns: (nullable): what is wrong with it, in words that go behind its name; %NULL if it is a
 *   regular file that can be believed
 */
const char *ck_trust_find_fault (const char *path, const struct stat *st);

/**
 * ck_trust_find_folder_fault:
 * @path: a folder of the administrator's, or a link to one
 *
 * Returns: (nullable): the same for a folder; %NULL also if there is none
 */
const char *ck_trust_find_folder_fault (const char *path);

/**
 * ck_trust_is_there:
 *
 * Returns: whether something has that name, be it a link that leads nowhere: what an administrator
 *   has put there is not passed over
 */
gboolean ck_trust_is_there (const char *path);

G_END_DECLS
