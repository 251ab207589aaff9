/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "vault-credential.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gfiledescriptorbased.h>
#include <gio/gio.h>
#include <glib/gi18n.h>
#include <sys/file.h>
#include <unistd.h>

#include "exit.h"
#include "private-file.h"
#include "secret-pipe.h"

static char *
make_path (const char *name)
{
  return g_build_filename (CK_CREDENTIAL_FOLDER, name, NULL);
}

gboolean
ck_credential_exists (const char *name)
{
  g_autofree char *path = make_path (name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

int
ck_credential_lock (GError **error)
{
  int fd = open (CK_CREDENTIAL_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) == 0)
    return fd;

  if (fd >= 0 && errno == EWOULDBLOCK)
    g_set_error (error, CK_EXIT_ERROR, CK_EXIT_UNAVAILABLE,
                 _ ("the vault's key is being rotated by somebody else"));
  else
    g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("cannot write %s: %s"),
                 CK_CREDENTIAL_FOLDER, g_strerror (errno));
  if (fd >= 0)
    close (fd);

  return -1;
}

static SecretValue *
read_output (GSubprocess *process, GError **error)
{
  GInputStream *pipe = g_subprocess_get_stdout_pipe (process);

  return ck_secret_pipe_read (g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (pipe)), -1,
                              error);
}

/* Keys go through pipes, never over a command line; what it complains of is shown as it is. */
static SecretValue *
run (const char *verb, const char *name, const char *from, SecretValue *input, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autofree char *name_option = g_strconcat ("--name=", name, NULL);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (SecretValue) output = NULL;
  g_autoptr (GError) local = NULL;

  if (input != NULL)
    {
      int fd = ck_secret_pipe_new (input, error);

      if (fd < 0)
        return NULL;
      g_subprocess_launcher_take_stdin_fd (launcher, fd);
    }

  process = g_subprocess_launcher_spawn (launcher, &local, "systemd-creds", verb, name_option, from,
                                         "-", NULL);
  if (process != NULL)
    output = read_output (process, &local);
  if (output != NULL && g_subprocess_wait_check (process, NULL, &local))
    return g_steal_pointer (&output);

  g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("systemd-creds %s of %s failed: %s"), verb,
               name, local->message);
  return NULL;
}

SecretValue *
ck_credential_read (const char *name, GError **error)
{
  g_autofree char *path = make_path (name);

  return run ("decrypt", name, path, NULL, error);
}

gboolean
ck_credential_can_decrypt (const char *name, const char *path)
{
  g_autofree char *option = g_strconcat ("--name=", name, NULL);
  g_autoptr (GSubprocess) process
      = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                          NULL, "systemd-creds", "decrypt", option, path, "-", NULL);

  return process != NULL && g_subprocess_wait_check (process, NULL, NULL);
}

gboolean
ck_credential_write (const char *name, SecretValue *key, GError **error)
{
  g_autofree char *path = make_path (name);
  g_autoptr (SecretValue) encrypted = run ("encrypt", name, "-", key, error);
  gsize size;
  const char *bytes;

  if (encrypted == NULL)
    return FALSE;

  bytes = secret_value_get (encrypted, &size);

  return ck_private_file_write (path, bytes, size, TRUE, error);
}

gboolean
ck_credential_remove (const char *name, GError **error)
{
  g_autofree char *path = make_path (name);

  return ck_private_file_remove (path, error);
}
