/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <gio/gunixfdmessage.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ck-vault-private.h"
#include "keyring-fixture.h"
#include "vault-util.h"

/* What the service manager keeps across a restart. Its part is played here: a notification socket
 * that takes the descriptors, and a program (this one, with --restarted) that is started with them.
 */

#define TOKEN "kept-token-3b1f"

static GSocket *
listen_as_manager (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "notify", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, 0, &error);

  g_assert_no_error (error);
  g_assert_true (g_socket_bind (socket, address, FALSE, &error));
  g_socket_set_timeout (socket, 10);
  g_setenv ("NOTIFY_SOCKET", path, TRUE);

  return socket;
}

static CkVault *
open_read (const char *dir)
{
  CkVault *vault = vault_open (dir);
  g_autoptr (GPtrArray) grants = vault_load (vault, NULL);

  g_assert_nonnull (grants);
  return vault;
}

static void
start_keyring (const char *dir)
{
  if (g_str_equal (vault_backend (), CK_VAULT_BACKEND_SERVICE))
    keyring_start (dir, KEYRING_PASSWORD);
}

/* Returns: the descriptor that came with the next message, or -1; @text is the message */
static int
receive (GSocket *socket, char **text)
{
  char buffer[512] = { 0 };
  GInputVector vector = { buffer, sizeof buffer - 1 };
  GSocketControlMessage **messages = NULL;
  int n_messages = 0;
  int flags = 0;
  int fd = -1;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_socket_receive_message (socket, NULL, &vector, 1, &messages, &n_messages,
                                             &flags, NULL, &error),
                   >, 0);
  *text = g_strdup (buffer);
  for (int i = 0; i < n_messages; i++)
    {
      if (G_IS_UNIX_FD_MESSAGE (messages[i]))
        fd = g_unix_fd_list_get (g_unix_fd_message_get_fd_list (G_UNIX_FD_MESSAGE (messages[i])), 0,
                                 NULL);
      g_object_unref (messages[i]);
    }
  g_free (messages);

  return fd;
}

/* Starts this program as the manager starts a service again, over @dir, with @fd and @second (-1: none)
 * under @names, which a colon separates. */
static void
restart_with (const char *dir, int fd, int second, const char *names, const char *expected)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);

  start_keyring (dir);
  g_subprocess_launcher_take_fd (launcher, dup (fd), 3);
  if (second >= 0)
    g_subprocess_launcher_take_fd (launcher, dup (second), 4);
  g_subprocess_launcher_setenv (launcher, "LISTEN_FDS", second < 0 ? "1" : "2", TRUE);
  g_subprocess_launcher_setenv (launcher, "LISTEN_FDNAMES", names, TRUE);
  process
      = g_subprocess_launcher_spawn (launcher, &error, self, "--restarted", dir, expected, NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (process, NULL, &error));
  g_assert_no_error (error);
}

static void
restart (const char *dir, int fd, const char *name, const char *expected)
{
  restart_with (dir, fd, -1, name, expected);
}

static int
restarted (const char *dir, const char *expected)
{
  g_autofree char *pid = g_strdup_printf ("%d", getpid ());
  g_autoptr (CkVault) vault = NULL;
  g_autoptr (GPtrArray) grants
      = g_ptr_array_new_with_free_func ((GDestroyNotify) ck_vault_grant_free);
  CkVaultGrant *grant;

  g_setenv ("LISTEN_PID", pid, TRUE);
  vault = open_read (dir);
  if (g_str_equal (expected, "unusable"))
    g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*of no use*another key*");
  ck_vault_add_kept_grants (vault, grants);
  g_test_assert_expected_messages ();
  g_assert_cmpint (fcntl (3, F_GETFD), ==, -1);
  if (g_str_equal (expected, "found"))
    {
      /* Read again, the vault still knows. */
      g_ptr_array_set_size (grants, 0);
      ck_vault_add_kept_grants (vault, grants);
    }
  if (!g_str_equal (expected, "found"))
    return grants->len == 0 ? EXIT_SUCCESS : EXIT_FAILURE;

  g_assert_cmpuint (grants->len, ==, 1);
  grant = grants->pdata[0];
  g_assert_true (grant->kept);
  g_assert_cmpstr (grant->channel, ==, "main");
  g_assert_cmpuint (grant->generation, ==, 5);
  g_assert_cmpstr (ck_grant_get_access_token (grant->grant), ==, TOKEN);

  return EXIT_SUCCESS;
}

