/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "keyring-fixture.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#define PROGRAM "gnome-keyring-daemon"
#define SERVICE "org.freedesktop.secrets"
#define SERVICE_PATH "/org/freedesktop/secrets"

typedef struct
{
  GSubprocess *process;
  GDBusConnection *bus;
} Keyring;

static Keyring *
get_keyring (void)
{
  static Keyring keyring; /* there is one session bus */

  return &keyring;
}

static void
end_with_parent (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static GVariant *
call (const char *name, const char *path, const char *interface, const char *method, GVariant *parameters)
{
  Keyring *keyring = get_keyring ();
  g_autoptr (GError) error = NULL;
  GVariant *reply;

  if (keyring->bus == NULL)
    keyring->bus = g_dbus_connection_new_for_address_sync (
        g_getenv ("DBUS_SESSION_BUS_ADDRESS"),
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
        NULL, NULL, &error);
  g_assert_no_error (error);

  reply = g_dbus_connection_call_sync (keyring->bus, name, path, interface, method, parameters, NULL,
                                       G_DBUS_CALL_FLAGS_NONE, 5000, NULL, &error);
  g_assert_no_error (error);

  return reply;
}

static gboolean
has_owner (void)
{
  g_autoptr (GVariant) reply = call ("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus", "NameHasOwner",
                                     g_variant_new ("(s)", SERVICE));
  gboolean owned;

  g_variant_get (reply, "(b)", &owned);
  return owned;
}

static void
wait_for_owner (gboolean owned)
{
  for (int i = 0; i < 1000; i++)
    {
      if (has_owner () == owned)
        return;
      g_usleep (10000);
    }
  g_error ("the Secret Service did not %s", owned ? "come" : "leave");
}

void
keyring_signal (int number)
{
  Keyring *keyring = get_keyring ();

  g_subprocess_send_signal (keyring->process, number);
  if (number != SIGKILL)
    return;

  g_subprocess_wait (keyring->process, NULL, NULL);
  g_clear_object (&keyring->process);
  wait_for_owner (FALSE);
}

void
keyring_start (const char *dir, const char *password)
{
  Keyring *keyring = get_keyring ();
  g_autofree char *program = g_find_program_in_path (PROGRAM);
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GError) error = NULL;
  GOutputStream *input;

  if (program == NULL)
    g_error ("there is no " PROGRAM " to test with: `tools/setup test` installs it");

  if (keyring->process != NULL)
    keyring_signal (SIGKILL);
  g_subprocess_launcher_setenv (launcher, "XDG_DATA_HOME", dir, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", dir, TRUE);
  g_subprocess_launcher_unsetenv (launcher, "G_DEBUG"); /* it warns of each item that is replaced */
  g_subprocess_launcher_set_child_setup (launcher, end_with_parent, NULL, NULL);
  keyring->process = g_subprocess_launcher_spawn (launcher, &error, program, "--foreground",
                                                  "--components=secrets",
                                                  password != NULL ? "--unlock" : NULL, NULL);
  g_assert_no_error (error);

  input = g_subprocess_get_stdin_pipe (keyring->process);
  if (password != NULL)
    g_output_stream_write_all (input, password, strlen (password), NULL, NULL, &error);
  g_assert_no_error (error);
  g_output_stream_close (input, NULL, NULL);
  wait_for_owner (TRUE);
}

void
keyring_lock (void)
{
  const char *const paths[] = { SERVICE_PATH "/collection/login", NULL };
  g_autoptr (GVariant) reply = call (SERVICE, SERVICE_PATH, "org.freedesktop.Secret.Service", "Lock",
                                     g_variant_new ("(^ao)", paths));

  g_assert_nonnull (reply);
}
