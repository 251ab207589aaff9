/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "token.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <unistd.h>

#include "ck-names.h"
#include "ck-path.h"

void
ck_token_request_clear (CkTokenRequest *request)
{
  g_strfreev (request->scopes);
}

/* RFC 6749 appendix A.12 */
static gboolean
is_printable (SecretValue *token)
{
  gsize size;
  const char *bytes = secret_value_get (token, &size);

  for (gsize i = 0; i < size; i++)
    {
      if (bytes[i] < 0x20 || bytes[i] > 0x7e)
        return FALSE;
    }

  return size > 0;
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

SecretValue *
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
  g_autoptr (SecretValue) token = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) local = NULL;

  ck_ctl_set_subject (ctl, id);
  if (request->min_validity > 0)
    g_variant_dict_insert (&dict, "min-validity", "u", (guint32) request->min_validity);
  if (request->scopes != NULL)
    {
      g_auto (GStrv) words = ck_ctl_split_words (request->scopes);

      g_variant_dict_insert (&dict, "scopes", "^as", words);
    }

  reply = ck_ctl_bus_call_for_secret (
      ck_ctl_get_bus (ctl), path, CK_IFACE_CHANNEL, "OpenAccessToken",
      g_variant_new ("(@a{sv})", ck_ctl_bus_options (ck_ctl_get_bus (ctl), &dict)), &token,
      "(hta{sv})", &local);
  if (reply == NULL)
    {
      explain_unknown (ctl, id, &local);
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  if (!is_printable (token))
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("the service gave no valid token"));
      return NULL;
    }
  g_variant_get (reply, "(ht@a{sv})", NULL, expires_at, details);

  return g_steal_pointer (&token);
}

gboolean
ck_token_write (int fd, const char *bytes, gsize size, GError **error)
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