static int
keep (GSocket *manager, CkVault *vault, char **text)
{
  g_autoptr (CkGrant) grant = vault_make_grant (TOKEN, 50);
  g_autofree char *removal = NULL;

  g_assert_true (ck_vault_keep_grant (vault, "main", 5, grant));
  g_assert_cmpint (receive (manager, &removal), ==, -1);
  g_assert_cmpstr (removal, ==, "FDSTOREREMOVE=1\nFDNAME=main/5");

  return receive (manager, text);
}

static void
keep_and_close (GSocket *manager, CkVault *vault, const char *channel, CkGrant *grant)
{
  g_autofree char *removal = NULL;
  g_autofree char *text = NULL;
  int fd;

  g_assert_true (ck_vault_keep_grant (vault, channel, 5, grant));
  g_assert_cmpint (receive (manager, &removal), ==, -1);
  fd = receive (manager, &text);
  g_assert_true (g_str_has_prefix (text, "FDSTORE=1\n"));
  g_assert_no_errno (close (fd));
}

static void
drop (GSocket *manager, CkVault *vault, const char *channel)
{
  g_autofree char *text = NULL;

  ck_vault_drop_kept_grant (vault, channel, 5);
  g_assert_cmpint (receive (manager, &text), ==, -1);
  g_assert_true (g_str_has_prefix (text, "FDSTOREREMOVE=1\n"));
}

static void
test_kept (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *other = store_make_dir ();
  g_autofree char *text = NULL;
  g_autoptr (GSocket) manager = listen_as_manager (dir);
  g_autoptr (CkVault) vault = NULL;
  g_autofree char *bytes = g_malloc0 (4096);
  int fd;

  start_keyring (dir);
  vault = open_read (dir);
  fd = keep (manager, vault, &text);

  g_assert_cmpstr (text, ==, "FDSTORE=1\nFDNAME=main/5");
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pread (fd, bytes, 4096, 0), >, (int) strlen (TOKEN));
  g_assert_null (memmem (bytes, 4096, TOKEN, strlen (TOKEN)));
  g_assert_cmpint (pwrite (fd, "x", 1, 0), ==, -1);

  ck_vault_close (vault);
  restart (dir, fd, "main/5", "found");
  restart (dir, fd, "main/6", "unusable");
  restart (dir, fd, "other/5", "unusable");
  restart (other, fd, "main/5", "unusable");
  close (fd);
}

static void
test_foreign (void)
{
  static const char *const names[]
      = { "main", "/5", "main/", "main/0", "main/-1", "stored", "main/5x" };
  g_autofree char *dir = store_make_dir ();
  int fd = memfd_create ("test", MFD_CLOEXEC);
  int ends[2];

  g_assert_cmpint (write (fd, "anything", 8), ==, 8);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    restart (dir, fd, names[i], "nothing");
  restart (dir, fd, "main/5", "unusable");

  /* Too large, and nothing that can be read from its beginning. */
  g_assert_cmpint (ftruncate (fd, 2 * 1024 * 1024), ==, 0);
  restart (dir, fd, "main/5", "nothing");
  g_assert_cmpint (pipe (ends), ==, 0);
  restart (dir, ends[0], "main/5", "nothing");
  close (ends[0]);
  close (ends[1]);
  close (fd);
}

static void
test_dropped (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *text = NULL;
  g_autoptr (GSocket) manager = listen_as_manager (dir);
  g_autoptr (CkVault) vault = NULL;
  g_autoptr (CkGrant) grant = vault_make_grant (TOKEN, 50);

  start_keyring (dir);
  vault = open_read (dir);
  ck_vault_drop_kept_grant (vault, "main", 5);
  g_assert_cmpint (receive (manager, &text), ==, -1);
  g_assert_cmpstr (text, ==, "FDSTOREREMOVE=1\nFDNAME=main/5");

  /* Nobody keeps it without a service manager, and nobody keeps it in clear. */
  g_unsetenv ("NOTIFY_SOCKET");
  g_assert_false (ck_vault_keep_grant (vault, "main", 5, grant));
  ck_vault_close (vault);
  g_assert_false (ck_vault_keep_grant (vault, "main", 5, grant));
}

