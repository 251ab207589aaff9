/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-stack-parser.h"

#include <string.h>

#include "ck-error.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
#define BLANK " \t"

static const char *const operations[] = { "connect", "verify", "renew", "revoke", NULL };

/* Where we are in a file. */
typedef struct
{
  const char *file;
  const char *next; /* the first byte not read */
  const char *end;
  guint line; /* the physical line @next is on, from 1 */
} Reader;

static void
line_free (gpointer data)
{
  CkStackLine *line = data;

  g_free (line->target);
  g_strfreev (line->argv);
  g_free (line);
}

static gboolean G_GNUC_PRINTF (4, 5)
    refuse (const char *file, guint number, GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "%s:%u: %s", file, number, message);

  return FALSE;
}

/* A word of the file as an error shows it. */
static char *
shorten (const char *word)
{
  glong length = g_utf8_strlen (word, -1);
  g_autofree char *start = NULL;

  if (length <= 64)
    return g_strdup (word);
  start = g_utf8_substring (word, 0, 64);

  return g_strconcat (start, "…", NULL);
}

/* Text only: what a terminal or a log would not show as it is must not hide in a stack. */
static gboolean
check_text (const char *file, const char *text, gsize length, GError **error)
{
  const char *stop = NULL;
  guint number = 1;

  (void) g_utf8_validate_len (text, length, &stop);
  for (const char *p = text; p < text + length; p++)
    {
      if (p == stop)
        return refuse (file, number, error, "expected text in UTF-8, found byte 0x%02x",
                       (guchar) *p);
      if (*p == '\n')
        number++;
      else if (*p != '\t' && g_ascii_iscntrl (*p))
        return refuse (file, number, error, "expected text, found control character 0x%02x",
                       (guchar) *p);
    }

  return TRUE;
}

/*
 * Appends one physical line to @buffer, without its comment, and says whether the next one goes on
 * where it ends. Lines with nothing on them add nothing: they may stand between a line and its
 * continuation.
 */
static gboolean
read_physical (Reader *reader, GString *buffer, gboolean *continues)
{
  const char *start = reader->next;
  const char *newline = memchr (start, '\n', reader->end - start);
  const char *stop = newline != NULL ? newline : reader->end;
  const char *hash = memchr (start, '#', stop - start);
  const char *last = hash != NULL ? hash : stop;

  reader->next = newline != NULL ? newline + 1 : reader->end;
  reader->line++;

  while (last > start && strchr (BLANK, last[-1]) != NULL)
    last--;
  if (last == start)
    return FALSE;

  /* a comment ends the line, whatever stands before it */
  *continues = hash == NULL && last[-1] == '\\';
  g_string_append_len (buffer, start, last - start);
  if (*continues)
    buffer->str[buffer->len - 1] = ' ';

  return TRUE;
}

/* Sets @number to 0 at the end of the file. */
static gboolean
read_logical (Reader *reader, GString *buffer, guint *number, GError **error)
{
  gboolean continues = FALSE;

  *number = 0;
  g_string_truncate (buffer, 0);
  while (reader->next < reader->end)
    {
      guint physical = reader->line;
      gboolean more = FALSE;

      if (!read_physical (reader, buffer, &more))
        continue;
      if (*number == 0)
        *number = physical;
      if (buffer->len > CK_STACK_MAX_LINE)
        return refuse (reader->file, *number, error, "expected a line of at most %d bytes",
                       CK_STACK_MAX_LINE);
      continues = more;
      if (!continues)
        return TRUE;
    }

  if (continues)
    return refuse (reader->file, *number, error,
                   "expected a line after the “\\” that continues this one, found the end of the "
                   "file");

  return TRUE;
}

/*
 * Cuts the next word off @cursor: up to a blank, or what stands in brackets, in which `\]` is a
 * bracket. Sets @word to NULL at the end.
 */
static gboolean
next_word (const char **cursor, char **word, GError **error)
{
  const char *p = *cursor + strspn (*cursor, BLANK);
  g_autoptr (GString) text = NULL;

  *word = NULL;
  if (*p != '[')
    {
      gsize length = strcspn (p, BLANK);

      if (length > 0)
        *word = g_strndup (p, length);
      *cursor = p + length;
      return TRUE;
    }

  text = g_string_new (NULL);
  for (p++; *p != ']'; p++)
    {
      if (*p == '\\' && p[1] == ']')
        p++;
      if (*p == '\0')
        {
          g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT,
                       "expected “]” to end what “[” began, found the end of the line");
          return FALSE;
        }
      g_string_append_c (text, *p);
    }
  *word = g_string_free (g_steal_pointer (&text), FALSE);
  *cursor = p + 1;

  return TRUE;
}

