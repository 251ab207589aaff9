/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "loopback-peer.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* As the tables write it: words of four bytes as this machine reads them, then the port. */
static char *
dup_table_name (GInetSocketAddress *address)
{
  GInetAddress *inet = g_inet_socket_address_get_address (address);
  const guint8 *bytes = g_inet_address_to_bytes (inet);
  g_autoptr (GString) name = g_string_new (NULL);

  for (gsize i = 0; i < g_inet_address_get_native_size (inet); i += sizeof (guint32))
    {
      guint32 word;

      memcpy (&word, bytes + i, sizeof word);
      g_string_append_printf (name, "%08X", word);
    }
  g_string_append_printf (name, ":%04X", g_inet_socket_address_get_port (address));

  return g_string_free (g_steal_pointer (&name), FALSE);
}

/* A line is "  0: LOCAL REMOTE STATE TX:RX TIMER:WHEN RETRANSMITS UID …". */
static gboolean
is_line_of (const char *line, const char *local, const char *remote, guint *uid)
{
  char found[2][64];

  return sscanf (line, " %*[0-9]: %63s %63s %*s %*s %*s %*s %u", found[0], found[1], uid) == 3
         && strcmp (found[0], local) == 0 && strcmp (found[1], remote) == 0;
}

gboolean
ck_loopback_peer_is_own (GSocketConnection *connection)
{
  g_autoptr (GSocketAddress) theirs = g_socket_connection_get_remote_address (connection, NULL);
  g_autoptr (GSocketAddress) ours = g_socket_connection_get_local_address (connection, NULL);
  g_autofree char *their_name = NULL;
  g_autofree char *our_name = NULL;
  g_autofree char *table = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean is_ipv6;

  if (!G_IS_INET_SOCKET_ADDRESS (theirs) || !G_IS_INET_SOCKET_ADDRESS (ours))
    return FALSE;

  is_ipv6 = g_socket_address_get_family (theirs) == G_SOCKET_FAMILY_IPV6;
  if (!g_file_get_contents (is_ipv6 ? "/proc/net/tcp6" : "/proc/net/tcp", &table, NULL, NULL))
    return TRUE;

  their_name = dup_table_name (G_INET_SOCKET_ADDRESS (theirs));
  our_name = dup_table_name (G_INET_SOCKET_ADDRESS (ours));
  lines = g_strsplit (table, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      guint uid;

      if (is_line_of (lines[i], their_name, our_name, &uid))
        return uid == getuid ();
    }

  return FALSE;
}
