/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n.h>
#include <sys/resource.h>

#include "commands.h"
#include "language.h"

static const CkCommand commands[] = {
  { "list", "", 0, 0, N_ ("List the channels and their states"), ck_cmd_list },
  { "show", "ID...", 1, G_MAXUINT, N_ ("Show all there is to know of channels"), ck_cmd_show },
  { "explain", "ID", 1, 1, N_ ("Say why a channel is not connected and what to do"),
    ck_cmd_explain },
  { "history", "ID", 1, 1, N_ ("Show what happened to a channel"), ck_cmd_history },
  { "preflight", "ID...", 1, G_MAXUINT, N_ ("Ask whether channels are good for the next hours"),
    ck_cmd_preflight },
  { "monitor", "[ID...]", 0, G_MAXUINT, N_ ("Print what happens as it happens"), ck_cmd_monitor },
  { "reconnect", "ID", 1, 1, N_ ("Connect a channel, with a browser or a code"), ck_cmd_reconnect },
  { "disconnect", "ID", 1, 1, N_ ("Give up a channel's grant, keep the channel"),
    ck_cmd_disconnect },
  { "token", "ID", 1, 1, N_ ("Get a channel's access token"), ck_cmd_token },
  { "exec", "ID -- COMMAND...", 1, G_MAXUINT, N_ ("Run a command that gets the token in a file"),
    ck_cmd_exec },
  { "renew", "ID...", 1, G_MAXUINT, N_ ("Get new access tokens now"), ck_cmd_renew },
  { "verify", "ID...", 1, G_MAXUINT, N_ ("Ask the platform whether it still agrees"),
    ck_cmd_verify },
  { "add", "ID PROVIDER", 2, 2, N_ ("Add a channel"), ck_cmd_add },
  { "remove", "ID", 1, 1, N_ ("Remove a channel and its grant"), ck_cmd_remove },
  { "assign", "ID USER", 2, 2, N_ ("Say who may reconnect a channel"), ck_cmd_assign },
  { "access", "ID", 1, 1, N_ ("Show or change who may use a channel"), ck_cmd_access },
  { "clients", "list|add|remove ...", 0, G_MAXUINT, N_ ("List, add or remove OAuth clients"),
    ck_cmd_clients },
  { "vault", "rotate-key|backup|restore ...", 0, G_MAXUINT,
    N_ ("Rotate the vault's key, back up and restore"), ck_cmd_vault },
  { "providers", "", 0, 0, N_ ("List the platforms there are files for"), ck_cmd_providers },
  { "metrics", "", 0, 0, N_ ("Print measurements for a monitoring system"), ck_cmd_metrics },
  { "lint", "[FILE...]", 0, G_MAXUINT, N_ ("Check configuration files, without the service"),
    ck_cmd_lint },
  { "doctor", "", 0, 0, N_ ("Check the installation"), ck_cmd_doctor },
  { NULL },
};

int
main (int argc, char **argv)
{
  const struct rlimit no_core = { 0, 0 };

  ck_language_init ();
  /* Tokens and client secrets pass through here. */
  (void) setrlimit (RLIMIT_CORE, &no_core);

  return ck_ctl_main (commands, argc, argv);
}
