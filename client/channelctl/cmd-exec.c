/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ck-names.h"
#include "token.h"

/* In the command's words this stands for the file with the token. */
#define PLACE "{}"

/* In memory, sealed, and inherited by the command: no path leads to it but the command's own
 * /dev/fd. Returns the descriptor, or -1. */
static int
make_file (int pipe, const char *before, GError **error)
{
  int fd = memfd_create ("token", MFD_ALLOW_SEALING);

  if (fd < 0)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("cannot write the token: %s"),
                   g_strerror (errno));
      return -1;
    }
  if (!ck_token_copy (pipe, fd, before, "\n", FALSE, error))
    {
      close (fd);
      return -1;
    }

  (void) lseek (fd, 0, SEEK_SET);
  (void) fcntl (fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);

  return fd;
}

/* (transfer full): @command with the file's path in its place */
static GStrv
fill_command (char **command, int fd)
{
  g_autofree char *path = g_strdup_printf ("/dev/fd/%d", fd);
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();

  for (; *command != NULL; command++)
    {
      g_auto (GStrv) parts = g_strsplit (*command, PLACE, -1);
      g_autofree char *word = g_strjoinv (path, parts);

      g_strv_builder_add (words, word);
    }

  return g_strv_builder_end (words);
}

static gboolean
become (char **command, int fd, GError **error)
{
  g_auto (GStrv) words = fill_command (command, fd);
  g_autofree char *number = g_strdup_printf ("%d", fd);

  /* The number of a descriptor is no secret. */
  g_setenv ("CHANNELKEEPER_TOKEN_FD", number, TRUE);
  /* GLib's sockets ignore it for the whole process, and what is ignored is inherited. */
  signal (SIGPIPE, SIG_DFL);
  execvp (words[0], words);
  g_set_error (error, CK_EXIT_ERROR, CK_EXIT_FAILED, _ ("cannot run %s: %s"), words[0],
               g_strerror (errno));

  return FALSE;
}

gboolean
ck_cmd_exec (CkCtl *ctl, GStrv *arguments, GError **error)
{
  g_auto (CkTokenRequest) wanted = { 0 };
  gboolean header = FALSE;
  const GOptionEntry entries[] = {
    { "header", 0, 0, G_OPTION_ARG_NONE, &header,
      N_ ("Hand it over as a line 'Authorization: TYPE TOKEN'"), NULL },
    { "min-validity", 0, 0, G_OPTION_ARG_INT, &wanted.min_validity,
      N_ ("Renew it first if it is good for less"), "SECONDS" },
    { "scopes", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.scopes,
      N_ ("Fail unless it covers these; may be repeated"), "'SCOPE ...'" },
    { NULL },
  };
  g_autoptr (GVariant) details = NULL;
  g_autofree char *before = NULL;
  const char *token_type = "Bearer";
  char **command;
  int pipe, fd;

  if (!ck_ctl_parse (ctl, entries, arguments, error))
    return FALSE;
  command = *arguments + 1;
  if (g_strcmp0 (*command, "--") == 0)
    command++;
  if (*command == NULL)
    {
      g_set_error (error, CK_EXIT_ERROR, CK_EXIT_USAGE,
                   _ ("something is missing: use 'channelctl exec ID -- COMMAND [ARGUMENT...]'"));
      return FALSE;
    }

  pipe = ck_token_open (ctl, (*arguments)[0], &wanted, NULL, &details, error);
  if (pipe < 0)
    return FALSE;
  g_variant_lookup (details, "token-type", "&s", &token_type);
  /* Platforms write it in any case; servers want it so (RFC 6750 section 2.1). */
  if (g_ascii_strcasecmp (token_type, "bearer") == 0)
    token_type = "Bearer";
  before = header ? g_strdup_printf ("Authorization: %s ", token_type) : g_strdup ("");
  fd = make_file (pipe, before, error);
  close (pipe);

  return fd >= 0 && become (command, fd, error);
}
