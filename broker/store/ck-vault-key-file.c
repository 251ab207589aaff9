/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ck-db-file.h"
#include "ck-error.h"
#include "ck-secret.h"
#include "ck-vault-key.h"

#define CREDENTIAL "channelkeeper.vault-key"
#define KEY_FILE "vault.key"
#define NEXT ".next"
#define FILE_LIMIT 512
#define KEY_FORMS "32 random bytes, or these as 64 hex digits or in base64"
#define HEX_DIGITS "0123456789abcdefABCDEF"

static gboolean
set_sealed (GError **error, const char *path, const char *problem)
{
  g_set_error (error, CK_ERROR, CK_ERROR_VAULT_SEALED, "the vault key %s %s", path, problem);

  return FALSE;
}

static gboolean
set_errno (GError **error, const char *path, const char *doing)
{
  g_autofree char *problem = g_strdup_printf ("cannot be %s: %s", doing, g_strerror (errno));

  return set_sealed (error, path, problem);
}

/* A credential's owner and mode are systemd's affair (root's, with an access list for us). */
static gboolean
check_key_file (int fd, const char *path, GError **error)
{
  struct stat st;

  if (fstat (fd, &st) < 0)
    return set_errno (error, path, "looked at");
  if (!S_ISREG (st.st_mode))
    return set_sealed (error, path, "is not a regular file");
  if (st.st_uid != geteuid ())
    return set_sealed (error, path, "does not belong to the user of this service");
  if ((st.st_mode & 077) != 0)
    return set_sealed (error, path, "is open to other users: its mode must be 0600");

  return TRUE;
}

static gssize
read_all (int fd, char *buffer, gsize size)
{
  gsize length = 0;

  while (length < size)
    {
      gssize n = read (fd, buffer + length, size - length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return -1;
      if (n == 0)
        break;
      length += (gsize) n;
    }

  return (gssize) length;
}

static gboolean
decode (char *text, gsize length, guint8 *master)
{
  gsize decoded = 0;

  /* 32 hex digits are half a key, not a key of 32 bytes. */
  if (length == CK_VAULT_KEY_BYTES)
    {
      memcpy (master, text, CK_VAULT_KEY_BYTES);
      return strspn (text, HEX_DIGITS) < length;
    }

  while (length > 0 && g_ascii_isspace (text[length - 1]))
    length--;

  if (length == 2 * CK_VAULT_KEY_BYTES)
    return sodium_hex2bin (master, CK_VAULT_KEY_BYTES, text, length, NULL, &decoded, NULL) == 0
           && decoded == CK_VAULT_KEY_BYTES;

  return sodium_base642bin (master,
                            CK_VAULT_KEY_BYTES,
                            text,
                            length,
                            NULL,
                            &decoded,
                            NULL,
                            sodium_base64_VARIANT_ORIGINAL)
             == 0
         && decoded == CK_VAULT_KEY_BYTES;
}

static CkVaultKey *
key_from_text (char *text, gsize length)
{
  guint8 master[CK_VAULT_KEY_BYTES] = { 0 };
  CkVaultKey *key = NULL;

  if (decode (text, length, master) && !sodium_is_zero (master, sizeof master))
    key = ck_vault_key_new (master);
  ck_secret_wipe (master, sizeof master);

  return key;
}

CkVaultKey *
ck_vault_key_new_from_text (SecretValue *text, GError **error)
{
  gsize length;
  const char *bytes = secret_value_get (text, &length);
  char copy[FILE_LIMIT + 1] = { 0 };
  CkVaultKey *key = NULL;

  if (length <= FILE_LIMIT)
    {
      memcpy (copy, bytes, length);
      key = key_from_text (copy, length);
    }
  ck_secret_wipe (copy, sizeof copy);
  if (key == NULL)
    g_set_error_literal (error,
                         CK_ERROR,
                         CK_ERROR_INVALID_ARGUMENT,
                         "this is no key: it must be " KEY_FORMS);

  return key;
}

CkVaultKey *
ck_vault_key_generate (SecretValue **text)
{
  guint8 master[CK_VAULT_KEY_BYTES];
  char line[2 * CK_VAULT_KEY_BYTES + 2];
  CkVaultKey *key;

  randombytes_buf (master, sizeof master);
  sodium_bin2hex (line, sizeof line - 1, master, sizeof master);
  line[2 * CK_VAULT_KEY_BYTES] = '\n';
  line[2 * CK_VAULT_KEY_BYTES + 1] = '\0';
  key = ck_vault_key_new (master);
  *text = secret_value_new (line, 2 * CK_VAULT_KEY_BYTES + 1, "text/plain");
  ck_secret_wipe (line, sizeof line);
  ck_secret_wipe (master, sizeof master);

  return key;
}

static CkVaultKey *
read_key (int fd, const char *path, GError **error)
{
  char text[FILE_LIMIT + 1] = { 0 };
  CkVaultKey *key = NULL;
  gssize length = read_all (fd, text, FILE_LIMIT);

  if (length >= 0)
    key = key_from_text (text, (gsize) length);
  if (length < 0)
    set_errno (error, path, "read");
  else if (key == NULL)
    {
      g_autofree char *problem
          = g_strdup_printf ("has %" G_GSSIZE_FORMAT " bytes that are no key: it must be " KEY_FORMS,
                             length);

      set_sealed (error, path, problem);
    }
  ck_secret_wipe (text, sizeof text);

  return key;
}

static gboolean
write_key (const char *path, SecretValue *text, GError **error)
{
  gsize size;
  const char *bytes = secret_value_get (text, &size);
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  gboolean written;

  if (fd < 0)
    return set_errno (error, path, "made");

  written = write (fd, bytes, size) == (gssize) size && fsync (fd) == 0;
  if (!written)
    set_errno (error, path, "written");
  close (fd);

  return written;
}

/* Complete and on disk before it gets its name, and never over another key. */
static CkVaultKey *
make_key_file (const char *path, GError **error)
{
  g_autofree char *fresh = g_strconcat (path, ".new", NULL);
  g_autoptr (SecretValue) text = NULL;
  g_autoptr (CkVaultKey) key = ck_vault_key_generate (&text);
  gboolean written;

  unlink (fresh);
  written = write_key (fresh, text, error);
  if (written && renameat2 (AT_FDCWD, fresh, AT_FDCWD, path, RENAME_NOREPLACE) < 0)
    written = set_errno (error, path, "made");
  if (!written)
    unlink (fresh);
  if (!written || !ck_db_file_sync_directory (path, error))
    return NULL;

  g_message ("made the vault key %s (id %s): who can read it can read the vault, and without it "
             "the vault is lost. Keep a copy of it apart from the vault",
             path,
             ck_vault_key_get_id (key));

  return g_steal_pointer (&key);
}

gboolean
ck_vault_key_write_next (const char *state_dir, SecretValue *text, GError **error)
{
  g_autofree char *path = g_build_filename (state_dir, KEY_FILE NEXT, NULL);

  unlink (path);
  if (write_key (path, text, error) && ck_db_file_sync_directory (path, error))
    return TRUE;

  if (error != NULL)
    (*error)->code = CK_ERROR_STORE;
  return FALSE;
}

void
ck_vault_key_settle (const char *state_dir, CkVaultKeyPlace place)
{
  g_autofree char *path = g_build_filename (state_dir, KEY_FILE, NULL);
  g_autofree char *next = g_strconcat (path, NEXT, NULL);
  g_autoptr (GError) error = NULL;
  gboolean done;

  if (place == CK_VAULT_KEY_FILE_NEXT)
    done = rename (next, path) == 0;
  else if (place == CK_VAULT_KEY_FILE)
    done = unlink (next) == 0 || errno == ENOENT;
  else
    return;

  if (!done)
    g_warning ("the vault key %s cannot be put in order, which the next start tries again: %s",
               next,
               g_strerror (errno));
  else if (!ck_db_file_sync_directory (path, &error))
    g_warning ("%s", error->message);
}

/* ---- finding it ------------------------------------------------------------------------------ */

static const struct
{
  const char *name;
  int flags;
} places[] = {
  [CK_VAULT_KEY_CREDENTIAL] = { CREDENTIAL, 0 },
  [CK_VAULT_KEY_CREDENTIAL_NEXT] = { CREDENTIAL NEXT, 0 },
  [CK_VAULT_KEY_FILE] = { KEY_FILE, O_NOFOLLOW },
  [CK_VAULT_KEY_FILE_NEXT] = { KEY_FILE NEXT, O_NOFOLLOW },
};

/* Returns: (nullable): the key; without one and without an error there is nothing */
static CkVaultKey *
read_place (const char *directory, CkVaultKeyPlace place, GError **error)
{
  g_autofree char *path = g_build_filename (directory, places[place].name, NULL);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | places[place].flags);
  CkVaultKey *key = NULL;

  if (fd < 0 && errno == ELOOP)
    set_sealed (error, path, "is a symbolic link, which is not followed");
  else if (fd < 0 && errno != ENOENT)
    set_errno (error, path, "opened");
  if (fd < 0)
    return NULL;

  if (place < CK_VAULT_KEY_FILE || check_key_file (fd, path, error))
    key = read_key (fd, path, error);
  close (fd);

  return key;
}

