/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-trust.h"

#include <errno.h>
#include <unistd.h>

static gboolean
is_ours (const struct stat *st)
{
  return st->st_uid == 0 || st->st_uid == geteuid ();
}

const char *
ck_trust_find_fault (const char *path, const struct stat *st)
{
  g_autofree char *folder = g_path_get_dirname (path);
  struct stat folder_st;

  if (!S_ISREG (st->st_mode))
    return "is not a regular file";
  if ((st->st_mode & S_IWOTH) != 0)
    return "can be written by everybody: chmod o-w";
  if (!is_ours (st) && (stat (folder, &folder_st) < 0 || folder_st.st_uid != st->st_uid))
    return "belongs to another user, who can write what he likes: chown root";

  return NULL;
}

const char *
ck_trust_find_folder_fault (const char *path)
{
  struct stat st;

  if (stat (path, &st) < 0)
    return errno == ENOENT && !ck_trust_is_there (path) ? NULL : "cannot be looked at";
  if (!S_ISDIR (st.st_mode))
    return "is not a folder";
  if ((st.st_mode & S_IWOTH) != 0)
    return "can be written by everybody: chmod o-w";
  if (!is_ours (&st))
    return "belongs to another user, who can put what he likes into it: chown root";
  if (access (path, R_OK | X_OK) < 0)
    return "cannot be read";

  return NULL;
}

gboolean
ck_trust_is_there (const char *path)
{
  struct stat st;

  return lstat (path, &st) == 0;
}
