/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "token.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ck-names.h"
#include "ck-path.h"
#include "pipe.h"

#define READ_MS 10000

void
ck_token_request_clear (CkTokenRequest *request)
{
  g_strfreev (request->scopes);
}

/* No object has the path of such an id: to be asked for it, the service says in its own words why. */
static void
explain_unknown (CkCtl *ctl, const char *id, GError **error)
{
  g_autofree char *path = NULL;
  GError *why = NULL;

  if (!g_error_matches (*error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD)
      && !g_error_matches (*error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT))
    return;

  path = ck_ctl_find_channel (ctl, id, &why);
  if (path != NULL)
    return;
  g_error_free (*error);
  *error = why;
}

int
ck_token_open (CkCtl *ctl,
               const char *id,
               const CkTokenRequest *request,
               guint64 *expires_at,
               GVariant **details,
               GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  /* Not asked for: scripts get tokens all day, and each question is a round trip more. */
  g_autofree char *path = ck_path_encode (CK_CHANNEL_PATH, id);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) local = NULL;
  int fd = -1;

  ck_ctl_set_subject (ctl, id);
  if (request->min_validity > 0)
    g_variant_dict_insert (&dict, "min-validity", "u", (guint32) request->min_validity);
  if (request->scopes != NULL)
    {
      g_auto (GStrv) words = ck_ctl_split_words (request->scopes);

      g_variant_dict_insert (&dict, "scopes", "^as", words);
    }

  reply = ck_ctl_bus_call_with_fds (
      ck_ctl_get_bus (ctl), path, CK_IFACE_CHANNEL, "OpenAccessToken",
      g_variant_new ("(@a{sv})", ck_ctl_bus_options (ck_ctl_get_bus (ctl), &dict)), NULL, NULL, &fd,
      "(hta{sv})", &local);
  if (reply == NULL)
    {
      explain_unknown (ctl, id, &local);
      g_propagate_error (error, g_steal_pointer (&local));
      return -1;
    }
  g_variant_get (reply, "(ht@a{sv})", NULL, expires_at, details);

  return fd;
}

static gboolean
write_all (int fd, const char *bytes, gsize size, GError **error)
{
  while (size > 0)
    {
      gssize n = write (fd, bytes, size);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("cannot write the token: %s"),
                       g_strerror (errno));
          return FALSE;
        }
      bytes += n;
      size -= (gsize) n;
    }

  return TRUE;
}

/* Of printable ASCII JSON escapes two characters. */
static gboolean
write_json (int fd, const char *bytes, gsize size, GError **error)
{
  const char *end = bytes + size;

  while (bytes < end)
    {
      const char *stop = bytes;

      while (stop < end && *stop != '"' && *stop != '\\')
        stop++;
      if (!write_all (fd, bytes, (gsize) (stop - bytes), error))
        return FALSE;
      if (stop < end && !(write_all (fd, "\\", 1, error) && write_all (fd, stop++, 1, error)))
        return FALSE;
      bytes = stop;
    }

  return TRUE;
}

/* RFC 6749 appendix A.12 */
static gboolean
check_printable (const char *bytes, gssize size, GError **error)
{
  gboolean is_token = size > 0;

  for (gssize i = 0; i < size; i++)
    is_token = is_token && bytes[i] >= 0x20 && bytes[i] <= 0x7e;
  if (!is_token)
    g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("the service gave no valid token"));

  return is_token;
}

gboolean
ck_token_copy (
    int from, int to, const char *before, const char *after, gboolean as_json, GError **error)
{
  gsize room = CK_SECRET_MAX_BYTES + 1;
  char *bytes = mmap (NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  gboolean copied = FALSE;
  gssize size;

  if (bytes == MAP_FAILED)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("cannot read the secret: %s"),
                   g_strerror (errno));
      return FALSE;
    }
  (void) mlock2 (bytes, room, MLOCK_ONFAULT); /* up to the limit; no more is promised */

  size = ck_pipe_read (from, bytes, READ_MS, error);
  if (size >= 0 && check_printable (bytes, size, error))
    copied = write_all (to, before, strlen (before), error)
             && (as_json ? write_json : write_all) (to, bytes, (gsize) size, error)
             && write_all (to, after, strlen (after), error);
  explicit_bzero (bytes, room);
  munmap (bytes, room);

  return copied;
}
