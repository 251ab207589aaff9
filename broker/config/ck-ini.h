/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * CkIni:
 *
 * A file of `[Group]` and `Key=value` lines, taken apart and nothing more: what the keys mean is
 * ck-schema.h's affair. It keeps order, line numbers and repeated keys, none of which #GKeyFile
 * does: an administrator is told the line, and the matches of a failure group are a list.
 *
 * Lines that are empty or begin with `#` or `;` are comments. Space around a key and a value is not
 * part of it. There are no quotes, escapes or continued lines.
 */
typedef struct _CkIni CkIni;

/**
 * CkIniEntry:
 * @group: the group it stands in
 * @key: (nullable): the key; %NULL for the line that opens @group
 * @value: (nullable): the value, maybe empty
 * @line: counted from 1
 */
typedef struct
{
  const char *group;
  const char *key;
  const char *value;
  guint line;
} CkIniEntry;

/* What a file may have: far above what anybody writes, far below what would hurt. */
#define CK_INI_MAX_BYTES (256 * 1024)
#define CK_INI_MAX_ENTRIES 4096

/**
 * ck_ini_parse:
 * @file: the path, for messages
 * @data: the bytes, not trusted
 * @size: how many
 * @error: %CK_ERROR_INVALID_ARGUMENT, `FILE:LINE: …`
 *
 * Returns: (transfer full) (nullable): the entries
 */
CkIni *ck_ini_parse (const char *file,
                     const char *data,
                     gsize size,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * ck_ini_load:
 * @file: a path
 * @error: as above, or why it cannot be read
 *
 * Reads a regular file of at most %CK_INI_MAX_BYTES. Blocks on the disk.
 *
 * Returns: (transfer full) (nullable): the entries
 */
CkIni *ck_ini_load (const char *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void ck_ini_free (CkIni *ini);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CkIni, ck_ini_free)

const char *ck_ini_get_file (CkIni *ini);
guint ck_ini_get_n_entries (CkIni *ini);

/* (transfer none): the entry number @index, from 0, in the order of the file. */
const CkIniEntry *ck_ini_get_entry (CkIni *ini, guint index);

/**
 * ck_ini_set_error:
 * @entry: what is wrong
 * @format: why
 *
 * Sets %CK_ERROR_INVALID_ARGUMENT, `FILE:LINE: [Group] Key: why`.
 */
void ck_ini_set_error (CkIni *ini,
                       const CkIniEntry *entry,
                       GError **error,
                       const char *format,
                       ...) G_GNUC_PRINTF (4, 5);

G_END_DECLS
