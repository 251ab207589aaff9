/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vault-util.h"

/* What the sealed vault does when the disk is full, the file system turns read-only, or the process
 * is killed in the middle of a store. */

#define N_CHAINS 16
#define N_KILLS 30

typedef struct
{
  CkVault *vault;
  guint channel;
  guint64 generation;
} Chain;

static void store_next (Chain *chain);

static void
on_chain_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  if (!ck_vault_clear_grant_finish (CK_VAULT (source), result, NULL))
    exit (3);
  store_next (user_data);
}

/* Says what is stored, and only then lets the older grant go: as the broker does. */
static void
on_chain_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Chain *chain = user_data;
  g_autofree char *line
      = g_strdup_printf ("%u %" G_GUINT64_FORMAT "\n", chain->channel, chain->generation);
  g_autofree char *channel = g_strdup_printf ("c%u", chain->channel);

  if (!ck_vault_store_grant_finish (CK_VAULT (source), result, NULL))
    exit (4);
  if (write (STDOUT_FILENO, line, strlen (line)) < 0)
    exit (5);
  ck_vault_clear_grant_async (chain->vault,
                              channel,
                              chain->generation - 1,
                              NULL,
                              on_chain_cleared,
                              chain);
}

static void
store_next (Chain *chain)
{
  g_autofree char *channel = g_strdup_printf ("c%u", chain->channel);
  g_autofree char *token = NULL;
  g_autoptr (CkGrant) grant = NULL;

  chain->generation++;
  token = g_strdup_printf ("t%u-%" G_GUINT64_FORMAT, chain->channel, chain->generation);
  grant = vault_make_grant (token, 1000);
  ck_vault_store_grant_async (chain->vault,
                              channel,
                              chain->generation,
                              grant,
                              NULL,
                              on_chain_stored,
                              chain);
}

/* The process that is killed: stores for ever, from the generations given. */
static G_NORETURN void
run_child (const char *dir, char **generations)
{
  CkVault *vault = vault_open (dir);
  Chain chains[N_CHAINS];

  for (guint i = 0; i < N_CHAINS; i++)
    {
      chains[i] = (Chain){ vault, i, g_ascii_strtoull (generations[i], NULL, 10) };
      store_next (&chains[i]);
    }
  while (TRUE)
    g_main_context_iteration (NULL, TRUE);
}

static GPid
spawn_child (const char *dir, const guint64 *generations, int *out)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  GPid pid;

  g_ptr_array_add (argv, g_file_read_link ("/proc/self/exe", NULL));
  g_ptr_array_add (argv, g_strdup ("--child"));
  g_ptr_array_add (argv, g_strdup (dir));
  for (guint i = 0; i < N_CHAINS; i++)
    g_ptr_array_add (argv, g_strdup_printf ("%" G_GUINT64_FORMAT, generations[i]));
  g_ptr_array_add (argv, NULL);

  g_spawn_async_with_pipes (NULL,
                            (char **) argv->pdata,
                            NULL,
                            G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL,
                            NULL,
                            NULL,
                            &pid,
                            NULL,
                            out,
                            NULL,
                            &error);
  g_assert_no_error (error);

  return pid;
}

static void
note_line (const char *line, guint64 *generations)
{
  char *end;
  guint64 channel = g_ascii_strtoull (line, &end, 10);

  g_assert_cmpuint (channel, <, N_CHAINS);
  generations[channel] = MAX (generations[channel], g_ascii_strtoull (end, NULL, 10));
}

/* Kills the child after @n_lines stores that it has reported, and notes those it reported before it
 * died as well. */
static void
run_and_kill (const char *dir, guint64 *generations, guint n_lines)
{
  int out;
  int status;
  GPid pid = spawn_child (dir, generations, &out);
  FILE *file = fdopen (out, "r");
  char line[100];

  for (guint i = 0; fgets (line, sizeof line, file) != NULL; i++)
    {
      if (i == n_lines)
        kill (pid, SIGKILL);
      /* A line that the kill has cut short reports nothing. */
      if (strchr (line, '\n') != NULL)
        note_line (line, generations);
    }
  fclose (file);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}

