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
#define FILE_LIMIT 512
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
read_key (int fd, const char *path, GError **error)
{
  char text[FILE_LIMIT + 1] = { 0 };
  guint8 master[CK_VAULT_KEY_BYTES] = { 0 };
  CkVaultKey *key = NULL;
  gssize length = read_all (fd, text, FILE_LIMIT);

  if (length < 0)
    set_errno (error, path, "read");
  else if (!decode (text, (gsize) length, master) || sodium_is_zero (master, sizeof master))
    {
      g_autofree char *problem
          = g_strdup_printf ("has %" G_GSSIZE_FORMAT " bytes that are no key: it must be 32 random "
                             "bytes, or these as 64 hex digits or in base64",
                             length);

      set_sealed (error, path, problem);
    }
  else
    key = ck_vault_key_new (master);

  ck_secret_wipe (text, sizeof text);
  ck_secret_wipe (master, sizeof master);

  return key;
}

static gboolean
write_key (const char *path, const char *text, GError **error)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  gboolean written;

  if (fd < 0)
    return set_errno (error, path, "made");

  written = write (fd, text, strlen (text)) == (gssize) strlen (text) && fsync (fd) == 0;
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
  guint8 master[CK_VAULT_KEY_BYTES];
  char text[2 * CK_VAULT_KEY_BYTES + 2];
  CkVaultKey *key = NULL;
  gboolean written;

  randombytes_buf (master, sizeof master);
  sodium_bin2hex (text, sizeof text - 1, master, sizeof master);
  text[2 * CK_VAULT_KEY_BYTES] = '\n';
  text[2 * CK_VAULT_KEY_BYTES + 1] = '\0';

  unlink (fresh);
  written = write_key (fresh, text, error);
  if (written && renameat2 (AT_FDCWD, fresh, AT_FDCWD, path, RENAME_NOREPLACE) < 0)
    written = set_errno (error, path, "made");
  if (written && ck_db_file_sync_directory (path, error))
    key = ck_vault_key_new (master);
  if (!written)
    unlink (fresh);

  ck_secret_wipe (text, sizeof text);
  ck_secret_wipe (master, sizeof master);
  if (key != NULL)
    g_message ("made the vault key %s (id %s): who can read it can read the vault, and without it "
               "the vault is lost. Keep a copy of it apart from the vault",
               path,
               ck_vault_key_get_id (key));

  return key;
}

/* Returns: whether there is a credential; @key is NULL and @error set if it is of no use */
static gboolean
read_credential (const char *credentials_dir, CkVaultKey **key, GError **error)
{
  g_autofree char *path = g_build_filename (credentials_dir, CREDENTIAL, NULL);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  if (fd < 0 && errno == ENOENT)
    return FALSE;

  if (fd < 0)
    {
      set_errno (error, path, "opened");
      return TRUE;
    }

  *key = read_key (fd, path, error);
  close (fd);

  return TRUE;
}

CkVaultKey *
ck_vault_key_find (const char *state_dir,
                   const char *credentials_dir,
                   gboolean make,
                   GError **error)
{
  g_autofree char *path = g_build_filename (state_dir, KEY_FILE, NULL);
  CkVaultKey *key = NULL;
  int fd = -1;

  if (sodium_init () < 0)
    {
      set_sealed (error, path, "cannot be used: libsodium does not work here");
      return NULL;
    }

  if (credentials_dir != NULL && read_credential (credentials_dir, &key, error))
    return key;

  fd = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd >= 0)
    {
      if (check_key_file (fd, path, error))
        key = read_key (fd, path, error);
      close (fd);
    }
  else if (errno == ELOOP)
    set_sealed (error, path, "is a symbolic link, which is not followed");
  else if (errno != ENOENT)
    set_errno (error, path, "opened");
  else if (make)
    key = make_key_file (path, error);
  else
    set_sealed (error,
                path,
                "is missing, and so is the credential " CREDENTIAL ": restore the one that the "
                "vault was sealed with");

  return key;
}