static GPtrArray *
split_words (const char *text, GError **error)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);

  for (;;)
    {
      char *word = NULL;

      if (!next_word (&text, &word, error))
        return NULL;
      if (word == NULL)
        return g_steal_pointer (&words);
      g_ptr_array_add (words, word);
    }
}

/* The word at @index, or NULL; the words live as long as @words. */
static const char *
peek (GPtrArray *words, guint index)
{
  return index < words->len ? g_ptr_array_index (words, index) : NULL;
}

static gboolean
expect (GError **error, const char *expected, const char *found)
{
  g_autofree char *shown = found != NULL ? shorten (found) : NULL;

  if (shown == NULL)
    g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT,
                 "expected %s, found the end of the line", expected);
  else
    g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "expected %s, found “%s”", expected,
                 shown);

  return FALSE;
}

static gboolean
parse_include (CkStackLine *line, GPtrArray *words, guint index, GError **error)
{
  const char *name = peek (words, index);

  if (name == NULL || !ck_stack_name_is_valid (name))
    return expect (error, "the name of a stack", name);
  if (peek (words, index + 1) != NULL)
    return expect (error, "nothing after the name of the stack", peek (words, index + 1));
  line->target = g_strdup (name);
  line->argv = g_new0 (char *, 1);

  return TRUE;
}

static gboolean
parse_module (CkStackLine *line, GPtrArray *words, GError **error)
{
  const char *module = peek (words, 2);
  GStrv argv;

  if (!ck_stack_actions_parse (&line->actions, peek (words, 1), error))
    return FALSE;
  if (module == NULL || !ck_stack_module_is_valid (module))
    return expect (error, "a module's plain file name ending in .so", module);
  line->target = g_strdup (module);

  argv = g_new0 (char *, words->len - 2);
  for (guint i = 3; i < words->len; i++)
    argv[i - 3] = g_strdup (g_ptr_array_index (words, i));
  line->argv = argv;

  return TRUE;
}

static gboolean
parse_words (CkStackLine *line, GPtrArray *words, GError **error)
{
  const char *operation = peek (words, 0);
  const char *control = peek (words, 1);

  line->silent = *operation == '-';
  if (line->silent)
    operation++;

  if (g_ascii_strcasecmp (operation, "@include") == 0)
    {
      line->kind = CK_STACK_LINE_INCLUDE;
      return parse_include (line, words, 1, error);
    }

  line->operation = ck_stack_find_operation (operation);
  if (line->operation == NULL)
    return expect (error, "an operation (connect, verify, renew, revoke) or @include", operation);
  if (control == NULL)
    return expect (error, "a control such as required", NULL);

  if (g_ascii_strcasecmp (control, "include") == 0)
    line->kind = CK_STACK_LINE_INCLUDE;
  else if (g_ascii_strcasecmp (control, "substack") == 0)
    line->kind = CK_STACK_LINE_SUBSTACK;
  else
    return parse_module (line, words, error);

  return parse_include (line, words, 2, error);
}

static gboolean
parse_line (CkStackLine *line, const char *text, GError **error)
{
  g_autoptr (GPtrArray) words = split_words (text, error);

  return words != NULL && parse_words (line, words, error);
}

GPtrArray *
ck_stack_parse (const char *file, const char *text, gsize length, GError **error)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (line_free);
  g_autoptr (GString) buffer = g_string_new (NULL);
  Reader reader = { .file = file, .next = text, .end = text + length, .line = 1 };

  if (length > CK_STACK_MAX_FILE)
    {
      g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT,
                   "%s: expected a stack of at most %d bytes", file, CK_STACK_MAX_FILE);
      return NULL;
    }
  if (!check_text (file, text, length, error))
    return NULL;

  for (;;)
    {
      CkStackLine *line;
      guint number;

      if (!read_logical (&reader, buffer, &number, error))
        return NULL;
      if (number == 0)
        return g_steal_pointer (&lines);

      line = g_new0 (CkStackLine, 1);
      line->number = number;
      g_ptr_array_add (lines, line);
      if (!parse_line (line, buffer->str, error))
        {
          g_prefix_error (error, "%s:%u: ", file, number);
          return NULL;
        }
    }
}

gboolean
ck_stack_name_is_valid (const char *name)
{
  gsize length = strspn (name, NAME_CHARS);

  return length > 0 && length <= 64 && name[length] == '\0' && *name != '.';
}

gboolean
ck_stack_module_is_valid (const char *module)
{
  return ck_stack_name_is_valid (module) && g_str_has_suffix (module, ".so");
}

const char *const *
ck_stack_list_operations (void)
{
  return operations;
}

const char *
ck_stack_find_operation (const char *word)
{
  for (guint i = 0; operations[i] != NULL; i++)
    {
      if (g_ascii_strcasecmp (operations[i], word) == 0)
        return operations[i];
    }

  return NULL;
}