static void
test_kill (void)
{
  g_autofree char *dir = store_make_dir ();
  guint64 generations[N_CHAINS] = { 0 };
  guint64 sum = 0;

  g_object_unref (vault_open (dir)); /* makes the key, so that the child has nothing to say */
  for (guint round = 0; round < N_KILLS; round++)
    {
      g_autoptr (CkVault) vault = NULL;

      run_and_kill (dir, generations, (guint) g_test_rand_int_range (0, 200));
      vault = vault_open (dir);
      for (guint i = 0; i < N_CHAINS; i++)
        {
          g_autofree char *channel = g_strdup_printf ("c%u", i);
          g_autofree char *token = g_strdup_printf ("t%u-%" G_GUINT64_FORMAT, i, generations[i]);

          if (generations[i] > 0)
            vault_expect (vault, channel, generations[i], token);
        }
      g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_OPEN);
    }

  for (guint i = 0; i < N_CHAINS; i++)
    sum += generations[i];
  g_test_message ("%" G_GUINT64_FORMAT " stores reported, none lost in %u kills", sum, N_KILLS);
  g_assert_cmpuint (sum, >, N_KILLS);
  store_remove_dir (dir);
}

/* No file can grow: what a full disk does, for this process alone. */
static void
set_file_limit (rlim_t limit)
{
  struct rlimit limits;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limits), ==, 0);
  limits.rlim_cur = MIN (limit, limits.rlim_max);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limits), ==, 0);
}

static void
expect_degraded (CkVault *vault, GError *error)
{
  g_assert_error (error, CK_ERROR, CK_ERROR_STORE);
  g_assert_nonnull (strstr (error->message, "vault.db"));
  g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_DEGRADED);
  g_assert_cmpstr (ck_vault_get_reason (vault), ==, error->message);
}

static void
test_file_limit (void)
{
  g_autofree char *dir = store_make_dir ();
  g_autoptr (CkVault) vault = vault_open (dir);
  g_autoptr (GPtrArray) grants = NULL;
  g_autoptr (GError) error = NULL;
  gboolean stored;

  g_assert_true (vault_store (vault, "a", 1, "old", &error));
  signal (SIGXFSZ, SIG_IGN);
  set_file_limit (4096);
  stored = vault_store (vault, "a", 2, "new", &error);
  set_file_limit (RLIM_INFINITY);

  g_assert_false (stored);
  expect_degraded (vault, error);
  g_clear_error (&error);
  vault_expect (vault, "a", 1, "old");
  grants = vault_load (vault, &error);
  g_assert_cmpuint (grants->len, ==, 1);

  /* The write is tried again, and the vault is as good as ever. */
  g_assert_true (vault_store (vault, "a", 2, "new", &error));
  g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_OPEN);
  g_clear_object (&vault);
  vault = vault_open (dir);
  vault_expect (vault, "a", 1, "old");
  vault_expect (vault, "a", 2, "new");
  g_clear_object (&vault);
  store_remove_dir (dir);
}

static void
write_map (const char *path, const char *map)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, map, strlen (map)), ==, strlen (map));
  close (fd);
}

/* A file system of our own, small, in a mount namespace of this process. */
static void
mount_small (const char *dir)
{
  g_autofree char *uid_map = g_strdup_printf ("%u %u 1", geteuid (), geteuid ());
  g_autofree char *gid_map = g_strdup_printf ("%u %u 1", getegid (), getegid ());

  if (unshare (CLONE_NEWNS) < 0)
    {
      g_assert_cmpint (unshare (CLONE_NEWUSER | CLONE_NEWNS), ==, 0);
      write_map ("/proc/self/setgroups", "deny");
      write_map ("/proc/self/uid_map", uid_map);
      write_map ("/proc/self/gid_map", gid_map);
    }
  g_assert_cmpint (mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), ==, 0);
  g_assert_cmpint (mount ("tmpfs", dir, "tmpfs", 0, "size=256k,mode=0700"), ==, 0);
}

static void
fill (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "ballast", NULL);
  static const char block[4096];
  int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  g_assert_cmpint (fd, >=, 0);
  while (write (fd, block, sizeof block) > 0)
    continue;
  g_assert_cmpint (errno, ==, ENOSPC);
  close (fd);
}

static void
empty (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "ballast", NULL);

  g_assert_cmpint (g_unlink (path), ==, 0);
}

static guint64
store_until_full (CkVault *vault, GError **error)
{
  guint64 generation = 1;

  while (vault_store (vault, "a", generation, "token", error))
    generation++;

  return generation;
}

