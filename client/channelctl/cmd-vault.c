/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "ck-names.h"
#include "ck-secret.h"
#include "json.h"
#include "output.h"
#include "private-file.h"
#include "secret-call.h"
#include "vault-credential.h"

#define KEY_BYTES 32
#define MAX_BACKUP ((gsize) 256 * 1024 * 1024)

/* A vault with very many items, or a slow disk, may take longer than the service allows itself. */
#define TIMEOUT_S 600

static SecretValue *
make_key (void)
{
  guint8 bytes[KEY_BYTES];
  char text[2 * KEY_BYTES + 2];
  SecretValue *key;

  if (getrandom (bytes, sizeof bytes, 0) != sizeof bytes)
    g_error ("no random numbers: %s", g_strerror (errno));
  for (guint i = 0; i < KEY_BYTES; i++)
    snprintf (text + 2 * i, 3, "%02x", bytes[i]);
  text[2 * KEY_BYTES] = '\n';
  key = secret_value_new (text, 2 * KEY_BYTES + 1, "text/plain");
  ck_secret_wipe (bytes, sizeof bytes);
  ck_secret_wipe (text, sizeof text);

  return key;
}

/* ---- rotate-key ------------------------------------------------------------------------------ */

static char *
get_key_place (CkCtl *ctl, GError **error)
{
  g_autoptr (GVariant) reply = ck_ctl_bus_call (
      ck_ctl_get_bus (ctl), CK_ROOT_PATH, "org.freedesktop.DBus.Properties", "Get",
      g_variant_new ("(ss)", CK_IFACE_VAULT, "KeyPlace"), "(v)", error);
  g_autoptr (GVariant) value = NULL;

  if (reply == NULL)
    return NULL;
  g_variant_get (reply, "(v)", &value);

  return g_variant_dup_string (value, NULL);
}

static gboolean
send_key (CkCtl *ctl, SecretValue *key, char **id, gboolean *changed, GError **error)
{
  g_autoptr (SecretValue) none = secret_value_new ("", 0, "text/plain");
  g_autoptr (GVariant) reply = ck_secret_call (
      ck_ctl_get_bus (ctl), CK_ROOT_PATH, CK_IFACE_VAULT, "RotateKey",
      g_variant_new ("(h@a{sv})", 0, ck_ctl_bus_options (ck_ctl_get_bus (ctl), NULL)),
      key != NULL ? key : none, "(sb)", error);

  if (reply == NULL)
    return FALSE;
  g_free (*id);
  g_variant_get (reply, "(sb)", id, changed);

  return TRUE;
}

/* The vault has the key that is under the other name: from here on it has the final one. */
static gboolean
settle (SecretValue *key, GError **error)
{
  return ck_credential_write (CK_CREDENTIAL_KEY, key, error)
         && ck_credential_remove (CK_CREDENTIAL_NEXT_KEY, error);
}

static gboolean
rotate_to (CkCtl *ctl, SecretValue *key, char **id, gboolean *changed, GError **error)
{
  if (!send_key (ctl, key, id, changed, error))
    {
      g_prefix_error (error, _ ("the key is not rotated, or not to the end; the next "
                                "'channelctl vault rotate-key' goes on with it: "));
      return FALSE;
    }

  return settle (key, error);
}

static gboolean
check_credential (GError **error)
{
  if (geteuid () != 0)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_NOT_AUTHORIZED,
                   _ ("the vault's key is a systemd credential, which only root can write: run "
                      "this as root"));
      return FALSE;
    }
  if (!ck_credential_exists (CK_CREDENTIAL_KEY) && !ck_credential_exists (CK_CREDENTIAL_NEXT_KEY))
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED,
                   _ ("the vault's key is a credential, but none of %s: put it there, encrypted by "
                      "systemd-creds(1), and restart the service"),
                   CK_CREDENTIAL_FOLDER);
      return FALSE;
    }

  return TRUE;
}

/* A key is never written over before the vault is known to have another one: what is under the other
 * name is what a former run has begun with, and is gone on with. */
static gboolean
rotate_credential (CkCtl *ctl, char **id, GError **error)
{
  g_autoptr (SecretValue) key = NULL;
  gboolean changed = FALSE;

  if (ck_credential_exists (CK_CREDENTIAL_NEXT_KEY))
    {
      g_autoptr (SecretValue) begun = ck_credential_read (CK_CREDENTIAL_NEXT_KEY, error);

      if (begun == NULL || !rotate_to (ctl, begun, id, &changed, error))
        return FALSE;
      if (changed)
        return TRUE;
    }

  key = make_key ();

  return ck_credential_write (CK_CREDENTIAL_NEXT_KEY, key, error)
         && rotate_to (ctl, key, id, &changed, error);
}