/* Nothing is there: a new vault gets a new key, one that has a key gets no other. */
static CkVaultKey *
make_or_miss (const char *state_dir, gboolean make, CkVaultKeyPlace *place, GError **error)
{
  g_autofree char *path = g_build_filename (state_dir, KEY_FILE, NULL);

  *place = CK_VAULT_KEY_FILE;
  if (make)
    return make_key_file (path, error);

  set_sealed (error,
              path,
              "is missing, and so is the credential " CREDENTIAL ": restore the one that the "
              "vault was sealed with");
  return NULL;
}

CkVaultKey *
ck_vault_key_find (const char *state_dir,
                   const char *credentials_dir,
                   const char *id,
                   CkVaultKeyPlace *place,
                   GError **error)
{
  g_autoptr (CkVaultKey) first = NULL;
  g_autoptr (GError) first_error = NULL;

  if (sodium_init () < 0)
    {
      set_sealed (error, state_dir, "cannot be used: libsodium does not work here");
      return NULL;
    }

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      const char *directory = i < CK_VAULT_KEY_FILE ? credentials_dir : state_dir;
      g_autoptr (GError) problem = NULL;
      g_autoptr (CkVaultKey) key = directory != NULL ? read_place (directory, i, &problem) : NULL;

      if (key == NULL && problem == NULL)
        continue;
      if (first == NULL && first_error == NULL)
        {
          *place = i;
          first = key != NULL ? ck_vault_key_ref (key) : NULL;
          first_error = g_steal_pointer (&problem);
        }
      if (id == NULL)
        break;
      if (key != NULL && g_str_equal (ck_vault_key_get_id (key), id))
        {
          *place = i;
          return g_steal_pointer (&key);
        }
    }

  if (first_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&first_error));
      return NULL;
    }

  return first != NULL ? g_steal_pointer (&first) : make_or_miss (state_dir, id == NULL, place, error);
}
