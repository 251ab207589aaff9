/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ck-error.h"

#define CONTENT_TYPE "application/x-channelkeeper"
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

void
ck_secret_wipe (gpointer memory, gsize n_bytes)
{
  if (memory != NULL)
    explicit_bzero (memory, n_bytes);
}

SecretValue *
ck_secret_from_variant (GVariant *variant)
{
  SecretValue *value;
  gsize size = g_variant_get_size (variant);
  char *buffer = g_malloc (size + 1);

  g_variant_store (variant, buffer);
  value = secret_value_new (buffer, (gssize) size, CONTENT_TYPE);
  ck_secret_wipe (buffer, size);
  g_free (buffer);

  return value;
}

GVariant *
ck_secret_to_variant (SecretValue *value, const GVariantType *type)
{
  gsize size;
  const char *data = secret_value_get (value, &size);

  return g_variant_new_from_data (type,
                                  data,
                                  size,
                                  FALSE,
                                  (GDestroyNotify) secret_value_unref,
                                  secret_value_ref (value));
}

/* GVariant's serialization of ["text"]: the string, its NUL, and its end as a framing offset, in the
 * least number of bytes (1, 2 or 4) that can count the whole. */
SecretValue *
ck_secret_wrap_text (SecretValue *text)
{
  gsize length = 0;
  const char *bytes = text != NULL ? secret_value_get (text, &length) : NULL;
  gsize end = length + 1;
  gsize offset_size = end + 1 <= G_MAXUINT8 ? 1 : end + 2 <= G_MAXUINT16 ? 2 : 4;
  guint32 offset = GUINT32_TO_LE ((guint32) end);
  SecretValue *value;
  char *buffer;

  if (length == 0)
    return secret_value_new ("", 0, CONTENT_TYPE);

  buffer = g_malloc0 (end + offset_size);
  memcpy (buffer, bytes, length);
  memcpy (buffer + end, &offset, offset_size);
  value = secret_value_new (buffer, (gssize) (end + offset_size), CONTENT_TYPE);
  ck_secret_wipe (buffer, end + offset_size);
  g_free (buffer);

  return value;
}

static gboolean
write_all (int fd, const char *data, gsize size)
{
  while (size > 0)
    {
      gssize n = write (fd, data, size);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      data += n;
      size -= (gsize) n;
    }

  return TRUE;
}

int
ck_secret_to_memfd (SecretValue *value, GError **error)
{
  gsize size;
  const char *data = secret_value_get (value, &size);

  return ck_secret_bytes_to_memfd (data, size, error);
}

int
ck_secret_bytes_to_memfd (const char *data, gsize size, GError **error)
{
  int fd = memfd_create ("channelkeeper", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  if (fd < 0 || !write_all (fd, data, size) || fcntl (fd, F_ADD_SEALS, SEALS) < 0)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_FAILED,
                   "cannot make a memfd for a secret: %s",
                   g_strerror (errno));
      if (fd >= 0)
        close (fd);
      return -1;
    }

  return fd;
}

SecretValue *
ck_secret_from_memfd (int fd, gsize max_bytes, GError **error)
{
  SecretValue *value;
  gpointer map;
  off_t size;
  int seals = fcntl (fd, F_GET_SEALS);

  if (seals < 0 || (seals & SEALS) != SEALS)
    {
      g_set_error_literal (error,
                           CK_ERROR,
                           CK_ERROR_INVALID_ARGUMENT,
                           "a secret must come in a sealed memfd");
      return NULL;
    }

  size = lseek (fd, 0, SEEK_END);
  if (size < 0 || (gsize) size > max_bytes)
    {
      g_set_error (error,
                   CK_ERROR,
                   CK_ERROR_INVALID_ARGUMENT,
                   "a secret of %" G_GINT64_FORMAT " bytes is over the limit of %" G_GSIZE_FORMAT,
                   (gint64) size,
                   max_bytes);
      return NULL;
    }

  if (size == 0)
    return secret_value_new ("", 0, CONTENT_TYPE);

  map = mmap (NULL, (gsize) size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (map == MAP_FAILED)
    {
      g_set_error (error, CK_ERROR, CK_ERROR_FAILED, "cannot map a memfd: %s", g_strerror (errno));
      return NULL;
    }

  value = secret_value_new (map, size, CONTENT_TYPE);
  munmap (map, (gsize) size);

  return value;
}