static gboolean
rotate (CkCtl *ctl, const char *place, char **id, GError **error)
{
  gboolean changed;
  gboolean done;
  int lock;

  if (strcmp (place, "credential") != 0)
    return send_key (ctl, NULL, id, &changed, error);
  if (!check_credential (error))
    return FALSE;

  lock = ck_credential_lock (error);
  if (lock < 0)
    return FALSE;
  done = rotate_credential (ctl, id, error);
  close (lock);

  return done;
}

static gboolean
run_rotate_key (CkCtl *ctl, GStrv *arguments, GError **error)
{
  g_autofree char *place = NULL;
  g_autofree char *id = NULL;

  if (!ck_ctl_parse (ctl, NULL, arguments, error))
    return FALSE;
  ck_ctl_bus_default_timeout (ck_ctl_get_bus (ctl), TIMEOUT_S);
  place = get_key_place (ctl, error);
  if (place == NULL || !rotate (ctl, place, &id, error))
    return FALSE;

  if (ck_ctl_wants_json (ctl))
    {
      JsonObject *object = json_object_new ();

      json_object_set_string_member (object, "key_id", id);
      json_object_set_string_member (object, "key_place", place);
      ck_json_print_line (object);
      return TRUE;
    }

  g_print (_ ("The vault is sealed with a new key, id %s.\n"), id);
  if (strcmp (place, "file") == 0)
    g_print (_ ("It is in the file vault.key beside the vault: keep a copy elsewhere. The former key "
                "opens nothing in it any more.\n"));

  return TRUE;
}

/* ---- backup ---------------------------------------------------------------------------------- */

static gboolean
check_output (CkCtl *ctl, const char *file, GError **error)
{
  gboolean is_stdout = strcmp (file, "-") == 0;

  if (is_stdout && isatty (STDOUT_FILENO) == 1)
    g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
                 _ ("a backup is not for a terminal: name a file"));
  else if (is_stdout && ck_ctl_wants_json (ctl))
    g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
                 _ ("the backup and an answer in JSON cannot both go to standard output"));
  else if (!is_stdout && g_file_test (file, G_FILE_TEST_EXISTS))
    g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
                 _ ("%s is there already and is not written over"), file);
  else
    return TRUE;

  return FALSE;
}

static gboolean
check_key_option (const char *key_file, GError **error)
{
  if (key_file != NULL)
    return TRUE;

  g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
               _ ("which key? Say --key=FILE: the file of the backup's key, not the vault's"));
  return FALSE;
}

/* Returns: (nullable): the key; @made: it is a new one, in a new file */
static SecretValue *
get_backup_key (const char *path, gboolean *made, GError **error)
{
  g_autoptr (SecretValue) key = NULL;
  gsize size;
  const char *text;

  *made = !g_file_test (path, G_FILE_TEST_EXISTS);
  if (!*made)
    return ck_private_file_read_key (path, error);

  key = make_key ();
  text = secret_value_get (key, &size);

  return ck_private_file_write (path, text, size, FALSE, error) ? g_steal_pointer (&key) : NULL;
}

static gboolean
write_backup (const char *file, int fd, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (SecretValue) backup = ck_secret_from_memfd (fd, MAX_BACKUP, &local);
  gsize size;
  const char *bytes;

  if (backup == NULL)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("cannot read the backup: %s"),
                   local->message);
      return FALSE;
    }

  bytes = secret_value_get (backup, &size);
  if (strcmp (file, "-") != 0)
    return ck_private_file_write (file, bytes, size, FALSE, error);

  if (fwrite (bytes, 1, size, stdout) == size && fflush (stdout) == 0)
    return TRUE;
  g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("cannot write %s: %s"), file,
               g_strerror (errno));

  return FALSE;
}

typedef struct
{
  guint channels;
  guint clients;
} Counts;

static gboolean
fetch_backup (CkCtl *ctl, const char *file, SecretValue *key, Counts *counts, GError **error)
{
  int fd = -1;
  g_autoptr (GVariant) reply = ck_secret_call_with_file (
      ck_ctl_get_bus (ctl), CK_ROOT_PATH, CK_IFACE_VAULT, "Backup",
      g_variant_new ("(h@a{sv})", 0, ck_ctl_bus_options (ck_ctl_get_bus (ctl), NULL)), key, -1, &fd,
      "(huu)", error);
  gboolean written;

  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(huu)", NULL, &counts->channels, &counts->clients);
  written = write_backup (file, fd, error);
  close (fd);

  return written;
}

static void
report_backup (CkCtl *ctl, const char *file, const char *key_file, gboolean made, Counts counts)
{
  if (ck_ctl_wants_json (ctl))
    {
      JsonObject *object = json_object_new ();

      json_object_set_int_member (object, "channels", counts.channels);
      json_object_set_int_member (object, "clients", counts.clients);
      json_object_set_boolean_member (object, "key_made", made);
      ck_json_print_line (object);
      return;
    }

  /* Standard output may be the backup. */
  g_printerr (_ ("In the backup are channels: %u, clients: %u.\n"), counts.channels,
              counts.clients);
  if (made)
    g_printerr (_ ("Its key is new, in %s. Keep it apart from %s: who has both has every token, "
                   "and without the key the backup is worth nothing.\n"),
                key_file, file);
}

