/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-ini.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ck-error.h"
#include "ck-trust.h"

struct _CkIni
{
  char *file;
  GStringChunk *strings;
  GArray *entries; /* CkIniEntry, strings in the chunk */
};

void
ck_ini_free (CkIni *ini)
{
  g_clear_pointer (&ini->file, g_free);
  g_clear_pointer (&ini->strings, g_string_chunk_free);
  g_clear_pointer (&ini->entries, g_array_unref);
  g_free (ini);
}

const char *
ck_ini_get_file (CkIni *ini)
{
  return ini->file;
}

guint
ck_ini_get_n_entries (CkIni *ini)
{
  return ini->entries->len;
}

const CkIniEntry *
ck_ini_get_entry (CkIni *ini, guint index)
{
  g_return_val_if_fail (index < ini->entries->len, NULL);

  return &g_array_index (ini->entries, CkIniEntry, index);
}

void
ck_ini_set_error (CkIni *ini, const CkIniEntry *entry, GError **error, const char *format, ...)
{
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error (error,
               CK_ERROR,
               CK_ERROR_INVALID_ARGUMENT,
               "%s:%u: [%s]%s%s: %s",
               ini->file,
               entry->line,
               entry->group,
               entry->key != NULL ? " " : "",
               entry->key != NULL ? entry->key : "",
               why);
}

static gboolean G_GNUC_PRINTF (4, 5)
fail_line (CkIni *ini, guint line, GError **error, const char *format, ...)
{
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "%s:%u: %s", ini->file, line, why);

  return FALSE;
}

static gboolean
is_clean (const char *line)
{
  for (const char *c = line; *c != '\0'; c++)
    {
      if (g_ascii_iscntrl (*c) && *c != '\t')
        return FALSE;
    }

  return TRUE;
}

static gboolean
is_key (const char *key)
{
  for (const char *c = key; *c != '\0'; c++)
    {
      if (!g_ascii_isalnum (*c) && *c != '-')
        return FALSE;
    }

  return *key != '\0';
}

static gboolean
add_group (CkIni *ini, char *text, guint line, GError **error)
{
  gsize length = strlen (text);
  CkIniEntry entry = { .line = line };

  if (text[length - 1] != ']')
    return fail_line (ini, line, error, "a group's line must end with ]");
  text[length - 1] = '\0';

  if (text[1] == '\0' || strpbrk (text + 1, "[]") != NULL)
    return fail_line (ini, line, error, "“%s]” is not the name of a group", text);

  entry.group = g_string_chunk_insert_const (ini->strings, text + 1);
  g_array_append_val (ini->entries, entry);

  return TRUE;
}

static gboolean
add_pair (CkIni *ini, char *text, const char *group, guint line, GError **error)
{
  char *equals = strchr (text, '=');
  CkIniEntry entry = { .group = group, .line = line };

  if (equals == NULL)
    return fail_line (ini, line, error, "neither a [Group], nor Key=value, nor a # comment");
  if (group == NULL)
    return fail_line (ini, line, error, "a key before the first [Group]");

  *equals = '\0';
  g_strchomp (text);
  if (!is_key (text))
    return fail_line (ini, line, error, "“%s” is not the name of a key", text);

  entry.key = g_string_chunk_insert_const (ini->strings, text);
  entry.value = g_string_chunk_insert (ini->strings, g_strchug (equals + 1));
  g_array_append_val (ini->entries, entry);

  return TRUE;
}

static const char *
last_group (CkIni *ini)
{
  return ini->entries->len > 0
             ? g_array_index (ini->entries, CkIniEntry, ini->entries->len - 1).group
             : NULL;
}

static gboolean
add_line (CkIni *ini, char *text, guint line, GError **error)
{
  g_strstrip (text);

  if (*text == '\0' || *text == '#' || *text == ';')
    return TRUE;
  if (!is_clean (text))
    return fail_line (ini, line, error, "a control character");
  if (ini->entries->len >= CK_INI_MAX_ENTRIES)
    return fail_line (ini, line, error, "more than %u lines that say something", CK_INI_MAX_ENTRIES);

  return *text == '[' ? add_group (ini, text, line, error)
                      : add_pair (ini, text, last_group (ini), line, error);
}

/* The line where the bytes stop being UTF-8 without NUL. */
static guint
count_lines (const char *data, const char *end)
{
  guint line = 1;

  for (; data < end; data++)
    line += *data == '\n';

  return line;
}

CkIni *
ck_ini_parse (const char *file, const char *data, gsize size, GError **error)
{
  g_autoptr (CkIni) ini = g_new0 (CkIni, 1);
  g_autofree char *text = NULL;
  const char *bad;
  char *next;
  guint line = 0;

  ini->file = g_strdup (file);
  ini->strings = g_string_chunk_new (1024);
  ini->entries = g_array_new (FALSE, FALSE, sizeof (CkIniEntry));

  if (size > CK_INI_MAX_BYTES)
    {
      fail_line (ini, 1, error, "the file is larger than %d KiB", CK_INI_MAX_BYTES / 1024);
      return NULL;
    }
  if (!g_utf8_validate_len (data, size, &bad))
    {
      fail_line (ini, count_lines (data, bad), error, "not UTF-8 text");
      return NULL;
    }

  text = g_strndup (data, size);
  for (char *start = text; start != NULL; start = next)
    {
      next = strchr (start, '\n');
      if (next != NULL)
        *next++ = '\0';
      if (!add_line (ini, start, ++line, error))
        return NULL;
    }

  return g_steal_pointer (&ini);
}

/* Bounded and never waiting: a FIFO or a device in a configuration folder is refused unread, and so
 * is what others can write. */
static GBytes *
read_regular (const char *file, GError **error)
{
  g_autofree char *buffer = NULL;
  const char *fault = "cannot be read";
  struct stat st;
  gsize size = 0;
  gssize n = 0;
  int fd = open (file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

  if (fd < 0)
    {
      int saved = errno;

      g_set_error (error,
                   G_IO_ERROR,
                   g_io_error_from_errno (saved),
                   "%s: cannot be read: %s",
                   file,
                   g_strerror (saved));
      return NULL;
    }

  if (fstat (fd, &st) == 0)
    fault = ck_trust_find_fault (file, &st);
  if (fault == NULL)
    {
      buffer = g_malloc (CK_INI_MAX_BYTES + 1);
      while (size <= CK_INI_MAX_BYTES
             && ((n = read (fd, buffer + size, CK_INI_MAX_BYTES + 1 - size)) > 0
                 || (n < 0 && errno == EINTR)))
        size += (gsize) MAX (n, 0);
    }
  close (fd);

  if (n < 0)
    fault = "cannot be read";
  if (fault != NULL)
    {
      g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "%s:1: it %s", file, fault);
      return NULL;
    }

  return g_bytes_new (buffer, size);
}

CkIni *
ck_ini_load (const char *file, GError **error)
{
  g_autoptr (GBytes) bytes = read_regular (file, error);
  gconstpointer data;
  gsize size;

  if (bytes == NULL)
    return NULL;

  data = g_bytes_get_data (bytes, &size);

  return ck_ini_parse (file, data != NULL ? data : "", size, error);
}