static void
test_full_disk (void)
{
  g_autofree char *dir = NULL;
  g_autoptr (CkVault) vault = NULL;
  g_autoptr (GPtrArray) grants = NULL;
  g_autoptr (GError) error = NULL;
  guint64 failed;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, 0);
      g_test_trap_assert_passed ();
      return;
    }

  dir = store_make_dir ();
  mount_small (dir);
  vault = vault_open (dir);
  fill (dir);
  failed = store_until_full (vault, &error);
  expect_degraded (vault, error);
  g_assert_nonnull (strstr (error->message, "full"));
  g_clear_error (&error);

  /* A start on the full disk: everything stored is there, everything else is not. */
  g_clear_object (&vault);
  vault = vault_open (dir);
  grants = vault_load (vault, &error);
  g_assert_cmpuint (grants->len, ==, failed - 1);
  g_assert_false (vault_store (vault, "a", failed, "token", &error)
                  && vault_store (vault, "b", 1, "token", &error)
                  && store_until_full (vault, &error) > 100000);
  expect_degraded (vault, error);
  g_clear_error (&error);

  empty (dir);
  g_assert_true (vault_store (vault, "c", 1, "at last", &error));
  g_assert_cmpint (ck_vault_get_state (vault), ==, CK_VAULT_OPEN);
  g_clear_object (&vault);
  vault = vault_open (dir);
  vault_expect (vault, "c", 1, "at last");
  g_clear_object (&vault);
  g_assert_cmpint (umount (dir), ==, 0);
  store_remove_dir (dir);
}

static void
test_full_disk_at_first (void)
{
  g_autofree char *dir = NULL;
  g_autofree char *path = NULL;
  g_autofree char *fresh = NULL;
  g_autoptr (CkVault) vault = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, 0);
      g_test_trap_assert_passed ();
      return;
    }

  dir = store_make_dir ();
  mount_small (dir);
  path = g_build_filename (dir, "vault.db", NULL);
  fresh = g_build_filename (dir, "vault.db.new", NULL);
  fill (dir);
  vault = vault_try_open (dir, NULL, &error);
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (fresh, G_FILE_TEST_EXISTS));
  g_clear_error (&error);
  g_clear_object (&vault);

  empty (dir);
  vault = vault_open (dir);
  g_assert_true (vault_store (vault, "a", 1, "token", &error));
  g_clear_object (&vault);
  g_assert_cmpint (umount (dir), ==, 0);
  store_remove_dir (dir);
}

static void
test_read_only (void)
{
  g_autofree char *dir = NULL;
  g_autoptr (CkVault) vault = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, 0);
      g_test_trap_assert_passed ();
      return;
    }

  dir = store_make_dir ();
  mount_small (dir);
  vault = vault_open (dir);
  g_assert_true (vault_store (vault, "a", 1, "token", &error));
  g_clear_object (&vault);

  g_assert_cmpint (mount (NULL, dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), ==, 0);
  vault = vault_try_open (dir, NULL, &error);
  g_assert_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED);
  if (strstr (error->message, "read-only") == NULL)
    g_error ("'%s' does not say 'read-only'", error->message);
  g_clear_error (&error);
  g_clear_object (&vault);

  g_assert_cmpint (mount (NULL, dir, NULL, MS_REMOUNT, NULL), ==, 0);
  vault = vault_open (dir);
  vault_expect (vault, "a", 1, "token");
  g_clear_object (&vault);
  g_assert_cmpint (umount (dir), ==, 0);
  store_remove_dir (dir);
}

int
main (int argc, char **argv)
{
  if (!ck_vault_select_backend (CK_VAULT_BACKEND_SEALED, NULL))
    return 1;
  if (argc == 3 + N_CHAINS && g_str_equal (argv[1], "--child"))
    run_child (argv[2], argv + 3);

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vault/faults/kill", test_kill);
  g_test_add_func ("/vault/faults/file-limit", test_file_limit);
  g_test_add_func ("/vault/faults/full-disk", test_full_disk);
  g_test_add_func ("/vault/faults/full-disk-at-first", test_full_disk_at_first);
  g_test_add_func ("/vault/faults/read-only", test_read_only);

  return g_test_run ();
}