static gboolean
run_backup (CkCtl *ctl, GStrv *arguments, GError **error)
{
  g_autofree char *key_file = NULL;
  const GOptionEntry entries[] = {
    { "key", 0, 0, G_OPTION_ARG_FILENAME, &key_file,
      N_ ("The file of the backup's key; made if it is not there"), "FILE" },
    { NULL },
  };
  g_autoptr (SecretValue) key = NULL;
  Counts counts = { 0, 0 };
  gboolean made = FALSE;

  if (!ck_ctl_parse (ctl, entries, arguments, error) || !check_key_option (key_file, error)
      || !check_output (ctl, (*arguments)[0], error))
    return FALSE;
  ck_ctl_bus_default_timeout (ck_ctl_get_bus (ctl), TIMEOUT_S);
  key = get_backup_key (key_file, &made, error);
  if (key == NULL)
    return FALSE;
  if (!fetch_backup (ctl, (*arguments)[0], key, &counts, error))
    {
      /* A key that nothing was sealed with only misleads. */
      if (made)
        unlink (key_file);
      return FALSE;
    }
  report_backup (ctl, (*arguments)[0], key_file, made, counts);

  return TRUE;
}

/* ---- restore --------------------------------------------------------------------------------- */

static int
open_backup (const char *file, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *bytes = NULL;
  gsize size = 0;
  int fd = -1;

  if (g_file_get_contents (strcmp (file, "-") == 0 ? "/dev/stdin" : file, &bytes, &size, &local))
    fd = ck_secret_bytes_to_memfd (bytes, size, &local);
  if (fd < 0)
    g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE, _ ("cannot read %s: %s"), file,
                 local->message);

  return fd;
}

static void
report_outcomes (CkCtl *ctl, GVariant *outcomes)
{
  static const char *const names[] = { "kind", "id", "outcome", "why", NULL };
  static const char *const headings[]
      = { N_ ("KIND"), N_ ("ID"), N_ ("OUTCOME"), N_ ("WHY"), NULL };
  g_autoptr (CkTable) table = ck_table_new (headings);
  const char *kind, *id, *outcome, *why;
  GVariantIter iter;

  g_variant_iter_init (&iter, outcomes);
  while (g_variant_iter_next (&iter, "(&s&s&s&s)", &kind, &id, &outcome, &why))
    {
      ck_table_add (table, (const char *const[]){ kind, id, outcome, why });
      if (strcmp (outcome, "failed") == 0)
        ck_ctl_set_status (ctl, CK_EXIT_FAILED);
    }

  if (ck_ctl_wants_json (ctl))
    ck_json_print (ck_json_from_rows (outcomes, names));
  else
    ck_table_print (table);
}

static gboolean
run_restore (CkCtl *ctl, GStrv *arguments, GError **error)
{
  g_autofree char *key_file = NULL;
  const GOptionEntry entries[] = {
    { "key", 0, 0, G_OPTION_ARG_FILENAME, &key_file, N_ ("The file of the backup's key"), "FILE" },
    { NULL },
  };
  g_autoptr (SecretValue) key = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) outcomes = NULL;
  int fd;

  if (!ck_ctl_parse (ctl, entries, arguments, error) || !check_key_option (key_file, error))
    return FALSE;
  ck_ctl_bus_default_timeout (ck_ctl_get_bus (ctl), TIMEOUT_S);
  key = ck_private_file_read_key (key_file, error);
  fd = key != NULL ? open_backup ((*arguments)[0], error) : -1;
  if (fd < 0)
    return FALSE;
  reply = ck_secret_call_with_file (
      ck_ctl_get_bus (ctl), CK_ROOT_PATH, CK_IFACE_VAULT, "Restore",
      g_variant_new ("(hh@a{sv})", 0, 1, ck_ctl_bus_options (ck_ctl_get_bus (ctl), NULL)), key, fd,
      NULL, "(a(ssss))", error);
  close (fd);
  if (reply == NULL)
    return FALSE;

  outcomes = g_variant_get_child_value (reply, 0);
  report_outcomes (ctl, outcomes);

  return TRUE;
}

gboolean
ck_cmd_vault (CkCtl *ctl, GStrv *arguments, GError **error)
{
  static const CkCommand commands[] = {
    { "rotate-key", "", 0, 0, N_ ("Seal the vault with a new key"), run_rotate_key },
    { "backup", "FILE", 1, 1, N_ ("Back up all channels, their grants and the clients"),
      run_backup },
    { "restore", "FILE", 1, 1, N_ ("Bring back out of a backup what is not here"), run_restore },
    { NULL },
  };

  return ck_ctl_dispatch (ctl, commands, "vault", arguments, error);
}
