/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-stack-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ck-error.h"
#include "ck-stack-parser.h"
#include "ck-trust.h"

/* Files into one chain. */
typedef struct
{
  const char *const *dirs;
  CkStack *stack;
  GPtrArray *including; /* names of the stacks being read, outermost first */
  guint n_files;
} Loader;

static gboolean load_stack (Loader *loader, const char *name, guint level, GError **error);

static gboolean
fail_read (GError **error, const char *path, int code)
{
  g_set_error (error, CK_ERROR, CK_ERROR_FAILED, "%s: cannot be read: %s", path, g_strerror (code));

  return FALSE;
}

/* One byte more than allowed is read, so that the parser sees a file that is too large. */
static gboolean
read_bytes (int fd, const char *path, GString *text, GError **error)
{
  struct stat info;
  const char *fault;
  char buffer[4096];

  if (fstat (fd, &info) != 0)
    return fail_read (error, path, errno);
  fault = ck_trust_find_fault (path, &info);
  if (fault != NULL)
    {
      g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "%s: it %s", path, fault);
      return FALSE;
    }

  while (text->len <= CK_STACK_MAX_FILE)
    {
      ssize_t n = read (fd, buffer, MIN (sizeof buffer, CK_STACK_MAX_FILE + 1 - text->len));

      if (n == 0)
        break;
      if (n < 0 && errno != EINTR)
        return fail_read (error, path, errno);
      if (n > 0)
        g_string_append_len (text, buffer, n);
    }

  return TRUE;
}

static GPtrArray *
parse_file (int fd, const char *path, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (!read_bytes (fd, path, text, error))
    return NULL;

  return ck_stack_parse (path, text->str, text->len, error);
}

/* Returns a descriptor and sets @path, or -1. */
static int
open_stack (Loader *loader, const char *name, char **path, GError **error)
{
  g_autofree char *searched = NULL;

  for (guint i = 0; loader->dirs[i] != NULL; i++)
    {
      g_autofree char *candidate = g_build_filename (loader->dirs[i], name, NULL);
      int fd = open (candidate, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
      int code = errno;

      if (fd >= 0)
        {
          *path = g_filename_display_name (candidate);
          return fd;
        }
      if (code != ENOENT || ck_trust_is_there (candidate))
        {
          (void) fail_read (error, candidate, code);
          return -1;
        }
    }

  searched = g_strjoinv (", ", (GStrv) loader->dirs);
  g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "no stack “%s” in %s", name, searched);

  return -1;
}

static gboolean
refuse_loop (Loader *loader, guint first, const char *name, GError **error)
{
  g_autoptr (GString) loop = g_string_new (NULL);

  for (guint i = first; i < loader->including->len; i++)
    g_string_append_printf (loop, "%s → ", (char *) g_ptr_array_index (loader->including, i));
  g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "stacks include one another: %s%s",
               loop->str, name);

  return FALSE;
}

static gboolean
check_nesting (Loader *loader, const char *name, GError **error)
{
  guint first;

  if (g_ptr_array_find_with_equal_func (loader->including, name, g_str_equal, &first))
    return refuse_loop (loader, first, name, error);
  if (loader->including->len >= CK_STACK_MAX_DEPTH)
    {
      g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT,
                   "“%s” would be included more than %d deep", name, CK_STACK_MAX_DEPTH - 1);
      return FALSE;
    }
  if (++loader->n_files > CK_STACK_MAX_FILES)
    {
      g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT,
                   "expected at most %d files to be included", CK_STACK_MAX_FILES - 1);
      return FALSE;
    }

  return TRUE;
}

static gboolean
append_line (
    Loader *loader, const CkStackLine *line, guint level, const char *origin, GError **error)
{
  const char *const none[] = { NULL };
  CkStackHandler *handler;

  if (line->operation != NULL && line->operation != loader->stack->operation)
    return TRUE;
  if (loader->stack->handlers->len >= CK_STACK_MAX_HANDLERS)
    {
      g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "expected at most %d modules",
                   CK_STACK_MAX_HANDLERS);
      return FALSE;
    }

  switch (line->kind)
    {
    case CK_STACK_LINE_INCLUDE:
      return load_stack (loader, line->target, level, error);
    case CK_STACK_LINE_SUBSTACK:
      (void) ck_stack_append (loader->stack, level, "", origin, none);
      return load_stack (loader, line->target, level + 1, error);
    case CK_STACK_LINE_MODULE:
    default:
      handler = ck_stack_append (loader->stack, level, line->target, origin,
                                 (const char *const *) line->argv);
      handler->silent = line->silent;
      handler->actions = line->actions;
      return TRUE;
    }
}

static gboolean
load_lines (Loader *loader, GPtrArray *lines, const char *path, guint level, GError **error)
{
  for (guint i = 0; i < lines->len; i++)
    {
      const CkStackLine *line = g_ptr_array_index (lines, i);
      g_autofree char *origin = g_strdup_printf ("%s:%u", path, line->number);
      g_autoptr (GError) local = NULL;

      if (append_line (loader, line, level, origin, &local))
        continue;

      g_propagate_prefixed_error (error, g_steal_pointer (&local), "%s: ", origin);
      return FALSE;
    }

  return TRUE;
}

/* Appends to the chain what stack @name has for the operation. */
static gboolean
load_stack (Loader *loader, const char *name, guint level, GError **error)
{
  g_autoptr (GPtrArray) lines = NULL;
  g_autofree char *path = NULL;
  gboolean loaded;
  int fd;

  if (!check_nesting (loader, name, error))
    return FALSE;
  fd = open_stack (loader, name, &path, error);
  if (fd < 0)
    return FALSE;
  lines = parse_file (fd, path, error);
  close (fd);
  if (lines == NULL)
    return FALSE;

  g_ptr_array_add (loader->including, g_strdup (name));
  loaded = load_lines (loader, lines, path, level, error);
  g_ptr_array_set_size (loader->including, loader->including->len - 1);

  return loaded;
}

CkStack *
ck_stack_load (const char *const *dirs, const char *name, const char *operation, GError **error)
{
  g_autoptr (CkStack) stack = NULL;
  g_autoptr (GPtrArray) including = g_ptr_array_new_with_free_func (g_free);
  Loader loader = { .dirs = dirs, .including = including };

  g_return_val_if_fail (g_strv_contains (ck_stack_list_operations (), operation), NULL);

  if (!ck_stack_name_is_valid (name))
    {
      g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT,
                   "expected the name of a stack, 1 to 64 of a-z A-Z 0-9 . _ -");
      return NULL;
    }

  stack = ck_stack_new (name, operation);
  loader.stack = stack;
  if (!load_stack (&loader, name, 0, error))
    return NULL;

  return g_steal_pointer (&stack);
}
