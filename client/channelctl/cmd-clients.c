/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands.h"

#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "ck-names.h"
#include "json.h"
#include "output.h"
#include "secret-call.h"
#include "secret-pipe.h"

static gboolean
run_list (CkCtl *ctl, GStrv *arguments, GError **error)
{
  static const char *const names[] = { "id", "provider", "client_id", NULL };
  static const char *const headings[] = { N_ ("ID"), N_ ("PROVIDER"), N_ ("CLIENT ID"), NULL };
  gboolean ids = FALSE;
  const GOptionEntry entries[] = {
    { "ids", 0, 0, G_OPTION_ARG_NONE, &ids, N_ ("Only the ids, one a line"), NULL },
    { NULL },
  };
  g_autoptr (CkTable) table = ck_table_new (headings);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) clients = NULL;
  const char *id, *provider, *client_id;
  GVariantIter iter;

  if (!ck_ctl_parse (ctl, entries, arguments, error))
    return FALSE;
  reply = ck_ctl_call_broker (
      ctl, "ListClients",
      g_variant_new ("(@a{sv})", ck_ctl_bus_options (ck_ctl_get_bus (ctl), NULL)), "(a(sss))",
      error);
  if (reply == NULL)
    return FALSE;
  clients = g_variant_get_child_value (reply, 0);
  if (ck_ctl_wants_json (ctl))
    {
      ck_json_print (ck_json_from_rows (clients, names));
      return TRUE;
    }

  g_variant_iter_init (&iter, clients);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &id, &provider, &client_id))
    {
      if (ids)
        g_print ("%s\n", id);
      else
        ck_table_add (table, (const char *const[]){ id, provider, client_id });
    }
  if (!ids)
    ck_table_print (table);

  return TRUE;
}

/* The secret comes from a file, from the terminal, or there is none: never from the command line,
 * where every user of the machine reads it. */
static SecretValue *
get_secret (const char *file, gboolean is_public, GError **error)
{
  if (is_public && file != NULL)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
                   _ ("--public says that there is no secret, --secret-file that there is one"));
      return NULL;
    }
  if (is_public)
    return secret_value_new ("", 0, "text/plain");
  if (file != NULL)
    return ck_secret_pipe_read_file (file, error);
  if (isatty (STDIN_FILENO) == 1)
    return ck_ask_secret (_ ("Client secret (empty if it has none):"), error);

  g_set_error (
      error, CK_EXIT_ERROR, CK_EXIT_USAGE,
      _ ("where is the client's secret? Say --secret-file FILE, --secret-file - for standard "
         "input, or --public if it has none"));

  return NULL;
}

static gboolean
run_add (CkCtl *ctl, GStrv *arguments, GError **error)
{
  g_autofree char *secret_file = NULL;
  g_autofree char *loopback_port = NULL;
  g_auto (GStrv) redirect_uris = NULL;
  gboolean is_public = FALSE;
  const GOptionEntry entries[] = {
    { "secret-file", 0, 0, G_OPTION_ARG_FILENAME, &secret_file,
      N_ ("Read the client secret from a file, - is standard input"), "FILE" },
    { "public", 0, 0, G_OPTION_ARG_NONE, &is_public, N_ ("The client has no secret"), NULL },
    { "redirect-uri", 0, 0, G_OPTION_ARG_STRING_ARRAY, &redirect_uris,
      N_ ("A redirect URI as registered at the platform; may be repeated"), "URI" },
    { "loopback-port", 0, 0, G_OPTION_ARG_STRING, &loopback_port,
      N_ ("'any' where the platform allows any port of this machine"), "any" },
    { NULL },
  };
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (SecretValue) secret = NULL;
  g_autoptr (GVariant) reply = NULL;

  if (!ck_ctl_parse (ctl, entries, arguments, error))
    return FALSE;
  ck_ctl_set_subject (ctl, (*arguments)[0]);
  secret = get_secret (secret_file, is_public, error);
  if (secret == NULL)
    return FALSE;
  if (redirect_uris != NULL)
    g_variant_dict_insert (&dict, "redirect-uris", "^as", redirect_uris);
  if (loopback_port != NULL)
    g_variant_dict_insert (&dict, "loopback-port", "s", loopback_port);

  reply = ck_secret_call (
      ck_ctl_get_bus (ctl), CK_ROOT_PATH, CK_IFACE_BROKER, "AddClient",
      g_variant_new ("(sssh@a{sv})", (*arguments)[0], (*arguments)[1], (*arguments)[2], 0,
                     ck_ctl_bus_options (ck_ctl_get_bus (ctl), &dict)),
      secret, "()", error);
  if (reply == NULL)
    return FALSE;
  ck_ctl_print_done (ctl);

  return TRUE;
}

static gboolean
run_remove (CkCtl *ctl, GStrv *arguments, GError **error)
{
  g_autoptr (GVariant) reply = NULL;

  if (!ck_ctl_parse (ctl, NULL, arguments, error))
    return FALSE;
  ck_ctl_set_subject (ctl, (*arguments)[0]);
  reply = ck_ctl_call_broker (
      ctl, "RemoveClient",
      g_variant_new ("(s@a{sv})", (*arguments)[0], ck_ctl_bus_options (ck_ctl_get_bus (ctl), NULL)),
      "()", error);
  if (reply == NULL)
    return FALSE;
  ck_ctl_print_done (ctl);

  return TRUE;
}

gboolean
ck_cmd_clients (CkCtl *ctl, GStrv *arguments, GError **error)
{
  static const CkCommand commands[] = {
    { "list", "", 0, 0, N_ ("List the OAuth clients"), run_list },
    { "add", "ID PROVIDER CLIENT_ID", 3, 3, N_ ("Add an OAuth client"), run_add },
    { "remove", "ID", 1, 1, N_ ("Remove an OAuth client"), run_remove },
    { NULL },
  };

  return ck_ctl_dispatch (ctl, commands, "clients", arguments, error);
}