/* The manager throws away what it has no room for, and tells nobody: so we count. */
static void
test_more_than_there_is_room_for (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (GSocket) manager = listen_as_manager (dir);
  g_autoptr (CkVault) vault = NULL;
  g_autoptr (CkGrant) grant = vault_make_grant (TOKEN, 50);
  g_autoptr (GError) full
      = g_error_new_literal (CK_ERROR, CK_ERROR_STORE, "No space left on device");

  start_keyring (dir);
  vault = open_read (dir);
  for (guint i = 0; i < CK_FD_STORE_MAX; i++)
    {
      g_autofree char *channel = g_strdup_printf ("ch-%u", i);

      keep_and_close (manager, vault, channel, grant);
    }
  ck_vault_note_write (vault, full);
  g_assert_cmpstr (ck_vault_get_reason (vault), ==, "No space left on device");

  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*than the 256 that outlive a restart*");
  g_assert_false (ck_vault_keep_grant (vault, "one-more", 5, grant));
  g_assert_false (ck_vault_keep_grant (vault, "another", 5, grant));
  g_test_assert_expected_messages ();
  g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_DEGRADED);
  g_assert_nonnull (strstr (ck_vault_get_reason (vault), "No space left on device; more grants"));

  /* What is kept already is kept in its newest form, and what goes makes room. */
  keep_and_close (manager, vault, "ch-0", grant);
  drop (manager, vault, "ch-0");
  keep_and_close (manager, vault, "one-more", grant);

  ck_vault_note_write (vault, NULL);
  g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_OPEN);
}

/* The key is rotated while a grant is kept: killed before or after, the next start opens it. */
static void
test_rotated (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autofree char *text = NULL;
  g_autofree char *removal = NULL;
  g_autofree char *again = NULL;
  g_autofree char *id = NULL;
  g_autofree char *beside = NULL;
  g_autofree char *both = NULL;
  char *dropped[2] = { NULL };
  g_autoptr (GSocket) manager = listen_as_manager (dir);
  g_autoptr (CkVault) vault = vault_open (dir);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  int former = keep (manager, vault, &text);
  int next;

  ck_vault_rotate_key_async (vault, NULL, store_on_result, &result);
  g_assert_cmpint (receive (manager, &removal), ==, -1);
  next = receive (manager, &again);
  g_assert_true (ck_vault_rotate_key_finish (vault, store_wait (&result), NULL, &error));
  id = ck_vault_dup_key_id (vault);
  beside = g_strdup_printf ("main/5/%s", id);
  both = g_strconcat ("main/5:", beside, NULL);
  g_assert_true (g_str_has_suffix (again, beside));

  ck_vault_drop_kept_grant (vault, "main", 5);
  for (guint i = 0; i < 2; i++)
    g_assert_cmpint (receive (manager, &dropped[i]), ==, -1);
  g_assert_cmpstr (dropped[0], ==, "FDSTOREREMOVE=1\nFDNAME=main/5");
  g_assert_true (g_str_has_suffix (dropped[1], beside));
  g_free (dropped[0]);
  g_free (dropped[1]);

  ck_vault_close (vault);
  restart (dir, former, "main/5", "unusable");
  restart (dir, next, beside, "found");
  restart_with (dir, former, next, both, "found");
  close (former);
  close (next);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  if (!ck_vault_select_backend (vault_backend (), &error))
    g_error ("%s", error->message);
  if (argc == 4 && g_str_equal (argv[1], "--restarted"))
    return restarted (argv[2], argv[3]);

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vault/kept/across-a-restart", test_kept);
  g_test_add_func ("/vault/kept/foreign", test_foreign);
  g_test_add_func ("/vault/kept/dropped", test_dropped);
  g_test_add_func ("/vault/kept/more-than-there-is-room-for", test_more_than_there_is_room_for);
  if (g_str_equal (vault_backend (), CK_VAULT_BACKEND_SEALED))
    g_test_add_func ("/vault/kept/rotated", test_rotated);

  return g_test_run ();
}
