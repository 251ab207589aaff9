/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-argument.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "ck-error.h"
#include "ck-options.h"

#define MAX_ID 64
#define MAX_SHOWN 64

/* An entry with very many members is cut off by ERANGE here, and counts as existing. */
#define NSS_BUFFER 16384

static const char id_first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
static const char id_rest[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";

static gboolean
refuse (GError **error, const char *name, const char *why, const char *text)
{
  g_autofree char *shown = ck_argument_show (text);

  g_set_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT, "%s %s: “%s”", name, why, shown);
  return FALSE;
}

char *
ck_argument_show (const char *text)
{
  g_autofree char *cut = g_strndup (text, MAX_SHOWN);
  char *shown = g_utf8_make_valid (cut, -1);

  for (char *c = shown; *c != '\0'; c++)
    {
      if (g_ascii_iscntrl (*c))
        *c = '?';
    }

  return shown;
}

gboolean
ck_argument_check_id (const char *name, const char *id, GError **error)
{
  if (*id == '\0' || strchr (id_first, *id) == NULL || strlen (id) > MAX_ID
      || id[strspn (id, id_rest)] != '\0')
    return refuse (error,
                   name,
                   "must begin with a lower-case letter or digit and have at most 64 lower-case "
                   "letters, digits, dots, underscores or hyphens",
                   id);

  return TRUE;
}

gboolean
ck_argument_check_text (const char *name, const char *text, gsize max, GError **error)
{
  gsize length = strlen (text);

  if (length > max)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "%s is longer than %" G_GSIZE_FORMAT " bytes",
                   name,
                   max);
      return FALSE;
    }

  for (const char *c = text; *c != '\0'; c++)
    {
      if (!g_ascii_iscntrl (*c))
        continue;

      /* It may be an answer with a code in it: what it is stays unsaid. */
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "%s must not contain control characters",
                   name);
      return FALSE;
    }

  return TRUE;
}

gboolean
ck_argument_check_strings (const char *name, const char *const *strings, GError **error)
{
  guint n = g_strv_length ((char **) strings);

  if (n > CK_MAX_LIST)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "%s has %u members; at most %u are allowed",
                   name,
                   n,
                   CK_MAX_LIST);
      return FALSE;
    }

  for (guint i = 0; i < n; i++)
    {
      if (*strings[i] == '\0')
        return refuse (error, name, "has an empty member", "");
      if (!ck_argument_check_text (name, strings[i], CK_MAX_TEXT, error))
        return FALSE;
    }

  return TRUE;
}

/* ---- names in the user and group databases --------------------------------------------------- */

typedef gboolean (*ExistsFunc) (const char *name);

typedef struct
{
  char *argument;
  GStrv names;
  ExistsFunc exists;
  const char *missing; /* what to say of a name that does not exist */
} NameCheck;

static void
name_check_free (gpointer data)
{
  NameCheck *check = data;

  g_free (check->argument);
  g_strfreev (check->names);
  g_free (check);
}

static gboolean
user_exists (const char *name)
{
  char buffer[NSS_BUFFER];
  struct passwd entry;
  struct passwd *found = NULL;

  return getpwnam_r (name, &entry, buffer, sizeof buffer, &found) == ERANGE || found != NULL;
}

static gboolean
group_exists (const char *name)
{
  char buffer[NSS_BUFFER];
  struct group entry;
  struct group *found = NULL;

  return getgrnam_r (name, &entry, buffer, sizeof buffer, &found) == ERANGE || found != NULL;
}

static void
check_names_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  NameCheck *check = data;
  GError *error = NULL;

  for (char **name = check->names; *name != NULL; name++)
    {
      if (!check->exists (*name))
        {
          refuse (&error, check->argument, check->missing, *name);
          g_task_return_error (task, error);
          return;
        }
    }

  g_task_return_boolean (task, TRUE);
}

static void
check_names_async (const NameCheck *template,
                   const char *const *names,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  GError *error = NULL;
  NameCheck *check;

  if (!ck_argument_check_strings (template->argument, names, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  if (*names == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }

  check = g_memdup2 (template, sizeof *template);
  check->argument = g_strdup (template->argument);
  check->names = g_strdupv ((char **) names);
  g_task_set_task_data (task, check, name_check_free);
  g_task_run_in_thread (task, check_names_in_thread);
}

void
ck_argument_check_users_async (const char *name,
                               const char *const *users,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  NameCheck check = { .argument = (char *) name,
                      .exists = user_exists,
                      .missing = "names a user that this machine does not have" };

  check_names_async (&check, users, cancellable, callback, user_data);
}

gboolean
ck_argument_check_users_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ck_argument_check_groups_async (const char *name,
                                const char *const *groups,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  NameCheck check = { .argument = (char *) name,
                      .exists = group_exists,
                      .missing = "names a group that this machine does not have" };

  check_names_async (&check, groups, cancellable, callback, user_data);
}

gboolean
ck_argument_check_groups_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
