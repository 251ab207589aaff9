/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* (transfer full): a new folder with one file in it, 0600; for what is read by its path only. */
char *fuzz_folder_make (const char *name, const guint8 *data, gsize size);

/* Removes @dir (transfer full) and the files in it. */
void fuzz_folder_remove (char *dir);
